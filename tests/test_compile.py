"""The compiler against pySHACL: the same violations, and the same conclusions, of generated shapes and data."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from pyoxigraph import Triple
from rdflib import SH

from generated_shapes import data, rules, shapes, simple_data
from pyshacl_as_it_should_be import as_rdflib, as_text, corrected
from sckg import names
from sckg.compile import shapes as compiled_shapes
from sckg.compile import sparql
from sckg.inference import infer as conclude
from sckg.shacl import graph_of, infer, report
from sckg.stores.embedded import EmbeddedStore

GRAPH = names.graph("evidence")
often = settings(derandomize=True, max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def _reference() -> Iterator[None]:
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # it prints a traceback for every ill-typed literal
    with corrected():
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


RULES = sorted((Path(__file__).parent / "rules").glob("*.ttl"))


@pytest.mark.parametrize("file", RULES, ids=lambda path: path.stem)
def test_conclusions_of_rules_are_those_of_pyshacl(file: Path) -> None:
    graph = compiled_shapes.ShapesGraph()
    graph.add(file.read_bytes(), file.name)
    rules_read, wanted = compiled_shapes.shapes_of(graph, staged=True), graph_of([file])

    @given(simple_data)
    @settings(often, max_examples=15)
    def agree(facts: list[Triple]) -> None:
        concluded = {(str(t.subject), str(t.predicate), str(t.object)) for t in conclude(facts, rules_read)}
        given_graph = as_rdflib(facts)
        fresh = set(infer(given_graph, wanted).triples((None, None, None))) - set(given_graph)
        assert concluded == {tuple(as_text(term) for term in t) for t in fresh if not isinstance(t[0], rdflib.Literal)}

    agree()


def test_bands_that_a_value_chooses_are_those_of_pyshacl() -> None:
    file = next(path for path in RULES if path.stem == "bands-of-one-path")
    texts = [text for rule in compiled_shapes.load([file]) for text in sparql.rule_texts(rule)]
    assert len(texts) == 2, "one text for all bands of a rule"
    wanted = graph_of([file])

    @given(data)
    @settings(often, max_examples=60)
    def agree(facts: list[Triple]) -> None:
        store = holding(facts)
        concluded = {(str(t.subject), str(t.object)) for text in texts for t in store.construct(text, [GRAPH])}
        given_graph = as_rdflib(facts)
        fresh = set(infer(given_graph, wanted).triples((None, None, None))) - set(given_graph)
        assert concluded == {(as_text(s), as_text(o)) for s, _, o in fresh if not isinstance(s, rdflib.Literal)}

    agree()


def test_a_rule_that_reads_what_its_own_stage_concludes_is_refused() -> None:
    file = next(path for path in RULES if path.stem == "in-order")
    with pytest.raises(compiled_shapes.NotCompilable, match="which a rule concludes"):
        compiled_shapes.load([file])
