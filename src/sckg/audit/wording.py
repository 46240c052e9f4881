"""The figures of one row of an audit rule, put into the sentences of its header in each language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.render import plain
from sckg.stores.base import Store, Term

GROUPED_FROM = 10_000  # so that a year is never written with a thousands mark
_MARKS = {"en": (",", "."), "id": (".", ",")}
_IRI = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SUM = re.compile(r"[-+*/=<>(),;:% 0-9.]+")
_BRACES = re.compile(r"\{(\w+)\}")
_NUMERIC = {f"{names.XSD}{local}" for local in ("integer", "decimal", "double")}
Cell = Term | str | int | Decimal | bool | None


@dataclass(frozen=True)
class Names:
    """What things are called: evidence by its key, all else by its label in a language, or by the end of its IRI."""

    keys: Mapping[str, str]
    labels: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, store: Store, text: str, graphs: list[NamedNode]) -> Names:
        """Return the names that a query with the columns thing, key and label finds."""
        keys: dict[str, str] = {}
        labels: dict[tuple[str, str], str] = {}
        for row in store.select(text, graphs).rows:
            thing, label = plain(row["thing"]), row.get("label")
            if row.get("key") is not None:
                keys[thing] = plain(row["key"])
            if isinstance(label, Literal):
                labels[thing, label.language or "en"] = label.value
        return cls(keys, labels)

    def call(self, iri: str, lang: str) -> str:
        """Return what a thing is called in a language."""
        label = self.labels.get((iri, lang)) or self.labels.get((iri, "en"))
        return self.keys.get(iri) or label or end_of(iri)


def end_of(iri: str) -> str:
    """Return the last name in an IRI."""
    return iri.rpartition("/")[2].rpartition("#")[2]


def text_of_cell(cell: Cell) -> str:
    """Return a cell as text; an empty one is an empty text."""
    return plain(cell) if isinstance(cell, Literal | NamedNode) else "" if cell is None else str(cell)


def filled(sentence: str, row: Mapping[str, Cell], lang: str, called: Names) -> str:
    """Return a sentence with each ``{column}`` replaced by the cell as a reader of the language writes it."""
    if not sentence:
        return ""
    parts = _parts(sentence)
    said = (spoken(row.get(part), lang, called) if number % 2 else part for number, part in enumerate(parts))
    return " ".join("".join(said).split())


@cache
def _parts(sentence: str) -> list[str]:
    """Return the words of a sentence and, in between, the names of its columns."""
    return _BRACES.split(sentence)


def spoken(cell: Cell, lang: str, called: Names) -> str:
    """Return one cell in a language: numbers with its marks, things by their names, lists with commas."""
    if isinstance(cell, int | Decimal):
        return number(cell, lang)
    text = text_of_cell(cell)
    if isinstance(cell, Literal) and cell.datatype.value in _NUMERIC:
        return number(text, lang)
    if text.startswith("http") and _IRI.fullmatch(text.split(" ", 1)[0]):
        return ", ".join(dict.fromkeys(called.call(iri, lang) for iri in text.split()))
    return _NUMBER.sub(lambda m: m[0].replace(".", _MARKS[lang][1]), text) if _is_sum(text) else text


def number(text: str | int | Decimal, lang: str) -> str:
    """Return a number with the decimal and thousands marks of a language.

    >>> number("5388.50", "id"), number("20930000000000", "en"), number("106.690", "id")
    ('5388,5', '20,930,000,000,000', '106,69')
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        return str(text)
    thousands, point = _MARKS[lang]
    written = f"{value:,f}" if abs(value) >= GROUPED_FROM else f"{value:f}"
    whole, _, fraction = written.partition(".")
    fraction = fraction.rstrip("0")
    return whole.replace(",", thousands) + (f"{point}{fraction}" if fraction else "")


def _is_sum(text: str) -> bool:
    """Return whether a text is arithmetic, such as ``37.81 + 37.55``: only there are its points decimal marks."""
    return bool(_SUM.fullmatch(text)) and any(mark in text for mark in "+*/=;<>-")
