"""Run a site for readers: gunicorn's workers, each with the current snapshot open for itself."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from sckg.opening import is_url, open_store
from sckg.problems import NotPossible, ProblemsFound
from sckg.snapshots.reading import current, default_store
from sckg.stores.base import Store
from sckg.stores.remembering import RememberingStore
from sckg.stores.timed import TimedStore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Make = Callable[[Store], "WSGIApplication"]
WORKERS = 2
THREADS = 4
QUERY_SECONDS = 20  # for each query; SCKG_QUERY_SECONDS gives another number


class Current:
    """The site over the snapshot that is current; after a new build the next request is answered from that.

    A query that takes too long is left behind, and ends with the worker: gunicorn starts another.
    """

    def __init__(self, make: Make, where: str) -> None:
        self._make, self._where = make, where
        self._lock = Lock()
        self._built = _current(where)
        self._app = make(_to_read(where))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        return self._newest()(environ, start_response)

    def _newest(self) -> WSGIApplication:
        with self._lock:
            if (built := _current(self._where)) not in {self._built, None}:
                self._reload()
                self._built = built
            return self._app

    def _reload(self) -> None:
        """Open what was built. What cannot be opened is told once, and what was open answers on."""
        try:
            self._app = self._make(_to_read(self._where))
        except (NotPossible, ProblemsFound) as reason:
            print(f"sckg: {reason}; what was open before answers on", file=sys.stderr, flush=True)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. Raises NotPossible when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotPossible(f"cannot listen on {host}, port {port}: {reason}; choose another with --port") from error


def address(listening: socket.socket) -> str:
    """Return the URL at which a socket listens."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(make: Make, where: str, listening: socket.socket) -> None:
    """Answer requests until the process is told to stop."""
    _Gunicorn(lambda: Current(make, where), listening).run()


def in_a_process(function: Callable[..., str], *arguments: object) -> str:
    """Return the text that a function gives when it runs in a process of its own.

    An opened store leaves threads behind (m: four) which a fork would lose; so the process that forks opens none.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(function, *arguments).result()


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, load: Callable[[], WSGIApplication], listening: socket.socket) -> None:
        self._load, self._listening = load, listening
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": f"fd://{self._listening.fileno()}",
            "workers": int(os.environ.get("WEB_CONCURRENCY", WORKERS)),
            "worker_class": "gthread",
            "threads": THREADS,
            "graceful_timeout": 10,
            "loglevel": "warning",
            "proc_name": "sckg",
            "control_socket_disable": True,  # since gunicorn 25.1; a server of pages needs no remote control
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return self._load()


def query_seconds() -> float:
    """Return how long a query may take. Raises NotPossible when what was set is no such number."""
    text = os.environ.get("SCKG_QUERY_SECONDS", "") or str(QUERY_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise NotPossible(f"SCKG_QUERY_SECONDS={text}: give a number of seconds above 0")
    return seconds


def _to_read(where: str) -> Store:
    """Return the store that a worker reads: no query takes for ever, and a snapshot need not be asked twice."""
    timed = TimedStore(open_store(where), query_seconds(), _end_this_worker)
    return timed if is_url(where) else RememberingStore(timed)


def _end_this_worker() -> None:
    os.kill(os.getpid(), signal.SIGTERM)  # it answers what it has begun, and is replaced


def _current(where: str) -> Path | None:
    if is_url(where):
        return None
    try:
        return current(Path(where) if where else default_store()).path
    except NotPossible:  # the folder went away: what is open still answers
        return None
