"""The audit over invented evidence: the two cities of ``tests/audited/``, and figures that a test makes up."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, Triple

from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.audit.doubts import Row
from sckg.audit.rules import AuditRule, audit_rules
from sckg.audit.running import ask_graph, ask_rows
from sckg.audit.tables import OBSERVED, load_asked
from sckg.claims import NUMBERS
from sckg.names import TYPE, term
from sckg.queries import catalogue
from sckg.render import plain
from sckg.row_cells import decimal
from sckg.rows import words
from sckg.rows.engines import DuckDB
from sckg.stores.embedded import EmbeddedStore

AUDITED = Path(__file__).resolve().parent / "audited"
WITH_DEFECTS, PUT_RIGHT = AUDITED / "9911-kota-cacat", AUDITED / "9912-kota-lurus"
KNOWLEDGE = Knowledge.found((AUDITED / "knowledge",))
RULES: Mapping[str, AuditRule] = {rule.code: rule for rule in audit_rules(KNOWLEDGE)}
CITY, ASSESSMENT = names.thing("city", "9913"), names.thing("assessment", "9913", "2024")
Found = dict[str, str]


@cache
def audited(folder: Path) -> EmbeddedStore:
    """Return a store with a city, its grades and what the audit found."""
    store = pipeline.checked_model(KNOWLEDGE)
    cities = pipeline.read_cities([folder], store, KNOWLEDGE)
    assert pipeline.problems_of(cities, store, KNOWLEDGE) == []
    pipeline.derive_all(store, KNOWLEDGE)
    return store


@cache
def rows(query: str, folder: Path) -> list[Found]:
    """Return the answer of a query about a city."""
    asked = catalogue(KNOWLEDGE)[query]
    return [{c: plain(row.get(c)) for c in asked.columns} for row in asked.ask(audited(folder), {}).rows]


@cache
def approved() -> list[Found]:
    """Return the doubts about the city with defects, each of which was read."""
    with (AUDITED / "doubts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- Figures that a test makes up ------------------------------------------------------------------


def on_claims(code: str, *claims: Mapping[str, str | Decimal | int]) -> list[bool]:
    """Return for each check of a rule in SPARQL over these claims whether it held."""
    store = EmbeddedStore()
    store.replace_graph(names.graph("evidence"), {t for n, claim in enumerate(claims) for t in _claim(n, claim)})
    return [_holds(row) for row in ask_graph(RULES[code], store)]


def _claim(number: int, said: Mapping[str, str | Decimal | int]) -> Iterator[Triple]:
    claim = names.thing("claim", "9913", f"a{number}")
    yield Triple(claim, TYPE, term("Claim"))
    yield Triple(claim, term("city"), CITY)
    yield Triple(claim, term("claimedIn"), names.thing("statement", "9913", f"n{number}"))
    for column, value in said.items():
        if column == "kind":
            yield Triple(claim, term("claimKind"), term(f"{value}Claim"))
        elif column in NUMBERS:
            yield Triple(claim, term(NUMBERS[column]), decimal(Decimal(value)))
        else:
            yield Triple(claim, term(column), Literal(str(value)))


def on_rows(code: str, values: Iterable[tuple[str, Decimal | int]]) -> list[bool]:
    """Return for each check of a rule in SQL over rows of these indicators and values whether it held."""
    engine = _asked_engine()
    words.load(engine, "observed", OBSERVED, (_observed(n, *pair) for n, pair in enumerate(values)))
    return [_holds(row) for row in ask_rows(RULES[code], engine)]


@cache
def _asked_engine() -> DuckDB:
    engine = DuckDB()
    load_asked(engine, pipeline.read_model(KNOWLEDGE), catalogue(KNOWLEDGE))
    return engine


def _observed(number: int, indicator: str, value: Decimal | int) -> list[object]:
    told = {
        "observation": names.thing("observation", "9913", f"{number}").value,
        "city": CITY.value,
        "assessment": ASSESSMENT.value,
        "indicator": names.shared("indicator", indicator).value,
        "source": names.thing("source", "9913", f"{number // 100}").value,
        "year": 2024,
        "value": f"{value:f}" if isinstance(value, Decimal) else value,
        "name": f"r{number}",
        "is_row": True,
    }
    return [told.get(column) for column in OBSERVED]


def _holds(row: Row) -> bool:
    cell = row["holds"]
    return cell is True or (isinstance(cell, Literal) and cell.value == "true")
