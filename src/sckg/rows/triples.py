"""Rows written as N-Triples in bulk, by SQL: one line for each filled cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pyoxigraph import NamedNode

from sckg import names
from sckg.compile.columns import COLUMNS, SUBJECT
from sckg.compile.conditions import text
from sckg.names import RDF, XSD, term
from sckg.rows.engines import DuckDB, quoted

# A cell as N-Triples writes it; trailing zeros of a number say nothing.
_IRI = "'<' || {0} || '>'"
_ESCAPED = r"""REPLACE(REPLACE(REPLACE(REPLACE({0}, '\', '\\'), '"', '\"'), chr(10), '\n'), chr(13), '\r')"""
_TEXT = f"""'"' || {_ESCAPED} || '"'"""
_INTEGER = f"""'"' || {{0}} || '"^^<{XSD}integer>'"""
_DECIMAL = f"""'"' || CASE WHEN CONTAINS(CAST({{0}} AS VARCHAR), '.')
  THEN RTRIM(RTRIM(CAST({{0}} AS VARCHAR), '0'), '.') ELSE CAST({{0}} AS VARCHAR) END || '"^^<{XSD}decimal>'"""
_WRITTEN = {"iri": _IRI, "text": _TEXT, "integer": _INTEGER, "decimal": _DECIMAL}
Kinds = Mapping[str, tuple[str, str]]  # the property and the kind of each column

OBSERVATIONS: Kinds = {column.name: (column.predicate.value, column.kind) for column in COLUMNS.values()}
GRADES: Kinds = {"band": (term("fallsIn").value, "iri")}
ROLL_UPS: Kinds = {
    "thing": (term("rollsUp").value, "iri"), "city": (term("city").value, "iri"),
    "assessment": (term("assessment").value, "iri"), "profile": (term("profile").value, "iri"),
    "year": (term("year").value, "integer"), "indicators": (term("indicators").value, "integer"),
    "graded": (term("graded").value, "integer"), "ungraded": (term("ungraded").value, "integer"),
    "mean_graded": (term("meanGraded").value, "decimal"), "mean_all": (term("meanAll").value, "decimal"),
}  # fmt: skip


def write(engine: DuckDB, table: str, path: Path, codes: Sequence[str]) -> None:
    """Write ``observations``, ``grades`` or ``roll_ups`` of some cities as N-Triples, each line behind its code."""
    some = f"SELECT * FROM {table} WHERE {code_of(FORMS[table][0])} IN ({', '.join(map(text, codes))})"
    lines = f"SELECT code, UNNEST(lines) AS line FROM ({_written(table, some)})"
    _copied(engine, f"SELECT code, line FROM ({lines}) WHERE line IS NOT NULL", path)


def write_all(engine: DuckDB, table: str, path: Path, where: str = "TRUE") -> None:
    """Write a table as N-Triples."""
    lines = f"SELECT UNNEST(lines) AS line FROM ({_written(table, f'SELECT * FROM {table} WHERE {where}')})"
    _copied(engine, f"SELECT line FROM ({lines}) WHERE line IS NOT NULL", path)


def code_of(column: str) -> str:
    """Return what the code of the city is in SQL, of the column that holds the name of one of its things."""
    if column == "roll_up":
        column = "city"  # whose name begins with its kind and code
    return f"SPLIT_PART(SUBSTR({column}, {len(names.data_base()) + 1}), '/', 2)"


def _written(table: str, select: str) -> str:
    subject, kind, columns = FORMS[table]
    return f"SELECT {code_of(subject)} AS code, [{', '.join(_lines(subject, kind, columns))}] AS lines FROM ({select})"


def _copied(engine: DuckDB, select: str, path: Path) -> None:
    engine.connection.execute(f"COPY ({select}) TO {quoted(path)} (FORMAT csv, {_PLAIN})")


# No line holds the character that would part it, so nothing is quoted: every line stands as it is.
_PLAIN = "HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'"


def _lines(subject: str, kind: NamedNode | None, columns: Kinds) -> Iterator[str]:
    if kind:
        yield f"'<' || {subject} || '> <{RDF}type> {kind} .'"
    for column, (predicate, form) in columns.items():
        yield f"'<' || {subject} || '> <{predicate}> ' || {_WRITTEN[form].format(column)} || ' .'"


FORMS: Mapping[str, tuple[str, NamedNode | None, Kinds]] = {
    "observations": (SUBJECT, term("Observation"), OBSERVATIONS),
    "grades": (SUBJECT, None, GRADES),
    "roll_ups": ("roll_up", term("RollUp"), ROLL_UPS),
}
