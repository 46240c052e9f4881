"""The intermediate form written out as SPARQL 1.1, one text per rule or shape, its constants in it.

A condition holds when no violation of it exists, exactly as SHACL defines conformance: a value that
cannot be compared is a violation, and a missing value is one only where ``sh:minCount`` asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.compile.shapes import Branch, Constraint, Shape, SparqlConstraint, Target
from sckg.names import shacl, term

_COMPARE = {
    shacl("minInclusive"): ">=",
    shacl("maxInclusive"): "<=",
    shacl("minExclusive"): ">",
    shacl("maxExclusive"): "<",
}
_SUBCLASS = f"<{names.RDF}type>/<{names.RDFS}subClassOf>*"


def rule_texts(shape: Shape) -> Iterator[str]:
    """Yield one CONSTRUCT for each thing that a rule lets follow from one of its targets."""
    for target in shape.targets:
        for branch in shape.branches:
            yield _construct(shape, target, branch)


def violation_texts(shape: Shape) -> Iterator[tuple[Constraint | SparqlConstraint, str]]:
    """Yield for each constraint a SELECT of ``?this`` and ``?value`` wherever it is violated."""
    for target in shape.targets:
        for constraint in shape.constraints:
            if isinstance(constraint, SparqlConstraint):
                yield constraint, _embedded(target, constraint)
            else:
                yield constraint, _violation(target, constraint)


def _construct(shape: Shape, target: Target, branch: Branch) -> str:
    conditions = "\n".join(f"  {line}" for c in branch.conditions for line in _holds(c).splitlines())
    return (
        f"# {names.compact(shape.iri.value)}, from {shape.file}\n"
        f"CONSTRUCT {{ ?this {branch.predicate} {branch.object} }}\n"
        f"WHERE {{\n  {_focus(target)}\n{conditions}\n}}\n"
    )


def _focus(target: Target) -> str:
    if target.kind == "class":
        return f"?this {_SUBCLASS} {target.of} ."
    if target.kind == "node":
        return f"VALUES ?this {{ {target.of} }}"
    if target.kind == "subjects-of":
        return f"?this {target.of} ?anything ."
    if target.kind == "objects-of":
        return f"?anything {target.of} ?this ."
    return (
        f"?this {term('indicator')} {target.of} ; {term('year')} ?year .\n"
        f"  FILTER(?year >= {target.since} && ?year <= {target.until})"
    )


def _holds(constraint: Constraint) -> str:
    if constraint.component == shacl("minCount") and constraint.operands[0].value == "1":
        return f"FILTER EXISTS {{ ?this {constraint.path} ?value }}"
    return f"FILTER NOT EXISTS {{ {_pattern(constraint)} }}"


def _violation(target: Target, constraint: Constraint) -> str:
    value = "" if _is_about_focus(constraint) else " ?value"
    return f"SELECT DISTINCT ?this{value} WHERE {{\n  {_focus(target)}\n  {_pattern(constraint)}\n}}"


def _is_about_focus(constraint: Constraint) -> bool:
    return constraint.component in {shacl("minCount"), shacl("maxCount"), shacl("hasValue")}


def _pattern(constraint: Constraint) -> str:
    """Return a group pattern that matches where the constraint is violated for ``?this``."""
    path = constraint.path
    operand = constraint.operands[0] if constraint.operands else Literal("")
    if constraint.component == shacl("minCount"):
        return f"FILTER NOT EXISTS {{ {_at_least(path, int(operand.value))} }}"
    if constraint.component == shacl("maxCount"):
        return _at_least(path, int(operand.value) + 1)
    if constraint.component == shacl("hasValue"):
        return f"FILTER NOT EXISTS {{ ?this {path} {operand} }}"
    values = f"?this {path} ?value ." if path else "BIND(?this AS ?value)"
    return f"{values} {_TESTS[constraint.component](constraint)}"


def _at_least(path: NamedNode | None, count: int) -> str:
    found = " ".join(f"?this {path} ?v{n} ." for n in range(count))
    pairs = [f"!sameTerm(?v{a}, ?v{b})" for b in range(count) for a in range(b)]
    return f"{found} FILTER({' && '.join(pairs)})" if pairs else found


def _false_unless(test: str) -> str:
    return f"FILTER(!COALESCE({test}, false))"


def _compare(c: Constraint) -> str:
    return _false_unless(f"?value {_COMPARE[c.component]} {c.operands[0]}")


def _in(c: Constraint) -> str:
    return _false_unless(" || ".join(f"sameTerm(?value, {o})" for o in c.operands) or "false")


def _datatype(c: Constraint) -> str:
    return _false_unless(f"isLiteral(?value) && DATATYPE(?value) = {c.operands[0]}")


def _class(c: Constraint) -> str:
    return f"FILTER NOT EXISTS {{ ?value {_SUBCLASS} {c.operands[0]} }}"


def _node_kind(c: Constraint) -> str:
    kinds = {"IRI": "isIRI(?value)", "BlankNode": "isBlank(?value)", "Literal": "isLiteral(?value)"}
    wanted = c.operands[0].value.rpartition("#")[2].split("Or")
    return f"FILTER(!({' || '.join(kinds[w] for w in wanted)}))"


def _length(sign: str) -> Callable[[Constraint], str]:
    return lambda c: _false_unless(f"!isBlank(?value) && STRLEN(STR(?value)) {sign} {c.operands[0].value}")


def _match(c: Constraint) -> str:
    flags = f", {Literal(c.flags)}" if c.flags else ""
    return _false_unless(f"!isBlank(?value) && REGEX(STR(?value), {Literal(c.operands[0].value)}{flags})")


_TESTS: dict[NamedNode, Callable[[Constraint], str]] = {
    **dict.fromkeys(_COMPARE, _compare),
    shacl("in"): _in,
    shacl("datatype"): _datatype,
    shacl("class"): _class,
    shacl("nodeKind"): _node_kind,
    shacl("minLength"): _length(">="),
    shacl("maxLength"): _length("<="),
    shacl("pattern"): _match,
}


def _embedded(target: Target, constraint: SparqlConstraint) -> str:
    """Put the target in front of the SELECT's own group, with ``$this`` as ``?this``."""
    text = constraint.select.replace("$this", "?this")
    return re.sub(r"(WHERE\s*)?\{", lambda m: f"{m.group()}\n  {_focus(target)}\n", text, count=1)
