"""What would change: grades, findings, gaps and ranks, beside what was. Computed over rows; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sckg import names
from sckg.assets import Knowledge
from sckg.compile.columns import COLUMNS, SUBJECT
from sckg.compile.conditions import text
from sckg.compile.forms import Shape
from sckg.problems import NotPossible
from sckg.queries import Query, named
from sckg.render import plain
from sckg.rows import words as row_words
from sckg.rows.deriving import by_profile, case_of, roll_up
from sckg.rows.engines import DuckDB
from sckg.rows.keeping import is_kept
from sckg.rows.supposing import CutOff, Value
from sckg.stores.base import Store
from sckg.vocabulary import Vocabulary

Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Answer:
    """How many rows change their grade, which they are, what that means for findings, and whose rank moves."""

    profile: str
    supposed: str
    grades: Rows
    rows: Rows
    findings: Rows
    ranking: Rows


def load_store(engine: DuckDB, store: Store, queries: Mapping[str, Query], kept: Path | None) -> None:
    """Define the rows of a store: from the Parquet of its snapshot where there is one, or from its graph."""
    texts = {SUBJECT: "VARCHAR"} | {column.name: column.type for column in COLUMNS.values()}
    if kept and is_kept(kept):
        engine.open("kept", kept / "observations")
        engine.define("observations", "SELECT * FROM kept")
    else:
        found = named(queries, "observation-rows").ask(store, {})
        cells = ([plain(row.get(name)) for name in texts] for row in found.rows)
        row_words.load(engine, "observations", texts, cells)
    columns = {"assessment": "VARCHAR", "city": "VARCHAR", "framework": "VARCHAR", "year": "INTEGER"}
    rows = named(queries, "assessment-rows").ask(store, {}).rows
    row_words.load(engine, "all_assessments", columns, ([plain(row.get(name)) for name in columns] for row in rows))


def prepare(engine: DuckDB, rules: Sequence[Shape], knowledge: Knowledge, profile: str) -> None:
    """Define what is, under a profile: the grades, the ranks and what they signal. Raises NotPossible without rules."""
    _grade(engine, "was", _rules_of(rules, profile), "observations")
    engine.define("counted_all", "SELECT * FROM counted")
    engine.define("counted", "SELECT * FROM counted_all WHERE thing = framework")
    _roll_up(engine, knowledge, "was_rolled_up", "was", "SELECT assessment FROM all_assessments")
    engine.define("signalled", f"SELECT signals, COUNT(*) AS pairs FROM ({_signals('was', 'TRUE')}) GROUP BY signals")


def suppose(
    engine: DuckDB,
    rules: Sequence[Shape],
    knowledge: Knowledge,
    profile: str,
    *,
    instead: str = "",
    cut_offs: Sequence[CutOff] = (),
    values: Sequence[Value] = (),
) -> Answer:
    """Return what changes of what was prepared. Raises NotPossible for a profile without rules, or a value of no row.

    Only rows that a supposition is about are graded again, and only their assessments rolled up again.
    """
    becomes = _rules_of(rules, instead or profile)
    for cut_off in cut_offs:
        becomes = cut_off.moved(becomes)
    about = {c.indicator for c in cut_offs} | {v.indicator for v in values}
    touched = " OR ".join(f"indicator LIKE {text('%/' + slug)}" for slug in sorted(about)) if not instead else "TRUE"
    engine.define(
        "supposed", f"SELECT * REPLACE ({_replaced(engine, values)}) FROM observations WHERE {touched or 'FALSE'}"
    )
    _grade(engine, "becomes", becomes, "supposed")
    engine.define("changed", _text("what_if.sql"))
    changed = _asked(engine, "SELECT * FROM changed ORDER BY indicator, year DESC, city, observation")
    counts = "SELECT indicator, was, becomes, COUNT(*) AS rows, COUNT(DISTINCT city) AS cities FROM changed"
    grades = _asked(engine, f"{counts} GROUP BY indicator, was, becomes ORDER BY rows DESC, indicator, was, becomes")
    engine.define(
        "now",
        "SELECT observation, band FROM becomes UNION ALL SELECT w.observation, w.band FROM was w"
        " ANTI JOIN supposed s ON s.observation = w.observation",
    )
    return Answer(profile, instead or profile, grades, changed, _findings(engine), _ranks(engine, knowledge))


def _rules_of(rules: Sequence[Shape], profile: str) -> list[Shape]:
    found = by_profile(rules)
    if profile not in found:
        raise NotPossible(f"no rules of a profile '{profile}'; there are {', '.join(sorted(found))}")
    return found[profile]


def _grade(engine: DuckDB, name: str, rules: Sequence[Shape], table: str) -> None:
    select = f"SELECT observation, {case_of(rules)} AS band FROM {table}"
    engine.define(name, f"SELECT * FROM ({select}) WHERE band IS NOT NULL")


def _replaced(engine: DuckDB, values: Sequence[Value]) -> str:
    """Return how the cells of a row are replaced. Raises NotPossible for a value that no row has."""
    numbers, answers = [], []
    for one in values:
        city = text(names.thing("city", one.city).value)
        row = f"city = {city} AND year = {one.year} AND indicator LIKE {text('%/' + one.indicator)}"
        if not engine.ask(f"SELECT 1 FROM observations WHERE {row} LIMIT 1"):
            raise NotPossible(
                f"{one.city}/{one.year}/{one.indicator}: no observation is of this city, year and indicator"
            )
        if one.value is not None:
            numbers.append(f"WHEN {row} THEN {one.value:f}")
        else:
            answers.append(f"WHEN {row} THEN {text(one.answer)}")
    written = {"value": numbers, "answer": answers}
    return ", ".join(
        f"CASE {' '.join(cases)} ELSE {name} END AS {name}" if cases else f"{name} AS {name}"
        for name, cases in written.items()
    )


def _signals(grades: str, where: str) -> str:
    """Return what each indicator of an assessment signals under these grades, once."""
    return (
        "SELECT DISTINCT o.assessment, o.indicator, COALESCE(b.signals, 'ungraded') AS signals FROM observations o"
        f" LEFT JOIN {grades} g ON g.observation = o.observation LEFT JOIN bands b ON b.band = g.band"
        f" WHERE o.assessment IS NOT NULL AND {where}"
    )


def _findings(engine: DuckDB) -> Rows:
    """Return how many indicators of assessments signal what, and how many have no grade, before and after."""
    of_changed = "(o.assessment, o.indicator) IN (SELECT (assessment, indicator) FROM changed)"
    sides = [
        f"SELECT signals, {sign} AS moved FROM ({_signals(grades, of_changed)})"
        for grades, sign in (("was", "-1"), ("now", "1"))
    ]
    return _asked(
        engine,
        "SELECT signals, CAST(COALESCE(MAX(pairs), 0) AS INTEGER) AS was,"
        " CAST(COALESCE(MAX(pairs), 0) + COALESCE(SUM(moved), 0) AS INTEGER) AS becomes"
        f" FROM signalled FULL JOIN ({' UNION ALL '.join(sides)}) USING (signals) GROUP BY signals ORDER BY signals",
    )


def _ranks(engine: DuckDB, knowledge: Knowledge) -> Rows:
    """Return the cities whose rank or mean changes, as whole frameworks."""
    _roll_up(engine, knowledge, "rolled_again", "now", "SELECT assessment FROM changed")
    engine.define(
        "rolled_up",
        "SELECT * FROM rolled_again UNION ALL SELECT w.* FROM was_rolled_up w"
        " ANTI JOIN changed c ON c.assessment = w.assessment",
    )
    return _asked(engine, _text("ranking.sql"))


def _roll_up(engine: DuckDB, knowledge: Knowledge, name: str, grades: str, assessments: str) -> None:
    engine.define("assessments", f"SELECT * FROM all_assessments WHERE assessment IN ({assessments})")
    of_them = f"SELECT observation FROM observations WHERE assessment IN ({assessments})"
    engine.define("grades", f"SELECT * FROM {grades} WHERE observation IN ({of_them})")
    roll_up(engine, knowledge)
    engine.define(name, "SELECT * FROM roll_ups WHERE graded > 0")


def _asked(engine: DuckDB, select: str) -> Rows:
    found = engine.connection.execute(select)
    columns = [str(column[0]) for column in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _text(name: str) -> str:
    return files("sckg.rows").joinpath(name).read_text(encoding="utf-8")


def load_words(engine: DuckDB, words: Vocabulary, model: Store, queries: Mapping[str, Query]) -> None:
    """Define the tables of the model that a what-if needs."""
    row_words.load_words(engine, words)
    row_words.load_model(engine, model, queries)
