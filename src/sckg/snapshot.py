"""An immutable snapshot of a build on disk, and the pointer that readers follow.

    STORE/current                 the name of the snapshot that is served
    STORE/snapshots/<id>/store    the Oxigraph store
                        /inputs   the city folders it was built from
                        /dumps    one file per graph, and the catalogue
                        /manifest.json   SHA-256 and size of every other file

A build writes into a folder of its own, makes it last, renames it, and then replaces the pointer in one step.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from sckg import __version__
from sckg.problems import NotPossible

KEPT = 3
MANIFEST = "manifest.json"


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
    def store(self) -> Path:
        """Return the folder of the Oxigraph store."""
        return self.path / "store"

    @property
    def inputs(self) -> list[Path]:
        """Return the city folders that the snapshot was built from, sorted."""
        folder = self.path / "inputs"
        return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []

    @property
    def manifest(self) -> dict[str, object]:
        """Return what the manifest says."""
        try:
            return json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))  # type: ignore[no-any-return]
        except (OSError, ValueError) as error:
            raise NotPossible(f"{self.path}: the manifest cannot be read; run 'sckg build' again") from error


def current(root: Path) -> Snapshot:
    """Return the snapshot that is served. Raises NotPossible when nothing was built there yet."""
    found = held(root)
    if found is None:
        raise NotPossible(f"{root} holds no build yet; run 'sckg build' first, or name a store with --store")
    return found


def held(root: Path) -> Snapshot | None:
    """Return the snapshot that is served, or None when nothing was built there yet."""
    try:
        name = (root / "current").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "its file 'current' is damaged"
        raise NotPossible(f"{root}: the store cannot be read ({reason})") from error
    snapshot = Snapshot(root / "snapshots" / name)
    return snapshot if name and snapshot.path.is_dir() else None


@contextmanager
def writing(root: Path) -> Iterator[Path]:
    """Yield an empty folder to build in; at the end it becomes the snapshot that is served.

    When the body fails the folder is removed and the old snapshot stays. Raises NotPossible when the
    store cannot be written or another build is under way.
    """
    try:
        (root / "snapshots").mkdir(parents=True, exist_ok=True)
        lock = (root / "lock").open("w")
    except OSError as error:
        raise NotPossible(f"{root}: cannot write here ({error.strerror}); name another folder with --store") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotPossible(f"{root}: another build is under way; wait for it") from error
        for left in (root / "snapshots").glob(".building-*"):
            shutil.rmtree(left)
        room = Path(mkdtemp(prefix=".building-", dir=root / "snapshots"))
        try:
            yield room
            _write_manifest(room)
            _publish(root, room)
        finally:
            shutil.rmtree(room, ignore_errors=True)


def verify(snapshot: Snapshot) -> list[str]:
    """Return what differs from the manifest: a changed, missing or added file, one sentence each."""
    listed = snapshot.manifest.get("files")
    if not isinstance(listed, dict):
        return [f"{MANIFEST}: lists no files"]
    there = {p.relative_to(snapshot.path).as_posix(): p for p in _files(snapshot.path)}
    wrong = [f"{name}: is missing" for name in listed.keys() - there.keys()]
    wrong += [f"{name}: was added" for name in there.keys() - listed.keys()]
    for name in listed.keys() & there.keys():
        if listed[name] != _described(there[name]):
            wrong.append(f"{name}: differs from the manifest")
    return sorted(wrong)


def _write_manifest(room: Path) -> None:
    files = {p.relative_to(room).as_posix(): _described(p) for p in _files(room)}
    manifest = {"sckg": __version__, "files": files}
    path = room / MANIFEST
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _publish(root: Path, room: Path) -> None:
    for path in _files(room):
        _sync(path)
    number = max((_number(p) for p in (root / "snapshots").iterdir()), default=0) + 1
    digest = hashlib.sha256((room / MANIFEST).read_bytes()).hexdigest()[:8]
    name = f"{number:06d}-{digest}"
    room.rename(root / "snapshots" / name)
    _sync(root / "snapshots")
    fresh = root / "current.new"
    fresh.write_text(f"{name}\n", encoding="utf-8")
    _sync(fresh)
    fresh.replace(root / "current")
    _sync(root)
    kept = sorted((p for p in (root / "snapshots").iterdir() if _number(p)), key=_number)
    for old in kept[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _number(path: Path) -> int:
    head = path.name.partition("-")[0]
    return int(head) if head.isdigit() else 0


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in {MANIFEST, "LOCK"})


def _described(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
