"""Cells and tables: what is written plainly is read as it stands, what is not is refused, and nothing raises."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import City
from sckg import cells, names
from sckg.cells import CellProblem
from sckg.evidence import CityEvidence
from sckg.problems import Problem, suggestion
from sckg.read import read_city
from sckg.records import OBSERVATION_COLUMNS, OBSERVATION_EXTRAS, STATEMENT_COLUMNS
from sckg.row_cells import decimal
from sckg.tables import TableRow, read_table
from sckg.vocabulary import Vocabulary

OBSERVATIONS, STATEMENTS = "observations.csv", "statements.csv"
HEADER = ",".join(OBSERVATION_COLUMNS)
DIGITS = st.text("0123456789", min_size=1, max_size=cells.MOST_DIGITS)
KINDLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def table(folder: Path, content: str | bytes) -> tuple[list[TableRow], list[Problem]]:
    path = folder / OBSERVATIONS
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, OBSERVATION_COLUMNS, OBSERVATION_EXTRAS)


def refused(take: Callable[[], object]) -> CellProblem:
    with pytest.raises(CellProblem) as found:
        take()
    return found.value


# --- Numbers ---------------------------------------------------------------------------------------


@given(sign=st.sampled_from(["", "-", "+"]), whole=DIGITS, fraction=st.none() | DIGITS)
def test_a_plain_decimal_keeps_every_digit_into_the_graph(sign: str, whole: str, fraction: str | None) -> None:
    text = f"{sign}{whole}" if fraction is None else f"{sign}{whole}.{fraction}"
    value = cells.number(text)
    assert value == Decimal(text)
    assert Decimal(decimal(value).value) == value
    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", decimal(cells.number(f"{sign}{int(whole)}")).value)


@given(st.integers(0, 10**18 - 1))
def test_a_whole_number_is_a_count(number: int) -> None:
    assert cells.number(str(number), whole=True) == number


@given(whole=st.integers(0, 10**9), fraction=DIGITS, count=st.booleans())
def test_an_indonesian_comma_is_always_refused_with_the_number_meant(whole: int, fraction: str, count: bool) -> None:
    plain, grouped = f"{whole},{fraction}", f"{whole:,}".replace(",", ".") + f",{fraction}"
    for text in (plain, grouped):
        problem = refused(lambda text=text: cells.number(text, whole=count))  # type: ignore[misc]
        assert problem.code == "wrong-decimal-mark"
        assert f"Write {whole}" in problem.remedy


@given(st.integers(1_000, 999_999))
def test_a_thousands_point_never_shrinks_a_count(number: int) -> None:
    problem = refused(lambda: cells.number(f"{number:,}".replace(",", "."), whole=True))
    assert problem.remedy == f"Write {number} if the point marks thousands."


@given(st.integers(1_000_000, 10**12), st.sampled_from([".", ","]))
def test_several_thousands_marks_are_taken_out_of_any_number(number: int, mark: str) -> None:
    problem = refused(lambda: cells.number(f"{number:,}".replace(",", mark)))
    assert (problem.code, problem.remedy) == ("wrong-decimal-mark", f"Write {number}.")


@given(st.text())
def test_any_other_text_is_refused_in_a_sentence(text: str) -> None:
    for whole in (False, True):
        try:
            value = cells.number(text, whole=whole)
        except CellProblem as problem:
            assert problem.code in {"not-a-number", "wrong-decimal-mark", "not-a-whole-number", "too-many-digits"}
            assert problem.reason.endswith(".")
            assert problem.remedy.endswith(".")
        else:
            assert re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", text)
            assert value == Decimal(text)


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "1e3", "NaN", "Infinity", "0x1", "٤٢", "４２", "½", "²", "1_000", "−5", ".5", "5."]
)
def test_what_python_would_read_as_a_number_is_not_one_here(text: str) -> None:
    assert refused(lambda: cells.number(text)).code == "not-a-number"


# --- Periods, offsets, pairs, words ----------------------------------------------------------------


@given(st.dates())
def test_a_date_is_a_period_when_its_year_is_near(date: object) -> None:
    text = str(date)
    if cells.FIRST_YEAR <= int(text[:4]) <= cells.LAST_YEAR:
        assert cells.period(text) == cells.Period(text, int(text[:4]))
    else:
        assert refused(lambda: cells.period(text)).code == "bad-period"


@given(first=st.integers(1945, 2100), last=st.integers(1945, 2100))
def test_years_are_a_period_in_order_and_count_as_the_last(first: int, last: int) -> None:
    text = f"{first}/{last}"
    if first <= last:
        assert cells.period(text) == cells.Period(text, last)
    else:
        assert refused(lambda: cells.period(text)).code == "bad-period"


@given(st.text(min_size=1))
def test_any_other_period_is_refused_in_a_sentence(text: str) -> None:
    try:
        period = cells.period(text)
    except CellProblem as problem:
        assert (problem.code, problem.remedy[-1]) == ("bad-period", ".")
    else:
        assert period
        assert text.startswith(("19", "20", "2100"))


def test_no_period_is_not_a_mistake() -> None:
    assert cells.period("") is None


@given(st.text())
def test_an_offset_is_digits_or_refused(text: str) -> None:
    try:
        assert cells.offset(text, "start") == int(text)
    except CellProblem as problem:
        assert problem.code == "bad-selector"


WORD = st.text("abcdefgh-0123456789.", min_size=1, max_size=8)


@given(st.lists(st.tuples(WORD, WORD), max_size=5))
def test_pairs_are_read_back_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    assert cells.pairs("; ".join(f"{name}={value}" for name, value in pairs), "parts") == pairs


@given(st.text())
def test_any_text_is_pairs_or_refused(text: str) -> None:
    try:
        assert all(name and value for name, value in cells.pairs(text, "parts"))
    except CellProblem as problem:
        assert problem.code == "bad-pair"


@pytest.mark.parametrize(
    ("word", "meant"),
    [("Baik", "baik"), ("BURUK", "buruk"), ("sedan", "sedang"), ("x" * 10_000_000, ""), ("", "")],
    ids=["capital", "capitals", "cut short", "a book", "nothing"],
)
def test_a_suggestion_is_close_or_not_made(word: str, meant: str) -> None:
    assert suggestion(word, ["baik", "sedang", "buruk"]) == (f"Did you mean {meant}?" if meant else "")


# --- Tables ----------------------------------------------------------------------------------------

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
ROWS = st.lists(st.lists(CELLS, min_size=7, max_size=7), max_size=6)


@KINDLY
@given(rows=ROWS, delimiter=st.sampled_from(",;"), line_end=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[list[str]],
    delimiter: str,
    line_end: str,
    mark: bool,
    tmp_path: Path,
) -> None:
    rows = [row for row in rows if any(cell.strip() for cell in row) and not row[0].startswith("#")]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=line_end).writerows([OBSERVATION_COLUMNS, *rows])
    read, problems = table(tmp_path, written.getvalue().encode("utf-8-sig" if mark else "utf-8"))
    assert problems == []
    assert [[row[column] for column in OBSERVATION_COLUMNS] for row in read] == [
        [c.strip() for c in row] for row in rows
    ]
    assert [row.line for row in read] == list(range(2, len(rows) + 2))


@KINDLY
@given(content=st.binary(max_size=400))
def test_any_bytes_are_rows_or_problems(content: bytes, tmp_path: Path) -> None:
    rows, problems = table(tmp_path, content)
    assert rows or problems or content.decode("utf-8-sig").strip()


@KINDLY
@given(lines=st.text(st.sampled_from('key,indicator;"#\n\r \t=\0ä'), max_size=80))
def test_any_text_below_the_header_is_rows_or_problems(lines: str, tmp_path: Path) -> None:
    rows, problems = table(tmp_path, f"{HEADER}\n{lines}")
    told = [line for line in lines.splitlines() if line.strip(' \t,;"') and not line.startswith(("#", '"#'))]
    assert rows or problems or not [line for line in told if line.strip()]


def test_columns_stand_in_any_order_and_letters(tmp_path: Path) -> None:
    shuffled = "Value, UNIT ,indicator,KEY,stated,source,period"
    (row,), problems = table(tmp_path, f"{shuffled}\n40.63,%,road-good-condition,4.1,,s,\n")
    assert problems == []
    assert (row["value"], row["unit"], row["key"]) == ("40.63", "%", "4.1")


def test_a_column_that_is_not_there_reads_as_empty(tmp_path: Path) -> None:
    (row,), _ = table(tmp_path, f"{HEADER}\n4.1,x\n")
    assert (row["value"], row["note"]) == ("", "")


def test_a_cell_may_hold_lines_commas_and_quotes(tmp_path: Path) -> None:
    rows, problems = table(tmp_path, f'# a comment\n\n{HEADER}\n1,"a\n# no comment, ""quoted""",,,,,\n2,b,,,,,\n')
    assert problems == []
    assert [(row.line, row["indicator"]) for row in rows] == [(4, 'a\n# no comment, "quoted"'), (6, "b")]


def test_rows_before_a_broken_one_are_still_read(tmp_path: Path) -> None:
    rows, (problem,) = table(tmp_path, f'{HEADER}\n1,a,,,,,\n2,"b,,,,,\n3,c,,,,,\n')
    assert [row["key"] for row in rows] == ["1"]
    assert (problem.row, problem.code) == (3, "broken-csv")


# --- A whole city ----------------------------------------------------------------------------------

TURTLE = st.lists(st.sampled_from([*"<>[]()@;.,:\"'\\#ab01 \n", "<<(", "sckg:key", "<city/9901>", "a", "@base", '"""']), max_size=40).map("".join)  # fmt: skip
CSV = st.lists(st.sampled_from([*',;"=\n', "4.1", "road-good-condition", "71.5", "%", "report-text", "ada", "2021", "√"]), max_size=60).map("".join)  # fmt: skip


def read_with(folder: Path, file: str, content: str | bytes, words: Vocabulary) -> CityEvidence:
    (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_city(folder, words)


@KINDLY
@given(file=st.sampled_from(["city.ttl", "sources.ttl", "goals.ttl"]), content=TURTLE | st.binary(max_size=200))
def test_a_city_is_read_or_told_about_whatever_its_turtle_holds(
    file: str, content: str | bytes, city: City, words: Vocabulary
) -> None:
    kept = city.path(file).read_bytes()
    evidence = read_with(city.folder, file, content, words)
    city.write(file, kept)
    assert all(str(problem).startswith("9901-kota-contoh/") for problem in evidence.problems)


@KINDLY
@given(header=st.booleans(), file=st.sampled_from([OBSERVATIONS, STATEMENTS]), content=CSV | st.binary(max_size=200))
def test_a_city_is_read_or_told_about_whatever_its_rows_hold(
    header: bool,
    file: str,
    content: str | bytes,
    city: City,
    words: Vocabulary,
) -> None:
    kept = city.path(file).read_bytes()
    raw = content if isinstance(content, bytes) else content.encode()
    columns = {OBSERVATIONS: HEADER, STATEMENTS: ",".join([*STATEMENT_COLUMNS, "value", "period", "observes", "about"])}
    evidence = read_with(city.folder, file, f"{columns[file]}\n".encode() + raw if header else raw, words)
    city.write(file, kept)
    assert all(problem.reason.endswith(".") and problem.row >= 0 for problem in evidence.problems)


def test_reading_the_same_folder_twice_gives_the_same_triples(city: City, words: Vocabulary) -> None:
    assert read_city(city.folder, words).triples == read_city(city.folder, words).triples


def test_the_source_is_part_of_what_an_observation_is(city: City, words: Vocabulary) -> None:
    city.append(OBSERVATIONS, "4.1b,road-good-condition,2021,70,%,report-text,,,,,,,\n")
    evidence = read_city(city.folder, words)
    assert evidence.problems == []
    roads = {s for s in evidence.places if "/observation/9901/2021/road-good-condition/" in s}
    assert {s.rpartition("/")[2] for s in roads} == {"report-table-4", "report-text"}


def test_each_subject_remembers_its_file_and_row(city: City, words: Vocabulary) -> None:
    places = read_city(city.folder, words).places
    assert places[names.thing("factor", "9901", "W1").value] == ("9901-kota-contoh/factors.ttl", 22)
    assert places[names.thing("statement", "9901", "n002").value] == ("9901-kota-contoh/statements.csv", 4)
    assert places[names.thing("quote", "9901", "4.1").value] == ("9901-kota-contoh/observations.csv", 4)
