"""One cell of a city's file to one value, or the reason why it cannot be one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sckg.problems import quoted, suggestion

# Digits are 0 to 9 only: a file may be read again by tools that know no other script.
_PLAIN = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_COMMA = re.compile(r"[-+]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+|[-+]?[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?P<mark>[.,])[0-9]{3}((?P=mark)[0-9]{3})+")
_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]{1,2}")
_PERIOD = re.compile(
    r"(?P<from>[0-9]{4})(/(?P<to>[0-9]{4})|-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2}))?)?",
)
FIRST_YEAR, LAST_YEAR = 1945, 2100
MOST_DIGITS = 18  # on each side of the point: what SPARQL stores compute with


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
    if not _PLAIN.fullmatch(text):
        raise _not_plain(text, whole=whole)
    if any(len(digits) > MOST_DIGITS for digits in text.lstrip("+-").split(".")):
        reason = f"{quoted(text)} has more than {MOST_DIGITS} digits on one side of the point."
        raise CellProblem("too-many-digits", reason, "Round it; no source measures so finely.")
    value = Decimal(text)
    thousands = re.fullmatch(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}", text)  # so 12.000 is no twelve
    if whole and (thousands or value != value.to_integral_value()):
        plain = text.replace(".", "")
        remedy = f"Write {plain} if the point marks thousands." if thousands else "Write the count without a fraction."
        raise CellProblem("not-a-whole-number", f"{quoted(text)} has a decimal point, and this is a count.", remedy)
    return value


def _not_plain(text: str, *, whole: bool) -> CellProblem:
    """Return why a text is no plain number, in the words of what was probably meant."""
    if _THOUSANDS.fullmatch(text):
        mark = "points" if "." in text else "commas"
        remedy = f"Write {re.sub('[.,]', '', text)}."
        return CellProblem("wrong-decimal-mark", f"{quoted(text)} marks thousands with {mark}.", remedy)
    if whole and re.fullmatch(r"[0-9]{1,3},[0-9]{3}", text):
        remedy = f"Write {text.replace(',', '')} if the comma marks thousands."
        return CellProblem("wrong-decimal-mark", f"{quoted(text)} has a comma, and this is a count.", remedy)
    if _COMMA.fullmatch(text):
        plain = text.replace(".", "").replace(",", ".")
        remedy = f"Write {plain}, with a point and no thousands mark."
        return CellProblem("wrong-decimal-mark", f"{quoted(text)} uses a decimal comma.", remedy)
    if _EXPONENT.fullmatch(text):
        reason = f"{quoted(text)} is written with a power of ten."
        return CellProblem("not-a-number", reason, f"Write {Decimal(text):f}.")
    if re.search(r"[0-9]\s*(%|[A-Za-z])", text):
        reason = f"{quoted(text)} is a number with its unit."
        return CellProblem("not-a-number", reason, "Leave the number here and put the unit in the column 'unit'.")
    remedy = "Write the digits 0 to 9 with a decimal point, or leave the cell empty."
    return CellProblem("not-a-number", f"{quoted(text)} is not a number.", remedy)


def period(text: str) -> Period | None:
    """Return a stated period (YYYY, YYYY-MM, YYYY-MM-DD or YYYY/YYYY), or None for an empty cell."""
    if not text:
        return None
    found = _PERIOD.fullmatch(text)
    first, last = (int(found["from"]), int(found["to"] or found["from"])) if found else (0, 0)
    if not found or not FIRST_YEAR <= first <= last <= LAST_YEAR or not _is_date(found, first):
        reason = f"{quoted(text)} is not a period between {FIRST_YEAR} and {LAST_YEAR}."
        raise CellProblem("bad-period", reason, "Write a year (2019), a date (2019-06-30) or years (2017/2022).")
    return Period(text, last)


def choice(text: str, known: dict[str, str], code: str, what: str) -> str:
    """Return what the text stands for among the known words."""
    if text in known:
        return known[text]
    remedy = suggestion(text, known) or f"It is one of: {', '.join(sorted(known))}."
    raise CellProblem(code, f"{quoted(text)} is not {what}.", remedy)


def offset(text: str, column: str) -> int:
    """Return a character offset, counted from 0."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        reason = f"{quoted(text)} in '{column}' is not a character offset." if text else f"'{column}' is empty."
        raise CellProblem("bad-selector", reason, "Write a whole number: characters are counted from 0.")
    return int(text)


def pairs(text: str, column: str) -> list[tuple[str, str]]:
    """Return ``a=1; b=2`` as pairs."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            reason = f"{quoted(part)} in '{column}' is not a name with a value."
            raise CellProblem("bad-pair", reason, "Write name=value; name=value.")
        found.append((name.strip(), value.strip()))
    return found


def _is_date(found: re.Match[str], year: int) -> bool:
    try:
        date(year, int(found["month"] or 1), int(found["day"] or 1))
    except ValueError:
        return False
    return True
