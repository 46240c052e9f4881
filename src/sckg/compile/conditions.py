"""What constraints ask of a row, as one condition of SQL: true of a row that conforms, false of any other, never NULL.

A row is a focus node whose properties are its columns; a cell is at most one value. DuckDB and Spark SQL read the same
text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.cells import MOST_DIGITS
from sckg.compile.columns import COLUMNS, Column
from sckg.compile.forms import Constraint, Path, SparqlConstraint, Value, terms

Members = Mapping[NamedNode, Sequence[NamedNode]]  # of classes whose instances are all known beforehand
_COMPARE = {"minInclusive": ">=", "maxInclusive": "<=", "minExclusive": ">", "maxExclusive": "<"}
_PAIRS = {"lessThan": "<", "lessThanOrEquals": "<=", "disjoint": "<>"}
_LENGTHS = {"minLength": ">=", "maxLength": "<="}
_LOGIC = frozenset({"node", "not", "and", "or", "xone"})
_NUMBERS = {NamedNode(names.XSD + local) for local in ("decimal", "integer")}
_IRI_KINDS, _LITERAL_KINDS = terms("IRI BlankNodeOrIRI IRIOrLiteral"), terms("Literal BlankNodeOrLiteral IRIOrLiteral")


class NotAColumn(Exception):  # noqa: N818 - it says what was met
    """What a shape asks cannot be asked of the columns of a row; names the feature."""


def condition(asked: Sequence[Constraint | SparqlConstraint], members: Members, here: Column | None = None) -> str:
    """Return one condition for all constraints on a row, or on the cell ``here`` when it is filled.

    Raises NotAColumn for what rows cannot tell.
    """
    constraints = plain(asked)
    filled = {c.path for c in constraints if _word(c) == "minCount" and int(c.operands[0].value) == 1}
    parts = [_part(c, members, here, is_filled=c.path in filled) for c in constraints]
    return " AND ".join(dict.fromkeys(p for p in parts if p != "TRUE")) or "TRUE"


def plain(asked: Sequence[Constraint | SparqlConstraint]) -> list[Constraint]:
    """Return the constraints. Raises NotAColumn when one of them is written in SPARQL."""
    if any(isinstance(c, SparqlConstraint) for c in asked):
        raise NotAColumn("a constraint in SPARQL")
    return [c for c in asked if isinstance(c, Constraint)]


def text(value: str) -> str:
    """Return a text as SQL writes it; quotes and backslashes, which the dialects escape differently, by their number.

    >>> text("ada"), text("Bo'ne")
    ("'ada'", "CONCAT('Bo', CHR(39), 'ne')")
    """
    pieces = [p for p in re.split(r"(['\\])", value) if p]
    written = [f"CHR({ord(p)})" if p in "'\\" else f"'{p}'" for p in pieces]
    return f"CONCAT({', '.join(written)})" if len(written) > 1 else (*written, "''")[0]


def column_of(path: Path | None) -> Column:
    """Return the column that holds a property. Raises NotAColumn for another path."""
    if isinstance(path, NamedNode) and path in COLUMNS:
        return COLUMNS[path]
    shown = names.compact(path.value) if isinstance(path, NamedNode) else path
    raise NotAColumn(f"the path {shown}" if path else "a constraint on the observation itself")


def _part(constraint: Constraint, members: Members, here: Column | None, *, is_filled: bool) -> str:
    word, path = _word(constraint), constraint.path
    if constraint.via or (here and path):
        raise NotAColumn("a path that goes on from the value of a property")
    if not path and not here and word in _LOGIC:
        return _logic(word, [condition(shape, members) for shape in constraint.shapes])
    column = here or column_of(path)
    if word in {"minCount", "maxCount"}:
        return _count(word, column, int(constraint.operands[0].value))
    if word == "hasValue":
        found = _among(column, constraint.operands, word)
        return found if is_filled or here or found == "FALSE" else f"({column.name} IS NOT NULL AND {found})"
    if word == "equals":
        return f"{column.name} IS NOT DISTINCT FROM {_beside(column, constraint, word).name}"
    accepts = _accepts(constraint, column, members)
    if is_filled or here or accepts == "TRUE":
        return accepts
    return f"{column.name} IS NULL" if accepts == "FALSE" else f"({column.name} IS NULL OR {accepts})"


def _accepts(constraint: Constraint, column: Column, members: Members) -> str:
    """Return a condition, true of a filled cell whose value the component lets pass."""
    word, operands = _word(constraint), constraint.operands
    if word in _LOGIC:
        return _logic(word, [condition(shape, members, column) for shape in constraint.shapes])
    if word in _COMPARE and column.is_number:
        return f"{column.name} {_COMPARE[word]} {_number(operands[0], word)}"
    if word in _PAIRS:
        other = _beside(column, constraint, word).name
        return f"({other} IS NULL OR {column.name} {_PAIRS[word]} {other})"
    if word in _LENGTHS and not column.is_number:
        return f"LENGTH({column.name}) {_LENGTHS[word]} {operands[0].value}"
    return _belongs(word, column, operands, members)


def _belongs(word: str, column: Column, operands: Sequence[Value], members: Members) -> str:
    """Return a condition, true of a value that is one of those named, or of the kind named."""
    if word == "in":
        return _among(column, operands, word)
    if word == "class" and operands[0] in members and isinstance(operands[0], NamedNode):
        return _among(column, members[operands[0]], word)
    if word in {"datatype", "nodeKind", "uniqueLang", "languageIn"}:
        return _truth(_fits(word, column, operands))
    raise NotAColumn(f"sh:{word} on {names.compact(column.predicate.value)}")


def _fits(word: str, column: Column, operands: Sequence[Value]) -> bool:
    """Return what is the same for every value of a column."""
    if word == "datatype":
        return column.datatype == operands[0]
    if word == "nodeKind":
        return operands[0] in (_LITERAL_KINDS if column.datatype else _IRI_KINDS)
    return word == "uniqueLang"  # no cell has a language


def _count(word: str, column: Column, count: int) -> str:
    if word == "minCount":
        return f"{column.name} IS NOT NULL" if count == 1 else _truth(count == 0)
    return f"{column.name} IS NULL" if count == 0 else "TRUE"


def _among(column: Column, values: Sequence[Value], word: str) -> str:
    written = list(dict.fromkeys(w for value in values for w in _written(column, value, word)))
    if len(written) <= 1:
        return f"{column.name} = {written[0]}" if written else "FALSE"
    return f"{column.name} IN ({', '.join(written)})"


def _written(column: Column, value: Value, word: str) -> Iterator[str]:
    """Yield the value as the column holds it, or nothing when no cell of the column stands for that term."""
    if isinstance(value, NamedNode) and column.kind == "iri":
        yield text(value.value)
    if not isinstance(value, Literal) or value.language or value.datatype != column.datatype:
        return
    if not column.is_number:
        yield text(value.value)
        return
    number = _number(value, word)
    if value.value not in {number, number.removesuffix(".0")}:
        raise NotAColumn(f"sh:{word} {value}, which rows do not tell from another spelling")
    yield number


def _number(value: Value, word: str) -> str:
    """Return a bound as SQL writes it, with a point, so that both engines read a decimal."""
    known = isinstance(value, Literal) and value.datatype in _NUMBERS
    found = re.fullmatch(r"([+-]?)0*([0-9]*)(?:\.([0-9]*?)0*)?", value.value) if known else None
    if not found or max(len(found[2]), len(found[3] or "")) > MOST_DIGITS:
        raise NotAColumn(f"sh:{word} {value}, which is no number that a column holds")
    sign = "-" if found[1] == "-" else ""
    return f"{sign}{found[2] or '0'}.{found[3] or '0'}"


def _beside(column: Column, constraint: Constraint, word: str) -> Column:
    """Return the column that a constraint compares with; only like can be compared with like."""
    other = constraint.operands[0]
    beside = column_of(other if isinstance(other, NamedNode) else None)
    is_order = word.startswith("less")
    if beside.kind != column.kind and not (is_order and beside.is_number and column.is_number):
        raise NotAColumn(f"sh:{word} between columns of two kinds")
    if is_order and not column.is_number:
        raise NotAColumn(f"sh:{word} between columns without numbers")
    return beside


def _logic(word: str, tests: list[str]) -> str:
    if word == "not":
        return f"(NOT ({tests[0]}))"
    if word == "xone":
        return f"({' + '.join(f'CASE WHEN {test} THEN 1 ELSE 0 END' for test in tests) or '0'} = 1)"
    if word == "or":
        return f"({' OR '.join(f'({test})' for test in tests)})" if tests else "FALSE"
    return " AND ".join(f"({test})" for test in tests) or "TRUE"


def _word(constraint: Constraint) -> str:
    return constraint.component.value.rpartition("#")[2]


def _truth(value: bool) -> str:  # noqa: FBT001 - it is what is written
    return "TRUE" if value else "FALSE"
