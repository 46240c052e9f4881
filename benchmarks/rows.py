"""Grading many cities: rows in SQL, a loaded store in SPARQL, and what other engines take for the same grades.

    python benchmarks/rows.py [--cities 514] [--years 10] [--peers FOLDER]

Polars and maplib are measured where they are installed, pySHACL on a few assessments. All grade with the
numbers of the same rules.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyoxigraph as ox
from generate import generate
from results import Result, keep, peers_of, say

from sckg import names
from sckg.assets import Knowledge
from sckg.compile import sparql, sql
from sckg.compile.forms import Shape
from sckg.pipeline import grading_rules, read_model
from sckg.queries import catalogue
from sckg.read import read_places
from sckg.rows import deriving, reading, resolving, triples, words
from sckg.rows.engines import DuckDB
from sckg.vocabulary import vocabulary

PROFILE = "kupang-2019"
FEW = 20  # assessments that pySHACL is given
EVIDENCE = names.graph("evidence")


def seconds(do: Callable[[], object], runs: int = 5) -> float:
    """Return the median time of some runs, after one that is not counted."""
    taken = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        do()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken[1:])


def once(do: Callable[[], object]) -> float:
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


def rows_of(folder: Path, knowledge: Knowledge) -> DuckDB:
    model, queries, engine = read_model(knowledge), catalogue(knowledge), DuckDB()
    known = vocabulary(model, queries)
    words.load_words(engine, known)
    words.load_places(engine, read_places(folder))
    words.load_model(engine, model, queries)
    reading.read_files(engine, reading.observation_files(folder))
    if problems := resolving.resolve(engine, known):
        raise SystemExit(str(problems[0]))
    return engine


def by_sql(engine: DuckDB, rules: Sequence[Shape]) -> None:
    engine.define("graded", f"SELECT observation, {sql.grade_case(rules)} AS band FROM observations")


def by_sparql(store: ox.Store, rules: Sequence[Shape]) -> int:
    texts = [text for rule in rules for text in sparql.rule_texts(rule)]
    return sum(1 for text in texts for _ in store.query(text, default_graph=[EVIDENCE]))


def by_polars(frame: object, rules: Sequence[Shape]) -> object:
    """Return the grades by one expression of Polars for each rule, as a person would write it."""
    import polars as pl  # noqa: PLC0415 - measured where it is installed

    case = None
    for condition, band in conditions(rules):
        test = pl.col("indicator") == condition["indicator"]
        for word, value in condition["asked"]:
            test &= {
                "minInclusive": lambda v: pl.col("value") >= v, "maxInclusive": lambda v: pl.col("value") <= v,
                "minExclusive": lambda v: pl.col("value") > v, "maxExclusive": lambda v: pl.col("value") < v,
                "in": lambda v: pl.col("answer").is_in(v),
            }[word](value)  # fmt: skip
        case = pl.when(test).then(pl.lit(band)) if case is None else case.when(test).then(pl.lit(band))
    return frame.lazy().select("observation", case.alias("band")).collect()


def conditions(rules: Sequence[Shape]) -> Iterator[tuple[dict[str, object], str]]:
    for rule in rules:
        for branch in rule.branches:
            asked = []
            for c in branch.conditions:
                word = c.component.value.rpartition("#")[2]
                if word == "in":
                    asked.append((word, [o.value for o in c.operands]))
                elif word != "minCount":
                    asked.append((word, float(c.operands[0].value)))
            yield {"indicator": rule.targets[0].of.value, "asked": asked}, branch.object.value


def plain_selects(rules: Sequence[Shape]) -> Iterator[str]:
    """Yield a SELECT for each band, for engines that cannot say that no violation exists."""
    signs = {"minInclusive": ">=", "maxInclusive": "<=", "minExclusive": ">", "maxExclusive": "<"}
    for condition, _ in conditions(rules):
        about = f"?this {names.term('indicator')} <{condition['indicator']}> ; "
        for word, value in condition["asked"]:
            if word == "in":
                answers = " ".join(f"<{v}>" for v in value)
                yield f"SELECT ?this WHERE {{ VALUES ?a {{ {answers} }} {about} {names.term('answer')} ?a }}"
                break
        else:
            tests = " && ".join(f"?v {signs[word]} {value}" for word, value in condition["asked"]) or "true"
            yield f"SELECT ?this WHERE {{ {about} {names.term('value')} ?v . FILTER({tests}) }}"


def peers(engine: DuckDB, rules: Sequence[Shape], room: Path) -> Iterator[tuple[str, float]]:
    """Yield what other engines take for the same grades, where they are installed."""
    engine.save("SELECT * FROM observations", room / "observations.parquet")
    try:
        import polars as pl  # noqa: PLC0415 - measured where it is installed
    except ImportError:
        say("Polars is not installed; it is left out")
        return
    frame = pl.read_parquet(room / "observations.parquet").with_columns(pl.col("value").cast(pl.Float64))
    yield "Polars, one expression with doubles", seconds(lambda: by_polars(frame, rules))
    try:
        import maplib  # noqa: PLC0415 - as above
    except ImportError:
        say("maplib is not installed; it is left out")
        return
    model = maplib.Model()
    model.read(str(room / "observations.nt"))
    texts = list(plain_selects(rules))
    yield (
        "maplib, one plain SELECT for each band",
        seconds(lambda: [model.query(text) for text in texts], runs=1),
    )


def reference(engine: DuckDB, rules: Sequence[Shape], knowledge: Knowledge, room: Path) -> tuple[int, float, float]:
    """Return how many observations pySHACL was given, and what it and the compiled SPARQL take for them."""
    from rdflib import Graph  # noqa: PLC0415 - slow to import

    from sckg.shacl import graph_of, infer  # noqa: PLC0415 - as above

    some = f"assessment IN (SELECT DISTINCT assessment FROM observations ORDER BY 1 LIMIT {FEW})"
    triples.write_all(engine, "observations", room / "some.nt", some)
    data, store = Graph(), ox.Store()
    data.parse(room / "some.nt", format="nt")
    store.bulk_load(path=str(room / "some.nt"), format=ox.RdfFormat.N_TRIPLES, to_graph=EVIDENCE)
    files = [p for p in knowledge.files("rules/grade", "*.ttl") if PROFILE in p.parts or p.parent.name == "grade"]
    shapes = graph_of(files)
    ((count,),) = engine.ask(f"SELECT COUNT(*) FROM observations WHERE {some}")
    return int(str(count)), once(lambda: infer(data, shapes)), seconds(lambda: by_sparql(store, rules))


def measure(cities: int, years: int, peers_in: Path | None) -> Iterator[Result]:
    peers_of(peers_in)
    knowledge = Knowledge.found()
    rules = deriving.by_profile(grading_rules(knowledge))
    of_one = rules[PROFILE]
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        generate(room, cities=cities, years=years, sources=3, seed=1)
        engine = rows_of(room / "bulk", knowledge)
        ((count,),) = engine.ask("SELECT COUNT(*) FROM observations")
        rows = int(str(count))
        sql_time = seconds(lambda: by_sql(engine, of_one))
        yield Result("grade-rows", f"{rows} observations, one profile, SQL on DuckDB", sql_time, target=0.4)
        yield Result("grade-rows", "every profile", seconds(lambda: deriving.grade(engine, rules)))
        yield Result(
            "roll-up-rows", "every profile, roll-ups in SQL", seconds(lambda: deriving.roll_up(engine, knowledge))
        )
        triples.write_all(engine, "observations", room / "observations.nt")
        say("the same by other engines")
        taken = dict(peers(engine, of_one, room))
        for name, time_of_it in taken.items():
            yield Result("grade-rows", f"the same, {name}", time_of_it, against=name.partition(",")[0])
        by_maplib = next((seconds for name, seconds in taken.items() if name.startswith("maplib")), None)
        ratio = by_maplib / sql_time if by_maplib else None
        yield Result(
            "grade-rows", "maplib over sckg", ratio, "times", "maplib", 1, told="" if ratio else "not installed"
        )
        say("SPARQL on a loaded store")
        store = ox.Store()
        loading = once(
            lambda: store.bulk_load(
                path=str(room / "observations.nt"), format=ox.RdfFormat.N_TRIPLES, to_graph=EVIDENCE
            )
        )
        yield Result("grade-graph", f"bulk load of {len(store)} triples, in memory", loading)
        if by_sparql(store, of_one) != engine.ask("SELECT COUNT(band) FROM graded")[0][0]:
            raise SystemExit("SQL and SPARQL do not grade alike")
        sparql_time = seconds(lambda: by_sparql(store, of_one), runs=3)
        yield Result(
            "grade-graph", f"{rows} observations, one profile, SPARQL on a loaded store", sparql_time, target=4.0
        )
        some, by_shacl, on_some = reference(engine, of_one, knowledge, room)
        yield Result("grade-graph", f"{some} observations, pySHACL", by_shacl, against="pySHACL")
        yield Result("grade-graph", "pySHACL over SPARQL, on those", by_shacl / on_some, "times", "pySHACL", 40)
        told = "runs no sh:rule"
        yield Result("grade-graph", "pyrudof over SPARQL, on those", None, "times", "pyrudof", 20, told=told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("cities", 514), ("years", 10)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--peers", type=Path, help="a folder of packages with other engines")
    chosen = parser.parse_args()
    keep(list(measure(chosen.cities, chosen.years, chosen.peers)))


if __name__ == "__main__":
    main()
