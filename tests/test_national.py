"""A folder of many cities, built by rows and in parts: the same graphs as SPARQL makes of all of it at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.problems import NotPossible, ProblemsFound
from sckg.publish import GRAPHS
from sckg.rows import parts
from sckg.rows.engines import DuckDB
from sckg.snapshots import dumps
from sckg.snapshots.manifest import verify
from sckg.snapshots.reading import Snapshot, current
from sckg.stores.embedded import EmbeddedStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from generate import generate


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    generate(folder, cities=3, years=2, sources=3, seed=5)
    return folder / "bulk"


@pytest.fixture(scope="module")
def built(bulk: Path, knowledge: Knowledge) -> Snapshot:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "CITIES", 2)  # so that there are two parts
        pipeline.build([bulk], str(bulk.parent / "store"), knowledge)
    return current(bulk.parent / "store")


@pytest.fixture(scope="module")
def at_once(built: Snapshot, knowledge: Knowledge) -> EmbeddedStore:
    """Return a store in memory with the same evidence, and all that SPARQL derives from it at once."""
    disk, memory = EmbeddedStore.read_only(built.store), pipeline.read_model(knowledge)
    memory.replace_graph(names.graph("evidence"), disk.triples(names.graph("evidence")))
    pipeline.derive_all(memory, knowledge)
    return memory


@pytest.mark.parametrize("graph", GRAPHS)
def test_each_graph_is_what_sparql_derives_from_all_cities_at_once(
    graph: str, built: Snapshot, at_once: EmbeddedStore
) -> None:
    here = set(EmbeddedStore.read_only(built.store).triples(names.graph(graph)))
    assert here == set(at_once.triples(names.graph(graph)))


@pytest.mark.parametrize("graph", [*GRAPHS, "catalogue"])
def test_each_dump_is_its_graph_sorted(graph: str, built: Snapshot) -> None:
    found = list(dumps.lines(dumps.files(built.dumps, graph)))
    assert found == sorted(set(found))
    stored = EmbeddedStore.read_only(built.store).triples(names.graph(graph))
    assert found == sorted(f"{triple} ." for triple in stored)
    for file in dumps.files(built.dumps, graph):
        of_one = file.read_text(encoding="utf-8").splitlines()
        assert of_one == sorted(set(of_one))


def test_the_manifest_counts_each_triple_once(built: Snapshot) -> None:
    stored = EmbeddedStore.read_only(built.store)
    said = {graph: sum(1 for _ in stored.triples(names.graph(graph))) for graph in (*GRAPHS, "catalogue")}
    assert built.manifest["triples"] == said


def test_the_rows_are_kept_as_parquet_and_every_file_is_in_the_manifest(built: Snapshot) -> None:
    engine = DuckDB()
    for table in ("observations", "grades", "roll-ups"):
        engine.open("kept", built.path / "rows" / table)
        assert engine.ask("SELECT COUNT(*) > 100 FROM kept") == [(True,)]
    assert verify(built) == []


def test_the_same_files_give_the_same_dumps(bulk: Path, built: Snapshot, knowledge: Knowledge, tmp_path: Path) -> None:
    pipeline.build([bulk], str(tmp_path), knowledge)
    again = current(tmp_path)
    for dump in (path for path in built.dumps.rglob("*") if path.is_file()):
        assert (again.dumps / dump.relative_to(built.dumps)).read_bytes() == dump.read_bytes(), dump.name


def test_a_row_of_a_city_that_nobody_describes_stops_the_build(
    bulk: Path, knowledge: Knowledge, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    folder.mkdir()
    for file in bulk.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "observations.csv").open("a", encoding="utf-8") as file:
        file.write("9998,universities,2020,3,{perguruan tinggi},report,,\n")
    with pytest.raises(ProblemsFound) as found:
        pipeline.build([folder], str(tmp_path / "store"), knowledge)
    assert {p.code for p in found.value.problems} == {"unknown-city"}
    assert not (tmp_path / "store" / "current").exists()


def test_two_folders_of_many_cities_are_not_built_together(bulk: Path, knowledge: Knowledge, tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="one folder of many cities"):
        pipeline.build([bulk, bulk], str(tmp_path / "store"), knowledge)
