"""The invented framework and its two cities as graphs: what every query and derivation rule is tested on.

``tests/invented/`` holds what is given: the model, the evidence, the grades and the doubts. What a rule should conclude from them is
its expected file below ``tests/rules/``, and together these files are the findings, roll-ups and road map that are given
to the next stage and to the queries.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import RdfFormat, Triple
from rdflib import Graph

from sckg import names
from sckg.formatting import WRITES
from sckg.stores.embedded import EmbeddedStore

DECIMAL = ox.NamedNode(f"{names.XSD}decimal")
HERE = Path(__file__).resolve().parent
GIVEN = {"model": "model.ttl", "evidence": "evidence.ttl", "grades": "grades.ttl", "doubts": "doubts.ttl"}
CONCLUDED = {graph: HERE / folder for folder, graph in WRITES.items() if graph not in GIVEN}


def triples_of(path: Path) -> set[Triple]:
    return {quad.triple for quad in ox.parse(path.read_bytes(), format=RdfFormat.TURTLE)}


def graphs() -> dict[str, set[Triple]]:
    """Return the triples of every graph by its name."""
    given = {graph: triples_of(HERE / "invented" / file) for graph, file in GIVEN.items()}
    return given | {graph: _union(sorted(folder.glob("*.ttl"))) for graph, folder in CONCLUDED.items()}


def store_of(graphs: dict[str, set[Triple]]) -> EmbeddedStore:
    store = EmbeddedStore()
    for graph, triples in graphs.items():
        store.replace_graph(names.graph(graph), triples)
    return store


@cache
def other_engine(reads: tuple[str, ...]) -> Graph:
    """Return what a query or rule reads as one graph of rdflib, which is asked the same."""
    known, graph = graphs(), Graph()
    for name in ("model", *reads):
        graph.parse(data=ox.serialize(known.get(name, ()), format=RdfFormat.N_TRIPLES), format="nt")
    return graph


def lines(triples: Iterable[Triple]) -> list[str]:
    """Return the triples as sorted lines with CURIEs, to be read and compared."""
    return sorted(" ".join(_word(term) for term in (t.subject, t.predicate, t.object)) for t in triples)


def _word(term: object) -> str:
    if isinstance(term, ox.Literal) and term.datatype == DECIMAL:
        return f"{Decimal(term.value).normalize():f}"  # one number, whatever the zeros that an engine writes
    return names.compact(term.value) if isinstance(term, ox.NamedNode) else str(term)


def _union(paths: Iterable[Path]) -> set[Triple]:
    return set().union(*map(triples_of, paths))
