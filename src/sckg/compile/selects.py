"""Queries that shapes carry: read, checked against what may be bound beforehand, with constants written in.

SHACL binds ``$this`` beforehand, everywhere in the query. The same follows when the pattern of the targets
stands in every group that mentions it; what would still tell the two apart is refused (the standard, appendix A,
forbids most of it). Paths and parameters are constants: they are written where the variable stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Variable

from sckg import names
from sckg.compile.forms import Path, SparqlConstraint, Value
from sckg.compile.graph import ShapesGraph
from sckg.compile.tokens import (
    is_nested_too_deep,
    outer_group,
    replaced,
    select_clauses,
    significant,
    tokens_of,
    variables,
    with_prefixes,
    words,
)  # fmt: skip

KEYWORDS = {"MINUS", "VALUES", "SERVICE", "GRAPH", "FROM", "LIMIT", "OFFSET"}
_COMMON = {"rdf", "rdfs", "owl", "sh", "xsd", "skos"}
_ENDS = {"{", "}", "HAVING", "ORDER", "WHERE"}
BOUND = ("shapesGraph", "currentShape")
_IMPORTS = NamedNode(f"{names.OWL}imports")


def read_select(
    graph: ShapesGraph, shape: Value, node: Value, said: Sequence[Value], level: NamedNode, path: Path | None = None
) -> SparqlConstraint:
    """Return the constraint that a value of ``sh:sparql`` describes. Raises NotCompilable for what cannot be bound."""
    text = query_of(graph, shape, node, "select", path=path)
    messages = tuple(m for m in graph.all(node, "message") or said if isinstance(m, Literal))
    return SparqlConstraint(text, shape, messages, level, source=node, path=path)


def query_of(
    graph: ShapesGraph, shape: Value, node: Value, kind: str, constants: Mapping[str, Value] | None = None,
    *, path: Path | None = None,
) -> str:  # fmt: skip
    """Return the SELECT, ASK or CONSTRUCT of a node with prefixes, path and constants written out.

    Raises NotCompilable for a text that is none, and for one where a variable cannot be bound beforehand.
    """
    texts = graph.all(node, kind)
    word = f"sh:{kind}"
    if len(texts) != 1 or not isinstance(texts[0], Literal):
        raise graph.refusal(shape, f"a query without one {word}", word)
    tokens = with_prefixes(tokens_of(texts[0].value), _prefixes(graph, node))
    if is_nested_too_deep(tokens):
        raise graph.refusal(shape, f"a {word} with too many brackets inside one another", word)
    known = dict(constants or {})
    _refuse_unbindable(graph, shape, tokens, {"this", *known, *(["value"] if kind == "ask" else [])}, word)
    body = "".join(_with_constants(graph, shape, tokens, known, path))
    if problem := _problem(body, kind):
        raise graph.refusal(shape, f"a {word} that {problem}", word)
    return body


def _refuse_unbindable(graph: ShapesGraph, shape: Value, tokens: list[str], bound: set[str], word: str) -> None:
    plain = significant(tokens)
    if found := next((t for t in plain if t.upper() in KEYWORDS or t in {f"?{v}" for v in BOUND}), None):
        shown = found.replace("?", "$")
        raise graph.refusal(shape, f"{shown} in {word}", shown)
    if any(a.upper() == "AS" and b[0] == "?" and b[1:] in bound for a, b in pairwise(plain)):
        raise graph.refusal(shape, f"AS with a variable that is bound beforehand in {word}", word)
    for number, clause in enumerate(select_clauses(tokens)):
        if (number or word == "sh:select") and not ({"?this"} if number else {"?this", "*"}) & set(clause):
            said = "a subquery that does not select $this" if number else "a sh:select that does not select $this"
            raise graph.refusal(shape, said, word)


def _with_constants(
    graph: ShapesGraph, shape: Value, tokens: list[str], constants: Mapping[str, Value], path: Path | None
) -> list[str]:
    """Return the tokens with terms in the place of parameters, and the path in the place of ``$PATH``."""
    used = variables(tokens)
    for name in used & set(constants):
        if isinstance(constants[name], BlankNode):
            raise graph.refusal(shape, f"a parameter {name} without a name", name)
    if "PATH" in used and path is None:
        raise graph.refusal(shape, "$PATH on a node shape", "$PATH")
    terms = {name: str(value) for name, value in constants.items()}
    body = _selected(tokens, terms)
    for name in terms:  # bound($name) cannot ask about a constant
        body = _without_bound(body, f"?{name}")
    return replaced(body, lambda name: str(path) if name == "PATH" else terms.get(name, f"?{name}"))


def _selected(tokens: list[str], terms: Mapping[str, str]) -> list[str]:
    """Return the tokens with ``(term AS ?name)`` for each parameter that a SELECT or GROUP BY lists."""
    found, depth, inside, kept = [], 0, "", ""
    for token in tokens:
        depth += (token == "(") - (token == ")")  # noqa: S105 - tokens of SPARQL
        word = token.upper()
        inside = (
            word if word in {"SELECT", "GROUP"} else "" if word in {"{", "}", "HAVING", "ORDER", "WHERE"} else inside
        )
        if inside and not depth and token[:1] == "?" and token[1:] in terms:
            kept = token if inside == "SELECT" else f"{token}Group"
            found.append(f"({terms[token[1:]]} AS \0{kept[1:]})")
        else:
            found.append(token)
    return [token.replace("\0", "?") if "\0" in token else token for token in found]


def _without_bound(tokens: list[str], variable: str) -> list[str]:
    """Return the tokens with ``true`` in the place of ``bound(?variable)``."""
    found = list(tokens)
    places = [at for at, token in enumerate(tokens) if not token.isspace()]
    for window in zip(*(places[n:] for n in range(4)), strict=False):
        if [tokens[at].upper() for at in window] == ["BOUND", "(", variable.upper(), ")"]:
            found[window[0]], found[window[1]], found[window[2]], found[window[3]] = "true", "", "", ""
    return [token for token in found if token]


def _problem(text: str, kind: str) -> str:
    """Return what is wrong with the text as a query of its kind, or nothing."""
    try:
        answer = ox.Store().query(text)
    except (SyntaxError, ValueError, RuntimeError) as error:
        return f"is no SPARQL: {getattr(error, 'msg', error)}"
    wanted = {"select": ox.QuerySolutions, "ask": ox.QueryBoolean, "construct": ox.QueryTriples}[kind]
    if not isinstance(answer, wanted):
        return f"is no {kind.upper()}"
    if isinstance(answer, ox.QuerySolutions) and Variable("this") not in answer.variables:
        return "does not select $this"
    return ""


def _prefixes(graph: ShapesGraph, node: Value) -> dict[str, str]:
    """Return the prefixes that ``sh:prefixes`` names, with those of imported ontologies.

    Those that everybody spells alike need no declaration, and ours none where our ontology is named.
    """
    ontologies = graph.all(node, "prefixes")
    is_ours = any(one.value.startswith(names.W3ID) for one in ontologies)
    declared = {p: iri for p, iri in names.PREFIXES.items() if is_ours or p in _COMMON}
    for ontology in _imported(graph, ontologies):
        for one in graph.all(ontology, "declare"):
            pairs = zip(graph.all(one, "prefix"), graph.all(one, "namespace"), strict=False)
            declared.update({prefix.value: namespace.value for prefix, namespace in pairs})
    return declared


def _imported(graph: ShapesGraph, ontologies: Sequence[Value]) -> Iterator[Value]:
    found, left = set(), list(ontologies)
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            yield one
            left += graph.of(one, _IMPORTS)


def embeddable(graph: ShapesGraph, shape: Value, text: str) -> str:
    """Return the pattern of an ASK, which a FILTER asks about. Raises NotCompilable for one that is more."""
    tokens = tokens_of(text)
    start, end = outer_group(tokens)
    if significant(tokens[end + 1 :]):
        raise graph.refusal(shape, "a sh:ask with more than a pattern", "sh:ask")
    return "".join(tokens[start + 1 : end])


def is_grouped(tokens: Sequence[str]) -> bool:
    """Return whether a SELECT counts or groups: its rows are then not those of its pattern."""
    start, end = outer_group(tokens)
    outside = words([*tokens[:start], *tokens[end + 1 :]])
    return bool({"GROUP", "HAVING"} & set(outside)) or any("(" in w for w in outside)
