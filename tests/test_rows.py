"""Rows of many cities: read, graded, rolled up and written in columns, with the same outcome as city by city."""

from __future__ import annotations

import csv
import shutil
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.evidence import CityEvidence
from sckg.names import term
from sckg.problems import Problem, ProblemsFound
from sckg.queries import catalogue
from sckg.read import read_places
from sckg.rows import deriving, reading, resolving, triples
from sckg.rows import words as row_words
from sckg.rows.engines import DuckDB, Spark
from sckg.stores.embedded import EmbeddedStore
from sckg.vocabulary import Vocabulary

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
from generate import generate  # noqa: E402

PLENTY = {"cities": 3, "years": 2, "sources": 3, "seed": 7, "form": "both"}
ONLY_IN_FOLDERS = {term("key"), term("unit"), term("yearBasis")}


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("invented")
    generate(folder, **PLENTY)
    return folder


@pytest.fixture(scope="module")
def from_folders(invented: Path, knowledge: Knowledge) -> EmbeddedStore:
    """Return a store of the same cities, read and derived one by one."""
    store = pipeline.read_model(knowledge)
    read = pipeline.read_cities(sorted((invented / "cities").iterdir()), store, knowledge)
    assert pipeline.problems_of(read, store, knowledge) == []
    pipeline.derive_all(store, knowledge)
    return store


@pytest.fixture(scope="module")
def from_bulk(invented: Path, knowledge: Knowledge, model_store: EmbeddedStore, words: Vocabulary) -> DuckDB:
    engine = DuckDB()
    assert read(engine, invented / "bulk", words) == []
    row_words.load_model(engine, model_store, catalogue(knowledge))
    deriving.grade(engine, deriving.by_profile(pipeline.grading_rules(knowledge)))
    deriving.roll_up(engine, knowledge)
    return engine


def read(engine: DuckDB, folder: Path, words: Vocabulary) -> list[Problem]:
    row_words.load_words(engine, words)
    row_words.load_places(engine, read_places(folder))
    reading.read_files(engine, reading.observation_files(folder))
    return resolving.resolve(engine, words)


def written(engine: DuckDB, table: str, folder: Path) -> set[ox.Triple]:
    triples.write_all(engine, table, folder / f"{table}.nt")
    return {q.triple for q in ox.parse(path=str(folder / f"{table}.nt"), format=ox.RdfFormat.N_TRIPLES)}


def test_bulk_rows_say_what_the_folders_of_the_cities_say(
    from_bulk: DuckDB, from_folders: EmbeddedStore, tmp_path: Path
) -> None:
    observations = {t for t in written(from_bulk, "observations", tmp_path) if t.predicate != term("key")}
    subjects = {t.subject for t in observations}
    of_folders = {
        t for t in from_folders.triples(names.graph("evidence"))
        if t.subject in subjects and t.predicate not in ONLY_IN_FOLDERS
    }  # fmt: skip
    assert observations == of_folders


def test_an_observation_takes_nine_triples_at_most(from_bulk: DuckDB, tmp_path: Path) -> None:
    ((rows,),) = from_bulk.ask("SELECT COUNT(*) FROM observations")
    assert len(written(from_bulk, "observations", tmp_path)) <= 9 * rows  # type: ignore[operator]


@pytest.mark.parametrize(("table", "graph"), [("grades", "grades"), ("roll_ups", "roll-ups")])
def test_sql_concludes_what_sparql_does_triple_for_triple(
    table: str, graph: str, from_bulk: DuckDB, from_folders: EmbeddedStore, tmp_path: Path
) -> None:
    assert written(from_bulk, table, tmp_path) == set(from_folders.triples(names.graph(graph)))


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_gives_the_same_grades_and_roll_ups(
    from_bulk: DuckDB, knowledge: Knowledge, on_spark: Spark, tmp_path: Path
) -> None:
    here = {table: sorted(from_bulk.ask(f"SELECT * FROM {table}"), key=str) for table in ("grades", "roll_ups")}
    deriving.derive_on(on_spark, from_bulk, deriving.by_profile(pipeline.grading_rules(knowledge)), knowledge, tmp_path)
    for table, rows in here.items():
        assert sorted(from_bulk.ask(f"SELECT * FROM {table}"), key=str) == rows


@pytest.mark.parametrize("suffix", ["parquet", "xlsx"])
def test_the_same_rows_from_another_kind_of_file(
    suffix: str, invented: Path, words: Vocabulary, tmp_path: Path, from_bulk: DuckDB
) -> None:
    polars = pytest.importorskip("polars", reason="no polars: spreadsheets are not tested")
    folder = tmp_path / "bulk"
    folder.mkdir()
    shutil.copy(invented / "bulk" / "cities.ttl", folder)
    cells = polars.read_csv(invented / "bulk" / "observations.csv", infer_schema_length=0)
    if suffix == "xlsx":
        pytest.importorskip("xlsxwriter", reason="no xlsxwriter: spreadsheets are not tested")
        cells.write_excel(folder / "observations.xlsx")
    else:
        cells.write_parquet(folder / "observations.parquet")
    engine = DuckDB()
    assert read(engine, folder, words) == []
    everything = "SELECT * FROM observations ORDER BY observation"
    assert engine.ask(everything) == from_bulk.ask(everything)


def test_every_planted_defect_is_told_at_its_row(tmp_path: Path, words: Vocabulary) -> None:
    generate(tmp_path, cities=2, years=1, sources=2, seed=3, defects=24)
    planted = list(csv.DictReader((tmp_path / "planted.csv").open(encoding="utf-8")))
    expected = {
        ("wrong-decimal-mark" if row["kind"] == "decimal-comma" else row["kind"], int(row["detail"].split()[1]))
        for row in planted if row["kind"] not in {"gap", "conflict", "duplicate-row"}
    }  # fmt: skip
    problems = read(DuckDB(), tmp_path / "bulk", words)
    told = {(p.code, p.row) for p in problems}
    assert {t for t in told if t[0] != "duplicate-row"} == expected
    assert sum(code == "duplicate-row" for code, _ in told) == sum(row["kind"] == "duplicate-row" for row in planted)


def test_a_missing_column_is_told_and_nothing_is_read(tmp_path: Path, words: Vocabulary) -> None:
    (tmp_path / "observations.csv").write_text("city,indicator,worth,source\n", encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        read(DuckDB(), tmp_path, words)
    assert {p.code for p in found.value.problems} == {"missing-column", "unknown-column"}


def test_texts_of_cells_are_written_as_they_are(invented: Path, words: Vocabulary, tmp_path: Path) -> None:
    odd = 'say "ha"\\n, comma; \t\nnew line \x01 é 漢'
    folder = tmp_path / "bulk"
    shutil.copytree(invented / "bulk", folder)
    rows = list(csv.DictReader((folder / "observations.csv").open(encoding="utf-8")))
    row = rows[0]
    with (folder / "observations.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, [*row, "note"])
        out.writeheader()
        out.writerow({**row, "note": odd})
    engine = DuckDB()
    assert read(engine, folder, words) == []
    notes = {t.object.value for t in written(engine, "observations", tmp_path) if t.predicate.value.endswith("#note")}
    assert notes == {odd}


def test_a_city_file_may_not_describe_what_is_of_no_city(tmp_path: Path) -> None:
    text = "<city/1101> a <https://w3id.org/sckg/ontology#City> .\n<factor/9999/W1> a <https://w3id.org/sckg/ontology#Factor> .\n"
    (tmp_path / "cities.ttl").write_text(text, encoding="utf-8")
    evidence: CityEvidence = read_places(tmp_path)
    assert [p.code for p in evidence.problems] == ["foreign-subject"]
