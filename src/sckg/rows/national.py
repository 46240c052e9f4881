"""A folder of many cities, read: its rows in columns, and beside them the cities that have a folder of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import BlankNode, Triple

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
from sckg.rows.keeping import TABLES
from sckg.rows.parts import PARTED, Part, in_parts
from sckg.rows.reading import observation_files, read_files
from sckg.rows.resolving import resolve
from sckg.stores.base import Store
from sckg.tables import read_table
from sckg.vocabulary import vocabulary

WITHOUT = "without.csv"  # the codes of cities whose rows are left out


def left_out(folder: Path) -> tuple[list[str], list[Problem]]:
    """Return the codes of the cities that a folder of many leaves out, and what is wrong with their list."""
    if not (folder / WITHOUT).is_file():
        return [], []
    rows, problems = read_table(folder / WITHOUT, ("city",), ())
    return sorted({row["city"] for row in rows}), problems


@dataclass
class Nation:
    """The rows of many cities in an engine, and what Turtle says of their places; ``told`` are those with a folder."""

    evidence: CityEvidence
    engine: DuckDB
    problems: list[Problem]
    told: Sequence[CityEvidence] = ()

    @property
    def cities(self) -> dict[str, str]:
        """Return the names of the cities by their codes, sorted; of those in rows the name is not asked for."""
        codes = {str(code): "" for (code,) in self.engine.ask("SELECT code FROM cities")}
        return dict(sorted((codes | {city.code: city.name for city in self.told}).items()))


def read_nation(folder: Path, model: Store, knowledge: Knowledge, told: Sequence[CityEvidence] = ()) -> Nation:
    """Read the Turtle files and the rows of a folder; what is wrong with them is collected.

    Those of cities that are ``told`` by a folder of their own are left out.
    """
    queries, engine, evidence = catalogue(knowledge), DuckDB(), read_places(folder)
    listed, problems = left_out(folder)
    known, others = vocabulary(model, queries), {*listed, *(city.code for city in told)}
    _leave_out(evidence, others)
    words.load_words(engine, known)
    words.load_places(engine, evidence)
    words.load_model(engine, model, queries)
    read_files(engine, observation_files(folder))
    if others:
        engine.define("written", f"SELECT * FROM written WHERE city IS NULL OR city NOT IN ({_texts(others)})")
    return Nation(evidence, engine, [*evidence.problems, *problems, *resolve(engine, known)], told)


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


def write_parts(nation: Nation, folder: Path, doubted: Iterable[str]) -> Iterator[Part]:
    """Write what is given of each city as N-Triples, and yield it some cities at a time.

    That is the evidence of all, and of those that are rows also the grades, the roll-ups and what SQL ``doubted``.
    """
    doubts: dict[str, list[str]] = {}
    for line in doubted:
        doubts.setdefault(code_of(line[1 : line.index(">")]), []).append(line)
    places: dict[str, list[str]] = {}
    for code, triple in _by_city(nation.evidence.triples):
        places.setdefault(code, []).append(f"{triple} .")
    places |= {city.code: [f"{triple} ." for triple in city.triples] for city in nation.told}
    told = {city.code for city in nation.told}
    if loose := places.pop("", []):
        places.setdefault(next(iter(nation.cities), ""), []).extend(loose)
    for part in in_parts(nation.cities, folder):
        in_rows = [code for code in part.codes if code not in told]
        for table, graph in TABLES.items() if in_rows else ():
            triples.write(nation.engine, table, part.file(graph), in_rows)
        with part.file("evidence").open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{code}{PARTED}{line}\n" for code in part.codes for line in places.get(code, ()))
        with part.file("doubts").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{code}{PARTED}{line}\n" for code in in_rows for line in doubts.get(code, ()))
        yield part


def _by_city(found: Collection[Triple]) -> Iterator[tuple[str, Triple]]:
    """Yield each triple with the code of the city that it is of; a blank node is of what speaks of it."""
    owners = {t.object: t.subject for t in found if isinstance(t.object, BlankNode)}
    for triple in found:
        subject, seen = triple.subject, set()
        while isinstance(subject, BlankNode) and subject in owners and subject not in seen:
            seen.add(subject)
            subject = owners[subject]
        yield "" if isinstance(subject, BlankNode) else code_of(text_of(subject)), triple


def code_of(iri: str) -> str:
    """Return the code of the city that a thing of city data is of; it stands behind the kind of the thing."""
    return (*iri.removeprefix(names.data_base()).split("/"), "")[1]


def _leave_out(evidence: CityEvidence, codes: Collection[str]) -> None:
    if codes:
        out = {t for code, t in _by_city(evidence.triples) if code in codes}
        evidence.triples -= out
        evidence.facts = {iri: said for iri, said in evidence.facts.items() if code_of(iri) not in codes}
        evidence.places = {iri: place for iri, place in evidence.places.items() if code_of(iri) not in codes}


def _texts(codes: Collection[str]) -> str:
    return ", ".join(text(code) for code in sorted(codes))
