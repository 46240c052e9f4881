"""Invented assessments of many cities: one seed gives the same files; conflicts, gaps and defects are written down.

    python benchmarks/generate.py OUT --cities 514 --years 10 --sources 3 --form bulk
    OUT/bulk/cities.ttl, OUT/bulk/observations.csv      all cities at once
    OUT/cities/<code>-<name>/...                        the same, a folder for each city
    OUT/planted.csv                                     what was planted, and where

There are as many rows as cities x years x indicators: each gap leaves out one row, each conflict adds one.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from sckg.assets import Knowledge
from sckg.pipeline import read_model
from sckg.queries import catalogue, named

COLUMNS = ("city", "indicator", "period", "value", "unit", "source", "stated", "status")
DOCUMENTS = ("readiness-report", "statistics-yearbook", "accountability-report", "office-data", "survey", "annual-plan")
PREFIXES = """@prefix fw:   <https://w3id.org/sckg/id/framework/> .
@prefix sckg: <https://w3id.org/sckg/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
SPOILT, EMPTY = 0.02, 0.01  # the share of gaps, and of conflicts; that of rows without a value
ON_EDGE = 0.02  # the share of numbers that stand on the very edge of a band
MINOR = 0.3  # the share of values that may come from another document than the first
DEFECTS = ("unknown-indicator", "unknown-source", "out-of-range", "wrong-unit", "decimal-comma", "duplicate-row")


@dataclass(frozen=True)
class Asked:
    """An indicator as rows speak of it: its unit, its answers or the numbers that its bands begin at."""

    slug: str
    unit: str
    is_whole: bool
    answers: tuple[str, ...]
    edges: tuple[Decimal, ...]
    most: Decimal | None


@dataclass
class Written:
    """All rows, and what was planted among them: kind, city, year, indicator, source, detail."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    planted: list[tuple[str, ...]] = field(default_factory=list)


def asked(knowledge: Knowledge, framework: str) -> list[Asked]:
    """Return the indicators of a framework, with the cut-offs of its default profile."""
    store, queries = read_model(knowledge), catalogue(knowledge)

    def rows(name: str) -> list[dict[str, str]]:
        return [{k: v.value for k, v in row.items()} for row in named(queries, name).ask(store, {}).rows]

    answers: dict[str, list[str]] = {}
    for row in rows("answers"):
        answers.setdefault(row["indicator"], []).append(row["notation"])
    bands = {row["band"]: row for row in rows("bands")}
    edges: dict[str, set[Decimal]] = {}
    for rule in rows("rules"):
        names = rule["bands"]
        edges.setdefault(rule["indicator"], set()).update(
            Decimal(band["lower"])
            for band in bands.values()
            if band.get("label") in names.split("; ") and "lower" in band
        )
    return [
        Asked(
            row["indicator"].rpartition("/")[2], row.get("unit", ""), row["kind"].endswith("#count"),
            tuple(answers.get(row["indicator"], ())), tuple(sorted(edges.get(row["indicator"], ()))),
            Decimal(row["maximum"]) if "maximum" in row else None,
        )
        for row in rows("indicators") if row.get("framework", "").endswith(f"/{framework}")
    ]  # fmt: skip


def codes(count: int) -> list[str]:
    """Return codes as Statistics Indonesia writes them: a province, then a regency or city in it."""
    places = [*range(1, 15), *range(71, 85)]
    return [f"{11 + n // len(places)}{places[n % len(places)]:02d}" for n in range(count)]


def write_rows(
    cities: Sequence[str], years: Sequence[int], sources: int, asked_for: Sequence[Asked], seed: int
) -> Written:
    """Return the rows of all cities, with gaps and as many conflicts."""
    chance, written = random.Random(seed), Written()  # noqa: S311 - nothing here is secret
    total = len(cities) * len(years) * len(asked_for)
    some = chance.sample(range(total), 2 * int(SPOILT * total)) if sources > 1 else []
    planted = dict.fromkeys(some[::2], "gap") | dict.fromkeys(some[1::2], "conflict")
    for code in cities:
        strength = chance.gauss(0, 0.35)
        for year in years:
            trend = strength + 0.04 * (year - years[0]) + chance.gauss(0, 0.05)
            for indicator in asked_for:
                total -= 1
                _row(written, chance, (code, year, sources), indicator, trend, planted.get(total, ""))
    return written


def _row(
    written: Written, chance: random.Random, where: tuple[str, int, int], indicator: Asked, trend: float, planted: str
) -> None:
    code, year, sources = where
    first = chance.randrange(sources) if chance.random() < MINOR else 0
    source = f"{DOCUMENTS[first]}-{year}"
    if planted == "gap":
        written.planted.append(("gap", code, str(year), indicator.slug, source, "no row"))
        return
    value = "" if chance.random() < EMPTY else _value(indicator, chance, trend)
    if not value:
        written.planted.append(("gap", code, str(year), indicator.slug, source, "no value"))
    written.rows.append((code, indicator.slug, "", value, _unit(indicator, value), source, "", ""))
    if planted == "conflict":
        other = f"{DOCUMENTS[(first + 1) % sources]}-{year}"
        again = _value(indicator, chance, trend + chance.choice((-0.6, 0.6)))
        written.rows.append((code, indicator.slug, "", again, _unit(indicator, again), other, "", ""))
        written.planted.append(("conflict", code, str(year), indicator.slug, other, f"{value} and {again}"))


def _unit(indicator: Asked, value: str) -> str:
    return indicator.unit if value and not indicator.answers else ""


def _value(indicator: Asked, chance: random.Random, trend: float) -> str:
    at = min(max(0.5 + 0.5 * trend + chance.gauss(0, 0.18), 0.0), 1.0)
    if indicator.answers:
        return indicator.answers[min(int((1 - at) * len(indicator.answers)), len(indicator.answers) - 1)]
    top = float(max(indicator.edges, default=Decimal(50)) or 1) * 1.5
    number = min(top * at, float(indicator.most)) if indicator.most is not None else top * at
    if indicator.edges and chance.random() < ON_EDGE:
        return f"{chance.choice(indicator.edges):f}"
    return str(round(number)) if indicator.is_whole else f"{number:.2f}"


def plant_defects(written: Written, count: int, asked_for: Sequence[Asked], seed: int) -> None:
    """Spoil so many rows, each in one of the ways that a reader must notice."""
    chance, units = random.Random(seed + 1), {a.slug: a for a in asked_for}  # noqa: S311 - as above
    numbers = [n for n, row in enumerate(written.rows) if row[3] and not units[row[1]].answers]
    for number, at in enumerate(chance.sample(numbers, min(count, len(numbers)))):
        row = list(written.rows[at])
        kind = DEFECTS[number % len(DEFECTS)]
        if kind == "unknown-indicator":
            row[1] = f"{row[1]}x"
        elif kind == "unknown-source":
            row[5] = "hearsay"
        elif kind == "out-of-range":
            row[3] = "-5"
        elif kind == "wrong-unit":
            row[4] = "{parsec}"
        elif kind == "decimal-comma":
            row[3] = "1,5"
        else:
            written.rows.append(tuple(row))
        written.rows[at] = tuple(row)
        year = row[5].rpartition("-")[2]
        written.planted.append((kind, row[0], year, row[1], row[5], f"row {at + 2}"))


def described(code: str, years: Sequence[int], sources: int, framework: str) -> tuple[str, str]:
    """Return the Turtle of a city with its assessments, and of its documents."""
    label = f'skos:prefLabel "Region {code} (invented)"@en, "Daerah {code} (karangan)"@id'
    city = [f'<city/{code}> a sckg:City ;\n    sckg:code "{code}" ;\n    {label} .\n']
    documents = []
    for year in years:
        city.append(
            f"<assessment/{code}/{year}> a sckg:Assessment ;\n"
            f"    sckg:city <city/{code}> ; sckg:framework fw:{framework} ; sckg:year {year} ;\n"
            f'    skos:prefLabel "Assessment of region {code}, {year}"@en, "Penilaian daerah {code}, {year}"@id .\n'
        )
        documents += [
            f"<source/{code}/{name}-{year}> a sckg:Document ;\n    sckg:assessment <assessment/{code}/{year}> ;\n"
            f'    skos:prefLabel "{name.replace("-", " ").capitalize()} of region {code}, {year} (invented)"@en,\n'
            f'        "{name.replace("-", " ").capitalize()} daerah {code}, {year} (karangan)"@id .\n'
            for name in DOCUMENTS[:sources]
        ]
    return "\n".join(city), "\n".join(documents)


def write(path: Path, header: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_bulk(folder: Path, cities: Sequence[str], turtle: dict[str, tuple[str, str]], written: Written) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    blocks = [text for code in cities for text in turtle[code]]
    (folder / "cities.ttl").write_text(f"# Invented.\n\n{PREFIXES}\n" + "\n".join(blocks), encoding="utf-8")
    write(folder / "observations.csv", COLUMNS, iter(written.rows))


def write_folders(folder: Path, cities: Sequence[str], turtle: dict[str, tuple[str, str]], written: Written) -> None:
    rows: dict[str, list[tuple[str, ...]]] = {}
    for row in written.rows:
        rows.setdefault(row[0], []).append(row)
    for code in cities:
        one = folder / f"{code}-region"
        one.mkdir(parents=True, exist_ok=True)
        for name, text in zip(("city.ttl", "sources.ttl"), turtle[code], strict=True):
            prefixes = "".join(line for line in PREFIXES.splitlines(keepends=True) if line.split()[1] in text)
            (one / name).write_text(f"# Invented.\n\n{prefixes}\n{text}", encoding="utf-8")
        numbered = ((f"r{n}", *row[1:]) for n, row in enumerate(rows.get(code, ()), 1))
        write(one / "observations.csv", ("key", *COLUMNS[1:]), numbered)


def generate(
    out: Path, *, cities: int, years: int, sources: int, seed: int, defects: int = 0, form: str = "bulk"
) -> Written:
    """Write the files and return what is in them."""
    framework = "citiasia-2016"
    asked_for = asked(Knowledge.found(), framework)
    named_cities, spans = codes(cities), range(2025 - years, 2025)
    written = write_rows(named_cities, spans, sources, asked_for, seed)
    plant_defects(written, defects, asked_for, seed)
    turtle = {code: described(code, spans, sources, framework) for code in named_cities}
    if form in {"bulk", "both"}:
        write_bulk(out / "bulk", named_cities, turtle, written)
    if form in {"folders", "both"}:
        write_folders(out / "cities", named_cities, turtle, written)
    write(out / "planted.csv", ("kind", "city", "year", "indicator", "source", "detail"), iter(written.planted))
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    for name, usual in (("cities", 514), ("years", 10), ("sources", 3), ("seed", 1), ("defects", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--form", choices=("bulk", "folders", "both"), default="bulk")
    chosen = vars(parser.parse_args())
    written = generate(chosen.pop("out"), **chosen)
    print(f"{len(written.rows)} observations; {len(written.planted)} gaps, conflicts and defects in planted.csv")


if __name__ == "__main__":
    main()
