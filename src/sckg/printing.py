"""How the command line speaks: answers, and the step under way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer


def say(text: str) -> None:
    """Print an answer; it is no mistake when nobody reads it to its end."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows the step under way, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for people

    with Console(stderr=True).status(what) as status:
        yield lambda step: status.update(f"{what}: {step}")
