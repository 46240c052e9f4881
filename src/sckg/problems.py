"""What can be wrong with an input, said in one voice."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

LONGEST = 80  # characters of an input's own words that are repeated in a sentence
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


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
        lines = (f"{where}  {self.code}", self.reason, self.remedy)
        return "\n  ".join(printable(line) for line in lines if line)


class ProblemsFound(Exception):  # noqa: N818 - it reads as what happened, not as a crash
    """The input has problems; nothing was stored."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(self.problems)  # so that it can go from one process to another

    def __str__(self) -> str:
        return counted(len(self.problems), "problem")


class NotPossible(Exception):  # noqa: N818 - it reads as what happened, not as a crash
    """What was asked cannot be done here: a wrong word, an empty store, a missing tool."""


def counted(number: int, thing: str, things: str = "") -> str:
    """Return a number with what is counted.

    >>> counted(1, "city", "cities"), counted(2, "row")
    ('1 city', '2 rows')
    """
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean x?`` when one of the known words is close, otherwise an empty text."""
    close = nearest(word, known)
    return f"Did you mean {close}?" if close else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is closest, or an empty text when none is close."""
    alike = {w.casefold(): w for w in sorted(known, reverse=True)}
    close = get_close_matches(word[:LONGEST].casefold(), sorted(alike), n=1, cutoff=0.6)
    return alike[close[0]] if close else ""


def quoted(text: str) -> str:
    """Return the words of an input in quotation marks, cut when a sentence could not hold them.

    >>> quoted("broadband-coverge")
    "'broadband-coverge'"
    """
    return f"'{cut(text)}'"


def cut(text: str, most: int = LONGEST) -> str:
    """Return the text, or its beginning when it is longer than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def printable(text: str) -> str:
    """Return the text on one line, control characters as escapes: a cell must not steer a terminal."""
    return _UNPRINTABLE.sub(lambda found: ascii(found.group())[1:-1], text)


def shown(path: Path) -> str:
    """Return the path as a person would name it: relative to where they stand when it is below that."""
    # Asked for with every triple; pathlib takes ten times as long.
    absolute, here = os.path.abspath(path), os.path.join(os.getcwd(), "")  # noqa: PTH100, PTH109, PTH118
    return absolute.removeprefix(here) if absolute.startswith(here) else path.as_posix()
