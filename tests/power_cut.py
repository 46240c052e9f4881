"""Cut the power at random moments of builds on a file system of its own. ``test_durability.py`` runs it.

The file system lies in a file. What it has not flushed is not in that file; so a copy of the file, made while the
builder is stopped, is what a disk holds after a power cut. 77 is returned where nothing can be mounted.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import small_builds
from sckg.snapshots.manifest import verify
from sckg.snapshots.reading import current, snapshots

CUTS = 4


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main(folder: Path) -> None:
    disk, copy, here, there = (folder / name for name in ("disk.img", "copy.img", "here", "there"))
    with disk.open("wb") as file:
        file.truncate(48 << 20)
    here.mkdir()
    there.mkdir()
    try:
        run("mkfs.ext4", "-q", str(disk))
        # Nothing is written back by itself while the test runs: only what is flushed reaches the file.
        run("mount", "-o", "loop,commit=300", str(disk), str(here))
    except (OSError, subprocess.CalledProcessError) as error:
        print(getattr(error, "stderr", error), file=sys.stderr)
        sys.exit(77)
    try:
        small_builds.build(here / "store", 1)
        for _ in range(CUTS):
            cut(disk, copy, here / "store", there)
        print(f"{CUTS} power cuts")
    finally:
        run("umount", str(here))


def cut(disk: Path, copy: Path, root: Path, there: Path) -> None:
    promised = small_builds.served(root)
    builder = small_builds.started_build(root, promised + 1)
    time.sleep(random.random() * 0.5)  # noqa: S311 - any moment will do
    if builder.pid and builder.is_alive():
        stop(builder.pid)
    promised = small_builds.served(root)
    shutil.copyfile(disk, copy)
    builder.kill()
    builder.join()
    run("mount", "-o", "loop", str(copy), str(there))
    try:
        found = small_builds.served(there / "store")
        # A pointer that was swapped and not flushed yet may be the old one again.
        assert found in {promised, promised - 1}, f"{found} is served where {promised} was"
        assert [wrong for snapshot in snapshots(there / "store") for wrong in verify(snapshot)] == []
        small_builds.build(there / "store", 1000)
        assert verify(current(there / "store")) == []
        assert small_builds.served(there / "store") == 1000
    finally:
        run("umount", str(there))


def stop(pid: int) -> None:
    """Stop a process, and return when it has: what it asked of the disk before is done by then."""
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, signal.SIGSTOP)
    while any(state(task) not in "TtZX" for task in Path(f"/proc/{pid}").glob("task/*")):
        time.sleep(0.001)


def state(task: Path) -> str:
    """Return the letter of a thread's state; X when it has ended."""
    try:
        return (task / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return "X"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
