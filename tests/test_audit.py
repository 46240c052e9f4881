"""The evidence audit on Kota Kupang, on the command line and in the graph: what a careful reader finds, and nothing that is true."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from conftest import ROOT, City
from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.audit.rules import AuditRule, audit_rules
from sckg.names import term
from sckg.opening import open_store
from sckg.queries import catalogue
from sckg.render import plain
from sckg.stores.base import Store
from test_cli import sckg

Doubts = dict[tuple[str, str], dict[str, str]]
KUPANG = ROOT / "cities" / "5371-kota-kupang"


@pytest.fixture(scope="module")
def store(kupang_store: str) -> Store:
    return open_store(kupang_store)


def rows(store: Store, knowledge: Knowledge, name: str) -> list[dict[str, str]]:
    table = catalogue(knowledge)[name].ask(store, {"city": "5371"})
    return [{column: plain(row.get(column)) for column in table.columns} for row in table.rows]


@pytest.fixture(scope="module")
def doubts(store: Store, knowledge: Knowledge) -> Doubts:
    return {(row["code"], row["about"]): row for row in rows(store, knowledge, "doubts")}


@pytest.fixture(scope="module")
def held(store: Store, knowledge: Knowledge) -> set[tuple[str, str]]:
    return {(row["kind"], row["about"]) for row in rows(store, knowledge, "checks") if row["holds"] == "true"}


# --- What must be found ----------------------------------------------------------------------------

FOUND = {
    "two figures for good roads": ("sources-differ", "4.1 n052", "40.63"),
    "age shares that make more than the whole": ("shares-in-rows-over-whole", "2.5 2.6 2.7", "106.69"),
    "the smallest revenue that is not": ("extreme-contradicted", "n051", "8.32"),
    "all good, with one row ungraded": ("claim-about-table", "8.3 n070", "8.3 (proses)"),
    "almost all good, of seven rows three": ("claim-about-table", "7.3 7.4 7.6 7.7 n068", "3 are so graded"),
    "rows of one table in another": ("rows-repeated", "5.1 5.2 6.1 6.2", "copied"),
    "rows without a grade": ("rows-without-grade", "7.3 7.4 7.7", "3 of 7"),
    "a verdict on rows without a grade": ("verdict-on-ungraded", "7.3 7.4 7.7 8.3 n091", "depends"),
    "97 percent of 51": ("impossible-percentage", "6.1", "98.04"),
    "coordinates of a third of the area": ("area-against-coordinates", "n012 n013", "180.27"),
    "a plan of two periods": ("periods-conflict", "n005 n015 n029 n073", "2018"),
    "systems that are there and are not interoperable": ("state-against-row", "2.14 n047", "interoperabel"),
    "a growth in points or percent": ("change-in-unsaid-unit", "n015", "6.97"),
    "a year cut off": ("year-cut-off", "n088", "201"),
    "green space below its norm": ("norm-breached-unsaid", "n066", "30%"),
    "an appraisal that waits for the masterplan": ("blocked-by-earlier", "7.3 7.7 n096", "7.3"),
    "a negative value that is not printed": ("claim-about-row", "7.7 n069", "no grade"),
    "a budget before the programme": ("before-its-programme", "3.5", "2019"),
    "an illiteracy whose direction is unclear": ("evidence-without-direction", "W3 n083", "1,02"),
    "disaster services under literacy": ("evidence-of-another-theme", "W3 W3.3", "kebencanaan"),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_careful_reader_s_doubt_is_raised_with_its_arithmetic(name: str, doubts: Doubts) -> None:
    code, about, said = FOUND[name]
    assert (code, about) in doubts, sorted(key for key in doubts if key[0] == code)
    assert said in doubts[code, about]["message"] or said in doubts[code, about]["computed"]


TRUE = {
    "density is population over area": ("ratio-differs", "n014"),
    "220 of 5,388 is 4.08 percent": ("share-against-counts", "2.1 n042"),
    "the roads make 100 percent": ("shares-over-whole", "n052"),
    "25 and 75 are 100": ("total-differs", "n003"),
    "crime rose by 1 percent": ("change-possible", "n037"),
    "51.31 is above 47.22": ("comparison-contradicted", "n022"),
    "accommodation grew fastest": ("extreme-contradicted", "n017"),
    "table 1 lies between sedang and baik": ("claim-about-table", "n030"),
    "one row explains what is adverse in table 4": ("adverse-rows-not-explained", "n056"),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_checked_and_holds(name: str, held: set[tuple[str, str]], doubts: Doubts) -> None:
    assert TRUE[name] in held
    assert TRUE[name] not in doubts


@pytest.mark.parametrize("key", ["n003", "n014", "n017", "n021", "n037", "n039", "n042", "n043", "n076"])
def test_a_true_figure_is_not_doubted_for_what_it_says(key: str, doubts: Doubts) -> None:
    of_form = {"text", "provenance", "time"}
    assert [
        code
        for code, about in doubts
        if key in about.split() and doubts[code, about]["rule"].split("/")[2] not in of_form
    ] == []


def test_no_doubt_changes_a_grade_or_removes_evidence(knowledge: Knowledge, store: Store) -> None:
    read = {
        graph for folder in ("rules/roll-up",) for rule in catalogue(knowledge, folder).values() for graph in rule.reads
    }
    assert "doubts" not in read
    assert len(rows(store, knowledge, "observations")) == 111


@pytest.mark.parametrize("lang", ["message", "message_id"])
def test_every_message_is_whole(lang: str, doubts: Doubts) -> None:
    for row in doubts.values():
        assert "{" not in row[lang], row
        assert "  " not in row[lang], row
        assert "https://w3id.org" not in row[lang], row
        assert row[lang].endswith((".", "?", "”")), row


def test_a_doubt_or_check_says_one_thing(store: Store) -> None:
    said = Counter(
        (t.subject, getattr(t.object, "language", ""))
        for t in store.triples(names.graph("doubts"))
        if t.predicate == term("message")
    )
    assert [one for one, times in said.items() if times > 1] == []


def test_every_class_of_defects_has_rules(knowledge: Knowledge) -> None:
    assert len({rule.of_class for rule in audit_rules(knowledge)}) >= 12


# --- The command -----------------------------------------------------------------------------------


def test_an_author_is_told_what_to_do(tmp_path: Path) -> None:
    done = sckg("audit", str(KUPANG), "--lang", "id", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "TINGGI  sources-differ  4.1 n052" in done.stdout
    assert "106,69" in done.stdout
    assert "4.1, Tabel 4 baris 1: “1 %tase jalan kabupaten/kota dalam kondisi baik 40,63% √”" in done.stdout
    assert "Tindak lanjut:" in done.stdout


def test_a_doubt_that_is_answered_stays_and_no_longer_fails(city: City, knowledge: Knowledge) -> None:
    before = audited(city, knowledge)
    code, about = next(key for key, row in sorted(before.items()) if row["severity"] == "medium")
    answer = f"code,about,response,by,date,note\n{code},{about},explained,Bappeda,2026-03-31,Sudah diperiksa\n"
    after = audited(city.write("responses.csv", answer), knowledge)
    assert set(after) == set(before)
    assert (after[code, about]["response"], after[code, about]["by"]) == ("explained", "Bappeda")


def test_wrong_rows_of_claims_and_responses_are_told_all_at_once(city: City, knowledge: Knowledge) -> None:
    city.write(
        "claims.csv",
        'key,kind,statements,subject,value\na1,shares,4.1,roads,1\na2,share,9.9,roads,1\na3,share,4.1,,2\na4,share,4.1,x,"1,5"\n',
    )
    city.write("responses.csv", "code,about,response,by,date\nx,4.1,perhaps,Me,2026\ny,4.1,explained,,soon\n")
    memory = pipeline.read_model(knowledge)
    problems = pipeline.problems_of(pipeline.read_cities([city.folder], memory, knowledge), memory, knowledge)
    told = {(Path(p.file).name, p.row, p.code) for p in problems}
    assert told >= {
        ("claims.csv", 2, "unknown-word"), ("claims.csv", 3, "dangling-reference"), ("claims.csv", 4, "empty-cell"),
        ("claims.csv", 5, "wrong-decimal-mark"), ("responses.csv", 2, "unknown-word"), ("responses.csv", 3, "empty-cell"),
        ("responses.csv", 3, "bad-period"),
    }  # fmt: skip


def audited(city: City, knowledge: Knowledge) -> Doubts:
    store = pipeline.audited([city.folder], knowledge)
    table = catalogue(knowledge)["doubts"].ask(store, {})
    return {
        (plain(row["code"]), plain(row["about"])): {c: plain(row.get(c)) for c in table.columns} for row in table.rows
    }


# --- A rule of one's own ---------------------------------------------------------------------------


def test_a_rule_whose_header_says_too_little_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ours" / "rules" / "audit" / "text" / "nothing.sql"
    file.parent.mkdir(parents=True)
    file.write_text("-- title: Nothing\n-- columns: city\nSELECT 1\n", encoding="utf-8")
    done = sckg("audit", str(KUPANG), "--knowledge", "ours", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing.sql:1  incomplete-header" in done.stderr
    assert "has no column 'about'" in done.stderr


def test_a_rule_that_sql_does_not_take_is_named(tmp_path: Path, knowledge: Knowledge) -> None:
    rule: AuditRule = next(rule for rule in audit_rules(knowledge) if rule.is_sql)
    file = tmp_path / "ours" / "rules" / "audit" / "text" / "wrong.sql"
    file.parent.mkdir(parents=True)
    header = rule.query.text.partition("\n\n")[0]
    file.write_text(f"{header}\n\nSELECT city FROM nowhere\n", encoding="utf-8")
    done = sckg("audit", str(KUPANG), "--knowledge", "ours", cwd=tmp_path)
    assert done.returncode == 1
    assert "wrong.sql  broken-sql" in done.stderr


def test_doubts_are_quality_annotations_of_what_they_are_about(store: Store) -> None:
    found = list(store.triples(names.graph("doubts")))
    annotations = {t.subject for t in found if t.object == NamedNode("http://www.w3.org/ns/dqv#QualityAnnotation")}
    about = {(t.subject, t.object) for t in found if t.predicate == term("about") and t.subject in annotations}
    assert about
    assert about == {(t.subject, t.object) for t in found if t.predicate == NamedNode(f"{names.OA}hasTarget")}


def test_csv_is_what_the_query_prints_and_the_command_fails_on_what_is_unanswered(
    tmp_path: Path, doubts: Doubts
) -> None:
    done = sckg("audit", str(KUPANG), "--format", "csv", "--fail-on", "high", cwd=tmp_path)
    assert done.returncode == 1
    assert {(row["code"], row["about"]) for row in csv.DictReader(io.StringIO(done.stdout))} == set(doubts)
