"""What is supposed in a what-if: another cut-off for everybody, other values for a city; nothing of it is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from sckg import names
from sckg.compile.conditions import plain as constraints
from sckg.compile.forms import Branch, Constraint, Shape, terms
from sckg.problems import NotPossible, suggestion
from sckg.row_cells import decimal, plain
from sckg.vocabulary import Vocabulary

_EDGES = terms("minInclusive maxInclusive minExclusive maxExclusive")


@dataclass(frozen=True)
class CutOff:
    """An edge of an indicator's bands, and where it would be instead: ``road-good-condition:75=70``."""

    indicator: str
    was: Decimal
    becomes: Decimal

    @classmethod
    def read(cls, text: str, words: Vocabulary) -> CutOff:
        """Return what a text supposes. Raises NotPossible when it is not one, or names no indicator."""
        found = re.fullmatch(r"([^:=]+):([^=]+)=(.+)", text)
        try:
            was, becomes = (Decimal(found[n].strip()) for n in (2, 3)) if found else (None, None)
        except InvalidOperation:
            was = becomes = None
        if not found or was is None or becomes is None or not (was.is_finite() and becomes.is_finite()):
            raise NotPossible(f"--cut-off {text}: write INDICATOR:EDGE=OTHER, such as road-good-condition:75=70")
        return cls(indicator_of(found[1].strip(), words), was, becomes)

    def moved(self, rules: Sequence[Shape]) -> list[Shape]:
        """Return the rules with this edge elsewhere. Raises NotPossible when the indicator has no such edge."""
        about = [rule for rule in rules if any(_slug(t.of) == self.indicator for t in rule.targets)]
        asked = [c for rule in about for branch in rule.branches for c in constraints(branch.conditions)]
        edges = sorted({Decimal(c.operands[0].value) for c in asked if c.component in _EDGES})
        if self.was not in edges:
            there = (
                f"its cut-offs are {', '.join(map(plain, edges))}" if edges else "it has no cut-offs under this profile"
            )
            raise NotPossible(f"--cut-off {self.indicator}:{plain(self.was)}: there is none; {there}")
        beside = [e for e in edges if e != self.was]
        if any((e < self.was) != (e < self.becomes) for e in beside):
            raise NotPossible(f"--cut-off {self.indicator}: {plain(self.becomes)} lies beyond the next cut-off")
        return [self._in_rule(rule) if rule in about else rule for rule in rules]

    def _in_rule(self, rule: Shape) -> Shape:
        return replace(rule, branches=tuple(self._in_branch(branch) for branch in rule.branches))

    def _in_branch(self, branch: Branch) -> Branch:
        return replace(branch, conditions=tuple(map(self._in_constraint, constraints(branch.conditions))))

    def _in_constraint(self, constraint: Constraint) -> Constraint:
        is_edge = constraint.component in _EDGES and Decimal(constraint.operands[0].value) == self.was
        return replace(constraint, operands=(decimal(self.becomes),)) if is_edge else constraint


@dataclass(frozen=True)
class Value:
    """Another value for a city: ``5371/2019/road-good-condition=80``, or an answer."""

    city: str
    year: int
    indicator: str
    value: Decimal | None
    answer: str

    @classmethod
    def read(cls, text: str, words: Vocabulary) -> Value:
        """Return what a text supposes. Raises NotPossible when it is not one, or cannot be a value of the indicator."""
        found = re.fullmatch(rf"({names.CODE})/([0-9]{{4}})/([^/=]+)=(.*)", text)
        if not found:
            raise NotPossible(
                f"--value {text}: write CITY/YEAR/INDICATOR=VALUE, such as 5371/2019/road-good-condition=80"
            )
        slug, cell = indicator_of(found[3].strip(), words), found[4].strip()
        known = words.indicators[slug]
        if known.answers:
            if cell not in known.answers:
                raise NotPossible(f"--value {text}: it is one of {', '.join(sorted(known.answers))}")
            return cls(found[1], int(found[2]), slug, None, known.answers[cell])
        if not re.fullmatch(r"[-+]?[0-9]{1,18}(\.[0-9]{1,18})?", cell):
            raise NotPossible(f"--value {text}: write the digits 0 to 9 with a decimal point")
        return cls(found[1], int(found[2]), slug, Decimal(cell), "")


def indicator_of(text: str, words: Vocabulary) -> str:
    """Return the short name of an indicator that is named by it or by its key. Raises NotPossible for another word."""
    keys = {i.key: slug for slug, i in words.indicators.items()}
    slug = text if text in words.indicators else keys.get(text, "")
    if not slug:
        hint = suggestion(text, [*words.indicators, *keys]) or "'sckg query indicators' lists them."
        raise NotPossible(f"'{text}' is not an indicator. {hint}")
    return slug


def _slug(term: object) -> str:
    return str(getattr(term, "value", term)).rpartition("/")[2]
