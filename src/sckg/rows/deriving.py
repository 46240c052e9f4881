"""Grades and roll-ups over rows, by the same texts in DuckDB and on Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sckg.assets import Knowledge
from sckg.compile import sql
from sckg.compile.forms import Shape
from sckg.problems import Problem, ProblemsFound
from sckg.rows.engines import DuckDB, Engine

TABLES = ("settings", "observations", "assessments", "profiles", "bands", "counted")


def grade(engine: Engine, rules: Mapping[str, Sequence[Shape]]) -> None:
    """Define the table ``grades``: an observation, and the band that it falls in under each profile."""
    profiles = [f"SELECT observation, {case_of(of)} AS band FROM observations" for of in rules.values()]
    graded = "\nUNION ALL\n".join(profiles)
    engine.define("grades", f"SELECT observation, band FROM (\n{graded}\n) AS graded WHERE band IS NOT NULL")


def case_of(rules: Sequence[Shape]) -> str:
    """Return the ``CASE`` of a profile. Raises ProblemsFound for a rule that cannot be asked of rows."""
    try:
        return sql.grade_case(rules)
    except sql.NotInSql as error:
        reason = f"{error.shape} has {error.feature}; that cannot be asked of rows."
        remedy = "docs/scale.md lists what a rule may use where there are many cities."
        raise ProblemsFound([Problem(error.file, 0, "not-compilable", reason, remedy)]) from error


def roll_up(engine: Engine, knowledge: Knowledge) -> None:
    """Define the table ``roll_ups``."""
    texts = [path.read_text(encoding="utf-8") for path in knowledge.files("rules/roll-up", "*.sql")]
    selects = "\nUNION ALL\n".join(f"SELECT * FROM (\n{text}\n) AS one" for text in texts)
    engine.define("roll_ups", selects)


def derive_on(
    other: Engine, engine: DuckDB, rules: Mapping[str, Sequence[Shape]], knowledge: Knowledge, room: Path
) -> None:
    """Grade and roll up on another engine, over the same rows as Parquet, and define what it gives here."""
    for table in TABLES:
        engine.save(f"SELECT * FROM {table}", room / f"{table}.parquet")
        other.open(table, room / f"{table}.parquet")
    grade(other, rules)
    roll_up(other, knowledge)
    for table in ("grades", "roll_ups"):
        other.save(f"SELECT * FROM {table}", room / table)
        engine.define(table, f"SELECT * FROM read_parquet('{room / table}/*.parquet')")


def by_profile(rules: Sequence[Shape]) -> dict[str, list[Shape]]:
    """Return the rules by the folder of their profile, so that each has one text."""
    found: dict[str, list[Shape]] = {}
    for rule in rules:
        found.setdefault(rule.file.removeprefix("rules/grade/").partition("/")[0], []).append(rule)
    return found
