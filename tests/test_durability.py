"""Whatever happens to a build, a whole snapshot is served, the next build works, and nothing is to be cleaned by hand."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import small_builds
from conftest import City
from sckg import pipeline
from sckg.assets import Knowledge
from sckg.problems import NotPossible
from sckg.snapshots import durable, listing
from sckg.snapshots.durable import turn, writing
from sckg.snapshots.manifest import verify
from sckg.snapshots.reading import current, snapshots
from test_cli import sckg

ROUNDS = int(os.environ.get("SCKG_KILL_ROUNDS", "100"))
KEPT = 3
TESTS = Path(__file__).parent


@pytest.fixture
def root(quick: Path) -> Path:
    """Return a store with one small build."""
    small_builds.build(quick / "store", 1)
    return quick / "store"


@pytest.fixture
def readers(root: Path, quick: Path) -> Iterator[Callable[[], list[str]]]:
    """Two readers at work; the function stops them and returns what went wrong."""
    logs = [quick / f"reader-{n}" for n in (1, 2)]
    started = [small_builds.reader(root, log) for log in logs]

    def stop() -> list[str]:
        for log, process in zip(logs, started, strict=True):
            log.with_suffix(".stop").touch()
            process.join(30)
        told = [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
        ends = [line for line in told if line.startswith("read ")]
        assert len(ends) == len(logs)
        assert all(int(line.split()[1]) > 0 for line in ends), ends
        return [line for line in told if line not in ends]

    yield stop
    for process in started:
        process.kill()


def leftovers(root: Path) -> list[str]:
    there = {p.name for p in root.iterdir()} - {"current", "lock", "snapshots"}
    return sorted(there | {p.name for p in (root / "snapshots").iterdir() if p.name.startswith(".")})


def holds(root: Path, numbers: set[int]) -> None:
    """Assert that a whole snapshot of one of these builds is served, and that all that is kept is as it was built."""
    assert small_builds.served(root) in numbers
    assert [wrong for snapshot in snapshots(root) for wrong in verify(snapshot)] == []


# --- Killed ----------------------------------------------------------------------------------------


def test_a_build_killed_at_random_moments_is_seen_by_no_reader(root: Path, readers: Callable[[], list[str]]) -> None:
    began = time.monotonic()
    small_builds.started_build(root, 2).join()
    long = 1.2 * (time.monotonic() - began)
    ended = 0
    for number in range(3, 3 + ROUNDS):
        before = small_builds.served(root)
        small_builds.killed_build(root, number, long)
        holds(root, {before, number})
        ended += small_builds.served(root) == number
    assert 0 < ended < ROUNDS, "every build was killed too late, or too early"
    small_builds.build(root, 1000, KEPT)
    assert small_builds.served(root) == 1000
    assert leftovers(root) == []
    assert readers() == []


def test_a_build_killed_before_any_of_its_steps_leaves_a_whole_snapshot(root: Path) -> None:
    """Steps on files and folders are counted; the build is killed before the first, the second, and so on."""
    step, killed, number = 0, True, 1
    while killed:
        step, number = step + 1, number + 1
        process = small_builds.started_build(root, number, dies_at=step)
        process.join()
        killed = process.exitcode == -signal.SIGKILL
        holds(root, {small_builds.served(root), number})
    assert process.exitcode == 0
    assert step > 50, step
    assert small_builds.served(root) == number
    assert leftovers(root) == []


def test_the_real_build_can_be_killed_while_it_writes(city: City, knowledge: Knowledge, quick: Path) -> None:
    root = quick / "store"
    pipeline.build([city.folder], str(root), knowledge)
    before = current(root)
    process = subprocess.Popen([sys.executable, "-m", "sckg", "build", str(city.folder), "--store", str(root)])
    while not leftovers(root):
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert leftovers(root) != []
    assert current(root) == before
    assert verify(before) == []
    pipeline.build([city.folder], str(root), knowledge)
    assert leftovers(root) == []
    assert current(root).manifest["content"] == before.manifest["content"]


def test_a_build_that_is_told_to_stop_leaves_nothing(root: Path) -> None:
    with pytest.raises(KeyboardInterrupt), turn(root) as mine, writing(mine, {}):
        raise KeyboardInterrupt
    assert leftovers(root) == []
    holds(root, {1})


# --- Lost pages ------------------------------------------------------------------------------------


def test_everything_is_flushed_before_the_rename_and_the_rename_before_the_pointer(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[int, int]] = []
    flush = os.fsync

    def watched(handle: int) -> None:
        flush(handle)
        status = os.fstat(handle)
        flushed.append((status.st_dev, status.st_ino))

    def is_flushed(path: Path) -> bool:
        return (path.stat().st_dev, path.stat().st_ino) in flushed

    def swap(where: Path) -> None:
        newest = snapshots(where)[-1]
        assert [p for p in (newest.path, *newest.path.rglob("*")) if not is_flushed(p)] == []
        assert is_flushed(where / "snapshots")
        assert is_flushed(where / "current.new")
        flushed.clear()
        really_swap(where)
        assert is_flushed(where)

    really_swap = durable._swap_pointer
    monkeypatch.setattr(os, "fsync", watched)
    monkeypatch.setattr(durable, "_swap_pointer", swap)
    small_builds.build(root, 2)
    assert small_builds.served(root) == 2


def test_a_power_cut_loses_no_snapshot_that_was_served(tmp_path: Path) -> None:
    """A file system in a file is copied while builds go on: what was not flushed is not in the copy."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("only root can mount a file system, and mkfs.ext4 makes one")
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, str(TESTS / "power_cut.py"), str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode == 77:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 power cuts" in done.stdout


# --- Full, read-only -------------------------------------------------------------------------------


def on_a_disk_of(size: str, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell's command where ``disk`` is a small file system of its own, which ends with the command."""
    (folder / "disk").mkdir(exist_ok=True)
    mount = f"mount -t tmpfs -o size={size} none disk"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], cwd=folder, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"{mount} && {command}"],
        cwd=folder, env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_full_disk_is_told_and_the_old_snapshot_stays(tmp_path: Path) -> None:
    done = on_a_disk_of("3m", f"{sys.executable} {TESTS / 'full_disk.py'} disk", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    first, example, times = done.stdout.splitlines()
    assert first == "disk/store: the new snapshot could not be written"
    assert "No space left on device" in example
    assert "the snapshot 000001-" in example
    assert "nothing to clean up" in example
    assert int(times.split()[1]) > 5  # in the store, in the dumps, in the manifest, in the pointer


def test_a_file_that_may_not_grow_is_told_and_the_old_snapshot_stays(root: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (0, 1, 1_000, 5_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            with pytest.raises(NotPossible, match=r"could not be written .*(File too large|large).*stays served"):
                small_builds.build(root, 2)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert leftovers(root) == []
        holds(root, {1})
    small_builds.build(root, 2)
    assert small_builds.served(root) == 2


def test_on_a_read_only_disk_what_is_served_can_be_read_and_a_build_says_why_not(
    city: City, knowledge: Knowledge, tmp_path: Path
) -> None:
    root = tmp_path / "disk"
    pipeline.build([city.folder], str(root), knowledge)
    run = f"{sys.executable} -m sckg"
    commands = "; ".join(
        f"{run} {words} >/dev/null; echo $? >&2"
        for words in (
            "query grades --store disk", "verify --store disk", "snapshots --store disk",
            f"build {city.folder} --store disk", "rollback --store disk", f"build {city.folder} --store disk/new",
        )
    )  # fmt: skip
    mount = "mount --bind disk disk && mount -o remount,bind,ro disk"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"{mount} || exit 77; {commands}"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode == 77:
        pytest.skip("no file system can be mounted here")
    told = done.stderr.splitlines()
    assert [line for line in told if line.isdigit()] == ["0", "0", "0", "2", "2", "2"], done.stderr
    reasons = [line for line in told if not line.isdigit()]
    assert len(reasons) == 3
    assert all(line.startswith("sckg: disk") and "Read-only file system" in line for line in reasons), reasons
    assert verify(current(root)) == []


# --- At once, and the clock ------------------------------------------------------------------------


def test_a_second_build_is_refused_at_once_and_names_the_first(root: Path) -> None:
    with turn(root) as mine:
        with pytest.raises(NotPossible, match=f"another build is under way \\(process {os.getpid()}\\); wait for it"):
            small_builds.build(root, 3)
        with pytest.raises(NotPossible, match="another build is under way"):
            listing.roll_back(root)
        with writing(mine, {}) as room:
            small_builds.fill(room, 2)
    assert small_builds.served(root) == 2
    small_builds.build(root, 3)
    assert (root / "lock").read_bytes() == b""


def test_of_two_first_builds_one_is_refused_before_it_hides_the_other(quick: Path) -> None:
    root = quick / "new"
    with turn(root) as mine:
        small_builds.build(root, 1)
        with pytest.raises(NotPossible, match="another build made this store meanwhile"), writing(mine, {}):
            pass
    assert small_builds.served(root) == 1


def test_many_builds_at_once_end_one_after_the_other_or_are_refused(
    root: Path, readers: Callable[[], list[str]]
) -> None:
    started = [small_builds.started_build(root, number) for number in range(2, 14)]
    for process in started:
        process.join(60)
    assert {process.exitcode for process in started} <= {0, 1}
    ended = sum(process.exitcode == 0 for process in started)
    assert ended > 0
    assert current(root).number == 1 + ended
    holds(root, set(range(2, 14)))
    assert leftovers(root) == []
    small_builds.build(root, 99)
    wrong = [line for line in readers() if " after " not in line]  # numbers may go down: who is first is open
    assert wrong == []


def test_two_builds_of_two_cities_at_once_lose_neither(city: City, knowledge: Knowledge, quick: Path) -> None:
    """A build starts from the cities of the one before; so none may end between its reading and its end."""
    root = quick / "store"
    pipeline.build([city.folder], str(root), knowledge)
    other = city.folder.with_name("5371-kota-kupang")
    shutil.copytree(TESTS.parent / "cities" / "5371-kota-kupang", other)
    first = subprocess.Popen([sys.executable, "-m", "sckg", "build", str(other), "--store", str(root)])
    while not (root / "lock").read_bytes():
        assert first.poll() is None
        time.sleep(0.01)
    second = sckg("build", str(city.folder), "--store", str(root), cwd=quick)
    assert second.returncode == 2
    assert "another build is under way (process" in second.stderr
    assert first.wait(120) == 0
    assert sorted(current(root).manifest["cities"]) == ["5371", city.folder.name.partition("-")[0]]  # type: ignore[call-overload]


def test_a_clock_that_jumps_back_changes_no_order(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, moment in ((2, 1_900_000_000), (3, 1_000_000_000), (4, 0)):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(moment))
        small_builds.build(root, number)
        for path in root.rglob("*"):
            os.utime(path, (moment, moment))
        assert small_builds.served(root) == number
    assert [s.number for s in snapshots(root)] == [2, 3, 4]
    assert listing.previous(root).number == 3
    holds(root, {4})
