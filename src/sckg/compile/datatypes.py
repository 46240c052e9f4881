"""When a literal has a datatype in SPARQL: the same IRI, and a text that the datatype allows.

The standard asks for the second only of the datatypes of SPARQL 1.1; dates and times are tested as well, as pySHACL
does, because a date that is none helps nobody.
"""

from __future__ import annotations

from sckg import names
from sckg.compile.forms import Value
from sckg.compile.spelling import KEPT, RANGES

_NUMBER = r"[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)"
_DOUBLE = rf"^({_NUMBER}([eE][+-]?[0-9]+)?|[+-]?INF|NaN)$"
_TEXTS = {"decimal": f"^{_NUMBER}$", "float": _DOUBLE, "double": _DOUBLE, "boolean": "^(true|false|0|1)$"}
_INTEGERS: dict[str, tuple[int | None, int | None]] = {"integer": (None, None), **RANGES}
# Days exist or not by the calendar, which only the cast to a dateTime knows; every SPARQL 1.1 engine has that cast.
_AS_DATETIME = {
    "dateTime": "STR({0})",
    "dateTimeStamp": "STR({0})",
    "date": 'CONCAT(SUBSTR(STR({0}), 1, 10), "T00:00:00", SUBSTR(STR({0}), 11))',
    "time": 'CONCAT("2000-01-01T", STR({0}))',
}


def has_datatype(value: str, datatype: Value, *, exact: bool) -> str:
    """Return an expression that is true of a well-formed literal of the datatype.

    A store may keep the small integer types as plain integers (Oxigraph does); there they count as the same, unless the
    data keep the spelling of literals (``exact``).
    """
    local = datatype.value.removeprefix(names.XSD) if datatype.value.startswith(names.XSD) else ""
    if exact:
        kept = " && ".join([f"DATATYPE({value}) = <{KEPT}{datatype.value}>", *_well_formed(value, local)])
        return f"COALESCE(isLiteral({value}) && (DATATYPE({value}) = {datatype} || ({kept})), false)"
    same = f'DATATYPE("0"^^{datatype})' if local in _INTEGERS else str(datatype)
    tests = [f"isLiteral({value})", f"DATATYPE({value}) = {same}", *_well_formed(value, local)]
    return f"COALESCE({' && '.join(tests)}, false)"


def _well_formed(value: str, local: str) -> list[str]:
    if local in _INTEGERS:
        number = f"<{names.XSD}decimal>(STR({value}))"
        ends = zip((">=", "<="), _INTEGERS[local], strict=True)
        return [_text(value, "^[+-]?[0-9]+$"), *(f"{number} {sign} {end}.0" for sign, end in ends if end is not None)]
    if local == "dateTimeStamp":
        zone = _text(value, "(Z|[+-][0-9]{2}:[0-9]{2})$")
        return [zone, f"isLiteral(<{names.XSD}dateTime>({_AS_DATETIME[local].format(value)}))"]
    if local in _TEXTS:
        return [_text(value, _TEXTS[local])]
    if local in _AS_DATETIME:
        return [f"isLiteral(<{names.XSD}dateTime>({_AS_DATETIME[local].format(value)}))"]
    return []


def _text(value: str, pattern: str) -> str:
    return f'REGEX(STR({value}), "{pattern}")'
