"""The intermediate form written out as SPARQL 1.1, one text per rule or shape, its constants in it.

A condition holds when no violation of it exists, exactly as SHACL defines conformance: a value that
cannot be compared is a violation, and a missing value is one only where ``sh:minCount`` asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sckg import names
from sckg.compile.forms import Branch, Constraint, Shape, SparqlConstraint, Target
from sckg.compile.selects import embedded
from sckg.compile.violations import SUBCLASS, holds, violations
from sckg.names import shacl, term


def rule_texts(shape: Shape) -> Iterator[str]:
    """Yield one CONSTRUCT for each thing that a rule lets follow from one of its targets."""
    for target in shape.targets:
        for branch in shape.branches:
            yield _construct(shape, target, branch)


def violation_texts(shape: Shape) -> Iterator[tuple[Constraint | SparqlConstraint, str]]:
    """Yield for each constraint a SELECT of ``?this`` and ``?value`` wherever it is violated, or a few."""
    for target in shape.targets:
        for constraint in shape.constraints:
            if isinstance(constraint, SparqlConstraint):
                yield constraint, embedded(constraint, _focus(target, "?this"))
                continue
            for text in _selects(target, constraint):
                yield constraint, text


def _construct(shape: Shape, target: Target, branch: Branch) -> str:
    conditions = "\n".join(f"  {_filter(test)}" for c in branch.conditions for test in holds(c, "?this"))
    conclusion = "?this" if branch.object == shacl("this") else branch.object
    return (
        f"# {names.compact(shape.iri.value)}, from {shape.file}\n"
        f"CONSTRUCT {{ ?this {branch.predicate} {conclusion} }}\n"
        f"WHERE {{\n  {_focus(target, '?this')}\n{conditions}\n}}\n"
    )


def _filter(test: str) -> str:
    return f"FILTER {test}" if test.startswith(("EXISTS", "NOT EXISTS")) else f"FILTER({test})"


def _selects(target: Target, constraint: Constraint) -> Iterator[str]:
    start = "?target" if constraint.via else "?this"
    found = f"{_focus(target, start)}\n  "
    if constraint.via:
        found += f"?target {constraint.via} ?this .\n  "
    for pattern, value in violations(replace(constraint, via=None), "?this"):
        shown = {"": "", "?value": " ?value"}.get(value, f" ({value} AS ?value)")
        yield f"SELECT DISTINCT ?this{shown} WHERE {{\n  {found}{pattern}\n}}"


def _focus(target: Target, node: str) -> str:
    if target.kind == "class":
        return f"{node} {SUBCLASS} {target.of} ."
    if target.kind == "node":
        return f"VALUES {node} {{ {target.of} }}"
    if target.kind == "subjects-of":
        return f"{node} {target.of} [] ."
    if target.kind == "objects-of":
        return f"[] {target.of} {node} ."
    return (
        f"{node} {term('indicator')} {target.of} ; {term('year')} ?targetYear .\n"
        f"  FILTER(?targetYear >= {target.since} && ?targetYear <= {target.until})"
    )
