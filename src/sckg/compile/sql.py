"""The intermediate form written out as SQL over the observation table, within what DuckDB and Spark SQL both read.

A grading profile is one ``CASE`` with its cut-offs in it; a check is a condition that is true of a row that conforms.
What is no column, and bands of which one row could have two, are refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, groupby

from pyoxigraph import NamedNode

from sckg import names
from sckg.compile.columns import SUBJECT, TABLE
from sckg.compile.conditions import Members, NotAColumn, condition, text
from sckg.compile.edges import may_overlap
from sckg.compile.forms import Branch, Constraint, NotCompilable, Shape, SparqlConstraint, Target
from sckg.names import shacl, term

Dated = tuple[Shape, Target]


class NotInSql(NotCompilable):
    """A shape has what rows cannot tell; names file, shape and feature."""

    def __init__(self, shape: Shape, feature: str) -> None:
        super().__init__(shape.file, 0, names.compact(shape.iri.value), feature)
        self.args = (f"{shape.file}: {self.shape} has {feature}; that cannot be asked of rows",)


def grade_case(rules: Sequence[Shape], members: Members | None = None) -> str:
    """Return one ``CASE`` that gives the band of a row under these rules, or NULL.

    Raises NotInSql when a condition is about no column, and when a row might have two bands.
    """
    dated = sorted(_dated(rules), key=lambda one: (str(one[1].of), one[1].since, str(one[0].iri)))
    if not dated:
        return "CAST(NULL AS VARCHAR(1))"
    groups = groupby(dated, key=lambda one: one[1].of)
    cases = [_indicator_case(str(getattr(of, "value", of)), list(group), members or {}) for of, group in groups]
    _check_apart(dated)
    return "CASE indicator\n" + "\n".join(cases) + "\nEND"


def rule_text(rule: Shape) -> str:
    """Return the SELECT that grades every observation which a rule is about."""
    case = grade_case([rule])
    targets = ", ".join(text(str(getattr(t.of, "value", ""))) for t in rule.targets)
    return f"SELECT {SUBJECT}, {case} AS band\nFROM {TABLE}\nWHERE indicator IN ({targets})\n"


def row_checks(shape: Shape, members: Members | None = None) -> Iterator[tuple[Constraint | SparqlConstraint, str]]:
    """Yield for each constraint on observations a condition that is true of the rows that break it.

    Targets that are no rows are left to the graph. Raises NotInSql for a constraint that rows cannot tell.
    """
    for target in shape.targets:
        about = _rows_of(shape, target)
        for constraint in shape.constraints if about else ():
            asked = _condition(shape, [constraint], members or {})
            if asked != "TRUE":
                yield constraint, f"NOT ({asked})" if about == "TRUE" else f"{about} AND NOT ({asked})"


def _rows_of(shape: Shape, target: Target) -> str:
    """Return which rows a target is about; nothing when rows are never among its nodes."""
    if target.kind == "observations-of" and isinstance(target.of, NamedNode):
        return f"indicator = {text(target.of.value)} AND {_years(target)}"
    if target.kind == "class":
        return "TRUE" if target.of == term("Observation") else ""
    raise NotInSql(shape, "a target that is neither a class nor the observations of an indicator")


def _dated(rules: Sequence[Shape]) -> Iterator[Dated]:
    for rule in rules:
        for target in rule.targets:
            if target.kind != "observations-of":
                raise NotInSql(rule, "a target other than the observations of an indicator")
            yield rule, target


def _check_apart(dated: Sequence[Dated]) -> None:
    """Raise NotInSql when a row could have two bands, of which a CASE would give one."""
    everything = [(rule, target, branch) for rule, target in dated for branch in rule.branches]
    for (rule, target, branch), (_, again, other) in combinations(everything, 2):
        meet = target.of == again.of and target.since <= again.until and again.since <= target.until
        if meet and branch.object != other.object and may_overlap(branch.conditions, other.conditions):
            shown = " and ".join(names.compact(str(b.object).strip("<>")) for b in (branch, other))
            raise NotInSql(rule, f"two bands that one value may fall in, {shown}")


def _indicator_case(indicator: str, dated: Sequence[Dated], members: Members) -> str:
    lines = [f"  WHEN {text(indicator)} THEN CASE"]
    for rule, target in dated:
        lines.append(f"    -- {names.compact(rule.iri.value)}, from {' '.join(rule.file.split())}")
        lines += [f"    WHEN {_when(rule, target, b, members)} THEN {_band(rule, b)}" for b in rule.branches]
    return "\n".join([*lines, "  END"])


def _when(rule: Shape, target: Target, branch: Branch, members: Members) -> str:
    asked = _condition(rule, branch.conditions, members)
    return f"{_years(target)} AND {asked}" if asked != "TRUE" else _years(target)


def _years(target: Target) -> str:
    return f"year BETWEEN {target.since} AND {target.until}"


def _band(rule: Shape, branch: Branch) -> str:
    """Return the band as SQL writes it. Raises NotInSql for any other conclusion, about whatever subject."""
    graded = Branch(branch.iri, branch.conditions, predicate=term("fallsIn"), object=branch.object)
    if branch != graded or not isinstance(branch.object, NamedNode) or branch.object == shacl("this"):
        raise NotInSql(rule, "a conclusion other than that an observation falls in a band")
    return text(branch.object.value)


def _condition(shape: Shape, asked: Sequence[Constraint | SparqlConstraint], members: Members) -> str:
    try:
        return condition(asked, members)
    except NotAColumn as met:
        raise NotInSql(shape, str(met)) from met
