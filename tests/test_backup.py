"""A backup is one file that brings back what was built, to the byte; what is damaged or unkind brings back nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

import small_builds
from conftest import ROOT
from sckg.assets import Knowledge
from sckg.problems import NotPossible
from sckg.queries import catalogue
from sckg.snapshots import backup
from sckg.snapshots.backup import back_up, restore
from sckg.snapshots.manifest import verify
from sckg.snapshots.reading import Snapshot, current, open_current, snapshots
from test_cli import sckg

Entries = list[tarfile.TarInfo]
Content = dict[str, bytes]
Change = Callable[[Entries, Content], None]


@pytest.fixture
def root(quick: Path) -> Path:
    """Return a store with two small builds."""
    for number in (1, 2):
        small_builds.build(quick / "store", number)
    return quick / "store"


@pytest.fixture
def file(root: Path, quick: Path) -> Path:
    """Return a backup of the small store."""
    back_up(current(root), quick / "backup.tar.gz")
    return quick / "backup.tar.gz"


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(file: Path, where: Path) -> str:
    """Return why a file is not restored; nothing of it is left, in the folder or beside it."""
    before = contents(where.parent)
    with pytest.raises(NotPossible) as reason:
        restore(file, where)
    after = contents(where.parent)
    for there in (before, after):
        there.pop(f"{where.name}/lock", None)
    assert after == before
    assert not list(where.glob("snapshots/*"))
    return str(reason.value)


# --- The drill -------------------------------------------------------------------------------------


def test_a_drill_on_a_fresh_folder_brings_everything_back(
    kupang_store: str, knowledge: Knowledge, tmp_path: Path
) -> None:
    """As after a lost disk: from the file alone, by the commands, and compared file by file and answer by answer."""
    made = sckg("backup", "kupang.tar.gz", "--store", kupang_store, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    fresh = tmp_path / "elsewhere"
    fresh.mkdir()
    shutil.move(tmp_path / "kupang.tar.gz", fresh)
    done = sckg("restore", "kupang.tar.gz", "--store", "store", cwd=fresh)
    assert done.returncode == 0, done.stderr
    assert sckg("verify", "--store", "store", cwd=fresh).returncode == 0
    old, new = current(Path(kupang_store)), current(fresh / "store")
    assert contents(new.path) == contents(old.path)
    one, other = open_current(Path(kupang_store)), open_current(fresh / "store")
    for query in catalogue(knowledge).values():
        if query.subject != "why":
            assert query.ask(one, {}) == query.ask(other, {}), query.name
    again = sckg("build", str(ROOT / "cities" / "5371-kota-kupang"), "--store", "store", cwd=fresh)
    assert again.returncode == 0, again.stderr
    assert current(fresh / "store").manifest["content"] == old.manifest["content"]


def test_the_same_snapshot_gives_the_same_bytes(root: Path, file: Path, quick: Path) -> None:
    os.utime(current(root).dumps / "evidence.nt", (1, 1))
    back_up(current(root), quick / "again.tar.gz")
    assert (quick / "again.tar.gz").read_bytes() == file.read_bytes()


def test_any_snapshot_that_is_kept_can_be_backed_up(root: Path, quick: Path) -> None:
    done = sckg("backup", "one.tar.gz", "--snapshot", "previous", "--store", str(root), cwd=quick)
    assert done.returncode == 0, done.stderr
    restore(quick / "one.tar.gz", quick / "one")
    assert small_builds.served(quick / "one") == 1


def test_the_file_opens_with_any_tar_and_names_nobody(file: Path, root: Path) -> None:
    with tarfile.open(file) as tar:
        entries = tar.getmembers()
    assert [e.name for e in entries] == ["manifest.json", *sorted(current(root).manifest["files"])]  # type: ignore[call-overload]
    assert {(e.uid, e.gid, e.uname, e.gname, e.mtime, e.mode) for e in entries} == {(0, 0, "", "", 0, 0o644)}


# --- Never over something --------------------------------------------------------------------------


def test_a_backup_is_not_written_over_a_file(root: Path, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(NotPossible, match=r"is there already.*--force"):
        back_up(snapshots(root)[0], file)
    assert file.read_bytes() == before
    back_up(snapshots(root)[0], file, force=True)
    assert file.read_bytes() != before
    with pytest.raises(NotPossible, match="is there already"):
        back_up(current(root), root, force=True)


@pytest.mark.parametrize("there", ["a store", "something else"])
def test_a_restore_into_something_is_refused_and_with_force_keeps_it(root: Path, file: Path, there: str) -> None:
    where = root if there == "a store" else file.parent / "full"
    if where != root:
        where.mkdir()
        (where / "letter.txt").write_text("mine", encoding="utf-8")
    else:
        small_builds.build(root, 3)
    before = contents(where)
    with pytest.raises(NotPossible, match=r"is not empty.*--force"):
        restore(file, where)
    assert contents(where) == before
    restored = restore(file, where, force=True)
    assert small_builds.served(where) == 2
    assert verify(restored) == []
    after = contents(where)
    assert {name: after[name] for name in before if name != "current"} == {
        n: c for n, c in before.items() if n != "current"
    }


def test_a_restore_with_force_mends_a_damaged_pointer(root: Path, file: Path) -> None:
    (root / "current").write_bytes(b"\xff")
    with pytest.raises(NotPossible, match="is not empty"):
        restore(file, root)
    restore(file, root, force=True)
    assert small_builds.served(root) == 2


def test_an_empty_folder_is_empty(file: Path) -> None:
    (file.parent / "empty").mkdir()
    assert restore(file, file.parent / "empty").number == 1


# --- Damaged ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(path.read_bytes() + b"x"), Path.unlink])
def test_a_damaged_snapshot_is_not_backed_up(root: Path, quick: Path, spoil: Callable[[Path], object]) -> None:
    spoil(current(root).dumps / "evidence.nt")
    with pytest.raises(NotPossible, match=r"is not as it was built, and not backed up: dumps/evidence\.nt differs"):
        back_up(current(root), quick / "spoilt.tar.gz")
    assert sorted(p.name for p in quick.iterdir()) == ["store"]


def test_a_backup_that_was_cut_off_brings_back_nothing(file: Path) -> None:
    whole = file.read_bytes()
    for length in (0, 1, 10, 100, len(whole) // 2, len(whole) * 9 // 10):
        file.write_bytes(whole[:length])
        assert "backup" in refused(file, file.parent / "new")


def test_a_flipped_byte_is_found_or_does_no_harm(file: Path) -> None:
    whole, chance, found = file.read_bytes(), random.Random(20), 0  # noqa: S311 - not for secrets
    for _ in range(40):
        content = bytearray(whole)
        content[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)
        where = file.parent / "new"
        try:
            restored = restore(file, where)
        except NotPossible:
            found += 1
        else:
            assert verify(restored) == []
            assert small_builds.served(where) == 2
        shutil.rmtree(where, ignore_errors=True)
    assert found > 30


NO_BACKUPS = {
    "an empty file": b"",
    "a letter": b"not a backup",
    "a packed letter": gzip.compress(b"not a tar"),
    "an empty archive": gzip.compress(b"\0" * 20_000),
}


@pytest.mark.parametrize("content", NO_BACKUPS.values(), ids=NO_BACKUPS.keys())
def test_what_is_no_backup_is_a_sentence(quick: Path, content: bytes) -> None:
    (quick / "letter").write_bytes(content)
    assert "no backup" in refused(quick / "letter", quick / "new")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    done = sckg("restore", "gone.tar.gz", "--store", "new", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "sckg: gone.tar.gz: cannot be read (No such file or directory)\n"
    assert not (tmp_path / "new").exists()


# --- Unkind ----------------------------------------------------------------------------------------


def rewritten(file: Path, change: Change) -> Path:
    """Write the backup anew, changed: its entries, and the contents by name."""
    with tarfile.open(file) as tar:
        entries = tar.getmembers()
        content = {e.name: source.read() for e in entries if (source := tar.extractfile(e))}
    change(entries, content)
    with tarfile.open(file, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for entry in entries:
            data = content.get(entry.name, b"")
            entry.size = len(data) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(data))
    return file


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def promise(content: Content, name: str, data: bytes) -> None:
    """Let the manifest promise a file, as one who made the whole backup could."""
    said = json.loads(content["manifest.json"])
    said["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    content["manifest.json"] = json.dumps(said).encode()
    content[name] = data


OUTSIDE = [
    "../outside",
    "../../outside",
    "/var/tmp/sckg-outside",  # noqa: S108 - that nothing is written there
    "dumps/../../outside",
    "dumps/./x",
    "dumps//x",
    "..",
    "x/",
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("is_promised", [False, True])
def test_a_member_that_leaves_the_folder_is_refused(file: Path, name: str, is_promised: bool) -> None:
    def change(entries: Entries, content: Content) -> None:
        entries.append(entry(name))
        content[name] = b"evil"
        if is_promised:
            promise(content, name, b"evil")

    refused(rewritten(file, change), file.parent / "new" / "store")
    assert not Path("/var/tmp/sckg-outside").exists()  # noqa: S108 - that it is not there


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_member_that_is_no_file_is_refused(file: Path, kind: bytes) -> None:
    def change(entries: Entries, _: Content) -> None:
        entries[1:2] = [entry(entries[1].name, kind, "/etc/passwd")]

    assert "is not what the manifest promises" in refused(rewritten(file, change), file.parent / "new")


def drop(entries: Entries, _: Content) -> None:
    del entries[3]


def double(entries: Entries, _: Content) -> None:
    entries.append(entries[3])


def add(entries: Entries, _: Content) -> None:
    entries.append(entry("dumps/more.nt"))


def swap(entries: Entries, content: Content) -> None:
    content[entries[1].name] = content[entries[1].name].replace(b"2", b"3")


def lengthen(entries: Entries, content: Content) -> None:
    content[entries[1].name] += b"\n"


def no_manifest(entries: Entries, _: Content) -> None:
    del entries[0]


def late_manifest(entries: Entries, _: Content) -> None:
    entries.append(entries.pop(0))


def file_in_file(entries: Entries, content: Content) -> None:
    name = f"{entries[1].name}/below"
    promise(content, name, b"x")
    entries.append(entry(name))


def second_manifest(entries: Entries, content: Content) -> None:
    text = content["manifest.json"]
    promise(content, "manifest.json", text)
    entries.append(entries[0])


@pytest.mark.parametrize(
    "change", [drop, double, add, swap, lengthen, no_manifest, late_manifest, file_in_file, second_manifest]
)
def test_what_the_manifest_does_not_promise_is_refused(file: Path, change: Change) -> None:
    refused(rewritten(file, change), file.parent / "new")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"{", b"\xff", b'{"files": {"x": 1}}'])
def test_a_manifest_that_says_nothing_is_refused(file: Path, text: bytes) -> None:
    refused(rewritten(file, lambda _, content: content.update({"manifest.json": text})), file.parent / "new")


def test_what_the_disk_cannot_hold_is_refused_before_it_is_written(file: Path) -> None:
    def change(_: Entries, content: Content) -> None:
        said = json.loads(content["manifest.json"])
        said["files"]["dumps/vast.nt"] = {"sha256": "0" * 64, "size": 1 << 60}
        content["manifest.json"] = json.dumps(said).encode()

    assert "has space for" in refused(rewritten(file, change), file.parent / "new")


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_compression_bomb_takes_little_memory(quick: Path, kind: bytes) -> None:
    header = entry("manifest.json", kind)
    header.size = 512 << 20
    with gzip.open(quick / "bomb", "wb", compresslevel=1) as bomb:
        bomb.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(96):
            bomb.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        assert "no backup" in refused(quick / "bomb", quick / "new")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_backup_on_a_full_disk_leaves_no_half(root: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("wb", buffering=0) as raw, pytest.raises(OSError, match="No space left"):
        backup._pack(current(root), raw)
    with pytest.raises(NotPossible, match="could not be written"):
        back_up(current(root), root / "no" / "such" / "folder" / "x.tar.gz")


def test_a_restore_is_refused_while_a_build_is_under_way(root: Path, file: Path) -> None:
    from sckg.snapshots.durable import turn  # noqa: PLC0415 - only here

    with turn(root), pytest.raises(NotPossible, match="another build is under way"):
        restore(file, root, force=True)
    assert isinstance(current(root), Snapshot)
