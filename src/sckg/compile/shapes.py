"""A SHACL file read into the intermediate form: targets, constraints, conditions and what follows.

What cannot be read is refused by name, with file and line: a constraint that is quietly skipped
would make a rule that quietly grades nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path as FilePath

from sckg.compile.components import constraints_of
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
    may_stay,
)  # fmt: skip
from sckg.compile.graph import ShapesGraph
from sckg.compile.rules import check_order, rules_of
from sckg.compile.targets import has_targets, targets_of

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
    return list(_loaded(tuple((path.read_bytes(), label) for path, label in zip(paths, labels, strict=True))))


@lru_cache(maxsize=16)  # a process that builds or checks many times reads the same rules each time
def _loaded(files: tuple[tuple[bytes, str], ...]) -> tuple[Shape, ...]:
    graph = ShapesGraph()
    for content, label in files:
        graph.add(content, label)
    return tuple(shapes_of(graph))


def shapes_of(
    graph: ShapesGraph, *, may_be_absent: bool = False, with_rules: bool = True, staged: bool = False
) -> list[Shape]:
    """Return the shapes and rules that have targets. Raises NotCompilable for what the compiler does not take.

    ``may_be_absent`` says that the data are made to mention every node that is a target by its name. Without rules
    only what validation asks for is read. ``staged`` says that the rules will run in their order, stage by stage;
    else one text must not read what another concludes.
    """
    components = components_of(graph)
    found = [
        _shape(graph, node, components, may_be_absent=may_be_absent, with_rules=with_rules)
        for node in sorted(graph.subjects(), key=str) if _is_root(graph, node, with_rules=with_rules)
    ]  # fmt: skip
    check_order(graph, found, staged=staged)
    return found


def _is_root(graph: ShapesGraph, node: Node, *, with_rules: bool) -> bool:
    """Return whether a node is a shape with targets. Raises NotCompilable for what would find nothing to work on."""
    if graph.all(node, "entailment"):
        raise graph.refusal(node, "sh:entailment", "sh:entailment")
    if graph.is_off(node):
        return False
    aims = has_targets(graph, node)
    if with_rules and graph.all(node, "rule") and not aims:
        raise graph.refusal(node, "sh:rule without a target", "sh:rule")
    return aims


def _shape(
    graph: ShapesGraph, node: Node, components: Sequence[Component], *, may_be_absent: bool, with_rules: bool
) -> Shape:
    targets, constraints = tuple(targets_of(graph, node)), tuple(constraints_of(graph, node, components))
    branches = tuple(rules_of(graph, node, components)) if with_rules else ()
    asked = chain(constraints, *(branch.conditions for branch in branches))
    if not may_be_absent and any(t.kind == "node" for t in targets) and any(map(may_stay, asked)):
        # SPARQL finds nothing at the end of an empty path from a node that the data does not mention (18.4).
        raise graph.refusal(node, "sh:targetNode with a path that may stay where it is", "sh:targetNode")
    return Shape(node, graph.file(node), targets, constraints, branches)
