"""A SHACL file read into the intermediate form: targets, constraints, conditions and what follows.

What cannot be read is refused by name, with file and line: a constraint that is quietly skipped
would make a rule that quietly grades nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path as FilePath

from pyoxigraph import BlankNode, Literal, NamedNode

from sckg import names
from sckg.compile.components import conditions_of, constraints_of
from sckg.compile.forms import (
    Branch,
    Constraint,
    Node,
    NotCompilable,
    Shape,
    SparqlConstraint,
    Target,
    Value,
    may_stay,
    read_by,
)  # fmt: skip
from sckg.compile.graph import ShapesGraph
from sckg.names import TYPE, shacl, term

__all__ = ["Branch", "Constraint", "NotCompilable", "Shape", "SparqlConstraint", "Target", "load"]

TARGETS = {
    shacl("targetClass"): "class",
    shacl("targetNode"): "node",
    shacl("targetSubjectsOf"): "subjects-of",
    shacl("targetObjectsOf"): "objects-of",
}


def load(files: Iterable[FilePath], shown: Sequence[str] = ()) -> list[Shape]:
    """Read the shapes and rules that have targets from files that may refer to one another.

    Raises NotCompilable for the first thing that the compiler does not take.
    """
    paths = list(files)
    labels = list(shown) or [p.as_posix() for p in paths]
    graph = ShapesGraph()
    for path, label in zip(paths, labels, strict=True):
        graph.add(path, label)
    found = [_shape(graph, node) for node in sorted(graph.subjects(), key=str) if _is_root(graph, node)]
    _check_order(graph, found)
    return found


def _is_root(graph: ShapesGraph, node: Node) -> bool:
    """Return whether a node is a shape with targets. Raises NotCompilable for what would find nothing to work on."""
    if graph.all(node, "entailment"):
        raise graph.refusal(node, "sh:entailment", "sh:entailment")
    if graph.is_off(node):
        return False
    aims = any(p.value.startswith(f"{names.SH}target") for p in graph.about(node)) or graph.is_class(node)
    if graph.all(node, "rule") and not aims:
        raise graph.refusal(node, "sh:rule without a target", "sh:rule")
    return aims


def _shape(graph: ShapesGraph, node: Node) -> Shape:
    targets, constraints = tuple(_targets(graph, node)), tuple(constraints_of(graph, node))
    branches = [_branch(graph, node, rule) for rule in graph.all(node, "rule") if not graph.is_off(rule)]
    asked = chain(constraints, *(branch.conditions for branch in branches))
    if any(t.kind == "node" for t in targets) and any(may_stay(c) for c in asked if isinstance(c, Constraint)):
        # SPARQL finds nothing at the end of an empty path from a node that the data does not mention (18.4).
        raise graph.refusal(node, "sh:targetNode with a path that may stay where it is", "sh:targetNode")
    return Shape(node, graph.file(node), targets, constraints, tuple(branches))


def _targets(graph: ShapesGraph, node: Node) -> Iterator[Target]:
    for predicate, kind in TARGETS.items():
        for of in graph.of(node, predicate):
            if isinstance(of, BlankNode) or (isinstance(of, Literal) and kind != "node"):
                word = names.compact(predicate.value)
                raise graph.refusal(node, f"{word} {of}", word)
            yield Target(kind, of)
    if graph.is_class(node):
        yield Target("class", node)
    for target in graph.all(node, "target"):
        yield _observations(graph, node, target)


def _observations(graph: ShapesGraph, node: Node, target: Value) -> Target:
    if term("ObservationsOf") not in graph.of(target, TYPE):
        raise graph.refusal(node, "a sh:target that is not sckg:ObservationsOf", "sh:target")
    found = [graph.of(target, term(word)) for word in ("indicator", "from", "until")]
    if [len(values) for values in found] != [1, 1, 1]:
        raise graph.refusal(node, "a target without one indicator, one first year and one last year", "sh:target")
    (indicator,), (since,), (until,) = found
    if not isinstance(indicator, NamedNode) or not (since.value.isdigit() and until.value.isdigit()):
        raise graph.refusal(node, "a target whose indicator is no IRI or whose years are no years", "sh:target")
    return Target("observations-of", indicator, int(since.value), int(until.value))


def _branch(graph: ShapesGraph, root: Node, rule: Value) -> Branch:
    if shacl("TripleRule") not in graph.of(rule, TYPE):
        kinds = " ".join(names.compact(t.value) for t in graph.of(rule, TYPE)) or "nothing"
        where, word = (rule, kinds) if graph.about(rule) else (root, "sh:rule")
        raise graph.refusal(where, f"a rule that is no sh:TripleRule but {kinds}", word)
    if graph.all(rule, "order"):
        raise graph.refusal(rule, "sh:order on a rule", "sh:order")
    said = [graph.all(rule, part) for part in ("subject", "predicate", "object")]
    if [len(values) for values in said] != [1, 1, 1]:
        raise graph.refusal(rule, "a rule without one subject, one predicate and one object", "sh:TripleRule")
    (subject,), (predicate,), (conclusion,) = said
    if subject != shacl("this"):
        raise graph.refusal(rule, "a subject other than sh:this", "sh:subject")
    if not isinstance(predicate, NamedNode) or predicate == shacl("this") or isinstance(conclusion, BlankNode):
        raise graph.refusal(rule, "a computed predicate or object", "sh:object")
    if not graph.all(rule, "condition"):
        raise graph.refusal(rule, "a rule without sh:condition", "sh:TripleRule")
    conditions = [c for shape in graph.all(rule, "condition") for c in conditions_of(graph, root, rule, shape)]
    return Branch(str(rule), tuple(conditions), predicate, conclusion)


def _check_order(graph: ShapesGraph, found: Sequence[Shape]) -> None:
    """Raise NotCompilable when one rule reads what another concludes: the texts may run in any order."""
    concluded = {branch.predicate for shape in found for branch in shape.branches}
    for shape in found:
        reads = {p for target in shape.targets for p in _read_by(target)}
        reads |= {p for branch in shape.branches for c in branch.conditions for p in read_by(c)}
        if shape.branches and (both := sorted(concluded & reads, key=str)):
            word = names.compact(both[0].value)
            raise graph.refusal(shape.iri, f"a rule that reads {word}, which a rule concludes", "sh:rule")


def _read_by(target: Target) -> set[NamedNode]:
    if target.kind == "class":
        return {TYPE, NamedNode(f"{names.RDFS}subClassOf")}
    if target.kind == "observations-of":
        return {term("indicator"), term("year")}
    return {target.of} if isinstance(target.of, NamedNode) and target.kind != "node" else set()
