"""What may enter: the check shapes over the evidence, each violation told with its file and row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.compile import sparql
from sckg.compile.shapes import Constraint, Shape, SparqlConstraint
from sckg.evidence import Place, text_of
from sckg.problems import Problem, cut, nearest
from sckg.stores.base import Row, Store

GRAPHS = [names.graph("model"), names.graph("evidence")]


def check(
    store: Store, wanted: Sequence[Shape], places: Mapping[str, Place], unread: AbstractSet[str] = frozenset()
) -> list[Problem]:
    """Return a Problem for every violation by a thing that has a place, sorted.

    A shape's local name is the Problem's code; the first line of its message the reason, the second
    the remedy. ``places`` says where each subject was written; what is about a thing in ``unread``, whose
    block is broken Turtle, waits until that is corrected.
    """
    found = [
        (shape, constraint, row)
        for shape in wanted
        for constraint, text in sparql.violation_texts(shape)
        for row in store.select(text, GRAPHS).rows
        if text_of(row["this"]) in places and not unread & {text_of(row["this"]), text_of(row.get("value"))}
    ]
    described = {text_of(t.subject) for graph in GRAPHS for t in store.triples(graph)} if found else set()
    return sorted({_problem(*violation, places, described) for violation in found})


def _problem(
    shape: Shape,
    constraint: Constraint | SparqlConstraint,
    row: Row,
    places: Mapping[str, Place],
    described: AbstractSet[str],
) -> Problem:
    file, line = places[text_of(row["this"])]
    said = {name: cut(names.compact(text_of(t))) for name, t in row.items()}
    reason, _, remedy = (part.strip() for part in _filled(_message(constraint), said).partition("\n"))
    code = re.split(r"[/#]", shape.iri.value)[-1]
    return Problem(file, line, code, reason, f"{_meant(row, described)} {remedy}".strip())


def _meant(row: Row, described: AbstractSet[str]) -> str:
    """Return ``Did you mean x?`` for an IRI of a violation that nothing describes, when one like it is described."""
    for iri in (text_of(row[name]) for name in ("value", "path") if isinstance(row.get(name), NamedNode)):
        kind = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
        alike = (known[len(kind) :] for known in described if known.startswith(kind))
        if iri not in described and (close := nearest(iri[len(kind) :], alike)):
            return f"Did you mean {names.compact(kind + close)}?"
    return ""


def _message(constraint: Constraint | SparqlConstraint) -> str:
    english = [m for m in constraint.messages if isinstance(m, Literal) and (m.language or "en") == "en"]
    if english:
        return english[0].value
    component = constraint.component.value.rpartition("#")[2] if isinstance(constraint, Constraint) else "sparql"
    return f"{{?this}} breaks sh:{component}."


def _filled(message: str, said: Mapping[str, str]) -> str:
    return re.sub(r"\{[?$](\w+)\}", lambda m: said.get(m.group(1), ""), message)
