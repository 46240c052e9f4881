"""Whether two conditions can hold of one observation: what a column may be in each, compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pyoxigraph import NamedNode

from sckg.compile.forms import Constraint, Value

Edge = tuple[Decimal, int]  # a number and whether the reach begins or ends just beside it: -1, 0 or 1


@dataclass(frozen=True)
class Reach:
    """What the value of one property may be; ``is_needed`` when there has to be one."""

    low: Edge | None = None
    high: Edge | None = None
    among: frozenset[Value] | None = None
    is_needed: bool = False


def may_overlap(one: Iterable[object], other: Iterable[object]) -> bool:
    """Return whether a node may meet both conditions; False only where their constraints prove that it cannot."""
    first, second = ([c for c in asked if isinstance(c, Constraint)] for asked in (one, other))
    shared = _paths(first) & _paths(second)
    return not any(_are_apart(_reach(first, path), _reach(second, path)) for path in shared)


def _paths(constraints: Sequence[Constraint]) -> set[NamedNode]:
    return {c.path for c in constraints if isinstance(c.path, NamedNode) and not c.via}


def _reach(constraints: Sequence[Constraint], path: NamedNode) -> Reach:
    found = Reach()
    for constraint in constraints:
        if constraint.path == path and not constraint.via:
            found = _narrowed(found, constraint)
    return found


def _narrowed(reach: Reach, constraint: Constraint) -> Reach:
    word = constraint.component.value.rpartition("#")[2]
    if word == "minCount":
        return replace(reach, is_needed=int(constraint.operands[0].value) > 0)
    if word in {"in", "hasValue"}:
        found = frozenset(constraint.operands)
        return replace(reach, among=found if reach.among is None else reach.among & found)
    if word in {"minInclusive", "minExclusive"}:
        edge = (Decimal(constraint.operands[0].value), int(word == "minExclusive"))
        return replace(reach, low=max(edge, reach.low or edge))
    if word in {"maxInclusive", "maxExclusive"}:
        edge = (Decimal(constraint.operands[0].value), -int(word == "maxExclusive"))
        return replace(reach, high=min(edge, reach.high or edge))
    return reach


def _are_apart(one: Reach, other: Reach) -> bool:
    if not (one.is_needed or other.is_needed):
        return False  # neither asks for a value, so a node without any meets both
    if one.among is not None and other.among is not None and not one.among & other.among:
        return True
    lows, highs = ([e for e in pair if e] for pair in ((one.low, other.low), (one.high, other.high)))
    return any(low > high for low in lows for high in highs)
