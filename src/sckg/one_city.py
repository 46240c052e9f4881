"""Some cities built into a store that holds others: only what they contribute is replaced, in a copy of the snapshot.

The result is that of a build of everything. Where that is not certain beforehand, everything is built: when the
knowledge changed, when cities refer to one another, when something of the snapshot is not as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from pyoxigraph import NamedNode

from sckg import __version__, names
from sckg.assets import Knowledge
from sckg.contributions import Deriving, as_lines
from sckg.evidence import CityEvidence, text_of
from sckg.pipeline import Built, Progress, Wanted, folder_name, problems_of, read_cities, read_model
from sckg.problems import NotPossible, ProblemsFound, suggestion
from sckg.rows.national import code_of
from sckg.snapshots import dumps
from sckg.snapshots.durable import Turn
from sckg.snapshots.manifest import knowledge_files, verify
from sckg.snapshots.reading import Gone, HeldStore, Snapshot, open_snapshot
from sckg.taking_over import Changed, Lines, Overlay, take_over

FEW = 2  # fewer other cities are built again as quickly as they are taken over
EVIDENCE = names.graph("evidence")


def rebuild(wanted: Wanted, mine: Turn, knowledge: Knowledge, *, keep: int, progress: Progress) -> Built | None:
    """Build these cities into the store and leave others out; return None when everything is to be built instead."""
    previous = mine.previous
    if previous is None or not _is_as_written(previous, knowledge) or not (held := _opened(previous)):
        return None
    progress("read")
    memory, cities = read_model(knowledge), cities_of(previous)
    named = read_cities(wanted.folders, memory, knowledge)
    codes = {city.code for city in named}
    gone = sorted({*wanted.without} - codes)
    by_city = dumps.by_city(previous.dumps)
    others = cities.keys() - codes - {*gone}
    if len(codes) < len(named) or not others or not (by_city or (len(others) >= FEW and not gone)):
        return None
    progress("check")
    if any(_refers(city, {*cities, *codes}) for city in named):
        return None
    if problems := problems_of(named, memory, knowledge):
        raise ProblemsFound(problems)
    progress("derive")
    derive = _deriving(Deriving(memory, knowledge))
    if by_city:
        before = {code: _dumped(previous, code) for code in (*codes, *gone)}
    else:
        folder = {code: previous.path / "inputs" / folder_name(code, name) for code, name in cities.items()}
        before = {c: derive(read_cities([folder[c]], memory, knowledge)[0]) if c in cities else {} for c in codes}
    changed = [Changed(city.code, before[city.code], derive(city), city) for city in named]
    changed += [Changed(code, before[code], {}, None) for code in gone]
    overlay = Overlay.of(previous, changed, others)
    if overlay is None or _is_spoken_of(changed, held):
        return None
    return take_over(overlay, held, mine, keep=keep, progress=progress)


def refuse_unknown(without: Collection[str], previous: Snapshot | None, root: Path) -> None:
    """Raise NotPossible for a city that is to go and is not there."""
    if without and previous is None:
        raise NotPossible("--without is of cities that the store holds; not with --fresh, nor a folder of many cities")
    there = cities_of(previous) if previous else {}
    for code in (code for code in without if code not in there):
        hint = suggestion(code, there) or "'sckg query cities' lists them"
        raise NotPossible(f"{root} holds no city {code}. {hint}")
    if there and not there.keys() - {*without}:
        raise NotPossible(f"{root} would hold no city; remove the folder instead")


def cities_of(snapshot: Snapshot) -> dict[str, str]:
    """Return the names of the cities of a snapshot by their codes."""
    said = snapshot.manifest.get("cities")
    return {str(code): str(name) for code, name in said.items()} if isinstance(said, Mapping) else {}


def _is_as_written(snapshot: Snapshot, knowledge: Knowledge) -> bool:
    """Return whether the snapshot was made with what is at hand now, and its files have their sizes still."""
    said = snapshot.manifest
    made = (said.get("sckg"), said.get("base"), said.get("knowledge"))
    return made == (__version__, names.base(), knowledge_files(knowledge)) and not verify(snapshot, quick=True)


def _opened(snapshot: Snapshot) -> HeldStore | None:
    """Return the store of a snapshot, or None when it is damaged: its inputs may not be."""
    try:
        return open_snapshot(snapshot)
    except (Gone, NotPossible):
        return None


def _deriving(deriving: Deriving) -> Callable[[CityEvidence], Lines]:
    def derive(city: CityEvidence) -> Lines:
        return {graph: set(lines) for graph, lines in deriving.of({"evidence": as_lines(city.triples)}).items()}

    return derive


def _dumped(snapshot: Snapshot, code: str) -> Lines:
    """Return what a city contributed to a snapshot; nothing when it is new."""
    files = {graph: snapshot.dumps / graph / f"{code}.nt" for graph in dumps.graphs(snapshot.dumps)}
    return {graph: set(dumps.lines([path])) for graph, path in files.items() if path.is_file()}


def _refers(city: CityEvidence, codes: Collection[str]) -> bool:
    """Return whether a city speaks of a thing of another one, which then would have to be seen."""
    spoken_of = {code_of(text_of(t.object)) for t in city.triples if _is_ours(t.object)}
    return not spoken_of.isdisjoint({*codes} - {city.code})


def _is_ours(term: object) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(names.data_base())


def _is_spoken_of(changed: Iterable[Changed], held: HeldStore) -> bool:
    """Return whether another city speaks of a thing that is described no longer."""
    return any(
        code_of(who) != one.code
        for one in changed
        for thing in _subjects(one.before) - _subjects(one.after)
        for who in held.who_says(thing, EVIDENCE)
    )


def _subjects(lines: Lines) -> set[NamedNode]:
    return {NamedNode(line[1 : line.index(">")]) for line in lines.get("evidence", ()) if line.startswith("<")}
