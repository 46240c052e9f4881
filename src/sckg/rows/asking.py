"""A what-if as a person asks it: words in, an answer as text or JSON out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal

from sckg import names
from sckg.assets import Knowledge
from sckg.opening import is_url, open_store, store_folder
from sckg.pipeline import grading_rules, read_model
from sckg.problems import NotPossible, counted
from sckg.queries import catalogue, named
from sckg.render import plain
from sckg.row_cells import plain as plain_number
from sckg.rows.engines import DuckDB
from sckg.rows.supposing import CutOff, Value
from sckg.rows.what_if import Answer, Rows, load_store, load_words, prepare, suppose
from sckg.snapshots.reading import current
from sckg.vocabulary import vocabulary

SHOWN = 20  # rows and cities that are printed; JSON has them all


def ask(
    where: str,
    knowledge: Knowledge,
    profile: str,
    *,
    instead: str = "",
    cut_offs: Sequence[str] = (),
    values: Sequence[str] = (),
) -> Answer:
    """Return what would change in a store. Raises NotPossible when nothing is supposed, or what cannot be."""
    if not (instead or cut_offs or values):
        raise NotPossible("nothing is supposed; give --cut-off, --value or --instead")
    store, model, queries, engine = open_store(where), read_model(knowledge), catalogue(knowledge), DuckDB()
    words, rules = vocabulary(model, queries), grading_rules(knowledge)
    moved = [CutOff.read(text, words) for text in cut_offs]
    other = [Value.read(text, words) for text in values]
    profiles = named(queries, "profiles").ask(model, {}).rows
    usual = next(
        (plain(row["profile"]).rpartition("/")[2] for row in profiles if plain(row["is_default"]) == "true"), ""
    )
    load_words(engine, words, model, queries)
    load_store(engine, store, queries, None if is_url(where) else current(store_folder(where)).path / "rows")
    prepare(engine, rules, knowledge, profile or usual)
    return suppose(engine, rules, knowledge, profile or usual, instead=instead, cut_offs=moved, values=other)


def as_json(answer: Answer) -> str:
    """Return everything as one JSON object."""
    return json.dumps(asdict(answer), ensure_ascii=False, indent=1, default=_number)


def as_text(answer: Answer) -> str:
    """Return the answer for people: how many, then which, with what is left out said."""
    if not answer.rows:
        return "No grade would change."
    return "\n".join([
        f"{counted(len(answer.rows), 'grade')} would change:", *_grades(answer.grades),
        "Indicators of assessments, by what their grade signals:", *_findings(answer.findings),
        "Rows:", *_shown([_row(row) for row in answer.rows]),
        f"Ranks or means of {counted(len(answer.ranking), 'assessment')} would change:",
        *_shown([_rank(row) for row in answer.ranking]),
    ])  # fmt: skip


def _grades(rows: Rows) -> Iterator[str]:
    for row in rows:
        cities = counted(int(str(row["cities"])), "city", "cities")
        yield f"  {row['rows']:>7}  {_brief(row['indicator'])}: {_move(row)} ({cities})"


def _findings(rows: Rows) -> Iterator[str]:
    return (f"  {row['was']:>7} -> {row['becomes']:<7}  {row['signals']}" for row in rows)


def _row(row: dict[str, object]) -> str:
    changed = "" if row["value"] == row["supposed"] else f", supposed {_brief(row['supposed'])}"
    what = f"{_brief(row['city'])} {row['year']} {_brief(row['indicator'])}"
    return f"  {what}: {_brief(row['value'])}{changed}: {_move(row)}"


def _rank(row: dict[str, object]) -> str:
    means = f"{_number(row['mean_was'])} -> {_number(row['mean_becomes'])}"
    return f"  {_brief(row['city'])} {row['year']}: rank {row['rank_was']} -> {row['rank_becomes']}, mean {means}"


def _shown(lines: list[str]) -> list[str]:
    left = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"  ... and {left} more; --format json has them all"] if left > 0 else [])


def _move(row: dict[str, object]) -> str:
    return f"{row['was'] or 'no grade'} -> {row['becomes'] or 'no grade'}"


def _brief(cell: object) -> str:
    text = str(cell or "no value")
    return plain_number(Decimal(text)) if text.replace(".", "").lstrip("-").isdigit() else names.compact(text)


def _number(cell: object) -> str:
    return plain_number(cell) if isinstance(cell, Decimal) else str(cell)
