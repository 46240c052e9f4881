"""A snapshot, the pointer to the one that is served, and opening it so that no build removes it meanwhile."""

from __future__ import annotations

import fcntl
import json
import os
import re
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sckg.problems import NotPossible, counted, cut
from sckg.stores.embedded import EmbeddedStore

MANIFEST = "manifest.json"
ID = re.compile(r"(\d{6,})-([0-9a-f]{8})")
ATTEMPTS = 20  # a reader loses a race only when as many builds as are kept end between two of its steps


def default_store() -> Path:
    """Return where the store is when nobody says: ``SCKG_STORE``, or a folder of this user."""
    if named := os.environ.get("SCKG_STORE"):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "sckg" / "store"


@dataclass(frozen=True)
class Snapshot:
    """One finished build."""

    path: Path

    @property
    def name(self) -> str:
        """Return its id: a number that grows with every build, and the first digits of its manifest's SHA-256."""
        return self.path.name

    @property
    def number(self) -> int:
        """Return the number of its id, which orders snapshots whatever the clock says; 0 when it has none."""
        found = ID.fullmatch(self.name)
        return int(found[1]) if found else 0

    @property
    def store(self) -> Path:
        """Return the folder of the Oxigraph store."""
        return self.path / "store"

    @property
    def dumps(self) -> Path:
        """Return the folder with one sorted N-Triples file per graph."""
        return self.path / "dumps"

    @property
    def inputs(self) -> list[Path]:
        """Return the city folders that the snapshot was built from, sorted."""
        folder = self.path / "inputs"
        return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []

    @property
    def manifest(self) -> Mapping[str, object]:
        """Return what the manifest says. Raises NotPossible when it cannot be read."""
        try:
            said = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise NotPossible(f"{self.path / MANIFEST}: the manifest is missing or damaged") from error
        if not isinstance(said, dict):
            raise NotPossible(f"{self.path / MANIFEST}: the manifest is damaged")
        return said


def current(root: Path) -> Snapshot:
    """Return the snapshot that is served. Raises NotPossible when nothing was built there yet."""
    found = held(root)
    if found is None:
        raise NotPossible(f"{root} holds no build yet; run 'sckg build' first, or name a store with --store")
    return found


def held(root: Path) -> Snapshot | None:
    """Return the snapshot that is served, or None when nothing was built there yet.

    Raises NotPossible when the pointer cannot be read, or names no snapshot that is there.
    """
    try:
        name = (root / "current").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        name = ""
    except OSError as error:
        raise NotPossible(f"{root}: the store cannot be read ({error.strerror})") from error
    snapshot = Snapshot(root / "snapshots" / name)
    if ID.fullmatch(name) and snapshot.path.is_dir():
        return snapshot
    there = len(snapshots(root))
    remedy = "'sckg rollback' serves the newest of them" if there else "remove the file and run 'sckg build'"
    raise NotPossible(
        f"{root / 'current'}: the store's file 'current' is damaged: it names no snapshot that is there "
        f"({counted(there, 'snapshot')} kept); {remedy}"
    )


def snapshots(root: Path) -> list[Snapshot]:
    """Return every snapshot that is kept, oldest first."""
    folder = root / "snapshots"
    try:
        found = [Snapshot(path) for path in folder.iterdir() if ID.fullmatch(path.name) and path.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda snapshot: (snapshot.number, snapshot.name))


class Gone(Exception):  # noqa: N818 - it says what happened
    """The snapshot was removed before it could be held."""


class Hold:
    """Keeps a snapshot from being removed, until it is let go or forgotten."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        path = snapshot.path / MANIFEST
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError as error:
            if snapshot.path.is_dir():
                raise NotPossible(f"{path}: the manifest is missing or damaged") from error
            raise Gone from error
        except OSError as error:
            raise NotPossible(f"{path}: the manifest cannot be read ({error.strerror})") from error
        self.let_go = weakref.finalize(self, os.close, handle)
        self._lock(handle, path)

    def _lock(self, handle: int, path: Path) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:  # it is being removed
            raise Gone from error
        except OSError:  # a file system without locks: what is open there is not protected
            return
        try:
            is_there = os.path.samestat(os.fstat(handle), path.stat())
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise Gone


class HeldStore(EmbeddedStore):
    """A snapshot's store, open for reading; while it is open no build removes the snapshot."""

    hold: Hold | None = None


def open_snapshot(snapshot: Snapshot) -> HeldStore:
    """Return the store of a snapshot, open for reading. Raises Gone when it was removed, NotPossible when damaged."""
    hold = Hold(snapshot)
    try:
        opened = HeldStore.read_only(snapshot.store)
    except (OSError, RuntimeError) as error:  # the second when a file is damaged
        told = "'sckg verify' names what differs, 'sckg build' makes it again"
        root = snapshot.path.parents[1]
        raise NotPossible(f"the store {root} cannot be read ({cut(str(error))}); {told}") from error
    opened.hold = hold
    return opened


def open_current(root: Path) -> HeldStore:
    """Return the store that is served, open for reading. Raises NotPossible when there is none."""
    for _ in range(ATTEMPTS):
        with suppress(Gone):
            return open_snapshot(current(root))
    raise NotPossible(f"{root}: builds replace the snapshot faster than it can be opened; ask again")
