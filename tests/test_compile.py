"""The compiler against pySHACL: the same violations, and the same conclusions, of generated shapes and data."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from pyshacl.constraints.core import value_range_constraints
from rdflib import SH

from generated_shapes import data, rules, shapes
from sckg import names
from sckg.compile import shapes as compiled_shapes
from sckg.compile import sparql
from sckg.shacl import infer, report
from sckg.stores.embedded import EmbeddedStore

GRAPH = names.graph("evidence")
often = settings(derandomize=True, max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session", autouse=True)
def _quiet_rdflib() -> None:
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # it prints a traceback for every ill-typed literal


@pytest.fixture(scope="session", autouse=True)
def _pyshacl_compares_as_sparql() -> Iterator[None]:
    """Let pySHACL refuse to compare what SPARQL cannot; by itself it lets a broken number pass sh:maxInclusive."""
    as_it_is = value_range_constraints.compare_literal

    def compare(value: rdflib.Literal, bound: rdflib.Literal) -> int:
        if kind(value) != kind(bound):
            raise TypeError
        return as_it_is(value, bound)

    def kind(literal: rdflib.Literal) -> object:
        is_number = isinstance(literal.value, (int, float, Decimal)) and not isinstance(literal.value, bool)
        return "number" if is_number else (type(literal.value), literal.language)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(value_range_constraints, "compare_literal", compare)
        yield


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shapes")


@given(shapes(), data)
@often
def test_violations_are_those_of_pyshacl(folder: Path, shape: list[Triple], facts: list[Triple]) -> None:
    assert by_compiler(folder, shape, facts) == by_pyshacl(shape, facts)


@given(rules(), data)
@often
def test_conclusions_are_those_of_pyshacl(folder: Path, rule: list[Triple], facts: list[Triple]) -> None:
    assert concluded_by_compiler(folder, rule, facts) == concluded_by_pyshacl(rule, facts)


def by_compiler(folder: Path, shape: Iterable[Triple], facts: Iterable[Triple]) -> set[tuple[str, str, str]]:
    """Return the component, focus node and value of each violation; the value is empty where there is none."""
    store = holding(facts)
    found = set()
    for one in loaded(folder, shape):
        for constraint, text in sparql.violation_texts(one):
            word = constraint.component.value.removeprefix(names.SH)
            for row in store.select(text, [GRAPH]).rows:
                found.add((word[0].upper() + word[1:], str(row["this"]), str(row.get("value", ""))))
    return found


def by_pyshacl(shape: Iterable[Triple], facts: Iterable[Triple]) -> set[tuple[str, str, str]]:
    return results(report(as_rdflib(facts), as_rdflib(shape)))


def results(reported: rdflib.Graph) -> set[tuple[str, str, str]]:
    found = set()
    for result in reported.objects(None, SH.result):
        word = str(reported.value(result, SH.sourceConstraintComponent)).removeprefix(names.SH)
        focus, value = reported.value(result, SH.focusNode), reported.value(result, SH.value)
        found.add((word.removesuffix("ConstraintComponent"), as_text(focus), as_text(value)))
    return found


def concluded_by_compiler(folder: Path, rule: Iterable[Triple], facts: Iterable[Triple]) -> set[tuple[str, ...]]:
    store = holding(facts)
    texts = [text for one in loaded(folder, rule) for text in sparql.rule_texts(one)]
    triples = [triple for text in texts for triple in store.construct(text, [GRAPH])]
    return {(str(t.subject), str(t.predicate), str(t.object)) for t in triples}


def concluded_by_pyshacl(rule: Iterable[Triple], facts: Iterable[Triple]) -> set[tuple[str, ...]]:
    given_graph = as_rdflib(facts)
    everything = infer(given_graph, as_rdflib(rule))
    fresh = set(everything.triples((None, None, None))) - set(given_graph)
    return {tuple(as_text(term) for term in triple) for triple in fresh if not isinstance(triple[0], rdflib.Literal)}


def holding(facts: Iterable[Triple]) -> EmbeddedStore:
    store = EmbeddedStore()
    store.replace_graph(GRAPH, facts)
    return store


def loaded(folder: Path, triples: Iterable[Triple]) -> list[compiled_shapes.Shape]:
    file = folder / "shapes.ttl"
    ox.serialize(triples, str(file), format=ox.RdfFormat.TURTLE)
    return compiled_shapes.load([file])


def as_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for t in triples:
        graph.add((as_rdflib_term(t.subject), as_rdflib_term(t.predicate), as_rdflib_term(t.object)))
    return graph


def as_rdflib_term(term: object) -> rdflib.term.Node:
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    assert isinstance(term, Literal)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    is_string = term.datatype.value == f"{names.XSD}string"
    return rdflib.Literal(term.value, datatype=None if is_string else rdflib.URIRef(term.datatype.value))


def as_text(term: rdflib.term.Node | None) -> str:
    """Return a term as pyoxigraph writes it, or nothing."""
    if term is None:
        return ""
    if isinstance(term, rdflib.URIRef):
        return str(NamedNode(term))
    if isinstance(term, rdflib.BNode):
        return str(BlankNode(term))
    if term.language:
        return str(Literal(str(term), language=term.language))
    return str(Literal(str(term), datatype=NamedNode(term.datatype) if term.datatype else None))
