"""Constraints that are queries, written into the query of their targets, or into a FILTER where shapes nest."""

from __future__ import annotations

from collections.abc import Callable

from sckg.compile.forms import SparqlConstraint
from sckg.compile.selects import is_grouped
from sckg.compile.tokens import groups_with, outer_group, replaced, tokens_of


def embedded(text: str, focus: str, number: int = 0) -> str:
    """Return a query with the pattern of its targets in every group that mentions ``?this``.

    ``number`` is that of the group that is its WHERE clause.
    """
    tokens = tokens_of(text)
    start, _ = outer_group(tokens, number)
    places = set(groups_with(tokens, "?this", start))
    for at in places:
        tokens[at] += f"\n  {focus}\n"
    return "".join(tokens)


def asked_of(constraint: SparqlConstraint, focus: str) -> str:
    """Return a SELECT of the nodes and values that an ASK does not accept."""
    reached = f"?this {constraint.path} ?value ." if constraint.path else "BIND(?this AS ?value)"
    pattern = _pattern(constraint.select, lambda name: f"?{name}")
    return f"SELECT DISTINCT ?this ?value WHERE {{\n  {focus}\n  {reached}\n  FILTER NOT EXISTS {{{pattern}}}\n}}"


def accepted_by(constraint: SparqlConstraint, focus: str, value: str, depth: int) -> str:
    """Return an expression that is true when an ASK accepts the value."""
    own = {"this": focus, "value": value}
    return f"(EXISTS {{{_pattern(constraint.select, lambda name: own.get(name, f'?{name}In{depth}'))}}})"


def free_of(constraint: SparqlConstraint, focus: str, depth: int) -> str:
    """Return a pattern that matches when a SELECT finds something wrong with the focus node."""

    def renamed(name: str) -> str:
        return focus if name == "this" else f"?{name}In{depth}"

    tokens = tokens_of(constraint.select)
    if is_grouped(tokens):
        return f"{{ {''.join(replaced(tokens, renamed))} }}"
    return _pattern(constraint.select, renamed)


def _pattern(text: str, renamed: Callable[[str], str]) -> str:
    tokens = replaced(tokens_of(text), renamed)
    start, end = outer_group(tokens)
    inside = "".join(tokens[start + 1 : end])
    return f"{{{inside}}}" if tokens_of(inside.strip())[:1] in (["SELECT"], ["select"]) else inside
