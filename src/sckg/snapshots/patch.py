"""What changed between two snapshots, triple by triple: from their dumps, which are sorted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from pyoxigraph import NamedNode, Quad

from sckg import names
from sckg.snapshots import dumps
from sckg.snapshots.reading import Snapshot

REMOVED, ADDED = "removed", "added"


@dataclass(frozen=True)
class Line:
    """One triple that is in only one of the two, as its line of N-Triples."""

    graph: str
    which: str
    text: str

    @property
    def quad(self) -> Quad:
        """Return the triple in its graph."""
        triple = next(iter(ox.parse(self.text, format=ox.RdfFormat.N_TRIPLES)))
        return Quad(triple.subject, triple.predicate, triple.object, names.graph(self.graph))


def lines(before: Snapshot, after: Snapshot) -> Iterator[Line]:
    """Yield the triples that only one of two snapshots has, graph by graph, sorted."""
    for graph in sorted(dumps.graphs(before.dumps) | dumps.graphs(after.dumps)):
        old, new = ({path.name: path for path in dumps.files(s.dumps, graph)} for s in (before, after))
        same = {name for name in old.keys() & new.keys() if old[name].samefile(new[name])}
        was, now = ([path for name, path in sorted(side.items()) if name not in same] for side in (old, new))
        cities = {path.stem for path in (*was, *now)}
        shared = [old[name] for name in sorted(same)]
        for line in _merged(graph, dumps.lines(was), dumps.lines(now)):
            if any(dumps.is_of(line.text, code) for code in cities) or not dumps.is_in(line.text, shared):
                yield line


def as_patch(found: Iterator[Line]) -> Iterator[str]:
    """Yield an RDF Patch: a line for each triple, D for one that goes and A for one that comes.

    The format is that of Apache Jena, https://afs.github.io/rdf-delta/rdf-patch.html.
    """
    yield "TX ."
    for line in found:
        letter = "D" if line.which == REMOVED else "A"
        yield f"{letter} {line.text.removesuffix('.').rstrip()} {names.graph(line.graph)} ."
    yield "TC ."


def as_trig(found: Iterator[Line]) -> str:
    """Return the triples for reading, by subject: in graphs such as ``graph:evidence/removed``."""
    quads = [_named(line) for line in found]
    prefixes = {p: iri for p, iri in names.PREFIXES.items() if any(iri in str(quad) for quad in quads)}
    return (ox.serialize(quads, format=ox.RdfFormat.TRIG, prefixes=prefixes) or b"").decode()


def counts(found: Iterator[Line]) -> dict[str, dict[str, int]]:
    """Return how many triples of each graph were removed and added."""
    counted: dict[str, dict[str, int]] = {}
    for line in found:
        of_graph = counted.setdefault(line.graph, {REMOVED: 0, ADDED: 0})
        of_graph[line.which] += 1
    return counted


def _named(line: Line) -> Quad:
    quad = line.quad
    graph = NamedNode(f"{names.graph(line.graph).value}/{line.which}")
    return Quad(quad.subject, quad.predicate, quad.object, graph)


def _merged(graph: str, old: Iterator[str], new: Iterator[str]) -> Iterator[Line]:
    """Yield the lines that only one of two sorted files has, without holding either in memory."""
    was, now = next(old, None), next(new, None)
    while was is not None or now is not None:
        if was == now:
            was, now = next(old, None), next(new, None)
        elif now is None or (was is not None and was < now):
            yield Line(graph, REMOVED, str(was))
            was = next(old, None)
        else:
            yield Line(graph, ADDED, now)
            now = next(new, None)
