"""Literals as they are spelled, in a store that keeps only their values.

Oxigraph reads ``"7.0"^^xsd:decimal`` as 7 and ``"5"^^xsd:int`` as the integer 5. To SHACL these are other terms: it
compares terms by their spelling, and ``sh:datatype`` by the very datatype. So data that are to be validated keep such a
literal under a datatype of our own, which names the original, and compare its value when an order is asked for.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from pyoxigraph import Literal, NamedNode

from sckg import names

KEPT = "urn:sckg:as-spelled:"
_NONE = "urn:sckg:ill-typed:"  # what is no number of its type has no value that could be compared
# The ends of the integer types that have some.
RANGES: dict[str, tuple[int | None, int | None]] = {
    "nonPositiveInteger": (None, 0), "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None), "positiveInteger": (1, None),
    "long": (-(2**63), 2**63 - 1), "int": (-(2**31), 2**31 - 1), "short": (-(2**15), 2**15 - 1), "byte": (-128, 127),
    "unsignedLong": (0, 2**64 - 1), "unsignedInt": (0, 2**32 - 1), "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}  # fmt: skip
_DATES = "time dateTimeStamp gYear gYearMonth gMonth gMonthDay gDay duration dayTimeDuration yearMonthDuration"
_NUMBERS = "integer decimal double float boolean date dateTime"
_READ = frozenset(f"{names.XSD}{local}" for local in [*RANGES, *f"{_DATES} {_NUMBERS}".split()])
# What comes out of the store as it went in; all else is kept as spelled.
_PLAIN = {
    f"{names.XSD}{local}": re.compile(pattern, re.ASCII)
    for local, pattern in {
        "integer": r"0|-?[1-9]\d{0,17}",
        "decimal": r"0|-?0\.\d{0,14}[1-9]|-?[1-9]\d{0,14}(\.\d{0,14}[1-9])?",
        "double": r"0|-?0\.[1-9]|-?[1-9]\d{0,7}(\.\d{0,4}[1-9])?",
        "float": r"0|-?0\.[1-9]|-?[1-9]\d{0,2}(\.\d?[1-9])?",
        "boolean": "true|false",
        "date": r"\d{4}-\d\d-\d\d",
        "dateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?",
    }.items()
}
_LONGEST = 1000  # digits
_CALENDAR = {f"{names.XSD}date": date.fromisoformat, f"{names.XSD}dateTime": datetime.fromisoformat}


def kept(literal: Literal) -> Literal:
    """Return the literal, under a datatype of our own where the store would spell it anew.

    >>> kept(Literal("7.0", datatype=NamedNode(names.XSD + "decimal"))).value
    '7.0'
    """
    datatype = literal.datatype.value
    if datatype not in _READ or _is_plain(literal.value, datatype):
        return literal
    prefix = KEPT if _is_in_range(literal.value, datatype) else _NONE
    return Literal(literal.value, datatype=NamedNode(prefix + datatype))


def original(literal: Literal) -> Literal:
    """Return the literal that was kept."""
    datatype = literal.datatype.value
    if not datatype.startswith((KEPT, _NONE)):
        return literal
    return Literal(literal.value, datatype=NamedNode(datatype.removeprefix(KEPT).removeprefix(_NONE)))


def value_of(variable: str) -> str:
    """Return an expression for the value of a literal that was kept; an error for any other."""
    return f'STRDT(STR({variable}), IRI(STRAFTER(STR(DATATYPE({variable})), "{KEPT}")))'


def _is_in_range(text: str, datatype: str) -> bool:
    ends = RANGES.get(datatype.removeprefix(names.XSD))
    if not ends:
        return True
    least, most = ends
    if len(text) > _LONGEST or not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        return False
    return (least is None or int(text) >= least) and (most is None or int(text) <= most)


def _is_plain(text: str, datatype: str) -> bool:
    pattern = _PLAIN.get(datatype)
    if not pattern or not pattern.fullmatch(text):
        return False
    if datatype not in _CALENDAR:
        return True
    try:
        return bool(_CALENDAR[datatype](text))
    except ValueError:
        return False
