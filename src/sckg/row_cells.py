"""The cells of one row, each tried: a failure is a Problem with the row, and the other cells go on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pyoxigraph import Literal, NamedNode

from sckg import cells, names
from sckg.cells import CellProblem
from sckg.evidence import CityEvidence, Place, at
from sckg.problems import Problem, quoted, shown, suggestion
from sckg.tables import TableRow
from sckg.vocabulary import IndicatorWords, Vocabulary

Value = Literal | NamedNode | None
_T = TypeVar("_T")


class RowCells:
    """One row of a city's CSV file, read cell by cell; ``failed`` says whether any cell was wrong."""

    def __init__(self, evidence: CityEvidence, words: Vocabulary, path: Path, row: TableRow) -> None:
        self._evidence, self._words, self._path, self._row = evidence, words, path, row
        self.failed = False

    def attempt(self, take: Callable[[], _T]) -> _T | None:
        """Return what ``take`` returns, or None after noting why it cannot."""
        try:
            return take()
        except CellProblem as problem:
            self._fail(problem.code, problem.reason, problem.remedy)
            return None

    def key(self) -> str:
        """Return the row's key."""
        key = self._row["key"]
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", key):
            reason = f"{quoted(key)} is not a key." if key else "The row has no key."
            self._fail("bad-key", reason, "Write at most 80 letters, digits, points and hyphens, such as 4.1.")
        elif key in self._evidence.keys:
            self.repeated(key, self._evidence.places.get(self._evidence.keys[key]))
        return key

    def indicator(self, slug: str) -> IndicatorWords | None:
        """Return the words of an indicator."""
        known = self._words.indicators
        if slug not in known:
            remedy = suggestion(slug, known) or "'sckg query indicators' lists them."
            reason = f"{quoted(slug)} is not an indicator." if slug else "The row names no indicator."
            self._fail("unknown-indicator", reason, remedy)
        return known.get(slug)

    def source(self) -> str:
        """Return the IRI of the row's source."""
        slug = self._row["source"]
        iri = names.thing("source", self._evidence.code, slug).value
        if iri not in self._evidence.facts:
            remedy = (
                suggestion(slug, self._evidence.sources()) or "Describe it in sources.ttl; its last word goes here."
            )
            reason = f"{quoted(slug)} is not a source of this city." if slug else "The row names no source."
            self._fail("unknown-source", reason, remedy, is_deferred=iri in self._evidence.unread)
        return iri

    def period(self, assessment: str, *, needed: bool = True) -> tuple[str, int] | None:
        """Return the stated period (empty when none is stated) and the year that is used for it."""
        try:
            period = cells.period(self._row["period"])
        except CellProblem as problem:
            self._fail(problem.code, problem.reason, problem.remedy)
            return None
        if period:
            return period.text, period.year
        year = self._evidence.year_of(assessment)
        if year is None and needed and not self.failed:
            reason = "The row states no period, and its source belongs to no assessment with a year."
            remedy = "Fill 'period', or give the document an sckg:assessment with an sckg:year."
            self._fail("no-period", reason, remedy, is_deferred=self._has_assessment())
        return None if year is None else ("", year)

    def value(self, indicator: IndicatorWords | None, text: str) -> Value:
        """Return a number in the indicator's range, or one of its answers; an empty cell is no value."""
        if indicator is None or not text:
            return None
        if indicator.answers:
            known = dict(indicator.answers)
            iri = self.attempt(lambda: cells.choice(text, known, "unknown-answer", "an answer here"))
            return NamedNode(iri) if iri else None
        value = self.attempt(lambda: cells.number(text, whole=indicator.is_whole))
        if value is None:
            return None
        self._check_range(indicator, value)
        return decimal(value)

    def check_unit(self, indicator: IndicatorWords | None, value: Value) -> None:
        """Note a unit that is not the indicator's; an answer has none."""
        if indicator is None or (not isinstance(value, Literal) and not self._row["unit"]):
            return
        if indicator.unit != self._row["unit"]:
            wanted = f"in '{indicator.unit}'" if indicator.unit else "answered in words, without a unit"
            given = f"The unit {quoted(self._row['unit'])}" if self._row["unit"] else "An empty unit"
            reason = f"{given} does not fit {self._row['indicator']}, which is {wanted}."
            remedy = f"Give the value in '{indicator.unit}'." if indicator.unit else "Leave 'unit' empty."
            self._fail("wrong-unit", reason, remedy)

    def grade(self, assessment: str) -> str:
        """Return the grade that the row states, on the scale of the assessment's framework."""
        framework = self._evidence.first(assessment, names.term("framework"))
        if known := self._words.grades_of(framework) if framework else {}:
            return self.word("stated", known, "unknown-grade", "a grade of the framework's scale")
        if self._row["stated"]:
            reason = (
                f"{quoted(self._row['stated'])} is on no scale: the source belongs to no assessment with a framework."
            )
            remedy = "Give the document an sckg:assessment, and that one an sckg:framework."
            self._fail("unknown-grade", reason, remedy, is_deferred=self.failed or self._has_assessment())
        return ""

    def word(self, column: str, known: Mapping[str, str], code: str, what: str) -> str:
        """Return what the cell of a column stands for among the known words, or an empty text."""
        text = self._row[column]
        return (self.attempt(lambda: cells.choice(text, dict(known), code, what)) or "") if text else ""

    def plain_number(self) -> Decimal | None:
        """Return the number of a statement."""
        text = self._row["value"]
        return self.attempt(lambda: cells.number(text)) if text else None

    def observed(self) -> list[tuple[IndicatorWords, Value]]:
        """Return the indicators that a statement observes, each with its value."""
        found = self.attempt(lambda: cells.pairs(self._row["observes"], "observes")) or []
        taken = [(self.indicator(slug), text) for slug, text in found]
        return [(indicator, self.value(indicator, text)) for indicator, text in taken if indicator]

    def parts(self) -> str:
        """Return the parts of a statement's value, written alike."""
        found = self.attempt(lambda: cells.pairs(self._row["parts"], "parts")) or []
        return "; ".join(f"{name}={value}" for name, value in found)

    def quote(self, source: str, key: str) -> NamedNode | None:
        """Add the quote of the row and return it, or None when the row quotes nothing."""
        text = re.sub(r"\s+", " ", self._row["quote"]).strip()
        if not text and not self._row["start"] and not self._row["end"]:
            return None
        start = self.attempt(lambda: cells.offset(self._row["start"], "start"))
        end = self.attempt(lambda: cells.offset(self._row["end"], "end"))
        if start is None or end is None or source not in self._evidence.facts or self._evidence.is_loose(source):
            return None
        subject = names.thing("quote", self._evidence.code, key)
        if first := self._evidence.places.get(subject.value):
            if not self.failed:
                self.repeated(key, first)
            return None
        self.begin(subject, "Quote")
        self._evidence.add(subject, "document", NamedNode(self._evidence.document_of(source)))
        self._evidence.add_text(subject, NamedNode(f"{names.OA}exact"), text)
        self._evidence.add_integer(subject, NamedNode(f"{names.OA}start"), start)
        self._evidence.add_integer(subject, NamedNode(f"{names.OA}end"), end)
        return subject

    def begin(self, subject: NamedNode, class_name: str) -> None:
        """Add a subject with its class, written in this row."""
        self._evidence.begin(subject, class_name, self._path, self._row.line)

    def duplicate(self, first: Place) -> None:
        """Note that another row already gives this observation."""
        reason = f"{at(first)} already gives this indicator, year and source."
        self._fail("duplicate-row", reason, "Remove one of the rows, or name the other source.")

    def repeated(self, key: str, first: Place | None) -> None:
        """Note that something else has the row's key."""
        reason = f"The key '{key}' is already used in {at(first)}."
        self._fail("duplicate-key", reason, "Give each item of a city a key of its own.")

    def _check_range(self, indicator: IndicatorWords, value: Decimal) -> None:
        low, high = indicator.minimum, indicator.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            slug = indicator.iri.rpartition("/")[2]
            limits = [f"at least {plain(low)}"] if low is not None else []
            limits += [f"at most {plain(high)}"] if high is not None else []
            reason = f"{plain(value)} is not possible for {slug}, which is {' and '.join(limits)}."
            self._fail("out-of-range", reason, "Check the value and its unit.")

    def _has_assessment(self) -> bool:
        """Return whether the row's source leads to an assessment, or fails to: that is told where the source stands."""
        source = names.thing("source", self._evidence.code, self._row["source"]).value
        both = (source, self._evidence.document_of(source))
        named = (self._evidence.first(iri, names.term("assessment")) for iri in both)
        return source in self._evidence.unread or self._evidence.is_loose(source) or any(named)

    def refuse(self, code: str, reason: str, remedy: str) -> None:
        """Note that the row cannot be taken."""
        self._fail(code, reason, remedy)

    def _fail(self, code: str, reason: str, remedy: str, *, is_deferred: bool = False) -> None:
        """Note a Problem; a deferred one is told only when nothing else explains it."""
        self.failed = True
        self._evidence.skip_row(self._row["key"])
        if is_deferred:
            self._evidence.deferred.append(Problem(shown(self._path), self._row.line, code, reason, remedy))
        else:
            self._evidence.problem(self._path, self._row.line, code, reason, remedy)


def decimal(value: Decimal) -> Literal:
    """Return a number as an RDF decimal without trailing zeros."""
    return Literal(plain(value), datatype=NamedNode(f"{names.XSD}decimal"))


def plain(value: Decimal) -> str:
    """Return a number with all its digits, and no zeros that say nothing.

    >>> plain(Decimal("-0.0")), plain(Decimal("40.630")), plain(Decimal("1200"))
    ('0', '40.63', '1200')
    """
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"
