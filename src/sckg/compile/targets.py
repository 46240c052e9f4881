"""Which nodes a shape is about: the targets of SHACL, those in SPARQL, and the observations of an indicator."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode

from sckg import names
from sckg.compile.forms import Node, Target, Value, terms
from sckg.compile.graph import ShapesGraph
from sckg.compile.selects import query_of
from sckg.names import TYPE, shacl, term

TARGETS = {
    shacl("targetClass"): "class",
    shacl("targetNode"): "node",
    shacl("targetSubjectsOf"): "subjects-of",
    shacl("targetObjectsOf"): "objects-of",
}
_NO_SHAPES = terms(
    "ConstraintComponent SPARQLTargetType TargetType Parameter Function SPARQLFunction Validator PrefixDeclaration"
    " SPARQLAskValidator SPARQLSelectValidator SPARQLConstraint Rule TripleRule SPARQLRule"
)
_NO_CONSTRAINTS = terms("declare")


def has_targets(graph: ShapesGraph, node: Node) -> bool:
    """Return whether a node is a shape that says what it is about, or is a class as well."""
    if any(p.value.startswith(f"{names.SH}target") for p in graph.about(node)):
        return True
    return graph.is_class(node) and _is_shape(graph, node)


def _is_shape(graph: ShapesGraph, node: Node) -> bool:
    kinds = graph.kinds(node)
    if kinds & terms("NodeShape PropertyShape"):
        return True
    return not kinds & _NO_SHAPES and any(
        p.value.startswith(names.SH) and p not in _NO_CONSTRAINTS for p in graph.about(node)
    )


def targets_of(graph: ShapesGraph, node: Node) -> Iterator[Target]:
    """Yield the targets of a shape. Raises NotCompilable for one that cannot be found by SPARQL."""
    unknown = [
        p for p in graph.about(node)
        if p.value.startswith(f"{names.SH}target") and p not in TARGETS and p != shacl("target")
    ]  # fmt: skip
    for predicate in unknown:
        word = names.compact(predicate.value)
        raise graph.refusal(node, word, word)
    for predicate, kind in TARGETS.items():
        for of in graph.of(node, predicate):
            if isinstance(of, BlankNode) or (isinstance(of, Literal) and kind != "node"):
                word = names.compact(predicate.value)
                raise graph.refusal(node, f"{word} {of}", word)
            yield Target(kind, of)
    if has_targets(graph, node) and graph.is_class(node):
        yield Target("class", node)
    for target in graph.all(node, "target"):
        yield _described(graph, node, target)


def properties_of(target: Target) -> set[NamedNode]:
    """Return the properties that a target looks at."""
    if target.kind == "class":
        return {TYPE, NamedNode(f"{names.RDFS}subClassOf")}
    if target.kind == "observations-of":
        return {term("indicator"), term("year")}
    if target.kind == "select":
        return {NamedNode(iri) for iri in re.findall(r"<([^<>\s]*)>", target.select)}
    return {target.of} if isinstance(target.of, NamedNode) and target.kind != "node" else set()


def _described(graph: ShapesGraph, node: Node, target: Value) -> Target:
    if term("ObservationsOf") in graph.of(target, TYPE):
        return _observations(graph, node, target)
    if graph.all(target, "select"):
        return Target("select", target, select=query_of(graph, node, target, "select"))
    for kind in graph.of(target, TYPE):
        if graph.all(kind, "parameter") and graph.all(kind, "select"):
            return Target("select", target, select=query_of(graph, node, kind, "select", _given(graph, target, kind)))
    raise graph.refusal(node, "a sh:target that is neither a SELECT nor of a target type with one", "sh:target")


def _given(graph: ShapesGraph, target: Value, kind: Value) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for parameter in graph.all(kind, "parameter"):
        for path in graph.all(parameter, "path"):
            values = graph.of(target, path) if isinstance(path, NamedNode) else []
            if len(values) > 1 or (not values and not graph.says(parameter, "optional")):
                raise graph.refusal(target, f"a target without one value of {path}", "sh:target")
            found.update({re.split(r"[#/:]", path.value)[-1]: value for value in values})
    return found


def _observations(graph: ShapesGraph, node: Node, target: Value) -> Target:
    found = [graph.of(target, term(word)) for word in ("indicator", "from", "until")]
    if [len(values) for values in found] != [1, 1, 1]:
        raise graph.refusal(node, "a target without one indicator, one first year and one last year", "sh:target")
    (indicator,), (since,), (until,) = found
    if not isinstance(indicator, NamedNode) or not (since.value.isdigit() and until.value.isdigit()):
        raise graph.refusal(node, "a target whose indicator is no IRI or whose years are no years", "sh:target")
    return Target("observations-of", indicator, int(since.value), int(until.value))
