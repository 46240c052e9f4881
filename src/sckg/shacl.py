"""The only module that imports pySHACL: the reference that the compiler is held against."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rdflib import Graph

from sckg import names


def graph_of(files: Iterable[Path]) -> Graph:
    """Return one rdflib graph of shipped Turtle files (never of text from outside)."""
    graph = Graph()
    for path in files:
        graph.parse(path, format="turtle", publicID=names.SHARED)
    return graph


def infer(data: Graph, rules: Graph) -> Graph:
    """Return the data with the triples that SHACL rules add, as pySHACL understands the standard."""
    from pyshacl import shacl_rules  # noqa: PLC0415 - slow to import, and only the tests of rules need it

    return shacl_rules(data, shacl_graph=rules, advanced=True, inplace=False)  # type: ignore[return-value]


def report(data: Graph, shapes: Graph) -> Graph:
    """Return the ``sh:ValidationReport`` of the data."""
    from pyshacl import validate  # noqa: PLC0415 - as above

    _, results, _ = validate(data, shacl_graph=shapes, advanced=True, inference="none")
    return results  # type: ignore[no-any-return]
