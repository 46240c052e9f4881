"""One cell of a city's file to one value, or the reason why it cannot be one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from sckg.problems import suggestion

_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?")
_INDONESIAN = re.compile(r"[-+]?\d{1,3}(\.\d{3})*,\d+|[-+]?\d+,\d+")
_PERIOD = re.compile(r"(?P<from>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2}))?)?(/(?P<to>\d{4}))?")
FIRST_YEAR, LAST_YEAR = 1945, 2100


class CellProblem(Exception):  # noqa: N818 - it says what the cell is
    """A cell that cannot be understood: a code, the reason, and what to do."""

    def __init__(self, code: str, reason: str, remedy: str = "") -> None:
        self.code, self.reason, self.remedy = code, reason, remedy
        super().__init__(reason)


@dataclass(frozen=True)
class Period:
    """A period as it is stated, and the year that dated norms and queries use: its last one."""

    text: str
    year: int


def number(text: str, *, whole: bool = False) -> Decimal:
    """Return a decimal number written with a decimal point and nothing else.

    ``whole`` refuses fractions: 1.192 in a count is 1192 with an Indonesian thousands mark.
    """
    if _PLAIN.fullmatch(text):
        value = Decimal(text)
        if whole and value != value.to_integral_value():
            without = text.replace(".", "")
            remedy = f"Write {without} if the point marks thousands." if re.fullmatch(r"\d{1,3}\.\d{3}", text) else ""
            raise CellProblem("not-a-whole-number", f"'{text}' is not a whole number, and this is a count.", remedy)
        return value
    if _INDONESIAN.fullmatch(text):
        plain = text.replace(".", "").replace(",", ".")
        raise CellProblem(
            "wrong-decimal-mark",
            f"'{text}' uses a decimal comma.",
            f"Write {plain}, with a point and no thousands mark.",
        )
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", text):
        plain = text.replace(".", "")
        raise CellProblem("wrong-decimal-mark", f"'{text}' marks thousands with points.", f"Write {plain}.")
    if re.search(r"\d\s*(%|[A-Za-z])", text):
        raise CellProblem("not-a-number", f"'{text}' is a number with its unit.", "Put the unit in the column 'unit'.")
    raise CellProblem(
        "not-a-number", f"'{text}' is not a number.", "Write digits with a decimal point, or leave it empty."
    )


def period(text: str) -> Period | None:
    """Return a stated period (YYYY, YYYY-MM, YYYY-MM-DD or YYYY/YYYY), or None for an empty cell."""
    if not text:
        return None
    found = _PERIOD.fullmatch(text)
    year = int(found["to"] or found["from"]) if found else 0
    dated = found and _is_date(int(found["month"] or 1), int(found["day"] or 1)) and int(found["from"]) <= year
    if not dated or not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellProblem(
            "bad-period", f"'{text}' is not a period.", "Write a year (2019), a date (2019-06-30) or years (2017/2022)."
        )
    return Period(text, year)


def choice(text: str, known: dict[str, str], code: str, what: str) -> str:
    """Return what the text stands for among the known words."""
    if text in known:
        return known[text]
    remedy = suggestion(text, known) or f"It is one of: {', '.join(sorted(known))}."
    raise CellProblem(code, f"'{text}' is not {what}.", remedy)


def offset(text: str) -> int:
    """Return a character offset, counted from 0."""
    if not re.fullmatch(r"\d+", text):
        raise CellProblem("bad-selector", f"'{text}' is not a character offset.", "Write a whole number from 0.")
    return int(text)


def pairs(text: str, column: str) -> list[tuple[str, str]]:
    """Return ``a=1; b=2`` as pairs."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, equals, value = part.partition("=")
        if not equals or not value.strip():
            raise CellProblem("bad-pair", f"'{part}' in '{column}' has no value.", "Write name=value; name=value.")
        found.append((name.strip(), value.strip()))
    return found


def _is_date(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31  # noqa: PLR2004 - a calendar
