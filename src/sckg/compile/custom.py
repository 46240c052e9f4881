"""Constraint components that shapes files define themselves, with validators in SPARQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

from sckg.compile.forms import Node, Path, SparqlConstraint, Value
from sckg.compile.graph import ShapesGraph
from sckg.compile.selects import query_of
from sckg.names import shacl

VALIDATORS = ("validator", "nodeValidator", "propertyValidator")


@dataclass(frozen=True)
class Parameter:
    """One parameter: the property that gives it, and whether a shape may leave it out."""

    path: NamedNode
    is_optional: bool

    @property
    def name(self) -> str:
        """Return the name of its variable: the local name of the property."""
        return re.split(r"[#/:]", self.path.value)[-1]


@dataclass(frozen=True)
class Component:
    """A constraint component with its parameters."""

    node: NamedNode
    parameters: tuple[Parameter, ...]


def components_of(graph: ShapesGraph) -> list[Component]:
    """Return the components that the files define. Raises NotCompilable for one that is none."""
    return [_component(graph, node) for node in graph.subjects() if _is_component(graph, node)]


def _is_component(graph: ShapesGraph, node: Node) -> bool:
    return shacl("ConstraintComponent") in graph.kinds(node) or any(graph.all(node, word) for word in VALIDATORS)


def _component(graph: ShapesGraph, node: Node) -> Component:
    parameters = []
    for one in graph.all(node, "parameter"):
        paths = graph.all(one, "path")
        if len(paths) != 1 or not isinstance(paths[0], NamedNode):
            raise graph.refusal(node, "a parameter without one property", "sh:parameter")
        parameters.append(Parameter(paths[0], graph.says(one, "optional")))
    if isinstance(node, BlankNode) or not any(not p.is_optional for p in parameters):
        raise graph.refusal(node, "no name or no parameter that must be given", "sh:parameter")
    return Component(node, tuple(parameters))


def uses_of(
    graph: ShapesGraph, component: Component, shape: Value, path: Path | None, severity: NamedNode
) -> Iterator[SparqlConstraint]:
    """Yield the constraints that a shape makes of a component. Raises NotCompilable when no validator fits."""
    for given in _given(graph, component, shape):
        node, kind = _validator(graph, component, shape, has_path=path is not None)
        text = query_of(graph, shape, node, kind, given, path=path)
        messages = graph.all(shape, "message") or graph.all(node, "message")
        yield SparqlConstraint(
            text, shape, tuple(m for m in messages if isinstance(m, Literal)), severity, component.node,
            path=path, parameters=tuple(given.items()), is_ask=kind == "ask",
        )  # fmt: skip


def _given(graph: ShapesGraph, component: Component, shape: Value) -> Iterator[dict[str, Value]]:
    values = {p: graph.of(shape, p.path) for p in component.parameters}
    if any(not found and not p.is_optional for p, found in values.items()):
        return
    if len(values) == 1:
        ((parameter, found),) = values.items()
        yield from ({parameter.name: value} for value in found)
        return
    if any(len(found) > 1 for found in values.values()):
        raise graph.refusal(shape, f"more than one value for a parameter of {component.node}")
    yield {p.name: found[0] for p, found in values.items() if found}


def _validator(graph: ShapesGraph, component: Component, shape: Value, *, has_path: bool) -> tuple[Value, str]:
    """Return the validator for this kind of shape, a SELECT of its own kind before an ASK for both."""
    special = graph.all(component.node, "propertyValidator" if has_path else "nodeValidator")
    general = graph.all(component.node, "validator")
    found, kind = (special, "select") if special else (general, "ask")
    usable = [node for node in found if graph.all(node, kind)]
    if not usable:
        what = "a validator that is no " + kind.upper() if found else "no validator for this kind of shape"
        raise graph.refusal(shape, f"a component {component.node} with {what}")
    return usable[0], kind
