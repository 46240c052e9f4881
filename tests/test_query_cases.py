"""What each query answers about the invented cities: ``tests/queries/<subject>/<query>[.<case>].csv``.

A case that is asked with values names them in its first line, as ``# city=9911 lang=id``. Rows stand in the order that the
query promises; IRIs are CURIEs.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from conftest import ROOT
from invention import HERE, graphs, other_engine, store_of
from sckg.queries import Query, load
from sckg.render import brief, plain
from sckg.stores.embedded import EmbeddedStore

FOLDER = HERE / "queries"
FILES = sorted((ROOT / "queries").rglob("*.rq"))
QUERIES = {p.relative_to(ROOT / "queries").with_suffix("").as_posix(): load(p, ROOT / "queries") for p in FILES}
ASKED_OF_A_TERM = "why"  # what these say of everything at once is nobody's question


@dataclass(frozen=True)
class Case:
    """One question and its expected answer."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(FOLDER).with_suffix("").as_posix()

    @property
    def query(self) -> Query | None:
        folder, _, file = str(self).rpartition("/")
        return QUERIES.get(f"{folder}/{file.partition('.')[0]}")

    @property
    def values(self) -> dict[str, str]:
        first = self.path.read_text(encoding="utf-8").splitlines()[0]
        return dict(word.split("=", 1) for word in first.removeprefix("# ").split()) if first.startswith("# ") else {}

    @property
    def table(self) -> str:
        return "".join(ln for ln in self.path.read_text(encoding="utf-8").splitlines(keepends=True) if ln[:2] != "# ")


# rdflib 7 drops a row for which an OPTIONAL is refused by its FILTER, and stops at the least of what is unbound.
NOT_IN_RDFLIB = {"roadmap/actions.law", "roadmap/targets", "roadmap/targets.one"}
CASES = [Case(path) for path in sorted(FOLDER.rglob("*.csv"))]


@pytest.fixture(scope="module")
def store() -> EmbeddedStore:
    return store_of(graphs())


def as_csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_query_answers_as_expected(case: Case, store: EmbeddedStore) -> None:
    assert case.query is not None, f"no query belongs to {case}"
    table = case.query.ask(store, case.values)
    answered = as_csv(table.columns, ({name: brief(plain(term)) for name, term in row.items()} for row in table.rows))
    assert answered == case.table


@pytest.mark.parametrize("case", [case for case in CASES if str(case) not in NOT_IN_RDFLIB], ids=str)
def test_another_engine_answers_the_same(case: Case) -> None:
    assert case.query is not None
    text, _, order = case.query.bound(case.values).rpartition("ORDER BY")
    assert order, "the rows have no order"
    found = other_engine(case.query.reads).query(
        text
    )  # rdflib cannot sort by what is unbound, and the order is held above
    answered = [{str(name): brief(str(term)) for name, term in row.asdict().items()} for row in found]
    expected = list(csv.DictReader(io.StringIO(case.table)))
    assert [str(v) for v in found.vars or ()] == list(case.query.columns)
    assert Counter(map(alike, answered)) == Counter(map(alike, expected))


def alike(row: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return a row without its empty cells, numbers written in one way and keys of a cell in one order."""
    return frozenset((name, _cell(text)) for name, text in row.items() if text)


def _cell(text: str) -> str:
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return " ".join(sorted(re.sub(r"(?<=\d)[.,]0\b", "", text).split()))


# --- Nothing is left out ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_has_a_case_and_each_of_its_parameters_is_set_in_one(name: str) -> None:
    """A query that is added fails here until its answer is written down."""
    cases = [case for case in CASES if case.query is QUERIES[name]]
    assert cases, f"write tests/queries/{name}.csv: what the query answers about the invented cities"
    assert {p.name for p in QUERIES[name].parameters} - {n for case in cases for n in case.values} == set()
    assert name.startswith(f"{ASKED_OF_A_TERM}/") or any(not case.values for case in cases)


def test_no_two_cases_of_a_query_have_one_answer() -> None:
    """What a parameter changes is seen; two terms may lead to the same thing."""
    asked_of_all = [case for case in CASES if case.query and case.query.subject != ASKED_OF_A_TERM]
    answers = Counter((case.query.name, case.table) for case in asked_of_all if case.query)
    assert [name for (name, _), count in answers.items() if count > 1] == []


def test_every_case_belongs_to_a_query() -> None:
    assert [str(case) for case in CASES if case.query is None] == []
