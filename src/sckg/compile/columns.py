"""The observation table: which property of an observation is which column, and what a cell of it stands for.

A cell holds at most one term; an empty one says that the observation has no such property. An IRI is its own text,
a number is a number: its RDF term has the column's datatype and the shortest spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyoxigraph import NamedNode

from sckg import names
from sckg.cells import MOST_DIGITS
from sckg.names import term

Kind = Literal["iri", "text", "integer", "decimal"]
TABLE = "observations"
SUBJECT = "observation"  # the column of the IRI of the observation itself
DECIMAL = f"DECIMAL({2 * MOST_DIGITS}, {MOST_DIGITS})"
_TYPES: dict[Kind, str] = {"iri": "VARCHAR", "text": "VARCHAR", "integer": "INTEGER", "decimal": DECIMAL}
_DATATYPES: dict[Kind, str] = {"text": "string", "integer": "integer", "decimal": "decimal"}


@dataclass(frozen=True)
class Column:
    """One column: its name in SQL, the property that it holds, and the kind of its terms."""

    name: str
    predicate: NamedNode
    kind: Kind

    @property
    def datatype(self) -> NamedNode | None:
        """Return the datatype of the column's literals; IRIs have none."""
        local = _DATATYPES.get(self.kind)
        return NamedNode(names.XSD + local) if local else None

    @property
    def is_number(self) -> bool:
        """Return whether the cells are numbers."""
        return self.kind in {"integer", "decimal"}

    @property
    def type(self) -> str:
        """Return the column's type in SQL."""
        return _TYPES[self.kind]


COLUMNS = {
    column.predicate: column
    for column in (
        Column("city", term("city"), "iri"),
        Column("assessment", term("assessment"), "iri"),
        Column("indicator", term("indicator"), "iri"),
        Column("source", term("source"), "iri"),
        Column("status", term("status"), "iri"),
        Column("year", term("year"), "integer"),
        Column("period", term("period"), "text"),
        Column("value", term("value"), "decimal"),
        Column("answer", term("answer"), "iri"),
        Column("unit", term("unit"), "iri"),
        Column("stated_grade", term("statedGrade"), "iri"),
        Column("key", term("key"), "text"),
        Column("statement", term("statedIn"), "iri"),
        Column("locator", term("locator"), "text"),
        Column("note", NamedNode(f"{names.SKOS}note"), "text"),
    )
}
