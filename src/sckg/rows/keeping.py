"""The rows that a snapshot keeps as Parquet, which others may open without RDF: a file for the cities of each province.

A table is a folder; a file is named by the first two characters of the codes in it, as official codes begin with the
province. So a city that changes is written without the others of the country.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from sckg.compile.conditions import text
from sckg.evidence import text_of
from sckg.names import TYPE
from sckg.rows.engines import DuckDB, quoted
from sckg.rows.triples import FORMS, code_of
from sckg.rows.words import load

TABLES = {"observations": "evidence", "grades": "grades", "roll_ups": "roll-ups"}
PROVINCE = 2  # characters of a code


def folder_of(table: str) -> str:
    """Return the name of a table's folder."""
    return table.replace("_", "-")


def keep_rows(engine: DuckDB, folder: Path) -> None:
    """Write all rows."""
    for table in TABLES:
        province = f"LEFT({code_of(FORMS[table][0])}, {PROVINCE})"
        engine.define("split", f"SELECT *, {province} AS province FROM {table} ORDER BY province")
        (folder / folder_of(table)).mkdir(parents=True, exist_ok=True)
        for (name,) in engine.ask("SELECT DISTINCT province FROM split"):
            where = f"WHERE province = {text(str(name))}"
            _save(engine, table, f"SELECT * EXCLUDE (province) FROM split {where}", folder, str(name))
        engine.define("split", "SELECT 1")


def change_rows(before: Path, folder: Path, cities: Mapping[str, Mapping[str, Sequence[str]]]) -> list[str]:
    """Write the rows of changed cities, each given as the lines of its graphs, beside those of their provinces.

    Returns the files below ``before`` that are not to be kept as they are.
    """
    engine, stale = DuckDB(), []
    for table, graph in TABLES.items():
        old = before / folder_of(table)
        (folder / folder_of(table)).mkdir(parents=True, exist_ok=True)
        for province in sorted({code[:PROVINCE] for code in cities}):
            of_them = {code: lines for code, lines in cities.items() if code.startswith(province)}
            _take(engine, table, old, province, of_them)
            add_rows(engine, table, (line for lines in of_them.values() for line in lines.get(graph, ())))
            stale.append(f"{folder_of(table)}/{province}.parquet")
            if engine.ask(f"SELECT 1 FROM {table} LIMIT 1"):
                _save(engine, table, f"SELECT * FROM {table}", folder, province)
    return stale


def add_rows(engine: DuckDB, table: str, lines: Iterable[str]) -> None:
    """Add rows that are given as lines of N-Triples to a table."""
    subject, kind, columns = FORMS[table]
    said: dict[str, dict[str, str]] = {}
    wanted = {predicate: name for name, (predicate, _) in columns.items()}
    of_kind = set()
    for quad in ox.parse("\n".join(lines), format=ox.RdfFormat.N_TRIPLES):
        name = wanted.get(quad.predicate.value)
        about, value = text_of(quad.subject), text_of(quad.object)
        if quad.predicate == TYPE and quad.object == kind:
            of_kind.add(about)
        elif name:
            cells = said.setdefault(about, {})
            cells[name] = min(value, cells.get(name, value))
    rows = ((about, *map(cells.get, columns)) for about, cells in said.items() if kind is None or about in of_kind)
    load(engine, "added", dict.fromkeys((subject, *columns), "VARCHAR"), rows)
    types = {str(name): str(type_) for name, type_, *_ in engine.ask(f"DESCRIBE {table}")}
    cells_of = ", ".join(f"TRY_CAST({name} AS {types[name]}) AS {name}" for name in (subject, *columns))
    engine.connection.execute(f"INSERT INTO {table} BY NAME SELECT {cells_of} FROM added")


def _take(engine: DuckDB, table: str, old: Path, province: str, changed: Iterable[str]) -> None:
    """Define a table with the rows of a province but those of changed cities."""
    file, others = old / f"{province}.parquet", sorted(old.glob("*.parquet"))
    codes = ", ".join(text(code) for code in changed)
    where = f"{code_of(FORMS[table][0])} NOT IN ({codes})" if file in others else "FALSE"
    engine.define(table, f"SELECT * FROM read_parquet({quoted(file if file in others else others[0])}) WHERE {where}")


def _save(engine: DuckDB, table: str, select: str, folder: Path, province: str) -> None:
    subject = FORMS[table][0]
    order = f"{subject}, band" if table == "grades" else subject
    engine.save(f"{select} ORDER BY {order}", folder / folder_of(table) / f"{province}.parquet")


def is_kept(rows: Path) -> bool:
    """Return whether a snapshot keeps its rows."""
    return (rows / "observations").is_dir()
