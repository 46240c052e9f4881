"""What a snapshot consists of and what it was built from, and whether it still is so."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from sckg import __version__, names
from sckg.assets import Knowledge
from sckg.problems import NotPossible
from sckg.snapshots.reading import ID, MANIFEST, Snapshot
from sckg.stores.base import Store

Described = dict[str, str | int]
_VERSION = NamedNode(f"{names.OWL}versionInfo")
DIGITS = 8  # of the manifest's SHA-256 that are part of a snapshot's id
_SAFE = re.compile(r"[^/\x00]+(?:/[^/\x00]+)*")


def knowledge_files(knowledge: Knowledge) -> dict[str, Described]:
    """Return every file of the ontology and the rules, described, by its path below its root.

    Files of an added root carry its folder's name in front: a ministry's rule is not the shipped one.
    """
    found = {}
    for number, root in enumerate(knowledge.roots):
        for folder in ("ontology", "rules"):
            for path in _plain_files(root / folder):
                name = path.relative_to(root).as_posix()
                found[f"{root.name}/{name}" if number else name] = described(path)
    return found


def about_build(model: Store, knowledge: Knowledge, cities: Mapping[str, Iterable[Path]]) -> dict[str, object]:
    """Return what a build rests on: the ontology's version, each file of knowledge, each file of the named cities."""
    said = (t.object for t in model.triples(names.graph("model")) if t.predicate == _VERSION)
    version = min((o.value for o in said if isinstance(o, Literal)), default="")
    files = [(f"{name}/{path.name}", path) for name, paths in cities.items() for path in paths]
    inputs = {name: described(path) for name, path in files if os.access(path, os.R_OK)}  # else it is told as a problem
    return {"ontology": version, "knowledge": knowledge_files(knowledge), "inputs": inputs}


def built_now() -> str:
    """Return the time of a build, for people only: nothing is ordered by it. ``SOURCE_DATE_EPOCH`` sets it."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(given), UTC) if given.isdigit() else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_manifest(room: Path, about: Mapping[str, object], previous: Snapshot | None = None) -> str:
    """Write the manifest of a finished folder; return the digits that belong into the snapshot's id.

    A file that is shared with the ``previous`` snapshot is what it was there: were it damaged since, that can be found.
    Raises NotPossible when an input is not what was read any more: the kept copy would not be what was built.
    """
    there = {path.relative_to(room).as_posix(): path for path in _files(room)}
    files = dict(_shared(there, previous)) if previous else {}
    files |= {name: described(path) for name, path in there.items() if name not in files}
    for name, read in sorted(_mapping(about, "inputs").items()):
        if files.get(f"inputs/{name}") != read:
            raise NotPossible(f"{name} was changed while it was being built; nothing was stored: build again")
    said = {"sckg": __version__, "base": names.base(), "built": built_now(), **about}
    said |= {"content": content(files), "files": files}
    text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (room / MANIFEST).write_text(text, encoding="utf-8")
    return digits((room / MANIFEST).read_bytes())


def _shared(there: Mapping[str, Path], previous: Snapshot) -> Iterator[tuple[str, Described]]:
    """Yield what is known of files that are also the previous snapshot's."""
    known: dict[str, Described] | None = None
    for name, path in there.items():
        if path.stat().st_nlink > 1:
            known = listed(previous.manifest) if known is None else known
            if name in known and path.samefile(previous.path / name):
                yield name, known[name]


def content(files: Mapping[str, Described]) -> str:
    """Return one SHA-256 over the dumps: two snapshots with the same one hold the same triples."""
    lines = [f"{name} {files[name]['sha256']}\n" for name in sorted(files) if name.startswith("dumps/")]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _mapping(about: Mapping[str, object], name: str) -> Mapping[str, object]:
    said = about.get(name)
    return said if isinstance(said, Mapping) else {}


def digits(manifest: bytes) -> str:
    """Return the digits of a manifest that are part of a snapshot's id."""
    return hashlib.sha256(manifest).hexdigest()[:DIGITS]


def listed(manifest: Mapping[str, object]) -> dict[str, Described]:
    """Return the files that a manifest lists. Raises NotPossible when it lists them wrongly."""
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(_is_described(name, said) for name, said in files.items()):
        raise NotPossible(f"{MANIFEST}: lists no files, or lists them wrongly")
    return files


def verify(snapshot: Snapshot, *, quick: bool = False) -> list[str]:
    """Return what differs from the manifest: a changed, missing or added file, one sentence each.

    ``quick`` compares sizes only.
    """
    try:
        promised = listed(snapshot.manifest)
    except NotPossible:
        return [f"{MANIFEST}: is missing or damaged"]
    found = ID.fullmatch(snapshot.name)
    wrong = []
    if found is None or found[2] != digits((snapshot.path / MANIFEST).read_bytes()):
        wrong.append(f"{MANIFEST}: does not belong to the snapshot's id {snapshot.name}")
    there = dict(_entries(snapshot.path))
    wrong += [f"{name}: is missing" for name in promised.keys() - there.keys()]
    wrong += [f"{name}: was added" for name in there.keys() - promised.keys() - _folders(promised)]
    both = promised.keys() & there.keys()
    wrong += [f"{name}: {told}" for name in both if (told := _difference(there[name], promised[name], quick=quick))]
    return sorted(wrong)


def described(path: Path) -> Described:
    """Return the SHA-256 and the size of a file."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": os.fstat(file.fileno()).st_size}


def _difference(path: Path, promised: Described, *, quick: bool) -> str:
    """Return what is wrong with a file, or an empty text."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return "is no plain file any more"
        is_same = status.st_size == promised["size"] and (quick or described(path) == promised)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if is_same else "differs from the manifest"


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield all that is below a folder but its manifest: files, folders, links and whatever else."""
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root) / name
            if path != folder / MANIFEST:
                yield path.relative_to(folder).as_posix(), path


def _folders(files: Iterable[str]) -> set[str]:
    """Return the folders that the files lie in; others were added."""
    return {parent.as_posix() for name in files for parent in Path(name).parents}


def _files(folder: Path) -> Iterator[Path]:
    return (path for _, path in sorted(_entries(folder)) if path.is_file())


def _plain_files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _is_described(name: object, said: object) -> bool:
    return (
        isinstance(name, str)
        and _SAFE.fullmatch(name) is not None
        and not {"", ".", ".."} & set(name.split("/"))
        and isinstance(said, dict)
        and isinstance(said.get("sha256"), str)
        and isinstance(said.get("size"), int)
    )
