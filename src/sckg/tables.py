"""A CSV file to rows that remember their line; what is wrong with the file itself is a Problem."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sckg.problems import Problem, quoted, shown, suggestion

UTF8 = "Save the file as 'CSV UTF-8' or as UTF-8 text."


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
    lines, problems = _numbered(path, text)
    if not lines:
        nothing = Problem(shown(path), 0, "empty-file", "The file has no rows.", "Copy the header from the template.")
        return [], problems or [nothing]
    header_line, header = lines[0][0], _columns(lines[0][1])
    if wrong := _header_problems(path, header_line, header, required, optional):
        return [], problems + wrong
    rows: list[TableRow] = []
    for line, cells in lines[1:]:
        if any(cell.strip() for cell in cells[len(header) :]):
            problems.append(_too_many(path, line, len(cells), len(header), _delimiter(text)))
            continue
        rows.append(TableRow(line, dict(zip(header, (cell.strip() for cell in cells), strict=False))))
    return rows, problems


def decoded(path: Path) -> tuple[str, Problem | None]:
    """Return the text of a file that must be UTF-8, or the Problem that it is not, is empty or cannot be read."""
    if not path.is_file():  # a pipe would be waited for without end
        reason = "This is a folder, not a file." if path.is_dir() else "There is no file behind this name."
        return "", Problem(shown(path), 0, "unreadable-file", reason, "Put the file itself here, or remove this.")
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror}."
        return "", Problem(shown(path), 0, "unreadable-file", reason, "Let yourself read it, or put a copy here.")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        reason = f"Byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8."
        return "", Problem(shown(path), row, "wrong-encoding", reason, UTF8)
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        reason = "There is a NUL character, which no text has: the file is UTF-16, or not text."
        return "", Problem(shown(path), row, "wrong-encoding", reason, UTF8)
    if not text.strip():
        remedy = "Copy it from cities/_template and fill it, or remove it."
        return "", Problem(shown(path), 0, "empty-file", "The file is empty.", remedy)
    return text, None


def _numbered(path: Path, text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Return the rows with the line each begins on, without comments and blank lines, up to the first broken one."""
    delimiter = _delimiter(text)
    lines = enumerate(io.StringIO(text, newline=""), 1)
    rows: list[tuple[int, list[str]]] = []
    for begins, line in lines:
        if _is_comment(line) or not line.strip():
            continue
        try:
            cells = next(csv.reader(chain([line], _rest(lines)), delimiter=delimiter, strict=True))
        except csv.Error as error:
            return rows, [_broken(path, begins, str(error))]
        if any(cell.strip() for cell in cells):
            rows.append((begins, cells))
    return rows, []


def _rest(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Yield the lines that go on in a quoted cell, as the reader asks for them."""
    for _, line in lines:
        yield line


def _delimiter(text: str) -> str:
    header = next((ln for ln in text.splitlines() if ln.strip() and not _is_comment(ln)), "")
    return ";" if header.count(";") > header.count(",") else ","


def _is_comment(line: str) -> bool:
    """Return whether a line is a comment; a spreadsheet puts one that holds a comma in quotes."""
    return line.startswith(("#", '"#'))


def _columns(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns, without the empty ones that a spreadsheet leaves at the end."""
    header = [cell.strip().lower() for cell in cells]
    while header and not header[-1]:
        header.pop()
    return header


def _header_problems(
    path: Path, line: int, header: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> list[Problem]:
    known = [*required, *optional]
    problems = []
    if not set(header) & set(known):
        remedy = f"Begin with {','.join(required)}, with commas or semicolons between."
        reason = "The first row holds none of the columns of this file."
        return [Problem(shown(path), line, "missing-column", reason, remedy)]
    for column in required:
        if column not in header:
            remedy = (
                f"Add it to the header; the columns are: {', '.join(required)} (and may be: {', '.join(optional)})."
            )
            problems.append(Problem(shown(path), line, "missing-column", f"The column '{column}' is missing.", remedy))
    for column in dict.fromkeys(header):
        if column not in known:
            remedy = suggestion(column, known) or f"The columns are: {', '.join(known)}."
            reason = f"{quoted(column)} is not a column of this file." if column else "A column has no name."
            problems.append(Problem(shown(path), line, "unknown-column", reason, remedy))
        elif header.count(column) > 1:
            reason = f"The column '{column}' is there {header.count(column)} times."
            problems.append(Problem(shown(path), line, "duplicate-column", reason, "Keep one of them."))
    return problems


def _too_many(path: Path, line: int, found: int, wanted: int, delimiter: str) -> Problem:
    reason = f"The row has {found} cells, the header only {wanted}."
    remedy = f"Put double quotes around a text that has a {'semicolon' if delimiter == ';' else 'comma'} in it."
    return Problem(shown(path), line, "too-many-cells", reason, remedy)


def _broken(path: Path, line: int, error: str) -> Problem:
    if "field limit" in error:
        reason = f"A cell is longer than {csv.field_size_limit()} characters."
        remedy = "Shorten it, or close its double quote."
    elif "unexpected end" in error:
        reason = "A double quote is opened and never closed."
        remedy = "Close it at the end of the cell."
    else:
        reason = "A double quote inside a quoted cell ends it too early."
        remedy = 'Write it twice: "" stands for one double quote.'
    return Problem(shown(path), line, "broken-csv", f"{reason} Rows from here on are not read.", remedy)
