"""A command of a page, run as it is typed; ``sckg`` in a copy of a process that has its imports already.

Three quarters of a short command are Python starting and reading what is shipped. The copies are forked from one
process that opened no store, each with its own folder, environment and output. What needs a shell is left to one.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import typer.main

from sckg.cli import app, main

SECONDS = 60
PLAIN = re.compile(r"sckg [^|&;<>$`()*?]+(\|.*)?")


def commands_of(command: typer.main.TyperCommand, name: str = "sckg") -> Iterator[tuple[str, typer.main.TyperCommand]]:
    """Yield every command below one, by the words that it is typed with."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield name, command
    for word, sub in inner.items():
        yield from commands_of(sub, f"{name} {word}")


COMMANDS = dict(commands_of(typer.main.get_command(app)))


@cache
def started() -> ForkServerContext:
    """Return what makes copies of a process that has imported and read what commands need."""
    context = get_context("forkserver")
    context.set_forkserver_preload(
        ["pytest", "sckg.cli", "sckg.audit.commands", "sckg.explain", "sckg.cases", "sckg.shacl", "already_read"]
    )
    with pytest.MonkeyPatch.context() as patch:  # where the last of them is: the process is told no path
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
        forkserver.ensure_running()
    return context


def run(command: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Return how a command ended and what it printed, errors last."""
    if not PLAIN.fullmatch(command):
        return in_shell(command, folder, environment)
    words, _, rest = command.partition("|")
    status, printed, errors = copied(shlex.split(words)[1:], folder, environment)
    if rest:
        status, printed = in_shell(rest, folder, environment, printed)
    return status, printed + errors


def in_shell(command: str, folder: Path, environment: Mapping[str, str], given: str = "") -> tuple[int, str]:
    """Return how a shell's command ended and what it printed, errors last."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder, env=dict(environment), input=given, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def copied(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Return how ``sckg`` ended with these words, what it printed, and its errors."""
    with tempfile.TemporaryDirectory() as room:
        files = [Path(room) / name for name in ("printed", "errors")]
        process = started().Process(target=_sckg, args=(list(words), folder, dict(environment), files))
        process.start()
        process.join(SECONDS)
        if process.is_alive():
            process.kill()
        printed, errors = (file.read_text(encoding="utf-8") for file in files)
        return process.exitcode or 0, printed, errors


def _sckg(words: list[str], folder: Path, environment: dict[str, str], files: list[Path]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8") for number in (1, 2))
    os.chdir(folder)
    sys.argv = ["sckg", *words]
    main()
