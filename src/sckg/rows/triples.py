"""Rows written as N-Triples in bulk, by SQL: one line for each filled cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pyoxigraph import NamedNode

from sckg.compile.columns import COLUMNS, SUBJECT
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


def write(engine: DuckDB, table: str, path: Path, where: str = "TRUE") -> int:
    """Write ``observations``, ``grades`` or ``roll_ups`` as N-Triples; return how many triples that is."""
    subject, kind, columns = _FORMS[table]
    lines = list(_lines(subject, kind, columns))
    select = f"SELECT UNNEST([{', '.join(lines)}]) AS line FROM {table} WHERE {where}"
    return _copied(engine, f"SELECT line FROM ({select}) WHERE line IS NOT NULL", path)


def sort(engine: DuckDB, files: Sequence[Path], path: Path) -> None:
    """Write the lines of all files into one, sorted, each once; what does not fit into memory goes to the disk."""
    names = ", ".join(quoted(file) for file in files if file.stat().st_size)
    lines = f"SELECT DISTINCT line FROM read_csv([{names}], {_PLAIN}, columns = {{'line': 'VARCHAR'}}) ORDER BY line"
    _copied(engine, lines if names else "SELECT '' AS line WHERE FALSE", path)


def _copied(engine: DuckDB, select: str, path: Path) -> int:
    done = engine.connection.execute(f"COPY ({select}) TO {quoted(path)} (FORMAT csv, {_PLAIN.replace('=', '')})")
    return int((done.fetchone() or (0,))[0])


# No line holds the character that would part it, so nothing is quoted: every line stands as it is.
_PLAIN = "HEADER = false, QUOTE = '', ESCAPE = '', DELIMITER = '\x01'"


def _lines(subject: str, kind: NamedNode | None, columns: Kinds) -> Iterator[str]:
    if kind:
        yield f"'<' || {subject} || '> <{RDF}type> {kind} .'"
    for column, (predicate, form) in columns.items():
        yield f"'<' || {subject} || '> <{predicate}> ' || {_WRITTEN[form].format(column)} || ' .'"


_FORMS: Mapping[str, tuple[str, NamedNode | None, Kinds]] = {
    "observations": (SUBJECT, term("Observation"), OBSERVATIONS),
    "grades": (SUBJECT, None, GRADES),
    "roll_ups": ("roll_up", term("RollUp"), ROLL_UPS),
}
