"""Many cities: the whole build, one city edited, what-if, readers' questions and validation, beside their targets.

    python benchmarks/nation.py [--cities 514] [--years 10] [--peers FOLDER]

Builds run in processes of their own, as a person starts them. Growth is measured at 32, at 128 and at all cities.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import pyoxigraph as ox
from generate import generate
from results import Result, keep, peers_of, say

from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.explain import explain
from sckg.queries import catalogue, named, values_for
from sckg.rows import asking
from sckg.snapshots import dumps
from sckg.snapshots.reading import current, open_current
from sckg.stores.base import Store, Table
from sckg.validate import validate

GROWTH = (32, 128)
LIMIT = 240.0  # seconds for another engine
LONG = 10.0  # seconds that are measured once
RUNS = 5  # edits of one city
ASKED = 60  # times that a planner asks
FEW = 200  # observations that pySHACL and pyrudof are given
SCKG = [sys.executable, "-m", "sckg"]


def once(do: Callable[[], object]) -> float:
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


def several(do: Callable[[], object], runs: int) -> list[float]:
    """Return the times of some runs after one that is not counted; of what takes long, no more than that one."""
    first = once(do)
    return [once(do) for _ in range(runs)] if first < LONG else [first]


def stages(folder: Path, store: Path) -> dict[str, float]:
    """Build here, and return what each stage takes."""
    laps = [("start", time.perf_counter())]

    def lap(stage: str) -> None:
        laps.append((stage.partition(":")[0], time.perf_counter()))

    pipeline.build([folder], str(store), Knowledge.found(), progress=lap)
    lap("end")
    taken: dict[str, float] = {}
    for (stage, begin), (_, end) in pairwise(laps):
        taken[stage] = round(taken.get(stage, 0) + end - begin, 3)
    return taken


def built(folder: Path, store: Path) -> tuple[float, float, dict[str, float]]:
    """Return the seconds and the peak memory of a build in a process of its own, in GB, and its stages."""
    command = [sys.executable, __file__, "--build", str(folder), "--store", str(store)]
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = [0.0]
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        told, _ = process.communicate()
        watch.join()
    if process.returncode:
        raise SystemExit(f"{folder}: could not be built")
    return time.perf_counter() - begin, peak[0], json.loads(told)


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    """Keep the most memory that a process and those it started hold at once; shared pages count once for each."""
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_held, _family(process.pid))) / 2**20)
        time.sleep(0.2)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in found:
            yield from _family(int(child))


def _held(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def building(room: Path, cities: int, years: int) -> Iterator[Result]:
    """Build some cities and then all of them; the last store stays."""
    each: dict[int, float] = {}
    for count in sorted({min(n, cities) for n in (*GROWTH, cities)}):
        say(f"build {count} cities")
        folder = room / str(count)
        rows = len(generate(folder, cities=count, years=years, sources=3, seed=1, form="both").rows)
        taken, memory, parts = built(folder / "bulk", folder / "store")
        each[count] = taken / rows
        yield Result(
            "growth", f"{count} cities, {rows} observations: a build, for each observation", 1000 * taken / rows, "ms"
        )
        say(f"  {taken:.1f} s, {memory:.1f} GB: {parts}")
    yield Result(
        "growth",
        "the most for an observation over the least",
        max(each.values()) / min(each.values()),
        "ratio",
        target=1.3,
    )
    snapshot = current(folder / "store")
    say("pyoxigraph loads the same triples")
    loading, apart = _bulk_load(room, snapshot.dumps), parts.get("keep the rows", 0)
    triples = sum(snapshot.manifest["triples"].values())
    yield Result("national-build", f"{triples} triples, files to a snapshot, rows kept as Parquet apart", taken - apart)
    yield Result(
        "national-build", f"{triples} triples, one bulk load of N-Quads to disk", loading, against="pyoxigraph"
    )
    yield Result(
        "national-build", "the build over the bulk load", (taken - apart) / loading, "ratio", "pyoxigraph", 1.5
    )
    yield Result("national-build", "most memory at once, all its processes", memory, "GB", target=4)
    for stage, seconds in parts.items():
        yield Result("national-build-stages", stage, seconds)


def _bulk_load(room: Path, folder: Path) -> float:
    path = room / "all.nq"
    with path.open("w", encoding="utf-8") as file:
        for graph in sorted(dumps.graphs(folder)):
            end = f" {names.graph(graph)} .\n"
            for line in dumps.lines(dumps.files(folder, graph)):
                file.write(line[:-2] + end)

    def load() -> None:
        store = ox.Store(str(room / "loaded"))
        store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
        store.flush()

    taken = once(load)
    shutil.rmtree(room / "loaded")
    path.unlink()
    return taken


def editing(folder: Path) -> Iterator[Result]:
    """Edit one value of a city, several times; each time it is built into the store of all."""
    city, store = sorted((folder / "cities").iterdir())[1], folder / "store"
    with (city / "observations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [row for row in rows if row["unit"] == "%"]

    def edit(number: int) -> None:
        numbers[number]["value"] = f"{(float(numbers[number]['value']) + 37) % 100:.2f}"
        with (city / "observations.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    commands, inside = [], []
    for number in range(RUNS + 1):  # the first one makes the city a folder of its own
        edit(number)
        commands.append(once(lambda: subprocess.run([*SCKG, "build", str(city), "--store", str(store)], check=True, capture_output=True)))  # fmt: skip  # noqa: E501
    for number in range(RUNS):
        edit(number)
        inside.append(once(lambda: pipeline.build([city], str(store), Knowledge.found())))
    yield Result(
        "one-city", "one value of a city edited, sckg build as a command", statistics.median(commands[1:]), target=2
    )
    yield Result("one-city", "the same inside a process that is there", statistics.median(inside))
    yield Result("one-city", "the city's folder built into the rows for the first time, as a command", commands[0])


def reading(store: Path, cities: int) -> Iterator[Result]:
    """Ask what readers ask, in a process that has the store open."""
    knowledge, chance = Knowledge.found(), random.Random(7)  # noqa: S311 - nothing here is secret
    queries, opened = catalogue(knowledge), open_current(store)
    codes = [str(row["city"].value).rpartition("/")[2] for row in named(queries, "cities").ask(opened, {}).rows]

    def ask(name: str) -> Callable[[], object]:
        query = named(queries, name)
        return lambda: query.ask(opened, values_for(query, {}, {"lang": "en"}))

    def of_a_city(name: str) -> Callable[[], object]:
        query = named(queries, name)
        return lambda: query.ask(opened, values_for(query, {"city": chance.choice(codes)}, {"lang": "en"}))

    asked = sorted(several(of_a_city("weaknesses"), ASKED))
    at = asked[int(0.95 * len(asked))]
    yield Result("planner", f"weaknesses of one of {cities} cities, 95 of 100 within", 1000 * at, "ms", target=100)
    yield Result("ranking", f"{cities} cities ranked", statistics.median(several(ask("ranking"), 3)), target=0.5)
    say("why")
    walk = Slowest(opened)
    lines = dumps.files(current(store).dumps, "evidence")[0].read_text(encoding="utf-8").splitlines()
    term = next(line.partition(">")[0][1:] for line in lines if "/road-good-condition/" in line.partition(">")[0])
    walks = several(lambda: explain(walk, queries, term), 5)
    yield Result("why", "why of an observation, in process", 1000 * statistics.median(walks), "ms", target=200)
    for name, taken in walk.slowest():
        yield Result("why-queries", f"{name}, the slowest of a walk", 1000 * taken, "ms")
    say("what-if")
    supposed = several(lambda: asking.ask(str(store), knowledge, "", cut_offs=["road-good-condition:75=60"]), 3)
    yield Result("what-if", "one cut-off moved for all cities, in process", statistics.median(supposed), target=1)


class Slowest:
    """A store that remembers how long each question took; for a profile of a walk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._taken: dict[str, float] = {}

    def select(self, text: str, graphs: Sequence[ox.NamedNode]) -> Table:
        """Answer a SELECT, and note how long that took by the title of the query."""
        begin = time.perf_counter()
        found = self._store.select(text, graphs)
        title = text.partition("\n")[0].removeprefix("# title: ")
        self._taken[title] = time.perf_counter() - begin
        return found

    def slowest(self) -> list[tuple[str, float]]:
        """Return the three slowest questions."""
        return sorted(self._taken.items(), key=lambda one: -one[1])[:3]


def validating(room: Path, snapshot_dumps: Path, peers: Path | None) -> Iterator[Result]:
    """Validate all observations, and a few of them beside other engines."""
    knowledge = Knowledge.found()
    shapes = list(knowledge.files("rules/check", "*.ttl"))
    whole, few = room / "evidence.nt", room / "few.nt"
    prefixes = knowledge.roots[0] / "ontology" / "prefixes.ttl"
    model = (snapshot_dumps / "model.nt").read_text(encoding="utf-8")
    lines = dumps.lines(dumps.files(snapshot_dumps, "evidence"))
    with whole.open("w", encoding="utf-8") as file:
        file.write(model)
        file.writelines(f"{line}\n" for line in lines)
    some = dumps.files(snapshot_dumps, "evidence")[0].read_text(encoding="utf-8").splitlines()
    few.write_text(model + "\n".join(_some(some)) + "\n", encoding="utf-8")
    say("validate all")
    reports = []
    yield Result("validate", "every observation of all cities and the model, the check shapes", once(lambda: reports.append(validate([whole], [*shapes, prefixes]))))  # fmt: skip  # noqa: E501
    ours = statistics.median(several(lambda: validate([few], [*shapes, prefixes]), 3))
    yield Result("validate", f"{FEW} observations and the model, the check shapes", ours)
    for name, target, run in (("pySHACL", 40, _pyshacl), ("pyrudof", 20, _pyrudof), ("Jena SHACL", None, _jena)):
        say(f"validate a few with {name}")
        try:
            theirs = _limited(run, few, [*shapes, prefixes], room, peers)
        except Exception as error:  # noqa: BLE001 - whatever keeps another engine from it is told
            say(f"  {name}: {str(error).splitlines()[0][:200]}")
            yield Result("validate", f"{name} over sckg, on those", None, "times", name, target, told=_short(error))
            continue
        stopped = ", stopped unfinished" if theirs >= LIMIT else ""
        yield Result("validate", f"{FEW} observations and the model, the check shapes{stopped}", theirs, against=name)
        yield Result("validate", f"{name} over sckg, on those", theirs / ours, "times", name, target)


def _limited(run: Callable[..., float], *arguments: object) -> float:
    """Return what another engine takes, in a process of its own; no more than the limit, at which it is stopped."""
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(tell, run, arguments))
    process.start()
    found = told.recv() if told.poll(LIMIT) else LIMIT
    process.terminate()
    process.join()
    if isinstance(found, str):
        raise FileNotFoundError(found) if found.startswith("no ") else RuntimeError(found)
    return found


def _tell(tell: Connection, run: Callable[..., float], arguments: Sequence[object]) -> None:
    try:
        tell.send(run(*arguments))
    except (ImportError, FileNotFoundError) as error:
        tell.send(f"no {error}")
    except Exception as error:  # noqa: BLE001 - whatever keeps another engine from it is told
        tell.send(f"{type(error).__name__}: {error}")


def _short(error: Exception) -> str:
    return "not installed" if isinstance(error, ImportError | FileNotFoundError) else str(error).splitlines()[0][:80]


def _some(lines: list[str]) -> list[str]:
    """Return what is said of some observations and of all that is no observation."""
    subjects = list(
        dict.fromkeys(line.partition(" ")[0] for line in lines if "/id/observation/" in line.partition(" ")[0])
    )
    left_out = set(subjects[FEW:])
    return [line for line in lines if line.partition(" ")[0] not in left_out]


def _pyshacl(data: Path, shapes: list[Path], _room: Path, _peers: Path | None) -> float:
    from rdflib import Graph  # noqa: PLC0415 - slow to import

    from sckg.shacl import graph_of, report  # noqa: PLC0415 - as above

    return once(lambda: report(Graph().parse(data, format="nt"), graph_of(shapes)))


def _pyrudof(data: Path, shapes: list[Path], room: Path, peers: Path | None) -> float:
    peers_of(peers)
    import pyrudof as rudof  # noqa: PLC0415 - measured where it is installed

    together = room / "shapes.ttl"
    from sckg.shacl import graph_of  # noqa: PLC0415 - slow to import

    graph_of(shapes).serialize(together, format="turtle")

    def run() -> None:
        engine = rudof.Rudof(rudof.RudofConfig())
        engine.read_data(str(data), rudof.RDFFormat.NTriples)
        engine.read_shacl(str(together))
        engine.validate_shacl()

    return once(run)


def _jena(data: Path, shapes: list[Path], room: Path, _peers: Path | None) -> float:
    together, java = room / "shapes.ttl", shutil.which("java")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    kept = Path(os.environ.get("SCKG_TEST_CACHE", cache / "sckg" / "test-servers"))  # as scripts/test-servers has it
    jars = sorted(kept.glob("jena-fuseki-server-*.jar"))  # Fuseki's jar has Jena's commands in it
    if not (java and jars):
        raise FileNotFoundError("Java, or no Jena: 'scripts/test-servers install' brings it")
    if not together.exists():
        from rdflib.namespace import SH  # noqa: PLC0415 - slow to import

        from sckg.shacl import graph_of  # noqa: PLC0415 - as above

        graph = graph_of(shapes)
        for subject in set(graph.subjects(SH.message)):  # Jena takes one message of a shape, not one for each language
            for message in list(graph.objects(subject, SH.message))[1:]:
                graph.remove((subject, SH.message, message))
        graph.serialize(together, format="turtle")
    command = [java, "-cp", str(jars[-1]), "shacl.shacl", "validate", "--shapes", str(together), "--data", str(data)]
    return once(lambda: subprocess.run(command, check=True, capture_output=True))


def measure(cities: int, years: int, peers: Path | None) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        yield from building(room, cities, years)
        last = room / str(cities)
        say("edit one city")
        yield from editing(last)
        say("ask")
        yield from reading(last / "store", cities)
        yield from validating(room, current(last / "store").dumps, peers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("cities", 514), ("years", 10)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    for name in ("peers", "build", "store"):
        parser.add_argument(f"--{name}", type=Path, help=argparse.SUPPRESS if name != "peers" else None)
    chosen = parser.parse_args()
    if chosen.build:
        print(json.dumps(stages(chosen.build, chosen.store)))
        return
    found: list[Result] = []
    try:
        for result in measure(chosen.cities, chosen.years, chosen.peers):
            found.append(result)  # noqa: PERF402 - one by one
    finally:  # whatever happens later, what was measured is kept
        keep(found)


if __name__ == "__main__":
    main()
