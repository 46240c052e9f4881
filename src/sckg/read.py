"""A city folder to triples that remember the file and row they came from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.claims import CLAIM_COLUMNS, CLAIM_EXTRAS, RESPONSE_COLUMNS, RESPONSE_EXTRAS, Claims, assess_claims
from sckg.evidence import CityEvidence, Reference, text_of
from sckg.model import broken_turtle
from sckg.names import CODE, TYPE, term
from sckg.problems import Problem, cut, printable, quoted, shown, suggestion
from sckg.records import OBSERVATION_COLUMNS, OBSERVATION_EXTRAS, STATEMENT_COLUMNS, STATEMENT_EXTRAS, Records
from sckg.tables import TableRow, decoded, read_table
from sckg.vocabulary import Vocabulary

MOST_ERRORS = 20  # of one Turtle file; the rest are told once these are corrected
TABLES = ("observations.csv", "statements.csv", "claims.csv", "responses.csv")
# Strings, IRIs and comments are passed over, so that only real syntax is found. Deeply nested '<<(' would
# end the process: the parser frees them by recursion.
_TOKENS = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"""'
    r"|'''(?:[^'\\]++|\\.|'(?!''))*+'''"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'(?:[^'\\\n]++|\\.)*+'"
    r"|<(?!<)[^<>]*+>|#[^\n]*+|\\."
    r"|(?P<base>(?<![\w:.-])@?[Bb][Aa][Ss][Ee](?=\s*<))|(?P<star><<)",
    re.DOTALL,
)


def read_city(folder: Path, words: Vocabulary) -> CityEvidence:
    """Read every Turtle and CSV file of a city folder; problems are collected, not raised."""
    evidence = CityEvidence(folder)
    if not (folder / "city.ttl").is_file():
        remedy = "Start with 'sckg new city CODE NAME', or copy cities/_template."
        evidence.problem(folder / "city.ttl", 0, "missing-file", "A city folder needs a file city.ttl.", remedy)
        return evidence
    for path in evidence.files():
        if path.suffix.lower() == ".ttl":
            _read_turtle(path, evidence)
        elif path.name not in TABLES:
            remedy = suggestion(path.name, TABLES) or f"Rows are read from {', '.join(TABLES)}."
            evidence.problem(path, 0, "unknown-file", "No step reads a CSV file of this name.", remedy)
    if _identify(evidence):
        _refuse_foreign_subjects(evidence, {evidence.code})
        records, claims = Records(evidence, words), Claims(evidence, words)
        observations, statements, claimed, responses = (folder / name for name in TABLES)
        _read_rows(observations, OBSERVATION_COLUMNS, OBSERVATION_EXTRAS, evidence, records.observation)
        _read_rows(statements, STATEMENT_COLUMNS, STATEMENT_EXTRAS, evidence, records.statement)
        _read_rows(claimed, CLAIM_COLUMNS, CLAIM_EXTRAS, evidence, claims.claim)
        _read_rows(responses, RESPONSE_COLUMNS, RESPONSE_EXTRAS, evidence, claims.response)
        _resolve(evidence, [*records.references, *claims.references], words)
        assess_claims(evidence)
    return evidence


def read_places(folder: Path) -> CityEvidence:
    """Read the Turtle files of a folder that describes many cities, whose rows are read elsewhere."""
    evidence = CityEvidence(folder)
    for path in sorted(p for p in folder.glob("*.ttl") if not p.name.startswith(".")):
        _read_turtle(path, evidence)
    start = f"{names.data_base()}city/"
    cities = [s for s in evidence.facts if term("City").value in evidence.said(s, TYPE)]
    for city in (c for c in cities if not re.fullmatch(CODE, c.removeprefix(start))):
        reason = f"<{cut(city, 200)}> has no code of a city in its name."
        evidence.problems.append(Problem(*evidence.places[city], "bad-code", reason, "Write <city/CODE>."))
    _refuse_foreign_subjects(evidence, {city.removeprefix(start) for city in cities})
    return evidence


def _read_turtle(path: Path, evidence: CityEvidence) -> None:
    text, problem = decoded(path)
    if problem:
        evidence.problems.append(problem)
        evidence.unread.update(_subject_lines(_guessed(path)))
        return
    lines = _subject_lines(text)
    if _has_foreign_syntax(path, text, evidence):
        evidence.unread.update(lines)
        return
    broken: list[str] = []
    rows: set[int] = set()
    for step in _parsed(text):
        if isinstance(step, SyntaxError):
            row = step.lineno or 0
            if row not in rows:  # what follows on the same line is mostly an echo
                evidence.problems.append(broken_turtle(path, step))
            rows.add(row)
            broken.append(max((s for s in lines if lines[s] <= row), key=lines.__getitem__, default=""))
            continue
        subject = text_of(step.subject)
        line = lines.get(subject, 0)
        evidence.take(step, (shown(path), line))
        if step.predicate == term("key"):
            evidence.claim_key(text_of(step.object), subject, path, line)
    if broken:
        evidence.unread.update(broken, lines.keys() - evidence.facts.keys())


def _parsed(text: str) -> Iterator[Triple | SyntaxError]:
    """Yield the triples of a Turtle text, and its errors: the parser goes on with the next statement."""
    parsed = ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=names.data_base(), rename_blank_nodes=True)
    errors = 0
    while errors < MOST_ERRORS:
        try:
            yield next(parsed).triple
        except StopIteration:
            return
        except SyntaxError as error:
            errors += 1
            yield error


def _has_foreign_syntax(path: Path, text: str, evidence: CityEvidence) -> bool:
    """Note what Turtle allows and a city file does not; return whether any was found."""
    found = list(islice((m for m in _TOKENS.finditer(text) if m.lastgroup), MOST_ERRORS))
    for match in found:
        line = text.count("\n", 0, match.start()) + 1
        if match.lastgroup == "base":
            remedy = "Remove the line: IRIs are resolved by sckg."
            evidence.problem(path, line, "own-base", "The file sets a base.", remedy)
        else:
            reason = "'<<' begins a statement about a statement, which is not read here."
            evidence.problem(path, line, "broken-turtle", reason, "Give the thing an IRI and describe that.")
    return bool(found)


def _identify(evidence: CityEvidence) -> bool:
    """Find the one city of the folder; return whether rows can be read for it."""
    cities = [s for s in evidence.facts if term("City").value in evidence.said(s, TYPE)]
    path = evidence.folder / "city.ttl"
    if not cities:  # nor do its things belong to one, which goes without saying
        evidence.unread.update(city for said in evidence.facts.values() for city in said.get(term("city").value, []))
    if not cities and not evidence.problems:
        evidence.problem(path, 0, "no-city", "No sckg:City is described here.", "Describe <city/CODE> a sckg:City.")
    for other in cities[1:]:
        reason = f"A second city, {cut(names.compact(other))}, is described beside {cut(names.compact(cities[0]))}."
        place = evidence.places[other]
        evidence.problems.append(Problem(*place, "many-cities", reason, "Keep one city in a folder."))
    if len(cities) != 1:
        return False
    place, named = evidence.places[cities[0]], cities[0].rpartition("/")[2]
    code = evidence.first(cities[0], term("code")) or named
    if not re.fullmatch(CODE, code):
        remedy = "Write the official code in letters, digits and hyphens, such as 5371."
        evidence.problems.append(Problem(*place, "bad-code", f"{quoted(code)} is not the code of a city.", remedy))
    elif names.thing("city", code).value != cities[0]:
        reason = f"The city is <{cut(cities[0], 200)}>, but its sckg:code is {code}."
        evidence.problems.append(Problem(*place, "code-differs", reason, f"Write <city/{code}>, or correct the code."))
    evidence.code, evidence.name = named, _name(evidence, cities[0])
    return bool(re.fullmatch(CODE, named))


def _refuse_foreign_subjects(evidence: CityEvidence, codes: set[str]) -> None:
    """Note each thing that is not of these cities: a city file may not say what an indicator or another city is."""
    thing = re.compile(rf"{re.escape(names.data_base())}(?:city/([^/]+)|[a-z][a-z-]*/([^/]+)/.+)")

    def is_own(subject: str) -> bool:
        found = thing.fullmatch(subject)
        return found is not None and (found[1] or found[2]) in codes

    whose = f"the city {evidence.code}" if evidence.code else "a city that is described here"
    written = evidence.code or "CODE"
    foreign = {s: place for s, place in evidence.places.items() if ":" in s and not is_own(s)}
    if foreign:  # what it says of others must not sway the checks
        evidence.triples = {t for t in evidence.triples if text_of(t.subject) not in foreign}
    for subject, (file, line) in foreign.items():
        reason = f"<{cut(subject, 200)}> is not a thing of {whose}."
        remedy = f"Write <kind/{written}/...>, such as <factor/{written}/W1>."
        evidence.problems.append(Problem(file, line, "foreign-subject", reason, remedy))


def _name(evidence: CityEvidence, city: str) -> str:
    labels = [t.object for t in evidence.triples if text_of(t.subject) == city and t.predicate == names.LABEL]
    literals = sorted((o for o in labels if isinstance(o, Literal)), key=lambda o: (o.language != "id", o.value))
    return cut(printable(literals[0].value)) if literals else evidence.code


def _read_rows(
    path: Path,
    required: tuple[str, ...],
    extras: tuple[str, ...],
    evidence: CityEvidence,
    take: Callable[[Path, TableRow], None],
) -> None:
    if not os.path.lexists(path):
        return
    rows, problems = read_table(path, required, extras)
    if problems:
        evidence.problems.extend(problems)
        for line in _guessed(path).splitlines():
            evidence.skip_row(re.split("[,;]", line)[0].strip(' "'))
    for row in rows:
        take(path, row)


def _resolve(evidence: CityEvidence, references: Iterable[Reference], words: Vocabulary) -> None:
    """Follow the keys in cells that name other items of the city."""
    for reference in references:
        for key in reference.keys.split():
            if iri := evidence.keys.get(key) or words.tables.get(key):
                evidence.add(reference.subject, reference.local, NamedNode(iri))
            elif not any(iri.rpartition("/")[2] == key for iri in evidence.unread):  # else it has its own Problem
                reason = f"{quoted(key)} in '{reference.column}' is no key of this city."
                remedy = suggestion(key, [*evidence.keys, *words.tables]) or "Write keys with spaces between: 4.1 W1."
                evidence.problem(reference.path, reference.line, "dangling-reference", reason, remedy)


def _guessed(path: Path) -> str:
    """Return what can be made out of a file that is not as it should be: only names are looked for in it."""
    try:
        return path.read_bytes().decode("latin-1").replace("\0", "") if path.is_file() else ""
    except OSError:
        return ""


def _subject_lines(text: str) -> dict[str, int]:
    """Return the line on which each subject's block begins, for subjects written as relative IRIs."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if match := re.match(r"<([^>]+)>", line):
            found.setdefault(names.data_base() + match.group(1), number)
    return found
