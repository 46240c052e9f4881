"""Compare each quote of a city with the document it is quoted from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Triple

from sckg import names
from sckg.evidence import CityEvidence
from sckg.names import term
from sckg.problems import NotPossible, Problem

_OA = {name: names.OA + name for name in ("start", "end", "exact")}


def compare(evidence: CityEvidence, sources: Path) -> list[Problem]:
    """Return a Problem for every quote that does not stand at its place, and every document that is missing.

    A document is looked for in ``sources`` by its SHA-256. White space is folded on both sides.
    Raises NotPossible when ``sources`` is no folder.
    """
    if not sources.is_dir():
        raise NotPossible(f"--sources {sources}: there is no such folder")
    facts = _facts(evidence.triples)
    by_hash = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in sorted(sources.iterdir()) if p.is_file()}
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for iri, said in sorted(facts.items()):
        if digest := said.get(term("sha256").value):
            if digest in by_hash:
                texts[iri] = by_hash[digest].read_bytes().decode("utf-8")
            else:
                problems.append(_missing(evidence, iri, said, sources))
    for iri, said in sorted(facts.items()):
        text = texts.get(said.get(term("document").value, ""))
        if text is not None and _OA["exact"] in said:
            problems.extend(_difference(evidence, iri, said, text))
    return sorted(problems)


def count(evidence: CityEvidence) -> int:
    """Return how many places a city quotes."""
    return sum(t.predicate.value == _OA["exact"] for t in evidence.triples)


def _facts(triples: set[Triple]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for triple in triples:
        subject, value = (getattr(t, "value", "") for t in (triple.subject, triple.object))
        found.setdefault(subject, {})[triple.predicate.value] = value
    return found


def _missing(evidence: CityEvidence, iri: str, said: dict[str, str], sources: Path) -> Problem:
    file, row = evidence.places.get(iri, (str(evidence.folder), 0))
    name = said.get(f"{names.DCT}identifier", names.compact(iri))
    reason = f"No file in {sources} has the SHA-256 of {name}; it is missing or another version."
    return Problem(
        file, row, "document-missing", reason, "Put the document there, or record the SHA-256 of the version quoted."
    )


def _difference(evidence: CityEvidence, iri: str, said: dict[str, str], text: str) -> Iterator[Problem]:
    start, end = int(said[_OA["start"]]), int(said[_OA["end"]])
    file, row = evidence.places.get(iri, (str(evidence.folder), 0))
    if not 0 <= start < end <= len(text):
        reason = f"Characters {start} to {end} lie outside the document of {len(text)} characters."
        yield Problem(file, row, "selector-outside-document", reason, "Correct start and end.")
        return
    there, quoted = fold(text[start:end]), fold(said[_OA["exact"]])
    if there != quoted:
        reason = (
            f"The quote differs from the document at {start}-{end}: quoted '{_cut(quoted)}', there '{_cut(there)}'."
        )
        found = _find(text, quoted)
        remedy = f"The words stand at {found[0]}-{found[1]}." if found else "Quote the document's own words."
        yield Problem(file, row, "quote-differs", reason, remedy)


def fold(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


def _find(text: str, quoted: str) -> tuple[int, int] | None:
    pattern = r"\s+".join(re.escape(word) for word in quoted.split())
    found = re.search(pattern, text) if pattern else None
    return found.span() if found else None


def _cut(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
