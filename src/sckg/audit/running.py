"""Run the audit rules: those in SPARQL over the graphs that they read, those in SQL over the observation table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.audit.doubts import Row, row_lines, rule_triples
from sckg.audit.rules import AuditRule, audit_rules
from sckg.audit.tables import load_asked, load_observed, observe_rows
from sckg.audit.wording import Names
from sckg.problems import Problem, ProblemsFound, shown
from sckg.queries import Query, catalogue, named
from sckg.rows.engines import DuckDB
from sckg.stores.base import Store


def audit(store: Store, knowledge: Knowledge) -> int:
    """Replace the graph of doubts with what every audit rule finds; return how many triples that is.

    Raises ProblemsFound for a rule whose text its engine does not take.
    """
    rules, queries = audit_rules(knowledge), catalogue(knowledge)
    called, engine = spoken_names(store, queries), DuckDB()
    load_asked(engine, store, queries)
    load_observed(engine, store, queries)
    found: set[Triple] = set()
    for rule in rules:
        rows = ask_rows(rule, engine) if rule.is_sql else ask_graph(rule, store)
        found.update(rule_triples(rule))
        lines = "".join(row_lines(rule, rows, called))
        found.update(quad.triple for quad in ox.parse(lines, format=ox.RdfFormat.N_TRIPLES))
    return store.replace_graph(names.graph("doubts"), found)


def audit_nation(engine: DuckDB, model: Store, knowledge: Knowledge, file: Path) -> int:
    """Write what the audit finds in the rows of many cities as N-Triples; return how many triples that is.

    ``model`` holds what Turtle says of the cities: rules in SPARQL read that. Raises as ``audit`` does.
    """
    rules, queries = audit_rules(knowledge), catalogue(knowledge)
    called, written = spoken_names(model, queries), 0
    load_asked(engine, model, queries)
    observe_rows(engine)
    with file.open("w", encoding="utf-8") as out:
        for rule in rules:
            rows = ask_rows(rule, engine) if rule.is_sql else ask_graph(rule, model)
            said = (f"{triple} .\n" for triple in rule_triples(rule))
            for lines in chain(said, row_lines(rule, rows, called)):
                out.write(lines)
                written += lines.count("\n")
    return written


def spoken_names(store: Store, queries: Mapping[str, Query]) -> Names:
    """Return what things are called in a store."""
    query = named(queries, "spoken-names")
    return Names.of(store, query.text, query.graphs())


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
