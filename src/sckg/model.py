"""The ontology, the framework and what the rules say of themselves, as one graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
            triples.update(_named(text, knowledge.relative(path)))
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
        text = path.read_text(encoding="utf-8-sig")
        owners: dict[str, str] = {}
        subjects: set[str] = set()
        for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=names.SHARED, rename_blank_nodes=True):
            triples.add(quad.triple)
            subjects.add(getattr(quad.subject, "value", ""))
            if isinstance(quad.object, BlankNode):
                owners.setdefault(quad.object.value, getattr(quad.subject, "value", ""))
        lines = _block_lines(text)
        for subject in subjects - places.keys():
            places[subject] = (shown(path), lines.get(_owner(subject, owners), 0))
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


def _named(text: str, label: str) -> Iterator[Triple]:
    for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=names.SHARED):
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            continue
        if quad.predicate.value.startswith(names.SH) or _is_shacl(quad.object):
            continue
        yield quad.triple
        if quad.predicate == TYPE and quad.object in _FILED:
            yield Triple(quad.subject, term("file"), Literal(label))


def _is_shacl(node: object) -> bool:
    return isinstance(node, NamedNode) and node.value.startswith(names.SH)
