"""Rows of observations from CSV, Parquet and XLSX, as they are written: every cell a text, with its file and row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from sckg.problems import NotPossible, Problem, ProblemsFound, shown, suggestion
from sckg.rows.engines import DuckDB, quoted

NEEDED = ("city", "indicator", "value", "source")
EXTRAS = ("period", "unit", "stated", "status", "locator", "note")
SUFFIXES = (".csv", ".parquet", ".xlsx")


def observation_files(folder: Path) -> list[Path]:
    """Return the files of a folder that hold the observations of many cities."""
    found = (p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    return sorted(p for p in found if p.stem.startswith("observations"))


def is_of_many(folder: Path) -> bool:
    """Return whether a folder holds the rows of many cities: it has observations, and no file city.ttl."""
    return folder.is_dir() and not (folder / "city.ttl").exists() and bool(observation_files(folder))


def read_files(engine: DuckDB, files: Sequence[Path]) -> None:
    """Define the table ``written``: the cells of all files as texts, empty ones as NULL.

    Raises ProblemsFound for a file whose columns are not those of observations.
    """
    selects, problems = [], []
    with TemporaryDirectory(prefix="sckg-rows-") as room:
        for number, path in enumerate(files):
            source = _source(path, Path(room) / f"{number}.parquet")
            try:
                there = [str(name) for name, *_ in engine.ask(f"DESCRIBE SELECT * FROM {source}")]
            except duckdb.Error as error:
                problems.append(_unreadable(path, error))
                continue
            problems += _columns_of(path, there)
            selects.append(_select(path, source, there))
        if problems:
            raise ProblemsFound(problems)
        try:
            engine.define("written", "\nUNION ALL\n".join(selects))
        except duckdb.Error as error:
            raise ProblemsFound([_unreadable(files[0], error)]) from error


def _source(path: Path, copy: Path) -> str:
    """Return what DuckDB reads: the file itself, or a copy as Parquet of a spreadsheet's first sheet."""
    if path.suffix.lower() == ".parquet":
        return f"read_parquet({quoted(path)})"
    if path.suffix.lower() == ".csv":
        return f"read_csv({quoted(path)}, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"')"
    try:
        import polars  # noqa: ICN001, PLC0415 - an extra
    except ImportError as error:
        raise NotPossible(f"{path}: reading spreadsheets needs pip install 'sckg[spreadsheets]'") from error
    polars.read_excel(path, engine="calamine", infer_schema_length=0).write_parquet(copy)
    return f"read_parquet({quoted(copy)})"


def _select(path: Path, source: str, there: Sequence[str]) -> str:
    cells = [
        f"NULLIF(TRIM(CAST({name} AS VARCHAR)), '') AS {name}" if name in there else f"CAST(NULL AS VARCHAR) AS {name}"
        for name in (*NEEDED, *EXTRAS)
    ]
    return f"SELECT {quoted(path)} AS file, 1 + ROW_NUMBER() OVER () AS row, {', '.join(cells)} FROM {source}"


def _columns_of(path: Path, there: Sequence[str]) -> list[Problem]:
    problems = []
    for name in (n for n in NEEDED if n not in there):
        reason = f"The column '{name}' is missing."
        problems.append(Problem(shown(path), 1, "missing-column", reason, f"Its columns are {', '.join(NEEDED)}."))
    for name in (n for n in there if n not in {*NEEDED, *EXTRAS}):
        remedy = suggestion(name, (*NEEDED, *EXTRAS)) or f"Beside the needed ones there may be {', '.join(EXTRAS)}."
        problems.append(Problem(shown(path), 1, "unknown-column", f"No step reads a column '{name}'.", remedy))
    return problems


def _unreadable(path: Path, error: duckdb.Error) -> Problem:
    reason = str(error).splitlines()[0]
    return Problem(shown(path), 0, "broken-csv", f"It cannot be read: {reason}", "Correct it, or write it again.")
