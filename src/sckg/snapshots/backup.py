"""One file with a whole snapshot, and back: nothing is believed that its manifest does not promise.

The file is a tar, compressed with gzip, that any system opens: the manifest first, then every file in the order of
their names, without owners and times. The same snapshot gives the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from sckg.problems import NotPossible, printable, quoted
from sckg.snapshots.durable import receiving, turn
from sckg.snapshots.manifest import Described, digits, listed
from sckg.snapshots.reading import MANIFEST, Snapshot, current

LEVEL = 6  # the store's own files are compressed already; more would take longer and gain little
CHUNK = 1 << 20
MOST_AT_ONCE = 64 << 20  # bytes of a manifest, or of what stands before a file: more is no backup of ours
_BROKEN = (tarfile.TarError, ValueError)


def back_up(snapshot: Snapshot, file: Path, *, force: bool = False) -> int:
    """Write a snapshot into one file, which is there whole or not at all; return its size in bytes.

    Raises NotPossible when the snapshot is not as it was built, and for a file that is there already, unless ``force``.
    """
    if file.is_dir() or (file.exists() and not force):
        raise NotPossible(f"{file} is there already; name another file, or write over it with --force")
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as raw:
            _pack(snapshot, raw)
            raw.flush()
            os.fsync(raw.fileno())
        fresh.replace(file)
        return file.stat().st_size
    except OSError as error:
        raise NotPossible(f"{file}: the backup could not be written ({error.strerror or error})") from error
    finally:
        fresh.unlink(missing_ok=True)


def restore(file: Path, root: Path, *, force: bool = False) -> Snapshot:
    """Bring the snapshot of a backup into a store, serve it, and return it.

    Every file is compared with the manifest on its way. Raises NotPossible when anything differs, and for a folder that
    holds something, unless ``force``; what it holds is kept, beside the snapshot that is brought in.
    """
    if not force and _holds_something(root):
        raise NotPossible(f"{root} is not empty; name an empty folder, or serve the backup there with --force")
    with turn(root, damaged=force) as mine, _reading(file) as tar, receiving(mine) as room:
        _unpack(tar, file, room)
    return current(root)


def _holds_something(root: Path) -> bool:
    """Return whether there is more in a folder than what a build that failed leaves: a lock, and no snapshot."""
    if not root.is_dir():
        return False
    there = {path.name for path in root.iterdir()} - {"lock", "snapshots"}
    return bool(there) or any(path.name[:1] != "." for path in (root / "snapshots").glob("*"))


def _pack(snapshot: Snapshot, raw: IO[bytes]) -> None:
    promised = listed(snapshot.manifest)
    manifest = (snapshot.path / MANIFEST).read_bytes()
    if not snapshot.name.endswith(f"-{digits(manifest)}"):
        raise _differs(snapshot, MANIFEST)
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        _add(tar, snapshot, MANIFEST, {"size": len(manifest), "sha256": hashlib.sha256(manifest).hexdigest()})
        for name in sorted(promised):
            _add(tar, snapshot, name, promised[name])


def _add(tar: tarfile.TarFile, snapshot: Snapshot, name: str, promised: Described) -> None:
    """Put a file into the tar. Raises NotPossible when it is not the one that was built."""
    try:
        with (snapshot.path / name).open("rb") as file:
            entry = tarfile.TarInfo(name)  # of nobody, at no time
            entry.size = os.fstat(file.fileno()).st_size
            hashed = _Hashed(file)
            tar.addfile(entry, cast("IO[bytes]", hashed))
    except FileNotFoundError as error:
        raise _differs(snapshot, name) from error
    if {"size": entry.size, "sha256": hashed.digest.hexdigest()} != promised:
        raise _differs(snapshot, name)


def _differs(snapshot: Snapshot, name: str) -> NotPossible:
    return NotPossible(f"{snapshot.path} is not as it was built, and not backed up: {name} differs")


class _Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        content = self._file.read(size)
        self.digest.update(content)
        return content


class _Bounded(gzip.GzipFile):
    """A compressed file of which nobody reads very much at once: a header may say that it is as long as it likes."""

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes. Raises ReadError when they are too many, or cannot be read."""
        if size is None or not 0 <= size <= MOST_AT_ONCE:
            raise tarfile.ReadError(f"{size} bytes at once")
        try:
            return super().read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise tarfile.ReadError(str(error)) from error


@contextmanager
def _reading(file: Path) -> Iterator[tarfile.TarFile]:
    """Yield a backup, open. Raises NotPossible for what is no backup, or a damaged one."""
    try:
        with (
            file.open("rb") as raw,
            _Bounded(fileobj=raw, mode="rb") as packed,
            tarfile.open(fileobj=packed, mode="r:") as tar,
        ):
            yield tar
    except _BROKEN as error:
        raise NotPossible(f"{file} is no backup, or a damaged one; nothing was restored") from error
    except OSError as error:
        raise NotPossible(f"{file}: cannot be read ({error.strerror or error})") from error


def _unpack(tar: tarfile.TarFile, file: Path, room: Path) -> None:
    """Write the files of a backup below a folder: those that its manifest promises, and no other."""
    promised = _promised(tar, file, room)
    needed, free = sum(int(said["size"]) for said in promised.values()), shutil.disk_usage(room).free
    if needed > free:
        raise NotPossible(f"{file} holds {needed} bytes, and {room.parents[1]} has space for {free}")
    missing = dict(promised)
    while entry := tar.next():
        said = missing.pop(entry.name, None)
        if said is None or not entry.isreg() or entry.size != said["size"]:
            raise _refused(file, entry.name, "is not what the manifest promises")
        (room / entry.name).parent.mkdir(parents=True, exist_ok=True)
        if _write(tar, entry, room / entry.name) != said["sha256"]:
            raise _refused(file, entry.name, "differs from the manifest")
    if missing:
        raise _refused(file, min(missing), "is missing")


def _promised(tar: tarfile.TarFile, file: Path, room: Path) -> dict[str, Described]:
    """Write the manifest, which comes first, and return the files that it lists: their names stay below a folder."""
    entry = tar.next()
    if entry is None or entry.name != MANIFEST or not entry.isreg() or entry.size > MOST_AT_ONCE:
        raise _refused(file, MANIFEST, "does not come first")
    _write(tar, entry, room / MANIFEST)
    said = json.loads((room / MANIFEST).read_bytes())
    return listed(said if isinstance(said, dict) else {})


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> str:
    """Write one entry to a path; return its SHA-256."""
    digest = hashlib.sha256()
    source = tar.extractfile(entry)
    with path.open("xb") as target:
        while source and (chunk := source.read(CHUNK)):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _refused(file: Path, name: str, reason: str) -> NotPossible:
    return NotPossible(f"{file} is damaged or no backup: {printable(quoted(name))} {reason}; nothing was restored")
