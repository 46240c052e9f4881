"""The command ``sckg validate``: what it prints, its exit codes, and files that nobody should trust."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from sckg.cli import main
from sckg.names import shacl

CASES = Path(__file__).parent / "shacl"
PERSON = CASES / "shapes" / "node-and-property.ttl"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Return a function that runs the command in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def run_command(*options: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["sckg", "validate", *map(str, options)])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return Done(int(left.value.code or 0), told.out, told.err)

    return run_command


def test_data_that_conform_exit_with_0(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.ttl").write_text("")
    done = run("--data", "empty.ttl", "--shapes", PERSON, "--format", "table")
    assert (done.returncode, done.stdout) == (0, "The data conform.\n")


def test_data_that_do_not_conform_exit_with_1_and_a_report_in_turtle(run: Run) -> None:
    done = run("--data", PERSON, "--shapes", PERSON)
    assert done.returncode == 1
    triples = list(ox.parse(done.stdout, format=ox.RdfFormat.TURTLE))
    assert sum(t.predicate == shacl("result") for t in triples) == 4
    assert next(t.object.value for t in triples if t.predicate == shacl("conforms")) == "false"


def test_the_report_in_json_names_every_part_of_a_result(run: Run) -> None:
    done = run("--data", PERSON, "--shapes", PERSON, "--format", "json")
    found = json.loads(done.stdout)
    assert found["conforms"] is False
    assert found["results"][-1] == {
        "focusNode": {"type": "uri", "value": "https://example.org/x"},
        "path": "<https://example.org/city>",
        "value": None,
        "sourceShape": {"type": "uri", "value": "https://example.org/city"},
        "component": "http://www.w3.org/ns/shacl#MinCountConstraintComponent",
        "severity": "http://www.w3.org/ns/shacl#Warning",
        "messages": [{"type": "literal", "value": "There are fewer than 1 values.", "xml:lang": "en"}],
    }


def test_the_table_says_what_is_wrong_for_people(run: Run) -> None:
    done = run("--data", PERSON, "--shapes", PERSON, "--format", "table")
    assert done.stdout.startswith("The data do not conform.\n\nfocusNode")
    assert "There are fewer than 1 values." in done.stdout


def test_a_shape_that_is_not_supported_exits_with_2_and_is_named_with_its_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "s.ttl").write_bytes((CASES.parent / "refused" / "javascript.ttl").read_bytes())
    done = run("--data", PERSON, "--shapes", "s.ttl")
    assert (done.returncode, done.stdout) == (2, "")
    assert "s.ttl:8  not-compilable" in done.stderr
    assert "sh:js" in done.stderr


BROKEN = {
    "cut.ttl": (b"@prefix ex: <https://example.org/> .\n\nex:a ex:p ;\n", "cut.ttl:3  broken-data"),
    "cut.nt": (b"<urn:a> <urn:p> 1 .\n", "cut.nt:1  broken-data"),
    "cut.rdf": (b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><a", "cut.rdf:1  broken-data"),
    "cut.jsonld": (b'{"@id": \n', "cut.jsonld:2  broken-data"),
    "laughs.rdf": (b'<?xml version="1.0"?>\n<!DOCTYPE x [ <!ENTITY a "b"> ]><x/>', "laughs.rdf:2  doctype"),
    "letters.ttl": (b'<urn:a> <urn:p> "\xff" .', "letters.ttl:1  broken-data"),
    "data.csv": (b"", "data.csv  unknown-format"),
    "far.jsonld": (b'{"@context": "https://example.org/context", "@id": "urn:a"}', "far.jsonld  broken-data"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("option", ["--data", "--shapes"])
def test_a_file_that_cannot_be_read_exits_with_2_and_is_named_with_its_line(
    run: Run, name: str, option: str, tmp_path: Path
) -> None:
    content, told = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    other = "--shapes" if option == "--data" else "--data"
    done = run(option, name, other, PERSON)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_exits_with_2(run: Run) -> None:
    done = run("--data", "none.ttl", "--shapes", PERSON)
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.ttl  unreadable-file" in done.stderr


def test_data_in_other_formats_and_in_several_files_are_one_graph(run: Run, tmp_path: Path) -> None:
    person = "<https://example.org/a> a <https://example.org/Person> ; <https://example.org/address> _:x ."
    files = {
        "a.ttl": person,
        "b.nq": "_:x <https://example.org/city> <urn:c> <urn:graph> .\n",
        "c.jsonld": '{"@id": "https://example.org/b", "@type": "https://example.org/Person"}',
        "d.rdf": "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    shapes = ["--shapes", PERSON, "--format", "json"]
    done = run(*(o for name in files for o in ("--data", name)), *shapes)
    # The _:x of one file is not that of another, so the address has no city.
    assert {r["component"].split("#")[1] for r in json.loads(done.stdout)["results"]} == {
        "NodeConstraintComponent", "MinCountConstraintComponent",
    }  # fmt: skip


def test_an_ontology_that_is_imported_and_not_given_is_told(run: Run, tmp_path: Path) -> None:
    text = "<urn:o> a <http://www.w3.org/2002/07/owl#Ontology> ; <http://www.w3.org/2002/07/owl#imports> <urn:more> ."
    (tmp_path / "s.ttl").write_text(text)
    done = run("--data", "s.ttl", "--shapes", "s.ttl")
    assert done.returncode == 0
    assert "urn:more" in done.stderr
