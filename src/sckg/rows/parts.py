"""The stages that are SPARQL, over some cities at a time: in processes of their own, so that memory stays bounded.

A rule sees the cities of its part only. That is enough: no rule compares one city with another; what does is a query.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sckg import names
from sckg.assets import Knowledge
from sckg.queries import catalogue
from sckg.stores.embedded import EmbeddedStore

CITIES = 16  # of one part
Stage = tuple[str, str]  # the graph that a stage writes, and the folder of its rules


@dataclass(frozen=True)
class Part:
    """A folder with one N-Triples file for each graph of some cities."""

    folder: Path

    def file(self, graph: str) -> Path:
        """Return the file of a graph."""
        return self.folder / f"{graph}.nt"


def derive_parts(
    parts: Sequence[Part], model: Path, stages: Sequence[Stage], knowledge: Knowledge, done: Callable[[int], None]
) -> dict[str, int]:
    """Write the graphs of these stages into every part; return the number of triples of each."""
    sizes = dict.fromkeys((graph for graph, _ in stages), 0)
    # Not forked: DuckDB's threads would be copied in whatever state they are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(parts)) or 1, mp_context=context) as pool:
        waiting = [pool.submit(derive_part, part, model, stages, knowledge) for part in parts]
        for number, one in enumerate(waiting, 1):
            for graph, size in one.result().items():
                sizes[graph] += size
            done(number)
    return sizes


def derive_part(part: Part, model: Path, stages: Sequence[Stage], knowledge: Knowledge) -> dict[str, int]:
    """Run the rules of these stages over one part; return the number of triples of each graph."""
    store, sizes = EmbeddedStore(), {}
    rules = {graph: list(catalogue(knowledge, folder).values()) for graph, folder in stages}
    needed = {graph for some in rules.values() for rule in some for graph in rule.reads}
    store.load_file(model, names.graph("model"))
    for path in sorted(p for p in part.folder.glob("*.nt") if p.stem in needed):
        store.load_file(path, names.graph(path.stem))
    for graph, some in rules.items():
        found = {triple for rule in some for triple in store.construct(rule.text, rule.graphs())}
        sizes[graph] = len(found)
        with part.file(graph).open("w", encoding="utf-8") as file:
            file.writelines(f"{triple} .\n" for triple in found)
        if graph in needed:
            store.replace_graph(names.graph(graph), found)
    return sizes


def in_parts(cities: Iterable[str], folder: Path) -> Iterator[tuple[Part, list[str]]]:
    """Yield an empty part for some cities at a time, with their codes."""
    ordered = sorted(cities)
    for start in range(0, len(ordered), CITIES):
        part = Part(folder / f"{start // CITIES:04d}")
        part.folder.mkdir(parents=True)
        yield part, ordered[start : start + CITIES]
