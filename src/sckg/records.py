"""A row of ``observations.csv`` or ``statements.csv`` to the triples that it says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.evidence import CityEvidence, Reference
from sckg.names import term
from sckg.row_cells import RowCells, Value, decimal
from sckg.tables import TableRow
from sckg.vocabulary import IndicatorWords, Vocabulary

OBSERVATION_COLUMNS = ("key", "indicator", "period", "value", "unit", "source", "stated")
OBSERVATION_EXTRAS = ("status", "locator", "start", "end", "quote", "note")
STATEMENT_COLUMNS = ("key", "kind", "source", "quote")
STATEMENT_EXTRAS = (
    *("theme", "value", "unit", "period", "comparator", "observes", "parts", "polarity", "locus", "about"),
    *("locator", "start", "end", "note"),
)


@dataclass(frozen=True)
class Seen:
    """What makes an observation itself: indicator, source, the assessment of the source, and its time."""

    indicator: IndicatorWords
    source: str
    assessment: str
    stated: str
    year: int


class Records:
    """Turns the rows of one city into triples."""

    def __init__(self, evidence: CityEvidence, words: Vocabulary) -> None:
        self._evidence, self._words = evidence, words
        self.references: list[Reference] = []

    def observation(self, path: Path, row: TableRow) -> None:
        """Add the observation of a row, unless one of its cells is wrong."""
        taken = RowCells(self._evidence, self._words, path, row)
        key, indicator, source = taken.key(), taken.indicator(row["indicator"]), taken.source()
        assessment = self._evidence.assessment_of(source)
        period = taken.period(assessment)
        value = taken.value(indicator, row["value"])
        taken.check_unit(indicator, value)
        stated = taken.grade(assessment)
        status = taken.word("status", self._words.terms_of("Status"), "unknown-word", "a status")
        quote = taken.quote(source, key)
        if taken.failed or indicator is None or period is None:
            return
        seen = Seen(indicator, source, assessment, *period)
        subject = self._iri(seen)
        if first := self._evidence.places.get(subject.value):
            taken.duplicate(first)
            return
        self._observe(taken, subject, seen, value)
        self._evidence.claim_key(key, subject.value, path, row.line)
        self._evidence.add(subject, "key", Literal(key))
        self._evidence.add(subject, "status", NamedNode(status) if status else term("realised"))
        if stated:
            self._evidence.add(subject, "statedGrade", NamedNode(stated))
        if quote:
            self._evidence.add(subject, "quote", quote)
        self._notes(subject, row)

    def statement(self, path: Path, row: TableRow) -> None:
        """Add the statement of a row, and a second observation for each indicator that it observes."""
        taken = RowCells(self._evidence, self._words, path, row)
        key, source = taken.key(), taken.source()
        kind = taken.word("kind", self._words.terms_of("StatementKind"), "unknown-word", "a kind of statement")
        assessment = self._evidence.assessment_of(source)
        number, parts = taken.plain_number(), taken.parts()
        period = taken.period(assessment, needed=bool(row["observes"]))
        observed = taken.observed()
        lists = {column: self._words.terms_of(column.title()) for column in ("polarity", "locus")}
        words = {column: taken.word(column, known, "unknown-word", f"a {column}") for column, known in lists.items()}
        quote = taken.quote(source, key)
        if taken.failed:
            return
        subject = names.thing("statement", self._evidence.code, key)
        taken.begin(subject, "Statement")
        self._evidence.claim_key(key, subject.value, path, row.line)
        terms = {"statementKind": kind, **words, "source": source}
        texts = {"key": key, "theme": row["theme"], "comparator": row["comparator"], "parts": parts}
        texts["period"] = period[0] if period else ""
        self._state(subject, terms, texts)
        if number is not None:
            self._evidence.add(subject, "value", decimal(number))
        if quote:
            self._evidence.add(subject, "quote", quote)
        if row["about"]:
            self.references.append(Reference(subject, "about", "about", row["about"], path, row.line))
        self._notes(subject, row)
        for indicator, value in observed:
            if period:
                seen = Seen(indicator, source, assessment, *period)
                self._second(taken, subject, key, seen, value, quote)

    def _second(
        self,
        taken: RowCells,
        statement: NamedNode,
        key: str,
        seen: Seen,
        value: Value,
        quote: NamedNode | None,
    ) -> None:
        """Add the observation that a statement makes of an indicator."""
        subject = self._iri(seen, statement=key)
        if first := self._evidence.places.get(subject.value):
            taken.duplicate(first)
            return
        self._observe(taken, subject, seen, value)
        self._evidence.add(subject, "status", term("realised"))
        self._evidence.add(subject, "statedIn", statement)
        if quote:
            self._evidence.add(subject, "quote", quote)

    def _iri(self, seen: Seen, *, statement: str = "") -> NamedNode:
        """Return the IRI of an observation: the source is part of its identity."""
        origin = seen.source.rpartition("/")[2] + (f"-{statement}" if statement else "")
        slug = seen.indicator.iri.rpartition("/")[2]
        return names.thing("observation", self._evidence.code, str(seen.year), slug, origin)

    def _observe(self, taken: RowCells, subject: NamedNode, seen: Seen, value: Value) -> None:
        taken.begin(subject, "Observation")
        self._evidence.add(subject, "city", names.thing("city", self._evidence.code))
        if seen.assessment:
            self._evidence.add(subject, "assessment", NamedNode(seen.assessment))
        self._evidence.add(subject, "indicator", NamedNode(seen.indicator.iri))
        self._evidence.add(subject, "source", NamedNode(seen.source))
        self._evidence.add_integer(subject, term("year"), seen.year)
        self._evidence.add(subject, "yearBasis", term("stated") if seen.stated else term("assessmentPeriod"))
        if seen.stated:
            self._evidence.add(subject, "period", Literal(seen.stated))
        if isinstance(value, NamedNode):
            self._evidence.add(subject, "answer", value)
        elif value is not None:
            self._evidence.add(subject, "value", value)
            if unit := self._words.units.get(seen.indicator.unit):
                self._evidence.add(subject, "unit", NamedNode(unit))

    def _state(self, subject: NamedNode, terms: dict[str, str], texts: dict[str, str]) -> None:
        self._evidence.add(subject, "city", names.thing("city", self._evidence.code))
        for local, iri in terms.items():
            if iri:
                self._evidence.add(subject, local, NamedNode(iri))
        for local, text in texts.items():
            if text:
                self._evidence.add(subject, local, Literal(text))

    def _notes(self, subject: NamedNode, row: TableRow) -> None:
        if row["locator"]:
            self._evidence.add(subject, "locator", Literal(row["locator"]))
        if row["note"]:
            self._evidence.triples.add(Triple(subject, NamedNode(f"{names.SKOS}note"), Literal(row["note"])))
