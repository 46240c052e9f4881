"""Write what others may take: a dump of every graph and the description of them all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import BlankNode, Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.derive import derive
from sckg.queries import catalogue
from sckg.stores.base import Store

GRAPHS = ("model", "evidence", "grades", "roll-ups", "doubts", "findings", "roadmap")


def publish(store: Store, folder: Path, knowledge: Knowledge) -> int:
    """Write the catalogue graph and one sorted N-Triples dump per graph; return the catalogue's size.

    The same graphs give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = derive(store, "catalogue", catalogue(knowledge, "rules/publish").values())
    for graph in (*GRAPHS, "catalogue"):
        lines = sorted(f"{t} .\n" for t in store.triples(names.graph(graph)))
        (folder / f"{graph}.nt").write_text("".join(lines), encoding="utf-8")
    return size


def turtle(triples: Iterable[Triple]) -> str:
    """Return triples as Turtle with the project's prefixes, sorted."""
    ordered = sorted(triples, key=lambda t: (isinstance(t.subject, BlankNode), str(t)))
    prefixes = {p: iri for p, iri in names.PREFIXES.items() if any(iri in str(t) for t in ordered)}
    return (ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b"").decode()
