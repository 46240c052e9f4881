"""The embedded store: Oxigraph, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self, cast

import pyoxigraph as ox
from pyoxigraph import NamedNode, Quad, Triple

from sckg.stores.base import Table


class EmbeddedStore:
    """A store inside this process. ``EmbeddedStore()`` is in memory."""

    def __init__(self, store: ox.Store | None = None, *, on_disk: bool = False) -> None:
        self._store = store if store is not None else ox.Store()
        self._on_disk = on_disk

    @classmethod
    def create(cls, path: Path) -> EmbeddedStore:
        """Open a new store on disk for writing."""
        return cls(ox.Store(str(path)), on_disk=True)

    @classmethod
    def read_only(cls, path: Path) -> Self:
        """Open a finished store for reading; nobody may be writing to it."""
        return cls(ox.Store.read_only(str(path)))

    def select(self, text: str, graphs: Sequence[NamedNode]) -> Table:
        """Answer a SELECT over the union of the graphs."""
        found = cast("ox.QuerySolutions", self._store.query(text, default_graph=list(graphs)))
        columns = tuple(variable.value for variable in found.variables)
        rows = tuple(
            {name: term for name, term in zip(columns, solution, strict=True) if term is not None} for solution in found
        )
        return Table(columns, rows)

    def construct(self, text: str, graphs: Sequence[NamedNode]) -> Iterator[Triple]:
        """Yield the triples of a CONSTRUCT over the union of the graphs."""
        yield from cast("ox.QueryTriples", self._store.query(text, default_graph=list(graphs)))

    def replace_graph(self, graph: NamedNode, triples: Iterable[Triple]) -> int:
        """Put these triples in the place of the graph's own; return how many there are now."""
        fresh = {Quad(t.subject, t.predicate, t.object, graph) for t in triples}
        self._store.clear_graph(graph)
        self._store.bulk_extend(fresh)
        return len(fresh)

    def load_file(self, path: Path, graph: NamedNode) -> None:
        """Add the triples of an N-Triples file to a graph, in bulk."""
        self._store.bulk_load(path=str(path), format=ox.RdfFormat.N_TRIPLES, to_graph=graph)

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield the triples of one graph, in no particular order."""
        for quad in self._store.quads_for_pattern(None, None, None, graph):
            yield quad.triple

    def close(self) -> None:
        """Make what was written last."""
        if self._on_disk:
            self._store.flush()
