"""What changed between two snapshots, as a person would tell it: the queries of ``queries/diff/`` asked of both.

Each of them says what things there are, and in which state. Its header says which columns make two rows one thing
(``identity``), and how to tell of a thing that is ``new``, ``gone`` or ``changed``; a word in braces is a column, and
``{before}`` is the state before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from sckg.problems import Problem, ProblemsFound, shown
from sckg.queries import Query
from sckg.render import plain
from sckg.stores.base import Store

SUBJECT = "diff"
COLUMNS = ("thing", "name", "state")  # and city, of what is of a city
TOLD = ("new", "gone", "changed")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Change:
    """One thing that is new, gone or changed: which query saw it, and the sentence that tells it."""

    kind: str
    heading: str
    city: str
    place: str
    thing: str
    before: str
    after: str
    sentence: str

    def as_dict(self) -> dict[str, str]:
        """Return the change as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class _Things:
    """What one query says of one snapshot: its rows by what identifies them, in order."""

    query: Query
    rows: Mapping[tuple[str, ...], Mapping[str, str]]


def changes(before: Store, after: Store, queries: Mapping[str, Query], lang: str) -> list[Change]:
    """Return what changed, city by city, in the order of the queries.

    Of a city that only one of the two holds, no more is told than that it is new or gone.
    """
    asked = comparing(queries)
    old, new = ([_things(query, store, lang) for query in asked] for store in (before, after))
    shared = _cities(old) & _cities(new)
    places = {row["thing"]: row["name"] for things in (*old, *new) for row in things.rows.values()}
    found = [
        _change(one.query, kind, was, now, places, lang)
        for one, other in zip(old, new, strict=True)
        for kind, was, now in _differences(one, other)
        if (row := now or was).get("city", "") in {row["thing"], "", *shared}
    ]
    return sorted(found, key=lambda change: (not change.city, change.city))


def comparing(queries: Mapping[str, Query]) -> list[Query]:
    """Return the queries that compare, in their order. Raises ProblemsFound for a header that does not say how."""
    asked = [query for query in queries.values() if query.subject == SUBJECT]
    if problems := [problem for query in asked if (problem := _incomplete(query))]:
        raise ProblemsFound(problems)
    return sorted(asked, key=lambda query: int(query.header["order"]))


def as_text(found: Sequence[Change]) -> str:
    """Return the changes as indented text: the city, what kind of thing, and a sentence each."""
    lines = []
    for place, of_city in groupby(found, key=lambda change: change.place):
        lines += [place] if place else []
        indent = "  " if place else ""
        for heading, same in groupby(of_city, key=lambda change: change.heading):
            lines += [f"{indent}{heading}", *(f"{indent}  {change.sentence}" for change in same)]
    return "\n".join(lines)


def _things(query: Query, store: Store, lang: str) -> _Things:
    takes = {parameter.name for parameter in query.parameters}
    table = query.ask(store, {"lang": lang} if "lang" in takes else {})
    rows = [{column: plain(row.get(column)) for column in query.columns} for row in table.rows]
    identity = query.header["identity"].split()
    return _Things(query, {tuple(row[column] for column in identity): row for row in rows})


def _differences(old: _Things, new: _Things) -> Iterator[tuple[str, Mapping[str, str], Mapping[str, str]]]:
    """Yield what differs: the kind, the row before and the row after, either of them empty when it is not there."""
    for key, row in new.rows.items():
        was = old.rows.get(key)
        if was is None:
            yield "new", {}, row
        elif was["state"] != row["state"]:
            yield "changed", was, row
    for key, row in old.rows.items():
        if key not in new.rows:
            yield "gone", row, {}


def _change(
    query: Query, kind: str, was: Mapping[str, str], now: Mapping[str, str], places: Mapping[str, str], lang: str
) -> Change:
    row = now or was
    before, after = was.get("state", ""), now.get("state", "")
    said = {**row, "before": before}
    sentence = _PLACE.sub(lambda found: said.get(found[1], found[0]), query.say(kind, lang))
    city = row.get("city", "")
    return Change(kind, query.say("title", lang), city, places.get(city, city), row["thing"], before, after, sentence)


def _cities(things: Sequence[_Things]) -> set[str]:
    return {city for one in things for row in one.rows.values() if (city := row.get("city"))}


def _incomplete(query: Query) -> Problem | None:
    missing = [name for name in ("order", "identity", *TOLD) if not query.header.get(name)]
    missing += [
        column for column in (*COLUMNS, *query.header.get("identity", "").split()) if column not in query.columns
    ]
    if not missing and query.header["order"].isdigit():
        return None
    reason = f"A query of queries/{SUBJECT} says nothing of: {', '.join(missing or ['order'])}."
    return Problem(shown(query.path), 1, "incomplete-header", reason, "Give its header lines and columns.")
