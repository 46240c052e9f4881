"""The site as a server of its own, for tests that ask it over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Served:
    """A running server: what it said first, where it answers, and its process."""

    line: str
    address: str
    pid: int

    def workers(self) -> list[str]:
        """Return the processes that answer."""
        return Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()


def environment(**settings: str) -> dict[str, str]:
    """Return what a process is started with: nothing that a developer has set for sckg."""
    return {k: v for k, v in os.environ.items() if not k.startswith("SCKG_")} | settings


@contextmanager
def served(*arguments: str, cwd: Path, **settings: str) -> Iterator[Served]:
    """Run ``sckg serve`` on a free port until the end of the block."""
    command = [sys.executable, "-m", "sckg", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=cwd, env=environment(**settings), stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            yield Served(line, line.rpartition(" ")[2].strip(), server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) == 0


def read(address: str) -> str:
    """Return what an address answers."""
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
        return answer.read().decode()  # type: ignore[no-any-return]
