"""The site goes on to a new snapshot, and back to an old one, without a failed request; a damaged one is not taken."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from conftest import ROOT
from defects import VALID_CITY
from sckg import pipeline
from sckg.assets import Knowledge
from sckg.snapshots import listing
from sckg.snapshots.reading import Snapshot, current, snapshots
from serving_site import served

SWAPS = 12
ADDRESS = "/query/cities?format=json"


@pytest.fixture
def root(kupang_store: str, knowledge: Knowledge, tmp_path: Path) -> Path:
    """Return a store whose first snapshot holds Kupang, and whose second another city too."""
    shutil.copytree(kupang_store, tmp_path / "store")
    pipeline.build([VALID_CITY], str(tmp_path / "store"), knowledge)
    return tmp_path / "store"


def cities(address: str) -> int:
    """Return how many cities the site knows; raises when the request fails."""
    with urllib.request.urlopen(address + ADDRESS, timeout=30) as answer:  # noqa: S310 - our own server
        return len(json.load(answer))


def asking(address: str, stop: Event) -> Iterator[int]:
    while not stop.is_set():
        yield cities(address)


def test_no_request_fails_while_snapshots_are_swapped(root: Path) -> None:
    one, two = (snapshot.name for snapshot in snapshots(root))
    stop = Event()
    with served("--store", str(root), cwd=ROOT) as site, ThreadPoolExecutor(4) as clients:
        address = site.address
        answers = [clients.submit(lambda: list(asking(address, stop))) for _ in range(4)]
        try:
            for swap in range(SWAPS):
                listing.roll_back(root, one if swap % 2 == 0 else two)
                assert cities(address) == 1 + swap % 2  # the request after the swap is answered from the new one
        finally:
            stop.set()
        numbers = [number for answer in answers for number in answer.result()]
    assert len(numbers) > SWAPS
    assert set(numbers) == {1, 2}


def test_a_damaged_snapshot_is_not_taken(root: Path) -> None:
    with served("--store", str(root), cwd=ROOT) as site:
        address = site.address
        assert cities(address) == 2
        broken = Snapshot(root / "snapshots" / "000009-00000000")
        shutil.copytree(current(root).path, broken.path)
        for file in broken.store.iterdir():
            file.write_bytes(b"")
        (root / "current").write_text(f"{broken.name}\n", encoding="utf-8")
        assert [cities(address) for _ in range(4)] == [2] * 4
        listing.roll_back(root, "1")
        assert cities(address) == 1
