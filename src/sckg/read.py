"""A city folder to triples that remember the file and row they came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Triple

from sckg import cells, names
from sckg.cells import CellProblem
from sckg.names import TYPE, term
from sckg.problems import Problem, shown, suggestion
from sckg.tables import TableRow, decoded, read_table
from sckg.vocabulary import IndicatorWords, Vocabulary

OBSERVATION_COLUMNS = ("key", "indicator", "period", "value", "unit", "source", "stated")
OBSERVATION_EXTRAS = ("status", "locator", "start", "end", "quote", "note")
STATEMENT_COLUMNS = ("key", "kind", "source", "quote")
STATEMENT_EXTRAS = (
    "theme", "value", "unit", "period", "comparator", "observes", "parts", "polarity", "locus", "about", "locator",
    "start", "end", "note",
)  # fmt: skip
QUOTE_LIMIT = 200

Place = tuple[str, int]
_T = TypeVar("_T")


@dataclass
class CityEvidence:
    """What one city folder says: its triples, where each subject stands, and what is wrong."""

    folder: Path
    code: str = ""
    name: str = ""
    triples: set[Triple] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def observations(self) -> int:
        """Return how many observations there are, of tables and of prose."""
        return sum(t.predicate == TYPE and t.object == term("Observation") for t in self.triples)

    def files(self) -> list[Path]:
        """Return the files of record, sorted."""
        return sorted(p for p in self.folder.iterdir() if p.suffix in {".ttl", ".csv"} and p.is_file())


def read_city(folder: Path, words: Vocabulary) -> CityEvidence:
    """Read every Turtle and CSV file of a city folder; problems are collected, not raised."""
    return _Reading(folder, words).run()


class _Reading:
    def __init__(self, folder: Path, words: Vocabulary) -> None:
        self.words = words
        self.evidence = CityEvidence(folder)
        self.facts: dict[str, dict[str, list[str]]] = {}
        self.keys: dict[str, str] = {}
        self.about: list[tuple[NamedNode, str, Path, int]] = []

    def run(self) -> CityEvidence:
        folder = self.evidence.folder
        if not (folder / "city.ttl").is_file():
            remedy = "Start with 'sckg new city CODE NAME', or copy cities/_template."
            self._problem(folder / "city.ttl", 0, "missing-file", "A city folder needs a file city.ttl.", remedy)
            return self.evidence
        for path in self.evidence.files():
            if path.suffix == ".ttl":
                self._turtle(path)
        if self._identify():
            self._table(folder / "observations.csv", OBSERVATION_COLUMNS, OBSERVATION_EXTRAS, self._observation)
            self._table(folder / "statements.csv", STATEMENT_COLUMNS, STATEMENT_EXTRAS, self._statement)
            self._resolve_about()
        return self.evidence

    # --- Turtle ---------------------------------------------------------------------------------

    def _turtle(self, path: Path) -> None:
        text, problem = decoded(path)
        if problem:
            self.evidence.problems.append(problem)
            return
        if re.search(r"^\s*@base", text, re.MULTILINE):
            self._problem(path, 0, "own-base", "The file sets @base.", "Remove the line: IRIs are resolved by sckg.")
        lines = _subject_lines(text)
        found = []
        try:
            for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=names.data_base(), rename_blank_nodes=True):
                found.append(quad.triple)
        except SyntaxError as error:
            self._problem(path, error.lineno or 0, "broken-turtle", _turtle_reason(error), "Correct the Turtle there.")
            return
        for triple in found:
            self.evidence.triples.add(triple)
            subject, predicate = _text(triple.subject), triple.predicate.value
            self.facts.setdefault(subject, {}).setdefault(predicate, []).append(_text(triple.object))
            self.evidence.places.setdefault(subject, (shown(path), lines.get(subject, 0)))
            if triple.predicate == term("key"):
                self._claim_key(_text(triple.object), subject, path, lines.get(subject, 0))

    def _identify(self) -> bool:
        cities = [s for s, po in self.facts.items() if term("City").value in po.get(TYPE.value, [])]
        path = self.evidence.folder / "city.ttl"
        if not cities and not self.evidence.problems:
            self._problem(path, 0, "no-city", "No sckg:City is described here.", "Describe <city/CODE> a sckg:City.")
        if len(cities) > 1:
            self._problem(path, 0, "many-cities", f"{len(cities)} cities are described.", "Keep one city in a folder.")
        if len(cities) != 1:
            return False
        facts = self.facts[cities[0]]
        self.evidence.code = (facts.get(term("code").value) or [cities[0].rpartition("/")[2]])[0]
        self.evidence.name = (facts.get(names.LABEL.value) or [self.evidence.code])[0]
        if names.thing("city", self.evidence.code).value != cities[0]:
            reason = f"The city is <{cities[0]}>, but its sckg:code is {self.evidence.code}."
            self._problem(path, 0, "code-differs", reason, f"Write <city/{self.evidence.code}>.")
        return True

    # --- CSV ------------------------------------------------------------------------------------

    def _table(
        self, path: Path, required: tuple[str, ...], extras: tuple[str, ...], take: Callable[[Path, TableRow], None]
    ) -> None:
        if not path.is_file():
            return
        rows, problems = read_table(path, required, extras)
        self.evidence.problems.extend(problems)
        for row in rows:
            take(path, row)

    def _observation(self, path: Path, row: TableRow) -> None:
        taken = _Cells(self, path, row)
        key = taken.key()
        indicator = taken.indicator(row["indicator"])
        source = taken.source()
        assessment = self._assessment(source)
        period = taken.period(assessment)
        value = taken.value(indicator, row["value"])
        if indicator and indicator.unit != row["unit"] and value is not None and isinstance(value, Literal):
            taken.wrong_unit(indicator.unit)
        grades = self.words.grades_of(self._framework(assessment))
        stated = taken.word("stated", grades, "unknown-grade", "a grade of the framework's scale")
        status = taken.word("status", self.words.terms, "unknown-word", "a status")
        quote = taken.quote(source, key)
        if taken.failed or indicator is None or period is None:
            return
        subject = self._observe(row, indicator, source, assessment, *period)
        if subject.value in self.evidence.places:
            taken.duplicate(self.evidence.places[subject.value])
            return
        self._place(subject, path, row.line)
        self._claim_key(key, subject.value, path, row.line)
        self._add(subject, "key", Literal(key))
        self._add_value(subject, indicator, value)
        self._add(subject, "status", NamedNode(status) if status else term("realised"))
        if stated:
            self._add(subject, "statedGrade", NamedNode(stated))
        if quote:
            self._add(subject, "quote", quote)
        self._notes(subject, row)

    def _statement(self, path: Path, row: TableRow) -> None:
        taken = _Cells(self, path, row)
        key = taken.key()
        kind = taken.word("kind", self.words.terms, "unknown-word", "a kind of statement")
        source = taken.source()
        assessment = self._assessment(source)
        number = taken.plain_number()
        period = taken.period(assessment, needed=bool(row["observes"]))
        observed = taken.observed()
        words = {c: taken.word(c, self.words.terms, "unknown-word", f"a {c}") for c in ("polarity", "locus")}
        parts = taken.attempt(lambda: cells.pairs(row["parts"], "parts"))
        quote = taken.quote(source, key)
        if taken.failed:
            return
        subject = names.thing("statement", self.evidence.code, key)
        self._place(subject, path, row.line)
        self._claim_key(key, subject.value, path, row.line)
        self._type(subject, "Statement")
        self._add(subject, "key", Literal(key))
        self._add(subject, "city", names.thing("city", self.evidence.code))
        self._add(subject, "source", NamedNode(source))
        self._add(subject, "statementKind", NamedNode(kind))
        for column, word in words.items():
            if word:
                self._add(subject, column, NamedNode(word))
        for column in ("theme", "comparator"):
            if row[column]:
                self._add(subject, column, Literal(row[column]))
        if parts:
            self._add(subject, "parts", Literal("; ".join(f"{n}={v}" for n, v in parts)))
        if number is not None:
            self._add(subject, "value", _decimal(number))
        if row["period"] and period:
            self._add(subject, "period", Literal(period[0]))
        if quote:
            self._add(subject, "quote", quote)
        if row["about"]:
            self.about.append((subject, row["about"], path, row.line))
        self._notes(subject, row)
        for indicator, value in observed:
            if period is None:
                continue
            observation = self._observe(row, indicator, source, assessment, *period, statement=key)
            self._place(observation, path, row.line)
            self._add_value(observation, indicator, value)
            self._add(observation, "status", term("realised"))
            self._add(observation, "statedIn", subject)
            if quote:
                self._add(observation, "quote", quote)

    # --- What rows have in common ---------------------------------------------------------------

    def _observe(
        self, row: TableRow, indicator: IndicatorWords, source: str, assessment: str, stated: str, year: int,
        *, statement: str = "",
    ) -> NamedNode:  # fmt: skip
        """Add what every observation says of itself and return its IRI; the source is part of its identity."""
        origin = source.rpartition("/")[2] + (f"-{statement}" if statement else "")
        slug = indicator.iri.rpartition("/")[2]
        subject = names.thing("observation", self.evidence.code, str(year), slug, origin)
        if subject.value in self.evidence.places:
            return subject
        self._type(subject, "Observation")
        self._add(subject, "city", names.thing("city", self.evidence.code))
        if assessment:
            self._add(subject, "assessment", NamedNode(assessment))
        self._add(subject, "indicator", NamedNode(indicator.iri))
        self._add(subject, "source", NamedNode(source))
        self._add(subject, "year", Literal(str(year), datatype=NamedNode(f"{names.XSD}integer")))
        self._add(subject, "yearBasis", term("stated") if stated else term("assessmentPeriod"))
        if stated:
            self._add(subject, "period", Literal(stated))
        return subject

    def _add_value(self, subject: NamedNode, indicator: IndicatorWords, value: Literal | NamedNode | None) -> None:
        if isinstance(value, NamedNode):
            self._add(subject, "answer", value)
        elif value is not None:
            self._add(subject, "value", value)
            self._add(subject, "unit", NamedNode(self.words.units[indicator.unit]))

    def _notes(self, subject: NamedNode, row: TableRow) -> None:
        if row["locator"]:
            self._add(subject, "locator", Literal(row["locator"]))
        if row["note"]:
            self.evidence.triples.add(Triple(subject, NamedNode(f"{names.SKOS}note"), Literal(row["note"])))

    def _assessment(self, source: str) -> str:
        """Return the assessment that a source, or the document it is part of, was written for."""
        for node in (source, *self.facts.get(source, {}).get(term("partOf").value, [])):
            if found := self.facts.get(node, {}).get(term("assessment").value):
                return found[0]
        return ""

    def _framework(self, assessment: str) -> str:
        return (self.facts.get(assessment, {}).get(term("framework").value) or [""])[0]

    def document_of(self, source: str) -> str:
        return (self.facts.get(source, {}).get(term("partOf").value) or [source])[0]

    def year_of(self, assessment: str) -> int | None:
        found = self.facts.get(assessment, {}).get(term("year").value)
        return int(found[0]) if found and found[0].isdigit() else None

    def _resolve_about(self) -> None:
        for subject, keys, path, line in self.about:
            for key in keys.split():
                iri = self.keys.get(key) or self.words.tables.get(key)
                if iri:
                    self._add(subject, "about", NamedNode(iri))
                else:
                    remedy = suggestion(key, [*self.keys, *self.words.tables])
                    self._problem(path, line, "dangling-reference", f"'{key}' in 'about' is no key of this city.", remedy)

    def _claim_key(self, key: str, subject: str, path: Path, line: int) -> None:
        if key and self.keys.setdefault(key, subject) != subject:
            where = self.evidence.places.get(self.keys[key], ("another file", 0))
            reason = f"The key '{key}' is already used in {where[0]}:{where[1]}."
            self._problem(path, line, "duplicate-key", reason, "Give each item of a city a key of its own.")

    def _type(self, subject: NamedNode, local: str) -> None:
        self.evidence.triples.add(Triple(subject, TYPE, term(local)))

    def _add(self, subject: NamedNode, local: str, value: NamedNode | Literal) -> None:
        self.evidence.triples.add(Triple(subject, term(local), value))

    def add_quote(self, subject: NamedNode, document: str, start: int, end: int, text: str) -> None:
        self._type(subject, "Quote")
        self._add(subject, "document", NamedNode(document))
        integer = NamedNode(f"{names.XSD}integer")
        for local, value in (("start", start), ("end", end)):
            predicate = NamedNode(names.OA + local)
            self.evidence.triples.add(Triple(subject, predicate, Literal(str(value), datatype=integer)))
        exact = NamedNode(f"{names.OA}exact")
        self.evidence.triples.add(Triple(subject, exact, Literal(text)))

    def _place(self, subject: NamedNode, path: Path, line: int) -> None:
        self.evidence.places.setdefault(subject.value, (shown(path), line))

    def _problem(self, path: Path, row: int, code: str, reason: str, remedy: str) -> None:
        self.evidence.problems.append(Problem(shown(path), row, code, reason, remedy))


class _Cells:
    """The cells of one row, each tried; a failure is a Problem with the row, and the others go on."""

    def __init__(self, reading: _Reading, path: Path, row: TableRow) -> None:
        self._reading, self._path, self._row = reading, path, row
        self.failed = False

    def attempt(self, take: Callable[[], _T]) -> _T | None:
        try:
            return take()
        except CellProblem as problem:
            self._fail(problem.code, problem.reason, problem.remedy)
            return None

    def key(self) -> str:
        key = self._row["key"]
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", key):
            self._fail("bad-key", f"'{key}' is not a key.", "Write letters, digits, points and hyphens, such as 4.1.")
        return key

    def indicator(self, slug: str) -> IndicatorWords | None:
        known = self._reading.words.indicators
        if slug not in known:
            remedy = suggestion(slug, known) or "'sckg query indicators' lists them."
            self._fail("unknown-indicator", f"'{slug}' is not an indicator.", remedy)
        return known.get(slug)

    def source(self) -> str:
        slug = self._row["source"]
        iri = names.thing("source", self._reading.evidence.code, slug).value
        if iri not in self._reading.facts:
            start = names.thing("source", self._reading.evidence.code, "").value
            known = [i[len(start) :] for i in self._reading.facts if i.startswith(start)]
            remedy = suggestion(slug, known) or "Describe it in sources.ttl."
            self._fail("unknown-source", f"'{slug}' is not a source of this city.", remedy)
        return iri

    def period(self, assessment: str, *, needed: bool = True) -> tuple[str, int] | None:
        try:
            period = cells.period(self._row["period"])
        except CellProblem as problem:
            self._fail(problem.code, problem.reason, problem.remedy)
            return None
        if period:
            return period.text, period.year
        year = self._reading.year_of(assessment)
        if year is None and needed and not self.failed:
            reason = "The row states no period, and its source belongs to no assessment with a year."
            self._fail("no-period", reason, "Fill 'period', or give the document an sckg:assessment with an sckg:year.")
        return None if year is None else ("", year)

    def value(self, indicator: IndicatorWords | None, text: str) -> Literal | NamedNode | None:
        if indicator is None or not text:
            return None
        if indicator.answers:
            iri = self.attempt(lambda: cells.choice(text, dict(indicator.answers), "unknown-answer", "an answer here"))
            return NamedNode(iri) if iri else None
        value = self.attempt(lambda: cells.number(text, whole=indicator.is_whole))
        if value is not None:
            self._check_range(indicator, value)
        return _decimal(value) if value is not None else None

    def _check_range(self, indicator: IndicatorWords, value: Decimal) -> None:
        low, high = indicator.minimum, indicator.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            limits = f"from {low if low is not None else '...'} to {high if high is not None else '...'}"
            slug = indicator.iri.rpartition("/")[2]
            self._fail("out-of-range", f"{value} is not possible for {slug}: it runs {limits}.", "Check the value and its unit.")

    def wrong_unit(self, wanted: str) -> None:
        reason = f"The unit '{self._row['unit']}' does not fit {self._row['indicator']}, which is in '{wanted}'."
        self._fail("wrong-unit", reason, f"Convert the value and write '{wanted}'.")

    def word(self, column: str, known: Mapping[str, str], code: str, what: str) -> str:
        text = self._row[column]
        return (self.attempt(lambda: cells.choice(text, dict(known), code, what)) or "") if text else ""

    def plain_number(self) -> Decimal | None:
        text = self._row["value"]
        return self.attempt(lambda: cells.number(text)) if text else None

    def observed(self) -> list[tuple[IndicatorWords, Literal | NamedNode | None]]:
        found = self.attempt(lambda: cells.pairs(self._row["observes"], "observes")) or []
        taken = [(self.indicator(slug), text) for slug, text in found]
        return [(indicator, self.value(indicator, text)) for indicator, text in taken if indicator]

    def quote(self, source: str, key: str) -> NamedNode | None:
        text = re.sub(r"\s+", " ", self._row["quote"]).strip()
        if not text and not self._row["start"]:
            return None
        start, end = (self.attempt(lambda c=c: cells.offset(self._row[c])) for c in ("start", "end"))  # type: ignore[misc]
        if start is None or end is None:
            return None
        subject = names.thing("quote", self._reading.evidence.code, key)
        self._reading.add_quote(subject, self._reading.document_of(source), start, end, text)
        self._reading._place(subject, self._path, self._row.line)  # noqa: SLF001 - one reading in two classes
        return subject

    def duplicate(self, first: Place) -> None:
        reason = f"{first[0]}:{first[1]} already gives this indicator, period and source."
        self._fail("duplicate-row", reason, "Remove one of the rows, or name the other source.")

    def _fail(self, code: str, reason: str, remedy: str) -> None:
        self.failed = True
        problem = Problem(shown(self._path), self._row.line, code, reason, remedy)
        self._reading.evidence.problems.append(problem)


def _decimal(value: Decimal) -> Literal:
    text = format(value.normalize(), "f")
    return Literal(text, datatype=NamedNode(f"{names.XSD}decimal"))


def _text(value: object) -> str:
    return str(getattr(value, "value", value))


def _subject_lines(text: str) -> dict[str, int]:
    """Return the line on which each subject's block begins, for subjects written as relative IRIs."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"<([^>]+)>", line):
            found.setdefault(names.data_base() + match.group(1), number)
    return found


def _turtle_reason(error: SyntaxError) -> str:
    return re.sub(r"^Parser error at line \d+ column (\d+): ", r"At column \1: ", str(error.msg)) + "."
