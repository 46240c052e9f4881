"""``docs/compiler.md`` says what the compiler does now, and leaves nothing out that it or SHACL knows."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
from pyoxigraph import NamedNode

from conftest import ROOT
from sckg import names
from sckg.compile import components, custom, operands, page, paths, selects, targets
from sckg.names import shacl

PROBES = [probe for group in page.GROUPS for probe in page.probes(group)]
RDFS_DOMAIN, PROPERTY = NamedNode(f"{names.RDFS}domain"), NamedNode(f"{names.RDF}Property")
REPORT = {shacl(word) for word in ("AbstractResult", "ValidationResult", "ValidationReport")}


def test_the_page_is_what_the_compiler_does_now() -> None:
    said = (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert said == page.page(), "run: python -m sckg.compile.page"


def terms_in(file: Path) -> set[NamedNode]:
    triples = ox.parse(path=str(file), format=ox.RdfFormat.TURTLE)
    return {term for t in triples for term in (t.predicate, t.object) if isinstance(term, NamedNode)}


def test_every_component_and_path_of_the_compiler_has_a_probe_of_its_name() -> None:
    for group, known in (("components", operands.COMPONENTS), ("paths", paths.UNARY), ("targets", targets.TARGETS)):
        probed = {probe.file.stem for probe in page.probes(group)}
        assert {term.value.removeprefix(names.SH) for term in known} <= probed, group
    own = {probe.file.stem for probe in page.probes("own-components")}
    assert set(custom.VALIDATORS) <= own


def test_every_term_that_may_stand_beside_a_component_is_in_a_probe() -> None:
    used = {term for file in (ROOT / page.PROBES).rglob("*.ttl") for term in terms_in(file)}
    assert {term.value for term in components.BESIDE - used} == set()


def test_every_word_that_is_refused_in_queries_has_a_probe() -> None:
    told = {probe.title.strip("`") for probe in page.probes("queries")}
    assert selects.KEYWORDS | {f"${name}" for name in selects.BOUND} <= told


def test_every_property_of_the_vocabulary_of_shacl_is_in_a_probe_but_those_of_reports() -> None:
    vocabulary = list(
        ox.parse(path=str(Path(pyshacl.__file__).parent / "assets" / "shacl.ttl"), format=ox.RdfFormat.TURTLE)
    )
    of_reports = {t.subject for t in vocabulary if t.predicate == RDFS_DOMAIN and t.object in REPORT}
    known = {t.subject for t in vocabulary if t.predicate == names.TYPE and t.object == PROPERTY} - of_reports
    used = {term for probe in PROBES for term in terms_in(probe.file)}
    assert {term.value for term in known - used} == set()


@pytest.mark.parametrize("group", page.GROUPS)
def test_no_feature_is_called_like_another(group: str) -> None:
    titles = [probe.title for probe in page.probes(group)]
    assert len(titles) == len(set(titles))
    assert all(titles)
