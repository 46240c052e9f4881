"""A table of answers as text for people, CSV, JSON or Turtle."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from sckg import names
from sckg.publish import turtle
from sckg.stores.base import Store, Table, Term

FORMATS = ("table", "csv", "json", "ttl")
_NUMERIC = {f"{names.XSD}{local}" for local in ("integer", "decimal", "double")}


def plain(term: Term | None) -> str:
    """Return a cell as text: the IRI, or the literal's own words; an unbound cell is empty."""
    if isinstance(term, Literal | NamedNode | BlankNode):
        return term.value
    return "" if term is None else str(term)


def brief(text: str) -> str:
    """Return a cell for people: each IRI in it as its CURIE."""
    return re.sub(r"https?://\S+", lambda m: names.compact(m.group()), text)


def as_text(table: Table, width: int = 60) -> str:
    """Return columns of text under their names; long cells are cut, IRIs are CURIEs."""
    from rich.cells import cell_len  # noqa: PLC0415 - only for people

    rows = [[_cut(brief(plain(row.get(c))), width) for c in table.columns] for row in table.rows]
    widths = [max(cell_len(r[n]) for r in [list(table.columns), *rows]) for n in range(len(table.columns))]
    lines = ["  ".join(cell + " " * (w - cell_len(cell)) for cell, w in zip(row, widths, strict=True)).rstrip()
             for row in [list(table.columns), ["-" * w for w in widths], *rows]]  # fmt: skip
    return "\n".join([*lines, f"{len(rows)} row{'' if len(rows) == 1 else 's'}", ""])


def as_csv(table: Table) -> str:
    """Return CSV with a header; cells that a spreadsheet would run as a formula are neutralised."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_safe(row.get(column)) for column in table.columns])
    return out.getvalue()


def as_json(table: Table) -> str:
    """Return a JSON list with one object per row; numbers are numbers, unbound cells null."""
    rows = [{column: _jsonable(row.get(column)) for column in table.columns} for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def as_turtle(table: Table, store: Store, graphs: Iterable[NamedNode]) -> str:
    """Return what the graphs say of every thing that the table names, as Turtle."""
    subjects = {term for row in table.rows for term in row.values() if isinstance(term, NamedNode)}
    found: set[Triple] = set()
    for graph in graphs:
        found.update(t for t in store.triples(graph) if t.subject in subjects)
    return turtle(found)


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _safe(term: Term | None) -> str:
    text = plain(term)
    is_number = isinstance(term, Literal) and term.datatype.value in _NUMERIC
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} and not is_number else text


def _jsonable(term: Term | None) -> object:
    if term is None:
        return None
    if isinstance(term, Literal) and term.datatype.value in _NUMERIC:
        text = term.value
        return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
    return plain(term)
