"""A SHACL file read into the intermediate form: targets, constraints, conditions and what follows.

What cannot be read is refused by name, with file and line: a constraint that is quietly skipped
would make a rule that quietly grades nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode

from sckg import names
from sckg.names import TYPE, shacl, term

Node = NamedNode | BlankNode
Value = NamedNode | BlankNode | Literal

TARGETS = {
    shacl("targetClass"): "class",
    shacl("targetNode"): "node",
    shacl("targetSubjectsOf"): "subjects-of",
    shacl("targetObjectsOf"): "objects-of",
}
VALUE_TESTS = frozenset(
    shacl(local)
    for local in (
        "minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "datatype", "class", "nodeKind",
        "minLength", "maxLength", "pattern",
    )
)  # fmt: skip
COMPONENTS = VALUE_TESTS | {shacl(local) for local in ("minCount", "maxCount", "in", "hasValue")}
IGNORED = {
    shacl(local)
    for local in (
        "path", "message", "severity", "name", "description", "order", "group", "flags", "property", "node",
        "target", "rule", "sparql", "deactivated", *(t.value.rpartition("#")[2] for t in TARGETS),
    )
}  # fmt: skip


class NotCompilable(Exception):  # noqa: N818 - it says what the file is
    """A shape uses what the compiler does not know; names file, line, shape and feature."""

    def __init__(self, file: str, line: int, shape: str, feature: str) -> None:
        self.file, self.line, self.shape, self.feature = file, line, shape, feature
        super().__init__(f"{file}:{line}: {shape} uses {feature}, which the compiler does not know")


@dataclass(frozen=True)
class Target:
    """Which nodes a shape is about: a kind and its one term, or the indicator and years of a grading rule."""

    kind: str
    of: Value
    since: int = 0
    until: int = 9999


@dataclass(frozen=True)
class Constraint:
    """One component on the values of one path (of the focus node itself when there is no path)."""

    component: NamedNode
    operands: tuple[Value, ...]
    path: NamedNode | None
    shape: str
    flags: str = ""
    messages: tuple[Literal, ...] = ()
    severity: NamedNode = shacl("Violation")


@dataclass(frozen=True)
class SparqlConstraint:
    """A SHACL-SPARQL constraint: its SELECT with prefixes written out, and its messages."""

    select: str
    shape: str
    messages: tuple[Literal, ...] = ()
    severity: NamedNode = shacl("Violation")


@dataclass(frozen=True)
class Branch:
    """One triple rule: when all conditions hold of the focus node, this triple follows."""

    iri: str
    conditions: tuple[Constraint, ...]
    predicate: NamedNode
    object: Value


@dataclass(frozen=True)
class Shape:
    """A shape or rule with its targets, what must hold, and what follows."""

    iri: NamedNode
    file: str
    targets: tuple[Target, ...]
    constraints: tuple[Constraint | SparqlConstraint, ...]
    branches: tuple[Branch, ...]


def load(files: Iterable[Path], shown: Sequence[str] = ()) -> list[Shape]:
    """Read the shapes and rules that have targets from files that may refer to one another.

    Raises NotCompilable for the first thing that the compiler does not know.
    """
    paths = list(files)
    labels = list(shown) or [p.as_posix() for p in paths]
    reader = _Reader()
    for path, label in zip(paths, labels, strict=True):
        reader.add(path, label)
    return [reader.shape(node) for node in reader.roots()]


class _Reader:
    """All triples of the files, and the file that each subject stands in."""

    def __init__(self) -> None:
        self._triples: dict[Node, dict[NamedNode, list[Value]]] = {}
        self._home: dict[Node, tuple[str, str]] = {}

    def add(self, path: Path, label: str) -> None:
        text = path.read_text(encoding="utf-8")
        for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
            subject = quad.subject
            assert not isinstance(subject, ox.Triple)
            self._home.setdefault(subject, (label, text))
            self._triples.setdefault(subject, {}).setdefault(quad.predicate, []).append(quad.object)  # type: ignore[arg-type]

    def roots(self) -> list[NamedNode]:
        target_terms = {*TARGETS, shacl("target")}
        found = [
            s for s, po in self._triples.items()
            if isinstance(s, NamedNode) and target_terms & po.keys() and not self._is_off(s)
        ]  # fmt: skip
        return sorted(found, key=str)

    def shape(self, node: NamedNode) -> Shape:
        return Shape(
            node,
            self._home[node][0],
            tuple(self._targets(node)),
            tuple(self._constraints(node, node)),
            tuple(self._branch(node, rule) for rule in self._all(node, "rule") if not self._is_off(rule)),
        )

    def _targets(self, node: NamedNode) -> Iterator[Target]:
        for predicate, kind in TARGETS.items():
            for of in self._triples[node].get(predicate, []):
                yield Target(kind, of)
        for target in self._all(node, "target"):
            if term("ObservationsOf") not in self._of(target, TYPE):
                raise self._refusal(node, "a target that is not sckg:ObservationsOf", "sh:target")
            (indicator,) = self._of(target, term("indicator"))
            since, until = (int(self._of(target, term(w))[0].value) for w in ("from", "until"))
            yield Target("observations-of", indicator, since, until)

    def _constraints(self, root: NamedNode, node: Value) -> Iterator[Constraint | SparqlConstraint]:
        yield from self._components(root, node, None)
        for sub in self._all(node, "property"):
            yield from self._components(root, sub, self._path(root, sub))
        for sub in self._all(node, "node"):
            yield from self._constraints(root, sub)

    def _components(
        self, root: NamedNode, node: Value, path: NamedNode | None
    ) -> Iterator[Constraint | SparqlConstraint]:
        messages = tuple(m for m in self._all(node, "message") if isinstance(m, Literal))
        severity = next((s for s in self._all(node, "severity") if isinstance(s, NamedNode)), shacl("Violation"))
        for predicate, values in self._triples.get(node, {}).items():  # type: ignore[arg-type]
            if predicate in COMPONENTS:
                for value in values:
                    if predicate == shacl("minCount") and value.value == "0":
                        continue  # asks for nothing
                    operands = tuple(self._list(value)) if predicate == shacl("in") else (value,)
                    flags = "".join(f.value for f in self._all(node, "flags"))
                    yield Constraint(predicate, operands, path, root.value, flags, messages, severity)
            elif predicate.value.startswith(names.SH) and predicate not in IGNORED:
                word = f"sh:{predicate.value.rpartition('#')[2]}"
                raise self._refusal(root, word, word)
        for rule in self._all(node, "sparql"):
            yield self._sparql(root, rule, path, severity)

    def _sparql(self, root: NamedNode, node: Value, path: NamedNode | None, severity: NamedNode) -> SparqlConstraint:
        select = self._all(node, "select")
        if not select:
            raise self._refusal(root, "sh:ask in sh:sparql", "sh:ask")
        if found := re.search(r"\b(MINUS|VALUES|SERVICE)\b|\$PATH|\$shapesGraph", select[0].value):
            raise self._refusal(root, f"{found.group()} in sh:sparql", found.group())
        messages = tuple(m for m in self._all(node, "message") if isinstance(m, Literal))
        return SparqlConstraint(self._prefixed(select[0].value), root.value, messages, severity)

    def _prefixed(self, text: str) -> str:
        used = {p: iri for p, iri in names.PREFIXES.items() if re.search(rf"(?<![\w:]){p}:", text)}
        return "".join(f"PREFIX {p}: <{iri}>\n" for p, iri in used.items()) + text

    def _branch(self, root: NamedNode, rule: Value) -> Branch:
        if shacl("TripleRule") not in self._of(rule, TYPE):
            raise self._refusal(root, "a rule that is not a sh:TripleRule", "sh:rule")
        if self._all(rule, "subject") != [shacl("this")]:
            raise self._refusal(root, "a subject other than sh:this", "sh:subject")
        (predicate,), (conclusion,) = self._all(rule, "predicate"), self._all(rule, "object")
        if not isinstance(predicate, NamedNode) or isinstance(conclusion, BlankNode):
            raise self._refusal(root, "a computed predicate or object", "sh:object")
        conditions: list[Constraint] = []
        for shape in self._all(rule, "condition"):
            for constraint in self._constraints(root, shape):
                if isinstance(constraint, SparqlConstraint):
                    raise self._refusal(root, "sh:sparql in a condition", "sh:sparql")
                conditions.append(constraint)
        return Branch(str(rule), tuple(conditions), predicate, conclusion)

    def _path(self, root: NamedNode, node: Value) -> NamedNode:
        path = self._all(node, "path")
        if len(path) != 1 or not isinstance(path[0], NamedNode):
            raise self._refusal(root, "a path that is not one property", "sh:path")
        return path[0]

    def _list(self, head: Value) -> Iterator[Value]:
        while head != NamedNode(f"{names.RDF}nil"):
            yield self._of(head, NamedNode(f"{names.RDF}first"))[0]
            head = self._of(head, NamedNode(f"{names.RDF}rest"))[0]

    def _of(self, node: Value, predicate: NamedNode) -> list[Value]:
        return self._triples.get(node, {}).get(predicate, [])  # type: ignore[arg-type]

    def _all(self, node: Value, local: str) -> list[Value]:
        return sorted(self._of(node, shacl(local)), key=str)

    def _is_off(self, node: Value) -> bool:
        return any(v.value == "true" for v in self._all(node, "deactivated") if isinstance(v, Literal))

    def _refusal(self, root: NamedNode, feature: str, word: str) -> NotCompilable:
        label, text = self._home[root]
        lines = text.splitlines()
        start = next((n for n, line in enumerate(lines) if line.startswith(names.compact(root.value))), 0)
        line = next((n for n, line in enumerate(lines[start:], start) if word in line), start)
        return NotCompilable(label, line + 1, names.compact(root.value), feature)
