"""What a shape asks, read into constraints: its own components, and those of the shapes that it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.compile.forms import VIOLATION, Constraint, Node, Path, SparqlConstraint, Value, terms
from sckg.compile.graph import ShapesGraph
from sckg.compile.operands import read_operands
from sckg.compile.paths import joined, read_path
from sckg.compile.selects import read_select
from sckg.names import shacl

# What a shape may say beside its components, and what is read together with one of them.
_BESIDE = terms(
    "path property sparql rule target targetClass targetNode targetSubjectsOf targetObjectsOf deactivated message"
    " severity name description order group defaultValue flags ignoredProperties qualifiedValueShapesDisjoint"
)
_DEEPEST, _MOST = 24, 2000


def constraints_of(graph: ShapesGraph, root: Node) -> Iterator[Constraint | SparqlConstraint]:
    """Yield everything that a shape asks of its targets."""
    yield from _Reader(graph, root).asked(root)


def conditions_of(graph: ShapesGraph, root: Node, rule: Value, condition: Value) -> list[Constraint]:
    """Return what a condition of a rule asks. Raises NotCompilable when that is nothing: it would always hold."""
    found = [part for asked in _Reader(graph, root).nested(rule, condition) for part in _parts(asked)]
    if not found:
        raise graph.refusal(rule, "a condition that asks for nothing", "sh:condition")
    return found


def _parts(constraint: Constraint) -> Iterator[Constraint]:
    """Yield the parts of a conjunction about the focus node, so that a plain condition stays plain."""
    if constraint.path or constraint.via or constraint.component not in {shacl("node"), shacl("and")}:
        yield constraint
        return
    for shape in constraint.shapes:
        for part in shape:
            yield from _parts(part)


class _Reader:
    """Reads one root shape; remembers the shapes that it is inside of, so that a recursion is refused."""

    def __init__(self, graph: ShapesGraph, root: Node) -> None:
        self._graph, self._root, self._custom = graph, root, graph.custom_parameters()
        self._inside: list[Value] = []
        self._references, self._left = 0, _MOST

    def asked(self, shape: Value, via: Path | None = None) -> Iterator[Constraint | SparqlConstraint]:
        """Yield what a shape asks of the nodes that ``via`` reaches from the focus node."""
        graph = self._graph
        if graph.is_off(shape):
            return
        with self._entered(shape):
            path = self._path(shape)
            for constraint in self._components(shape, path):
                yield replace(constraint, via=via)
            for select in graph.all(shape, "sparql"):
                if via or self._references:
                    raise graph.refusal(shape, "sh:sparql inside a condition or another shape", "sh:sparql")
                if not graph.is_off(select):
                    yield read_select(graph, shape, select, graph.all(shape, "message"), self._severity(shape))
            for one in graph.all(shape, "property"):
                if not graph.all(one, "path"):
                    raise graph.refusal(shape, "sh:property without sh:path", "sh:property")
                yield from self.asked(one, joined(via, path))

    def nested(self, user: Value, shape: Value) -> tuple[Constraint, ...]:
        """Return all that a shape asks which ``user`` refers to."""
        if not self._graph.about(shape):
            raise self._graph.refusal(user, f"a reference to {shape}, which no file describes")
        self._references += 1
        found = tuple(c for c in self.asked(shape) if isinstance(c, Constraint))
        self._references -= 1
        return found

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

    def _components(self, shape: Value, path: Path | None) -> Iterator[Constraint]:
        graph, severity = self._graph, self._severity(shape)
        messages = tuple(m for m in graph.all(shape, "message") if isinstance(m, Literal))
        for predicate in graph.about(shape):
            if predicate in _BESIDE or not (predicate.value.startswith(names.SH) or predicate in self._custom):
                continue
            for found in read_operands(graph, shape, predicate, has_path=path is not None):
                self._left -= 1
                shapes = tuple(self.nested(shape, one) for one in found.shapes)
                yield Constraint(predicate, found.terms, path, self._root.value, messages, severity, shapes)
