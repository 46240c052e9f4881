"""A snapshot made from the one before: some cities are replaced, and all else is taken over without being read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sckg import names
from sckg.evidence import CityEvidence
from sckg.pipeline import Built, Progress, copy_city, folder_name
from sckg.rows.building import leave_out
from sckg.rows.keeping import change_rows
from sckg.rows.national import WITHOUT
from sckg.rows.reading import is_of_many
from sckg.snapshots import dumps
from sckg.snapshots.durable import Turn, writing
from sckg.snapshots.manifest import Described, described, listed
from sckg.snapshots.reading import HeldStore, Snapshot
from sckg.stores.embedded import EmbeddedStore

Lines = Mapping[str, set[str]]  # of each graph


@dataclass(frozen=True)
class Changed:
    """A city that changes: what it contributed, what it contributes now, and its files; None when it goes."""

    code: str
    before: Lines
    after: Lines
    city: CityEvidence | None


@dataclass(frozen=True)
class Overlay:
    """The cities that change in a snapshot, and which lines of which graph go and come."""

    previous: Snapshot
    changed: Sequence[Changed]
    removed: Lines
    added: Lines

    @classmethod
    def of(cls, previous: Snapshot, changed: Sequence[Changed], others: Collection[str]) -> Overlay | None:
        """Return what changes, or None when that cannot be told from what is kept of the others."""
        removed, added = {}, {}
        for graph in sorted(dumps.graphs(previous.dumps) - {"model"}):
            before, after = (
                set().union(*(getattr(one, side).get(graph, ()) for one in changed)) for side in ("before", "after")
            )
            going, coming = before - after, after - before
            if any(_has_blank(line) for line in going | coming):
                return None  # its label may be another one in the store
            if dumps.by_city(previous.dumps):
                beside = [previous.dumps / graph / f"{code}.nt" for code in sorted(others)]
                going, coming = (_only(lines, changed, beside) for lines in (going, coming))
            else:
                there = set(dumps.lines(dumps.files(previous.dumps, graph)))
                if not before <= there or not all(_is_own(line, changed) for line in going):
                    return None
                coming -= there
            removed[graph], added[graph] = going, coming
        return cls(previous, changed, removed, added)


def _only(lines: set[str], changed: Sequence[Changed], beside: Sequence[Path]) -> set[str]:
    """Return the lines that none of the other cities says too."""
    return {line for line in lines if _is_own(line, changed) or not dumps.is_in(line, beside)}


def _is_own(line: str, changed: Sequence[Changed]) -> bool:
    return any(dumps.is_of(line, one.code) for one in changed)


def _has_blank(line: str) -> bool:
    return line.startswith("_:") or " _:" in line


def take_over(overlay: Overlay, held: HeldStore, mine: Turn, *, keep: int, progress: Progress) -> Built:
    """Write the snapshot; readers see it at the end."""
    said = overlay.previous.manifest
    about, inputs = {name: said[name] for name in ("ontology", "knowledge")}, _inputs(overlay)
    progress("store")
    with writing(mine, about, keep) as room:
        held.copy_to(room / "store")
        disk = EmbeddedStore.create(room / "store")
        for graph in overlay.removed:
            disk.change(names.graph(graph), overlay.removed[graph], overlay.added[graph])
        disk.close()
        del disk  # lets go of the files before they are hashed
        sizes = _write_dumps(overlay, room / "dumps")
        _write_rows(overlay, room / "rows")
        inputs |= _write_inputs(overlay, room / "inputs")
        cities = _cities(overlay)
        about |= {"cities": cities, "triples": sizes, "inputs": inputs}
    return Built(tuple(cities), sizes, str(mine.root))


def _write_dumps(overlay: Overlay, folder: Path) -> dict[str, int]:
    """Write the dumps that change and take the others over; return the number of triples of each graph."""
    before, sizes = overlay.previous.dumps, dict(_mapping(overlay.previous.manifest.get("triples")))
    stale = set()
    for graph in overlay.removed:
        going, coming = overlay.removed[graph], overlay.added[graph]
        sizes[graph] = int(str(sizes[graph])) - len(going) + len(coming)
        if dumps.by_city(before):
            for one in overlay.changed:
                stale.add(f"{graph}/{one.code}.nt")
                if one.city:
                    dumps.write(folder / graph / f"{one.code}.nt", sorted(one.after.get(graph, ())))
        elif going or coming:
            stale.add(f"{graph}.nt")
            kept = (line for line in dumps.lines(dumps.files(before, graph)) if line not in going)
            dumps.write(folder / f"{graph}.nt", sorted({*kept, *coming}))
    _link(before, folder, stale)
    return {graph: int(str(size)) for graph, size in sizes.items()}


def _write_rows(overlay: Overlay, folder: Path) -> None:
    before = overlay.previous.path / "rows"
    if before.is_dir():
        lines = {one.code: {graph: sorted(found) for graph, found in one.after.items()} for one in overlay.changed}
        _link(before, folder, change_rows(before, folder, lines))


def _inputs(overlay: Overlay) -> dict[str, Described]:
    """Return the files of the cities as they were read, by their names among the inputs."""
    replaced = _replaced(overlay)
    found = {
        name: file
        for name, file in listed({"files": overlay.previous.manifest.get("inputs")}).items()
        if name.partition("/")[0] not in replaced
    }
    for city in (one.city for one in overlay.changed if one.city):
        found |= {f"{folder_name(city.code, city.name)}/{path.name}": described(path) for path in city.files()}
    return found


def _write_inputs(overlay: Overlay, folder: Path) -> dict[str, Described]:
    """Write the inputs: the folders of what changed instead of those that were, all others as they are.

    Returns the lists of cities that are left out: no person wrote them.
    """
    replaced, gone = _replaced(overlay), [one.code for one in overlay.changed if one.city is None]
    for path in (p for p in overlay.previous.inputs if p.name not in replaced):
        _link(path, folder / path.name, ())
        if gone and is_of_many(path):
            leave_out(folder / path.name, gone)
    for one in overlay.changed:
        if one.city:
            copy_city(one.city, folder)
    return {path.relative_to(folder).as_posix(): described(path) for path in folder.glob(f"*/{WITHOUT}")}


def _replaced(overlay: Overlay) -> set[str]:
    """Return the names of the folders that the changed cities had, if any."""
    cities = _mapping(overlay.previous.manifest.get("cities"))
    return {folder_name(one.code, str(cities.get(one.code) or "")) for one in overlay.changed}


def _cities(overlay: Overlay) -> dict[str, str]:
    known = _mapping(overlay.previous.manifest.get("cities"))
    found = {code: str(name) for code, name in known.items()}
    for one in overlay.changed:
        found.pop(one.code, None)
        if one.city:
            found[one.code] = one.city.name
    return dict(sorted(found.items()))


def _link(before: Path, folder: Path, stale: Collection[str]) -> None:
    """Take over the files below a folder that are not stale: they are shared, as nobody changes them."""
    for where, _, files in os.walk(before):
        target = folder / Path(where).relative_to(before)
        target.mkdir(parents=True, exist_ok=True)
        for name in files:
            if (Path(where) / name).relative_to(before).as_posix() not in stale:
                try:
                    os.link(Path(where) / name, target / name)
                except OSError:  # a file system without links
                    shutil.copyfile(Path(where) / name, target / name)


def _mapping(said: object) -> Mapping[str, object]:
    return said if isinstance(said, Mapping) else {}
