"""The small tables that audit rules in SQL read: what was observed, what was asked, and what words amount to."""

from __future__ import annotations

from collections.abc import Mapping

from sckg.compile.columns import DECIMAL
from sckg.queries import Query, named
from sckg.render import plain
from sckg.rows import words
from sckg.rows.engines import DuckDB
from sckg.stores.base import Store

_TEXT, _WHOLE, _TRUTH = "VARCHAR", "INTEGER", "BOOLEAN"
OBSERVED = {
    "observation": _TEXT, "city": _TEXT, "assessment": _TEXT, "indicator": _TEXT, "source": _TEXT, "year": _WHOLE,
    "period": _TEXT, "value": DECIMAL, "answer": _TEXT, "stated_grade": _TEXT, "name": _TEXT, "is_row": _TRUTH,
}  # fmt: skip
_MODEL = {
    "asked": ("asked-indicators", {
        "indicator": _TEXT, "key": _TEXT, "framework": _TEXT, "slot": _TEXT, "place": _WHOLE, "kind": _TEXT,
        "asks": _TEXT, "direction": _TEXT, "unit": _TEXT, "whole": _TEXT, "partition": _TEXT, "superset": _TEXT,
        "numerator": _TEXT, "divisor": _TEXT,
    }),
    "kinds": ("value-kinds", {"term": _TEXT, "word": _TEXT}),
    "senses": ("answer-senses", {"answer": _TEXT, "word": _TEXT, "sense": _TEXT}),
    "waits": ("waiting-indicators", {"indicator": _TEXT, "first": _TEXT}),
    "ranks": ("grade-ranks", {"grade": _TEXT, "word": _TEXT, "place": _WHOLE, "signal": _TEXT}),
}  # fmt: skip


def load_asked(engine: DuckDB, store: Store, queries: Mapping[str, Query]) -> None:
    """Define ``asked``, ``senses`` and ``ranks`` from the model."""
    for table, (query, columns) in _MODEL.items():
        _load(engine, table, query, columns, store, queries)


def load_observed(engine: DuckDB, store: Store, queries: Mapping[str, Query]) -> None:
    """Define ``observed`` from the evidence of a store."""
    _load(engine, "observed", "observed-rows", OBSERVED, store, queries)


def observe_rows(engine: DuckDB) -> None:
    """Define ``observed`` from the rows of many cities."""
    columns = ", ".join(name for name in OBSERVED if name not in {"name", "is_row"})
    realised = "SELECT realised FROM settings"
    engine.define(
        "observed",
        f"SELECT {columns}, key AS name, TRUE AS is_row FROM observations WHERE status = ({realised})",  # noqa: S608 - our own words
    )


def _load(
    engine: DuckDB, table: str, query: str, columns: Mapping[str, str], store: Store, queries: Mapping[str, Query]
) -> None:
    rows = named(queries, query).ask(store, {}).rows
    words.load(engine, table, columns, ([plain(row.get(name)) for name in columns] for row in rows))
