"""The audit of many cities: what it finds of planted defects, what it doubts besides, and how long it takes.

    python benchmarks/audit.py [--cities 514] [--years 10] [--few 32]

Prints a table for each class of defect. Rules that report what every table of the framework has are left out of the
count of false alarms; see PROPERTIES.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from results import Result, keep

from audited import DEFECTS, Planted, generate
from sckg import names
from sckg.assets import Knowledge
from sckg.audit.running import Auditing
from sckg.pipeline import read_model
from sckg.rows.national import read_nation

PROPERTIES = {
    "count-without-base", "percentage-without-base", "state-in-several-words", "answer-graded-two-ways",
    "graded-without-direction",
}  # fmt: skip
PAGE = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- audit -->\n", "<!-- end of audit -->"
RECALL, ALARMS, SECONDS, SLOPE = 99.0, 1.0, 30.0, 1.3
ALL_ROWS = 354_660  # of 514 regencies and cities, ten years and 69 indicators


@dataclass
class Audited:
    """One run: how many rows there were, what was planted, what was doubted, and how long it took."""

    cities: int
    rows: int
    planted: Sequence[Planted]
    doubts: dict[str, list[set[str]]] = field(default_factory=dict)
    seconds: float = 0.0
    work: float = 0.0  # the same in seconds of all cores together

    @property
    def per_row(self) -> float:
        """Return the work of one observation: other work of the machine does not count."""
        return self.work / self.rows

    def found(self) -> Counter[str]:
        """Count the planted defects that a doubt of their rule is about."""
        about = {code: index(doubts) for code, doubts in self.doubts.items()}
        return Counter(
            kind
            for kind, spoilt in self.planted
            if any(set(spoilt) <= doubt for doubt in about.get(kind, {}).get(spoilt[0], ()))
        )

    def alarms(self) -> Counter[str]:
        """Count the doubts that are about no row of a planted defect, by rule."""
        spoilt = {observation for _, about in self.planted for observation in about}
        counted = ((code, doubts) for code, doubts in self.doubts.items() if code not in PROPERTIES)
        return Counter(code for code, doubts in counted for doubt in doubts if not doubt & spoilt)


def index(doubts: Sequence[set[str]]) -> dict[str, list[set[str]]]:
    by_row: dict[str, list[set[str]]] = defaultdict(list)
    for doubt in doubts:
        for observation in doubt:
            by_row[observation].append(doubt)
    return by_row


def audited(cities: int, years: int, seed: int = 1) -> Audited:
    """Generate so many cities, and audit them as a build does."""
    with tempfile.TemporaryDirectory() as folder:
        room, knowledge = Path(folder), Knowledge.found()
        run = Audited(cities, *generate(room / "bulk", cities=cities, years=years, seed=seed))
        model = read_model(knowledge)
        nation = read_nation(room / "bulk", model, knowledge)
        if nation.problems:
            raise SystemExit(str(nation.problems[0]))
        model.replace_graph(names.graph("evidence"), nation.evidence.triples)
        begin, worked = time.perf_counter(), time.process_time()
        lines = list(Auditing(model, knowledge).of_rows(nation.engine))
        run.seconds, run.work = time.perf_counter() - begin, time.process_time() - worked
        run.doubts = read_doubts(lines)
    return run


def read_doubts(lines: Iterable[str]) -> dict[str, list[set[str]]]:
    """Return what each doubt is about, by rule, as the ends of IRIs."""
    about: dict[str, set[str]] = defaultdict(set)
    start, says = f"<{names.data_base()}doubt/", f" {names.term('about')} <{names.data_base()}"
    for line in lines:
        if line.startswith(start) and says in line:
            subject, _, thing = line.partition(says)
            about[subject].add(thing.partition(">")[0])
    by_rule: dict[str, list[set[str]]] = defaultdict(list)
    for subject, things in about.items():
        by_rule[subject.removeprefix(start).split("/")[1]].append(things)
    return by_rule


def table(run: Audited) -> Iterator[list[str]]:
    """Yield for each class: planted, found, recall, and false alarms in 1,000 observations."""
    planted, found, alarms = Counter(kind for kind, _ in run.planted), run.found(), run.alarms()
    for code in [*DEFECTS, *sorted(alarms.keys() - DEFECTS.keys())]:
        recall = f"{100 * found[code] / planted[code]:.1f}%" if planted[code] else ""
        counted = [str(planted[code] or ""), str(found[code] or ""), recall]
        yield [code, *counted, str(alarms[code]), f"{1000 * alarms[code] / run.rows:.3f}"]


def results(few: Audited, many: Audited) -> Iterator[Result]:
    planted, found, alarms = Counter(kind for kind, _ in many.planted), many.found(), many.alarms()
    for code in DEFECTS:
        recall = 100 * found[code] / max(planted[code], 1)
        yield Result("audit", f"{code}: recall of {planted[code]} planted defects", recall, "% found", target=RECALL)
        yield Result("audit", f"{code}: false alarms", 1000 * alarms[code] / many.rows, "in 1,000", target=ALARMS)
    whole = 1000 * sum(alarms.values()) / many.rows
    yield Result("audit", "every rule: false alarms", whole, "in 1,000", target=ALARMS)
    target = SECONDS if many.rows >= ALL_ROWS else None
    yield Result("audit", f"audit of {many.rows} observations", many.seconds, target=target)
    yield Result("audit", "the same, in seconds of all cores together", many.work)
    ratio = many.per_row / few.per_row
    yield Result("audit", "work of an observation, all cities over few", ratio, "over few", target=SLOPE)


def lines(few: Audited, many: Audited) -> list[str]:
    """Return the table and how long it took."""
    head = ["class", "planted", "found", "recall", "false alarms", "in 1,000 observations"]
    rows = [f"| {' | '.join(row)} |" for row in [head, *table(many)]]
    took = (
        f"{many.rows:,} observations of {many.cities} regions: {many.seconds:.1f} s ({many.work:.1f} s of all cores "
        f"together); {few.rows:,} of {few.cities}: {few.seconds:.1f} s. Load of the system at the end, this included: "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )
    return [took, "", rows[0], "|---" * len(head) + "|", *rows[1:]]


def write_page(told: Sequence[str]) -> None:
    """Write the table into the page between its marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{chr(10).join(told)}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("cities", 514), ("years", 10), ("few", 32)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--dry", action="store_true", help="print the table and keep nothing")
    chosen = parser.parse_args()
    few, many = audited(chosen.few, chosen.years), audited(chosen.cities, chosen.years)
    told = lines(few, many)
    print("\n".join(told))
    if not chosen.dry:
        keep(list(results(few, many)))
        write_page(told)


if __name__ == "__main__":
    main()
