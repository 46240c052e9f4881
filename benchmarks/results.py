"""Where each benchmark keeps its figures: one list, of which a run replaces its own entries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"
FROM_ABOVE = {"times", "% found"}  # units of which more is better


@dataclass(frozen=True)
class Result:
    """One figure, with what it is compared with and what it should be at most, or for a ratio or a recall at least."""

    benchmark: str
    measure: str
    value: float
    unit: str = "s"
    against: str | None = None
    target: float | None = None

    @property
    def holds(self) -> bool | None:
        """Return whether the target is met; a ratio and a recall are met from above."""
        if self.target is None:
            return None
        return self.value >= self.target if self.unit in FROM_ABOVE else self.value <= self.target


def keep(results: Sequence[Result]) -> None:
    """Print the figures as a table, and put them in the place of the last ones of the same benchmarks."""
    ours = {r.benchmark for r in results}
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    fresh = [asdict(r) | {"value": round(r.value, 4), "holds": r.holds} for r in results]
    RESULTS.write_text(
        json.dumps([r for r in kept if r["benchmark"] not in ours] + fresh, indent=1) + "\n", encoding="utf-8"
    )
    print(f"{'benchmark':<16} {'measure':<72} {'value':>11} {'unit':<8} {'target':>7}  holds")
    for r in results:
        holds = "" if r.holds is None else ("yes" if r.holds else "NO")
        print(f"{r.benchmark:<16} {r.measure:<72} {r.value:>11.3f} {r.unit:<8} {r.target or '':>7}  {holds}")
