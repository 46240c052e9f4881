"""Answers as templates read them: each cell is text that knows its language and what kind of text it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import groupby

from babel.numbers import format_decimal
from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.render import plain
from sckg.stores.base import Table, Term


class Cell(str):
    """The text of a cell; ``lang`` is its language and ``is_iri`` whether it names a thing."""

    __slots__ = ("is_iri", "lang")
    lang: str
    is_iri: bool

    def __new__(cls, text: str = "", lang: str = "", *, is_iri: bool = False) -> Cell:
        """Return the cell of a text."""
        made = super().__new__(cls, text)
        made.lang, made.is_iri = lang, is_iri
        return made

    @classmethod
    def of(cls, term: Term | None) -> Cell:
        """Return the cell of a term; that of nothing is empty."""
        lang = term.language or "" if isinstance(term, Literal) else ""
        return cls(plain(term), lang, is_iri=isinstance(term, NamedNode))

    @property
    def local(self) -> str:
        """Return the last part of an IRI, or the whole text."""
        return self.rstrip("/").rpartition("#")[2].rpartition("/")[2] if self.is_iri else str(self)

    def is_named(self, text: str) -> bool:
        """Return whether a reader's text names what this cell holds: its text, its CURIE or its last part."""
        return text in {str(self), names.compact(self), self.local}


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


def number(text: object, lang: str) -> str:
    """Return a number as people write it in a language, or a text that is no number as it stands.

    >>> number("1000.5", "id"), number("1000.5", "en"), number("ada", "id")
    ('1.000,5', '1,000.5', 'ada')
    """
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        return str(text)
    return format_decimal(value, locale=lang, decimal_quantization=False) if value.is_finite() else str(text)


def runs(items: Iterable[object], name: str) -> Iterator[tuple[object, list[object]]]:
    """Yield the items that follow each other with the same value of a column or attribute, in their order."""

    def value(item: object) -> object:
        return item[name] if isinstance(item, Mapping) else getattr(item, name)

    for shared, group in groupby(items, key=value):
        yield shared, list(group)


def by(items: Iterable[Row], name: str) -> dict[str, Row]:
    """Return the rows by the text of a column, the first of each."""
    found: dict[str, Row] = {}
    for row in items:
        found.setdefault(row[name], row)
    return found
