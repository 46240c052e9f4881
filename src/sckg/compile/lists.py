"""A value among the terms of a list, however long: the same term, and not one that only has its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import Literal

from sckg import names
from sckg.compile.forms import Value
from sckg.compile.spelling import KEPT

# Where equal means the same term, once the datatype is the same.
_ONE_SPELLING = {f"{names.XSD}{local}" for local in ("string", "integer", "decimal", "boolean")}
_MOST = 50  # comparisons in a row; a thousand of them end the process of the engine


def among(value: str, items: Sequence[Value]) -> str:
    """Return an expression that is true of a value that is one of the items, and never an error."""
    return " || ".join(_tests(value, items)) or "false"


def _tests(value: str, items: Sequence[Value]) -> Iterator[str]:
    if names_ := [str(one) for one in items if not isinstance(one, Literal)]:
        yield f"COALESCE({value} IN ({', '.join(names_)}), false)"
    by_type: dict[str, list[str]] = {}
    alone = []
    for literal in (one for one in items if isinstance(one, Literal)):
        datatype = literal.datatype.value
        if datatype in _ONE_SPELLING or datatype.startswith(KEPT):
            by_type.setdefault(datatype, []).append(str(literal))
        else:
            alone.append(str(literal))
    for datatype, texts in by_type.items():
        yield f"COALESCE(DATATYPE({value}) = <{datatype}> && {value} IN ({', '.join(texts)}), false)"
    if len(alone) > _MOST:
        yield f"EXISTS {{ VALUES {value} {{ {' '.join(alone)} }} }}"
    else:
        yield from (f"sameTerm({value}, {text})" for text in alone)
