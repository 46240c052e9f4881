"""The values of each component: which may stand there, and what is read together with them.

A value that nothing could be compared with is refused: it would make a constraint that always fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode

from sckg import names
from sckg.compile.forms import Value, terms
from sckg.compile.graph import ShapesGraph
from sckg.names import shacl

_KINDS = terms("IRI BlankNode Literal BlankNodeOrIRI BlankNodeOrLiteral IRIOrLiteral")
_BOOLEAN, _STRING = NamedNode(f"{names.XSD}boolean"), NamedNode(f"{names.XSD}string")
_OFF = {"uniqueLang": {"false", "0", "1"}, "closed": {"false", "0", "1"}, "minCount": {"0"}, "qualifiedMinCount": {"0"}}
_QUALIFIED = terms("qualifiedMinCount qualifiedMaxCount")
_WITH_SHAPE, _WITH_SHAPES, _WITH_LIST = terms("node not"), terms("and or xone"), terms("in languageIn")
_ONLY_WITH_PATH = terms("minCount maxCount uniqueLang lessThan lessThanOrEquals")
_REPEATABLE = _WITH_SHAPE | _WITH_SHAPES | terms("class pattern hasValue equals disjoint lessThan lessThanOrEquals")

_WITH_ZONES = {
    "date": "2000-01-01", "time": "00:00:00", "dateTime": "2000-01-01T00:00:00",
    "gYear": "2000", "gYearMonth": "2000-01", "gMonth": "--01", "gMonthDay": "--01-01", "gDay": "---01",
}  # fmt: skip
_WITHOUT_ZONES = {"integer": "0", "string": "", "dayTimeDuration": "PT0S", "yearMonthDuration": "P0M"}
_ORDERED = [  # one of each kind that has an order; with a zone and without, for the two may have none together
    Literal(text + zone, datatype=NamedNode(names.XSD + local))
    for zones, texts in ((("",), _WITHOUT_ZONES), (("", "Z"), _WITH_ZONES))
    for local, text in texts.items() for zone in zones
]  # fmt: skip


@dataclass(frozen=True)
class Operands:
    """What one use of a component compares with: terms, and shapes still to be read."""

    terms: tuple[Value, ...] = ()
    shapes: tuple[Value, ...] = ()


def read_operands(graph: ShapesGraph, shape: Value, component: NamedNode, *, has_path: bool) -> Iterator[Operands]:
    """Yield the operands of each use of a component at a shape, without the uses that ask for nothing.

    Raises NotCompilable for a component that is not known, and for one that is used as the standard does not allow.
    """
    word, values = names.compact(component.value), graph.of(shape, component)
    if component not in COMPONENTS:
        raise graph.refusal(shape, word, word)
    if component in _QUALIFIED and not has_path and not graph.all(shape, "qualifiedValueShape"):
        return  # no constraint without all of its parameters (2.1.1)
    if component in _ONLY_WITH_PATH and not has_path:
        raise graph.refusal(shape, f"{word} on a node shape", word)
    if len(values) > 1 and component not in _REPEATABLE:
        raise graph.refusal(shape, f"more than one {word}", word)
    for value in values:
        if value.value not in _OFF.get(word.removeprefix("sh:"), ()):
            yield from _read(graph, shape, component, value)


def _read(graph: ShapesGraph, shape: Value, component: NamedNode, value: Value) -> Iterator[Operands]:
    word = names.compact(component.value)
    if component in _WITH_SHAPE:
        yield Operands(shapes=(value,))
    elif component in _WITH_SHAPES:
        yield Operands(shapes=tuple(graph.items(shape, value, word)))
    elif component == shacl("qualifiedValueShape"):
        if not any(graph.of(shape, count) for count in _QUALIFIED):
            raise graph.refusal(shape, "sh:qualifiedValueShape without a count", word)
    else:
        members = graph.items(shape, value, word) if component in _WITH_LIST else [value]
        for member in members:
            if not _MAY_BE[component](member):
                raise graph.refusal(shape, f"{word} {member}", word)
        if component == shacl("pattern") and not _is_pattern(value, _flags(graph, shape)):
            raise graph.refusal(shape, f"{word} {value}", word)
        yield _with_company(graph, shape, component, tuple(members))


def _with_company(graph: ShapesGraph, shape: Value, component: NamedNode, compared: tuple[Value, ...]) -> Operands:
    """Return the operands with what other properties of the shape say of this component."""
    if component == shacl("closed"):
        paths = [path for one in graph.all(shape, "property") for path in graph.all(one, "path")]
        for head in graph.all(shape, "ignoredProperties"):
            paths += graph.items(shape, head, "sh:ignoredProperties")
        return Operands(tuple(path for path in paths if isinstance(path, NamedNode)))
    if component == shacl("pattern"):
        return Operands((*compared, Literal(_flags(graph, shape))))
    if component in _QUALIFIED:
        return Operands(compared, tuple(_qualified_shapes(graph, shape)))
    return Operands(compared)


def _flags(graph: ShapesGraph, shape: Value) -> str:
    return "".join(flag.value for flag in graph.all(shape, "flags"))


def _qualified_shapes(graph: ShapesGraph, shape: Value) -> Iterator[Value]:
    """Yield the shape that is counted, then the siblings of which a counted value may be none."""
    counted = graph.all(shape, "qualifiedValueShape")
    if len(counted) != 1:
        raise graph.refusal(shape, "a qualified count without one sh:qualifiedValueShape", "sh:qualified")
    yield counted[0]
    if graph.says(shape, "qualifiedValueShapesDisjoint"):
        parents = [p for p in graph.subjects() if shape in graph.all(p, "property")]
        beside = [s for p in parents for one in graph.all(p, "property") for s in graph.all(one, "qualifiedValueShape")]
        yield from dict.fromkeys(s for s in beside if s != counted[0])


def _is_iri(value: Value) -> bool:
    return isinstance(value, NamedNode)


def _is_term(value: Value) -> bool:
    return not isinstance(value, BlankNode)  # which has no name in another graph


def _is_boolean(value: Value) -> bool:
    return isinstance(value, Literal) and value.datatype == _BOOLEAN and value.value in {"true", "false", "1", "0"}


def _is_count(value: Value) -> bool:
    return isinstance(value, Literal) and value.value.isascii() and value.value.isdigit()


def _is_string(value: Value) -> bool:
    return isinstance(value, Literal) and value.datatype == _STRING


def _has_order(value: Value) -> bool:
    """Return whether a value can be less or more than another: not NaN, true or "7,5"^^xsd:decimal.

    It is compared with one of each kind that has an order: to itself Oxigraph finds every literal equal.
    """
    tests = (f"COALESCE({value} < {other} || {value} >= {other}, false)" for other in _ORDERED)
    return isinstance(value, Literal) and not value.language and _holds(" || ".join(tests))


def _is_pattern(value: Value, flags: str) -> bool:
    """Return whether this is a regular expression of SPARQL, which has no look-around.

    Engines do not agree on brackets inside brackets (XPath takes one list of characters from another, Rust joins them)
    nor on two signs in a row there.
    """
    inside = re.findall(r"\[((?:\\.|[^\]\\])*)\]", value.value)
    return not any(re.search(r"(?<!\\)\[(?!:)|&&|--|~~", text) for text in inside) and _holds(
        f"isLiteral(REGEX('', {Literal(value.value)}, {Literal(flags)}))"
    )


def _holds(expression: str) -> bool:
    return bool(ox.Store().query(f"ASK {{ FILTER({expression}) }}"))


_MAY_BE: dict[NamedNode, Callable[[Value], bool]] = {
    **dict.fromkeys(_QUALIFIED | terms("minCount maxCount minLength maxLength"), _is_count),
    **dict.fromkeys(terms("minInclusive maxInclusive minExclusive maxExclusive"), _has_order),
    **dict.fromkeys(terms("datatype class equals disjoint lessThan lessThanOrEquals"), _is_iri),
    **dict.fromkeys(terms("in hasValue"), _is_term),
    **dict.fromkeys(terms("languageIn pattern"), _is_string),
    **dict.fromkeys(terms("uniqueLang closed"), _is_boolean),
    shacl("nodeKind"): lambda value: value in _KINDS,
}
COMPONENTS = frozenset({*_MAY_BE, *_WITH_SHAPE, *_WITH_SHAPES, shacl("qualifiedValueShape")})
