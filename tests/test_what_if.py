"""What would change is what a rebuild with it changes; nothing is stored, and what cannot be supposed is told."""

from __future__ import annotations

import csv
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from command_line import run
from sckg import pipeline
from sckg.assets import Knowledge
from sckg.problems import NotPossible
from sckg.queries import catalogue, named
from sckg.render import plain
from sckg.rows import asking
from sckg.rows.engines import DuckDB
from sckg.snapshots.manifest import verify
from sckg.snapshots.reading import current
from sckg.stores.embedded import EmbeddedStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from generate import generate

ROADS = "road-good-condition"


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    generate(folder, cities=4, years=2, sources=1, seed=11)
    pipeline.build([folder / "bulk"], str(folder / "store"), knowledge)
    return folder


def grades(store: Path) -> dict[str, str]:
    engine = DuckDB()
    engine.open("grades", current(store).path / "rows" / "grades")
    return {
        str(o): str(b)
        for o, b in engine.ask("SELECT * FROM grades WHERE band LIKE '%/band/kupang-2019%' OR band LIKE '%percent%'")
    }


def test_another_cut_off_moves_the_values_between_the_two(nation: Path, knowledge: Knowledge) -> None:
    answer = asking.ask(str(nation / "store"), knowledge, "", cut_offs=[f"{ROADS}:75=30"])
    rows = csv.DictReader((nation / "bulk" / "observations.csv").open(encoding="utf-8"))
    between = sorted(
        (row["city"], Decimal(row["value"])) for row in rows
        if row["indicator"] == ROADS and row["value"] and 30 <= Decimal(row["value"]) < 75
    )  # fmt: skip
    assert sorted((str(r["city"]).rpartition("/")[2], Decimal(str(r["value"]))) for r in answer.rows) == between
    assert {(r["was"], r["becomes"]) for r in answer.rows} == {("sedang", "baik")}


def test_another_value_changes_what_a_build_with_it_changes(nation: Path, knowledge: Knowledge, tmp_path: Path) -> None:
    file = nation / "bulk" / "observations.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    row = next(r for r in rows if r["indicator"] == ROADS and r["value"] and Decimal(r["value"]) < 75)
    year = row["source"].rpartition("-")[2]
    answer = asking.ask(str(nation / "store"), knowledge, "", values=[f"{row['city']}/{year}/{ROADS}=99"])
    folder = tmp_path / "bulk"
    folder.mkdir()
    (folder / "cities.ttl").write_bytes((nation / "bulk" / "cities.ttl").read_bytes())
    with (folder / "observations.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(row))
        writer.writeheader()
        writer.writerows({**r, "value": "99"} if r is row else r for r in rows)
    pipeline.build([folder], str(tmp_path / "store"), knowledge)
    was, becomes = grades(nation / "store"), grades(tmp_path / "store")
    assert {str(r["observation"]) for r in answer.rows} == {o for o in was if was[o] != becomes[o]}
    means = {str(r["city"]) + str(r["year"]): r["mean_becomes"] for r in answer.ranking}
    values = {"profile": "kupang-2019", "of": "fw:citiasia-2016", "lang": "en"}
    query = named(catalogue(knowledge), "ranking")
    terms = {p.name: str(p.term(values[p.name])) for p in query.parameters if p.name in values}
    built = EmbeddedStore.read_only(current(tmp_path / "store").store).select(query.bound(terms), query.graphs())
    now = {plain(r["city"]) + plain(r["year"]): Decimal(plain(r["mean_all"])) for r in built.rows}
    assert means
    assert {key: now[key] for key in means} == means


def test_findings_before_add_up_to_findings_after(nation: Path, knowledge: Knowledge) -> None:
    answer = asking.ask(str(nation / "store"), knowledge, "kupang-2019", instead="national-norms")
    assert sum(int(str(r["was"])) for r in answer.findings) == sum(int(str(r["becomes"])) for r in answer.findings)
    assert len(answer.rows) > 100


def test_the_command_prints_json_of_a_city_folder_and_stores_nothing(kupang_store: str, tmp_path: Path) -> None:
    command = f"sckg what-if --cut-off {ROADS}:75=60 --format json --store {kupang_store}"
    status, printed = run(command, tmp_path, os.environ)
    said = json.loads(printed)
    assert status == 0
    assert [(r["rows"], r["was"], r["becomes"]) for r in said["grades"]] == [(1, "sedang", "baik")]
    assert verify(current(Path(kupang_store))) == []


@pytest.mark.parametrize(
    ("supposed", "told"),
    [
        ({}, "nothing is supposed"),
        ({"cut_offs": ["road-good-condition:76=60"]}, "its cut-offs are 0, 4, 75"),
        ({"cut_offs": ["road-good-condition:75=3"]}, "beyond the next cut-off"),
        ({"cut_offs": ["road-good-condition=60"]}, "write INDICATOR:EDGE=OTHER"),
        ({"cut_offs": ["data-center:75=60"]}, "it has no cut-offs"),
        ({"cut_offs": ["road-good-conditon:75=60"]}, "Did you mean road-good-condition"),
        ({"values": ["5371/2019/road-good-condition"]}, "write CITY/YEAR/INDICATOR=VALUE"),
        ({"values": ["5371/1999/road-good-condition=80"]}, "no observation is of this city, year and indicator"),
        ({"values": ["5371/2019/road-good-condition=eighty"]}, "decimal point"),
        ({"values": ["5371/2019/data-center=maybe"]}, "it is one of"),
        ({"instead": "nobody"}, "there are kupang-2019, national-norms"),
    ],
)
def test_what_cannot_be_supposed_is_told(
    supposed: dict[str, list[str]], told: str, kupang_store: str, knowledge: Knowledge
) -> None:
    with pytest.raises(NotPossible, match=told):
        asking.ask(kupang_store, knowledge, "", **supposed)  # type: ignore[arg-type]
