"""The ontology, the framework and what the rules say of themselves, as one graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.audit.rules import audit_rules, rule_triples
from sckg.names import TYPE, term
from sckg.problems import Problem, ProblemsFound, cut, shown
from sckg.tables import decoded

_FILED = {term("GradingRule"), term("Norm"), term("Benchmark"), term("Profile")}
_PREFIX = re.compile(r"@?prefix\s+([\w-]*):\s*<([^>]*)>", re.IGNORECASE)
_BLOCK = re.compile(r"(?:<([^<>\s]+)>|([\w-]*):([\w.-]+))(?=\s)")


def model_files(knowledge: Knowledge) -> list[Path]:
    """Return the Turtle files that the model is made of."""
    return [*ontology_files(knowledge), *knowledge.files("rules/grade", "*.ttl")]


def ontology_files(knowledge: Knowledge) -> list[Path]:
    """Return the Turtle files of the ontology and the frameworks."""
    return [p for p in knowledge.files("ontology", "*.ttl") if "migrations" not in p.parts]


def model(knowledge: Knowledge) -> set[Triple]:
    """Return the triples of the model graph.

    Blank nodes (axioms, conditions of rules) stay in the files: nobody cites them. Each rule, norm
    and profile gets its file; an audit rule is what its header says. Raises ProblemsFound when a file is not Turtle.
    """
    problems: list[Problem] = []
    triples: set[Triple] = set()
    for path in model_files(knowledge):
        text, problem = decoded(path)
        try:
            triples.update(_named(_read(text), knowledge.relative(path)))
        except SyntaxError as error:
            problem = broken_turtle(path, error)
        if problem:
            problems.append(problem)
    if problems:
        raise ProblemsFound(problems)
    return triples.union(*(rule_triples(rule) for rule in audit_rules(knowledge)))


def written(knowledge: Knowledge) -> tuple[set[Triple], dict[str, tuple[str, int]]]:
    """Return all that the files of the model say, blank nodes too, and where each thing's block begins.

    A blank node stands where the thing does that it is written inside. ``model`` has read the files before.
    """
    triples: set[Triple] = set()
    places: dict[str, tuple[str, int]] = {}
    for path in model_files(knowledge):
        said, file = _read(path.read_text(encoding="utf-8-sig")), shown(path)
        triples.update(said.triples)
        for subject, line in said.lines.items():
            places.setdefault(subject, (file, line))
    return triples, places


def turtle_problem(path: Path) -> Problem | None:
    """Return what keeps a file from being read as Turtle, or None."""
    text, problem = decoded(path)
    try:
        for _ in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=names.SHARED):
            pass
    except SyntaxError as error:
        return broken_turtle(path, error)
    return problem


def broken_turtle(path: Path, error: SyntaxError) -> Problem:
    """Return the Problem that the parser's error is, at its line."""
    reason = re.sub(r"^Parser error (at|between) .*?: ", "", cut(str(error.msg), 200))
    column = f"At column {error.offset}: " if error.offset else ""
    remedy = "Correct the Turtle there, or at the end of the line before."
    return Problem(shown(path), error.lineno or 0, "broken-turtle", f"{column}{reason}.", remedy)


@dataclass(frozen=True)
class _Said:
    """What one file says, and on which line the block begins in which it says it of each subject."""

    triples: tuple[Triple, ...]
    lines: Mapping[str, int]


@lru_cache(maxsize=1024)  # the model is read and then checked, and by some processes many times
def _read(text: str) -> _Said:
    """Read the text of one file. Raises SyntaxError where it is not Turtle."""
    triples = [
        q.triple for q in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=names.SHARED, rename_blank_nodes=True)
    ]
    owners: dict[str, str] = {}
    for triple in triples:
        if isinstance(triple.object, BlankNode):
            owners.setdefault(triple.object.value, getattr(triple.subject, "value", ""))
    begin = _block_lines(text)
    subjects = {getattr(triple.subject, "value", "") for triple in triples}
    return _Said(tuple(triples), {subject: begin.get(_owner(subject, owners), 0) for subject in subjects})


def _owner(subject: str, owners: Mapping[str, str]) -> str:
    """Return the named thing that a blank node is written inside."""
    seen: set[str] = set()
    while subject in owners and subject not in seen:
        seen.add(subject)
        subject = owners[subject]
    return subject


def _block_lines(text: str) -> dict[str, int]:
    """Return the line on which each thing's block begins, by its IRI."""
    prefixes = dict(_PREFIX.findall(text))
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := _BLOCK.match(line):
            iri, prefix, local = match.groups()
            found.setdefault(iri or prefixes.get(prefix, "") + local, number)
    return found


def _named(said: _Said, label: str) -> Iterator[Triple]:
    for triple in said.triples:
        if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
            continue
        if triple.predicate.value.startswith(names.SH) or _is_shacl(triple.object):
            continue
        yield triple
        if triple.predicate == TYPE and triple.object in _FILED:
            yield Triple(triple.subject, term("file"), Literal(label))


def _is_shacl(node: object) -> bool:
    return isinstance(node, NamedNode) and node.value.startswith(names.SH)
