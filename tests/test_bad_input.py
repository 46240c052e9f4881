"""What is wrong with a city's files is told: file, row, code and remedy, all together, and nothing is changed."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT, City
from defects import Defect, Told, defects, model_defects
from sckg import pipeline, quotes
from sckg.assets import Knowledge
from sckg.problems import NotPossible, Problem, ProblemsFound
from sckg.snapshots.manifest import verify
from sckg.snapshots.reading import current
from sckg.stores.embedded import EmbeddedStore

FOLDER = "9901-kota-contoh"
OBSERVATIONS, STATEMENTS = "observations.csv", "statements.csv"
KUPANG = ROOT / "cities" / "5371-kota-kupang"
Found = Callable[..., list[Problem]]
Change = Callable[[City], object]


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, "\n".join(map(str, problems)) or "no problem was found"
    return problems[0]


def sckg(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sckg", *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def bytes_below(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


# --- One thing is wrong ----------------------------------------------------------------------------


def test_the_invented_city_is_right_before_anything_is_changed(city: City, problems_of: Found) -> None:
    assert problems_of(city) == []


@pytest.mark.parametrize("defect", defects(), ids=lambda defect: defect.claim)
def test_one_defect_is_one_problem_with_its_place_and_a_remedy(defect: Defect, told: dict[str, Told]) -> None:
    problem = only(told[defect.claim].problems)
    assert (problem.file, problem.row, problem.code) == (defect.file, defect.row, defect.code)
    assert defect.reason in problem.reason
    assert defect.remedy in problem.remedy


def _utf16(city: City) -> City:
    return city.write(OBSERVATIONS, city.text(OBSERVATIONS).encode("utf-16"))


def _utf16_without_mark(city: City) -> City:
    return city.write(OBSERVATIONS, city.text(OBSERVATIONS).encode("utf-16-le"))


def _latin1(city: City) -> City:
    return city.write(OBSERVATIONS, city.text(OBSERVATIONS).replace("√", "é").encode("latin-1"))


def _nul(city: City) -> City:
    return city.replace(OBSERVATIONS, "71.5", "71\0.5")


def _folder_instead(name: str) -> Change:
    return lambda city: city.remove(name).path(name).mkdir()


def _link_to_itself(name: str) -> Change:
    return lambda city: city.remove(name).path(name).symlink_to(name)


def _pipe_instead(name: str) -> Change:
    return lambda city: os.mkfifo(city.remove(name).path(name))


FILES: dict[str, tuple[Change, str, int, str, str, str]] = {
    "a folder without its city file says how to start": (
        lambda city: city.remove("city.ttl"),
        "city.ttl",
        0,
        "missing-file",
        "needs a file city.ttl",
        "sckg new city",
    ),
    "a city file without a city says what to write": (
        lambda city: city.replace("city.ttl", "a sckg:City", "a sckg:Organisation"),
        "city.ttl",
        0,
        "no-city",
        "No sckg:City",
        "<city/CODE>",
    ),
    "an empty file of rows is not an empty city": (
        lambda city: city.write(STATEMENTS, b""),
        STATEMENTS,
        0,
        "empty-file",
        "is empty",
        "cities/_template",
    ),
    "a file of comments has no rows": (
        lambda city: city.write(STATEMENTS, "# later\n\n"),
        STATEMENTS,
        0,
        "empty-file",
        "no rows",
        "header from the template",
    ),
    "a letter of another encoding is found at its row": (
        _latin1,
        OBSERVATIONS,
        3,
        "wrong-encoding",
        "(0xe9) is not UTF-8",
        "CSV UTF-8",
    ),
    "the text of a spreadsheet's Unicode export is not UTF-8": (
        _utf16,
        OBSERVATIONS,
        1,
        "wrong-encoding",
        "(0xff) is not UTF-8",
        "CSV UTF-8",
    ),
    "UTF-16 without its mark is still not UTF-8": (
        _utf16_without_mark,
        OBSERVATIONS,
        1,
        "wrong-encoding",
        "NUL character",
        "CSV UTF-8",
    ),
    "a NUL character is found at its row": (_nul, OBSERVATIONS, 4, "wrong-encoding", "NUL character", "CSV UTF-8"),
    "a folder in the place of a file is not passed over": (
        _folder_instead(STATEMENTS),
        STATEMENTS,
        0,
        "unreadable-file",
        "a folder, not a file",
        "Put the file itself here",
    ),
    "a Turtle folder is not passed over": (
        _folder_instead("actions.ttl"),
        "actions.ttl",
        0,
        "unreadable-file",
        "a folder, not a file",
        "Put the file itself here",
    ),
    "a link that leads to itself is not followed for ever": (
        _link_to_itself(STATEMENTS),
        STATEMENTS,
        0,
        "unreadable-file",
        "no file behind this name",
        "Put the file itself here",
    ),
    "a pipe is not waited for": (
        _pipe_instead("actions.ttl"),
        "actions.ttl",
        0,
        "unreadable-file",
        "no file behind this name",
        "Put the file itself here",
    ),
    "a file of rows under a misspelt name is not passed over": (
        lambda city: city.path(STATEMENTS).rename(city.path("statement.csv")),
        "statement.csv",
        0,
        "unknown-file",
        "No step reads",
        "Did you mean statements.csv?",
    ),
    "a cell as long as a book is refused at its row": (
        lambda city: city.replace(OBSERVATIONS, "71.5", "7" * 10_000_000),
        OBSERVATIONS,
        4,
        "broken-csv",
        "longer than 131072 characters",
        "Shorten it",
    ),
    "a long word is not repeated in full": (
        lambda city: city.replace(OBSERVATIONS, "road-good-condition", "road" * 10_000),
        OBSERVATIONS,
        4,
        "unknown-indicator",
        "...' is not an indicator",
        "lists them",
    ),
    "statements nested beyond any depth do not end the program": (
        lambda city: city.append("actions.ttl", "<a> <b> " + "<<( <a> <b> " * 200_000),
        "actions.ttl",
        35,
        "broken-turtle",
        "'<<' begins",
        "an IRI",
    ),
}


@pytest.mark.parametrize("claim", FILES)
def test_a_file_that_cannot_be_read_is_one_problem(claim: str, city: City, problems_of: Found) -> None:
    change, file, row, code, reason, remedy = FILES[claim]
    change(city)
    problem = only(problems_of(city))
    assert (problem.file, problem.row, problem.code) == (f"{FOLDER}/{file}", row, code)
    assert reason in problem.reason
    assert remedy in problem.remedy
    assert len(str(problem)) < 500


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_a_problem(city: City, problems_of: Found) -> None:
    city.path(STATEMENTS).chmod(0)
    assert only(problems_of(city)).code == "unreadable-file"


def test_a_document_that_is_no_text_is_a_problem(
    city: City, tmp_path: Path, model_store: EmbeddedStore, knowledge: Knowledge
) -> None:
    scanned = b"%PDF-1.7 \xe2\xe3\xcf\xd3"
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "report.pdf").write_bytes(scanned)
    (recorded,) = re.findall('sckg:sha256 "(.*)"', city.text("sources.ttl"))
    city.replace("sources.ttl", recorded, hashlib.sha256(scanned).hexdigest())
    (read,) = pipeline.read_cities([city.folder], model_store, knowledge)
    problem = only(quotes.compare(read, tmp_path / "documents"))
    assert (problem.file, problem.row, problem.code) == (f"{FOLDER}/sources.ttl", 7, "document-not-text")
    assert "UTF-8" in problem.remedy


def test_the_same_city_twice_is_one_too_many(city: City, tmp_path: Path, problems_of: Found) -> None:
    (tmp_path / "copy").mkdir()
    for path in city.folder.iterdir():
        (tmp_path / "copy" / path.name).write_bytes(path.read_bytes())
    told = [p for p in problems_of(city, City(tmp_path / "copy")) if p.code == "same-city"]
    assert (only(told).file, only(told).row) == ("copy/city.ttl", 0)
    assert f"{FOLDER} already describes the city 9901" in only(told).reason


@pytest.mark.parametrize("folder", ["rules/check", "rules/grade"])
def test_a_rule_that_cannot_be_compiled_is_named_and_never_skipped(folder: str, tmp_path: Path, city: City) -> None:
    odd = ROOT / "tests" / "fixtures" / "not-compilable.ttl"
    (tmp_path / "mine" / folder).mkdir(parents=True)
    (tmp_path / "mine" / folder / "odd.ttl").write_bytes(odd.read_bytes())
    with pytest.raises(ProblemsFound) as found:
        pipeline.build([city.folder], str(tmp_path / "store"), Knowledge.found((tmp_path / "mine",)))
    problem = only(found.value.problems)
    assert (problem.file, problem.row, problem.code) == (f"mine/{folder}/odd.ttl", 10, "not-compilable")
    assert "sh:js" in problem.reason
    assert "docs/adding-a-rule.md" in problem.remedy


def test_broken_turtle_among_the_rules_is_a_problem_too(tmp_path: Path, city: City) -> None:
    (tmp_path / "mine" / "rules" / "check").mkdir(parents=True)
    (tmp_path / "mine" / "rules" / "check" / "odd.ttl").write_text("\ncheck:odd a sh:NodeShape .\n", encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        pipeline.build([city.folder], str(tmp_path / "store"), Knowledge.found((tmp_path / "mine",)))
    assert (only(found.value.problems).row, only(found.value.problems).code) == (2, "broken-turtle")


def test_every_problem_of_an_input_has_a_test() -> None:
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8").partition("\n## The site")[0]
    above = {"same-city", "document-not-text", "not-compilable"}
    elsewhere = {"rule-without-cases", "cases-without-rule"}  # in test_rule_cases.py
    elsewhere |= {"unknown-city"}  # in test_national.py
    elsewhere |= {"empty-cell", "broken-sql"}  # in test_audit.py
    elsewhere |= {defect.code for defect in model_defects()}  # in test_refusals.py
    tested = (
        {defect.code for defect in defects()} | {code for _, _, _, code, _, _ in FILES.values()} | above | elsewhere
    )
    assert set(re.findall(r"^### ([a-z-]+)$", page, re.MULTILINE)) == tested


# --- What is no mistake ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda c: c.write(OBSERVATIONS, b"\xef\xbb\xbf" + c.path(OBSERVATIONS).read_bytes()), id="BOM"),
        pytest.param(
            lambda c: c.write("city.ttl", b"\xef\xbb\xbf" + c.path("city.ttl").read_bytes()), id="BOM in Turtle"
        ),
        pytest.param(lambda c: c.write(OBSERVATIONS, c.text(OBSERVATIONS).replace("\n", "\r\n")), id="CRLF"),
        pytest.param(lambda c: c.write("goals.ttl", c.text("goals.ttl").replace("\n", "\r\n")), id="CRLF in Turtle"),
        pytest.param(lambda c: c.write(OBSERVATIONS, c.text(OBSERVATIONS).replace("\n", "\r")), id="CR"),
        pytest.param(lambda c: c.replace(OBSERVATIONS, "quote,note", "quote,note,,,"), id="empty columns at the end"),
        pytest.param(
            lambda c: c.replace(OBSERVATIONS, "# Invented values.", '"# Invented, by hand.",,,'),
            id="a comment in quotes",
        ),
        pytest.param(
            lambda c: c.replace(OBSERVATIONS, "# Invented values.", '# Invented, "by hand.'), id="a quote in a comment"
        ),
        pytest.param(
            lambda c: c.replace(OBSERVATIONS, "Tabel 4 baris 5", "Tabel 😀"), id="letters beyond the first plane"
        ),
        pytest.param(lambda c: c.replace(OBSERVATIONS, "71.5", "100.0"), id="a share of 100"),
        pytest.param(lambda c: c.replace(OBSERVATIONS, "71.5", "0"), id="a share of 0"),
        pytest.param(lambda c: c.replace(OBSERVATIONS, ",2021,", ",2017/2022,"), id="a period of years"),
        pytest.param(lambda c: c.replace(OBSERVATIONS, ",2021,", ",2020-02-29,"), id="a leap day"),
        pytest.param(lambda c: c.replace(OBSERVATIONS, ",2021,", ",2021-06,"), id="a month"),
        pytest.param(lambda c: c.replace(OBSERVATIONS, ",71.5,%,", ",,,"), id="no value"),
        pytest.param(
            lambda c: c.replace("factors.ttl", '"Damaged roads"', '"""base <x>\n<< of roads"""'),
            id="syntax in a string",
        ),
        pytest.param(lambda c: c.write(".goals.ttl.swp", b"\x00"), id="an editor's file"),
        pytest.param(lambda c: c.write("figures.xlsx", b"PK"), id="another kind of file"),
    ],
)
def test_what_spreadsheets_and_editors_leave_behind_is_no_problem(
    change: Change, city: City, problems_of: Found
) -> None:
    change(city)
    assert problems_of(city) == []


def test_a_spreadsheet_with_semicolons_and_decimal_commas_is_told_about_the_commas_only(
    city: City, problems_of: Found
) -> None:
    header = "key;indicator;period;value;unit;source;stated"
    rows = "4.1;road-good-condition;2021;40,63;%;report-table-4;sedang\n4.5;business-district;;ada;;report-table-4;"
    city.write(OBSERVATIONS, f"{header}\n{rows}\n")
    problem = only(problems_of(city))
    assert (problem.row, problem.code, problem.remedy) == (
        2, "wrong-decimal-mark", "Write 40.63, with a point and no thousands mark.",
    )  # fmt: skip


def test_rows_are_counted_in_lines_even_after_a_cell_of_many_lines(city: City, problems_of: Found) -> None:
    city.append(
        OBSERVATIONS, 'c2,area,2020,,,report-text,,,"three\nlines\nlong",,,,\n\nc3,aera,2020,,,report-text,,,,,,,\n'
    )
    assert only(problems_of(city)).row == 11


# --- Many things are wrong -------------------------------------------------------------------------


def spoil(city: City) -> None:
    """Put one mistake into every file."""
    city.replace("city.ttl", "    sckg:year 2021 ;\n", "")
    city.replace("sources.ttl", "20c280aa", "20C280AA")
    city.replace("factors.ttl", "ind:road-good-condition", "ind:road-god-condition")
    city.replace("goals.ttl", "sckg:value 80", "sckg:value 180")
    city.append("actions.ttl", "<action/9901/3> a sckg:Action ; ; sckg:key .\n")
    city.replace(OBSERVATIONS, "71.5", '"71,5"').replace(OBSERVATIONS, "universities", "univercities")
    city.replace(STATEMENTS, "4.1 W1", "W9")


SPOILT = {
    ("actions.ttl", 35, "broken-turtle"),
    ("city.ttl", 12, "assessment-incomplete"),
    ("factors.ttl", 22, "dangling-reference"),
    ("goals.ttl", 64, "out-of-range"),
    (OBSERVATIONS, 3, "unknown-indicator"),
    (OBSERVATIONS, 4, "wrong-decimal-mark"),
    ("sources.ttl", 7, "document-incomplete"),
    (STATEMENTS, 3, "dangling-reference"),
}


def test_problems_of_all_files_are_told_together_and_sorted(city: City, problems_of: Found) -> None:
    spoil(city)
    told = problems_of(city)
    assert told == sorted(told)
    assert {(p.file.rpartition("/")[2], p.row, p.code) for p in told} == SPOILT


def test_the_command_prints_every_problem_once_and_exits_with_1(city: City) -> None:
    spoil(city)
    done = sckg("check", FOLDER)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for file, row, code in SPOILT:
        assert done.stderr.count(f"{FOLDER}/{file}:{row}  {code}\n") == 1
    assert done.stderr.endswith(f"\n{len(SPOILT)} problems; nothing was changed.\n")


def test_a_build_that_fails_leaves_the_earlier_store_byte_for_byte(
    city: City, tmp_path: Path, knowledge: Knowledge
) -> None:
    pipeline.build([city.folder], "store", knowledge)
    before = bytes_below(tmp_path / "store")
    assert len(before) > 10
    spoil(city)
    done = sckg("build", FOLDER, str(KUPANG), "--store", "store")
    assert done.returncode == 1, done.stderr
    assert bytes_below(tmp_path / "store") == before
    with pytest.raises(ProblemsFound):
        pipeline.build([city.folder], "store", knowledge, fresh=True)
    assert bytes_below(tmp_path / "store") == before
    assert verify(current(tmp_path / "store")) == []


def test_a_build_that_fails_makes_no_store(city: City, tmp_path: Path, knowledge: Knowledge) -> None:
    spoil(city)
    with pytest.raises(ProblemsFound):
        pipeline.build([city.folder], "store", knowledge)
    assert not (tmp_path / "store").exists()


def test_a_bad_city_among_good_ones_stops_them_all(city: City, tmp_path: Path, knowledge: Knowledge) -> None:
    city.replace(OBSERVATIONS, "71.5", "171.5")
    with pytest.raises(ProblemsFound) as found:
        pipeline.build([KUPANG, city.folder], str(tmp_path / "store"), knowledge)
    assert only(found.value.problems).code == "out-of-range"
    assert not (tmp_path / "store").exists()


def test_a_broken_block_hides_neither_its_neighbours_nor_blames_those_who_refer_to_it(
    city: City, problems_of: Found
) -> None:
    city.replace("goals.ttl", 'sckg:key "M1" ;', 'sckg:key "M1"').replace(
        "goals.ttl", "sckg:value 80", "sckg:value 180"
    )
    told = [(p.file.rpartition("/")[2], p.row, p.code) for p in problems_of(city)]
    assert told == [("goals.ttl", 32, "broken-turtle"), ("goals.ttl", 64, "out-of-range")]


def test_rows_that_a_broken_assessment_takes_with_it_are_not_blamed(city: City, problems_of: Found) -> None:
    city.replace("sources.ttl", "<assessment/9901/2021>", "<assessment/9901/2012>")
    assert {(p.file.rpartition("/")[2], p.row) for p in problems_of(city)} == {("sources.ttl", 7)}


# --- Hands that mean harm --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["71\x1b[2J", "71\x07", "\u202e5.17", "71\u2028 5"])
def test_a_cell_cannot_steer_the_terminal_it_is_told_on(text: str, city: City, problems_of: Found) -> None:
    city.replace(OBSERVATIONS, "71.5", text)
    told = str(only(problems_of(city)))
    assert text not in told
    assert all(letter.isprintable() or letter == "\n" for letter in told)
    assert len(told.splitlines()) == 3


def test_a_citys_name_cannot_steer_the_terminal_either(city: City) -> None:
    city.replace("city.ttl", '"Kota Contoh"@id', '"Kota\\n\\u001B[2J Contoh"@id')
    done = sckg("check", FOLDER)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    assert "\x1b" not in done.stdout


def test_a_code_cannot_write_outside_the_store(city: City, tmp_path: Path, knowledge: Knowledge) -> None:
    for path in city.folder.iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("/9901", "/..%2F..%2Fevil").replace('"9901"', '"../../evil"'), encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        pipeline.build([city.folder], str(tmp_path / "store"), knowledge)
    assert only(found.value.problems).code == "bad-code"
    assert sorted(p.name for p in tmp_path.iterdir()) == [FOLDER]


def test_a_name_as_long_as_a_page_is_still_a_folder_name(city: City, tmp_path: Path, knowledge: Knowledge) -> None:
    city.replace("city.ttl", '"Kota Contoh"@id', f'"{"Kota Contoh " * 400}"@id')
    assert pipeline.build([city.folder], str(tmp_path / "store"), knowledge).cities == ("9901",)


@pytest.mark.parametrize("year", ['"²"', "2" * 5000, '"٢٠٢١"'], ids=["superscript", "5000 digits", "another script"])
def test_a_year_that_python_cannot_count_is_a_problem_not_a_crash(year: str, city: City, problems_of: Found) -> None:
    city.replace("city.ttl", "sckg:year 2021", f"sckg:year {year}")
    assert only(problems_of(city)).code == "assessment-incomplete"


@pytest.mark.parametrize("value", ['"a b"', "[]", '"https://w3id.org/sckg/id/assessment/9901/2021"'])
def test_a_text_or_a_blank_node_is_no_assessment(value: str, city: City, problems_of: Found) -> None:
    city.replace("sources.ttl", "sckg:assessment <assessment/9901/2021>", f"sckg:assessment {value}")
    assert only(problems_of(city)).code == "document-incomplete"


def test_blank_nodes_in_a_circle_are_walked_once(city: City, problems_of: Found) -> None:
    city.append("sources.ttl", "_:a a sckg:SourcePart ; sckg:partOf _:b . _:b a sckg:SourcePart ; sckg:partOf _:a .\n")
    assert {p.code for p in problems_of(city)} == {"part-without-document"}


def test_parts_of_each_other_in_a_circle_are_walked_once(city: City, problems_of: Found) -> None:
    loop = "<source/9901/{0}> a sckg:SourcePart ; sckg:partOf <source/9901/{1}> .\n"
    city.append("sources.ttl", loop.format("x", "y") + loop.format("y", "x"))
    assert {p.code for p in problems_of(city)} == {"part-without-document"}


# --- Used wrongly ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "there is no such city folder"),
        (lambda path: path.write_text("9901", encoding="utf-8"), "is a file; name the folder of the city"),
        (lambda path: path.symlink_to(path), "there is no such city folder"),
    ],
    ids=["nothing", "a file", "a link to itself"],
)
def test_what_is_no_city_folder_gets_a_sentence(
    make: Callable[[Path], None], said: str, tmp_path: Path, model_store: EmbeddedStore, knowledge: Knowledge
) -> None:
    make(tmp_path / "9901")
    with pytest.raises(NotPossible, match=said):
        pipeline.read_cities([tmp_path / "9901"], model_store, knowledge)


def test_documents_are_looked_for_in_a_folder(city: City, model_store: EmbeddedStore, knowledge: Knowledge) -> None:
    (read,) = pipeline.read_cities([city.folder], model_store, knowledge)
    with pytest.raises(NotPossible, match="no such folder"):
        quotes.compare(read, city.folder / "city.ttl")


def test_a_store_that_cannot_be_written_gets_a_sentence(city: City, knowledge: Knowledge) -> None:
    with pytest.raises(NotPossible, match="is no folder"):
        pipeline.build([city.folder], str(city.folder / "city.ttl"), knowledge)
