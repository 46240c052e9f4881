"""What a validation found: results, as a ``sh:ValidationReport``, as JSON, and as a table for people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from sckg import names
from sckg.compile.forms import Asked, Compound, Constraint, Path, SparqlConstraint, Value
from sckg.compile.graph import ShapesGraph
from sckg.names import TYPE, shacl
from sckg.render import as_text
from sckg.stores.base import Table

_FIRST, _REST, _NIL = (NamedNode(names.RDF + local) for local in ("first", "rest", "nil"))
_UNARY = {"^": "inversePath", "*": "zeroOrMorePath", "+": "oneOrMorePath", "?": "zeroOrOnePath"}
_COLUMNS = ("focusNode", "path", "value", "message", "severity", "component", "sourceShape")
_MOST_SHOWN = 5  # terms of a list in a sentence
_SAID = {
    "class": "It is no instance of {0}.", "datatype": "It is no well-formed {0}.",
    "nodeKind": "It is not of the kind {0}.",
    "minCount": "There are fewer than {0} values.", "maxCount": "There are more than {0} values.",
    "minExclusive": "It is not more than {0}.", "minInclusive": "It is not {0} or more.",
    "maxExclusive": "It is not less than {0}.", "maxInclusive": "It is not {0} or less.",
    "minLength": "It is shorter than {0} characters.", "maxLength": "It is longer than {0} characters.",
    "pattern": "It does not match {0}.", "languageIn": "Its language is none of {all}.",
    "uniqueLang": "A language has more than one value.", "equals": "The values are not those of {0}.",
    "disjoint": "It is a value of {0} too.", "lessThan": "It is not less than each value of {0}.",
    "lessThanOrEquals": "It is more than a value of {0}, or cannot be compared.",
    "not": "It conforms to a shape that it must not conform to.", "and": "It does not conform to all shapes of a list.",
    "or": "It conforms to no shape of a list.", "xone": "It does not conform to exactly one shape of a list.",
    "node": "It does not conform to the shape that it must conform to.", "closed": "The property is not allowed here.",
    "hasValue": "{0} is not among the values.", "in": "It is none of {all}.",
    "qualifiedMinCount": "Fewer than {0} values conform to the shape.",
    "qualifiedMaxCount": "More than {0} values conform to the shape.",
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One thing that is wrong."""

    focus: Value
    path: Path | None
    value: Value | None
    shape: Value
    component: NamedNode
    severity: NamedNode
    messages: tuple[Literal, ...] = ()
    source: Value | None = None

    def order(self) -> tuple[str, ...]:
        """Return what results are sorted by: the focus node, then the shape, the value and the rest."""
        parts = (self.focus, self.shape, self.path, self.value, self.component, self.severity, self.messages)
        return tuple(str(part) for part in parts)


@dataclass(frozen=True)
class Report:
    """All results, and the shapes that they come from. Data conform when there is none."""

    results: tuple[Result, ...]
    shapes: ShapesGraph

    @property
    def conforms(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.results


def component_of(asked: Asked) -> NamedNode:
    """Return the component of a constraint, which is kept by its parameter."""
    if isinstance(asked, SparqlConstraint):
        return asked.component
    word = asked.component.value.removeprefix(names.SH)
    return shacl(f"{word[0].upper()}{word[1:]}ConstraintComponent")


def messages_of(asked: Asked) -> Callable[[Mapping[str, Value]], tuple[Literal, ...]]:
    """Return what tells the messages of a row: those of the shape, filled in for a query; else a sentence of ours."""
    if isinstance(asked, SparqlConstraint):
        known = {**dict(asked.parameters), **({"PATH": asked.path} if asked.path else {})}
        return lambda row: _of_query(asked.messages, {**known, **row})
    said = asked.messages or (_sentence(asked),)
    return lambda _: said


def _sentence(asked: Constraint) -> Literal:
    operands = [_brief(operand) for operand in asked.operands]
    more = ["..."] if len(operands) > _MOST_SHOWN else []
    text = _SAID[asked.component.value.removeprefix(names.SH)]
    listed = ", ".join(operands[:_MOST_SHOWN] + more) or "none"
    return Literal(text.format(*operands or [""], all=listed), language="en")


def _of_query(said: tuple[Literal, ...], known: Mapping[str, object]) -> tuple[Literal, ...]:
    own = known.get("message")
    told = said or ((own,) if isinstance(own, Literal) else ())
    return tuple(_filled(message, known) for message in told) or (Literal("The query finds it.", language="en"),)


def _filled(message: Literal, known: Mapping[str, object]) -> Literal:
    text = re.sub(
        r"\{[?$](\w+)\}",
        lambda found: _brief(known[found[1]]) if found[1] in known else found[0], message.value,
    )  # fmt: skip
    return Literal(text, language=message.language) if message.language else Literal(text)


def _brief(term: object) -> str:
    if isinstance(term, Literal):
        return term.value
    iri = term.value if isinstance(term, NamedNode) else str(term)
    for prefix in ("sh", "xsd", "rdf", "rdfs", "owl"):
        if iri.startswith(names.PREFIXES[prefix]):
            return f"{prefix}:{iri.removeprefix(names.PREFIXES[prefix])}"
    return iri


def as_turtle(report: Report) -> str:
    """Return the ``sh:ValidationReport`` as Turtle."""
    prefixes = {prefix: names.PREFIXES[prefix] for prefix in ("rdf", "rdfs", "sh", "xsd")}
    text = ox.serialize(_triples(report), format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    return (text or b"").decode()


def _triples(report: Report) -> Iterator[Triple]:
    whole, fresh = BlankNode("report"), (BlankNode(f"path{n}") for n in count())
    yield Triple(whole, TYPE, shacl("ValidationReport"))
    conforms = Literal(str(report.conforms).lower(), datatype=NamedNode(f"{names.XSD}boolean"))
    yield Triple(whole, shacl("conforms"), conforms)
    for number in range(len(report.results)):
        yield Triple(whole, shacl("result"), BlankNode(f"result{number}"))
    for number, result in enumerate(report.results):
        yield from _told(BlankNode(f"result{number}"), result, fresh)


def _told(node: BlankNode, result: Result, fresh: Iterator[BlankNode]) -> Iterator[Triple]:
    yield Triple(node, TYPE, shacl("ValidationResult"))
    said = {
        "focusNode": result.focus, "value": result.value, "sourceShape": result.shape,
        "sourceConstraint": result.source, "sourceConstraintComponent": result.component,
        "resultSeverity": result.severity,
    }  # fmt: skip
    yield from (Triple(node, shacl(local), term) for local, term in said.items() if term is not None)
    yield from (Triple(node, shacl("resultMessage"), message) for message in result.messages)
    if result.path:
        found: list[Triple] = []
        head = _path_node(result.path, fresh, found)
        yield Triple(node, shacl("resultPath"), head)
        yield from found


def _path_node(path: Path, fresh: Iterator[BlankNode], found: list[Triple]) -> NamedNode | BlankNode:
    """Return the node of a path, and add its triples."""
    if isinstance(path, NamedNode):
        return path
    parts = [_path_node(part, fresh, found) for part in path.parts]
    if path.operator == "/":
        return _list(parts, fresh, found)
    node = next(fresh)
    if path.operator == "|":
        found.append(Triple(node, shacl("alternativePath"), _list(parts, fresh, found)))
    else:
        found.append(Triple(node, shacl(_UNARY[path.operator]), parts[0]))
    return node


def _list(items: list[NamedNode | BlankNode], fresh: Iterator[BlankNode], found: list[Triple]) -> NamedNode | BlankNode:
    head: NamedNode | BlankNode = _NIL
    for item in reversed(items):
        cell = next(fresh)
        found += [Triple(cell, _FIRST, item), Triple(cell, _REST, head)]
        head = cell
    return head


def as_json(report: Report) -> str:
    """Return the report as one JSON object; terms as in the JSON results of SPARQL."""
    results = [
        {
            "focusNode": _json(result.focus), "path": _shown_path(result.path) or None, "value": _json(result.value),
            "sourceShape": _json(result.shape), "component": result.component.value,
            "severity": result.severity.value, "messages": [_json(message) for message in result.messages],
        }
        for result in report.results
    ]  # fmt: skip
    return json.dumps({"conforms": report.conforms, "results": results}, ensure_ascii=False, indent=1) + "\n"


def _json(term: Value | None) -> dict[str, str] | None:
    if isinstance(term, Literal):
        kind = {"xml:lang": term.language} if term.language else {"datatype": term.datatype.value}
        return {"type": "literal", "value": term.value, **kind}
    return term and {"type": "uri" if isinstance(term, NamedNode) else "bnode", "value": term.value}


def _shown_path(path: Path | None) -> str:
    """Return a path as SPARQL writes it, without brackets around the whole."""
    text = "" if path is None else str(path)
    return text[1:-1] if isinstance(path, Compound) else text


def as_table(report: Report) -> str:
    """Return the results as a table, and a line that says whether the data conform."""
    rows = tuple(
        {
            "focusNode": result.focus, "path": Literal(re.sub(r"[<>]", "", _shown_path(result.path))),
            "message": Literal(" / ".join(_first(result.messages))), "severity": result.severity,
            "component": Literal(result.component.value.removeprefix(names.SH).removesuffix("ConstraintComponent")),
            "sourceShape": result.shape, **({"value": result.value} if result.value is not None else {}),
        }
        for result in report.results
    )  # fmt: skip
    if not rows:
        return "The data conform.\n"
    return f"The data do not conform.\n\n{as_text(Table(_COLUMNS, rows))}"


def _first(messages: tuple[Literal, ...]) -> list[str]:
    """Return the English messages, or all of them when there is none."""
    english = [message.value for message in messages if (message.language or "en").startswith("en")]
    return english or [message.value for message in messages]
