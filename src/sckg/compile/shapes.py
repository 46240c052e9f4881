"""A SHACL file read into the intermediate form: targets, constraints, conditions and what follows.

What cannot be read is refused by name, with file and line: a constraint that is quietly skipped
would make a rule that quietly grades nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path as FilePath

from pyoxigraph import BlankNode, NamedNode

from sckg import names
from sckg.compile.components import conditions_of, constraints_of
from sckg.compile.custom import Component, components_of
from sckg.compile.forms import (
    Asked,
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
from sckg.compile.targets import has_targets, properties_of, targets_of
from sckg.names import TYPE, shacl

__all__ = [
    "Asked", "Branch", "Constraint", "NotCompilable", "Shape", "ShapesGraph", "SparqlConstraint", "Target", "load",
    "shapes_of",
]  # fmt: skip


def load(files: Iterable[FilePath], shown: Sequence[str] = ()) -> list[Shape]:
    """Read the shapes and rules that have targets from files that may refer to one another.

    Raises NotCompilable for the first thing that the compiler does not take, SyntaxError for a broken file.
    """
    paths = list(files)
    labels = list(shown) or [p.as_posix() for p in paths]
    graph = ShapesGraph()
    for path, label in zip(paths, labels, strict=True):
        graph.add(path, label)
    return shapes_of(graph)


def shapes_of(graph: ShapesGraph, *, may_be_absent: bool = False) -> list[Shape]:
    """Return the shapes and rules that have targets. Raises NotCompilable for what the compiler does not take.

    ``may_be_absent`` says that the data are made to mention every node that is a target by its name.
    """
    components = components_of(graph)
    found = [
        _shape(graph, node, components, may_be_absent=may_be_absent)
        for node in sorted(graph.subjects(), key=str) if _is_root(graph, node)
    ]  # fmt: skip
    _check_order(graph, found)
    return found


def _is_root(graph: ShapesGraph, node: Node) -> bool:
    """Return whether a node is a shape with targets. Raises NotCompilable for what would find nothing to work on."""
    if graph.all(node, "entailment"):
        raise graph.refusal(node, "sh:entailment", "sh:entailment")
    if graph.is_off(node):
        return False
    aims = has_targets(graph, node)
    if graph.all(node, "rule") and not aims:
        raise graph.refusal(node, "sh:rule without a target", "sh:rule")
    return aims


def _shape(graph: ShapesGraph, node: Node, components: Sequence[Component], *, may_be_absent: bool) -> Shape:
    targets, constraints = tuple(targets_of(graph, node)), tuple(constraints_of(graph, node, components))
    branches = [_branch(graph, rule, node) for rule in graph.all(node, "rule") if not graph.is_off(rule)]
    asked = chain(constraints, *(branch.conditions for branch in branches))
    if not may_be_absent and any(t.kind == "node" for t in targets) and any(map(may_stay, asked)):
        # SPARQL finds nothing at the end of an empty path from a node that the data does not mention (18.4).
        raise graph.refusal(node, "sh:targetNode with a path that may stay where it is", "sh:targetNode")
    return Shape(node, graph.file(node), targets, constraints, tuple(branches))


def _branch(graph: ShapesGraph, rule: Value, root: Node) -> Branch:
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
    conditions = [c for shape in graph.all(rule, "condition") for c in conditions_of(graph, rule, shape)]
    return Branch(str(rule), tuple(conditions), predicate, conclusion)


def _check_order(graph: ShapesGraph, found: Sequence[Shape]) -> None:
    """Raise NotCompilable when one rule reads what another concludes: the texts may run in any order."""
    concluded = {branch.predicate for shape in found for branch in shape.branches}
    for shape in found:
        reads = {p for target in shape.targets for p in properties_of(target)}
        reads |= {p for branch in shape.branches for c in branch.conditions for p in read_by(c)}
        if shape.branches and (both := sorted(concluded & reads, key=str)):
            word = names.compact(both[0].value)
            raise graph.refusal(shape.iri, f"a rule that reads {word}, which a rule concludes", "sh:rule")
