"""A row of ``claims.csv`` or ``responses.csv`` to the triples that it says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.cells import CellProblem, number, period
from sckg.evidence import CityEvidence, Reference, text_of
from sckg.names import term
from sckg.problems import quoted
from sckg.row_cells import RowCells, decimal
from sckg.tables import TableRow
from sckg.vocabulary import Vocabulary

CLAIM_COLUMNS = ("key", "kind", "statements", "subject")
NUMBERS = {name: name for name in ("value", "total", "lower", "upper", "than", "by")} | {"count": "counted"}
TEXTS = {"subject": "subject", "relation": "relation", "object": "object", "unit": "writtenUnit", "period": "period"}
CLAIM_EXTRAS = (*("base", "relation", "object", "unit", "period", "note"), *NUMBERS)
RESPONSE_COLUMNS = ("code", "about", "response", "by", "date")
RESPONSE_EXTRAS = ("note",)


class Claims:
    """Turns the rows of one city's claims, and of the responses to its doubts, into triples."""

    def __init__(self, evidence: CityEvidence, words: Vocabulary) -> None:
        self._evidence, self._words = evidence, words
        self.references: list[Reference] = []

    def claim(self, path: Path, row: TableRow) -> None:
        """Add the claim of a row, unless one of its cells is wrong."""
        taken = RowCells(self._evidence, self._words, path, row)
        key = taken.key()
        kind = taken.word("kind", self._words.terms_of("ClaimKind"), "unknown-word", "a kind of claim")
        numbers = {
            local: taken.attempt(lambda text=row[column]: number(text))  # type: ignore[misc]
            for column, local in NUMBERS.items()
            if row[column]
        }
        taken.attempt(lambda: period(row["period"]))
        for column in ("kind", "statements", "subject"):
            if not row[column]:
                taken.refuse("empty-cell", f"'{column}' is empty.", "docs/audit.md says what each kind of claim needs.")
        if taken.failed:
            return
        subject = names.thing("claim", self._evidence.code, key)
        taken.begin(subject, "Claim")
        self._evidence.claim_key(key, subject.value, path, row.line)
        self._evidence.add(subject, "key", Literal(key))
        self._evidence.add(subject, "city", names.thing("city", self._evidence.code))
        self._evidence.add(subject, "claimKind", NamedNode(kind))
        for column, local in TEXTS.items():
            if row[column]:
                self._evidence.add(subject, local, Literal(row[column]))
        for local, value in numbers.items():
            if value is not None:
                self._evidence.add(subject, local, decimal(value))
        if row["note"]:
            self._evidence.add_text(subject, NamedNode(f"{names.SKOS}note"), row["note"])
        for column, local in (("statements", "claimedIn"), ("base", "computedWith")):
            self.references.append(Reference(subject, local, column, row[column], path, row.line))

    def response(self, path: Path, row: TableRow) -> None:
        """Add the response of a row to the doubt that its code and its keys name."""
        taken = RowCells(self._evidence, self._words, path, row)
        kind = taken.word("response", self._words.terms_of("ResponseKind"), "unknown-word", "a response")
        day = taken.attempt(lambda: _day(row["date"]))
        for column in ("code", "about", "response", "by"):
            if not row[column]:
                taken.refuse(
                    "empty-cell", f"'{column}' is empty.", "'sckg audit' prints the code and the keys of a doubt."
                )
        if taken.failed or day is None:
            return
        slug = names.slug(f"{row['code']} {row['about']}")
        subject = names.thing("response", self._evidence.code, slug)
        if first := self._evidence.places.get(subject.value):
            taken.repeated(f"{row['code']} {row['about']}", first)
            return
        taken.begin(subject, "Response")
        self._evidence.add(subject, "city", names.thing("city", self._evidence.code))
        self._evidence.add(subject, "ruleCode", Literal(row["code"]))
        self._evidence.add(subject, "responseKind", NamedNode(kind))
        self._evidence.add(subject, "respondent", Literal(row["by"]))
        self._evidence.add(subject, "respondedOn", Literal(day))
        if row["note"]:
            self._evidence.add_text(subject, NamedNode(f"{names.SKOS}note"), row["note"])
        # By its keys, not by reference: a doubt that is no longer raised keeps its response.
        self._evidence.add(subject, "aboutKeys", Literal(in_order(row["about"].split())))


def assess_claims(evidence: CityEvidence) -> None:
    """Put each claim into the assessment whose document makes it."""
    sources = {text_of(t.subject): text_of(t.object) for t in evidence.triples if t.predicate == term("source")}
    made = {(text_of(t.subject), text_of(t.object)) for t in evidence.triples if t.predicate == term("claimedIn")}
    for subject, statement in dict(sorted(made, reverse=True)).items():
        # A factor has no source of its own and says its assessment.
        assessment = evidence.assessment_of(sources.get(statement, "")) or evidence.first(statement, term("assessment"))
        if assessment:
            evidence.triples.add(Triple(NamedNode(subject), term("assessment"), NamedNode(assessment)))


def in_order(keys: Iterable[str]) -> str:
    """Return keys with spaces between, numbers in them in their order.

    >>> in_order(["2.12", "W1", "2.3", "2.3"])
    '2.3 2.12 W1'
    """
    parts = ((re.split(r"([0-9]+)", key), key) for key in set(keys))
    ordered = sorted(parts, key=lambda p: [(0, int(x), "") if x.isdigit() else (1, 0, x) for x in p[0] if x])
    return " ".join(key for _, key in ordered)


def _day(text: str) -> str:
    found = period(text)
    if found is None:
        raise CellProblem("bad-period", f"{quoted(text)} is no date.", "Write a date such as 2026-03-31.")
    return found.text
