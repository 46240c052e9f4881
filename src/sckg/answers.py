"""Answers as templates read them: each cell is text that knows its language and what kind of text it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import groupby
from typing import Self

from babel.numbers import format_decimal
from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.render import plain
from sckg.stores.base import Table, Term


class Cell(str):
    """The text of a cell, which knows its language, and whether it names a thing or is a decimal number."""

    __slots__ = ("is_decimal", "is_iri", "lang")
    lang: str
    is_iri: bool
    is_decimal: bool

    def __new__(cls, text: str = "", lang: str = "", *, is_iri: bool = False, is_decimal: bool = False) -> Self:
        """Return the cell of a text."""
        made = super().__new__(cls, text)
        made.lang, made.is_iri, made.is_decimal = lang, is_iri, is_decimal
        return made

    @classmethod
    def of(cls, term: Term | None) -> Self:
        """Return the cell of a term; that of nothing is empty."""
        lang = term.language or "" if isinstance(term, Literal) else ""
        is_decimal = isinstance(term, Literal) and term.datatype.value == f"{names.XSD}decimal"
        return cls(plain(term), lang, is_iri=isinstance(term, NamedNode), is_decimal=is_decimal)

    @property
    def local(self) -> str:
        """Return the last part of an IRI, or the whole text."""
        return self.rpartition("#")[2].rpartition("/")[2] if self.is_iri else str(self)

    def names(self, text: str) -> bool:
        """Return whether a reader's text names what this cell holds: by its text, its CURIE or its last part."""
        return self == text or (self.is_iri and text in {names.compact(self), self.local})


Row = Mapping[str, Cell]


def rows(table: Table) -> list[Row]:
    """Return the rows with a cell for every column."""
    return [{column: Cell.of(row.get(column)) for column in table.columns} for row in table.rows]


def said(row: Row, column: str, lang: str) -> Cell:
    """Return a label in a language: ``label_id`` for ``label``, or the label as it is when there is no other."""
    own = row.get(f"{column}_{lang}")
    if own:
        return Cell(own, lang)
    other = row.get(column, Cell())
    return other if other.lang or f"{column}_id" not in row else Cell(other, "en")


def number(text: object, lang: str, places: int | None = None) -> str:
    """Return a number as people write it in a language, or a text that is no number as it stands.

    >>> number("1000.5", "id"), number("1000.5", "en"), number("ada", "id"), number("0.6846", "id", 2)
    ('1.000,5', '1,000.5', 'ada', '0,68')
    """
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        return str(text)
    if not value.is_finite():
        return str(text)
    if places is None:
        return format_decimal(value, locale=lang, decimal_quantization=False)
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return format_decimal(rounded, locale=lang, format=f"#,##0.{'0' * places}")


def runs(items: Iterable[object], name: str) -> Iterator[tuple[object, list[object]]]:
    """Yield each value of a column or attribute with the items in a row that share it, in their order."""

    def value(item: object) -> object:
        return item[name] if isinstance(item, Mapping) else getattr(item, name)

    for shared, group in groupby(items, key=value):
        yield shared, list(group)


def where(items: Iterable[Row], **wanted: str) -> list[Row]:
    """Return the rows whose columns hold these texts."""
    return [row for row in items if all(row[column] == text for column, text in wanted.items())]


def one(items: Iterable[Row], **wanted: str) -> Row | None:
    """Return the first row whose columns hold what these texts name, or None."""
    return next((row for row in items if all(row[column].names(text) for column, text in wanted.items())), None)


def by(items: Iterable[Row], column: str) -> dict[str, Row]:
    """Return the first row of each text in a column."""
    found: dict[str, Row] = {}
    for row in items:
        found.setdefault(row[column], row)
    return found
