"""Where benchmarks keep their figures: one list, of which a run replaces its own entries, and a table of README.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
FROM_ABOVE = {"times", "% found"}  # units of which more is better
BEGIN, END = "<!-- many cities -->\n", "<!-- end of many cities -->"
HEAD = ("benchmark", "measure", "by", "value", "target", "holds")


@dataclass(frozen=True)
class Result:
    """One figure, with what it is compared with and what it should be at most, or for a ratio or a recall at least.

    Without a value it could not be measured, for a reason that is ``told``; then no target holds.
    """

    benchmark: str
    measure: str
    value: float | None
    unit: str = "s"
    against: str | None = None
    target: float | None = None
    told: str = ""

    @property
    def holds(self) -> bool | None:
        """Return whether the target is met; a ratio and a recall are met from above."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if self.unit in FROM_ABOVE else self.value <= self.target

    def entry(self) -> dict[str, object]:
        """Return the figure as ``results.json`` has it."""
        found = {name: value for name, value in asdict(self).items() if name != "told" or value}
        return found | {"value": self.value if self.value is None else round(self.value, 4), "holds": self.holds}


def keep(results: Sequence[Result]) -> None:
    """Print the figures as a table, and put them in the place of the last ones of the same benchmarks."""
    store([result.entry() for result in results])
    rows = [HEAD, *map(row, (result.entry() for result in results))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def store(entries: Sequence[Mapping[str, object]]) -> None:
    """Put entries in the place of the last ones of the same benchmarks, and write the table of those of many cities."""
    ours = {entry["benchmark"] for entry in entries}
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    found = [entry for entry in kept if entry["benchmark"] not in ours] + list(entries)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    rows = [f"| {' | '.join(cells)} |" for cells in (HEAD, *(row(e) for e in found if "runs" not in e))]
    page = HERE / "README.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    told = "\n".join([rows[0], "|---" * len(HEAD) + "|", *rows[1:]])
    page.write_text(f"{before}{BEGIN}{told}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def row(entry: Mapping[str, object]) -> tuple[str, ...]:
    """Return the cells of an entry."""
    value, unit, target, holds = (entry[name] for name in ("value", "unit", "target", "holds"))
    figure = f"{value:.3g} {unit}" if isinstance(value, float | int) else str(entry.get("told") or "not measured")
    wanted = "" if target is None else f"{'at least' if unit in FROM_ABOVE else 'at most'} {target:g} {unit}"
    kept = "" if target is None else "yes" if holds else "no" if holds is False else "?"
    return str(entry["benchmark"]), str(entry["measure"]), str(entry["against"] or "sckg"), figure, wanted, kept


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def peers_of(folder: Path | None) -> None:
    """Make the packages of a folder known, behind those that are installed."""
    if folder and str(folder) not in sys.path:
        sys.path.append(str(folder))
