"""Compare each quote of a city with the document it is quoted from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pyoxigraph import Triple

from sckg import names
from sckg.evidence import CityEvidence
from sckg.names import term
from sckg.problems import NotPossible, Problem, quoted

_OA = {name: names.OA + name for name in ("start", "end", "exact")}


def compare(evidence: CityEvidence, sources: Path) -> list[Problem]:
    """Return a Problem for every quote that does not stand at its place, and every document that is missing.

    A document is looked for in ``sources`` by its SHA-256. White space is folded on both sides.
    Raises NotPossible when ``sources`` is no folder.
    """
    if not sources.is_dir():
        raise NotPossible(f"--sources {sources}: there is no such folder")
    facts = _facts(evidence.triples)
    by_hash = _by_hash(sources)
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for iri, said in sorted(facts.items()):
        digest = said.get(term("sha256").value, "")
        if re.fullmatch("[0-9a-f]{64}", digest):
            if digest not in by_hash:
                problems.append(_missing(evidence, iri, said, sources))
                continue
            try:
                texts[iri] = _text(by_hash[digest])
            except UnicodeDecodeError:
                problems.append(_not_text(evidence, iri, said))
                continue
            problems.extend(_length(evidence, iri, said, texts[iri]))
    for iri, said in sorted(facts.items()):
        text = texts.get(said.get(term("document").value, ""))
        if text is not None and said.get(_OA["exact"]):
            problems.extend(_difference(evidence, iri, said, text))
    return sorted(problems)


def count(evidence: CityEvidence) -> int:
    """Return how many places a city quotes."""
    return sum(t.predicate.value == _OA["exact"] for t in evidence.triples)


def _facts(triples: set[Triple]) -> dict[str, dict[str, str]]:
    """Return what is said of each subject; what is said twice and differently is left to the checks."""
    found: dict[str, dict[str, str]] = {}
    for triple in triples:
        subject, value = (getattr(t, "value", "") for t in (triple.subject, triple.object))
        said = found.setdefault(subject, {})
        said[triple.predicate.value] = "" if triple.predicate.value in said else value
    return found


def _by_hash(sources: Path) -> dict[str, Path]:
    """Return the files of a folder by their SHA-256."""
    try:
        return {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in sorted(sources.iterdir()) if p.is_file()}
    except OSError as error:
        raise NotPossible(f"--sources {error.filename}: cannot be read ({error.strerror})") from error


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _not_text(evidence: CityEvidence, iri: str, said: dict[str, str]) -> Problem:
    file, row = evidence.places.get(iri, (str(evidence.folder), 0))
    reason = f"The document {quoted(said.get(f'{names.DCT}identifier', names.compact(iri)))} is not UTF-8 text."
    return Problem(
        file, row, "document-not-text", reason, "Quote from its text, saved as UTF-8, and record the SHA-256 of that."
    )


def _missing(evidence: CityEvidence, iri: str, said: dict[str, str], sources: Path) -> Problem:
    file, row = evidence.places.get(iri, (str(evidence.folder), 0))
    name = said.get(f"{names.DCT}identifier", "")
    reason = f"No file in {sources} has the SHA-256 of {name or names.compact(iri)}; it is missing or another version."
    remedy = "Put the document there, or record the SHA-256 of the version quoted."
    try:
        there = next(p for p in sources.iterdir() if p.name == name and p.is_file())
        digest, length = hashlib.sha256(there.read_bytes()).hexdigest(), len(_text(there))
        remedy = f"If {name} there is the version quoted, record the SHA-256 {digest} and {length} characters."
    except (StopIteration, OSError, UnicodeDecodeError):
        pass  # nothing of that name to tell about
    return Problem(file, row, "document-missing", reason, remedy)


def _length(evidence: CityEvidence, iri: str, said: dict[str, str], text: str) -> Iterator[Problem]:
    given = said.get(term("characters").value, "")
    if given and given != str(len(text)):
        file, row = evidence.places.get(iri, (str(evidence.folder), 0))
        reason = f"The document has {len(text)} characters, not {quoted(given)}."
        yield Problem(file, row, "length-differs", reason, f"Write sckg:characters {len(text)}.")


def _difference(evidence: CityEvidence, iri: str, said: dict[str, str], text: str) -> Iterator[Problem]:
    start, end = (_offset(said.get(_OA[name], "")) for name in ("start", "end"))
    if start is None or end is None:
        return  # quote-incomplete says so
    file, row = evidence.places.get(iri, (str(evidence.folder), 0))
    if end <= start:
        return  # bad-selector says so
    if end > len(text):
        reason = f"The quote ends at character {end}, outside the document of {len(text)} characters."
        yield Problem(file, row, "selector-outside-document", reason, "Correct start and end.")
        return
    there, words = fold(text[start:end]), fold(said[_OA["exact"]])
    if there != words:
        reason = f"The quote differs from the document at {start}-{end}: quoted {quoted(words)}, there {quoted(there)}."
        found = _places(text, words)
        remedy = f"The words stand at {', '.join(found)}." if found else "Quote the document's own words."
        yield Problem(file, row, "quote-differs", reason, remedy)


def fold(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


def _offset(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _places(text: str, words: str) -> list[str]:
    """Return where some words stand, the first three places at most."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    found = islice(re.finditer(pattern, text), 3) if pattern else ()
    return [f"{match.start()}-{match.end()}" for match in found]
