"""A property path of SHACL, read into the intermediate form."""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import BlankNode, Literal, NamedNode

from sckg import names
from sckg.compile.forms import Compound, Path, Value
from sckg.compile.graph import ShapesGraph
from sckg.names import shacl

_FIRST, _NIL = NamedNode(f"{names.RDF}first"), NamedNode(f"{names.RDF}nil")
UNARY = {
    shacl("inversePath"): "^",
    shacl("zeroOrMorePath"): "*",
    shacl("oneOrMorePath"): "+",
    shacl("zeroOrOnePath"): "?",
}
_DEEPEST = 16


def read_path(graph: ShapesGraph, shape: Value, value: Value, depth: int = 0) -> Path:
    """Return the path that a value of ``sh:path`` describes. Raises NotCompilable for what is none."""
    if isinstance(value, Literal) or value == _NIL or depth > _DEEPEST:
        raise graph.refusal(shape, "a path that is none" if depth <= _DEEPEST else "a path nested too deep", "sh:path")
    if isinstance(value, NamedNode):
        return value
    operator, parts = _taken_apart(graph, shape, value)
    return Compound(operator, tuple(read_path(graph, shape, part, depth + 1) for part in parts))


def joined(paths: Sequence[Path]) -> Path:
    """Return the path that goes one after the other."""
    return paths[0] if len(paths) == 1 else Compound("/", tuple(paths))


def _taken_apart(graph: ShapesGraph, shape: Value, value: BlankNode) -> tuple[str, list[Value]]:
    """Return the operator of a compound path and what it joins: two paths or more, or one that it repeats or turns."""
    if graph.of(value, _FIRST):
        operator, parts, enough = "/", graph.items(shape, value, "sh:path"), 2
    elif lists := graph.all(value, "alternativePath"):
        operator, parts, enough = "|", graph.items(shape, lists[0], "sh:path"), 2
    else:
        found = [(sign, part) for predicate, sign in UNARY.items() for part in graph.of(value, predicate)]
        operator, parts, enough = (found[0][0] if found else "", [part for _, part in found], 1)
    if len(parts) < enough or (enough == 1 and len(parts) > 1):
        raise graph.refusal(shape, "a path that is none", "sh:path")
    return operator, parts
