"""The wheel alone, in a fresh environment and an empty folder: every command works and all knowledge comes from it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ROOT
from sckg.assets import FOLDERS

pytest.importorskip("build", reason="needs the extra 'dev', which builds the wheel")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("SCKG_", "PYTHON", "XDG_", "VIRTUAL_ENV"))}


@dataclass(frozen=True)
class Installed:
    """An environment in which the wheel is installed, and an empty folder to stand in."""

    environment: Path
    folder: Path

    def run(self, *command: str) -> str:
        program, *arguments = command
        done = subprocess.run(
            [str(self.environment / "bin" / program), *arguments],
            cwd=self.folder, env={**CLEAN, "HOME": str(self.folder)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel and nothing else; what it depends on is seen where these tests have it."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    command = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install"]
    subprocess.run([*command, "--quiet", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # A path in a .pth file: the .pth files over there, and with them the editable sckg, are not followed.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return Installed(environment, tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def built(installed: Installed) -> Installed:
    """Return the environment after ``sckg build`` without a word more, at the default place."""
    assert "Built 1 city (5371)" in installed.run("sckg", "build")
    return installed


def test_wheel_holds_every_file_of_the_knowledge_folders_and_nothing_else(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    written = (p for kind in ("*.py", "*.sql") for p in (ROOT / "src").rglob(kind))
    code = {p.relative_to(ROOT / "src").as_posix() for p in written} | {"sckg/py.typed"}
    files = (p for folder in FOLDERS for p in (ROOT / folder).rglob("*") if p.is_file() and not p.name.startswith("."))
    assert inside == code | {f"sckg/knowledge/{p.relative_to(ROOT).as_posix()}" for p in files}


def test_knowledge_is_found_in_the_wheel(installed: Installed) -> None:
    told = installed.run("python", "-c", "import sckg.assets, sys; print(sckg.assets.shipped(), *sys.path, sep='\\n')")
    shipped, *paths = told.splitlines()
    assert Path(shipped) == next(installed.environment.glob("lib/python*/site-packages/sckg/knowledge"))
    assert not [p for p in paths if Path(p) in {ROOT, ROOT / "src"}]


def test_grades_are_answered(built: Installed) -> None:
    told = built.run("sckg", "query", "grades", "--city", "5371", "--profile", "kupang-2019", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert len(rows) == 69
    assert next(row for row in rows if row["key"] == "4.1")["derived"] == "sedang"


def test_why_walks_back_to_the_words(built: Installed) -> None:
    told = built.run("sckg", "why", "4.1")
    assert "rules/grade/kupang-2019/physical-infrastructure/road-good-condition.ttl" in told
    assert "kupang-readiness-paper.txt, characters" in told


def test_store_is_as_it_was_built(built: Installed) -> None:
    assert "every file is as it was built" in built.run("sckg", "verify")


def test_rule_is_shown_as_sparql(installed: Installed) -> None:
    assert "CONSTRUCT" in installed.run("sckg", "rule", "road-good-condition", "--as", "sparql")


def test_new_city_is_made_from_the_template_and_can_be_checked(installed: Installed) -> None:
    assert "cities/9999-kota-contoh: fill its files" in installed.run("sckg", "new", "city", "9999", "Kota Contoh")
    template = {p.name for p in (ROOT / "cities" / "_template").iterdir()}
    made = {p.name for p in (installed.folder / "cities" / "9999-kota-contoh").iterdir()}
    assert made == template
    assert "Kota Contoh" in installed.run("sckg", "check", "cities/9999-kota-contoh")
