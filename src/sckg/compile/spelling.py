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
_SMALL = (
    "nonPositiveInteger negativeInteger nonNegativeInteger positiveInteger long int short byte unsignedLong unsignedInt"
)
_DATES = "time dateTimeStamp gYear gYearMonth gMonth gMonthDay gDay duration dayTimeDuration yearMonthDuration"
_NUMBERS = "integer decimal double float boolean date dateTime unsignedInt unsignedShort unsignedByte"
_READ = frozenset(f"{names.XSD}{local}" for local in f"{_SMALL} {_DATES} {_NUMBERS}".split())
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
_CALENDAR = {f"{names.XSD}date": date.fromisoformat, f"{names.XSD}dateTime": datetime.fromisoformat}


def kept(literal: Literal) -> Literal:
    """Return the literal, under a datatype of our own where the store would spell it anew.

    >>> kept(Literal("7.0", datatype=NamedNode(names.XSD + "decimal"))).value
    '7.0'
    """
    datatype = literal.datatype.value
    if datatype not in _READ or _is_plain(literal.value, datatype):
        return literal
    return Literal(literal.value, datatype=NamedNode(KEPT + datatype))


def original(literal: Literal) -> Literal:
    """Return the literal that was kept."""
    datatype = literal.datatype.value
    if not datatype.startswith(KEPT):
        return literal
    return Literal(literal.value, datatype=NamedNode(datatype.removeprefix(KEPT)))


def value_of(variable: str) -> str:
    """Return an expression for the value of a literal that was kept; an error for any other."""
    return f'STRDT(STR({variable}), IRI(STRAFTER(STR(DATATYPE({variable})), "{KEPT}")))'


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
