"""The command line as a person meets it: from another folder, with a wrong word, with an empty store."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Literal, Triple

import command_line
from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.queries import catalogue, named


def sckg(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SCKG_")}
    status, printed, errors = command_line.copied(arguments, cwd, {**kept, "COLUMNS": "100", **environment})
    return subprocess.CompletedProcess(arguments, status, printed, errors)


def test_help_says_what_the_exit_codes_mean(tmp_path: Path) -> None:
    done = sckg("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Exit codes" in done.stdout
    for command in command_line.COMMANDS:
        assert f"  {command.split()[1]} " in done.stdout


@pytest.mark.parametrize("command", command_line.COMMANDS)
def test_every_command_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    done = sckg(*command.split()[1:], "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"Usage: {command} " in done.stdout
    assert f"Example: {command}" in done.stdout
    stored = "--store" in done.stdout
    assert stored == ("[default: ~/.local/share/sckg/store]" in " ".join(done.stdout.split()))


@pytest.mark.parametrize(
    "arguments", [("query", "grades"), ("why", "4.1"), ("verify",)], ids=["query", "why", "verify"]
)
def test_an_empty_store_says_to_build_first(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = sckg(*arguments, "--store", str(tmp_path / "nothing"), cwd=tmp_path)
    assert done.returncode == 2
    assert "run 'sckg build' first" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("query", "grade", "--store", "{store}"), "Did you mean grades?"),
        (("query", "grades", "--year", "soon", "--store", "{store}"), "not a whole number"),
        (("query", "grades", "--set", "colour=red", "--store", "{store}"), "has no parameter 'colour'"),
        (("why", "99.9", "--store", "{store}"), "no IRI, CURIE or key here"),
        (("query", "grades", "--city", "5372", "--store", "{store}"), "no such city here. Did you mean 5371?"),
        (("query", "grades", "--profile", "kupang-2018", "--store", "{store}"), "Did you mean kupang-2019?"),
        (("query", "norms", "--set", "indicator=roads", "--store", "{store}"), "no such indicator here"),
        (("query", "grades", "--set", "city", "--store", "{store}"), "write NAME=VALUE"),
        (("why", "4.1", "--city", "0000", "--store", "{store}"), "no such city here"),
        (("why", "4.1", "--profile", "nobody", "--store", "{store}"), "'sckg query profiles' lists them"),
        (("query", "grades", "--store", "{store}/current"), "is no folder"),
        (("query", "grades", "--store", "ftp://example.org"), "begins with http:// or https://"),
        (("verify", "--store", "http://localhost:1"), "is a server, not a folder"),
        (("rule", "road-good-conditio"), "Did you mean road-good-condition?"),
        (("rule", "4.1", "--profile", "nobody"), "'sckg query profiles' lists them"),
        (("build", "nowhere"), "there is no such city folder"),
        (("check", "nowhere"), "there is no such city folder"),
        (("test", "rules", "road-good-conditio"), "Did you mean road-good-condition?"),
        (("build", "--knowledge", "."), "holds no knowledge"),
    ],
)
def test_a_wrong_word_gets_a_sentence_and_exit_code_2(
    tmp_path: Path, kupang_store: str, arguments: tuple[str, ...], said: str
) -> None:
    done = sckg(*(a.replace("{store}", kupang_store) for a in arguments), cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_grades_come_as_csv_with_the_promised_columns_first(tmp_path: Path, kupang_store: str) -> None:
    done = sckg(
        "query",
        "grades",
        "--city",
        "5371",
        "--profile",
        "kupang-2019",
        "--format",
        "csv",
        "--store",
        kupang_store,
        cwd=tmp_path,
    )
    found = list(csv.DictReader(io.StringIO(done.stdout)))
    promised = ["key", "indicator", "period", "value", "unit", "source", "stated", "derived", "profile"]
    assert list(found[0])[: len(promised)] == promised
    assert len(found) == 69


def test_the_same_question_gives_the_same_bytes(tmp_path: Path, kupang_store: str) -> None:
    asked = ("query", "gaps", "--format", "csv", "--store", kupang_store)
    assert sckg(*asked, cwd=tmp_path).stdout == sckg(*asked, cwd=tmp_path).stdout


def test_json_is_a_list_of_rows_with_numbers_as_numbers(tmp_path: Path, kupang_store: str) -> None:
    done = sckg("query", "coverage", "--city", "5371", "--format", "json", "--store", kupang_store, cwd=tmp_path)
    found = json.loads(done.stdout)
    assert any(row["indicators"] == 69 and row["graded"] == 65 for row in found)


def test_turtle_describes_what_the_answer_names(tmp_path: Path, kupang_store: str) -> None:
    done = sckg("query", "weaknesses", "--format", "ttl", "--store", kupang_store, cwd=tmp_path)
    assert done.returncode == 0
    assert "sckg:Weakness" in done.stdout


def test_why_in_json_has_one_object_per_term_ending_in_a_quote(tmp_path: Path, kupang_store: str) -> None:
    done = sckg("why", "4.1", "W3", "--format", "json", "--store", kupang_store, cwd=tmp_path)
    walks = json.loads(done.stdout)
    assert [walk["term"] for walk in walks] == ["4.1", "W3"]
    for walk in walks:
        assert walk["claim"]
        assert {"kind", "iri", "label"} <= set(walk["steps"][0])
        quotes = [step for step in walk["steps"] if step["kind"] == "evidence"]
        assert all({"document", "start", "end", "quote"} <= set(step) for step in quotes)
        assert quotes


def test_why_speaks_indonesian(tmp_path: Path, kupang_store: str) -> None:
    done = sckg("why", "4.1", "--lang", "id", "--store", kupang_store, cwd=tmp_path)
    assert "menurut" in done.stdout
    assert "karakter 26660 sampai 26717" in done.stdout


@pytest.mark.parametrize(
    ("form", "said"), [("words", "75% or more"), ("shacl", "sckg:GradingRule"), ("sparql", "CONSTRUCT")]
)
def test_a_rule_is_shown_in_words_in_shacl_and_in_sparql(tmp_path: Path, form: str, said: str) -> None:
    done = sckg("rule", "road-good-condition", "--profile", "kupang-2019", "--as", form, cwd=tmp_path)
    assert done.returncode == 0
    assert said in done.stdout


def test_a_new_city_can_be_checked_and_built_at_once(tmp_path: Path) -> None:
    made = sckg("new", "city", "9901", "Kota Contoh", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    checked = sckg("check", "cities/9901-kota-contoh", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "Kota Contoh" in checked.stdout
    built = sckg("build", "cities/9901-kota-contoh", "--store", "store", cwd=tmp_path)
    assert built.returncode == 0, built.stderr


def test_a_new_city_is_never_made_over_another(tmp_path: Path) -> None:
    sckg("new", "city", "9901", "Kota Contoh", cwd=tmp_path)
    again = sckg("new", "city", "9901", "Kota Contoh", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_progress_is_for_terminals_only(tmp_path: Path) -> None:
    done = sckg("build", "--store", "store", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "5371" in done.stdout


def test_verify_is_content_with_a_fresh_build_and_names_a_flipped_byte(tmp_path: Path) -> None:
    sckg("build", "--store", "store", cwd=tmp_path)
    assert sckg("verify", "--store", "store", cwd=tmp_path).returncode == 0
    dump = next((tmp_path / "store" / "snapshots").glob("*/dumps/evidence.nt"))
    raw = bytearray(dump.read_bytes())
    raw[100] ^= 1
    dump.write_bytes(raw)
    wrong = sckg("verify", "--store", "store", cwd=tmp_path)
    assert wrong.returncode == 1
    assert "dumps/evidence.nt: differs from the manifest" in wrong.stderr


def test_the_package_runs_from_a_folder_without_the_repository(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sckg", "rule", "4.1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "road-good-condition.ttl" in done.stdout


@pytest.mark.parametrize("arguments", ["query observations", "query grades --format json", "why 4.1", "query --list"])
def test_a_reader_who_stops_reading_is_no_mistake(tmp_path: Path, kupang_store: str, arguments: str) -> None:
    command = f"{sys.executable} -m sckg {arguments} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path, env={**os.environ, "SCKG_STORE": kupang_store}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is always full")
def test_a_full_disk_gets_a_sentence(tmp_path: Path, kupang_store: str) -> None:
    command = f"{sys.executable} -m sckg query cities --store {kupang_store} > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (2, "sckg: No space left on device\n")


def test_no_query_says_a_thing_twice(kupang_store: str, knowledge: Knowledge) -> None:
    store = open_store(kupang_store)
    for query in catalogue(knowledge).values():
        if query.subject == "why":
            continue  # asked one term at a time
        rows = [tuple(map(str, row.values())) for row in query.ask(store, {}).rows]
        assert len(rows) == len(set(rows)), query.name
    for name in ("indicators", "tables", "units", "profiles", "cities"):
        asked = named(catalogue(knowledge), name)
        things = [str(row[name.replace("cities", "city").rstrip("s")]) for row in asked.ask(store, {}).rows]
        assert len(things) == len(set(things)), name


def test_an_indicator_in_no_table_is_listed_once(knowledge: Knowledge) -> None:
    store = pipeline.read_model(knowledge)
    indicator = names.shared("indicator", "in-no-table")
    added = {
        Triple(indicator, names.TYPE, names.term("Indicator")),
        Triple(indicator, names.term("key"), Literal("none.1")),
        Triple(indicator, names.term("valueKind"), names.term("percent")),
    }
    store.replace_graph(names.graph("model"), {*store.triples(names.graph("model")), *added})
    rows = named(catalogue(knowledge), "indicators").ask(store, {}).rows
    assert [row["key"].value for row in rows if row["indicator"] == indicator] == ["none.1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("test", "rules", "road-good-condition"), "8 of 8 cases pass in 1 table, through"),
        (("rule", "4.1", "--profile", "kupang-2019"), "Sedang (fair): from 4% to below 75% (basis"),
        (("rule", "4.1", "--profile", "kupang-2019", "--lang", "id"), "di atas 0 sampai 4,08 tanpa mengubah"),
        (("rule", "2.8", "--profile", "kupang-2019"), "Sedang (fair): from 25 to below 100 applications (basis"),
    ],
)
def test_numbers_and_units_read_well_aloud(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in sckg(*arguments, cwd=tmp_path).stdout


def test_a_folder_of_cities_is_no_city(tmp_path: Path) -> None:
    sckg("new", "city", "9901", "Kota Contoh", cwd=tmp_path)
    done = sckg("check", "cities", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "sckg: cities holds folders of cities; name one of them, such as cities/9901-kota-contoh\n"


def test_a_city_is_found_by_its_name_when_only_the_code_would_do(tmp_path: Path, kupang_store: str) -> None:
    done = sckg("query", "grades", "--city", "Kupang", "--store", kupang_store, cwd=tmp_path)
    assert done.stderr == "sckg: --city Kupang: there is no such city here. Did you mean 5371?\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", "city", "9901", " "), "a city has a name"),
        (("new", "city", "9901", "Kota Contoh", "--in", "file"), "file/9901-kota-contoh cannot be made"),
        (("new", "city", "99 01", "Kota Contoh"), "'99 01' is not a code"),
    ],
)
def test_a_city_that_cannot_be_made_gets_a_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "file").touch()
    done = sckg(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("base", ["city data", "example.org/", "https://exa mple.org/", "ftp://example.org/"])
def test_a_base_that_is_no_address_gets_a_sentence(tmp_path: Path, base: str) -> None:
    done = sckg("query", "--list", cwd=tmp_path, SCKG_BASE=base)
    assert done.returncode == 2
    assert done.stderr == f"sckg: SCKG_BASE is {base!r}; it is an address that begins with http:// or https://\n"
