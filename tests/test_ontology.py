"""The ontology as OWL: inside OWL 2 DL, free of contradictions, and strict enough to find planted ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import RdfFormat, Triple

from sckg import names, reasoner
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.problems import NotPossible
from sckg.publish import GRAPHS
from sckg.stores.base import Store

HERE = Path(__file__).parent

needs_java = pytest.mark.skipif(
    "CI" not in os.environ and shutil.which("javac") is None,
    reason="needs a Java development kit: scripts/system-packages java",
)


@pytest.fixture(scope="module")
def ontology(knowledge: Knowledge) -> set[Triple]:
    return reasoner.ontology(knowledge)


@pytest.fixture(scope="module")
def kupang(kupang_store: str) -> Store:
    return open_store(kupang_store)


@pytest.fixture(scope="module")
def planted_outside(ontology: set[Triple], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return what is found outside OWL 2 DL when every file of owl-profile/ is planted at once."""
    every = set().union(*(planted(f"owl-profile/{p.name}") for p in sorted((HERE / "owl-profile").glob("*.ttl"))))
    return outside_owl_2_dl(ontology | every, tmp_path_factory.mktemp("planted"))


def planted(name: str) -> set[Triple]:
    text = (HERE / name).read_text(encoding="utf-8")
    return {quad.triple for quad in ox.parse(text, format=RdfFormat.TURTLE)}


def outside_owl_2_dl(triples: set[Triple], folder: Path) -> list[str]:
    """Return what the OWL API, which comes with HermiT, finds outside the profile OWL 2 DL."""
    merged = folder / "merged.rdf"
    merged.write_bytes(ox.serialize(triples, format=RdfFormat.RDF_XML) or b"")
    source = HERE / "owl-profile" / "OwlProfile.java"
    command = [reasoner.find_java(), "-cp", str(reasoner.HERMIT), str(source), str(merged)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == bool(run.stdout), run.stderr
    return run.stdout.splitlines()


@needs_java
def test_ontology_stays_inside_owl_2_dl(ontology: set[Triple], tmp_path: Path) -> None:
    assert outside_owl_2_dl(ontology, tmp_path) == []


@needs_java
def test_built_city_stays_inside_owl_2_dl(ontology: set[Triple], kupang: Store, tmp_path: Path) -> None:
    built = {triple for graph in (*GRAPHS, "catalogue") for triple in kupang.triples(names.graph(graph))}
    assert outside_owl_2_dl(ontology | built, tmp_path) == []


@needs_java
@pytest.mark.parametrize(
    "said",
    [
        "Cannot pun between properties: <https://w3id.org/sckg/ontology#value>",
        "Use of undeclared annotation property: <https://w3id.org/sckg/ontology#meassures>",
        "Not a datatype of OWL 2: xsd:gYear",
    ],
)
def test_planted_axiom_outside_owl_2_dl_is_named(said: str, planted_outside: list[str]) -> None:
    assert any(line.startswith(said) for line in planted_outside), planted_outside


@needs_java
def test_ontology_and_everything_built_from_kupang_can_be_true_together(kupang: Store, knowledge: Knowledge) -> None:
    verdict = reasoner.classify(kupang, knowledge)
    assert verdict.holds, str(verdict)
    assert verdict.loaded["evidence"] > 0


@needs_java
@pytest.mark.parametrize(
    ("file", "because"),
    [
        ("strength-that-is-a-weakness.ttl", "DisjointClasses"),
        ("city-that-is-an-indicator.ttl", "city range City"),
        ("observation-of-two-indicators.ttl", "Functional indicator"),
        ("observation-of-two-values.ttl", "Functional value"),
    ],
)
def test_planted_contradiction_is_found_and_explained(file: str, because: str, ontology: set[Triple]) -> None:
    verdict = reasoner.reason({"ontology": ontology, "planted": planted(f"contradictions/{file}")})
    assert not verdict.is_consistent
    assert because in verdict.because


@needs_java
def test_class_under_two_disjoint_classes_is_named_as_impossible(ontology: set[Triple]) -> None:
    verdict = reasoner.reason({"ontology": ontology, "planted": planted("contradictions/class-of-two-kinds.ttl")})
    assert verdict.is_consistent
    assert verdict.impossible == (f"{names.ONTOLOGY}Oddity",)
    assert "Oddity subClassOf City" in verdict.because


@needs_java
def test_value_that_the_reasoner_cannot_read_is_not_called_consistent(ontology: set[Triple]) -> None:
    with pytest.raises(NotPossible, match="XMLSchema#gYear' is not part of the OWL 2 datatype map"):
        reasoner.reason({"given": ontology | planted("owl-profile/year-of-a-foreign-datatype.ttl")})


def test_without_java_the_reasoner_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAVA", "JAVA_HOME", "PATH"):
        monkeypatch.setenv(name, "/nowhere")
    with pytest.raises(NotPossible, match="apt-get install default-jdk-headless"):
        reasoner.reason({})
