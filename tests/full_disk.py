"""Build on a disk with ever more space, from none; say what happens. ``test_durability.py`` runs it."""

import os
import sys
from pathlib import Path

import small_builds
from sckg.problems import NotPossible
from sckg.snapshots.manifest import verify
from sckg.snapshots.reading import current

STEP = 16 * 1024


def main(disk: Path) -> None:
    root, filler = disk / "store", disk / "filler"
    small_builds.build(root, 1)
    refusals, free = [], 0
    while not refusals or refusals[-1]:
        fill(disk, filler, free)
        refusals.append(refusal(root))
        left = [p.name for p in (root / "snapshots").iterdir() if p.name.startswith(".")]
        assert left == []
        assert verify(current(root)) == []
        assert small_builds.served(root) == (1 if refusals[-1] else 2)
        free += STEP
    print(*{line.partition(" (")[0] for line in refusals if line}, refusals[0], sep="\n")
    print(f"full {len(refusals) - 1} times")


def refusal(root: Path) -> str:
    try:
        small_builds.build(root, 2)
    except NotPossible as reason:
        return str(reason)
    return ""


def fill(disk: Path, filler: Path, free: int) -> None:
    """Leave this many bytes free."""
    filler.unlink(missing_ok=True)
    status = os.statvfs(disk)
    with filler.open("wb", buffering=0) as file:
        file.write(bytes(max(status.f_bavail * status.f_frsize - free, 0)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
