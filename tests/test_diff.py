"""What changed between two builds reads as one planner would tell another, and is told triple by triple."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT, City
from defects import VALID_CITY
from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.problems import ProblemsFound
from sckg.queries import catalogue
from sckg.snapshots import diff, patch
from sckg.snapshots.comparison import compare
from sckg.snapshots.reading import Snapshot, current, open_snapshot
from test_cli import sckg

KUPANG = ROOT / "cities" / "5371-kota-kupang"
ROADS = "4.1 City roads in good condition, 2019"


@dataclass(frozen=True)
class Pair:
    """Two builds, one before and one after an edit."""

    before: Snapshot
    after: Snapshot

    def told(self, knowledge: Knowledge, lang: str = "en", form: str = "text") -> str:
        return "\n".join(compare(self.before, self.after, knowledge, lang, form))

    def back(self) -> Pair:
        return Pair(self.after, self.before)


def built(city: City, store: Path, knowledge: Knowledge) -> Snapshot:
    pipeline.build([city.folder], str(store), knowledge)
    return current(store)


@pytest.fixture(scope="module")
def edited(kupang_store: str, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Kupang, and Kupang with a smaller share of good roads."""
    folder = tmp_path_factory.mktemp("edited")
    city = City(Path(shutil.copytree(KUPANG, folder / KUPANG.name)))
    city.replace("observations.csv", "4.1,road-good-condition,,40.63,", "4.1,road-good-condition,,2.5,")
    shutil.copytree(kupang_store, folder / "store")
    before = current(folder / "store")
    return Pair(before, built(city, folder / "store", knowledge))


def test_an_edited_value_reads_as_a_planner_would_tell_it(edited: Pair, knowledge: Knowledge) -> None:
    told = edited.told(knowledge).splitlines()
    assert told[0] == f"{edited.before.name} → {edited.after.name}"
    assert told[1:6] == [
        "Kupang City (5371)",
        "  Values",
        f"    {ROADS} (Table 4: Readiness of physical infrastructure): from 40.63 % to 2.5 %",
        "  Grades",
        f"    {ROADS} (Kupang reading of 2019): from Sedang (fair) to Buruk (poor)",
    ]
    assert f"    {ROADS} (Kupang reading of 2019) is now a weakness" in told
    assert (
        "    new gap: 4.1 City roads in good condition: no action, stated or proposed, addresses this weakness." in told
    )
    table = "    Readiness of physical infrastructure, 2019 (Kupang reading of 2019): from mean 0.75 (8 of 8 graded)"
    assert f"{table} to mean 0.6875 (8 of 8 graded)" in told
    assert told[told.index("Files") + 1] == "  changed: 5371-kota-kupang/observations.csv"
    assert "  evidence +1 -1" in told
    assert "  model" not in told


def test_it_reads_in_indonesian_too(edited: Pair, knowledge: Knowledge) -> None:
    told = edited.told(knowledge, "id").splitlines()
    roads = "4.1 Persentase jalan kabupaten/kota dalam kondisi baik, 2019"
    assert told[1] == "Kota Kupang (5371)"
    assert f"    {roads} (Tabel 4: Analisis Kesiapan Infrastruktur Fisik Daerah): dari 40,63 % menjadi 2,5 %" in told
    assert f"    {roads} (Pembacaan Kupang 2019): dari Sedang menjadi Buruk" in told
    assert f"    {roads} (Pembacaan Kupang 2019) kini menjadi kelemahan" in told


def test_back_again_it_reads_the_other_way_round(edited: Pair, knowledge: Knowledge) -> None:
    told = edited.back().told(knowledge)
    assert f"{ROADS} (Kupang reading of 2019) is no longer a weakness" in told
    assert "from 2.5 % to 40.63 %" in told
    assert "closed: 4.1 City roads in good condition: no action" in told


def test_equal_builds_say_that_nothing_changed(edited: Pair, knowledge: Knowledge) -> None:
    same = Pair(edited.after, edited.after)
    assert same.told(knowledge).splitlines()[1:] == ["Nothing changed."]
    assert same.told(knowledge, "id").splitlines()[1:] == ["Tidak ada yang berubah."]
    assert same.told(knowledge, form="nt").splitlines() == ["TX .", "TC ."]
    assert same.told(knowledge, form="ttl") == ""


@pytest.fixture(scope="module")
def many_edits(knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The invented city before and after edits of every kind."""
    folder = tmp_path_factory.mktemp("edits")
    city = City(Path(shutil.copytree(VALID_CITY, folder / VALID_CITY.name)))
    before = built(city, folder / "store", knowledge)
    city.replace("sources.ttl", '"20c280aa', '"aaaaaaaa')
    city.replace(
        "observations.csv", "12,{perguruan tinggi},report-table-1,sedang", "12,{perguruan tinggi},report-table-1,baik"
    )
    city.write("observations.csv", "".join(city.text("observations.csv").splitlines(keepends=True)[:-1]))
    city.replace("actions.ttl", "    sckg:addresses <factor/9901/W1> ;\n", "")
    for file, thing in (("factors.ttl", "factor/9901/S1"), ("actions.ttl", "action/9901/2")):
        blocks = city.text(file).split("\n\n")
        city.write(file, "\n\n".join(b for b in blocks if not b.startswith(f"<{thing}>")))
    return Pair(before, built(city, folder / "store", knowledge))


@pytest.mark.parametrize(
    ("heading", "sentence"),
    [
        ("Sources", "Invented report on Example City is another edition or file: it was contoh-report.txt [SHA-256 20c280aa], and is contoh-report.txt [SHA-256 aaaaaaaa]"),
        ("Values", "c1 Population, 2020 (Text outside the tables): no longer there, it was 120500 inhabitants"),
        ("Grades that documents give", "1.4 Universities and colleges, 2021 (Table 1): from Sedang (fair) to Baik (good)"),
        ("Strengths, weaknesses, opportunities and threats", "S1 Support by the government is no longer a strength"),
        ("Actions", "A1 Repair damaged roads every year: it was for W1, towards M1, and is for no weakness, towards M1"),
        ("Actions", "action dropped: A2 Build a data centre"),
    ],
)  # fmt: skip
def test_every_kind_of_edit_is_told_in_its_place(
    many_edits: Pair, knowledge: Knowledge, heading: str, sentence: str
) -> None:
    told = many_edits.told(knowledge).splitlines()
    place = told.index(f"    {sentence}")
    assert [line for line in told[:place] if not line.startswith("   ")][-1] == f"  {heading}"


def test_what_is_new_one_way_is_gone_the_other_way(many_edits: Pair, knowledge: Knowledge) -> None:
    there, back = (json.loads(pair.told(knowledge, form="json")) for pair in (many_edits, many_edits.back()))
    turned = {"new": "gone", "gone": "new", "changed": "changed"}
    assert len(there["changes"]) > 7
    assert {(c["thing"], turned[c["kind"]], c["after"], c["before"]) for c in there["changes"]} == {
        (c["thing"], c["kind"], c["before"], c["after"]) for c in back["changes"]
    }
    assert there["files"] == {f"{VALID_CITY.name}/{name}": "changed" for name in (
        "actions.ttl", "factors.ttl", "observations.csv", "sources.ttl"
    )}  # fmt: skip


def test_of_a_new_city_only_that_it_is_new_is_told(edited: Pair, knowledge: Knowledge, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(edited.before.path.parents[1], store)
    pipeline.build([VALID_CITY], str(store), knowledge)
    told = Pair(edited.after, current(store)).told(knowledge).splitlines()
    assert told[1:4] == [
        "Example City (9901)",
        "  Cities",
        "    Example City (9901) is new, with 1 assessment: 2021",
    ]
    assert told[4] == "Files"
    assert "  new: 9901-kota-contoh/city.ttl" in told
    gone = Pair(current(store), edited.after).told(knowledge)
    assert "Example City (9901) is no longer there; it had 1 assessment: 2021" in gone


def test_a_cut_off_that_was_moved_is_told_with_the_grades_that_it_moved(knowledge: Knowledge, tmp_path: Path) -> None:
    for folder in ("ontology", "rules", "queries"):
        shutil.copytree(ROOT / folder, tmp_path / "moved" / folder)
    family = "rules/grade/kupang-2019/families/percent-higher-better.ttl"
    moved = City(tmp_path / "moved")
    moved.write(family, moved.text(family).replace("75", "70"))
    before = built(City(VALID_CITY), tmp_path / "store", knowledge)
    after = built(City(VALID_CITY), tmp_path / "store", Knowledge((moved.folder,)))
    told = Pair(before, after).told(knowledge).splitlines()
    assert f"    {ROADS.replace('2019', '2021')} (Kupang reading of 2019): from Sedang (fair) to Baik (good)" in told
    cut_offs = told[told.index("Cut-offs") + 1 :]
    basis = "[Calibrated: chosen to reproduce one document]"
    assert cut_offs[0] == (
        f"  percent-higher-better-baik (Kupang reading of 2019): it was Baik: 75% or more {basis}, from 75, "
        f"and is Baik: 70% or more {basis}, from 70"
    )
    assert f"  changed: {family}" in cut_offs


def quads(snapshot: Snapshot) -> set[ox.Quad]:
    store = open_snapshot(snapshot)
    graphs = [names.graph(path.stem) for path in snapshot.dumps.iterdir()]
    return {ox.Quad(t.subject, t.predicate, t.object, graph) for graph in graphs for t in store.triples(graph)}


def test_the_patch_makes_one_build_of_the_other(many_edits: Pair, knowledge: Knowledge) -> None:
    lines = many_edits.told(knowledge, form="nt").splitlines()
    assert (lines[0], lines[-1]) == ("TX .", "TC .")
    parts = {
        letter: set(ox.parse("\n".join(ln[2:] for ln in lines if ln[:2] == f"{letter} "), format=ox.RdfFormat.N_QUADS))
        for letter in "DA"
    }
    assert len(parts["D"]) + len(parts["A"]) == len(lines) - 2
    assert parts["D"] <= quads(many_edits.before)
    assert (quads(many_edits.before) - parts["D"]) | parts["A"] == quads(many_edits.after)


def test_the_turtle_says_the_same_as_the_patch(many_edits: Pair, knowledge: Knowledge) -> None:
    text = many_edits.told(knowledge, form="ttl")
    named = {
        (q.graph_name.value, ox.Triple(q.subject, q.predicate, q.object))
        for q in ox.parse(text, format=ox.RdfFormat.TRIG)
    }
    lines = list(patch.lines(many_edits.before, many_edits.after))
    quads_of = [(line.which, line.quad) for line in lines]
    assert named == {(f"{q.graph_name.value}/{which}", q.triple) for which, q in quads_of}
    counts = patch.counts(iter(lines))
    assert sum(n for of_graph in counts.values() for n in of_graph.values()) == len(lines) == len(named)


def test_every_comparing_query_says_how_to_tell_in_both_languages(knowledge: Knowledge) -> None:
    asked = diff.comparing(catalogue(knowledge))
    assert len(asked) > 8
    for query in asked:
        columns = {*query.columns, "before"}
        for kind in diff.TOLD:
            for field in (kind, f"{kind}@id"):
                sentence = query.header.get(field, "")
                assert sentence, f"{query.name} has no {field}"
                assert set(re.findall(r"\{(\w+)\}", sentence)) <= columns, f"{query.name} {field}"
            assert "{before}" not in query.header["new"] + query.header["new@id"]
    assert len({query.header["order"] for query in asked}) == len(asked)


def test_a_comparing_query_of_ones_own_is_told_too_and_what_it_lacks_is_a_problem(edited: Pair, tmp_path: Path) -> None:
    own = tmp_path / "queries" / "diff" / "compared-goals.rq"
    own.parent.mkdir(parents=True)
    text = (ROOT / "queries" / "diff" / "compared-values.rq").read_text(encoding="utf-8")
    own.write_text(text.replace("# title: Values", "# title: Values again"), encoding="utf-8")
    assert "  Values again" in edited.told(Knowledge.found((tmp_path,))).splitlines()
    own.write_text(text.replace("# identity: thing\n", "").replace("# gone:", "# going:"), encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        edited.told(Knowledge.found((tmp_path,)))
    (problem,) = found.value.problems
    assert problem.code == "incomplete-header"
    assert problem.reason == "A query of queries/diff says nothing of: identity, gone."


def test_the_command_compares_the_last_two_builds_or_those_named(edited: Pair, tmp_path: Path) -> None:
    store = str(edited.before.path.parents[1])
    done = sckg("diff", "--store", store, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{edited.before.name} → {edited.after.name}\nKupang City (5371)\n")
    named = sckg("diff", str(edited.before.path), store, "--store", str(tmp_path), cwd=tmp_path)
    assert named.stdout == done.stdout
    wrong = sckg("diff", "7", "--store", store, cwd=tmp_path)
    assert wrong.returncode == 2
    assert "'7' is no snapshot that is kept here, and no folder. 'sckg snapshots' lists them." in wrong.stderr
