"""One city: how long a build and a walk back take, start-up included, and what pySHACL takes for the same grades.

Run with ``make bench``. Prints a table, writes it to ``results.json`` and ``README.md``; nothing fails when a machine
is slow. Each figure is the median of several runs, with the fastest and the slowest; one run before is not counted.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from rdflib import Graph, URIRef
from results import store

from sckg import names
from sckg.assets import Knowledge
from sckg.compile import sparql
from sckg.compile.shapes import ShapesGraph, shapes_of
from sckg.derive import derive_texts
from sckg.evidence import text_of
from sckg.names import term
from sckg.pipeline import grade, grading_rules, read_cities, read_model
from sckg.shacl import graph_of, infer
from sckg.stores.base import Store

HERE = Path(__file__).resolve().parent
KUPANG = HERE.parent / "cities" / "5371-kota-kupang"
SCKG = [sys.executable, "-m", "sckg"]
RUNS = 7
PAIRS = 5
BEGIN, END = "<!-- measured -->\n", "\n<!-- end -->"


@dataclass(frozen=True)
class Result:
    """One figure: ``holds`` says whether the value keeps its target, and is None where there is no target."""

    benchmark: str
    measure: str
    value: float
    unit: str
    against: str | None
    target: float | None
    holds: bool | None
    minimum: float
    maximum: float
    runs: int


def result(
    benchmark: str, measure: str, figures: Sequence[float], unit: str = "s", *, against: str = "", target: float = 0
) -> Result:
    """Return the median of some figures, which keeps its target when it is no more than that."""
    value, least, most = (round(x, 3) for x in (statistics.median(figures), min(figures), max(figures)))
    holds = value <= target if target else None
    return Result(benchmark, measure, value, unit, against or None, target or None, holds, least, most, len(figures))


def seconds(do: Callable[[], object]) -> float:
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


def several(do: Callable[[], object], runs: int = RUNS) -> list[float]:
    do()
    return [seconds(do) for _ in range(runs)]


def sckg(*arguments: str) -> None:
    subprocess.run([*SCKG, *arguments], check=True, capture_output=True)


def commands(room: Path) -> list[Result]:
    """Return what whole processes take, from the start of Python to its end."""
    stores = (str(room / f"store-{number}") for number in range(RUNS + 1))
    built = several(lambda: sckg("build", str(KUPANG), "--store", next(stores)))
    why = several(lambda: sckg("why", "4.1", "--store", str(room / "store-0")))
    start = several(lambda: sckg("--version"))
    return [
        result("build", "sckg build of Kota Kupang into a new store", built, target=5),
        result("why", "sckg why 4.1", why, target=1),
        result("start", "sckg --version", start),
    ]


def grading(knowledge: Knowledge) -> list[Result]:
    """Return what the compiled SPARQL and pySHACL take for the grades of Kota Kupang, in turn, and how they compare."""
    store = read_model(knowledge)
    (city,) = read_cities([KUPANG], store, knowledge)
    store.replace_graph(names.graph("evidence"), city.triples)
    data = Graph().parse(data="\n".join(f"{t} ." for t in city.triples), format="nt")
    files = list(knowledge.files("rules/grade", "*.ttl"))
    texts = [text for rule in grading_rules(knowledge) for text in sparql.rule_texts(rule)]
    rules = graph_of(files)
    agree(store, knowledge, infer(data, rules))
    evidence = [names.graph("evidence")]
    run = in_turn(lambda: derive_texts(store, "grades", texts, evidence), lambda: infer(data, rules))
    whole = in_turn(lambda: grade_from(files, store), lambda: infer(data, graph_of(files)))
    return [
        *compared("grade-run", "every grade of the city, rules read before", run),
        *compared("grade", "every grade of the city, from the rule files", whole),
    ]


def grade_from(files: Sequence[Path], store: Store) -> int:
    """Grade as a process does that has read no rule yet."""
    graph = ShapesGraph()
    for file in files:
        graph.add(file.read_bytes(), file.name)
    rules = [shape for shape in shapes_of(graph) if shape.branches]
    texts = [text for rule in rules for text in sparql.rule_texts(rule)]
    return derive_texts(store, "grades", texts, [names.graph("evidence")])


def compared(benchmark: str, measure: str, pairs: Sequence[tuple[float, float]]) -> list[Result]:
    ratio = [theirs / ours for ours, theirs in pairs]
    return [
        result(benchmark, measure, [ours for ours, _ in pairs]),
        result(benchmark, measure, [theirs for _, theirs in pairs], against="pySHACL"),
        result(benchmark, f"{measure}: pySHACL over sckg", ratio, "ratio", against="pySHACL"),
    ]


def in_turn(ours: Callable[[], object], theirs: Callable[[], object]) -> list[tuple[float, float]]:
    """Return the seconds of both, run one after the other, so that a busy machine is busy for both."""
    ours()
    return [(seconds(ours), seconds(theirs)) for _ in range(PAIRS)]


def agree(store: Store, knowledge: Knowledge, inferred: Graph) -> None:
    """Stop when the two do not give the same grades: then no comparison of their times means anything."""
    grade(store, knowledge)
    ours = {(text_of(t.subject), text_of(t.object)) for t in store.triples(names.graph("grades"))}
    theirs = {(str(s), str(o)) for s, o in inferred.subject_objects(URIRef(term("fallsIn").value))}
    if ours != theirs:
        sys.exit(f"the grades differ: {sorted(ours ^ theirs)}")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("pyoxigraph", "rdflib", "pyshacl"))
    system = f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}"
    other = f"load of the system at the end, this included: {os.getloadavg()[1]:.1f}"
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory; {system}; {libraries}; {other}."


def table(results: Sequence[Result]) -> list[list[str]]:
    head = ["benchmark", "measure", "by", "median", "fastest", "slowest", "runs", "target", "holds"]
    return [head, *(row(r) for r in results)]


def row(r: Result) -> list[str]:
    by = "" if r.unit == "ratio" else r.against or "sckg"
    figures = [f"{x:.3g} s" if r.unit == "s" else f"{x:.3g} times" for x in (r.value, r.minimum, r.maximum)]
    kept = ["", ""] if r.holds is None else [f"{r.target:g} s", "yes" if r.holds else "no"]
    return [r.benchmark, r.measure, by, *figures, str(r.runs), *kept]


def keep(results: Sequence[Result]) -> None:
    """Write the results, and the table into the page between its marks."""
    store([asdict(r) for r in results])
    rows = [f"| {' | '.join(row)} |" for row in table(results)]
    told = "\n".join([machine(), "", rows[0], "|---" * len(table([])[0]) + "|", *rows[1:]])
    page = HERE / "README.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    page.write_text(f"{before}{BEGIN}{told}{END}{rest.partition(END)[2]}", encoding="utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as room:
        results = commands(Path(room)) + grading(Knowledge.found())
    rows = table(results)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(machine())
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    keep(results)


if __name__ == "__main__":
    main()
