"""Rules: what follows for each target, as one triple or as a CONSTRUCT, under conditions and in an order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode

from sckg import names
from sckg.compile.components import conditions_of
from sckg.compile.custom import Component
from sckg.compile.forms import Branch, Compound, Node, Shape, Step, Value, properties_in, read_by
from sckg.compile.graph import ShapesGraph
from sckg.compile.paths import read_path
from sckg.compile.selects import query_of
from sckg.compile.targets import properties_of
from sckg.compile.tokens import outer_group, replaced, tokens_of, where_of
from sckg.names import TYPE, shacl

ANYTHING = NamedNode("urn:sckg:any-property")
_PARTS = ("subject", "predicate", "object")


def rules_of(graph: ShapesGraph, root: Node, components: Sequence[Component]) -> Iterator[Branch]:
    """Yield the rules of a shape, in their order. Raises NotCompilable for one that is of no kind that is known."""
    found = [_rule(graph, one, root, components) for one in graph.all(root, "rule") if not graph.is_off(one)]
    yield from sorted(found, key=lambda branch: branch.order)


def _rule(graph: ShapesGraph, rule: Value, root: Node, components: Sequence[Component]) -> Branch:
    kinds = graph.kinds(rule)
    conditions = tuple(c for one in graph.all(rule, "condition") for c in conditions_of(graph, rule, one, components))
    order = _order(graph, rule)
    if shacl("SPARQLRule") in kinds:
        text = query_of(graph, rule, rule, "construct")
        if not where_of(tokens_of(text)):
            raise graph.refusal(rule, "a sh:construct without triples of its own", "sh:construct")
        return Branch(str(rule), conditions, order=order, construct=text)
    if shacl("TripleRule") not in kinds:
        told = " ".join(names.compact(t.value) for t in graph.of(rule, TYPE)) or "nothing"
        where, word = (rule, told) if graph.about(rule) else (root, "sh:rule")
        raise graph.refusal(where, f"a rule that is no sh:TripleRule and no sh:SPARQLRule but {told}", word)
    said = [graph.all(rule, part) for part in _PARTS]
    if [len(values) for values in said] != [1, 1, 1]:
        raise graph.refusal(rule, "a rule without one subject, one predicate and one object", "sh:TripleRule")
    subject, predicate, conclusion = (_step(graph, rule, *pair) for pair in zip(_PARTS, said, strict=True))
    if isinstance(predicate, Literal) or isinstance(subject, Literal):
        raise graph.refusal(rule, "a literal that is no object", "sh:TripleRule")
    return Branch(str(rule), conditions, subject, predicate, conclusion, order)


def _step(graph: ShapesGraph, rule: Value, part: str, said: Sequence[Value]) -> Step:
    """Return a term, or the path that leads to it from the focus node."""
    (value,) = said
    if not isinstance(value, BlankNode):
        return value
    paths = graph.all(value, "path")
    if len(paths) != 1 or len(graph.about(value)) != 1:
        raise graph.refusal(rule, f"a computed {part}", f"sh:{part}")
    path = read_path(graph, rule, paths[0])
    return path if isinstance(path, Compound) else Compound("/", (path,))


def _order(graph: ShapesGraph, rule: Value) -> Decimal:
    found = graph.all(rule, "order")
    try:
        return Decimal(found[0].value) if found else Decimal(0)
    except InvalidOperation:
        raise graph.refusal(rule, f"sh:order {found[0]}", "sh:order") from None


def check_order(graph: ShapesGraph, found: Sequence[Shape], *, staged: bool) -> None:
    """Raise NotCompilable when a rule reads what another concludes, unless that one runs in a stage before it."""
    every = [(shape, branch) for shape in found for branch in shape.branches]
    conclusions = [(other, _concludes(other)) for _, other in every]
    for shape, branch in every:
        reads = _reads(shape, branch)
        for other, concluded in conclusions:
            both = sorted(reads & concluded, key=str) or ([ANYTHING] if ANYTHING in concluded else [])
            if both and not (staged and other.order < branch.order):
                word = names.compact(both[0].value)
                said = "what may be any property" if both[0] == ANYTHING else word
                raise graph.refusal(shape.iri, f"a rule that reads {said}, which a rule concludes", "sh:rule")


def _reads(shape: Shape, branch: Branch) -> set[NamedNode]:
    """Return the properties that a rule looks at."""
    found = {p for target in shape.targets for p in properties_of(target)}
    found |= {p for condition in branch.conditions for p in read_by(condition)}
    found |= {p for part in (branch.subject, branch.predicate, branch.object) for p in _walked(part)}
    if branch.construct:
        tokens = tokens_of(branch.construct)
        pattern = tokens[outer_group(tokens, where_of(tokens))[0] :]
        found |= {
            NamedNode(token[1:-1]) for token in pattern if token[0] == "<" and token[-1] == ">" and len(token) > 1
        }
    return found


def _walked(part: Step) -> set[NamedNode]:
    return properties_in(part) if isinstance(part, Compound) else set()


def _concludes(branch: Branch) -> set[NamedNode]:
    """Return the properties of the triples that a rule makes; one that says it may be any."""
    if not branch.construct:
        return {branch.predicate} if isinstance(branch.predicate, NamedNode) else {ANYTHING}
    tokens = tokens_of(branch.construct)
    start, end = outer_group(tokens)
    template = replaced(tokens[start + 1 : end], lambda _: str(ANYTHING))
    text = f"{''.join(template).strip().rstrip('.')} ."
    try:
        return {quad.predicate for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)}
    except SyntaxError:
        return {ANYTHING}
