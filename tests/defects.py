"""The table of defects: each changes one thing in the invented city, and says what must be told about it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sckg import pipeline, quotes
from sckg.assets import Knowledge
from sckg.evidence import CityEvidence
from sckg.problems import Problem
from sckg.stores.base import Store

FIXTURES = Path(__file__).resolve().parent / "fixtures"
VALID_CITY = FIXTURES / "9901-kota-contoh"
DOCUMENTS = FIXTURES / "documents"
CODE = "9901"


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong: the change, and the Problem that it must be."""

    claim: str
    file: str
    was: str
    becomes: str
    code: str
    row: int
    reason: str
    remedy: str


@dataclass(frozen=True)
class Told:
    """A city with one defect, under a code of its own: what was read, and what is told about it."""

    defect: Defect
    evidence: CityEvidence
    problems: list[Problem]


def defects() -> list[Defect]:
    return _table("defects.csv")


def model_defects() -> list[Defect]:
    """Return the defects of the invented framework in ``fixtures/clean-air``."""
    return _table("model-defects.csv")


def _table(name: str) -> list[Defect]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return [Defect(**{**row, "row": int(row["row"])}) for row in csv.DictReader(file)]


def tell_all(folder: Path, store: Store, knowledge: Knowledge) -> dict[str, Told]:
    """Read and check the cities of all defects at once, each under a code of its own."""
    known = defects()
    read = pipeline.read_cities([_spoil(d, folder, f"99{n:03}") for n, d in enumerate(known)], store, knowledge)
    told = pipeline.problems_of(read, store, knowledge)
    return {d.claim: Told(d, city, _about(city, told)) for d, city in zip(known, read, strict=True)}


def _spoil(defect: Defect, folder: Path, code: str) -> Path:
    city = folder / code
    shutil.copytree(VALID_CITY, city)
    path = city / defect.file
    text = path.read_text(encoding="utf-8")
    assert text.count(defect.was) == 1, f"{defect.claim}: {defect.was!r} stands {text.count(defect.was)} times"
    path.write_text(text.replace(defect.was, defect.becomes), encoding="utf-8")
    for each in city.iterdir():
        each.write_text(each.read_text(encoding="utf-8").replace(CODE, code), encoding="utf-8")
    return city


def _about(city: CityEvidence, told: Sequence[Problem]) -> list[Problem]:
    """Return the Problems of one city, its quotes compared, as if it had the invented city's code."""
    own = [p for p in told if Path(p.file).parent.name == city.folder.name] + quotes.compare(city, DOCUMENTS)
    code = city.folder.name
    told = {(Path(p.file).name, p.row, p.code, *(t.replace(code, CODE) for t in (p.reason, p.remedy))) for p in own}
    return sorted(Problem(*each) for each in told)
