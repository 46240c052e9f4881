"""The published assessment of Kota Kupang, end to end: its grades and its SWOT are the golden record."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from sckg.assets import Knowledge
from sckg.explain import Explanation, explain
from sckg.opening import open_store
from sckg.queries import catalogue, named
from sckg.render import plain
from sckg.stores.base import Store

CITY = Path(__file__).parents[1] / "cities" / "5371-kota-kupang"
FACTORS = ["S1", "S2", "S3", "S4", "W1", "W2", "W3", "W4", "O1", "O2", "T1", "T2", "T3", "T4", "T5", "T6"]


@pytest.fixture(scope="module")
def store(kupang_store: str) -> Store:
    return open_store(kupang_store)


def rows(store: Store, knowledge: Knowledge, name: str, **values: str) -> list[dict[str, str]]:
    table = named(catalogue(knowledge), name).ask(store, {"city": "5371", **values})
    return [{column: plain(row.get(column)) for column in table.columns} for row in table.rows]


def walk(store: Store, knowledge: Knowledge, term: str, **options: str) -> Explanation:
    return explain(store, catalogue(knowledge), term, city="5371", **options)


def table_rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in (CITY / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_the_69_rows_carry_33_baik_24_sedang_8_buruk_and_4_without_a_grade(store: Store, knowledge: Knowledge) -> None:
    found = rows(store, knowledge, "grades", profile="kupang-2019")
    assert len(found) == 69
    assert len({row["key"] for row in found}) == 69
    assert Counter(row["stated"] for row in found) == {"baik": 33, "sedang": 24, "buruk": 8, "": 4}


def test_every_derived_grade_is_the_printed_one_but_for_local_revenue(store: Store, knowledge: Knowledge) -> None:
    found = rows(store, knowledge, "grades", profile="kupang-2019")
    assert [(r["key"], r["stated"], r["derived"]) for r in found if r["stated"] != r["derived"]] == [
        ("3.1", "baik", "sedang")
    ]


def test_the_one_disagreement_has_a_reason_that_names_the_published_scale(store: Store, knowledge: Knowledge) -> None:
    found = rows(store, knowledge, "disagreements", profile="kupang-2019")
    assert [row["key"] for row in found] == ["3.1"]
    assert "Depdagri" in found[0]["reason"]


def test_rows_in_progress_earn_no_grade_and_are_gaps(store: Store, knowledge: Knowledge) -> None:
    gaps = rows(store, knowledge, "gaps", profile="kupang-2019")
    ungraded = [row["about"] for row in gaps if row["kind"] == "ungraded-indicator"]
    assert ungraded == ["7.3", "7.4", "7.7", "8.3"]


def test_five_adverse_rows_that_no_weakness_mentions_are_gaps(store: Store, knowledge: Knowledge) -> None:
    gaps = rows(store, knowledge, "gaps", profile="kupang-2019")
    unanswered = [row["about"] for row in gaps if row["kind"] == "unanswered-grade"]
    assert unanswered == ["2.3", "2.5", "2.12", "2.13", "4.5"]


def test_enabler_mediator_and_smart_environment_are_measured_by_nothing(store: Store, knowledge: Knowledge) -> None:
    gaps = rows(store, knowledge, "gaps")
    assert {r["about"] for r in gaps if r["kind"] == "unmeasured-parameter"} == {"enabler", "mediator"}
    assert {r["about"] for r in gaps if r["kind"] == "unmeasured-element"} == {"smart-environment"}


def test_promised_products_that_are_absent_are_gaps(store: Store, knowledge: Knowledge) -> None:
    gaps = rows(store, knowledge, "gaps")
    assert [r["about"] for r in gaps if r["kind"] == "absent-product"] == ["Q1", "Q2", "Q3"]


@pytest.mark.parametrize(
    ("query", "count"), [("strengths", 4), ("weaknesses", 4), ("opportunities", 2), ("threats", 6)]
)
def test_stated_factors_are_counted_as_printed(store: Store, knowledge: Knowledge, query: str, count: int) -> None:
    found = [row for row in rows(store, knowledge, query) if row["origin"] == "stated"]
    assert len({row["key"] for row in found}) == len(found) == count


def test_the_factors_rest_on_42_sentences(store: Store, knowledge: Knowledge) -> None:
    found = {
        key
        for query in ("strengths", "weaknesses", "opportunities", "threats")
        for row in rows(store, knowledge, query)
        if row["origin"] == "stated"
        for key in row["evidence"].split()
    }
    assert len(found) == 42


def test_every_weakness_hinders_a_goal_or_is_a_gap(store: Store, knowledge: Knowledge) -> None:
    weaknesses = {row["key"] for row in rows(store, knowledge, "weaknesses", profile="kupang-2019")}
    linked = {row["key"] for row in rows(store, knowledge, "weakness-goals", profile="kupang-2019")}
    gaps = rows(store, knowledge, "gaps", profile="kupang-2019")
    admitted = {key for row in gaps if row["kind"] == "weakness-without-goal" for key in row["about"].split()}
    assert weaknesses <= linked | admitted


def test_links_to_goals_say_that_they_are_ours(store: Store, knowledge: Knowledge) -> None:
    assert {row["linked_by"] for row in rows(store, knowledge, "weakness-goals")} == {
        "https://w3id.org/sckg/id/source/sckg-curation"
    }


def test_stated_actions_quote_the_paper_and_proposed_ones_say_so(store: Store, knowledge: Knowledge) -> None:
    found = rows(store, knowledge, "actions")
    assert {row["origin"] for row in found} == {"stated", "proposed"}
    assert all(row["weakness"] or row["improves"] for row in found)
    assert all(row["goal"] for row in found)


def test_both_figures_for_good_roads_are_kept_and_the_grade_does_not_depend_on_them(
    store: Store, knowledge: Knowledge
) -> None:
    observed = rows(store, knowledge, "observations")
    roads = {row["value"] for row in observed if row["indicator"].endswith("/road-good-condition")}
    assert roads == {"40.63", "68.08"}
    (other,) = [step.label for step in walk(store, knowledge, "4.1").steps if step.kind == "other-source"]
    assert "n052" in other
    assert "68.08" in other
    assert "does not depend on which is right" in other


@pytest.mark.parametrize("key", [row["key"] for row in table_rows("observations.csv")] + FACTORS)
def test_every_row_and_factor_walks_back_to_quoted_words(store: Store, knowledge: Knowledge, key: str) -> None:
    steps = walk(store, knowledge, key).steps
    quoted = [step for step in steps if step.kind == "evidence"]
    assert quoted
    assert all(step.place["document"] == "kupang-readiness-paper.txt" for step in quoted)
    assert all(0 < len(str(step.place["quote"])) <= 200 for step in quoted)
    assert all(int(step.place["start"]) < int(step.place["end"]) for step in quoted)


def test_a_walk_names_every_link_that_is_ours(store: Store, knowledge: Knowledge) -> None:
    links = [step.label for step in walk(store, knowledge, "4.1").steps if step.kind == "link"]
    assert any("measures element" in link and "Decision of the sckg project" in link for link in links)


def test_59_rows_state_no_year_and_keep_none(store: Store, knowledge: Knowledge) -> None:
    found = rows(store, knowledge, "grades", profile="kupang-2019")
    assert sum(row["period"] == "" for row in found) == 59
    assert {row["year_basis"] for row in found if not row["period"]} == {"assessment"}
    assert {row["year"] for row in found if not row["period"]} == {"2019"}


def test_the_99_facts_of_the_prose_are_statements(store: Store, knowledge: Knowledge) -> None:
    keys = {row["key"] for row in table_rows("statements.csv")}
    assert keys == {f"n{number:03d}" for number in range(1, 100)}
    stored = {row["key"] for row in rows(store, knowledge, "statements")}
    assert keys <= stored


def test_local_revenue_is_kurang_on_the_published_scale(store: Store, knowledge: Knowledge) -> None:
    found = {row["key"]: row for row in rows(store, knowledge, "grades", profile="national-norms")}
    assert found["3.1"]["derived"] == "kurang"
    assert found["2.13"]["derived"] == "belum-memenuhi"
    assert found["6.5"]["derived"] == "memenuhi"


def test_norms_of_2022_are_silent_for_an_assessment_of_2019(store: Store, knowledge: Knowledge) -> None:
    found = {row["key"]: row for row in rows(store, knowledge, "grades", profile="national-norms")}
    assert found["3.3"]["derived"] == found["3.4"]["derived"] == ""


def test_no_stated_quote_is_longer_than_it_must_be() -> None:
    assert all(len(row["quote"]) <= 200 for name in ("observations.csv", "statements.csv") for row in table_rows(name))
