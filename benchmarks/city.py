"""One city: how long a build and a walk back take, start-up included, and what pySHACL takes for the same grades.

Run with ``make bench``. Prints a table of medians; nothing here fails when a machine is slow.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rdflib import Graph

from sckg import names
from sckg.assets import Knowledge
from sckg.pipeline import grade, read_cities, read_model
from sckg.shacl import graph_of, infer

RUNS = 5
SCKG = [sys.executable, "-m", "sckg"]


def seconds(do: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median time of some runs, after one that is not counted."""
    taken = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        do()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken[1:])


def run(*arguments: str) -> None:
    subprocess.run([*SCKG, *arguments], check=True, capture_output=True)


def main() -> None:
    knowledge = Knowledge.found()
    rows = []
    with tempfile.TemporaryDirectory() as room:
        store = str(Path(room) / "store")
        build = seconds(lambda: run("build", "--store", store))
        why = seconds(lambda: run("why", "4.1", "--store", store))
        start = seconds(lambda: run("--version"))
    rows += [("build", "sckg build, whole process", build, 5.0), ("why", "sckg why 4.1, whole process", why, 1.0)]
    rows.append(("start", "sckg --version, whole process", start, None))

    memory = read_model(knowledge)
    cities = read_cities(knowledge.cities(), memory, knowledge)
    memory.replace_graph(names.graph("evidence"), (t for city in cities for t in city.triples))
    compiled = seconds(lambda: grade(memory, knowledge))
    data = Graph()
    data.parse(data="\n".join(f"{t} ." for city in cities for t in city.triples), format="nt")
    rules = graph_of(list(knowledge.files("rules/grade", "*.ttl")))
    reference = seconds(lambda: infer(data, rules), runs=1)
    rows += [("grade", "every profile, compiled SPARQL, rules read each time", compiled, None)]
    rows += [("grade-reference", "every profile, pySHACL, rules already parsed", reference, None)]

    print(f"{'benchmark':<16} {'measure':<55} {'seconds':>8} {'target':>7}  holds")
    results = []
    for benchmark, measure, value, target in rows:
        holds = "" if target is None else str(value <= target).lower()
        print(f"{benchmark:<16} {measure:<55} {value:>8.3f} {target or '':>7}  {holds}")
        results.append({
            "benchmark": benchmark, "measure": measure, "value": round(value, 4), "unit": "s",
            "against": None, "target": target, "holds": None if target is None else value <= target,
        })  # fmt: skip
    ratio = reference / compiled
    print(f"pySHACL takes {ratio:.1f} times as long as the compiled SPARQL for the same grades")
    results.append({
        "benchmark": "grade", "measure": "pySHACL over compiled SPARQL", "value": round(ratio, 2), "unit": "ratio",
        "against": "pySHACL", "target": None, "holds": None,
    })  # fmt: skip
    (Path(__file__).parent / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
