"""The bands of a rule as one text: a value is looked up once, and says which of the conclusions follows.

Taken for rules whose conditions compare the values of one path with constants, so that no value meets two of them. All
others are written condition by condition, which says the same and asks for each value again.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import combinations

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.compile.edges import may_overlap
from sckg.compile.forms import THIS, Branch, Constraint, Path
from sckg.compile.violations import accepts

_EDGES = frozenset({"minInclusive", "maxInclusive", "minExclusive", "maxExclusive"})
_NUMBERS = frozenset(NamedNode(names.XSD + local) for local in ("integer", "decimal", "double", "float"))
BAND = "?chosen"


def choice(branches: Sequence[Branch]) -> tuple[str, str] | None:
    """Return the predicate of what follows and the pattern that binds ``?chosen``, or None for other rules.

    Every value has to choose the same: a condition holds of a node when it holds of all values, and there is one.
    """
    paths = {path for branch in branches if (path := _path(branch))}
    predicates = {branch.predicate for branch in branches}
    if len(branches) < 2 or len(paths) != 1 or len(predicates) != 1 or not all(map(_path, branches)):  # noqa: PLR2004
        return None
    if any(may_overlap(one.conditions, other.conditions) for one, other in combinations(branches, 2)):
        return None
    (path,) = paths
    found = (
        f"?this {path} ?value .\n  BIND({_chosen(branches, '?value')} AS {BAND})\n  FILTER(BOUND({BAND}))\n"
        f"  FILTER NOT EXISTS {{ ?this {path} ?other . FILTER(!sameTerm(?other, ?value))"
        f" FILTER(!COALESCE({_chosen(branches, '?other')} = {BAND}, false)) }}"
    )
    return str(branches[0].predicate), found


def _path(branch: Branch) -> Path | None:
    """Return the one path whose values a rule compares, when there has to be a value and nothing else is asked."""
    asked = [c for c in branch.conditions if isinstance(c, Constraint) and not c.via]
    is_plain = not branch.construct and branch.subject == THIS and isinstance(branch.predicate, NamedNode)
    paths = {c.path for c in asked}
    if not is_plain or not isinstance(branch.object, NamedNode) or THIS in (branch.object, branch.predicate):
        return None
    if len(asked) < len(branch.conditions) or len(paths) != 1 or not all(map(_is_compared, asked)):
        return None
    return paths.pop() if any(_word(c) == "minCount" for c in asked) else None


def _is_compared(constraint: Constraint) -> bool:
    """Return whether it asks for one value, or compares each with numbers or names."""
    word, operands = _word(constraint), constraint.operands
    if word == "minCount":
        return operands[0].value == "1"
    if word in _EDGES:
        return _is_number(operands[0])
    return word == "in" and all(isinstance(one, NamedNode) for one in operands)


def _is_number(value: object) -> bool:
    """Return whether a bound is a number: texts have another order than what they may spell."""
    if not isinstance(value, Literal) or value.datatype not in _NUMBERS:
        return False
    try:
        return Decimal(value.value).is_finite()
    except InvalidOperation:
        return False


def _chosen(branches: Sequence[Branch], value: str) -> str:
    """Return an expression for the conclusion that a value chooses; an error when it chooses none."""
    written = "?none"
    for branch in reversed(branches):
        asked = [c for c in branch.conditions if isinstance(c, Constraint) and _word(c) != "minCount"]
        tests = [accepts(c, "?this", value, 0) for c in asked]
        written = f"IF({' && '.join(tests) or 'true'}, {branch.object}, {written})"
    return written


def _word(constraint: Constraint) -> str:
    return constraint.component.value.rpartition("#")[2]
