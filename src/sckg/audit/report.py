"""What is doubted in city folders, as a reader is told it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sckg.assets import Knowledge
from sckg.audit.rules import SEVERITIES
from sckg.pipeline import audited
from sckg.problems import counted
from sckg.queries import catalogue, named
from sckg.render import plain
from sckg.stores.base import Table

Doubt = dict[str, str]
MOST_QUOTED = 5
_QUOTED = {"en": "characters {start} to {end}: “{quote}”", "id": "karakter {start} sampai {end}: “{quote}”"}


@dataclass(frozen=True)
class Found:
    """The doubts about some cities, what to ask about each kind, how many checks held, and the severities in words."""

    table: Table
    remedies: Mapping[str, str]
    held: int
    severities: Mapping[str, str]
    quotes: Mapping[tuple[str, str], str]

    @property
    def doubts(self) -> list[Doubt]:
        """Return the doubts as texts."""
        return [{column: plain(row.get(column)) for column in self.table.columns} for row in self.table.rows]


def find(cities: Sequence[Path], knowledge: Knowledge, lang: str) -> Found:
    """Return what is doubted in city folders, and what held. Raises ProblemsFound for an input with problems."""
    store, queries = audited(cities, knowledge), catalogue(knowledge)
    label, terms = "label" if lang == "en" else "label_id", named(queries, "terms").ask(store, {}).rows
    words = {plain(row["notation"]): plain(row[label]) for row in terms}
    rules = named(queries, "audit-rules").ask(store, {"lang": lang}).rows
    checks = named(queries, "checks").ask(store, {}).rows
    held = sum(plain(row["holds"]) == "true" for row in checks)
    remedies = {plain(row["code"]): plain(row["remedy"]) for row in rules}
    quotes = {
        (plain(row["city"]), plain(row["key"])): _QUOTED[lang].format(**{name: plain(row.get(name)) for name in row})
        if row.get("place") is None
        else f"{plain(row['place'])}: “{plain(row['quote'])}”"
        for row in named(queries, "quoted-keys").ask(store, {}).rows
    }
    severities = {severity: words[severity] for severity in SEVERITIES}
    return Found(named(queries, "doubts").ask(store, {}), remedies, held, severities, quotes)


def counts(doubt: Doubt, least: str) -> bool:
    """Return whether a doubt is unanswered and at least so severe."""
    return not doubt["response"] and SEVERITIES.index(doubt["severity"]) <= SEVERITIES.index(least)


def _quoted(doubt: Doubt, quotes: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield the words that a doubt is about, where they are few enough to be read."""
    keys = [key for key in doubt["about"].split() if (doubt["city"], key) in quotes]
    if len(keys) <= MOST_QUOTED:
        yield from (f"    {key}, {quotes[doubt['city'], key]}" for key in keys)


def as_text(found: Found, lang: str) -> Iterator[str]:
    """Yield the lines that people read."""
    doubts, to_do = found.doubts, "To do:" if lang == "en" else "Tindak lanjut:"
    for doubt in doubts:
        answered = f"  [{doubt['response']}, {doubt['by']}, {doubt['date']}]" if doubt["response"] else ""
        yield f"{found.severities[doubt['severity']].upper()}  {doubt['code']}  {doubt['about']}{answered}"
        yield f"  {doubt['message' if lang == 'en' else 'message_id']}"
        yield from _quoted(doubt, found.quotes)
        yield f"  {to_do} {found.remedies[doubt['code']]}"
        yield ""
    by = Counter(doubt["severity"] for doubt in doubts)
    each = ", ".join(f"{by[severity]} {found.severities[severity].lower()}" for severity in SEVERITIES)
    answers = sum(bool(doubt["response"]) for doubt in doubts)
    if lang == "en":
        yield f"{counted(len(doubts), 'doubt')}: {each}; {answers} answered. {counted(found.held, 'check')} held."
    else:
        yield f"{len(doubts)} keraguan: {each}; {answers} sudah ditanggapi. {found.held} pemeriksaan lolos."
