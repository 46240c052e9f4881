"""The stages that are SPARQL, one city after the other: in processes of their own, each of which holds the model once.

Cities come some at a time, so that memory stays bounded and progress can be shown.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from math import ceil
from pathlib import Path

from sckg import names
from sckg.assets import Knowledge
from sckg.contributions import Deriving
from sckg.snapshots import dumps
from sckg.stores.embedded import EmbeddedStore

CITIES = 16  # of one part, at most
FEW = 6  # of one part, at least: else more time goes into processes than into cities
PARTED = "\x01"  # stands between the code of a city and a line


@dataclass(frozen=True)
class Part:
    """A folder with what is given of some cities: for each graph a file of lines, each behind the code of its city."""

    folder: Path
    codes: tuple[str, ...]

    def file(self, graph: str) -> Path:
        """Return the file of a graph."""
        return self.folder / f"{graph}.lines"

    def given(self) -> dict[str, dict[str, list[str]]]:
        """Return the lines of each city, by graph."""
        found: dict[str, dict[str, list[str]]] = {code: {} for code in self.codes}
        for path in sorted(self.folder.glob("*.lines")):
            with path.open(encoding="utf-8", newline="\n") as file:
                for row in file:
                    code, _, line = row.rstrip("\n").partition(PARTED)
                    found[code].setdefault(path.stem, []).append(line)
        return found


@dataclass
class Counted:
    """How many triples each graph has of cities alone, and those that may be of more than one."""

    own: Counter[str]
    shared: dict[str, set[str]]

    def add(self, other: Counted) -> None:
        """Count those of other cities too."""
        self.own.update(other.own)
        for graph, lines in other.shared.items():
            self.shared.setdefault(graph, set()).update(lines)

    def sizes(self) -> dict[str, int]:
        """Return the number of triples of each graph."""
        return {graph: self.own[graph] + len(lines) for graph, lines in self.shared.items()}


def derive_parts(
    parts: Iterable[Part], model: Path, folder: Path, knowledge: Knowledge, done: Callable[[int], None]
) -> dict[str, int]:
    """Write the dumps of every city below a folder; return the number of triples of each graph."""
    counted, coming = Counted(Counter(), {}), iter(parts)
    begun = list(islice(coming, 2))
    if len(begun) == 1:  # not worth a process
        return _derive_part(begun[0], folder, _ready(model, knowledge)).sizes()
    # Not forked: DuckDB's threads would be copied in whatever state they are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context, initializer=_start, initargs=(model, knowledge)) as pool:
        for number, one in enumerate([pool.submit(_derive_there, p, folder) for p in chain(begun, coming)], 1):
            counted.add(one.result())
            done(number)
    return counted.sizes()


def _ready(model: Path, knowledge: Knowledge) -> Deriving:
    store = EmbeddedStore()
    store.load_files([model], names.graph("model"))
    return Deriving(store, knowledge)


def _start(model: Path, knowledge: Knowledge) -> None:
    """Make this process ready: it holds the model, and the rules as texts."""
    _HERE.append(_ready(model, knowledge))


_HERE: list[Deriving] = []  # of a process that does nothing else


def _derive_there(part: Part, folder: Path) -> Counted:
    return _derive_part(part, folder, _HERE[0])


def _derive_part(part: Part, folder: Path, deriving: Deriving) -> Counted:
    counted = Counted(Counter(), {})
    for code, given in part.given().items():
        for graph, lines in deriving.of(given).items():
            found = sorted(lines)
            dumps.write(folder / graph / f"{code}.nt", found)
            shared = {line for line in found if not dumps.is_of(line, code)}
            counted.add(Counted(Counter({graph: len(found) - len(shared)}), {graph: shared}))
    return counted


def part_size(cities: int) -> int:
    """Return how many cities come together."""
    return min(CITIES, max(FEW, ceil(cities / (os.cpu_count() or 1))))


def in_parts(cities: Iterable[str], folder: Path) -> Iterator[Part]:
    """Yield an empty part for some cities at a time."""
    ordered = sorted(cities)
    size = part_size(len(ordered))
    for start in range(0, len(ordered), size):
        part = Part(folder / f"{start // size:04d}", tuple(ordered[start : start + size]))
        part.folder.mkdir(parents=True)
        yield part
