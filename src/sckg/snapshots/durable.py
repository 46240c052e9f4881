"""Make a snapshot so that whatever happens there is a whole one: the old one until the new one is on the disk.

The order is the point. Everything is flushed before the rename, the rename before the pointer, and old snapshots go
last. Whoever is killed in between leaves a hidden folder, which the next build removes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sckg.problems import NotPossible
from sckg.snapshots.manifest import digits, write_manifest
from sckg.snapshots.reading import MANIFEST, Snapshot, held, snapshots

KEPT = 5
_TRACES = ("LOG", "LOG.old.*", "LOCK")  # what RocksDB leaves for whoever writes next; a reader needs none of it


@dataclass(frozen=True)
class Turn:
    """One build's turn at a store: the snapshot that it starts from. No other build ends before it does."""

    root: Path
    previous: Snapshot | None
    locks: ExitStack
    is_locked: bool


@contextmanager
def turn(root: Path, *, damaged: bool = False) -> Iterator[Turn]:
    """Yield the turn of one build. Raises NotPossible when the store cannot be written or another build is under way.

    A store that is not there yet is made only once there is something to put in: see ``writing``. A pointer that is
    ``damaged`` is taken by what replaces it without looking; a build that adds to it would forget its cities.
    """
    with ExitStack() as locks:
        if is_there := (root / "snapshots").is_dir():
            locks.enter_context(_locked(root))
        yield Turn(root, None if damaged else held(root), locks, is_there)


def writing(mine: Turn, about: Mapping[str, object], keep: int = KEPT) -> AbstractContextManager[Path]:
    """Yield an empty folder to build in; at the end it becomes the snapshot that is served.

    ``about`` is what the manifest says of the build, with what the body adds to it. When anything fails the folder is
    removed and the old snapshot stays; when the disk was the reason, that is told as NotPossible. The last ``keep``
    snapshots are kept.
    """
    return _room(mine, lambda room: _seal(room, about, mine.previous), keep)


def receiving(mine: Turn) -> AbstractContextManager[Path]:
    """Yield an empty folder for a snapshot that was built elsewhere, with its manifest; all others are kept."""
    return _room(mine, lambda room: digits((room / MANIFEST).read_bytes()), sys.maxsize)


@contextmanager
def _room(mine: Turn, seal: Callable[[Path], str], keep: int) -> Iterator[Path]:
    root = mine.root
    with _told(root):
        if not mine.is_locked:
            _make(root)
            mine.locks.enter_context(_locked(root))
            if held(root) != mine.previous:
                raise NotPossible(f"{root}: another build made this store meanwhile; build again, on top of it")
        _remove_leftovers(root)
        room = root / "snapshots" / f".building-{os.getpid()}"
        room.mkdir()
        try:
            yield room
            _publish(root, room, seal(room))
        finally:
            shutil.rmtree(room, ignore_errors=True)
            (root / "current.new").unlink(missing_ok=True)
    _prune(root, keep)


def point(root: Path, snapshot: Snapshot) -> None:
    """Serve this snapshot from now on; a reader sees the old pointer or the new one."""
    _prepare_pointer(root, snapshot.name)
    _swap_pointer(root)


def flush(folder: Path) -> None:
    """Return when every file and folder below is on the disk."""
    for where, _, files in os.walk(folder, topdown=False):
        for name in files:
            _sync(Path(where) / name)
        _sync(Path(where))


def _seal(room: Path, about: Mapping[str, object], previous: Snapshot | None) -> str:
    for pattern in _TRACES:
        for path in (room / "store").glob(pattern):
            path.unlink()
    return write_manifest(room, about, previous)


def _publish(root: Path, room: Path, sealed: str) -> None:
    flush(room)
    number = max((s.number for s in snapshots(root)), default=0) + 1
    snapshot = Snapshot(root / "snapshots" / f"{number:06d}-{sealed}")
    _prepare_pointer(root, snapshot.name)  # before the rename: a full disk shall not stop the build between the two
    room.rename(snapshot.path)
    _sync(root / "snapshots")
    _swap_pointer(root)


def _prepare_pointer(root: Path, name: str) -> None:
    fresh = root / "current.new"
    fresh.write_text(f"{name}\n", encoding="utf-8")
    _sync(fresh)


def _swap_pointer(root: Path) -> None:
    (root / "current.new").replace(root / "current")
    _sync(root)


def _prune(root: Path, keep: int) -> None:
    """Remove old snapshots, never the served one and never one that a reader has open."""
    served = held(root)
    for old in snapshots(root)[: -max(keep, 1)]:
        if old != served:
            with suppress(OSError):  # it is open, or cannot go now; the next build tries again
                _remove(old)


def _remove(snapshot: Snapshot) -> None:
    with ExitStack() as locks:
        with suppress(FileNotFoundError):  # damaged: nobody can open it
            manifest = locks.enter_context((snapshot.path / MANIFEST).open("r+b"))
            fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
        gone = snapshot.path.with_name(f".removing-{snapshot.name}")
        snapshot.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _remove_leftovers(root: Path) -> None:
    """Remove what killed builds left. Only the one that holds the lock may."""
    for pattern in (".building-*", ".removing-*"):
        for left in (root / "snapshots").glob(pattern):
            shutil.rmtree(left)
    (root / "current.new").unlink(missing_ok=True)


def _make(root: Path) -> None:
    fresh = [p for p in (root, *root.parents) if not p.exists()]
    (root / "snapshots").mkdir(parents=True, exist_ok=True)
    for folder in (root, *fresh):
        _sync(folder)
        _sync(folder.parent)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the store's lock; the file says which process does."""
    try:
        lock = (root / "lock").open("a+b", buffering=0)
    except OSError as error:
        raise NotPossible(
            f"{root}: cannot write here ({error.strerror}); what is served stays; name another folder with --store"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotPossible(f"{root}: another build is under way{_by_whom(root)}; wait for it") from error
        except OSError as error:
            raise NotPossible(f"{root}: cannot be locked ({error.strerror}); build on a local disk") from error
        with suppress(OSError):  # a full disk: the lock holds without a name
            lock.truncate(0)
            lock.write(b"%d" % os.getpid())
        try:
            yield
        finally:
            with suppress(OSError):
                lock.truncate(0)


def _by_whom(root: Path) -> str:
    with suppress(OSError, ValueError):
        return f" (process {int((root / 'lock').read_text(encoding='ascii'))})"
    return ""


@contextmanager
def _told(root: Path) -> Iterator[None]:
    """Tell a disk that fails as NotPossible: what happened, and what is served now."""
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}" if error.filename else error.strerror or str(error)
        served = None
        with suppress(NotPossible):
            served = held(root)
        stays = f"the snapshot {served.name} stays served" if served else "nothing is served yet, as before"
        raise NotPossible(
            f"{root}: the new snapshot could not be written ({reason}); {stays}. Once the cause is gone, build again: "
            "there is nothing to clean up"
        ) from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
