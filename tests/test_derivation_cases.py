"""What each rule of find, plan, roll-up and publish concludes about the invented cities, triple for triple."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from invention import GIVEN, HERE, graphs, lines, other_engine, store_of, triples_of
from sckg import names, pipeline, reasoner
from sckg.assets import Knowledge
from sckg.check import check
from sckg.compile.shapes import Shape
from sckg.derive import derive
from sckg.model import model
from sckg.queries import Query, load
from sckg.stores.embedded import EmbeddedStore

FOLDER = HERE / "rules"
RULES = sorted(p for p in (ROOT / "rules").rglob("*.rq") if "audit" not in p.parts)  # those are SELECTs
Graphs = dict[str, set[ox.Triple]]
# rdflib 7 finds nothing for an OPTIONAL subquery with an aggregate when a key of its groups is bound outside.
NOT_IN_RDFLIB = {"find/unmeasured-elements.rq"}


def named(path: Path) -> str:
    return path.relative_to(ROOT / "rules").as_posix()


@pytest.fixture(scope="module")
def invented() -> Graphs:
    return graphs()


@pytest.fixture(scope="module")
def store(invented: Graphs) -> EmbeddedStore:
    """Return a store that no test may change."""
    return store_of(invented)


def expected_file(rule: Path) -> Path:
    return (FOLDER / rule.relative_to(ROOT / "rules")).with_suffix(".ttl")


def rule(path: Path) -> Query:
    return load(path, ROOT / "rules")


@pytest.mark.parametrize("path", RULES, ids=named)
def test_a_rule_concludes_exactly_what_is_expected(path: Path, store: EmbeddedStore) -> None:
    concluded = set(store.construct(rule(path).text, rule(path).graphs()))
    assert lines(concluded) == lines(triples_of(expected_file(path)))


@pytest.mark.parametrize("path", [p for p in RULES if named(p) not in NOT_IN_RDFLIB], ids=named)
def test_another_engine_concludes_the_same(path: Path) -> None:
    found = other_engine(rule(path).reads).query(rule(path).text).graph
    assert found is not None
    concluded = ox.parse(found.serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES)
    assert lines(quad.triple for quad in concluded) == lines(triples_of(expected_file(path)))


def test_every_rule_has_an_expectation_and_every_expectation_a_rule() -> None:
    """A rule that is added fails here until its conclusions are written down."""
    assert {p.relative_to(FOLDER).as_posix() for p in FOLDER.glob("*/*.ttl")} == {
        expected_file(path).relative_to(FOLDER).as_posix() for path in RULES
    }


@pytest.mark.parametrize("path", RULES, ids=named)
def test_an_expectation_says_in_words_why_it_is_so_and_is_not_empty(path: Path) -> None:
    assert expected_file(path).read_text(encoding="utf-8").startswith("# ")
    assert triples_of(expected_file(path))


@pytest.mark.parametrize("stage", [s for s in pipeline.STAGES if s[1] not in GIVEN], ids=lambda stage: stage[0])
def test_a_stage_run_twice_changes_nothing(stage: tuple[str, str, str], invented: Graphs) -> None:
    """A rule never reads the graph it writes, so neither order nor repetition can matter."""
    _, graph, folder = stage
    store, rules = store_of(invented), [rule(path) for path in RULES if path.is_relative_to(ROOT / folder)]
    sizes = [derive(store, graph, order) for order in (rules, rules[::-1])]
    assert sizes == [len(invented.get(graph, ()))] * 2


def test_what_is_given_says_of_our_terms_only_what_the_ontology_says(invented: Graphs, knowledge: Knowledge) -> None:
    ours = {t for t in invented["model"] if str(t.subject).startswith(f"<{names.ONTOLOGY}")}
    assert ours
    assert lines(ours - reasoner.ontology(knowledge)) == []


def test_what_is_given_uses_only_declared_terms(invented: Graphs, knowledge: Knowledge) -> None:
    declared = {t.subject for t in reasoner.ontology(knowledge)}
    used = {term for triples in invented.values() for t in triples for term in (t.predicate, t.object)}
    ours = {t for t in used if isinstance(t, ox.NamedNode) and t.value.startswith(names.ONTOLOGY)}
    assert {t.value for t in ours - declared} == set()


def test_what_is_given_could_have_been_built(
    invented: Graphs, knowledge: Knowledge, checking_rules: list[Shape]
) -> None:
    """No check refuses the invented cities."""
    store = store_of({**invented, "model": invented["model"] | model(knowledge)})
    places = {t.subject.value: ("evidence.ttl", 0) for t in invented["evidence"] if isinstance(t.subject, ox.NamedNode)}
    assert [str(p) for p in check(store, checking_rules, places)] == []
