"""Walk back from a claim to its evidence: the steps of every ``queries/why/*.rq``, in the order they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import NamedNode

from sckg import names
from sckg.problems import NotPossible, suggestion
from sckg.queries import Query, named
from sckg.render import plain
from sckg.stores.base import Row, Store

FIELDS = ("document", "start", "end", "quote")
_PLACE = {"en": "{document}, characters {start} to {end}", "id": "{document}, karakter {start} sampai {end}"}


@dataclass(frozen=True)
class Step:
    """One step of a walk: what kind it is, the thing it stands on, and what it says; evidence has its place.

    ``heading`` is the title of the query that found it, in the reader's language.
    """

    kind: str
    iri: str
    label: str
    place: Mapping[str, str | int]
    heading: str = ""

    def as_dict(self) -> dict[str, str | int]:
        """Return the step as JSON has it."""
        return {"kind": self.kind, "iri": self.iri, "label": self.label, **self.place}


@dataclass(frozen=True)
class Explanation:
    """A term, the claim it makes, and the steps back to its evidence and on to what depends on it."""

    term: str
    iri: str
    claim: str
    steps: tuple[Step, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the explanation as JSON has it."""
        steps = [step.as_dict() for step in self.steps]
        return {"term": self.term, "iri": self.iri, "claim": self.claim, "steps": steps}


def resolve(store: Store, queries: Mapping[str, Query], text: str, city: str = "") -> str:
    """Return the IRI that a term names: an IRI, a CURIE, or a key such as ``4.1`` or ``W3``.

    Raises NotPossible when nothing has that name, or when several cities do and none is chosen.
    """
    if iri := names.expand(text):
        return iri.value
    rows = named(queries, "keys").ask(store, {"city": city}).rows
    keys: dict[str, list[Row]] = {}
    for row in rows:
        keys.setdefault(plain(row["key"]), []).append(row)
    found = keys.get(text, [])
    if not found:
        hint = suggestion(text, keys) or "'sckg query keys' lists every key."
        raise NotPossible(f"'{text}' is no IRI, CURIE or key here. {hint}")
    cities = sorted({plain(row.get("code")) for row in found if row.get("code")})
    if len(cities) > 1:
        raise NotPossible(f"'{text}' is a key of several cities; choose one with --city: {', '.join(cities)}")
    return plain(found[0]["thing"])


def explain(
    store: Store, queries: Mapping[str, Query], text: str, *, city: str = "", profile: str = "", lang: str = "en"
) -> Explanation:
    """Return the walk for one term. Raises NotPossible when the store knows nothing of it."""
    iri = resolve(store, queries, text, city)
    values = {"term": iri, "profile": profile, "lang": lang}
    steps = []
    for query in sorted((q for q in queries.values() if q.subject == "why"), key=lambda q: int(q.header["order"])):
        wanted = {p.name: values[p.name] for p in query.parameters}
        steps += [_step(row, query.say("title", lang)) for row in query.ask(store, wanted).rows]
    claims = [s for s in steps if s.kind == "claim"]
    if not claims:
        raise NotPossible(f"nothing is known of {names.compact(iri)} in this store")
    return Explanation(text, iri, claims[0].label, tuple(dict.fromkeys(s for s in steps if s.kind != "claim")))


def as_text(walk: Explanation, lang: str = "en") -> str:
    """Return a walk as indented text, one heading per query that found something."""
    lines = [walk.claim]
    heading = ""
    for step in walk.steps:
        if step.heading != heading:
            heading = step.heading
            lines.append(f"  {heading}")
        lines += [f"    {line}" for line in _step_lines(step, lang)]
    return "\n".join(lines)


def _step_lines(step: Step, lang: str) -> list[str]:
    lines = [step.label] if step.label else []
    if step.place.get("quote"):
        lines.append(f'"{step.place["quote"]}"')
    if step.place.get("document"):
        lines.append(_PLACE[lang].format(**{"start": "?", "end": "?", **step.place}))
    return lines


def _step(row: Row, heading: str) -> Step:
    place: dict[str, str | int] = {f: plain(row[f]) for f in FIELDS if row.get(f) is not None}
    place |= {f: int(place[f]) for f in ("start", "end") if f in place}
    iri = row.get("iri")
    return Step(
        plain(row["kind"]),
        iri.value if isinstance(iri, NamedNode) else "",
        plain(row.get("label")),
        _Frozen(place),
        heading,
    )


class _Frozen(dict[str, str | int]):
    """A place that can be compared and kept in a set."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted((k, str(v)) for k, v in self.items())))
