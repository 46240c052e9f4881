"""One question to a server and its whole answer, whatever the server does.

Everything of it ends at one deadline; an answer is counted after it was unpacked; nothing is sent to another host than
the one that was named; only questions that change nothing are asked again.
"""

from __future__ import annotations

import io
import os
import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from urllib.parse import SplitResult, urljoin, urlsplit

from sckg import __version__
from sckg.problems import NotPossible
from sckg.stores import trouble
from sckg.stores.credentials import Credentials, credentials_for
from sckg.stores.trouble import Passing

PIECE = 2**16
ERROR_BYTES = 2000
BUSY = {429, 502, 503, 504}
MOVED = {301, 302, 303, 307, 308}
REDIRECTS = 3
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Limits:
    """How long, how much and how often."""

    seconds: float = 60
    seconds_to_write: float = 600
    most: int = 512 * 2**20  # bytes of one answer, unpacked
    tries: int = 3
    pause: float = 0.2  # seconds before the second try, twice as long before each other

    @classmethod
    def found(cls) -> Limits:
        """Return the limits that the environment sets. Raises NotPossible for one that is no number above 0."""
        seconds = _number("SCKG_SERVER_SECONDS", cls.seconds)
        return cls(seconds, max(seconds, cls.seconds_to_write), int(_number("SCKG_SERVER_MIB", 512) * 2**20))


@dataclass(frozen=True)
class Request:
    """What is sent: to which address, and which kinds of answer are understood (none: the answer is not read)."""

    method: str
    url: str
    body: bytes = b""
    content_type: str = ""
    accepts: tuple[str, ...] = ()
    changes: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Client:
    """A way to one server. Raises NotPossible for an address that holds a password: it would be seen by everybody."""

    def __init__(self, url: str, limits: Limits | None = None, credentials: Credentials | None = None) -> None:
        self.home = _split(url)
        self.limits = limits or Limits.found()
        self._credentials = credentials_for(self.home) if credentials is None else credentials
        self._private = self.home.scheme == "https" or (self.home.hostname or "") in LOOPBACK
        self._tls = ssl.create_default_context() if self.home.scheme == "https" else None

    def ask(self, request: Request) -> Answer:
        """Return the whole answer. Raises ServerProblem when there is none."""
        clock = _Clock(request.url, self.limits.seconds_to_write if request.changes else self.limits.seconds)
        tries = 1 if request.changes else self.limits.tries
        for number in range(1, tries + 1):
            try:
                return self._followed(request, clock)
            except Passing as problem:
                pause = max(problem.wait, self.limits.pause * 2 ** (number - 1))
                if number == tries or pause >= clock.seconds_left():
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def _followed(self, request: Request, clock: _Clock) -> Answer:
        url = request.url
        for _ in range(REDIRECTS + 1):
            answer = self._told(request, url, clock)
            if isinstance(answer, Answer):
                return answer
            if request.changes or _origin(answer) != _origin(self.home):
                raise trouble.redirects(request.url, f"to {answer.scheme}://{answer.netloc.rpartition('@')[2]}")
            url = answer.geturl()
        raise trouble.redirects(request.url, f"more than {REDIRECTS} times")

    def _told(self, request: Request, url: str, clock: _Clock) -> Answer | SplitResult:
        """Return the answer, or the address where it is said to be."""
        shown = self._credentials.bearer()
        if shown and not self._private:
            raise trouble.not_trusted(request.url, "A token would go to it readable: the address is not https")
        answer = self._sent(request, url, clock, shown)
        if isinstance(answer, list):  # the server's challenges
            target = urlsplit(url)
            shown = self._credentials.answer(
                answer, request.method, target._replace(scheme="", netloc="").geturl(), private=self._private
            )
            if not shown and self._credentials.user and not self._private:
                raise trouble.not_trusted(request.url, "A password would go to it readable: the address is not https")
            answer = self._sent(request, url, clock, shown) if shown else answer
        if isinstance(answer, list):
            raise trouble.refuses_credentials(request.url, 401, had_some=bool(self._credentials))
        return answer

    def _sent(self, request: Request, url: str, clock: _Clock, shown: str) -> Answer | SplitResult | list[str]:
        """Return the answer, a redirection, or the challenges of a server that wants to know who asks."""
        target = urlsplit(url)
        connection = _Connection(target, clock, self._tls)
        try:
            response = connection.told(request, target, shown)
            return self._read(request, response, url)
        except ssl.SSLCertVerificationError as error:
            raise trouble.not_trusted(
                request.url, f"Its certificate is not valid here: {error.verify_message}"
            ) from None
        except ssl.SSLError as error:
            raise trouble.unreachable(request.url, f"TLS failed ({error.reason or 'closed'})") from None
        except TimeoutError:
            raise trouble.too_slow(request.url, clock.seconds) from None
        except (RemoteDisconnected, IncompleteRead):
            raise trouble.unreachable(request.url, "the server closed the connection") from None
        except HTTPException as error:
            raise trouble.wrong_answer(request.url, f"It does not speak HTTP as it should ({error})"[:300]) from None
        except OSError as error:
            raise trouble.unreachable(request.url, (error.strerror or str(error)).lower()) from None
        finally:
            connection.let_go()

    def _read(self, request: Request, response: HTTPResponse, url: str) -> Answer | SplitResult | list[str]:
        status = response.status
        if status == 401:  # noqa: PLR2004 - the server wants to know who asks
            return response.headers.get_all("WWW-Authenticate") or []
        if status in MOVED and (where := response.headers.get("Location")):
            return _joined(request.url, url, where)
        if status == 403:  # noqa: PLR2004 - it knows and refuses
            raise trouble.refuses_credentials(request.url, status, had_some=bool(self._credentials))
        if status in BUSY:
            raise trouble.busy(request.url, status, _seconds(response.headers.get("Retry-After", "")))
        if not 200 <= status < 300:  # noqa: PLR2004 - the class of answers that are no errors
            words = response.read(ERROR_BYTES).decode("utf-8", "replace")
            raise trouble.fails(request.url, status, self._credentials.scrubbed(words))
        kind = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        if request.accepts and kind not in request.accepts:
            wanted = " or ".join(request.accepts)
            raise trouble.wrong_answer(
                request.url, f"It answers with {kind or 'no kind of content'}, not with {wanted}"[:300]
            )
        if not request.accepts:
            return Answer(kind, b"", dict(response.headers))
        return Answer(kind, _body(request.url, response, self.limits.most), dict(response.headers))


def _body(endpoint: str, response: HTTPResponse, most: int) -> bytes:
    """Return the whole body, unpacked, and no more of it than ``most`` bytes."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in {"identity", "gzip", "x-gzip"}:
        raise trouble.wrong_answer(endpoint, f"Its answer is packed as {packing[:40]}, which was not asked for")
    if response.length is None and not response.chunked:
        raise trouble.wrong_answer(
            endpoint, "It tells neither the length nor the end of its answer; half could be missing"
        )
    pieces = _pieces(response)
    if packing != "identity":
        pieces = _unpacked(endpoint, pieces)
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > most:
            raise trouble.too_big(endpoint, most)
    if response.length:
        raise trouble.unreachable(endpoint, "the answer ends before its end")
    return bytes(whole)


def _pieces(response: HTTPResponse) -> Iterable[bytes]:
    while piece := response.read(PIECE):
        yield piece


def _unpacked(endpoint: str, pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Yield what gzip packed, in small pieces: a bomb is never unpacked as a whole."""
    gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for piece in pieces:
            rest = piece
            while rest and not gzip.eof:
                yield gzip.decompress(rest, PIECE)
                rest = gzip.unconsumed_tail
            if gzip.eof and (rest or gzip.unused_data):
                raise trouble.wrong_answer(endpoint, "Something follows the end of its gzip answer")
    except zlib.error:
        raise trouble.wrong_answer(endpoint, "Its answer says that it is gzip and is not") from None
    if not gzip.eof:
        raise trouble.unreachable(endpoint, "the answer ends before its end")


class _Clock:
    """What is left until the deadline. Raises ServerProblem when nothing is."""

    def __init__(self, endpoint: str, seconds: float) -> None:
        self.endpoint, self.seconds = endpoint, seconds
        self._end = time.monotonic() + seconds

    def seconds_left(self) -> float:
        return self._end - time.monotonic()

    def left(self) -> float:
        left = self.seconds_left()
        if left <= 0:
            raise trouble.too_slow(self.endpoint, self.seconds)
        return left


class _Clocked(io.RawIOBase):
    """A socket whose every step ends at the deadline, in the shape that ``http.client`` reads and writes."""

    def __init__(self, own: socket.socket, clock: _Clock) -> None:
        self._own, self._clock = own, clock

    def makefile(self, _mode: str = "rb") -> io.BufferedReader:
        return io.BufferedReader(self, PIECE)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._own.settimeout(self._clock.left())
        return self._own.recv_into(buffer)

    def sendall(self, content: bytes) -> None:
        self._own.settimeout(self._clock.left())  # for the whole of it, since Python 3.5
        self._own.sendall(content)

    def close(self) -> None:
        """Stay open: ``http.client`` closes what it connected before the body was read."""


class _Connection(HTTPConnection):
    """One connection for one question."""

    def __init__(self, target: SplitResult, clock: _Clock, tls: ssl.SSLContext | None) -> None:
        super().__init__(target.hostname or "", target.port or (443 if tls else 80))
        self._clock, self._tls = clock, tls
        self._own: socket.socket | None = None

    def connect(self) -> None:
        self._own = socket.create_connection((self.host, self.port), timeout=self._clock.left())
        self._own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            self._own.settimeout(self._clock.left())
            self._own = self._tls.wrap_socket(self._own, server_hostname=self.host)
        self.sock = _Clocked(self._own, self._clock)

    def told(self, request: Request, target: SplitResult, shown: str) -> HTTPResponse:
        """Send the request and return the answer's head."""
        headers = {"User-Agent": f"sckg/{__version__}", "Accept-Encoding": "gzip"}
        headers |= {"Accept": ", ".join(request.accepts) or "*/*"}
        headers |= {"Content-Type": request.content_type} if request.content_type else {}
        headers |= {"Authorization": shown} if shown else {}
        try:
            self.request(
                request.method, target._replace(scheme="", netloc="").geturl() or "/", request.body or None, headers
            )
        except (BrokenPipeError, ConnectionResetError):
            # A server may refuse before it has read everything; its reason is still to be read.
            if self.sock is None:
                raise
        return self.getresponse()

    def let_go(self) -> None:
        """Close the socket itself."""
        if self._own is not None:
            self._own.close()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotPossible("--store: this is no URL of a server") from None
    if parts.username is not None or parts.password is not None:
        raise NotPossible(
            f"--store {parts.scheme}://...@{parts.hostname or ''}: leave user and password out of the address, "
            "where others see them; give SCKG_SERVER_USER and SCKG_SERVER_PASSWORD, or a line in the netrc file"
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise NotPossible(f"--store {url}: a server has a URL that begins with http:// or https://")
    return parts


def _origin(url: SplitResult) -> tuple[str, str, int]:
    try:
        return url.scheme, url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return "", "", 0


def _joined(endpoint: str, url: str, where: str) -> SplitResult:
    try:
        return urlsplit(urljoin(url, where))
    except ValueError:
        raise trouble.redirects(endpoint, "to what is no address") from None


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() and len(text) < 7 else 0  # noqa: PLR2004 - a date, or too far away, is no wait


def _number(name: str, usual: float) -> float:
    text = os.environ.get(name, "")
    try:
        number = float(text) if text else usual
    except ValueError:
        number = 0
    if not 0 < number < 1e6:  # noqa: PLR2004 - a million seconds, or mebibytes, is a mistake
        raise NotPossible(f"{name}={text}: this is no number above 0")
    return number
