"""Run the case tables beside the grading rules, through pySHACL and through the compiled SPARQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.compile import shapes, sparql
from sckg.names import TYPE, term
from sckg.pipeline import checked_model, compiled, grading_rules
from sckg.problems import NotPossible, Problem, ProblemsFound, suggestion
from sckg.queries import Query, catalogue, named
from sckg.stores.base import Store
from sckg.stores.embedded import EmbeddedStore
from sckg.tables import TableRow, read_table

COLUMNS = ("value", "grade", "because")
YEAR = "2019"
TABLE = ".cases.csv"


@dataclass(frozen=True)
class CaseResult:
    """One row of a case table and what each engine made of it; no grade is an empty text."""

    file: str
    row: int
    value: str
    year: str
    expected: str
    because: str
    by_sparql: str
    by_shacl: str

    @property
    def passes(self) -> bool:
        """Return whether both engines give the expected grade."""
        return self.by_sparql == self.expected == self.by_shacl


def case_tables(knowledge: Knowledge, indicators: Sequence[str] = ()) -> list[Path]:
    """Return the case tables, of these indicators or all. Raises NotPossible for an indicator without any."""
    found = list(knowledge.files("rules/grade", f"*{TABLE}"))
    known = {_indicator(p): p for p in found}
    for name in indicators:
        if name not in known:
            hint = suggestion(name, known) or "Case tables are named after their indicator."
            raise NotPossible(f"no case table is named '{name}'. {hint}")
    return [p for p in found if not indicators or _indicator(p) in indicators]


def unpaired(knowledge: Knowledge, indicators: Sequence[str] = ()) -> list[Problem]:
    """Return a Problem for each grading rule without a case table, and for each case table without its rule."""
    rules = {rule.file for rule in grading_rules(knowledge)}
    tables = {knowledge.relative(p) for p in case_tables(knowledge)}
    wanted = {rule.removesuffix(".ttl") + TABLE: rule for rule in rules}
    found = [
        Problem(
            rule, 0, "rule-without-cases", "No case table shows what it gives.", f"Add {Path(table).name} beside it."
        )
        for table, rule in wanted.items()
        if table not in tables
    ]
    for table in tables - wanted.keys():
        beside = f"{_indicator(Path(table))}.ttl"
        reason = f"There is no grading rule {beside} beside it."
        found.append(Problem(table, 0, "cases-without-rule", reason, "Rename one of the two files, or add the rule."))
    return sorted(p for p in found if not indicators or _indicator(Path(p.file)) in indicators)


def run_cases(
    knowledge: Knowledge, indicators: Sequence[str] = (), progress: Callable[[str], None] = lambda _: None
) -> Iterator[CaseResult]:
    """Yield the result of every row of the case tables.

    Raises ProblemsFound for a table that cannot be read, and for a rule or table that is without the other.
    """
    if problems := unpaired(knowledge, indicators):
        raise ProblemsFound(problems)
    words = _Words.of(checked_model(knowledge), catalogue(knowledge))
    for table in case_tables(knowledge, indicators):
        progress(_indicator(table))
        yield from _run_table(table, knowledge, words)


@dataclass(frozen=True)
class _Words:
    """Answers by indicator and word, and the grade word of every band."""

    answers: dict[tuple[str, str], str]
    grades: dict[str, str]

    @classmethod
    def of(cls, store: Store, queries: dict[str, Query]) -> _Words:
        def texts(name: str) -> Iterator[dict[str, str]]:
            for row in named(queries, name).ask(store, {}).rows:
                yield {k: getattr(v, "value", "") for k, v in row.items()}

        return cls(
            {(r["indicator"], r["notation"]): r["answer"] for r in texts("answers")},
            {r["band"]: r["grade"] for r in texts("bands")},
        )


def _run_table(table: Path, knowledge: Knowledge, words: _Words) -> Iterator[CaseResult]:
    rows, problems = read_table(table, COLUMNS, ("year",))
    if problems:
        raise ProblemsFound(problems)
    rule_file = table.with_name(f"{_indicator(table)}.ttl")
    files = [*_shared_files(rule_file, knowledge), rule_file]
    label = knowledge.relative(rule_file)
    rules = [rule for rule in compiled(files, knowledge) if rule.file == label]
    indicator = str(rules[0].targets[0].of.value)
    data = [t for n, row in enumerate(rows) for t in _observation(n, row, indicator, words)]
    by_sparql, by_shacl = _sparql_bands(rules, data), _shacl_bands(files, data)
    for n, row in enumerate(rows):
        found = [
            " ".join(sorted(words.grades[b] for b in bands.get(_case(n).value, ()))) for bands in (by_sparql, by_shacl)
        ]
        yield CaseResult(
            knowledge.relative(table), row.line, row["value"], row["year"] or YEAR, row["grade"], row["because"], *found
        )


def _shared_files(rule_file: Path, knowledge: Knowledge) -> list[Path]:
    """Return the target type and the families of the profile, which rule files refer to."""
    profile = next((p for p in rule_file.parents if p.parent.name == "grade"), rule_file.parent)
    target_types = [p for p in knowledge.files("rules/grade", "*.ttl") if p.parent.name == "grade"]
    return [*target_types, *sorted(profile.glob("families/*.ttl"))]


def _observation(number: int, row: TableRow, indicator: str, words: _Words) -> Iterator[Triple]:
    subject = _case(number)
    integer = NamedNode(f"{names.XSD}integer")
    yield Triple(subject, TYPE, term("Observation"))
    yield Triple(subject, term("indicator"), NamedNode(indicator))
    yield Triple(subject, term("year"), Literal(row["year"] or YEAR, datatype=integer))
    if answer := words.answers.get((indicator, row["value"])):
        yield Triple(subject, term("answer"), NamedNode(answer))
    elif row["value"]:
        yield Triple(subject, term("value"), Literal(row["value"], datatype=NamedNode(f"{names.XSD}decimal")))


def _sparql_bands(rules: Sequence[shapes.Shape], data: Sequence[Triple]) -> dict[str, list[str]]:
    store = EmbeddedStore()
    store.replace_graph(names.graph("evidence"), data)
    found: dict[str, list[str]] = {}
    for text in (text for rule in rules for text in sparql.rule_texts(rule)):
        for triple in store.construct(text, [names.graph("evidence")]):
            found.setdefault(getattr(triple.subject, "value", ""), []).append(getattr(triple.object, "value", ""))
    return found


def _shacl_bands(files: Sequence[Path], data: Sequence[Triple]) -> dict[str, list[str]]:
    from rdflib import Graph, URIRef  # noqa: PLC0415 - the reference engine is slow to import

    from sckg.shacl import graph_of, infer  # noqa: PLC0415 - as above

    graph = Graph()
    graph.parse(data=ox.serialize(data, format=ox.RdfFormat.N_TRIPLES), format="nt")
    inferred = infer(graph, graph_of(files))
    found: dict[str, list[str]] = {}
    for subject, band in inferred.subject_objects(URIRef(term("fallsIn").value)):
        found.setdefault(str(subject), []).append(str(band))
    return found


def _case(number: int) -> NamedNode:
    return NamedNode(f"urn:sckg:case:{number}")


def _indicator(table: Path) -> str:
    """Return the stem that a case table and its rule share."""
    return table.name.removesuffix(TABLE).removesuffix(".ttl")
