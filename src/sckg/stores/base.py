"""The protocol that every store keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

Term = NamedNode | BlankNode | Literal | Triple
Row = Mapping[str, Term]


@dataclass(frozen=True)
class Table:
    """The answer to a SELECT: its columns in order, and the rows; an unbound cell is absent from its row."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class Store(Protocol):
    """Named graphs that can be read by SPARQL and replaced one at a time."""

    def select(self, text: str, graphs: Sequence[NamedNode]) -> Table:
        """Answer a SELECT over the union of the graphs."""
        ...

    def construct(self, text: str, graphs: Sequence[NamedNode]) -> Iterator[Triple]:
        """Yield the triples of a CONSTRUCT over the union of the graphs."""
        ...

    def replace_graph(self, graph: NamedNode, triples: Iterable[Triple]) -> int:
        """Put these triples in the place of the graph's own; return how many there are now."""
        ...

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield the triples of one graph, in no particular order."""
        ...

    def close(self) -> None:
        """Make what was written last, and let go of files and connections."""
        ...
