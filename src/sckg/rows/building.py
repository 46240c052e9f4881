"""A folder of many cities, built: rows in SQL, the other stages in SPARQL city by city, each with dumps of its own."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Collection, Sequence
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from sckg import names
from sckg.assets import Knowledge
from sckg.audit.running import Auditing
from sckg.evidence import CityEvidence
from sckg.pipeline import (
    Built,
    Progress,
    Wanted,
    checked_model,
    copy_city,
    folder_name,
    grading_rules,
    problems_of,
    read_cities,
)
from sckg.problems import NotPossible, ProblemsFound
from sckg.rows import parts
from sckg.rows.keeping import TABLES, add_rows, keep_rows
from sckg.rows.national import WITHOUT, Nation, derive_rows, left_out, read_nation, write_parts
from sckg.rows.reading import is_of_many
from sckg.snapshots import dumps
from sckg.snapshots.durable import Turn, writing
from sckg.snapshots.manifest import about_build
from sckg.stores.embedded import EmbeddedStore


def build_nation(
    wanted: Wanted, mine: Turn, knowledge: Knowledge, *, on_spark: bool, keep: int, progress: Progress
) -> Built:
    """Build one folder of many cities, and beside it folders of single cities, which override what it says of them.

    Those kept in the store are overridden by those that are named. Cities that go are left out, and the kept folder of
    many says so. Raises NotPossible for two folders of many.
    """
    bulk, *more = [folder for folder in (*wanted.folders, *wanted.kept) if is_of_many(folder)]
    if more:
        raise NotPossible(f"{more[0]}: one folder of many cities is built at a time")
    progress("read")
    memory = checked_model(knowledge)
    told = read_cities([folder for folder in wanted.folders if folder != bulk], memory, knowledge)
    others = {*wanted.without, *(city.code for city in told)}
    kept_cities = read_cities([folder for folder in wanted.kept if folder != bulk], memory, knowledge)
    told += [city for city in kept_cities if city.code not in others]
    with TemporaryDirectory(prefix="sckg-inputs-") as room:
        folder = _copied(bulk, wanted.without, Path(room)) if wanted.without else bulk
        nation = read_nation(folder, memory, knowledge, told)
        inputs = {bulk.resolve().name: _files(folder)} | {folder_name(c.code, c.name): c.files() for c in told}
        about = about_build(memory, knowledge, inputs)
        progress("check")
        if problems := nation.problems + problems_of([nation.evidence, *told], memory, knowledge):
            raise ProblemsFound(problems)
        progress("grade and roll up")
        derive_rows(nation, grading_rules(knowledge), knowledge, on_spark=on_spark)
        with writing(mine, about, keep) as place:
            sizes = _write(nation, memory, place, knowledge, progress)
            about |= {"cities": nation.cities, "triples": sizes}
            shutil.copytree(folder, place / "inputs" / bulk.resolve().name)
            for city in told:
                copy_city(city, place / "inputs")
    return Built(tuple(nation.cities), sizes, str(mine.root))


def _write(
    nation: Nation, memory: EmbeddedStore, room: Path, knowledge: Knowledge, progress: Progress
) -> dict[str, int]:
    """Write all of a snapshot but its inputs; return the number of triples of each graph."""
    progress("write")
    model = dumps.write_sorted(room / "dumps" / "model.nt", memory.triples(names.graph("model")))
    progress("audit the rows")
    doubted = Auditing(memory, knowledge).of_rows(nation.engine)
    told = f"of {ceil(len(nation.cities) / parts.part_size(len(nation.cities)))} parts"
    with TemporaryDirectory(prefix=".parts-", dir=room) as folder:
        sizes = parts.derive_parts(
            write_parts(nation, Path(folder), doubted), room / "dumps" / "model.nt", room / "dumps", knowledge,
            lambda done: progress(f"find and plan: {done} {told}"),
        )  # fmt: skip
    progress("store")
    disk = EmbeddedStore.create(room / "store")
    for graph in ("model", *sizes):
        disk.load_files(dumps.files(room / "dumps", graph), names.graph(graph))
    disk.close()
    del disk  # lets go of the files before they are hashed
    progress("keep the rows")
    _add_told(nation.told, nation, room / "dumps")
    keep_rows(nation.engine, room / "rows")
    return {"model": model} | sizes


def _add_told(told: Sequence[CityEvidence], nation: Nation, folder: Path) -> None:
    for table, graph in TABLES.items():
        files = [folder / graph / f"{city.code}.nt" for city in told]
        add_rows(nation.engine, table, dumps.lines(files))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


def _copied(bulk: Path, without: Collection[str], room: Path) -> Path:
    """Return a copy of a folder of many that leaves out more cities."""
    folder = room / bulk.resolve().name
    shutil.copytree(bulk, folder)
    leave_out(folder, without)
    return folder


def leave_out(folder: Path, codes: Collection[str]) -> None:
    """Write into a folder of many that it is to be built without these cities too. The file itself is replaced."""
    listed = sorted({*left_out(folder)[0], *codes})
    with (folder / f"{WITHOUT}.new").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("city",), *((code,) for code in listed)])
    (folder / f"{WITHOUT}.new").replace(folder / WITHOUT)
