"""What a shape asks, read into constraints: its own components, and those of the shapes that it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.compile.custom import Component, uses_of
from sckg.compile.forms import VIOLATION, Asked, Constraint, Node, Path, SparqlConstraint, Value, terms
from sckg.compile.graph import ShapesGraph
from sckg.compile.operands import read_operands
from sckg.compile.paths import read_path
from sckg.compile.selects import read_select

# What a shape may say beside its components, and what is read together with one of them.
BESIDE = terms(
    "path property sparql rule target targetClass targetNode targetSubjectsOf targetObjectsOf deactivated message"
    " severity name description order group defaultValue flags ignoredProperties qualifiedValueShapesDisjoint"
    " select prefixes optional"
)
_CONJUNCTIONS = terms("node and")
_DEEPEST, _MOST = 24, 2000


def constraints_of(graph: ShapesGraph, root: Node, components: Sequence[Component]) -> Iterator[Asked]:
    """Yield everything that a shape asks of its targets."""
    yield from _Reader(graph, components).asked(root)


def conditions_of(graph: ShapesGraph, rule: Value, condition: Value, components: Sequence[Component]) -> list[Asked]:
    """Return what a condition of a rule asks. Raises NotCompilable when that is nothing: it would always hold."""
    found = [part for asked in _Reader(graph, components).nested(rule, condition) for part in _parts(asked)]
    if not found:
        raise graph.refusal(rule, "a condition that asks for nothing", "sh:condition")
    return found


def _parts(asked: Asked) -> Iterator[Asked]:
    """Yield the parts of a conjunction about the focus node, so that a plain condition stays plain."""
    if isinstance(asked, SparqlConstraint) or asked.path or asked.via or asked.component not in _CONJUNCTIONS:
        yield asked
        return
    for shape in asked.shapes:
        for part in shape:
            yield from _parts(part)


class _Reader:
    """Reads one root shape; remembers the shapes that it is inside of, so that a recursion is refused."""

    def __init__(self, graph: ShapesGraph, components: Sequence[Component]) -> None:
        self._graph, self._components = graph, components
        self._custom = {parameter.path for component in components for parameter in component.parameters}
        self._left = _MOST
        self._inside: list[Value] = []

    def asked(self, shape: Value, via: tuple[Path, ...] = ()) -> Iterator[Asked]:
        """Yield what a shape asks of the nodes that ``via`` reaches from the focus node."""
        graph = self._graph
        if graph.is_off(shape):
            return
        with self._entered(shape):
            path = self._path(shape)
            yield from (replace(constraint, via=via) for constraint in self._core(shape, path))
            yield from (replace(constraint, via=via) for constraint in self._sparql(shape, path))
            for one in graph.all(shape, "property"):
                if graph.is_empty(one):
                    continue
                if not graph.all(one, "path"):
                    raise graph.refusal(shape, "sh:property without sh:path", "sh:property")
                yield from self.asked(one, (*via, path) if path else via)

    def nested(self, user: Value, shape: Value) -> tuple[Asked, ...]:
        """Return all that a shape asks which ``user`` refers to."""
        if not self._graph.about(shape) and not self._graph.is_empty(shape):
            raise self._graph.refusal(user, f"a reference to {shape}, which no file describes")
        return tuple(self.asked(shape))

    @contextmanager
    def _entered(self, shape: Value) -> Iterator[None]:
        if shape in self._inside:
            raise self._graph.refusal(shape, "a recursion: it refers to itself, at once or through other shapes")
        if len(self._inside) > _DEEPEST or self._left < 0:
            raise self._graph.refusal(shape, "too many shapes inside one another")
        self._inside.append(shape)
        yield
        self._inside.pop()

    def _path(self, shape: Value) -> Path | None:
        paths = self._graph.all(shape, "path")
        if len(paths) > 1:
            raise self._graph.refusal(shape, "more than one sh:path", "sh:path")
        return read_path(self._graph, shape, paths[0]) if paths else None

    def _severity(self, shape: Value) -> NamedNode:
        found = self._graph.all(shape, "severity")
        return next((s for s in found if isinstance(s, NamedNode)), VIOLATION)

    def _core(self, shape: Value, path: Path | None) -> Iterator[Constraint]:
        graph, severity = self._graph, self._severity(shape)
        messages = tuple(m for m in graph.all(shape, "message") if isinstance(m, Literal))
        for predicate in graph.about(shape):
            if predicate in BESIDE or not predicate.value.startswith(names.SH) or predicate in self._custom:
                continue
            for found in read_operands(graph, shape, predicate, has_path=path is not None):
                self._left -= 1
                shapes = tuple(self.nested(shape, one) for one in found.shapes)
                yield Constraint(predicate, found.terms, path, shape, messages, severity, shapes)

    def _sparql(self, shape: Value, path: Path | None) -> Iterator[SparqlConstraint]:
        graph, severity = self._graph, self._severity(shape)
        for node in graph.all(shape, "sparql"):
            if not graph.is_off(node) or node == shape:
                yield read_select(graph, shape, node, graph.all(shape, "message"), severity, path)
        for component in self._components:
            yield from uses_of(graph, component, shape, path, severity)
