"""A SHACL-SPARQL constraint: its SELECT checked, and its ``$this`` bound to all targets at once.

SHACL binds ``$this`` beforehand, everywhere in the query. The same follows when the pattern of the targets
stands in every group that mentions it; what would still tell the two apart is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Variable

from sckg import names
from sckg.compile.forms import SparqlConstraint, Value
from sckg.compile.graph import ShapesGraph

_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*\''''
    r"""|<[^<>"{}|^`\\\s]*>|\#[^\n]*|\s+|[?$]\w+|[\w-]*:[\w.-]*|\w+|.""",
    re.DOTALL,
)
_KEYWORDS = {"MINUS", "VALUES", "SERVICE", "GRAPH", "LIMIT", "OFFSET"}
_BOUND = {"PATH", "shapesGraph", "currentShape"}
_THIS = {"$this", "?this"}


def read_select(
    graph: ShapesGraph, shape: Value, node: Value, said: Sequence[Value], level: NamedNode
) -> SparqlConstraint:
    """Return the constraint that a value of ``sh:sparql`` describes. Raises NotCompilable for what cannot be bound."""
    selects = graph.all(node, "select")
    if len(selects) != 1 or not isinstance(selects[0], Literal):
        raise graph.refusal(shape, "sh:sparql without one sh:select", "sh:sparql")
    tokens = _TOKEN.findall(selects[0].value)
    if found := next((t for t in tokens if t.upper() in _KEYWORDS or t[1:] in _BOUND), None):
        raise graph.refusal(shape, f"{found} in sh:sparql", found)
    text = _prefixes(graph, node, tokens) + "".join(f"?{t[1:]}" if t in _THIS else t for t in tokens)
    if problem := _problem(text):
        raise graph.refusal(shape, f"a sh:select that {problem}", "sh:select")
    if not all(_THIS & set(clause) or "*" in clause for clause in _select_clauses(tokens)):
        raise graph.refusal(shape, "a subquery that does not select $this", "sh:select")
    messages = tuple(m for m in graph.all(node, "message") or said if isinstance(m, Literal))
    return SparqlConstraint(text, str(shape), messages, level)


def embedded(constraint: SparqlConstraint, focus: str) -> str:
    """Return the SELECT with the pattern of a target in every group that mentions ``?this``."""
    tokens = _TOKEN.findall(constraint.select)
    places = set(_groups(tokens))
    return "".join(f"{token}\n  {focus}\n" if at in places else token for at, token in enumerate(tokens))


def _groups(tokens: Sequence[str]) -> Iterator[int]:
    """Yield the braces behind which the targets belong: those of the query itself, and of groups about ``?this``.

    Not those of EXISTS, which sees the row outside, nor one that holds a subquery, whose own group follows.
    """
    still_open: list[int] = []
    outermost = True
    for at, token in enumerate(tokens):
        if token == "{":  # noqa: S105 - a token of SPARQL
            still_open.append(at)
        elif token == "}":  # noqa: S105 - as above
            start = still_open.pop()
            inside = tokens[start + 1 : at]
            if "EXISTS" in _words(reversed(tokens[:start]))[:1] or _words(inside)[:1] == ["SELECT"]:
                continue
            if _THIS & set(inside) or (not still_open and outermost):
                yield start
            outermost = outermost and bool(still_open)


def _words(tokens: Iterable[str]) -> list[str]:
    return [t.upper() for t in tokens if not t.isspace() and not t.startswith("#")]


def _select_clauses(tokens: Sequence[str]) -> Iterator[list[str]]:
    for at, token in enumerate(tokens):
        if token.upper() == "SELECT":
            yield list(takewhile(lambda t: t != "{", tokens[at:]))


def _problem(text: str) -> str:
    """Return what is wrong with the text as a SELECT, or nothing."""
    try:
        answer = ox.Store().query(text)
    except SyntaxError as error:
        return f"is no SPARQL: {error.msg}"
    if not isinstance(answer, ox.QuerySolutions):
        return "selects nothing"
    return "" if Variable("this") in answer.variables else "does not select $this"


def _prefixes(graph: ShapesGraph, node: Value, tokens: Sequence[str]) -> str:
    """Return the declarations of the prefixes in use: those that ``sh:prefixes`` names, and else our own."""
    declared = dict(names.PREFIXES)
    for ontology in graph.all(node, "prefixes"):
        for one in graph.all(ontology, "declare"):
            pairs = zip(graph.all(one, "prefix"), graph.all(one, "namespace"), strict=False)
            declared.update({prefix.value: namespace.value for prefix, namespace in pairs})
    used = dict.fromkeys(t.partition(":")[0] for t in tokens if re.fullmatch(r"[\w-]*:[\w.-]*", t))
    return "".join(f"PREFIX {p}: <{declared[p]}>\n" for p in used if p in declared)
