"""A city folder to triples that remember the file and row they came from."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.evidence import CityEvidence, text_of
from sckg.names import TYPE, term
from sckg.problems import shown, suggestion
from sckg.records import OBSERVATION_COLUMNS, OBSERVATION_EXTRAS, STATEMENT_COLUMNS, STATEMENT_EXTRAS, Records
from sckg.tables import TableRow, decoded, read_table
from sckg.vocabulary import Vocabulary


def read_city(folder: Path, words: Vocabulary) -> CityEvidence:
    """Read every Turtle and CSV file of a city folder; problems are collected, not raised."""
    evidence = CityEvidence(folder)
    if not (folder / "city.ttl").is_file():
        remedy = "Start with 'sckg new city CODE NAME', or copy cities/_template."
        evidence.problem(folder / "city.ttl", 0, "missing-file", "A city folder needs a file city.ttl.", remedy)
        return evidence
    for path in evidence.files():
        if path.suffix == ".ttl":
            _read_turtle(path, evidence)
    if _identify(evidence):
        records = Records(evidence, words)
        _read_rows(folder / "observations.csv", OBSERVATION_COLUMNS, OBSERVATION_EXTRAS, evidence, records.observation)
        _read_rows(folder / "statements.csv", STATEMENT_COLUMNS, STATEMENT_EXTRAS, evidence, records.statement)
        _resolve_about(evidence, records, words)
    return evidence


def _read_turtle(path: Path, evidence: CityEvidence) -> None:
    text, problem = decoded(path)
    if problem:
        evidence.problems.append(problem)
        return
    if re.search(r"^\s*@?base\b", text, re.MULTILINE | re.IGNORECASE):
        evidence.problem(path, 0, "own-base", "The file sets a base.", "Remove the line: IRIs are resolved by sckg.")
    lines = _subject_lines(text)
    try:
        parsed = ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=names.data_base(), rename_blank_nodes=True)
        triples = [quad.triple for quad in parsed]
    except SyntaxError as error:
        remedy = "Correct the Turtle there."
        evidence.problem(path, error.lineno or 0, "broken-turtle", _turtle_reason(error), remedy)
        return
    for triple in triples:
        subject = text_of(triple.subject)
        line = lines.get(subject, 0)
        evidence.take(triple, (shown(path), line))
        if triple.predicate == term("key"):
            evidence.claim_key(text_of(triple.object), subject, path, line)


def _identify(evidence: CityEvidence) -> bool:
    """Find the one city of the folder; return whether rows can be read for it."""
    cities = [s for s in evidence.facts if term("City").value in evidence.said(s, TYPE)]
    path = evidence.folder / "city.ttl"
    if not cities and not evidence.problems:
        evidence.problem(path, 0, "no-city", "No sckg:City is described here.", "Describe <city/CODE> a sckg:City.")
    if len(cities) > 1:
        evidence.problem(path, 0, "many-cities", f"{len(cities)} cities are described.", "Keep one city in a folder.")
    if len(cities) != 1:
        return False
    evidence.code = evidence.first(cities[0], term("code")) or cities[0].rpartition("/")[2]
    evidence.name = _name(evidence, cities[0])
    if names.thing("city", evidence.code).value != cities[0]:
        reason = f"The city is <{cities[0]}>, but its sckg:code is {evidence.code}."
        evidence.problem(path, 0, "code-differs", reason, f"Write <city/{evidence.code}>.")
    return True


def _name(evidence: CityEvidence, city: str) -> str:
    labels = [t.object for t in evidence.triples if text_of(t.subject) == city and t.predicate == names.LABEL]
    literals = sorted((o for o in labels if isinstance(o, Literal)), key=lambda o: (o.language != "id", o.value))
    return literals[0].value if literals else evidence.code


def _read_rows(
    path: Path,
    required: tuple[str, ...],
    extras: tuple[str, ...],
    evidence: CityEvidence,
    take: Callable[[Path, TableRow], None],
) -> None:
    if not path.is_file():
        return
    rows, problems = read_table(path, required, extras)
    evidence.problems.extend(problems)
    for row in rows:
        take(path, row)


def _resolve_about(evidence: CityEvidence, records: Records, words: Vocabulary) -> None:
    for subject, keys, path, line in records.about:
        for key in keys.split():
            if iri := evidence.keys.get(key) or words.tables.get(key):
                evidence.add(subject, "about", NamedNode(iri))
            else:
                remedy = suggestion(key, [*evidence.keys, *words.tables])
                reason = f"'{key}' in 'about' is no key of this city."
                evidence.problem(path, line, "dangling-reference", reason, remedy)


def _subject_lines(text: str) -> dict[str, int]:
    """Return the line on which each subject's block begins, for subjects written as relative IRIs."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"<([^>]+)>", line):
            found.setdefault(names.data_base() + match.group(1), number)
    return found


def _turtle_reason(error: SyntaxError) -> str:
    return re.sub(r"^Parser error at line \d+ column (\d+): ", r"At column \1: ", str(error.msg)) + "."
