"""The house style of Turtle and SPARQL: each fixture is named after the one thing that is wrong in it."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import RdfFormat

from sckg import formatting, names
from sckg.assets import Knowledge
from sckg.problems import NotPossible

FOLDER = Path(__file__).parent / "formatting"
FIXTURES = sorted(p for p in FOLDER.rglob("*") if p.is_file())
MENDED = {"tab", "trailing-blank", "end-of-file", "unused-prefix"}
LEFT_ALONE = ["ontology/trailing-blank.inside-a-text.ttl", "ontology/good.ttl", "queries/city/good.rq"]
INSIDE_A_TEXT = FOLDER / LEFT_ALONE[0]


@pytest.fixture(scope="module")
def prefixes() -> dict[str, str]:
    return formatting.listed_prefixes(Knowledge.found())


def defect(path: Path) -> str:
    return path.name.partition(".")[0]


def named(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.mark.parametrize("path", FIXTURES, ids=named)
def test_file_has_the_problem_that_it_is_named_after_and_no_other(path: Path, prefixes: dict[str, str]) -> None:
    wanted = set() if defect(path) == "good" else {defect(path)}
    assert {p.code for p in formatting.problems_of(path, prefixes)} == wanted


def test_every_problem_has_a_fixture() -> None:
    source = Path(formatting.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'file\.problem\(.*?, "([a-z-]+)", ', source))
    assert codes == {defect(p) for p in FIXTURES} - {"good"}


@pytest.mark.parametrize("path", [p for p in FIXTURES if defect(p) in MENDED and p != INSIDE_A_TEXT], ids=named)
def test_mending_leaves_no_problem_and_no_other_change(path: Path, tmp_path: Path, prefixes: dict[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    copy = tmp_path / path.relative_to(FOLDER)
    copy.parent.mkdir(parents=True)
    copy.write_text(formatting.mended(text), encoding="utf-8")
    assert not formatting.problems_of(copy, prefixes)
    if path.suffix == ".ttl":
        before, after = (set(ox.parse(t, format=RdfFormat.TURTLE)) for t in (text, copy.read_text(encoding="utf-8")))
        assert after == before


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_mending_touches_neither_quoted_text_nor_a_good_file(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert formatting.mended(text) == text


def test_problem_says_the_file_and_the_line(prefixes: dict[str, str]) -> None:
    (problem,) = formatting.problems_of(FOLDER / "ontology/one-language.no-indonesian.ttl", prefixes)
    assert problem.file.endswith("tests/formatting/ontology/one-language.no-indonesian.ttl")
    assert (problem.row, problem.reason) == (6, "sckg:helps has skos:prefLabel 1 in en.")


def test_command_ends_in_1_and_counts_when_there_are_problems(capsys: pytest.CaptureFixture[str]) -> None:
    assert formatting.main([str(FOLDER / "queries/city/tab.rq"), str(FOLDER / "queries/city/good.rq")]) == 1
    assert capsys.readouterr().out.endswith("2 files, 1 problem\n")


def test_command_with_fix_mends_the_file_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "tab.ttl"
    copy.write_bytes((FOLDER / "ontology/tab.ttl").read_bytes())
    assert formatting.main(["--fix", str(copy)]) == 0
    assert capsys.readouterr().out.startswith("mended ")


def test_path_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(NotPossible, match=r"missing\.ttl: there is no such file"):
        formatting.main(["missing.ttl"])


def test_prefixes_in_the_code_mean_what_the_list_says(prefixes: dict[str, str]) -> None:
    assert {p: iri for p, iri in names.PREFIXES.items() if prefixes.get(p, iri) != iri} == {}
