"""A folder of many cities, built: its rows in columns, what follows in SQL and SPARQL, and all of it as triples."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.compile.conditions import text
from sckg.compile.forms import Shape
from sckg.evidence import CityEvidence, text_of
from sckg.problems import Problem
from sckg.queries import catalogue
from sckg.read import read_places
from sckg.rows import triples, words
from sckg.rows.deriving import by_profile, derive_on, grade, roll_up
from sckg.rows.engines import DuckDB, spark
from sckg.rows.parts import Part, in_parts
from sckg.rows.reading import observation_files, read_files
from sckg.rows.resolving import resolve
from sckg.stores.base import Store
from sckg.stores.embedded import EmbeddedStore
from sckg.vocabulary import vocabulary

TABLES = {"observations": "evidence", "grades": "grades", "roll_ups": "roll-ups"}


def is_of_many(folder: Path) -> bool:
    """Return whether a folder holds the rows of many cities: it has observations, and no file city.ttl."""
    return folder.is_dir() and not (folder / "city.ttl").exists() and bool(observation_files(folder))


@dataclass
class Nation:
    """The rows of many cities in an engine, and what Turtle says of their places."""

    evidence: CityEvidence
    engine: DuckDB
    problems: list[Problem]

    @property
    def codes(self) -> list[str]:
        """Return the codes of the cities, sorted."""
        return sorted(str(code) for (code,) in self.engine.ask("SELECT code FROM cities"))


def read_nation(folder: Path, model: Store, knowledge: Knowledge) -> Nation:
    """Read the Turtle files and the rows of a folder; what is wrong with them is collected."""
    queries, engine, evidence = catalogue(knowledge), DuckDB(), read_places(folder)
    known = vocabulary(model, queries)
    words.load_words(engine, known)
    words.load_places(engine, evidence)
    words.load_model(engine, model, queries)
    read_files(engine, observation_files(folder))
    return Nation(evidence, engine, [*evidence.problems, *resolve(engine, known)])


def derive_rows(nation: Nation, rules: Sequence[Shape], knowledge: Knowledge, *, on_spark: bool = False) -> None:
    """Grade the rows and roll them up, here or on Spark."""
    profiles = by_profile(rules)
    with spark() if on_spark else nullcontext() as other:
        if other is None:
            grade(nation.engine, profiles)
            roll_up(nation.engine, knowledge)
            return
        with TemporaryDirectory(prefix="sckg-spark-") as room:
            derive_on(other, nation.engine, profiles, knowledge, Path(room))


def write_parts(nation: Nation, folder: Path) -> tuple[list[Part], dict[str, int]]:
    """Write evidence, grades and roll-ups as N-Triples, some cities at a time; return the parts and the sizes."""
    places: dict[str, list[Triple]] = {}
    for triple in nation.evidence.triples:
        places.setdefault(_code(text_of(triple.subject)), []).append(triple)
    parts, sizes = [], {"evidence": len(nation.evidence.triples), "grades": 0, "roll-ups": 0}
    for part, codes in in_parts(nation.codes, folder):
        of_them = f"city IN ({', '.join(text(names.thing('city', code).value) for code in codes)})"
        graded = f"observation IN (SELECT observation FROM observations WHERE {of_them})"
        for table, where in (("observations", of_them), ("grades", graded), ("roll_ups", of_them)):
            sizes[TABLES[table]] += triples.write(nation.engine, table, part.file(TABLES[table]), where)
        with part.file("evidence").open("a", encoding="utf-8") as file:
            file.writelines(f"{triple} .\n" for code in codes for triple in places.get(code, ()))
        parts.append(part)
    return parts, sizes


def store_parts(parts: Sequence[Part], disk: EmbeddedStore, graphs: Sequence[str], dumps: Path) -> None:
    """Load the graphs of all parts into the store, and write the sorted dump of each."""
    dumps.mkdir(parents=True, exist_ok=True)
    engine = DuckDB(dumps)
    for graph in graphs:
        found = [part.file(graph) for part in parts if part.file(graph).exists()]
        for path in found:
            disk.load_file(path, names.graph(graph))
        triples.sort(engine, found, dumps / f"{graph}.nt")


def keep_rows(nation: Nation, folder: Path) -> None:
    """Keep the rows as Parquet, which others may open without RDF."""
    folder.mkdir(parents=True)
    for table in TABLES:
        nation.engine.save(f"SELECT * FROM {table}", folder / f"{table.replace('_', '-')}.parquet")


def _code(iri: str) -> str:
    return iri.removeprefix(names.data_base()).split("/")[1]
