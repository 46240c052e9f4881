"""What may enter: the check shapes over the evidence, each violation told with its file and row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from pyoxigraph import Literal

from sckg import names
from sckg.compile import sparql
from sckg.compile.shapes import Constraint, Shape, SparqlConstraint
from sckg.evidence import Place, text_of
from sckg.problems import Problem, cut
from sckg.stores.base import Row, Store

GRAPHS = [names.graph("model"), names.graph("evidence")]


def check(
    store: Store, wanted: Sequence[Shape], places: Mapping[str, Place], unread: AbstractSet[str] = frozenset()
) -> list[Problem]:
    """Return a Problem for every violation in the evidence, sorted.

    A shape's local name is the Problem's code; the first line of its message the reason, the second
    the remedy. ``places`` says where each subject was written; what is about a thing in ``unread``, whose
    block is broken Turtle, waits until that is corrected.
    """
    problems = set()
    for shape in wanted:
        for constraint, text in sparql.violation_texts(shape):
            for row in store.select(text, GRAPHS).rows:
                if unread and unread & {text_of(row.get("this")), text_of(row.get("value"))}:
                    continue
                problems.add(_problem(shape, constraint, row, places))
    return sorted(p for p in problems if p)


def _problem(
    shape: Shape, constraint: Constraint | SparqlConstraint, row: Row, places: Mapping[str, Place]
) -> Problem | None:
    focus = getattr(row["this"], "value", "")
    if focus not in places:
        return None  # shared knowledge, which its own tests check
    file, line = places[focus]
    said = {name: cut(names.compact(text_of(t))) for name, t in row.items()}
    reason, _, remedy = _filled(_message(constraint), said).partition("\n")
    code = re.split(r"[/#]", shape.iri.value)[-1]
    return Problem(file, line, code, reason.strip(), remedy.strip())


def _message(constraint: Constraint | SparqlConstraint) -> str:
    english = [m for m in constraint.messages if isinstance(m, Literal) and (m.language or "en") == "en"]
    if english:
        return english[0].value
    component = constraint.component.value.rpartition("#")[2] if isinstance(constraint, Constraint) else "sparql"
    return f"{{?this}} breaks sh:{component}."


def _filled(message: str, said: Mapping[str, str]) -> str:
    return re.sub(r"\{[?$](\w+)\}", lambda m: said.get(m.group(1), ""), message)
