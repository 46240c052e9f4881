"""What is written in rows, read: observations in columns, or a Problem for each row that cannot be understood."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from sckg import cells
from sckg.cells import CellProblem
from sckg.compile.columns import COLUMNS, SUBJECT
from sckg.problems import Problem, quoted, shown, suggestion
from sckg.row_cells import plain
from sckg.rows.engines import Cells, DuckDB
from sckg.vocabulary import Vocabulary

MOST_TOLD = 1000  # rows with problems; the rest are told once these are corrected


def resolve(engine: DuckDB, words: Vocabulary) -> list[Problem]:
    """Define the table ``observations`` from ``written``; return what is wrong with the rows, in their order."""
    engine.define("resolved", files("sckg.rows").joinpath("resolve.sql").read_text(encoding="utf-8"))
    problems = [_problem(row, words) for row in engine.ask(_WRONG)] + [_twice(row) for row in engine.ask(_TWICE)]
    # The unit goes without saying, for it is the indicator's. So does the key, but readers ask for rows by it.
    made = {"unit": "NULL", "statement": "NULL"}
    cells_of = [f"CAST({made.get(c.name, c.name)} AS {c.type}) AS {c.name}" for c in COLUMNS.values()]
    engine.define("observations", f"SELECT {SUBJECT}, {', '.join(cells_of)} FROM resolved WHERE problem IS NULL")
    return sorted(problems)


_SAID = {
    "city": "code", "indicator": "indicator_slug", "source": "source_slug", "value": "written_value",
    "unit": "written_unit", "stated": "stated", "status": "written_status", "period": "period",
    "usual": "usual_unit", "minimum": "minimum", "maximum": "maximum", "is_whole": "is_whole",
}  # fmt: skip
_WRONG = f"""
SELECT file, row, problem, {", ".join(_SAID.values())}
FROM resolved LEFT JOIN indicators ON indicators.slug = indicator_slug
WHERE problem IS NOT NULL ORDER BY file, row LIMIT {MOST_TOLD}"""
_TWICE = f"""
SELECT ANY_VALUE(file), MAX(row), MIN(row), observation FROM resolved WHERE problem IS NULL
GROUP BY observation HAVING COUNT(*) > 1 ORDER BY 1, 2 LIMIT {MOST_TOLD}"""


def _twice(row: Cells) -> Problem:
    reason = f"Row {row[2]} already gives this indicator, year and source."
    remedy = "Remove one of the rows, or name the other source."
    return Problem(shown(Path(str(row[0]))), int(str(row[1])), "duplicate-row", reason, remedy)


def _problem(row: Cells, words: Vocabulary) -> Problem:
    file, number, code = (str(cell) for cell in row[:3])
    said = dict(zip(_SAID, ("" if cell is None else str(cell) for cell in row[3:]), strict=True))
    try:
        reason, remedy = _in_words(code, said, words)
    except CellProblem as problem:
        code, reason, remedy = problem.code, problem.reason, problem.remedy
    return Problem(shown(Path(file)), int(number), code, reason, remedy)


def _in_words(code: str, said: Mapping[str, str], words: Vocabulary) -> tuple[str, str]:
    """Return the reason and the remedy. Raises CellProblem where the cell itself says what is wrong with it."""
    if code == "not-a-number":
        cells.number(said["value"], whole=said["is_whole"] == "True")
    if code == "bad-period":
        cells.period(said["period"])
    known = words.indicators.get(said["indicator"])
    reason, remedy, may_be = _WORDS[code]
    among = {
        "indicator": words.indicators,
        "answer": known.answers if known else {},
        "status": words.terms_of("Status"),
    }.get(may_be, {})
    shown_cells = {name: quoted(cell) for name, cell in said.items()} | {"limits": _limits(said)}
    closest = suggestion(said.get("value" if may_be == "answer" else may_be, ""), among) if among else ""
    return reason.format(**shown_cells), closest or remedy.format(**shown_cells)


# Of each code: the reason, what to do, and the list of which the word should have been one.
_WORDS = {
    "unknown-city": ("{city} is not a city that the Turtle files describe.", "Describe it, or correct the code.", ""),
    "unknown-indicator": ("{indicator} is not an indicator.", "'sckg query indicators' lists them.", "indicator"),
    "unknown-source": ("{source} is not a source of the city {city}.", "Describe it in the Turtle files.", ""),
    "no-period": (
        "The row states no period, and its source belongs to no assessment with a year.",
        "Fill 'period', or give the document an sckg:assessment with an sckg:year.",
        "",
    ),
    "bad-period": ("{period} is no period.", "Write a year (2019), a date (2019-06-30) or years (2017/2022).", ""),
    "unknown-answer": ("{value} is not an answer here.", "'sckg query answers' lists them.", "answer"),
    "not-a-number": ("{value} is not a number.", "Write the digits 0 to 9 with a decimal point.", ""),
    "wrong-unit": ("The unit {unit} does not fit {indicator}, which is in {usual}.", "Give the value in {usual}.", ""),
    "out-of-range": ("{value} is not possible for {indicator}: {limits}.", "Check the value and its unit.", ""),
    "unknown-grade": ("{stated} is not a grade of the framework's scale.", "Correct it, or leave it empty.", ""),
    "unknown-word": ("{status} is not a status.", "'sckg query terms' lists them.", "status"),
}


def _limits(said: Mapping[str, str]) -> str:
    ends = {"at least": said["minimum"], "at most": said["maximum"]}
    return " and ".join(f"{word} {plain(Decimal(end))}" for word, end in ends.items() if end)
