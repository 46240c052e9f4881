"""Every case table beside a grading rule, row by row, through pySHACL and through the compiled SPARQL."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from sckg import cases, cli
from sckg.assets import Knowledge
from sckg.cases import CaseResult
from sckg.problems import ProblemsFound
from sckg.queries import catalogue
from sckg.stores.embedded import EmbeddedStore

TABLES = cases.case_tables(Knowledge((ROOT,)))
ADDED = Path("rules/grade/clean-air-2020")


@pytest.fixture(scope="module")
def words(model_store: EmbeddedStore, knowledge: Knowledge) -> cases._Words:
    return cases._Words.of(model_store, catalogue(knowledge))


@pytest.fixture
def added(tmp_path: Path) -> Path:
    """Return a folder of knowledge that a ministry adds, with one rule and its table; valid until a test changes it."""
    shutil.copytree(ROOT / "tests" / "fixtures" / "clean-air", tmp_path / "mine")
    return tmp_path / "mine"


def told(case: CaseResult) -> str:
    wanted, sparql, shacl = (grade or "no grade" for grade in (case.expected, case.by_sparql, case.by_shacl))
    return f"{case.file}:{case.row} {case.value!r} in {case.year}: expected {wanted}, SPARQL {sparql}, pySHACL {shacl}"


@pytest.mark.parametrize("table", TABLES, ids=lambda p: p.relative_to(ROOT / "rules" / "grade").as_posix())
def test_both_engines_give_the_grade_of_every_row(table: Path, knowledge: Knowledge, words: cases._Words) -> None:
    results = list(cases._run_table(table, knowledge, words))
    assert results, "the table has no rows"
    failed = [told(r) for r in results if not r.passes]
    assert not failed, "\n".join(failed)


def test_every_rule_has_a_table_and_every_table_a_rule(knowledge: Knowledge) -> None:
    assert TABLES
    assert cases.unpaired(knowledge) == []


def run(root: Path, *indicators: str) -> list[CaseResult]:
    return list(cases.run_cases(Knowledge.found((root,)), indicators))


def test_a_rule_that_a_ministry_adds_is_tested_with_the_shipped_ones(added: Path) -> None:
    results = run(added, "clean-days")
    assert [(r.row, r.by_sparql, r.by_shacl) for r in results] == [
        (2, "hijau", "hijau"), (3, "merah", "merah"), (4, "", ""),
    ]  # fmt: skip


def test_a_wrong_expectation_fails_with_file_row_expected_and_got(
    added: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = added / ADDED / "clean-days.cases.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("49.99,,merah", "49.99,,hijau"), encoding="utf-8")
    code = cli.app(["test", "rules", "clean-days", "--knowledge", str(added)], standalone_mode=False)
    assert code == 1
    failed, count = capsys.readouterr().out.splitlines()
    assert failed.startswith(f"{ADDED}/clean-days.cases.csv:3  value 49.99 in 2019: expected hijau (just below half)")
    assert failed.endswith("SPARQL gives merah, pySHACL gives merah")
    assert count.startswith("2 of 3 cases pass")


def test_an_expected_grade_where_nothing_grades_fails(added: Path) -> None:
    table = added / ADDED / "clean-days.cases.csv"
    table.write_text("value,year,grade,because\n,,hijau,a wish\n", encoding="utf-8")
    (result,) = run(added, "clean-days")
    assert not result.passes
    assert (result.expected, result.by_sparql, result.by_shacl) == ("hijau", "", "")


def test_an_edge_moved_in_the_rule_is_noticed_by_the_table(added: Path) -> None:
    rule = added / ADDED / "clean-days.ttl"
    text = rule.read_text(encoding="utf-8")
    rule.write_text(text.replace("minInclusive 50 ", "minExclusive 50 "), encoding="utf-8")
    assert [r.row for r in run(added, "clean-days") if not r.passes] == [2]


@pytest.mark.parametrize(
    ("taken_away", "problem"),
    [
        ("clean-days.cases.csv", (f"{ADDED}/clean-days.ttl", 0, "rule-without-cases")),
        ("clean-days.ttl", (f"{ADDED}/clean-days.cases.csv", 0, "cases-without-rule")),
    ],
)
def test_a_rule_or_a_table_without_the_other_is_told(
    taken_away: str, problem: tuple[str, int, str], added: Path
) -> None:
    (added / ADDED / taken_away).unlink()
    with pytest.raises(ProblemsFound) as found:
        run(added)
    (only,) = found.value.problems
    assert (only.file, only.row, only.code) == problem
    assert only.remedy


def test_a_table_that_lacks_its_last_column_is_told(added: Path) -> None:
    (added / ADDED / "clean-days.cases.csv").write_text("value,year,grade\n50,,hijau\n", encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        run(added, "clean-days")
    (problem,) = found.value.problems
    assert (problem.row, problem.code) == (1, "missing-column")
    assert "because" in problem.reason
