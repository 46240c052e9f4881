"""Shapes, rules and data for hypothesis, as triples: every component that the compiler takes, terms of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from sckg.names import RDF, RDFS, TYPE, XSD, shacl

Term = NamedNode | BlankNode | Literal


def example(local: str) -> NamedNode:
    return NamedNode(f"https://example.org/{local}")


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


CLASSES = [example("Office"), example("PublicOffice"), example("Nothing")]
PREDICATES = [example(local) for local in ("p", "q", "r")]
ORDERED = [example(local) for local in ("first", "last")]  # only numbers and strings: what both engines put in order
NODES: list[NamedNode | BlankNode] = [*(example(f"n{n}") for n in range(4)), BlankNode("b0"), BlankNode("b1")]
# Spelled as both engines write them; where they differ is in disagreements/.
NUMBERS = [
    *(typed(text, "integer") for text in ("-1", "0", "1", "2", "10")),
    *(typed(text, "decimal") for text in ("0.5", "1.5", "2.25", "79.99")),
    *(typed(text, "double") for text in ("0.5", "1.5")),
    typed("2.5", "float"),
]
STRINGS = [Literal(text) for text in ("", "a", "abc", "ABC", "10", "2019-06-30")]
TAGGED = [Literal("a", language="en"), Literal("a", language="id"), Literal("abc", language="en-gb")]
DATES = [typed("2019-06-30", "date"), typed("2020-01-01", "date")]
TIMES = [typed("2019-06-30T08:00:00", "dateTime"), typed("2020-01-01T00:00:00", "dateTime")]
ILL_TYPED = [typed("abc", "decimal"), typed("ten", "integer"), typed("2019-02-30", "date")]
# What a store that keeps values spells anew; only data that are validated from files keep it apart.
SPELLED = [
    typed("7.0", "decimal"), typed("+7", "decimal"), typed("01", "integer"), typed("2", "int"), typed("300", "byte"),
    typed("-1", "nonNegativeInteger"), typed("1", "boolean"), typed("1.0E0", "double"), typed("abc", "int"),
    typed("2019-06-30T08:00:00.0", "dateTime"), typed("12:00:00", "time"), typed("2019-02-30", "dateTime"),
]  # fmt: skip
OTHER = [typed("true", "boolean"), typed("false", "boolean"), Literal("5", datatype=example("unit"))]
LITERALS = [*NUMBERS, *STRINGS, *TAGGED, *DATES, *TIMES, *ILL_TYPED, *OTHER]
BOUNDS = [*NUMBERS, *STRINGS, *DATES, *TIMES]
DATATYPES = [
    *(NamedNode(XSD + local) for local in ("integer", "decimal", "double", "float", "string", "boolean", "date")),
    NamedNode(f"{XSD}dateTime"), NamedNode(f"{RDF}langString"), example("unit"),
]  # fmt: skip
SPELLED_DATATYPES = [NamedNode(XSD + local) for local in ("int", "byte", "nonNegativeInteger", "time")]
SEVERITIES = [shacl("Warning"), shacl("Info"), example("Hint")]
KINDS = [shacl(k) for k in ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")]
PATTERNS = ["a", "^a", "c$", "^[0-9]+$", "B", "^$", r"^\d{4}-", "n[01]"]


def facts(literals: Sequence[Literal], ordered: Sequence[Literal]) -> st.SearchStrategy[list[Triple]]:
    """Draw the triples of some data."""
    return st.builds(
        lambda links, pairs, types: sorted({*links, *pairs, *types, _subclass()}, key=str),
        st.lists(
            st.builds(
                Triple, st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from([*NODES, *literals])
            ),
            min_size=4,
            max_size=16,
        ),
        st.lists(
            st.builds(Triple, st.sampled_from(NODES), st.sampled_from(ORDERED), st.sampled_from(ordered)),
            max_size=6,
        ),
        st.lists(st.builds(Triple, st.sampled_from(NODES), st.just(TYPE), st.sampled_from(CLASSES[:2])), max_size=5),
    )


IN_ORDER = [*NUMBERS[:9], *STRINGS]
data, spelled_data = facts(LITERALS, IN_ORDER), facts([*LITERALS, *SPELLED, *SPELLED], IN_ORDER)
# What the SPARQL of rdflib, on which pySHACL runs queries, treats as the standard asks: neither 0, "" nor false.
SIMPLE = [*NUMBERS[2:5], *STRINGS[1:4], *TAGGED]
simple_data = facts(SIMPLE, SIMPLE)


def _subclass() -> Triple:
    return Triple(CLASSES[1], NamedNode(f"{RDFS}subClassOf"), CLASSES[0])


@dataclass
class Writer:
    """Collects the triples of shapes, giving each nested one a blank node."""

    draw: Callable[[st.SearchStrategy], object]
    may_stay: bool
    is_spelled: bool = False
    triples: list[Triple] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def node(self) -> BlankNode:
        return BlankNode(f"s{next(self.numbers)}")

    def name(self) -> NamedNode:
        return example(f"shape{next(self.numbers)}")

    def say(self, subject: Term, local: str, value: Term) -> None:
        self.triples.append(Triple(subject, shacl(local), value))

    def say_list(self, items: Sequence[Term]) -> Term:
        head: Term = NamedNode(f"{RDF}nil")
        for item in reversed(items):
            cell = self.node()
            self.triples.append(Triple(cell, NamedNode(f"{RDF}first"), item))
            self.triples.append(Triple(cell, NamedNode(f"{RDF}rest"), head))
            head = cell
        return head

    def one(self, options: Sequence[object]) -> object:
        return self.draw(st.sampled_from(options))

    def some(self, options: Sequence[object], least: int = 0, most: int = 3) -> list:
        return self.draw(st.lists(st.sampled_from(options), min_size=least, max_size=most, unique=True))

    def path(self, depth: int = 2) -> Term:
        """Write a path: mostly one property; no inverse of a sequence, which pySHACL walks the wrong way round."""
        stays = ["zeroOrOne", "zeroOrMore"] if self.may_stay else []
        kind = self.one(["", "", "", "", "sequence", "alternative", "oneOrMore", "inverse", *stays])
        if not kind or not depth:
            return self.one(PREDICATES)
        cell = self.node()
        if kind == "sequence":
            return self.say_list([self.path(depth - 1), self.path(depth - 1)])
        if kind == "alternative":
            self.say(cell, "alternativePath", self.say_list([self.path(depth - 1), self.path(depth - 1)]))
        else:
            self.say(cell, f"{kind}Path", self.path(0 if kind == "inverse" else depth - 1))
        return cell

    def shape(self, depth: int, *, with_path: bool | None = None) -> NamedNode:
        """Write a node shape, or a property shape, with a few components."""
        node = self.name()
        has_path = self.one([True, True, False]) if with_path is None else with_path
        self.triples.append(Triple(node, TYPE, shacl("PropertyShape" if has_path else "NodeShape")))
        if has_path:
            self.say(node, "path", self.path())
        self.fill(node, depth, has_path=has_path)
        return node

    def fill(self, node: Term, depth: int, *, has_path: bool) -> None:
        kinds = [*ANYWHERE, *(WITH_PATH if has_path else []), *(NESTING if depth else []),
                 *(NESTING_WITH_PATH if depth and has_path else [])]  # fmt: skip
        for kind in self.some(kinds, least=1):
            kind(self, node, depth)
        if self.is_spelled and self.one([True, False, False]):
            self.say(node, "severity", self.one(SEVERITIES))
        if self.is_spelled and self.one([True, *[False] * 7]):
            self.say(node, "deactivated", typed("true", "boolean"))


def _bound(local: str) -> Callable[[Writer, Term, int], None]:
    return lambda w, node, _: w.say(node, local, w.one(BOUNDS))


def _number(local: str, *options: int) -> Callable[[Writer, Term, int], None]:
    return lambda w, node, _: w.say(node, local, typed(str(w.one(options)), "integer"))


def _term(local: str, options: Sequence[Term], spelled: Sequence[Term] = ()) -> Callable[[Writer, Term, int], None]:
    return lambda w, node, _: w.say(node, local, w.one([*options, *(spelled if w.is_spelled else [])]))


def _list(local: str, options: Sequence[Term], spelled: Sequence[Term] = ()) -> Callable[[Writer, Term, int], None]:
    return lambda w, node, _: w.say(node, local, w.say_list(w.some([*options, *(spelled if w.is_spelled else [])])))


def _nested(local: str) -> Callable[[Writer, Term, int], None]:
    return lambda w, node, depth: w.say(node, local, w.shape(depth - 1))


def _nested_list(local: str) -> Callable[[Writer, Term, int], None]:
    def write(writer: Writer, node: Term, depth: int) -> None:
        members = [writer.shape(depth - 1) for _ in range(writer.one([1, 2, 3]))]
        writer.say(node, local, writer.say_list(members))

    return write


def _pattern(writer: Writer, node: Term, _: int) -> None:
    writer.say(node, "pattern", Literal(writer.one(PATTERNS)))
    if writer.one([True, False]):
        writer.say(node, "flags", Literal(writer.one(["i", "m", "im"])))


def _closed(writer: Writer, node: Term, _: int) -> None:
    writer.say(node, "closed", typed("true", "boolean"))
    writer.say(node, "ignoredProperties", writer.say_list([TYPE, *writer.some(PREDICATES)]))


def _order(local: str) -> Callable[[Writer, Term, int], None]:
    """Write a comparison of two properties, on a property shape of its own: both hold only what has an order."""

    def write(writer: Writer, node: Term, _: int) -> None:
        inner = writer.name()
        writer.say(node, "property", inner)
        writer.say(inner, "path", ORDERED[0])
        writer.say(inner, local, ORDERED[1])

    return write


def _qualified(writer: Writer, node: Term, depth: int) -> None:
    writer.say(node, "qualifiedValueShape", writer.shape(depth - 1))
    for local in writer.some(["qualifiedMinCount", "qualifiedMaxCount"], least=1):
        writer.say(node, local, typed(str(writer.one([0, 1, 2])), "integer"))
    if writer.one([True, False]):
        writer.say(node, "qualifiedValueShapesDisjoint", typed("true", "boolean"))


ANYWHERE = [
    *(_bound(local) for local in ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")),
    _term("datatype", DATATYPES, SPELLED_DATATYPES), _term("class", CLASSES), _term("nodeKind", KINDS),
    _list("in", [*NODES[:4], *LITERALS], SPELLED), _term("hasValue", [*NODES[:4], *LITERALS], SPELLED),
    _number("minLength", 1, 2, 4), _number("maxLength", 0, 1, 3), _pattern,
    _list("languageIn", [Literal("en"), Literal("id"), Literal("en-gb")]),
    _term("equals", PREDICATES), _term("disjoint", PREDICATES), _closed,
    _order("lessThan"), _order("lessThanOrEquals"),
]  # fmt: skip
WITH_PATH = [
    _number("minCount", 0, 1, 2, 3), _number("maxCount", 0, 1, 2, 3),
    _term("uniqueLang", [typed("true", "boolean"), typed("false", "boolean")]),
]  # fmt: skip
NESTING = [
    _nested("not"), _nested_list("and"), _nested_list("or"), _nested_list("xone"),
    lambda w, node, depth: w.say(node, "node", w.shape(depth - 1, with_path=False)),
    lambda w, node, depth: w.say(node, "property", w.shape(depth - 1, with_path=True)),
    lambda w, node, depth: w.say(node, "property", w.shape(depth - 1, with_path=True)),
]  # fmt: skip
NESTING_WITH_PATH = [_qualified]


def _write_targets(writer: Writer, root: NamedNode) -> None:
    options = {
        "targetClass": CLASSES, "targetSubjectsOf": PREDICATES, "targetObjectsOf": PREDICATES,
        **(
            {"targetNode": [*NODES[:4], *NUMBERS[:2], STRINGS[1], *(SPELLED[:3] if writer.is_spelled else [])]}
            if writer.is_spelled or not writer.may_stay else {}
        ),
    }  # fmt: skip
    for local in writer.some(list(options), least=1, most=2):
        writer.say(root, local, writer.one(options[local]))


@st.composite
def shapes(draw: Callable, *, is_spelled: bool = False) -> list[Triple]:
    """Draw the triples of one shape with targets; ``is_spelled`` for data that keep the spelling of literals."""
    writer, root = Writer(draw, draw(st.booleans()), is_spelled), example("shape")
    has_path = writer.one([True, False])
    writer.triples.append(Triple(root, TYPE, shacl("PropertyShape" if has_path else "NodeShape")))
    if has_path:
        writer.say(root, "path", writer.path())
    _write_targets(writer, root)
    writer.fill(root, 2, has_path=has_path)
    return writer.triples


@st.composite
def rules(draw: Callable) -> list[Triple]:
    """Draw the triples of one shape with targets and triple rules."""
    writer, root = Writer(draw, draw(st.booleans())), example("rule")
    writer.triples.append(Triple(root, TYPE, shacl("NodeShape")))
    _write_targets(writer, root)
    for number in range(writer.one([1, 2])):
        branch = example(f"branch{number}")
        writer.say(root, "rule", branch)
        writer.triples.append(Triple(branch, TYPE, shacl("TripleRule")))
        writer.say(branch, "subject", shacl("this"))
        writer.say(branch, "predicate", example("concluded"))
        writer.say(branch, "object", writer.one([example("band"), typed("1", "integer"), shacl("this")]))
        for _ in range(writer.one([1, 1, 2])):
            writer.say(branch, "condition", writer.shape(2, with_path=False))
    return writer.triples
