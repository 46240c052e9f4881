"""What one city folder says: its triples, where each subject was written, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.cells import FIRST_YEAR, LAST_YEAR
from sckg.names import TYPE, term
from sckg.problems import Problem, quoted, shown

Place = tuple[str, int]
_INTEGER = NamedNode(f"{names.XSD}integer")


def text_of(node: object) -> str:
    """Return the IRI, the literal's own words, or the label of a blank node."""
    return str(getattr(node, "value", node))


def at(place: Place | None) -> str:
    """Return a place in words: file and row, or the file alone when the row is not known."""
    file, row = place or ("another file", 0)
    return f"{file}:{row}" if row else file


@dataclass(frozen=True)
class Reference:
    """A cell that names other items of the city by their keys, to be followed when all of them are read."""

    subject: NamedNode
    local: str
    column: str
    keys: str
    path: Path
    line: int


@dataclass
class CityEvidence:
    """The evidence of one city, as it grows while its files are read."""

    folder: Path
    code: str = ""
    name: str = ""
    triples: set[Triple] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    deferred: list[Problem] = field(default_factory=list)  # told when no other Problem explains them
    facts: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)  # described in a block or row that could not be read

    @property
    def observations(self) -> int:
        """Return how many observations there are, of tables and of prose."""
        return sum(t.predicate == TYPE and t.object == term("Observation") for t in self.triples)

    def files(self) -> list[Path]:
        """Return the files of record, sorted; names that begin with a point are an editor's own."""
        there = (p for p in self.folder.iterdir() if not p.name.startswith("."))
        return sorted(p for p in there if p.suffix.lower() in {".ttl", ".csv"})

    def said(self, subject: str, predicate: NamedNode) -> list[str]:
        """Return what the Turtle files say of a subject, as texts."""
        return self.facts.get(subject, {}).get(predicate.value, [])

    def first(self, subject: str, predicate: NamedNode) -> str:
        """Return the first thing that the Turtle files say of a subject, or an empty text."""
        return next(iter(self.said(subject, predicate)), "")

    def take(self, triple: Triple, place: Place) -> None:
        """Keep a triple of a Turtle file."""
        self.triples.add(triple)
        subject, predicate = text_of(triple.subject), triple.predicate.value
        self.facts.setdefault(subject, {}).setdefault(predicate, []).append(text_of(triple.object))
        self.places.setdefault(subject, place)

    def add(self, subject: NamedNode, local: str, value: NamedNode | Literal) -> None:
        """Add one triple with a property of the ontology."""
        self.triples.add(Triple(subject, term(local), value))

    def add_integer(self, subject: NamedNode, predicate: NamedNode, value: int) -> None:
        """Add one whole number."""
        self.triples.add(Triple(subject, predicate, Literal(str(value), datatype=_INTEGER)))

    def add_text(self, subject: NamedNode, predicate: NamedNode, text: str) -> None:
        """Add one plain text."""
        self.triples.add(Triple(subject, predicate, Literal(text)))

    def begin(self, subject: NamedNode, class_name: str, path: Path, line: int) -> None:
        """Add a subject with its class and remember where it was written."""
        self.triples.add(Triple(subject, TYPE, term(class_name)))
        self.places.setdefault(subject.value, (shown(path), line))

    def claim_key(self, key: str, subject: str, path: Path, line: int) -> None:
        """Give a key to a subject; a key that another subject has is a Problem."""
        if key and self.keys.setdefault(key, subject) != subject:
            reason = f"The key {quoted(key)} is already used in {at(self.places.get(self.keys[key]))}."
            self.problem(path, line, "duplicate-key", reason, "Give each item of a city a key of its own.")

    def skip_row(self, key: str) -> None:
        """Note that a row was not read: what refers to it by its key or its IRI then needs no Problem of its own."""
        self.unread |= {f"row/{key}", names.thing("statement", self.code, key).value}

    def problem(self, path: Path, row: int, code: str, reason: str, remedy: str) -> None:
        """Note that something is wrong."""
        self.problems.append(Problem(shown(path), row, code, reason, remedy))

    # --- Sources, documents, assessments -----------------------------------------------------------

    def document_of(self, source: str) -> str:
        """Return the document that a source is part of, or the source itself."""
        return self._described(source, "partOf") or source

    def assessment_of(self, source: str) -> str:
        """Return the assessment that a source, or the document it is part of, was written for."""
        return self._described(source, "assessment") or self._described(self.document_of(source), "assessment")

    def year_of(self, assessment: str) -> int | None:
        """Return the year of an assessment."""
        year = self.first(assessment, term("year"))
        is_year = re.fullmatch(r"[0-9]{4}", year) and FIRST_YEAR <= int(year) <= LAST_YEAR
        return int(year) if is_year else None

    def is_loose(self, source: str) -> bool:
        """Return whether a source is a part that names no document of this city."""
        return term("SourcePart").value in self.said(source, TYPE) and self.document_of(source) == source

    def _described(self, subject: str, local: str) -> str:
        """Return the thing with an IRI that a subject names, when this city describes it."""
        iri = self.first(subject, term(local))
        return iri if ":" in iri and (iri in self.facts or iri in self.unread) else ""

    def sources(self) -> Iterator[str]:
        """Yield the short names of the sources that the city describes."""
        start = names.thing("source", self.code, "").value
        yield from (iri[len(start) :] for iri in self.facts if iri.startswith(start))
