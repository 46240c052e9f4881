"""``sckg validate`` against pySHACL: the same results, whole, of generated shapes and data."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from pyoxigraph import BlankNode, NamedNode, Triple
from rdflib import RDF, SH

from generated_shapes import example, shapes, simple_data, spelled_data, typed
from pyshacl_as_it_should_be import as_rdflib, as_text, corrected
from sckg import names
from sckg.compile.paths import read_path
from sckg.compile.shapes import ShapesGraph
from sckg.names import shacl
from sckg.problems import ProblemsFound
from sckg.shacl import graph_of, report
from sckg.validate import validate
from sckg.validation_report import Report, as_turtle

often = settings(derandomize=True, max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
RESULT = ("focusNode", "resultPath", "value", "sourceShape", "sourceConstraintComponent", "resultSeverity")
HERE = Path(__file__).parent
Found = Counter[tuple[str, ...]]


@pytest.fixture(scope="module", autouse=True)
def _reference() -> Iterator[None]:
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # it prints a traceback for every ill-typed literal
    with corrected():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("validate")


@given(shapes(is_spelled=True), spelled_data)
@often
def test_results_are_those_of_pyshacl(folder: Path, shape: list[Triple], facts: list[Triple]) -> None:
    assert by_sckg(folder, shape, facts) == by_pyshacl(shape, facts)


def by_sckg(folder: Path, shape: Iterable[Triple], facts: Iterable[Triple]) -> Found:
    for name, triples in (("shapes.nt", shape), ("data.nt", facts)):
        ox.serialize(triples, str(folder / name), format=ox.RdfFormat.N_TRIPLES)
    return told(validate([folder / "data.nt"], [folder / "shapes.nt"]))


def told(found: Report) -> Found:
    return Counter(
        tuple(
            "" if part is None else str(part)
            for part in (r.focus, r.path, r.value, r.shape, r.component, r.severity)
        )
        for r in found.results
    )  # fmt: skip


def by_pyshacl(shape: Iterable[Triple], facts: Iterable[Triple]) -> Found:
    return results(report(as_rdflib(facts), as_rdflib(shape)))


def results(graph: rdflib.Graph) -> Found:
    found: Found = Counter()
    for result in graph.objects(None, SH.result):
        said = [
            graph.value(result, p) for p in (SH.value, SH.sourceShape, SH.sourceConstraintComponent, SH.resultSeverity)
        ]
        path = path_text(graph, graph.value(result, SH.resultPath))
        found[(as_text(graph.value(result, SH.focusNode)), path, *map(as_text, said))] += 1
    return found


def path_text(graph: rdflib.Graph, node: rdflib.term.Node | None) -> str:
    """Return a path as SPARQL writes it, as the intermediate form does."""
    if not isinstance(node, rdflib.BNode):
        return as_text(node)
    if graph.value(node, RDF.first):
        return f"({'/'.join(path_text(graph, part) for part in graph.items(node))})"
    if parts := graph.value(node, SH.alternativePath):
        return f"({'|'.join(path_text(graph, part) for part in graph.items(parts))})"
    if turned := graph.value(node, SH.inversePath):
        return f"(^{path_text(graph, turned)})"
    signs = {SH.zeroOrMorePath: "*", SH.oneOrMorePath: "+", SH.zeroOrOnePath: "?"}
    sign, part = next((signs[p], o) for p, o in graph.predicate_objects(node) if p in signs)
    return f"({path_text(graph, part)}{sign})"


QUERIES = sorted(path for folder in ("selects", "components", "targets") for path in (HERE / folder).glob("*.ttl"))
few = settings(often, max_examples=8)


@pytest.mark.parametrize("file", QUERIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_results_of_queries_in_shapes_are_those_of_pyshacl(file: Path, folder: Path) -> None:
    wanted = graph_of([file])

    @given(simple_data)
    @few
    def agree(facts: list[Triple]) -> None:
        ox.serialize(facts, str(folder / "data.nt"), format=ox.RdfFormat.N_TRIPLES)
        ours = told(validate([folder / "data.nt"], [file]))
        theirs = results(report(as_rdflib(facts), wanted))
        # As sets: pySHACL reports a row of a query once, however often it is there (5.3: each solution is a result).
        asks = "sh:ask" in file.read_text(encoding="utf-8")
        assert set(comparable(ours, asks=asks)) == set(comparable(theirs, asks=asks))

    agree()


def comparable(found: Found, *, asks: bool) -> Found:
    """Return the results with shapes that have no name all called the same.

    And without the value that an ASK validator finds on a property shape: pySHACL leaves it out.
    """
    plain: Found = Counter()
    for (focus, path, value, shape, component, severity), number in found.items():
        name = "_" if shape.startswith("_:") else shape
        plain[focus, path, "" if asks and path else value, name, component, severity] += number
    return plain


CASES = sorted((HERE / "shacl").rglob("*.ttl"))


@pytest.mark.parametrize("file", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_case_has_the_report_that_it_describes(file: Path) -> None:
    wanted, messages, sources = described(file)
    found = validate([file], [file])
    assert told(found) == wanted
    assert not messages or messages == {message for result in found.results for message in result.messages}
    assert not sources or sources == {result.source for result in found.results}
    again = ox.parse(as_turtle(found), format=ox.RdfFormat.TURTLE)
    assert sum(t.predicate == shacl("focusNode") for t in again) == sum(wanted.values())


def described(file: Path) -> tuple[Found, set[object], set[object]]:
    """Return the results that a case describes, and what it says of messages and source constraints."""
    graph = ShapesGraph()
    graph.add(file.read_bytes(), file.name)
    found, messages, sources = Counter(), set(), set()
    labels = {
        str(q.object) for q in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE) if q.predicate == shacl("focusNode")
    }
    for result in (r for node in graph.subjects() for r in graph.all(node, "result")):
        parts = [next(iter(graph.all(result, word)), None) for word in RESULT]
        path = parts[1] and read_path(graph, result, parts[1])
        focus = str(parts[0]) if not isinstance(parts[0], BlankNode) else next(x for x in labels if x.startswith("_:"))
        value = focus if parts[2] is not None and parts[2] == parts[0] else parts[2]
        found[tuple("" if part is None else str(part) for part in (focus, path, value, *parts[3:]))] += 1
        messages.update(graph.all(result, "resultMessage"))
        sources.update(graph.all(result, "sourceConstraint"))
    return found, messages, sources


REFUSED = sorted((HERE / "refused").glob("*.ttl"))


@pytest.mark.parametrize("file", REFUSED, ids=lambda path: path.stem)
def test_what_cannot_be_compiled_is_refused_by_name_and_line(file: Path) -> None:
    line, words = re.search(r"Refused on line (\d+): (.*)", file.read_text(encoding="utf-8")).groups()
    with pytest.raises(ProblemsFound) as found:
        validate([file], [file])
    (problem,) = found.value.problems
    assert (problem.row, problem.code) == (int(line), "not-compilable")
    assert problem.file.endswith(file.name)
    assert words in problem.reason


def test_the_page_lists_every_code_that_can_be_in_the_way() -> None:
    page = (HERE.parent / "docs" / "validating.md").read_text(encoding="utf-8")
    source = (HERE.parent / "src" / "sckg" / "validate.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'"([a-z]+-[a-z]+|doctype)", (?:reason|f?"|str\()', source))
    assert codes == set(re.findall(r"^\| `([a-z-]+)` \| .* \| .* \|$", page, re.MULTILINE))


def test_a_list_of_five_thousand_terms_is_no_problem(tmp_path: Path) -> None:
    items = [typed(str(n), "date" if n % 2 else "integer") for n in range(5000)]
    cells = [BlankNode(f"c{n}") for n in range(5000)]
    first, rest, nil = (NamedNode(names.RDF + local) for local in ("first", "rest", "nil"))
    shape = example("shape")
    triples = [Triple(shape, shacl("targetSubjectsOf"), example("p")), Triple(shape, shacl("path"), example("p"))]
    triples += [Triple(shape, shacl("in"), cells[0])]
    triples += [Triple(cell, first, item) for cell, item in zip(cells, items, strict=True)]
    triples += [Triple(cell, rest, after) for cell, after in zip(cells, [*cells[1:], nil], strict=True)]
    values = [typed("1", "date"), typed("2", "integer"), typed("2", "date"), typed("2.0", "decimal")]
    found = by_sckg(tmp_path, triples, [Triple(example("n0"), example("p"), value) for value in values])
    assert {key[2] for key in found} == {str(value) for value in values[2:]}
