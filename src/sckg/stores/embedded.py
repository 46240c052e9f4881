"""The embedded store: Oxigraph, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Self, cast

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

    def load_files(self, paths: Sequence[Path], graph: NamedNode) -> None:
        """Add the triples of N-Triples files to a graph, in bulk and as if they were one."""
        if paths:
            self._store.bulk_load(_Chained(paths), format=ox.RdfFormat.N_TRIPLES, to_graph=graph)  # type: ignore[arg-type]

    def replace_by_lines(self, graph: NamedNode, lines: Iterable[str]) -> None:
        """Put what lines of N-Triples say in the place of the graph's own triples."""
        self._store.clear_graph(graph)
        self._store.bulk_extend(_quads(graph, lines))

    def change(self, graph: NamedNode, removed: Iterable[str], added: Iterable[str]) -> None:
        """Remove and add what lines of N-Triples say; other triples of the graph are not touched."""
        for quad in _quads(graph, removed):
            self._store.remove(quad)
        self._store.extend(_quads(graph, added))

    def written_to(self, path: Path) -> None:
        """Write all graphs to a new store on the disk, and let go of its files."""
        disk = ox.Store(str(path))
        disk.bulk_extend(self._store)
        disk.flush()

    def copy_to(self, path: Path) -> None:
        """Copy a store that is on the disk to a new folder; on one disk they share the files."""
        self._store.backup(str(path))

    def who_says(self, value: NamedNode, graph: NamedNode) -> Iterator[str]:
        """Yield the IRIs of what refers to a thing."""
        for quad in self._store.quads_for_pattern(None, None, value, graph):
            yield str(getattr(quad.subject, "value", quad.subject))

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield the triples of one graph, in no particular order."""
        for quad in self._store.quads_for_pattern(None, None, None, graph):
            yield quad.triple

    def close(self) -> None:
        """Make what was written last."""
        if self._on_disk:
            self._store.flush()


def _quads(graph: NamedNode, lines: Iterable[str]) -> Iterator[Quad]:
    for quad in ox.parse("\n".join(lines), format=ox.RdfFormat.N_TRIPLES):
        yield Quad(quad.subject, quad.predicate, quad.object, graph)


class _Chained:
    """Files that are read one after the other."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._left = list(reversed(paths))
        self._file: BinaryIO | None = None

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, none at the end of the last file."""
        while self._file or self._left:
            if self._file is None:
                self._file = self._left.pop().open("rb")
            if found := self._file.read(size):
                return found
            self._file.close()
            self._file = None
        return b""
