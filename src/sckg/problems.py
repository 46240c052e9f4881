"""What can be wrong with an input, said in one voice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: where, what, why it matters and what to do.

    ``code`` is an anchor in ``docs/problems.md``. ``row`` is the line of the file, counted from 1,
    or 0 when the whole file is meant.
    """

    file: str
    row: int
    code: str
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.row}" if self.row else self.file
        text = f"{where}  {self.code}\n  {self.reason}"
        return f"{text}\n  {self.remedy}" if self.remedy else text


class ProblemsFound(Exception):  # noqa: N818 - it reads as what happened, not as a crash
    """The input has problems; nothing was stored."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(f"{len(self.problems)} problem(s)")


class NotPossible(Exception):  # noqa: N818 - it reads as what happened, not as a crash
    """What was asked cannot be done here: a wrong word, an empty store, a missing tool."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean x?`` when one of the known words is close, otherwise an empty text."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else ""


def shown(path: Path) -> str:
    """Return the path as a person would name it: relative to where they stand when that is shorter."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
