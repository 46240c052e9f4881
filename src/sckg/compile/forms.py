"""The intermediate form: which nodes a shape is about, what must hold of them, and what follows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from pyoxigraph import BlankNode, Literal, NamedNode

from sckg.names import RDFS, TYPE, shacl

Node = NamedNode | BlankNode
Value = NamedNode | BlankNode | Literal
THIS = shacl("this")
VIOLATION, SPARQL = shacl("Violation"), shacl("SPARQLConstraintComponent")


def terms(words: str) -> frozenset[NamedNode]:
    """Return the terms of SHACL with these local names."""
    return frozenset(map(shacl, words.split()))


class NotCompilable(Exception):  # noqa: N818 - it says what the file is
    """A shape has what the compiler does not take; names file, line, shape and feature."""

    def __init__(self, file: str, line: int, shape: str, feature: str) -> None:
        self.file, self.line, self.shape, self.feature = file, line, shape, feature
        super().__init__(f"{file}:{line}: {shape} has {feature}, which the compiler does not take")


@dataclass(frozen=True)
class Compound:
    """A property path that is more than one property: an operator of SPARQL and what it joins or repeats."""

    operator: str
    parts: tuple[Path, ...]

    def __str__(self) -> str:
        if self.operator in "/|":
            return f"({self.operator.join(str(part) for part in self.parts)})"
        (part,) = self.parts
        return f"(^{part})" if self.operator == "^" else f"({part}{self.operator})"


Path = NamedNode | Compound


@dataclass(frozen=True)
class Target:
    """Which nodes a shape is about: a kind and its one term, or the indicator and years of a grading rule.

    A target of SPARQL has a SELECT of ``?this``; its term is the node that describes it.
    """

    kind: str
    of: Value
    since: int = 0
    until: int = 9999
    select: str = ""


@dataclass(frozen=True)
class Constraint:
    """One component of a shape, on the values of a path from the focus node; without a path, on that node itself.

    The focus node is the target, or what the paths of ``via`` reach from it, one after the other. ``shapes``
    are those that the component refers to, each as all that it asks. The component is named by its parameter,
    such as ``sh:minCount``. ``exact`` says that the data keep the spelling of literals apart (``spelling.py``).
    """

    component: NamedNode
    operands: tuple[Value, ...]
    path: Path | None
    shape: Value
    messages: tuple[Literal, ...] = ()
    severity: NamedNode = VIOLATION
    shapes: tuple[tuple[Asked, ...], ...] = ()
    via: tuple[Path, ...] = ()
    exact: bool = False


@dataclass(frozen=True)
class SparqlConstraint:
    """A constraint in SPARQL, its prefixes, its path and its parameters written out.

    A SELECT finds what is wrong with ``?this``; an ASK says whether ``?value``, a value of the path, is right.
    ``source`` is the node of ``sh:sparql``; a component of the shapes' own has none.
    """

    select: str
    shape: Value
    messages: tuple[Literal, ...] = ()
    severity: NamedNode = VIOLATION
    component: NamedNode = SPARQL
    source: Value | None = None
    path: Path | None = None
    via: tuple[Path, ...] = ()
    parameters: tuple[tuple[str, Value], ...] = ()
    is_ask: bool = False


Asked = Constraint | SparqlConstraint


Step = Value | Compound


@dataclass(frozen=True)
class Branch:
    """One rule: when all conditions hold of the focus node, a triple follows, or what a CONSTRUCT makes of it.

    A part of the triple is a term, the focus node for ``sh:this``, or what a path reaches from it.
    """

    iri: str
    conditions: tuple[Asked, ...]
    subject: Step = THIS
    predicate: Step = THIS
    object: Step = THIS
    order: Decimal = Decimal(0)
    construct: str = ""


@dataclass(frozen=True)
class Shape:
    """A shape or rule with its targets, what must hold, and what follows."""

    iri: Node
    file: str
    targets: tuple[Target, ...]
    constraints: tuple[Asked, ...]
    branches: tuple[Branch, ...]


def read_by(constraint: Asked) -> set[NamedNode]:
    """Return the properties that a constraint looks at, through the shapes that it refers to."""
    found = {p for path in (constraint.path, *constraint.via) if path for p in properties_in(path)}
    if isinstance(constraint, SparqlConstraint):
        return found | {NamedNode(iri) for iri in re.findall(r"<([^<>\s]*)>", constraint.select)}
    if constraint.component == shacl("class"):
        found |= {TYPE, NamedNode(f"{RDFS}subClassOf")}
    elif constraint.component in terms("equals disjoint lessThan lessThanOrEquals"):
        found |= {p for p in constraint.operands if isinstance(p, NamedNode)}
    return found.union(*(read_by(one) for shape in constraint.shapes for one in shape))


def may_stay(constraint: Asked) -> bool:
    """Return whether a path of the constraint, or of the shapes that it refers to, can end where it begins."""
    paths = (constraint.path, *constraint.via)
    nested = () if isinstance(constraint, SparqlConstraint) else chain(*constraint.shapes)
    return any(_is_optional(path) for path in paths if path) or any(map(may_stay, nested))


def has_query(constraint: Asked) -> bool:
    """Return whether the constraint, or a shape that it refers to, is written in SPARQL."""
    return isinstance(constraint, SparqlConstraint) or any(map(has_query, chain(*constraint.shapes)))


def spelled(constraint: Constraint) -> Constraint:
    """Return the constraint for data that keep the spelling of literals apart."""
    shapes = tuple(tuple(spelled(c) for c in shape if isinstance(c, Constraint)) for shape in constraint.shapes)
    return replace(constraint, shapes=shapes, exact=True)


def properties_in(path: Path) -> set[NamedNode]:
    """Return the properties that a path walks along."""
    return {path} if isinstance(path, NamedNode) else set().union(*(properties_in(part) for part in path.parts))


def _is_optional(path: Path) -> bool:
    if isinstance(path, NamedNode):
        return False
    parts = [_is_optional(part) for part in path.parts]
    return path.operator in "*?" or (all(parts) if path.operator == "/" else any(parts))
