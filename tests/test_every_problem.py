"""Every kind of bad input that a planner may meet, in three cities at once: all told together, and nothing stored."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import City
from defects import CODE, DOCUMENTS, VALID_CITY
from sckg import pipeline
from sckg.assets import Knowledge

OBSERVATIONS, STATEMENTS = "observations.csv", "statements.csv"
TOLD = {
    ("9901", OBSERVATIONS, 3, "unknown-indicator"),
    ("9901", OBSERVATIONS, 4, "wrong-decimal-mark"),
    ("9901", OBSERVATIONS, 5, "wrong-unit"),
    ("9901", OBSERVATIONS, 6, "bad-period"),
    ("9901", STATEMENTS, 0, "empty-file"),
    ("9901", "factors.ttl", 22, "dangling-reference"),
    ("9901", "actions.ttl", 35, "broken-turtle"),
    ("9902", OBSERVATIONS, 4, "out-of-range"),
    ("9902", OBSERVATIONS, 5, "selector-outside-document"),
    ("9902", OBSERVATIONS, 7, "duplicate-row"),
    ("9902", STATEMENTS, 4, "wrong-encoding"),
    ("9903", STATEMENTS, 2, "missing-column"),
}
IN_DOCUMENTS = ("9903", OBSERVATIONS, 3, "quote-differs")


def place(folder: Path, code: str) -> City:
    """Put the invented city into a folder under a code of its own."""
    shutil.copytree(VALID_CITY, folder / code)
    for path in (folder / code).iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace(CODE, code), encoding="utf-8")
    return City(folder / code)


@pytest.fixture
def spoilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the folders of three cities, in the working folder, that hold one mistake of each kind."""
    monkeypatch.chdir(tmp_path)
    first, second, third = (place(tmp_path, code) for code in ("9901", "9902", "9903"))
    first.replace(OBSERVATIONS, "universities", "univercities").replace(OBSERVATIONS, "71.5", '"71,5"')
    first.replace(OBSERVATIONS, "tidak-ada,", "tidak-ada,%").replace(OBSERVATIONS, ",2020,", ",tahun lalu,")
    first.write(STATEMENTS, b"").replace("factors.ttl", "hinders <mission/9901/1>", "hinders <mission/9901/2>")
    first.append("actions.ttl", "<action/9901/3> a sckg:Action ; ; sckg:key .\n")
    second.replace(OBSERVATIONS, "71.5", "171.5").replace(OBSERVATIONS, "440,486", "440,9999")
    second.append(OBSERVATIONS, "c2,population,2020,120501,{jiwa},report-text,,,,,,,\n")
    second.write(STATEMENTS, second.text(STATEMENTS).replace("masih", "mas\xefh").encode("latin-1"))
    third.replace(OBSERVATIONS, "4 Jumlah perguruan tinggi 12", "4 Jumlah perguruan tinggi 13")
    third.replace(STATEMENTS, "about,source,start", "about,start")
    return ["9901", "9902", "9903"]


def sckg(*arguments: str) -> tuple[int, set[tuple[str, str, int, str]], str]:
    """Return the exit code, each Problem's city, file, row and code, and all that was printed as an error."""
    command = [sys.executable, "-m", "sckg", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    heads = re.findall(r"^(\d+)/([\w.]+)(?::(\d+))?  ([a-z-]+)$", done.stderr, re.MULTILINE)
    return done.returncode, {(city, file, int(row or 0), code) for city, file, row, code in heads}, done.stderr


def bytes_below(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_build_tells_every_kind_at_once_and_leaves_the_store_as_it_was(
    spoilt: list[str], tmp_path: Path, knowledge: Knowledge
) -> None:
    good = place(tmp_path / "good", "9904")
    pipeline.build([good.folder], "store", knowledge)
    before = bytes_below(tmp_path / "store")
    status, told, printed = sckg("build", *spoilt, "--store", "store")
    assert (status, told) == (1, TOLD)
    assert "Traceback" not in printed
    assert bytes_below(tmp_path / "store") == before


def test_a_check_with_documents_tells_of_the_quotes_too(spoilt: list[str]) -> None:
    status, told, _ = sckg("check", *spoilt, "--sources", str(DOCUMENTS))
    assert (status, told) == (1, TOLD | {IN_DOCUMENTS})


def test_each_problem_is_a_place_a_reason_and_a_remedy(spoilt: list[str]) -> None:
    _, _, printed = sckg("check", *spoilt)
    *problems, count = printed.rstrip().splitlines()
    assert count.startswith(f"{len(TOLD)} problem")
    texts = [line for line in problems if line]
    assert [line.startswith("  ") for line in texts] == [False, True, True] * len(TOLD)
    assert all(line.rstrip().endswith((".", "?")) for line in texts if line.startswith("  "))
