"""Which snapshots are kept, what a person calls them, and serving an earlier one again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyoxigraph import Literal

from sckg.problems import NotPossible, suggestion
from sckg.snapshots.durable import point, turn
from sckg.snapshots.manifest import listed, verify
from sckg.snapshots.reading import Gone, Hold, Snapshot, current, held, snapshots
from sckg.stores.base import Row, Table

CURRENT, PREVIOUS = "current", "previous"
COLUMNS = ("snapshot", "state", "built", "cities", "triples", "size", "content")
CONTENT_DIGITS = 12


def named(root: Path, text: str) -> Snapshot:
    """Return the snapshot that a person names: its id or number, ``current``, ``previous``, or a folder.

    A folder is a snapshot, or a store, whose current snapshot is meant. Raises NotPossible for anything else.
    """
    if text in {"", CURRENT}:
        return current(root)
    if text == PREVIOUS:
        return previous(root)
    there = snapshots(root)
    for snapshot in there:
        if text in {snapshot.name, snapshot.name.partition("-")[0], str(snapshot.number)}:
            return snapshot
    path = Path(text)
    if (path / "snapshots").is_dir():
        return current(path)
    if path.is_dir():
        return Snapshot(path.resolve())
    hint = suggestion(text, [s.name for s in there]) or "'sckg snapshots' lists them."
    raise NotPossible(f"'{text}' is no snapshot that is kept here, and no folder. {hint}")


@contextmanager
def kept(root: Path, text: str) -> Iterator[Snapshot]:
    """Yield the snapshot that a person names; no build removes it meanwhile."""
    snapshot = named(root, text)
    try:
        hold = Hold(snapshot)
    except Gone as error:
        raise NotPossible(f"{snapshot.path} was just removed; 'sckg snapshots' lists what is kept") from error
    try:
        yield snapshot
    finally:
        hold.let_go()


def previous(root: Path) -> Snapshot:
    """Return the newest snapshot that is older than the served one. Raises NotPossible when there is none."""
    served = current(root)
    older = [s for s in snapshots(root) if s.number < served.number]
    if not older:
        raise NotPossible(f"{root}: no snapshot older than {served.name} is kept")
    return older[-1]


def roll_back(root: Path, text: str = "") -> Snapshot:
    """Serve an earlier snapshot again, the previous one when none is named; return it.

    Raises NotPossible when there is none, when it is not as it was built, or while a build is under way.
    """
    with turn(root, damaged=True):
        wanted = named(root, text) if text else _previous_or_newest(root)
        if wanted.path.parent.resolve() != (root / "snapshots").resolve():
            raise NotPossible(f"{wanted.path} is not in the store {root}; 'sckg restore' brings one in")
        if wrong := verify(wanted):
            raise NotPossible(f"{wanted.name} is not as it was built, and is not served: {wrong[0]}")
        point(root, wanted)
    return wanted


def table(root: Path) -> Table:
    """Return one row for every snapshot that is kept, newest first."""
    served = _served(root)
    return Table(COLUMNS, tuple(_row(s, is_served=s == served) for s in reversed(snapshots(root))))


def _row(snapshot: Snapshot, *, is_served: bool) -> Row:
    """Return what the manifest says of a snapshot; of a damaged one no more than that it is."""
    try:
        said = snapshot.manifest
        size = sum(int(file["size"]) for file in listed(said).values())
    except NotPossible:
        return {"snapshot": Literal(snapshot.name), "state": Literal("damaged")}
    cities, triples = said.get("cities"), said.get("triples")
    return {
        "snapshot": Literal(snapshot.name),
        "state": Literal("served" if is_served else "kept"),
        "built": Literal(str(said.get("built", ""))),
        "cities": Literal(" ".join(cities) if isinstance(cities, Mapping) else ""),
        "triples": Literal(sum(triples.values()) if isinstance(triples, Mapping) else 0),
        "size": Literal(size),
        "content": Literal(str(said.get("content", ""))[:CONTENT_DIGITS]),
    }


def _served(root: Path) -> Snapshot | None:
    try:
        return held(root)
    except NotPossible:
        return None


def _previous_or_newest(root: Path) -> Snapshot:
    """Return the newest snapshot when the pointer is damaged: it was the one that was served, most likely."""
    if _served(root):
        return previous(root)
    there = snapshots(root)
    return there[-1] if there else current(root)
