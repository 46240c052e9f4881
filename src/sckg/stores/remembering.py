"""A store that does not change, and remembers what it answered last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock

from pyoxigraph import NamedNode, Triple

from sckg.stores.base import Store, Table

MOST_ROWS = 30_000  # of all that is remembered; m: some 30 MB


class RememberingStore:
    """A store whose answers are kept until others need their place. Only for a store that nobody writes to.

    A page asks the same queries of the same city again and again: about a snapshot the answer stays the same.
    """

    def __init__(self, store: Store, most_rows: int = MOST_ROWS) -> None:
        self._store, self._most_rows = store, most_rows
        self._kept: OrderedDict[tuple[str, tuple[NamedNode, ...]], Table] = OrderedDict()
        self._rows = 0
        self._lock = Lock()

    def select(self, text: str, graphs: Sequence[NamedNode]) -> Table:
        """Answer a SELECT over the union of the graphs."""
        asked = (text, tuple(graphs))
        with self._lock:
            if table := self._kept.get(asked):
                self._kept.move_to_end(asked)
                return table
        table = self._store.select(text, graphs)
        with self._lock:
            self._keep(asked, table)
        return table

    def construct(self, text: str, graphs: Sequence[NamedNode]) -> Iterator[Triple]:
        """Yield the triples of a CONSTRUCT over the union of the graphs."""
        return self._store.construct(text, graphs)

    def replace_graph(self, graph: NamedNode, triples: Iterable[Triple]) -> int:
        """Put these triples in the place of the graph's own, and forget what was answered before."""
        with self._lock:
            self._kept.clear()
            self._rows = 0
        return self._store.replace_graph(graph, triples)

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield the triples of one graph, in no particular order."""
        return self._store.triples(graph)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _keep(self, asked: tuple[str, tuple[NamedNode, ...]], table: Table) -> None:
        size = len(table.rows) + 1
        if asked in self._kept or size > self._most_rows // 10:
            return
        self._kept[asked] = table
        self._rows += size
        while self._rows > self._most_rows:
            self._rows -= len(self._kept.popitem(last=False)[1].rows) + 1
