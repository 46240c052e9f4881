"""Run the audit rules: those in SPARQL over the graphs that they read, those in SQL over the observation table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice

import pyoxigraph as ox
from pyoxigraph import NamedNode

from sckg import names
from sckg.assets import Knowledge
from sckg.audit.doubts import Row, row_lines
from sckg.audit.rules import AuditRule, audit_rules
from sckg.audit.tables import load_asked, load_observed, observe_rows
from sckg.audit.wording import Names
from sckg.problems import Problem, ProblemsFound, shown
from sckg.queries import catalogue, named
from sckg.rows.engines import DuckDB
from sckg.stores.base import Store


def audit(store: Store, knowledge: Knowledge) -> int:
    """Replace the graph of doubts with what every audit rule finds; return how many triples that is.

    Raises ProblemsFound for a rule whose text its engine does not take.
    """
    lines = "\n".join(Auditing(store, knowledge).of_city())
    triples = (quad.triple for quad in ox.parse(lines, format=ox.RdfFormat.N_TRIPLES))
    return store.replace_graph(names.graph("doubts"), triples)


class Auditing:
    """The audit rules, made ready to run over one city after the other in a store that holds the model."""

    def __init__(self, store: Store, knowledge: Knowledge) -> None:
        self._store, self._queries = store, catalogue(knowledge)
        rules = audit_rules(knowledge)
        self._in_sql, self._in_sparql = ([r for r in rules if r.is_sql is wanted] for wanted in (True, False))

    @property
    def reads(self) -> set[NamedNode]:
        """Return the graphs that the rules in SPARQL read."""
        return {graph for rule in self._in_sparql for graph in rule.query.graphs()}

    def of_city(self) -> set[str]:
        """Return what every rule finds in the evidence of the store, as lines of N-Triples."""
        load_observed(self._engine, self._store, self._queries)
        return {*self._found(self._in_sql, self._engine), *self.of_graph()}

    def of_graph(self) -> set[str]:
        """Return what the rules in SPARQL find in the evidence of the store, as lines of N-Triples."""
        return set(self._found(self._in_sparql, self._engine))

    def of_rows(self, engine: DuckDB) -> Iterator[str]:
        """Yield what the rules in SQL find in the rows of many cities, as lines of N-Triples."""
        load_asked(engine, self._store, self._queries)
        observe_rows(engine)
        return self._found(self._in_sql, engine)

    @cached_property
    def _engine(self) -> DuckDB:
        engine = DuckDB()
        load_asked(engine, self._store, self._queries)
        return engine

    def _found(self, rules: Sequence[AuditRule], engine: DuckDB) -> Iterator[str]:
        called: Names | None = None
        for rule in rules:
            rows = iter(ask_rows(rule, engine) if rule.is_sql else ask_graph(rule, self._store))
            if first := list(islice(rows, 1)):  # else it is not asked what things are called
                called = called or self._names()
                yield from row_lines(rule, chain(first, rows), called)

    def _names(self) -> Names:
        query = named(self._queries, "spoken-names")
        return Names.of(self._store, query.text, query.graphs())


def ask_graph(rule: AuditRule, store: Store) -> Iterable[Row]:
    """Return the rows of a rule in SPARQL."""
    return rule.query.ask(store, {}).rows


def ask_rows(rule: AuditRule, engine: DuckDB) -> Iterator[Row]:
    """Yield the rows of a rule in SQL. Raises ProblemsFound when DuckDB does not take it."""
    import duckdb  # noqa: PLC0415 - slow to import

    try:
        answer = engine.connection.execute(rule.query.text)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        problem = Problem(shown(rule.query.path), 0, "broken-sql", f"{first}.", "Correct the SQL there.")
        raise ProblemsFound([problem]) from error
    columns: Sequence[str] = [column[0] for column in answer.description or ()]
    while rows := answer.fetchmany(10_000):
        yield from (dict(zip(columns, row, strict=True)) for row in rows)
