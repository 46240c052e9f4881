"""Invented assessments of many cities that are clean but for planted defects, of which each is written down.

What hangs together (shares of a count, parts of a whole, ratios, what waits for what) is read from the model, so no
indicator is named here. Besides the rows of the framework there are those of the base figures that its rows refer to.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from generate import DOCUMENTS, codes, described, write, write_bulk
from generate import Written as Rows

from sckg.assets import Knowledge
from sckg.pipeline import read_model
from sckg.queries import catalogue, named
from sckg.render import plain

FRAMEWORK = "citiasia-2016"
WHOLE, COUNT = (800, 6000), (1, 500)  # how large counts are that others are shares of, and other counts
REPEATED = 0.02  # the share of rows that a second document gives too, rounded
WELL, FAIRLY = 0.7, 0.4  # where the best and the middle grade begin, of the way up
ROUND, OF_ALL, HALF_DIGIT = 10, 100, 0.005
WORSE = 3  # higher values with a worse grade that make a grade doubtful
TRIES = 20  # to plant one defect: not every assessment has what it needs
SPOILT = 0.5  # the share of assessments with one defect


@dataclass(frozen=True)
class Asked:
    """An indicator and what hangs on it, by short names; its answers by what they amount to."""

    slug: str
    kind: str
    unit: str
    direction: str
    slot: str
    place: int
    links: dict[str, str]
    answers: dict[str, str]
    is_asked_otherwise: bool

    @property
    def is_percent(self) -> bool:
        return self.kind in {"percent", "ratio"}

    @property
    def is_ranked(self) -> bool:
        return self.is_percent and self.direction == "higher" and not self.links and not self.is_asked_otherwise


@dataclass(frozen=True)
class Row:
    """One row of a document; a planted defect changes some of its cells."""

    city: str
    year: int
    asked: Asked
    source: str
    period: str
    value: str
    stated: str

    @property
    def observation(self) -> str:
        """Return the end of the IRI of the observation."""
        return f"observation/{self.city}/{self.year}/{self.asked.slug}/{self.source}"

    def cells(self) -> tuple[str, ...]:
        unit = self.asked.unit if self.value and not self.asked.answers else ""
        return (self.city, self.asked.slug, self.period, self.value, unit, self.source, self.stated, "")


@dataclass
class City:
    """All rows of a city, by year and indicator, and second rows."""

    years: dict[int, dict[str, Row]] = field(default_factory=dict)
    others: list[Row] = field(default_factory=list)


Planted = tuple[str, tuple[str, ...]]  # the code of the rule that must find it, and the observations it is about
Plant = Callable[["Planter", City, int], list[Row] | None]


# --- Clean rows ------------------------------------------------------------------------------------


def asked(knowledge: Knowledge) -> tuple[dict[str, Asked], list[str]]:
    """Return the indicators of the framework with the base figures that they hang on, and its grades, best first."""
    store, queries = read_model(knowledge), catalogue(knowledge)

    def rows(name: str) -> list[dict[str, str]]:
        table = named(queries, name).ask(store, {})
        return [{k: plain(v) for k, v in row.items()} for row in table.rows]

    senses = {row["answer"]: row["sense"] for row in rows("answer-senses") if row.get("sense")}
    answers: dict[str, dict[str, str]] = {}
    for row in rows("answers"):
        answers.setdefault(row["indicator"], {}).setdefault(senses.get(row["answer"], ""), row["notation"])
    waits = {row["indicator"]: row["first"] for row in rows("waiting-indicators")}
    found = {a.slug: a for row in rows("asked-indicators") for a in [_asked(row, answers, waits)]}
    of_framework = {r["indicator"].rpartition("/")[2] for r in rows("asked-indicators") if _is_of(r)}
    base = {linked for slug in found for linked in found[slug].links.values() if found[slug].links}
    hung = {slug for slug, a in found.items() if {"superset", "numerator", "partition"} & a.links.keys()}
    chosen = {slug: found[slug] for slug in found if slug in of_framework | base | hung}
    scale = sorted((int(row["rank"]), row["notation"]) for row in rows("grade-scales") if _is_own_scale(row))
    return chosen, [word for _, word in scale]


def _is_of(row: dict[str, str]) -> bool:
    return row.get("framework", "").endswith(f"/{FRAMEWORK}")


def _asked(row: dict[str, str], answers: dict[str, dict[str, str]], waits: dict[str, str]) -> Asked:
    names = ("whole", "partition", "superset", "numerator", "divisor")
    links = {name: row[name].rpartition("/")[2] for name in names if row.get(name)}
    if first := waits.get(row["indicator"]):
        links["first"] = first.rpartition("/")[2]
    return Asked(
        row["indicator"].rpartition("/")[2], row["kind"], row.get("unit", ""), row.get("direction", ""),
        row.get("slot", ""), int(row.get("place") or 0), links, answers.get(row["indicator"], {}),
        row.get("asks", "") not in {"", row["kind"]},
    )  # fmt: skip


def _is_own_scale(row: dict[str, str]) -> bool:
    return _is_of(row) and bool(row.get("rank"))


class Clean:
    """Makes assessments without a defect."""

    def __init__(self, indicators: dict[str, Asked], grades: Sequence[str], chance: random.Random) -> None:
        self.indicators, self.grades, self.chance = indicators, grades, chance
        self.wholes = {a.links[k] for a in indicators.values() for k in ("whole", "superset") if k in a.links}
        self.firsts = {a.links["first"] for a in indicators.values() if "first" in a.links}

    def assessment(self, city: str, year: int) -> dict[str, Row]:
        """Return the rows of one city and year."""
        numbers: dict[str, str] = {}
        for slug, one in self.indicators.items():
            numbers[slug] = self._alone(one)
        for one in self.indicators.values():
            if "superset" in one.links:
                numbers[one.slug] = str(self.chance.randint(0, int(numbers[one.links["superset"]])))
            elif "numerator" in one.links:
                ratio = float(numbers[one.links["numerator"]]) / float(numbers[one.links["divisor"]])
                numbers[one.slug] = f"{ratio:.{self.chance.choice((0, 1, 2))}f}"
        numbers.update(self._shares(numbers))
        source = f"{DOCUMENTS[0]}-{year}"
        return {
            slug: Row(city, year, one, source, str(year), value, self.grade(one, value))
            for slug, one in self.indicators.items()
            for value in ["" if one.is_asked_otherwise else numbers[slug]]
        }

    def _alone(self, one: Asked) -> str:
        chance = self.chance
        if one.answers:
            waits = "first" in one.links or one.slug in self.firsts
            sense = "present" if waits else chance.choice(("present", "present", "present", "absent", "underway"))
            return one.answers.get(sense) or one.answers.get("present") or next(iter(one.answers.values()))
        if one.kind == "count":
            return str(chance.randint(*(WHOLE if one.slug in self.wholes else COUNT)))
        return f"{chance.uniform(5, 99):.2f}"

    def _shares(self, numbers: dict[str, str]) -> Iterator[tuple[str, str]]:
        left: dict[str, float] = {}
        for one in self.indicators.values():
            if not {"whole", "partition"} & one.links.keys():
                continue
            total = int(numbers[one.links["whole"]]) if "whole" in one.links else 10_000
            group = one.links.get("partition", one.slug)
            count = int(self.chance.uniform(0.05, 0.6) * left.setdefault(group, total))
            left[group] -= count
            yield one.slug, f"{100 * count / total:.2f}"

    def grade(self, one: Asked, value: str) -> str:
        """Return the grade of a value: one scale for all percentages, and for the others one each."""
        if not one.slot:
            return ""
        if not value or one.direction == "neither":
            return self.grades[1]
        if one.answers:
            senses = {word: sense for sense, word in one.answers.items()}
            return self.grades[{"present": 0, "underway": 1}.get(senses[value], 2)]
        most = WHOLE[1] if one.slug in self.wholes or "superset" in one.links else COUNT[1]
        at = float(value) / (most if one.kind == "count" else 100)
        at = 1 - at if one.direction == "lower" else at
        return self.grades[0 if at >= WELL else 1 if at >= FAIRLY else 2]

    def repeated(self, row: Row) -> Row:
        """Return the same figure in another document, as a whole number or with one digit less."""
        digits = self.chance.choice((0, 1))
        is_number = row.value and not row.asked.answers
        value = f"{round(float(row.value), digits):.{digits}f}" if is_number and "." in row.value else row.value
        return replace(row, source=f"{DOCUMENTS[1]}-{row.year}", value=value)


# --- Defects ---------------------------------------------------------------------------------------


class Planter:
    """Changes a row or two of an assessment, so that one rule must doubt it."""

    def __init__(self, clean: Clean) -> None:
        self.clean, self.chance = clean, clean.chance
        self.all = list(clean.indicators.values())
        self.percents = [a for a in self.all if a.is_ranked and a.slot]

    def pick(self, fits: Callable[[Asked], bool]) -> Asked:
        return self.chance.choice([a for a in self.all if fits(a)])

    def words(self, sense: str, *rows: Row) -> list[Row]:
        return [replace(row, value=row.asked.answers[sense]) for row in rows]


def over_whole(planter: Planter, city: City, year: int) -> list[Row] | None:
    name = planter.pick(lambda a: "partition" in a.links).links["partition"]
    rows = [row for row in city.years[year].values() if row.asked.links.get("partition") == name]
    rest = OF_ALL - sum(float(row.value) for row in rows)
    value = float(rows[0].value) + rest + planter.chance.uniform(0.5, 8)
    return [replace(rows[0], value=f"{value:.2f}")] if value <= OF_ALL else None


def no_count_gives(planter: Planter, city: City, year: int) -> list[Row] | None:
    one = planter.pick(lambda a: "whole" in a.links and "partition" not in a.links and not a.is_asked_otherwise)
    total = int(city.years[year][one.links["whole"]].value)
    for _ in range(200):
        value = round(planter.chance.uniform(3, 40), 2)
        nearest = round(value * total / 100)
        if round(value * 10) != value * 10 and abs(100 * nearest / total - value) > 1.01 * HALF_DIGIT:
            return [replace(city.years[year][one.slug], value=f"{value:.2f}")]
    return None


def part_over_whole(planter: Planter, city: City, year: int) -> list[Row] | None:
    one = planter.pick(lambda a: "superset" in a.links)
    most = int(city.years[year][one.links["superset"]].value)
    return [replace(city.years[year][one.slug], value=str(most + planter.chance.randint(1, 40)))]


def wrong_ratio(planter: Planter, city: City, year: int) -> list[Row] | None:
    row = city.years[year][planter.pick(lambda a: "numerator" in a.links).slug]
    return [replace(row, value=f"{float(row.value) * planter.chance.uniform(1.03, 1.4) + 2:.2f}")]


def other_figure(planter: Planter, city: City, year: int) -> list[Row] | None:
    row = city.years[year][planter.chance.choice(planter.percents).slug]
    value = float(row.value) + planter.chance.uniform(1.1, 4) * (1 if float(row.value) < OF_ALL / 2 else -1)
    return [row, replace(row, source=f"{DOCUMENTS[2]}-{year}", value=f"{value:.2f}")]


def other_answer(planter: Planter, city: City, year: int) -> list[Row] | None:
    chained = planter.clean.firsts
    fits = {"present", "absent"}
    one = planter.pick(lambda a: fits <= a.answers.keys() and "first" not in a.links and a.slug not in chained)
    row = city.years[year][one.slug]
    sense = "absent" if row.value == one.answers["present"] else "present"
    return [row, *planter.words(sense, replace(row, source=f"{DOCUMENTS[2]}-{year}"))]


def copied_rows(planter: Planter, city: City, year: int) -> list[Row] | None:
    pairs = [(a, b) for a in planter.percents for b in planter.percents if (a.slot, a.place + 1) == (b.slot, b.place)]
    first, second = planter.chance.sample(pairs, 2)
    if first[0].slot == second[0].slot:
        return None
    origin = [city.years[year][a.slug] for a in first]
    copies = [replace(city.years[year][a.slug], value=o.value) for a, o in zip(second, origin, strict=True)]
    return [*origin, *copies] if any(float(o.value) > ROUND and float(o.value) % 5 for o in origin) else None


def copied_value(planter: Planter, city: City, year: int) -> list[Row] | None:
    one, other = (city.years[year][a.slug] for a in planter.chance.sample(planter.percents, 2))
    return [one, replace(other, value=one.value)] if float(one.value) % 5 else None


def other_kind(planter: Planter, city: City, year: int) -> list[Row] | None:
    row = city.years[year][planter.pick(lambda a: a.is_asked_otherwise).slug]
    return [replace(row, value=str(planter.chance.randint(1, 90)))]


def against_direction(planter: Planter, city: City, year: int) -> list[Row] | None:
    """Give the best of all years the worst grade, where another year has a better one."""
    grades = planter.clean.grades
    for one in planter.chance.sample(planter.percents, len(planter.percents)):
        own = city.years[year][one.slug]
        rivals = [city.years[y][one.slug] for y in city.years if y != year]
        if any(float(r.value) < float(own.value) and r.stated != grades[-1] for r in rivals):
            return [replace(own, stated=grades[-1])]
    return None


def against_like(planter: Planter, city: City, year: int) -> list[Row] | None:
    """Give the lowest percentage the best grade, where three higher ones have a worse."""
    best = planter.clean.grades[0]
    rows = sorted((city.years[year][a.slug] for a in planter.percents), key=lambda r: float(r.value))
    worse = [r for r in rows[1:] if r.stated != best and float(r.value) > float(rows[0].value)]
    return [replace(rows[0], stated=best)] if len(worse) >= WORSE and rows[0].stated != best else None


def no_grade(planter: Planter, city: City, year: int) -> list[Row] | None:
    return [replace(city.years[year][planter.pick(lambda a: bool(a.slot)).slug], stated="")]


def no_period(planter: Planter, city: City, year: int) -> list[Row] | None:
    return [replace(city.years[year][planter.pick(lambda a: bool(a.slot)).slug], period="")]


def before_its_condition(planter: Planter, city: City, year: int) -> list[Row] | None:
    one = planter.pick(lambda a: "first" in a.links)
    row = city.years[year][one.slug]
    return [row, *planter.words("absent", city.years[year][one.links["first"]])]


def neither_is_done(planter: Planter, city: City, year: int) -> list[Row] | None:
    one = planter.pick(lambda a: "first" in a.links)
    return planter.words("absent", city.years[year][one.slug], city.years[year][one.links["first"]])


DEFECTS: dict[str, Plant] = {
    "shares-in-rows-over-whole": over_whole,
    "impossible-percentage-in-row": no_count_gives,
    "part-over-whole-in-rows": part_over_whole,
    "ratio-in-rows-differs": wrong_ratio,
    "sources-differ": other_figure,
    "answers-differ": other_answer,
    "rows-repeated": copied_rows,
    "value-twice": copied_value,
    "answer-of-another-kind": other_kind,
    "grade-against-direction": against_direction,
    "grade-against-like-values": against_like,
    "rows-without-grade": no_grade,
    "rows-without-period": no_period,
    "there-before-its-condition": before_its_condition,
    "waits-for-another": neither_is_done,
}


def plant(planter: Planter, city: City, kinds: Iterator[str]) -> Iterator[Planted]:
    """Spoil some assessments of a city, one defect each, and yield what was planted."""
    for year in [y for y in city.years if planter.chance.random() < SPOILT]:
        kind = next(kinds)
        tried = (DEFECTS[kind](planter, city, year) for _ in range(TRIES))
        changed = next((rows for rows in tried if rows), [])
        if not changed:
            continue
        for row in changed:
            if row.source == city.years[year][row.asked.slug].source:
                city.years[year][row.asked.slug] = row
            else:
                city.others.append(row)
        yield kind, tuple(row.observation for row in changed)


def cycle(chance: random.Random) -> Iterator[str]:
    """Yield the kinds of defect again and again, each round in another order."""
    while True:
        yield from chance.sample(list(DEFECTS), len(DEFECTS))


def generate(out: Path, *, cities: int, years: int, seed: int) -> tuple[int, list[Planted]]:
    """Write a folder of many cities and what was planted in it; return the number of rows, and the latter."""
    chance = random.Random(seed)  # noqa: S311 - nothing here is secret
    clean = Clean(*asked(Knowledge.found()), chance)
    planter, kinds, spans = Planter(clean), cycle(chance), range(2025 - years, 2025)
    written, planted, turtle = Rows(), [], {}
    for code in codes(cities):
        city = City({year: clean.assessment(code, year) for year in spans})
        own = list(plant(planter, city, kinds))
        written.rows += (row.cells() for row in [*rows_of(city), *repeated(clean, city, own)])
        planted += own
        turtle[code] = described(code, spans, 3, FRAMEWORK)
    write_bulk(out, codes(cities), turtle, written)
    write(out.with_name("planted.csv"), ("kind", "about"), ((kind, " ".join(about)) for kind, about in planted))
    return len(written.rows), planted


def rows_of(city: City) -> list[Row]:
    return [row for rows in city.years.values() for row in rows.values()] + city.others


def repeated(clean: Clean, city: City, planted: Sequence[Planted]) -> Iterator[Row]:
    """Yield some rows again, as a second document gives them; none that a defect is about."""
    spoilt = {observation for _, about in planted for observation in about}
    for rows in city.years.values():
        for row in rows.values():
            if row.value and row.observation not in spoilt and clean.chance.random() < REPEATED:
                yield clean.repeated(row)
