"""The words that city files may use, looked up in the model: indicators, answers, units, grades, terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.queries import Query, named
from sckg.stores.base import Row, Store

COUNT = names.term("count").value


@dataclass(frozen=True)
class IndicatorWords:
    """What a value of one indicator may be: a number in a unit within a range, or one of its answers."""

    iri: str
    kind: str
    unit: str
    minimum: Decimal | None
    maximum: Decimal | None
    answers: Mapping[str, str]
    key: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether only whole numbers are values."""
        return self.kind == COUNT


@dataclass(frozen=True)
class Vocabulary:
    """Every word by its column: slug or notation to IRI."""

    indicators: Mapping[str, IndicatorWords]
    units: Mapping[str, str]
    grades: Mapping[str, Mapping[str, str]]
    terms: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, str]

    def terms_of(self, kind: str) -> dict[str, str]:
        """Return the words of one short list of the model, such as ``Status``."""
        return dict(self.terms.get(names.term(kind).value, {}))

    def grades_of(self, framework: str) -> dict[str, str]:
        """Return the grade words of a framework's scale."""
        return dict(self.grades.get(framework, {}))


def vocabulary(store: Store, queries: Mapping[str, Query]) -> Vocabulary:
    """Read the vocabulary from the model graph of a store."""

    def rows(name: str) -> list[dict[str, str]]:
        return [_texts(row) for row in named(queries, name).ask(store, {}).rows]

    answers: dict[str, dict[str, str]] = {}
    for row in rows("answers"):
        answers.setdefault(row["indicator"], {})[row["notation"]] = row["answer"]
    grades: dict[str, dict[str, str]] = {}
    for row in rows("grade-scales"):
        grades.setdefault(row.get("framework", ""), {})[row["notation"]] = row["grade"]
    terms: dict[str, dict[str, str]] = {}
    for row in rows("terms"):
        terms.setdefault(row["kind"], {})[row["notation"]] = row["term"]
    return Vocabulary(
        {_slug(row["indicator"]): _indicator(row, answers.get(row["indicator"], {})) for row in rows("indicators")},
        {row["notation"]: row["unit"] for row in rows("units")},
        grades,
        terms,
        {row["key"]: row["table"] for row in rows("tables")},
    )


def _indicator(row: Mapping[str, str], answers: Mapping[str, str]) -> IndicatorWords:
    low, high = row.get("minimum"), row.get("maximum")
    return IndicatorWords(
        row["indicator"],
        row["kind"],
        row.get("unit", ""),
        Decimal(low) if low else None,
        Decimal(high) if high else None,
        answers,
        row["key"],
    )


def _slug(iri: str) -> str:
    return iri.rpartition("/")[2]


def _texts(row: Row) -> dict[str, str]:
    return {name: term.value for name, term in row.items() if isinstance(term, NamedNode | Literal)}
