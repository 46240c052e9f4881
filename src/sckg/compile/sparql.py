"""The intermediate form written out as SPARQL 1.1, one text per rule or shape, its constants in it.

A condition holds when no violation of it exists, exactly as SHACL defines conformance: a value that
cannot be compared is a violation, and a missing value is one only where ``sh:minCount`` asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from pyoxigraph import Literal

from sckg import names
from sckg.compile.choosing import BAND, choice
from sckg.compile.forms import (
    THIS,
    Asked,
    Branch,
    Compound,
    Constraint,
    Path,
    Shape,
    SparqlConstraint,
    Target,
    has_query,
    spelled,
)
from sckg.compile.queries import asked_of, embedded
from sckg.compile.spelling import kept
from sckg.compile.tokens import tokens_of, where_of
from sckg.compile.violations import SUBCLASS, Violation, holds, violations
from sckg.names import term


def rule_texts(shape: Shape) -> Iterator[str]:
    """Yield the CONSTRUCTs of a rule: for each target one, or one for each thing that it lets follow."""
    if chosen := choice(shape.branches):
        predicate, pattern = chosen
        for target in shape.targets:
            yield _construct(shape, f"?this {predicate} {BAND}", f"  {_focus(target, '?this')}\n  {pattern}")
        return
    for branch in shape.branches:
        yield from _rule_texts(shape, branch)


def staged_texts(shapes: Iterable[Shape]) -> list[list[str]]:
    """Return the texts of all rules in stages, by ``sh:order``: a stage sees what the stages before it conclude."""
    stages: dict[Decimal, list[str]] = {}
    for shape in shapes:
        for branch in shape.branches:
            stages.setdefault(branch.order, []).extend(_rule_texts(shape, branch))
    return [stages[order] for order in sorted(stages)]


def violation_texts(shape: Shape, *, exact: bool = False) -> Iterator[tuple[Asked, str]]:
    """Yield for each constraint a SELECT of what violates it, or a few.

    Its columns are ``?this``, ``?value`` and ``?path`` where there are such, and others that only tell rows apart;
    a SELECT that a shape brings has those that it selects. ``exact`` is for data that keep the spelling of literals
    apart (``spelling.py``); what has a query of its own in it never is, and the constraint that comes with it says so.
    """
    exact = exact and not any(target.kind == "select" for target in shape.targets)
    for constraint in shape.constraints:
        if isinstance(constraint, SparqlConstraint):
            focus = _focus_once(shape, constraint.via)
            write = asked_of if constraint.is_ask else lambda c, f: embedded(c.select, f)
            yield constraint, write(constraint, focus)
            continue
        written = spelled(constraint) if exact and not has_query(constraint) else constraint
        for target in shape.targets:
            for text in _selects(target, written):
                yield written, text


def _rule_texts(shape: Shape, branch: Branch) -> Iterator[str]:
    conditions = "\n".join(f"  {_filter(test)}" for c in branch.conditions for test in holds(c, "?this"))
    if branch.construct:
        text = embedded(branch.construct, _focus_once(shape, (), conditions), where_of(tokens_of(branch.construct)))
        yield f"{_told(shape)}{text.strip()}\n"
        return
    walked, (subject, predicate, conclusion) = _triple(branch)
    for target in shape.targets:
        pattern = "\n".join(line for line in (f"  {_focus(target, '?this')}", *walked, conditions) if line)
        yield _construct(shape, f"{subject} {predicate} {conclusion}", pattern)


def _construct(shape: Shape, triple: str, pattern: str) -> str:
    return f"{_told(shape)}CONSTRUCT {{ {triple} }}\nWHERE {{\n{pattern}\n}}\n"


def _told(shape: Shape) -> str:
    return f"# {names.compact(shape.iri.value)}, from {shape.file}\n"


def _triple(branch: Branch) -> tuple[list[str], list[str]]:
    """Return the patterns of the paths that lead to the parts of a triple, and the parts."""
    walked, parts = [], []
    for name, part in (("subject", branch.subject), ("predicate", branch.predicate), ("object", branch.object)):
        is_path = isinstance(part, Compound)
        walked += [f"  ?this {part} ?{name} ."] if is_path else []
        parts.append(f"?{name}" if is_path else "?this" if part == THIS else str(part))
    return walked, parts


def _filter(test: str) -> str:
    return f"FILTER {test}" if test.startswith(("EXISTS", "NOT EXISTS")) else f"FILTER({test})"


def routes_text(shape: Shape, via: tuple[Path, ...]) -> str:
    """Return a SELECT of each way in which ``via`` reaches ``?this`` from a target: a result for each of them."""
    found = " UNION ".join(f"{{ {_focus(target, '?step0')} }}" for target in shape.targets)
    steps, columns = _steps(via)
    return f"SELECT DISTINCT ?this{columns} WHERE {{\n  {found}\n  {steps}\n}}"


def _selects(target: Target, constraint: Constraint) -> Iterator[str]:
    found = f"{_focus(target, '?step0' if constraint.via else '?this', exact=constraint.exact)}\n  "
    steps, columns = _steps(constraint.via)
    if steps:
        found += f"{steps}\n  "
    for one in violations(replace(constraint, via=()), "?this"):
        yield f"SELECT DISTINCT ?this{_columns(one)}{columns} WHERE {{\n  {found}{one.pattern}\n}}"


def _steps(via: tuple[Path, ...]) -> tuple[str, str]:
    """Return the pattern of the paths from the target to ``?this``, and the columns that tell the ways apart."""
    nodes = [*(f"?step{n}" for n in range(len(via))), "?this"]
    walked = (f"{nodes[n]} {path} {nodes[n + 1]} ." for n, path in enumerate(via))
    return " ".join(walked), "".join(f" {node}" for node in nodes[:-1])


def _columns(found: Violation) -> str:
    named = (("?value", found.value), ("?path", found.path), ("?key", found.key))
    return "".join(f" {name}" if name == of else f" ({of} AS {name})" for name, of in named if of)


def _focus_once(shape: Shape, via: tuple[Path, ...], conditions: str = "") -> str:
    """Return a pattern that binds ``?this`` to each focus node once, so that a query may count its rows.

    It stands in braces of its own: what it calls its variables is nothing to the query.
    """
    node = "?step0" if via else "?this"
    found = " UNION ".join(f"{{ {_focus(target, node)} }}" for target in shape.targets)
    return f"{{ SELECT DISTINCT ?this WHERE {{ {' '.join(filter(None, (found, _steps(via)[0], conditions)))} }} }}"


def _focus(target: Target, node: str, *, exact: bool = False) -> str:
    if target.kind == "class":
        return f"{node} {SUBCLASS} {target.of} ."
    if target.kind == "node":
        return f"VALUES {node} {{ {kept(target.of) if exact and isinstance(target.of, Literal) else target.of} }}"
    if target.kind == "subjects-of":
        return f"{node} {target.of} [] ."
    if target.kind == "objects-of":
        return f"[] {target.of} {node} ."
    if target.kind == "select":
        column = node if node == "?this" else f"(?this AS {node})"
        return f"{{ SELECT DISTINCT {column} WHERE {{ {{ {target.select} }} }} }}"
    return (
        f"{node} {term('indicator')} {target.of} ; {term('year')} ?targetYear .\n"
        f"  FILTER(?targetYear >= {target.since} && ?targetYear <= {target.until})"
    )
