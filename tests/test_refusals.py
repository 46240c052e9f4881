"""What cannot be done is refused in a sentence, and what is wrong with knowledge is a Problem: never a traceback."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from defects import FIXTURES, Defect, model_defects
from sckg import pipeline
from sckg.assets import Knowledge
from sckg.problems import Problem

CLEAN_AIR = FIXTURES / "clean-air"
OWN = re.compile(r"\b(fw|scheme|grade|tab|ind|profile|rule|band):(?=clean|lights|hij|merah|air)")


# --- The model refers to what is there ---------------------------------------------------------------


def spoilt(defect: Defect, number: int, folder: Path) -> Path:
    """Copy the invented framework with one thing wrong, its names its own: all copies are read together."""
    root = folder / f"x{number}"
    shutil.copytree(CLEAN_AIR, root, ignore=shutil.ignore_patterns("web", "cities"))
    for path in root.rglob("*.ttl"):
        text = path.read_text(encoding="utf-8")
        if path.name == defect.file:
            assert text.count(defect.was) == 1, f"{defect.claim}: {defect.was!r} stands {text.count(defect.was)} times"
            text = text.replace(defect.was, defect.becomes)
        text = text.replace("@prefix dct:", "@prefix ans: <https://w3id.org/sckg/id/answer/> . @prefix dct:")
        path.write_text(OWN.sub(rf"\1:x{number}-", text), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def told_of_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Problem]]:
    """Return what is told about each copy of the invented framework, by the claim of its defect."""
    folder = tmp_path_factory.mktemp("models")
    roots = [spoilt(defect, number, folder) for number, defect in enumerate(model_defects())]
    problems = pipeline.model_problems(Knowledge((ROOT, *roots)))
    return {
        defect.claim: [p for p in problems if Path(p.file).is_relative_to(root)]
        for defect, root in zip(model_defects(), roots, strict=True)
    }


@pytest.mark.parametrize("defect", model_defects(), ids=lambda defect: defect.claim)
def test_one_defect_of_a_framework_is_one_problem(defect: Defect, told_of_models: dict[str, list[Problem]]) -> None:
    found = told_of_models[defect.claim]
    assert len(found) == 1, "\n".join(map(str, found)) or "no problem was found"
    (problem,) = found
    assert (Path(problem.file).name, problem.row, problem.code) == (defect.file, defect.row, defect.code)
    assert defect.reason in re.sub(r"\bx\d+-", "", problem.reason)
    assert defect.remedy in re.sub(r"\bx\d+-", "", problem.remedy)


def test_the_shipped_knowledge_and_the_example_refer_to_nothing_that_is_not_there() -> None:
    assert pipeline.model_problems(Knowledge((ROOT, ROOT / "docs" / "examples" / "score-framework"))) == []
