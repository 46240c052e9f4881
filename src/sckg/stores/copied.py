"""Graphs that are read whole from a server and asked here, for a server whose own answers cannot be relied on.

A build on such a server gives its graphs names of their own and then lists its version, in one triple; see
``publishing.py``. Without a list the graphs are those of the plain names, and are read again after a while.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.problems import NotPossible
from sckg.stores.embedded import EmbeddedStore

if TYPE_CHECKING:
    from sckg.stores.remote import RemoteStore

VERSIONS = NamedNode(f"{names.W3ID}graph/versions")
HAS_VERSION = NamedNode(f"{names.DCT}hasVersion")
BEGAN = NamedNode(f"{names.DCT}created")
UNLISTED_SECONDS = 60
TRIES = 5  # so many builds in a row may end while one reader reads


def version_graph(graph: NamedNode, version: str) -> NamedNode:
    """Return the name that a graph has in one version."""
    return NamedNode(f"{VERSIONS.value}/{version}/{graph.value.rpartition('/')[2]}") if version else graph


class Copied:
    """The graphs of the newest version, copied when they are first asked for."""

    def __init__(self, remote: RemoteStore) -> None:
        self._remote = remote
        self._lock = Lock()
        self._version: str | None = None
        self._read_at = 0.0
        self._store = EmbeddedStore()
        self._there: set[NamedNode] = set()

    def with_graphs(self, graphs: Sequence[NamedNode]) -> EmbeddedStore:
        """Return a store with these graphs of one version."""
        with self._lock:
            for _ in range(TRIES):
                version = self._newest()
                if version != self._version or self._is_old(version):
                    self._store, self._there, self._version = EmbeddedStore(), set(), version
                    self._read_at = time.monotonic()
                missing = [graph for graph in graphs if graph not in self._there]
                for graph in missing:
                    self._store.replace_graph(graph, self._remote.fetched(version_graph(graph, version)))
                    self._there.add(graph)
                # What was read belongs together when its version is still listed: its graphs go only after that.
                if not missing or version in self.listed() or not version:
                    return self._store
                self.forget_here()
        raise NotPossible(f"{self._remote.server.query}: builds follow each other too fast to be read")

    def actual(self, graph: NamedNode) -> NamedNode:
        """Return the name under which the server keeps a graph now."""
        return graph if self._remote.server.answers else version_graph(graph, self._newest())

    def listed(self) -> list[str]:
        """Return the versions that can be read, the newest last."""
        return self.noted(HAS_VERSION)

    def noted(self, has: NamedNode) -> list[str]:
        """Return what the list says with this property, sorted."""
        rows = self._remote.told(f"SELECT ?build WHERE {{ {VERSIONS} {has} ?build }}", [VERSIONS]).rows
        found = (row.get("build") for row in rows)
        return sorted(build.value for build in found if isinstance(build, Literal))

    def forget(self) -> None:
        """Read everything again when it is next asked for."""
        with self._lock:
            self.forget_here()

    def forget_here(self) -> None:
        """Do the same inside a step that holds the lock."""
        self._version = None

    def _newest(self) -> str:
        listed = self.listed()
        return listed[-1] if listed else ""

    def _is_old(self, version: str) -> bool:
        return not version and time.monotonic() - self._read_at > UNLISTED_SECONDS


def note(version: str, has: NamedNode = HAS_VERSION) -> str:
    """Return the one triple of the list that says something of a version, in its graph, for an update."""
    return f"{{ GRAPH {VERSIONS} {{ {VERSIONS} {has} {Literal(version)} }} }}"


def graphs_of(version: str, graphs: Sequence[NamedNode]) -> Iterator[NamedNode]:
    """Yield the names that graphs have in one version."""
    return (version_graph(graph, version) for graph in graphs)
