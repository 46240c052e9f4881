"""One city built into a store of many: the same snapshot as a build of everything, and nothing left of a city that goes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from sckg import names, one_city, pipeline
from sckg.assets import Knowledge
from sckg.compile.columns import SUBJECT
from sckg.problems import NotPossible, ProblemsFound
from sckg.rows.engines import DuckDB
from sckg.rows.reading import is_of_many
from sckg.snapshots import dumps
from sckg.snapshots.manifest import verify
from sckg.snapshots.patch import lines
from sckg.snapshots.reading import Snapshot, current
from sckg.stores.embedded import EmbeddedStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from generate import Written, described, write_bulk, write_folders

CLEAN_AIR = ROOT / "tests" / "fixtures" / "clean-air"
CODES = ["1101", "1102", "1171", "1201"]
NEW = "9401"
YEAR, SOURCES = 2020, ("readiness-report-2020", "statistics-yearbook-2020")
VALUES = {
    "clean-days": ("%", ["", "0", "50", "49.999999999", "80.0", "100"]),
    "road-good-condition": ("%", ["", "4", "3.99", "75", "74.999999999999999999", "40.63"]),
    "data-center": ("", ["", "ada", "tidak-ada"]),
}
Row = tuple[str, str, str]  # city, indicator, source


@dataclass
class Place:
    """The files of some cities as they are now, and the store that they were built into."""

    folder: Path
    knowledge: Knowledge
    rows: dict[Row, str] = field(default_factory=dict)

    @property
    def store(self) -> str:
        return str(self.folder / "store")

    def turtle(self, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
        return {code: described(code, [YEAR], len(SOURCES), "clean-air") for code in codes}

    def written(self, codes: Sequence[str]) -> Written:
        rows = [
            (city, indicator, "", value, VALUES[indicator][0] if value else "", source, "", "")
            for (city, indicator, source), value in sorted(self.rows.items())
            if city in codes
        ]
        return Written(rows)

    def city(self, code: str) -> Path:
        """Return the folder of a city, written anew."""
        shutil.rmtree(self.folder / "cities", ignore_errors=True)
        write_folders(self.folder / "cities", [code], self.turtle([code]), self.written([code]))
        return self.folder / "cities" / f"{code}-region"

    def build(self, folders: Sequence[Path], without: Sequence[str] = ()) -> Snapshot:
        pipeline.build(folders, self.store, self.knowledge, without=without)
        return current(Path(self.store))


@pytest.fixture(scope="module")
def clean_air() -> Knowledge:
    return Knowledge.found((CLEAN_AIR,))


def usual_rows() -> dict[Row, str]:
    return {(code, name, SOURCES[0]): values[-1] for code in CODES for name, (_, values) in VALUES.items()}


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory, clean_air: Knowledge) -> Place:
    place = Place(tmp_path_factory.mktemp("nation"), clean_air, usual_rows())
    write_bulk(place.folder / "bulk", CODES, place.turtle(CODES), place.written(CODES))
    place.build([place.folder / "bulk"])
    return place


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, clean_air: Knowledge) -> Place:
    place = Place(tmp_path_factory.mktemp("folders"), clean_air, usual_rows())
    write_folders(place.folder / "all", CODES, place.turtle(CODES), place.written(CODES))
    place.build(sorted((place.folder / "all").iterdir()))
    return place


def copy_of(place: Place, folder: Path) -> Place:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(place.folder, folder)
    return Place(folder, place.knowledge, dict(place.rows))


def said(snapshot: Snapshot) -> dict[str, bytes]:
    files = (p for p in snapshot.dumps.rglob("*.nt"))
    return {p.relative_to(snapshot.dumps).as_posix(): p.read_bytes() for p in files}


def stored(snapshot: Snapshot) -> dict[str, list[str]]:
    store = EmbeddedStore.read_only(snapshot.store)
    return {g: sorted(f"{t} ." for t in store.triples(names.graph(g))) for g in dumps.graphs(snapshot.dumps)}


def rows(snapshot: Snapshot) -> dict[str, list[tuple[object, ...]]]:
    engine, found = DuckDB(), {}
    for table in sorted((snapshot.path / "rows").iterdir()) if (snapshot.path / "rows").is_dir() else ():
        engine.open("kept", table)
        found[table.name] = engine.ask("SELECT * FROM kept ORDER BY ALL")
    return found


def same_as_whole(place: Place) -> Snapshot:
    """Return the snapshot, once it is what a build of all its inputs gives."""
    here = current(Path(place.store))
    whole = place.folder / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    pipeline.build(here.inputs, str(whole), place.knowledge)
    there = current(whole)
    assert said(here) == said(there)
    assert stored(here) == stored(there)
    assert stored(here) == {g: list(dumps.lines(dumps.files(here.dumps, g))) for g in stored(here)}
    assert rows(here) == rows(there)
    for word in ("triples", "cities", "content", "inputs"):
        assert here.manifest[word] == there.manifest[word], word
    assert verify(here) == []
    return here


CITY = st.sampled_from([*CODES, NEW])
KEY = st.tuples(st.sampled_from(sorted(VALUES)), st.sampled_from(SOURCES))
EDITS = st.lists(
    st.tuples(CITY, st.lists(st.tuples(KEY, st.integers(-1, 5)), max_size=3), st.integers(0, 4)), min_size=2, max_size=4
)


# Not shrunk: a store is built for each try.
@settings(
    max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(edits=EDITS, of_rows=st.booleans())
def test_a_store_after_edits_of_cities_is_what_a_build_of_everything_gives(
    edits: list[tuple[str, list[tuple[tuple[str, str], int]], int]],
    of_rows: bool,
    nation: Place,
    folders: Place,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = copy_of(nation if of_rows else folders, tmp_path_factory.mktemp("edited"))
    there = set(CODES)
    for code, cells, goes in edits:
        if goes == 0 and code in there and len(there) > 1:
            place.rows = {row: value for row, value in place.rows.items() if row[0] != code}
            place.build([], without=[code])
            there.discard(code)
            continue
        for (indicator, source), number in cells:
            values = VALUES[indicator][1]
            if number < 0:
                place.rows.pop((code, indicator, source), None)
            else:
                place.rows[code, indicator, source] = values[number % len(values)]
        place.build([place.city(code)])
        there.add(code)
    snapshot = same_as_whole(place)
    assert set(one_city.cities_of(snapshot)) == there
    observed = [line for line in stored(snapshot)["evidence"] if line.endswith("#Observation> .")]
    assert len(observed) == len(place.rows)


def test_a_removed_city_leaves_nothing_behind(nation: Place, tmp_path: Path) -> None:
    place = copy_of(nation, tmp_path / "store")
    place.rows["1171", "clean-days", SOURCES[1]] = "12.5"
    place.build([place.city("1171")])
    place.build([], without=["1171"])
    snapshot = same_as_whole(place)
    files = (p for p in snapshot.path.rglob("*") if p.is_file() and p.suffix in {".nt", ".json"})
    assert [p for p in files if "1171" in p.read_text(encoding="utf-8")] == []
    engine = DuckDB()
    engine.open("kept", snapshot.path / "rows" / "observations")
    assert engine.ask(f"SELECT COUNT(*) FROM kept WHERE {SUBJECT} LIKE '%/1171/%'") == [(0,)]


def test_only_the_named_city_is_read_and_derived(
    nation: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copy_of(nation, tmp_path / "store")
    before = current(Path(place.store))
    place.rows["1201", "clean-days", SOURCES[0]] = "2"
    folder = place.city("1201")
    read: list[str] = []
    monkeypatch.setattr(
        one_city, "read_cities", lambda f, *rest: read.extend(map(str, f)) or pipeline.read_cities(f, *rest)
    )
    after = place.build([folder])
    assert read == [str(folder)]
    changed = {line.graph for line in lines(before, after)}
    assert {"evidence", "grades", "roll-ups", "findings"} <= changed
    others = [p for p in after.dumps.rglob("*.nt") if p.stem != "1201"]
    assert all(p.samefile(before.path / p.relative_to(after.path)) for p in others)


def test_a_city_that_speaks_of_another_has_everything_built(
    folders: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copy_of(folders, tmp_path / "store")
    folder = place.city("1101")
    with (folder / "city.ttl").open("a", encoding="utf-8") as file:
        file.write((ROOT / "tests" / "fixtures" / "beside-another-city.ttl").read_text(encoding="utf-8"))
    monkeypatch.setattr(one_city, "take_over", lambda *_, **__: pytest.fail("the other city was not seen"))
    place.build([folder])
    same_as_whole(place)


def test_problems_of_the_named_city_leave_the_store_as_it_is(nation: Place, tmp_path: Path) -> None:
    place = copy_of(nation, tmp_path / "store")
    before = current(Path(place.store))
    place.rows["1201", "road-good-condition", SOURCES[0]] = "200"
    with pytest.raises(ProblemsFound) as found:
        place.build([place.city("1201")])
    assert [p.code for p in found.value.problems] == ["out-of-range"]
    assert current(Path(place.store)) == before


def test_damage_is_healed_by_building_everything(nation: Place, tmp_path: Path) -> None:
    place = copy_of(nation, tmp_path / "store")
    before = current(Path(place.store))
    for file in before.store.glob("*.sst"):
        file.unlink()
    assert verify(place.build([place.city("1201")])) == []


def test_a_city_may_be_built_beside_a_folder_of_many_and_overrides_it(nation: Place, tmp_path: Path) -> None:
    place = copy_of(nation, tmp_path / "store")
    place.rows["1102", "clean-days", SOURCES[0]] = "7"
    folder = place.city("1102")
    place.build([folder])
    edited = current(Path(place.store))
    pipeline.build([place.folder / "bulk", folder], str(tmp_path / "at-once"), place.knowledge)
    assert said(edited) == said(current(tmp_path / "at-once"))
    assert sum(map(is_of_many, edited.inputs)) == 1


@pytest.mark.parametrize(
    ("without", "fresh", "told"),
    [(["9999"], False, "holds no city 9999"), (CODES, False, "would hold no city"), (["1101"], True, "--without is")],
)
def test_what_cannot_go_is_refused(without: list[str], fresh: bool, told: str, nation: Place) -> None:
    with pytest.raises(NotPossible, match=told):
        pipeline.build([], nation.store, nation.knowledge, without=without, fresh=fresh)
