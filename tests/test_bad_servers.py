"""A server may do anything: the client ends within its deadline, says where and why, and keeps nothing of it."""

from __future__ import annotations

import gc
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from bad_servers import (
    GOOD,
    RESULTS,
    Say,
    Server,
    answer,
    bomb,
    dripping,
    echo_of_the_password,
    flooding,
    gzipped,
    head,
    redirect,
    reset,
    running,
    silent,
    words,
)
from sckg.problems import NotPossible
from sckg.stores.remote import RemoteStore
from sckg.stores.transport import Client, Limits
from sckg.stores.trouble import ServerProblem

LIMITS = Limits(seconds=1, seconds_to_write=1, most=2**20, tries=3, pause=0.01)
GRACE = 3  # seconds in which a busy machine may notice that the deadline is over
ASK = "SELECT ?a WHERE { ?a ?b ?c }"
GRAPH = NamedNode("https://example.org/graph")
CHUNKED = RESULTS + b"Transfer-Encoding: chunked\r\n"
LONG = RESULTS + b"Content-Length: 10000000\r\n"

# What the server does, the problem that is told, and words of its reason.
KINDS: dict[str, tuple[Say, str, str]] = {
    "says nothing": (silent, "server-too-slow", "within 1 seconds"),
    "sends its head one byte at a time": (dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"), "server-too-slow", "within 1 seconds"),
    "sends its body one byte at a time": (dripping(head(LONG) + b"{"), "server-too-slow", "within 1 seconds"),
    "sends one small chunk after the other": (dripping(head(CHUNKED), b"1\r\n \r\n"), "server-too-slow", "within 1 seconds"),
    "says 100 Continue for ever": (flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "server-too-slow", "within 1 seconds"),
    "sends a body without an end": (flooding(head(CHUNKED), b"10000\r\n" + b" " * 65536 + b"\r\n"), "server-answer-too-big", "longer than 1 MiB"),
    "sends more than is taken": (answer(b" " * (2**20 + 1)), "server-answer-too-big", "longer than 1 MiB"),
    "sends a compression bomb": (bomb(300), "server-answer-too-big", "longer than 1 MiB"),
    "tells neither length nor end": (words(head() + GOOD), "server-answer-wrong", "half could be missing"),
    "answers with another kind of content": (answer(b"a,b", b"Content-Type: text/csv\r\n"), "server-answer-wrong", "text/csv"),
    "answers with no kind of content": (answer(GOOD, b""), "server-answer-wrong", "no kind of content"),
    "shows an error page with 200": (answer(b"<h1>Error</h1>", b"Content-Type: text/html; charset=utf-8\r\n"), "server-answer-wrong", "text/html"),
    "redirects in a circle": (redirect(b"/query"), "server-redirects", "more than 3 times"),
    "redirects to another host": (redirect(b"http://example.org/query"), "server-redirects", "http://example.org"),
    "redirects to another port": (redirect(b"http://127.0.0.1:1/query"), "server-redirects", "http://127.0.0.1:1"),
    "redirects to a file": (redirect(b"file:///etc/passwd"), "server-redirects", "file://"),
    "redirects to no address": (redirect(b"http://[/"), "server-redirects", "no address"),
    "cuts its JSON": (answer(GOOD[:-5]), "server-answer-wrong", "cannot be read"),
    "sends JSON that is no table": (answer(b'{"rows": []}'), "server-answer-wrong", ""),
    "sends JSON nested without end": (answer(b"[" * 100_000), "server-answer-wrong", "cannot be read"),
    "answers a table with yes": (answer(b'{"head":{},"boolean":true}'), "server-answer-wrong", "yes or no"),
    "sends bytes that are no text": (answer(b"\xff\xfe" * 50), "server-answer-wrong", "cannot be read"),
    "hangs up before the end of its body": (words(head(LONG) + GOOD), "server-unreachable", "ends before its end"),
    "hangs up before the last chunk": (words(head(CHUNKED) + b"5\r\nabcde\r\n"), "server-unreachable", "closed the connection"),
    "hangs up without a word": (words(b""), "server-unreachable", "closed the connection"),
    "breaks the connection": (reset, "server-unreachable", "reset"),
    "says that it is gzip and is not": (answer(GOOD, RESULTS + b"Content-Encoding: gzip\r\n"), "server-answer-wrong", "gzip"),
    "cuts its gzip": (gzipped(GOOD * 20, cut=12), "server-unreachable", "ends before its end"),
    "packs in a way that nobody asked for": (answer(GOOD, RESULTS + b"Content-Encoding: br\r\n"), "server-answer-wrong", "packed as br"),
    "sends a flood of headers": (flooding(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n" * 100), "server-answer-wrong", "HTTP"),
    "sends a header without an end": (flooding(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 4096), "server-answer-wrong", "HTTP"),
    "does not speak HTTP": (words(b"SSH-2.0-OpenSSH_9.2\r\n"), "server-answer-wrong", "HTTP"),
    "counts its chunks in words": (words(head(CHUNKED) + b"many\r\n"), "server-unreachable", "closed the connection"),
    "wants to know who asks": (answer(b"", b'WWW-Authenticate: Basic realm="x"\r\n', b"401 No"), "server-refuses-credentials", "401"),
    "wants to know it in an unknown way": (answer(b"", b"WWW-Authenticate: Negotiate\r\n", b"401 No"), "server-refuses-credentials", "401"),
    "knows who asks and refuses": (answer(b"", b"", b"403 No"), "server-refuses-credentials", "403"),
    "has no such service": (answer(b"nothing here", b"", b"404 Not Found"), "server-fails", "404"),
    "wants fewer questions": (answer(b"", b"Retry-After: 0\r\n", b"429 Slow down"), "server-busy", "429"),
    "wants to be asked tomorrow": (answer(b"", b"Retry-After: 86400\r\n", b"503 Later"), "server-busy", "503"),
    "fails": (answer(b"java.lang.NullPointerException\n\tat x.y.Z", b"", b"500 Oops"), "server-fails", "NullPointerException at x.y.Z"),
    "fails and never stops telling why": (flooding(b"HTTP/1.1 500 Oops\r\n\r\n", b"why " * 1000), "server-fails", "why why"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.startswith("SCKG_SERVER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def problem_of(url: str, limits: Limits = LIMITS) -> ServerProblem:
    began = time.monotonic()
    with pytest.raises(ServerProblem) as told:
        RemoteStore(url, limits).select(ASK, [GRAPH])
    assert time.monotonic() - began < limits.seconds + GRACE
    return told.value


@pytest.mark.parametrize("kind", KINDS)
def test_server_that(kind: str) -> None:
    say, code, reason = KINDS[kind]
    with running(say) as server:
        problem = problem_of(server.url).problem
    assert problem.code == code
    assert problem.file.startswith(server.url)
    assert reason in problem.reason


def test_nothing_is_kept_of_any_of_them() -> None:
    """No memory, no open file and no thread stays; and a server that sends without end never fills more than is taken."""
    chosen = [say for say, code, _ in KINDS.values() if code != "server-too-slow"]

    def ask_all() -> None:
        for say in chosen:
            with running(say) as server:
                problem_of(server.url)

    ask_all()
    gc.collect()
    files, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    tracemalloc.start()
    ask_all()
    gc.collect()
    first, peak = tracemalloc.get_traced_memory()
    ask_all()
    gc.collect()
    again, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * 2**20
    assert again - first < 2**17
    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == (files, threads)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    problem = problem_of(url).problem
    assert (problem.code, problem.file) == ("server-unreachable", f"{url}/query")
    assert "refused" in problem.reason


def test_a_busy_server_is_asked_again_and_answers() -> None:
    busy = answer(b"", b"", b"503 Not yet")
    with running(busy, words(b""), answer()) as server:
        assert len(RemoteStore(server.url, LIMITS).select(ASK, [GRAPH]).rows) == 1
    assert len(server.asked) == 4  # twice in vain, once to know it, once the query


def test_a_question_is_not_asked_more_often_than_three_times() -> None:
    with running(answer(b"", b"", b"503 Never")) as server:
        problem_of(server.url)
    assert len(server.asked) == 3


def test_a_change_is_never_asked_twice() -> None:
    with running(answer(), answer(b"", b"", b"503 Not yet")) as server, pytest.raises(ServerProblem):
        RemoteStore(server.url, LIMITS).replace_graph(GRAPH, [Triple(GRAPH, GRAPH, Literal("x"))])
    assert [asked.split()[0] for asked in server.asked] == [b"POST", b"PUT"]


def test_a_change_is_not_sent_where_a_redirection_points() -> None:
    with running(answer()) as other:
        where = redirect(f"{other.url}/data".encode(), b"307 There")
        with running(answer(), where) as server, pytest.raises(ServerProblem) as told:
            RemoteStore(server.url, LIMITS).replace_graph(GRAPH, [])
    assert told.value.problem.code == "server-redirects"
    assert not other.asked


def test_nothing_reaches_the_host_of_a_redirection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCKG_SERVER_TOKEN", "my-token")
    with running(answer()) as other, running(redirect(f"{other.url}/query".encode())) as server:
        problem_of(server.url)
    assert not other.asked


def test_a_redirection_on_the_same_host_is_followed() -> None:
    with running(redirect(b"/there", b"307 There"), answer()) as server:
        assert len(RemoteStore(server.url, LIMITS).select(ASK, [GRAPH]).rows) == 1
    assert server.asked[1].startswith(b"POST /there ")


def test_a_password_that_the_server_repeats_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCKG_SERVER_USER", "kupang")
    monkeypatch.setenv("SCKG_SERVER_PASSWORD", "rahasia-sekali")
    challenge = answer(b"", b'WWW-Authenticate: Basic realm="x"\r\n', b"401 No")
    with running(challenge, echo_of_the_password) as server:
        told = str(problem_of(server.url))
    assert b"Basic a3VwYW5nOnJhaGFzaWEtc2VrYWxp" in server.asked[1]
    assert "***, ***, my-token" in told.replace("kupang:", "")
    assert not re.search("rahasia|a3VwYW5n", told)


def test_a_token_that_the_server_repeats_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCKG_SERVER_TOKEN", "my-token")
    with running(echo_of_the_password) as server:
        told = str(problem_of(server.url))
    assert b"Bearer my-token" in server.asked[0]
    assert "my-token" not in told


def test_a_secret_is_not_shown_when_a_store_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCKG_SERVER_USER", "kupang")
    monkeypatch.setenv("SCKG_SERVER_PASSWORD", "rahasia-sekali")
    assert "rahasia" not in repr(vars(Client("http://127.0.0.1")))


@pytest.mark.parametrize(
    "who", [{"SCKG_SERVER_USER": "kupang", "SCKG_SERVER_PASSWORD": "rahasia"}, {"SCKG_SERVER_TOKEN": "rahasia"}]
)
def test_a_secret_does_not_leave_this_machine_readable(who: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in who.items():
        monkeypatch.setenv(name, value)
    with running(answer(b"", b'WWW-Authenticate: Basic realm="x"\r\n', b"401 No")) as server:
        problem = problem_of(
            f"http://127.0.0.2:{server.port}"
        ).problem  # not the address that is known to be this machine
    assert problem.code == "server-not-trusted"
    assert not any(b"Authorization" in asked for asked in server.asked)


def test_a_netrc_file_says_who_we_are(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login kupang password rahasia-sekali\n", encoding="utf-8")
    with running(answer(b"", b'WWW-Authenticate: Basic realm="x"\r\n', b"401 No"), answer()) as server:
        RemoteStore(server.url, LIMITS).server  # noqa: B018 - it is asked what it is
    assert b"Authorization: Basic a3VwYW5nOnJhaGFzaWEtc2VrYWxp" in server.asked[1]


def test_a_damaged_netrc_file_is_told_by_its_line_only(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1\nlogin kupang passwort rahasia\n", encoding="utf-8")
    with pytest.raises(NotPossible, match="line 2") as told:
        RemoteStore("http://127.0.0.1")
    assert "rahasia" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://kupang:rahasia@127.0.0.1/",
        "http://rahasia@127.0.0.1/",
        "ftp://127.0.0.1",
        "http://",
        "http://[",
        "http://x:99999",
    ],
)
def test_an_address_that_is_none_or_holds_a_password_is_refused(url: str) -> None:
    with pytest.raises(NotPossible) as told:
        RemoteStore(url)
    assert "rahasia" not in str(told.value)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf"])
def test_a_limit_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCKG_SERVER_SECONDS", text)
    with pytest.raises(NotPossible, match="SCKG_SERVER_SECONDS"):
        RemoteStore("http://127.0.0.1")


def test_the_reason_is_read_of_a_server_that_refuses_before_it_has_read_everything() -> None:
    def refuse(guest: socket.socket) -> None:
        answer(b"", b"", b"403 No")(guest)

    many = [Triple(GRAPH, GRAPH, Literal(f"{n}" * 50)) for n in range(1000)]
    with running(answer(), refuse) as server, pytest.raises(ServerProblem) as told:
        RemoteStore(server.url, LIMITS).replace_graph(GRAPH, many)
    assert told.value.problem.code == "server-refuses-credentials"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate of this machine that nobody vouches for, with its key."""
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    assert shutil.which("openssl"), "openssl makes the certificate of the test server; Debian: openssl"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run(
        [*made, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", f"{file}.crt"],
        check=True,
        capture_output=True,
    )
    with file.open("a") as both:
        both.write(Path(f"{file}.crt").read_text(encoding="ascii"))
    return file


@pytest.fixture
def over_tls(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running(answer(), tls=context) as server:
        yield server


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(over_tls: Server) -> None:
    problem = problem_of(f"https://127.0.0.1:{over_tls.port}").problem
    assert problem.code == "server-not-trusted"
    assert "self-signed" in problem.reason
    assert not over_tls.asked


def test_a_certificate_of_another_host_is_not_trusted(
    over_tls: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    problem = problem_of(f"https://127.0.0.2:{over_tls.port}").problem
    assert problem.code == "server-not-trusted"


def test_a_certificate_of_an_authority_that_was_named_is_trusted(
    over_tls: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert RemoteStore(f"https://127.0.0.1:{over_tls.port}", LIMITS).select(ASK, [GRAPH]).rows


def test_a_server_without_tls_is_not_spoken_to_in_plain() -> None:
    with running(words(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        problem = problem_of(f"https://127.0.0.1:{server.port}").problem
    assert problem.code in {"server-unreachable", "server-too-slow"}


def test_a_handshake_that_never_ends_is_over_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        problem = problem_of(f"https://127.0.0.1:{listening.getsockname()[1]}").problem
    assert problem.code == "server-too-slow"
