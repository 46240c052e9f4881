"""A snapshot is whole, named by what it is, never changed, and two builds of the same files say the same."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import small_builds
from conftest import ROOT, City
from sckg import __version__, pipeline
from sckg.assets import Knowledge
from sckg.problems import NotPossible
from sckg.snapshots import listing
from sckg.snapshots.durable import KEPT, turn, writing
from sckg.snapshots.manifest import described, verify
from sckg.snapshots.reading import Snapshot, current, open_current, open_snapshot, snapshots
from test_cli import sckg

KUPANG = ROOT / "cities" / "5371-kota-kupang"


@pytest.fixture(scope="module")
def kupang(kupang_store: str) -> Snapshot:
    return current(Path(kupang_store))


@pytest.fixture
def copy(kupang: Snapshot, tmp_path: Path) -> Snapshot:
    """Return a copy of Kupang's snapshot, to be spoilt."""
    return Snapshot(Path(shutil.copytree(kupang.path, tmp_path / kupang.name)))


@pytest.fixture
def root(quick: Path) -> Path:
    """Return a store with two small builds."""
    for number in (1, 2):
        small_builds.build(quick / "store", number)
    return quick / "store"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


# --- What is in it ---------------------------------------------------------------------------------


def test_two_builds_of_the_same_files_in_two_folders_give_the_same_dumps_byte_for_byte(
    kupang: Snapshot, knowledge: Knowledge, tmp_path: Path
) -> None:
    shutil.copytree(KUPANG, tmp_path / "elsewhere" / "copied")
    pipeline.build([tmp_path / "elsewhere" / "copied"], str(tmp_path / "store"), knowledge)
    other = current(tmp_path / "store")
    assert len(files(kupang.dumps)) == 8
    assert [p.name for p in files(other.dumps)] == [p.name for p in files(kupang.dumps)]
    assert [p.read_bytes() for p in files(other.dumps)] == [p.read_bytes() for p in files(kupang.dumps)]
    assert other.manifest["content"] == kupang.manifest["content"]
    assert other.manifest["inputs"] == kupang.manifest["inputs"]
    assert other.manifest["knowledge"] == kupang.manifest["knowledge"]


def test_the_manifest_describes_every_other_file(kupang: Snapshot) -> None:
    there = {p.relative_to(kupang.path).as_posix(): described(p) for p in files(kupang.path)}
    del there["manifest.json"]
    assert len(there) > 20
    assert kupang.manifest["files"] == there


def test_the_manifest_says_what_the_build_rests_on(kupang: Snapshot) -> None:
    said = json.loads((kupang.path / "manifest.json").read_text(encoding="utf-8"))
    assert said["sckg"] == __version__
    assert said["ontology"] in (ROOT / "ontology" / "core.ttl").read_text(encoding="utf-8")
    assert said["knowledge"]["ontology/core.ttl"] == described(ROOT / "ontology" / "core.ttl")
    assert {name.partition("/")[0] for name in said["knowledge"]} == {"ontology", "rules"}
    assert said["inputs"] == {f"5371-kota-kupang/{p.name}": described(p) for p in KUPANG.iterdir()}
    assert said["cities"] == {"5371": "Kota Kupang"}
    assert sum(said["triples"].values()) == sum(len(p.read_text().splitlines()) for p in kupang.dumps.iterdir())


def test_a_manifest_names_no_folder_of_the_machine_that_built_it(kupang: Snapshot, kupang_store: str) -> None:
    texts = [p.read_bytes() for p in files(kupang.path)]
    assert not any(str(Path(kupang_store)).encode() in text for text in texts)
    assert not any(str(ROOT).encode() in text for text in texts)


def test_an_input_that_changes_during_the_build_stops_it(root: Path) -> None:
    read = {"city.ttl": {"sha256": "0" * 64, "size": 1}}
    about = {"inputs": {f"3/{name}": said for name, said in read.items()}}
    with (
        pytest.raises(NotPossible, match=r"3/city\.ttl was changed while it was being built"),
        turn(root) as mine,
        writing(mine, about) as room,
    ):
        small_builds.fill(room, 3)
    assert small_builds.served(root) == 2


def test_the_time_of_a_build_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    small_builds.build(tmp_path, 1)
    assert current(tmp_path).manifest["built"] == "2023-11-14T22:13:20Z"


# --- Verifying -------------------------------------------------------------------------------------


def test_one_flipped_byte_in_any_file_is_named(copy: Snapshot) -> None:
    assert verify(copy) == []
    with_bytes = [path for path in files(copy.path) if path.stat().st_size]
    assert len(with_bytes) > 20
    for path in with_bytes:
        place = path.stat().st_size // 2
        flip(path, place)
        told = verify(copy)
        assert [line.partition(":")[0] for line in told] == [path.relative_to(copy.path).as_posix()], told
        flip(path, place)
    assert verify(copy) == []


def test_a_file_that_is_missing_is_named(copy: Snapshot) -> None:
    for path in files(copy.path):
        path.rename(copy.path.parent / "away")
        for quick in (False, True):
            told = verify(copy, quick=quick)
            assert len(told) == 1
            assert told[0].startswith(f"{path.relative_to(copy.path).as_posix()}: is missing")
        (copy.path.parent / "away").rename(path)
    assert verify(copy) == []


@pytest.mark.parametrize(
    "name",
    ["added", "store/LOCK", "store/LOG", "dumps/x.nt", "inputs/manifest.json", "dumps/manifest.json", "new/deep/file"],
)
def test_a_file_that_was_added_is_named(copy: Snapshot, name: str) -> None:
    (copy.path / name).parent.mkdir(parents=True, exist_ok=True)
    (copy.path / name).write_bytes(b"")
    for quick in (False, True):
        assert f"{name}: was added" in verify(copy, quick=quick)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.mkdir(), "is no plain file any more"),
        (lambda path: path.symlink_to("/etc/passwd"), "is no plain file any more"),
        (lambda path: path.symlink_to(path.with_name("gone")), "is no plain file any more"),
        (os.mkfifo, "is no plain file any more"),
    ],
    ids=["folder", "link", "dangling link", "pipe"],
)
def test_what_stands_in_the_place_of_a_file_is_named(
    copy: Snapshot, spoil: Callable[[Path], object], told: str
) -> None:
    path = copy.dumps / "grades.nt"
    path.unlink()
    spoil(path)
    assert verify(copy) == [f"dumps/grades.nt: {told}"]


def test_the_quick_look_compares_sizes(copy: Snapshot) -> None:
    path = copy.dumps / "grades.nt"
    flip(path, 5)
    assert verify(copy, quick=True) == []
    assert verify(copy) == ["dumps/grades.nt: differs from the manifest"]
    path.write_bytes(path.read_bytes()[:-1])
    assert verify(copy, quick=True) == ["dumps/grades.nt: differs from the manifest"]


def test_a_manifest_that_is_not_the_one_of_the_build_is_named(copy: Snapshot) -> None:
    path = copy.path / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    text = (copy.dumps / "grades.nt").read_bytes() + b"# more\n"
    (copy.dumps / "grades.nt").write_bytes(text)
    said["files"]["dumps/grades.nt"] = described(copy.dumps / "grades.nt")
    path.write_text(json.dumps(said), encoding="utf-8")
    assert verify(copy) == [f"manifest.json: does not belong to the snapshot's id {copy.name}"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": []}', '{"files": {"../x": {"sha256": "", "size": 0}}}'])
def test_a_manifest_that_says_nothing_is_named(copy: Snapshot, text: str) -> None:
    (copy.path / "manifest.json").write_text(text, encoding="utf-8")
    assert verify(copy) == ["manifest.json: is missing or damaged"]


def test_the_command_names_the_file_and_fails(root: Path) -> None:
    assert sckg("verify", "--store", str(root), cwd=root).returncode == 0
    flip(current(root).dumps / "evidence.nt", 3)
    done = sckg("verify", "--store", str(root), cwd=root)
    assert done.returncode == 1
    assert "dumps/evidence.nt: differs from the manifest" in done.stderr
    assert sckg("verify", "--quick", "--store", str(root), cwd=root).returncode == 0
    assert sckg("verify", "--snapshot", "previous", "--store", str(root), cwd=root).returncode == 0


# --- Which are kept --------------------------------------------------------------------------------


def test_the_last_five_are_kept(quick: Path) -> None:
    for number in range(1, 8):
        small_builds.build(quick, number, KEPT)
    assert KEPT == 5
    assert [s.number for s in snapshots(quick)] == [3, 4, 5, 6, 7]


def test_build_keeps_as_many_as_it_is_told(city: City, knowledge: Knowledge, root: Path) -> None:
    pipeline.build([city.folder], str(root), knowledge, fresh=True, keep=2)
    assert [s.number for s in snapshots(root)] == [2, 3]


def test_a_snapshot_that_a_reader_has_open_is_never_removed(root: Path) -> None:
    store = open_current(root)
    opened = current(root)
    for number in range(3, 9):
        small_builds.build(root, number, keep=1)
    assert snapshots(root) == [opened, current(root)]
    assert small_builds.number_in(store) == 2
    assert small_builds.number_in(open_snapshot(opened)) == 2
    del store
    small_builds.build(root, 9, keep=1)
    assert snapshots(root) == [current(root)]


def test_the_served_snapshot_is_kept_however_old(root: Path) -> None:
    listing.roll_back(root, "1")
    with turn(root) as mine, pytest.raises(RuntimeError), writing(mine, {}, keep=1):
        raise RuntimeError
    assert small_builds.served(root) == 1
    small_builds.build(root, 3, keep=1)
    assert small_builds.served(root) == 3


# --- Serving an earlier one ------------------------------------------------------------------------


def test_rollback_serves_the_previous_snapshot_and_the_next_build_goes_on(root: Path) -> None:
    assert listing.roll_back(root).number == 1
    assert small_builds.served(root) == 1
    small_builds.build(root, 3)
    assert (current(root).number, small_builds.served(root)) == (3, 3)


def test_rollback_goes_forward_too(root: Path) -> None:
    newest = current(root)
    listing.roll_back(root)
    assert listing.roll_back(root, newest.name) == newest
    assert small_builds.served(root) == 2


def test_rollback_refuses_a_damaged_snapshot(root: Path) -> None:
    flip(snapshots(root)[0].dumps / "evidence.nt", 3)
    with pytest.raises(NotPossible, match=r"is not as it was built.*dumps/evidence\.nt"):
        listing.roll_back(root)
    assert small_builds.served(root) == 2


def test_rollback_says_when_nothing_is_older(tmp_path: Path) -> None:
    small_builds.build(tmp_path, 1)
    with pytest.raises(NotPossible, match="no snapshot older than 000001-"):
        listing.roll_back(tmp_path)


@pytest.mark.parametrize("pointer", ["", "000009-00000000\n", "../elsewhere\n", "\xff\xfe"])
def test_a_damaged_pointer_is_told_and_mended_by_rollback(root: Path, pointer: str) -> None:
    (root / "current").write_bytes(pointer.encode("latin-1"))
    for ask in (current, open_current, lambda root: small_builds.build(root, 3)):
        with pytest.raises(NotPossible, match=r"'current' is damaged.*2 snapshots kept.*'sckg rollback'"):
            ask(root)
    assert listing.roll_back(root).number == 2
    assert small_builds.served(root) == 2


@pytest.mark.parametrize(
    ("text", "number"), [("current", 2), ("previous", 1), ("", 2), ("1", 1), ("000002", 2), ("store", 2)]
)
def test_a_snapshot_is_named_in_many_ways(root: Path, text: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    assert listing.named(root, text).number == number
    whole = listing.named(root, text)
    assert listing.named(root, whole.name).name == whole.name
    assert listing.named(root, str(whole.path)).name == whole.name


def test_a_wrong_name_gets_a_suggestion(root: Path) -> None:
    name = current(root).name
    with pytest.raises(NotPossible, match=f"Did you mean {name}"):
        listing.named(root, name[:-1])


def test_the_list_says_which_is_served_and_which_hold_the_same(root: Path) -> None:
    small_builds.build(root, 2)
    (snapshots(root)[0].path / "manifest.json").write_text("", encoding="utf-8")
    done = sckg("snapshots", "--format", "json", "--store", str(root), cwd=root)
    rows = json.loads(done.stdout)
    assert [row["state"] for row in rows] == ["served", "kept", "damaged"]
    assert rows[0]["content"] == rows[1]["content"]
    assert rows[0]["cities"] == "2"
    assert "000003-" in sckg("snapshots", "--store", str(root), cwd=root).stdout


def test_an_empty_store_lists_nothing(tmp_path: Path) -> None:
    assert sckg("snapshots", "--store", str(tmp_path / "none"), cwd=tmp_path).stdout.endswith("0 rows\n")
