"""The dumps of a snapshot: of each graph one sorted file, or where there are many cities one for each of them.

A graph is what all its files say together. What every city says in the same words, such as that there is a catalogue,
stands in the file of each.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from pyoxigraph import Triple


def graphs(dumps: Path) -> set[str]:
    """Return the names of the graphs."""
    return {path.stem if path.suffix == ".nt" else path.name for path in dumps.iterdir()} if dumps.is_dir() else set()


def files(dumps: Path, graph: str) -> list[Path]:
    """Return the files of a graph: the one, or that of each city."""
    whole = dumps / f"{graph}.nt"
    return [whole] if whole.is_file() else sorted((dumps / graph).glob("*.nt"))


def by_city(dumps: Path) -> bool:
    """Return whether each city has files of its own."""
    return (dumps / "evidence").is_dir()


def lines(paths: Sequence[Path]) -> Iterator[str]:
    """Yield the lines of sorted files, sorted, each once, without holding them in memory."""
    with ExitStack() as opened:
        read = [opened.enter_context(path.open(encoding="utf-8", newline="\n")) for path in paths]
        last = ""
        for line in heapq.merge(*read) if len(read) > 1 else (line for file in read for line in file):
            if line != last:
                yield line.rstrip("\n")
            last = line


def write(path: Path, found: Iterable[str]) -> None:
    """Write lines that are sorted already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in found), encoding="utf-8", newline="\n")


def write_sorted(path: Path, triples: Iterable[Triple]) -> int:
    """Write triples as sorted lines; return how many there are."""
    found = sorted({f"{triple} ." for triple in triples})
    write(path, found)
    return len(found)


def is_of(line: str, code: str) -> bool:
    """Return whether a triple speaks of a thing of this city, by its name: then no other city says the same."""
    return any(code in iri.partition(">")[0].split("/")[1:] for iri in line.split("/id/")[1:])


def is_in(line: str, paths: Iterable[Path]) -> bool:
    """Return whether one of these files has the line."""
    wanted = f"\n{line}\n".encode()
    return any(wanted in b"\n" + path.read_bytes() for path in paths)
