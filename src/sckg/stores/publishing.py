"""A build on a server: readers see the graphs of the last build or those of the new one, never some of each.

New graphs are written under other names. Where an update request is one step, one copies them all to their place. Where
it is not, the graphs keep the names of their version, and one triple lists the version; readers follow the newest that
is listed, and the one before stays for those who are reading it.

    https://w3id.org/sckg/graph/building/<build>/model     until they are copied, on most servers
    https://w3id.org/sckg/graph/versions/<build>/model     for good, where copying is not one step
    https://w3id.org/sckg/graph/versions                   lists these, and the builds that have begun

What a build that was killed left behind is removed by the next one, a day later: until then it may be at work.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from pyoxigraph import NamedNode, Triple

from sckg import names
from sckg.stores import copied, servers
from sckg.stores.copied import BEGAN, note
from sckg.stores.remote import RemoteStore
from sckg.stores.trouble import ServerProblem

Graphs = Mapping[NamedNode, Iterable[Triple]]
BUILDING = f"{names.W3ID}graph/building"
KEPT = 2
A_DAY = 24 * 60 * 60


def publish_to(store: RemoteStore, graphs: Graphs) -> None:
    """Put these graphs in the place of the server's, all at once. Raises ServerProblem; then nothing changed."""
    build = f"{int(time.time()):012d}-{secrets.token_hex(4)}"
    listed = [] if store.server.answers else store.versions()
    if listed and listed[-1] >= build:  # the clock went back: what is listed later is the newest
        build = f"{listed[-1]}+"
    with _begun(store, build, list(graphs)) as own:
        waiting = _written(store, graphs, own)
        if store.server.answers:
            _copy(store, waiting, build)
        else:
            _list(store, [*listed, build], list(graphs))


@contextmanager
def _begun(store: RemoteStore, build: str, graphs: Sequence[NamedNode]) -> Iterator[list[NamedNode]]:
    """Note that a build begins and yield the names of its graphs; when it breaks off, they are removed."""
    store.update(f"INSERT DATA {note(build, BEGAN)}")
    own = _own(store, build, graphs)
    try:
        yield own
    except BaseException:
        with suppress(ServerProblem):
            _remove(store, build, own)
        raise
    for old in store.begun():
        if _began_at(old) < time.time() - A_DAY:
            _remove(store, old, _own(store, old, graphs))


def _own(store: RemoteStore, build: str, graphs: Sequence[NamedNode]) -> list[NamedNode]:
    room = BUILDING if store.server.answers else copied.VERSIONS.value
    return [NamedNode(f"{room}/{build}/{graph.value.rpartition('/')[2]}") for graph in graphs]


def _written(store: RemoteStore, graphs: Graphs, own: Sequence[NamedNode]) -> list[tuple[NamedNode, NamedNode, int]]:
    """Write the graphs under their own names; return both names of each, and how many triples it has."""
    written = []
    for (graph, triples), waiting in zip(graphs.items(), own, strict=True):
        if lines := sorted({servers.written(t) for t in triples}):
            store.write(waiting, lines)
        written.append((graph, waiting, len(lines)))
    return written


def _copy(store: RemoteStore, graphs: Iterable[tuple[NamedNode, NamedNode, int]], build: str) -> None:
    # No MOVE: Fuseki's TDB2 reads an index while MOVE writes to it, and leaves out some triples.
    everything = "{ GRAPH %s { ?s ?p ?o } }"
    steps = []
    for graph, waiting, size in graphs:
        steps.append(f"DROP SILENT GRAPH {graph}")
        if size:
            steps.append(f"INSERT {everything % graph} WHERE {everything % waiting}")
            steps.append(f"DROP SILENT GRAPH {waiting}")
    store.update(" ;\n".join([*steps, f"DELETE DATA {note(build, BEGAN)}"]))


def _list(store: RemoteStore, versions: Sequence[str], graphs: Sequence[NamedNode]) -> None:
    store.update(f"INSERT DATA {note(versions[-1])}")
    store.update(f"DELETE DATA {note(versions[-1], BEGAN)}")
    for old in versions[:-KEPT]:
        store.update(f"DELETE DATA {note(old)}")  # first, so that who reads it sees that it is gone
        _remove(store, old, _own(store, old, graphs))


def _remove(store: RemoteStore, build: str, own: Iterable[NamedNode]) -> None:
    for graph in own:
        store.update(f"DROP SILENT GRAPH {graph}")
    store.update(f"DELETE DATA {note(build, BEGAN)}")


def _began_at(build: str) -> float:
    digits = build.partition("-")[0]
    return float(digits) if digits.isdigit() else float("inf")
