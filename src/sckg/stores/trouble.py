"""What can go wrong between this program and a server, told in the voice of every other problem."""

from __future__ import annotations

from sckg.problems import NotPossible, Problem, cut, printable

LONGEST_EXCERPT = 200  # characters of a server's own words that are repeated


class ServerProblem(NotPossible):
    """A server did not do what was asked. ``problem.file`` is the address of the service that was asked.

    ``status`` is that of HTTP when it is the reason, else 0.
    """

    def __init__(self, problem: Problem, status: int = 0) -> None:
        super().__init__(problem, status)  # so that it can go from one process to another
        self.problem, self.status = problem, status

    def __str__(self) -> str:
        return str(self.problem)


class Passing(ServerProblem):
    """A problem that may be over when the same is asked once more. ``wait`` is what the server asks for, in seconds."""

    def __init__(self, problem: Problem, status: int = 0, wait: float = 0) -> None:
        super().__init__(problem, status)
        self.wait = wait


def unreachable(endpoint: str, reason: str) -> Passing:
    """Nobody answers at the address, or the connection broke."""
    remedy = "Check the address, and that the server runs and can be reached from here."
    return Passing(Problem(endpoint, 0, "server-unreachable", f"No whole answer came: {reason}.", remedy))


def too_slow(endpoint: str, seconds: float) -> ServerProblem:
    """The deadline came before the end of the answer."""
    reason = f"It did not answer to the end within {seconds:g} seconds."
    remedy = "Ask again when it has less to do, or give it longer: SCKG_SERVER_SECONDS."
    return ServerProblem(Problem(endpoint, 0, "server-too-slow", reason, remedy))


def too_big(endpoint: str, most: int) -> ServerProblem:
    """The answer is longer than this program takes."""
    reason = f"Its answer is longer than {most / 2**20:g} MiB, and was not read further."
    remedy = "Ask for less, or allow more: SCKG_SERVER_MIB."
    return ServerProblem(Problem(endpoint, 0, "server-answer-too-big", reason, remedy))


def wrong_answer(endpoint: str, reason: str) -> ServerProblem:
    """What came is no answer of a SPARQL 1.1 server."""
    remedy = "Check that the address is that of a SPARQL 1.1 service and not of a page about it."
    return ServerProblem(Problem(endpoint, 0, "server-answer-wrong", f"{printable(reason)}.", remedy))


def redirects(endpoint: str, where: str) -> ServerProblem:
    """The server sends the question somewhere else."""
    reason = f"It redirects {printable(where)}; that is not followed."
    remedy = "Name the address that is meant with --store, if you trust it."
    return ServerProblem(Problem(endpoint, 0, "server-redirects", reason, remedy))


def not_trusted(endpoint: str, reason: str) -> ServerProblem:
    """The server cannot prove who it is, or a password would go to it readable."""
    remedy = "Give the server a certificate that this machine trusts, or name your authority's: SSL_CERT_FILE."
    return ServerProblem(Problem(endpoint, 0, "server-not-trusted", f"{printable(reason)}.", remedy))


def refuses_credentials(endpoint: str, status: int, *, had_some: bool) -> ServerProblem:
    """The server wants a user whom it knows."""
    reason = f"It does not allow this ({status}) " + ("to the user that was given." if had_some else "to nobody known.")
    remedy = "Give SCKG_SERVER_USER and SCKG_SERVER_PASSWORD, or SCKG_SERVER_TOKEN, or a line in the netrc file."
    return ServerProblem(Problem(endpoint, 0, "server-refuses-credentials", reason, remedy))


def fails(endpoint: str, status: int, words: str) -> ServerProblem:
    """The server answers with an error."""
    said = f": {cut(printable(' '.join(words.split())), LONGEST_EXCERPT)}" if words.strip() else ""
    remedy = "The server's log says more."
    return ServerProblem(
        Problem(endpoint, 0, "server-fails", f"It answers with an error ({status}){said}", remedy), status
    )


def busy(endpoint: str, status: int, wait: float) -> Passing:
    """The server asks to come back later."""
    reason = f"It is too busy or not ready ({status}), and was so each time it was asked."
    remedy = "Try again later."
    return Passing(Problem(endpoint, 0, "server-busy", reason, remedy), status, wait)
