"""Builds so small that a hundred can be killed: two graphs in which every triple says the number of the build."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from command_line import started
from sckg import names
from sckg.problems import NotPossible
from sckg.snapshots.durable import turn, writing
from sckg.snapshots.reading import open_current
from sckg.stores.base import Store
from sckg.stores.embedded import EmbeddedStore

GRAPHS = [names.graph(name) for name in ("evidence", "findings")]
TRIPLES = 100  # in each graph
STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}


def build(root: Path, number: int, keep: int = 3) -> None:
    """Build a snapshot in which everything says ``number``."""
    with turn(root) as mine, writing(mine, {"cities": {str(number): "Small"}}, keep) as room:
        fill(room, number)


def fill(room: Path, number: int) -> None:
    (room / "dumps").mkdir()
    (room / "inputs" / str(number)).mkdir(parents=True)
    (room / "inputs" / str(number) / "city.ttl").write_text(f"# {number}\n", encoding="utf-8")
    disk = EmbeddedStore.create(room / "store")
    for graph in GRAPHS:
        said = [Triple(names.thing("part", str(n)), names.term("value"), Literal(number)) for n in range(TRIPLES)]
        disk.replace_graph(graph, said)
        text = "".join(sorted(f"{t} .\n" for t in said))
        (room / "dumps" / f"{graph.value.rpartition('/')[2]}.nt").write_text(text, encoding="utf-8")
    disk.close()


def number_in(store: Store) -> int:
    """Return the one number that a whole snapshot says."""
    triples = [t for graph in GRAPHS for t in store.triples(graph)]
    said = {t.object.value for t in triples if isinstance(t.object, Literal | NamedNode)}
    assert len(triples) == TRIPLES * len(GRAPHS), f"{len(triples)} triples"
    assert len(said) == 1, f"a mixed state: {sorted(said)}"
    return int(said.pop())


def served(root: Path) -> int:
    """Return the number of the build that is served."""
    return number_in(open_current(root))


def started_build(root: Path, number: int, *, dies_at: int = 0) -> ForkServerProcess:
    """Return a process that builds; with ``dies_at`` it is killed before that step on files below the root."""
    process = started().Process(target=_build, args=(root, number, dies_at))
    process.start()
    return process


def _build(root: Path, number: int, dies_at: int) -> None:
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        is_step = event in STEPS or (event == "open" and arguments[1] != "rb")  # opened to be read again for its hash
        if is_step and str(root) in str(arguments):
            steps += 1
            if steps == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

    if dies_at:
        sys.addaudithook(count)
    try:
        build(root, number)
    except NotPossible as reason:
        sys.exit(str(reason))


def killed_build(root: Path, number: int, seconds: float) -> None:
    """Start a build and kill it after a random time of up to ``seconds``."""
    process = started_build(root, number)
    time.sleep(random.random() * seconds)  # noqa: S311 - any moment will do
    process.kill()
    process.join()


def reader(root: Path, log: Path) -> ForkServerProcess:
    """Return a process that reads until it is told to stop, and writes down what was wrong."""
    process = started().Process(target=_read, args=(root, log))
    process.start()
    return process


def _read(root: Path, log: Path) -> None:
    stop = log.with_suffix(".stop")
    last, reads = 0, 0
    with log.open("w", encoding="utf-8") as told:
        while not stop.exists():
            time.sleep(0.01)
            try:
                store = open_current(root)
                number = number_in(store)
                again = number_in(store)
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is what is asked
                print(f"{type(error).__name__}: {error}", file=told, flush=True)
                continue
            if not last <= number == again:
                print(f"{number} after {last}, then {again}", file=told, flush=True)
            last, reads = number, reads + 1
        print(f"read {reads} times", file=told)
