"""A build on a server: readers see the graphs of the last build or those of the new one, never some of each.

New graphs are written under other names. Where an update request is one step, one moves them all. Where it is not, the
graphs keep the names of their version, and one triple lists the version; readers follow the newest that is listed, and
the one before stays for those who are reading it.

    https://w3id.org/sckg/graph/building/<build>/model     until they are moved, on most servers
    https://w3id.org/sckg/graph/versions/<build>/model     for good, where moving is not one step
    https://w3id.org/sckg/graph/versions                   lists these

What a build that was stopped left behind is removed by the next one, a day later: until then it may be at work.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from pyoxigraph import NamedNode, Triple

from sckg import names
from sckg.stores import copied, servers
from sckg.stores.remote import RemoteStore
from sckg.stores.trouble import ServerProblem

BUILDING = f"{names.W3ID}graph/building/"
KEPT = 2
A_DAY = 24 * 60 * 60
_NAMED = "SELECT DISTINCT ?graph WHERE { GRAPH ?graph { ?thing ?has ?value } }"


def publish_to(store: RemoteStore, graphs: Mapping[NamedNode, Iterable[Triple]]) -> None:
    """Put these graphs in the place of the server's, all at once. Raises ServerProblem; then nothing changed."""
    build = f"{int(time.time()):012d}-{secrets.token_hex(4)}"
    if store.server.answers:
        _moved(store, graphs, build)
    else:
        _listed(store, graphs, build)


def _moved(store: RemoteStore, graphs: Mapping[NamedNode, Iterable[Triple]], build: str) -> None:
    room = f"{BUILDING}{build}/"
    steps, written = [], []
    try:
        for graph, triples in graphs.items():
            lines = sorted({servers.written(t) for t in triples})
            waiting = NamedNode(f"{room}{graph.value.rpartition('/')[2]}")
            if lines:
                written.append(waiting)
                store.write(waiting, lines)
            # A server need not know an empty graph, and cannot move what it does not know.
            steps.append(f"MOVE GRAPH {waiting} TO GRAPH {graph}" if lines else f"DROP SILENT GRAPH {graph}")
        store.update(" ;\n".join(steps))
    except BaseException:
        with suppress(ServerProblem):
            _drop(store, written)
        raise
    _drop(store, _left_behind(store, BUILDING, before=time.time() - A_DAY))


def _listed(store: RemoteStore, graphs: Mapping[NamedNode, Iterable[Triple]], build: str) -> None:
    listed = store.versions()
    version = max(build, f"{listed[-1]}+" if listed and listed[-1] >= build else build)
    own = list(copied.graphs_of(version, list(graphs)))
    try:
        for graph, triples in zip(own, graphs.values(), strict=True):
            store.write(graph, sorted({servers.written(t) for t in triples}))
    except BaseException:
        with suppress(ServerProblem):
            _drop(store, own)
        raise
    store.update(f"INSERT DATA {{ GRAPH {copied.VERSIONS} {{ {copied.listing(version)} }} }}")
    for old in [*listed, version][:-KEPT]:
        store.update(f"DELETE DATA {{ GRAPH {copied.VERSIONS} {{ {copied.listing(old)} }} }}")
        _drop(store, list(copied.graphs_of(old, list(graphs))))
    kept = {g.value for v in store.versions() for g in copied.graphs_of(v, list(graphs))}
    left = _left_behind(store, f"{copied.VERSIONS.value}/", before=time.time() - A_DAY)
    _drop(store, [graph for graph in left if graph.value not in kept])


def _drop(store: RemoteStore, graphs: Sequence[NamedNode]) -> None:
    for graph in graphs:
        store.update(f"DROP SILENT GRAPH {graph}")


def _left_behind(store: RemoteStore, room: str, before: float) -> list[NamedNode]:
    """Return the graphs of builds that began before a moment and never came to their end."""
    found = [row["graph"] for row in store.told(_NAMED, []).rows]
    named = [graph for graph in found if isinstance(graph, NamedNode) and graph.value.startswith(room)]
    return [graph for graph in named if _began(graph.value.removeprefix(room)) < before]


def _began(build: str) -> float:
    digits = build.partition("-")[0]
    return float(digits) if digits.isdigit() else float("inf")
