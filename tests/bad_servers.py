"""Servers that do what servers should not, on real sockets of this machine: one function for each kind."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

RESULTS = b"Content-Type: application/sparql-results+json\r\n"
GOOD = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"1"}}]}}'
PATIENCE = 20  # seconds after which a server gives up being bad
Say = Callable[[socket.socket], None]


@dataclass
class Server:
    """A server that is running, and what it was asked."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def running(*says: Say, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Yield a server that says the first thing to its first guest, and so on; the last one to all others."""
    with socket.create_server(("", 0)) as listening:
        server = Server(listening.getsockname()[1])
        threads: list[threading.Thread] = []

        def serve(own: socket.socket, say: Say) -> None:
            with contextlib.suppress(OSError, ssl.SSLError), own:
                own.settimeout(PATIENCE)
                guest = tls.wrap_socket(own, server_side=True) if tls else own
                with guest:
                    server.asked.append(_request(guest))
                    say(guest)

        def accept() -> None:
            with contextlib.suppress(OSError):
                for number in range(10**6):
                    own, _ = listening.accept()
                    threads.append(threading.Thread(target=serve, args=(own, says[min(number, len(says) - 1)])))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(PATIENCE)


def _request(guest: socket.socket) -> bytes:
    """Return the request, head and body; nothing when what came is none."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (more := guest.recv(4096)):
            return got
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length and (more := guest.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def answer(body: bytes = GOOD, head: bytes = RESULTS, status: bytes = b"200 OK") -> Say:
    """Return a server's ordinary answer."""
    length = b"Content-Length: %d\r\n" % len(body)
    return lambda guest: guest.sendall(b"HTTP/1.1 " + status + b"\r\n" + head + length + b"\r\n" + body)


def words(text: bytes) -> Say:
    """Return what says just this, and hangs up."""
    return lambda guest: guest.sendall(text)


def head(lines: bytes = RESULTS) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n"


def dripping(begin: bytes, drop: bytes = b" ", pause: float = 0.05) -> Say:
    """Return what begins well and goes on one drop at a time."""

    def say(guest: socket.socket) -> None:
        guest.sendall(begin)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            guest.sendall(drop)
            time.sleep(pause)

    return say


def flooding(begin: bytes, wave: bytes) -> Say:
    """Return what begins well and never ends."""
    return dripping(begin, wave, 0)


def silent(guest: socket.socket) -> None:
    """Say nothing, and stay."""
    with contextlib.suppress(OSError):
        guest.recv(1)


def reset(guest: socket.socket) -> None:
    """Break the connection in the middle of the answer."""
    guest.sendall(head(RESULTS + b"Content-Length: 1000\r\n") + b"{")
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def redirect(where: bytes, status: bytes = b"302 Found") -> Say:
    return answer(b"", b"Location: " + where + b"\r\n", status)


def echo_of_the_password(guest: socket.socket) -> None:
    """Refuse, and repeat what came in every form."""
    answer(b"you are kupang:rahasia-sekali, a3VwYW5nOnJhaGFzaWEtc2VrYWxp, my-token", b"", b"500 Oops")(guest)


def gzipped(body: bytes, cut: int = 0) -> Say:
    gzip = zlib.compressobj(wbits=31)
    packed = gzip.compress(body) + gzip.flush()
    return answer(packed[: len(packed) - cut], RESULTS + b"Content-Encoding: gzip\r\n")


def bomb(mebibytes: int) -> Say:
    """Return a small answer that unpacks to a big one."""
    gzip = zlib.compressobj(wbits=31)
    packed = b"".join(gzip.compress(b" " * 2**20) for _ in range(mebibytes)) + gzip.flush()
    return answer(packed, RESULTS + b"Content-Encoding: gzip\r\n")
