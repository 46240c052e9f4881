"""A CSV file to rows that remember their line; what is wrong with the file itself is a Problem."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sckg.problems import Problem, shown, suggestion


@dataclass(frozen=True)
class TableRow:
    """One row: its line in the file and its cells by column, stripped; a missing column reads as empty."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read_table(path: Path, required: Sequence[str], optional: Sequence[str]) -> tuple[list[TableRow], list[Problem]]:
    """Return the rows of a CSV file, and the problems of the file as a whole.

    Lines that begin with ``#`` are comments. Comma or semicolon separates, whichever the header uses.
    """
    text, problem = decoded(path)
    if problem:
        return [], [problem]
    lines = _numbered(text)
    if not lines:
        return [], [
            Problem(shown(path), 0, "empty-file", "The file has no rows.", "Copy the header from the template.")
        ]
    header_line, header = lines[0][0], [cell.strip().lower() for cell in lines[0][1]]
    problems = _header_problems(path, header_line, header, required, optional)
    if problems:
        return [], problems
    rows: list[TableRow] = []
    for line, cells in lines[1:]:
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            problems.append(_too_many(path, line, len(cells), len(header)))
            continue
        rows.append(TableRow(line, dict(zip(header, (cell.strip() for cell in cells), strict=False))))
    return rows, problems


def decoded(path: Path) -> tuple[str, Problem | None]:
    """Return the text of a file that must be UTF-8, or the Problem that it is not, or is empty."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        reason = f"Byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8."
        return "", Problem(shown(path), row, "wrong-encoding", reason, "Save the file as 'CSV UTF-8' or as UTF-8 text.")
    if not text.strip():
        reason = "The file is empty."
        return "", Problem(
            shown(path), 0, "empty-file", reason, "Copy it from cities/_template and fill it, or remove it."
        )
    return text, None


def _numbered(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows with the line each begins on, without comments and blank lines."""
    first = next((ln for ln in text.splitlines() if ln.strip() and not ln.startswith("#")), "")
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    rows, begins = [], 1
    for cells in reader:
        if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
            rows.append((begins, cells))
        begins = reader.line_num + 1
    return rows


def _header_problems(
    path: Path, line: int, header: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> list[Problem]:
    known = [*required, *optional]
    problems = []
    for column in required:
        if column not in header:
            remedy = (
                f"Add it to the header; the columns are: {', '.join(required)} (and may be: {', '.join(optional)})."
            )
            problems.append(Problem(shown(path), line, "missing-column", f"The column '{column}' is missing.", remedy))
    for column in header:
        if column not in known:
            remedy = suggestion(column, known) or f"The columns are: {', '.join(known)}."
            problems.append(
                Problem(shown(path), line, "unknown-column", f"'{column}' is not a column of this file.", remedy)
            )
    return problems


def _too_many(path: Path, line: int, found: int, wanted: int) -> Problem:
    reason = f"The row has {found} cells; the header has {wanted}."
    return Problem(shown(path), line, "too-many-cells", reason, "Put a cell that holds a comma in double quotes.")
