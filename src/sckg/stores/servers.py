"""What is peculiar to servers, in one place, each with its reason. No other code knows which one it asks.

A server is known by what it does and not by its name: names are hidden behind proxies, and change.

**Where the services are.** SPARQL 1.1 does not say. Apache Jena Fuseki and the Oxigraph server have ``query`` and
``update`` below the address of the data; Virtuoso has ``sparql``, and for those who may write ``sparql-auth`` and
``sparql-graph-crud-auth``; many others answer at one address. ``SCKG_SERVER_QUERY``, ``_UPDATE`` and ``_GRAPHS`` say
it where none of this fits. The graph store protocol is at ``data`` (Fuseki) or ``store`` (Oxigraph); without one,
triples are written by updates.

**Whether it answers as SPARQL 1.1 does.** Virtuoso 7 does not: ``ORDER BY MIN(?x)`` is a syntax error to it, a row of
UNDEF in VALUES makes later patterns find nothing, and DISTINCT over long texts exceeds its row length. Silence instead
of a weakness is the worst of answers, so such a server only keeps the graphs: they are read from it whole, and the
queries run in this process. A probe asks for two of these before anything else is asked.

**How a decimal is written.** Fuseki's TDB2 keeps 3 and 3.0 apart when it loads them, and looks for 3.0 when it joins:
a value of 3 is not found where the cut-off is 3. So decimals are sent with a point, and their canonical form is
restored in what comes back. Virtuoso keeps one of 3 and 3.0 where a thing has both of one property.

**Whether one update is one step.** It is in Fuseki and Oxigraph: each runs an update request in one transaction. MOVE
loses triples in Fuseki's TDB2, which reads an index while it writes to it; so graphs are copied by INSERT and WHERE.
Virtuoso commits while it works. There every build has graphs of its own names, and a reader follows the newest version
that is listed; see ``publishing.py``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Triple

from sckg.problems import NotPossible
from sckg.stores.base import Table, Term
from sckg.stores.transport import Client, Request
from sckg.stores.trouble import ServerProblem, wrong_answer

RESULTS = "application/sparql-results+json"
N_TRIPLES = "application/n-triples"
FORM = "application/x-www-form-urlencoded"
_DECIMAL = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
_PLAIN_PROBE = "SELECT (1 AS ?a) WHERE { }"
_PROBE = "SELECT ?a WHERE { VALUES (?a ?b) { (1 UNDEF) } VALUES (?a ?b) { (1 2) (2 2) } } GROUP BY ?a ORDER BY MIN(?b)"
ABSENT = {404, 405, 501}


@dataclass(frozen=True)
class Server:
    """Where a server's services are, and whether its answers can be relied on."""

    query: str
    update: str
    graphs: tuple[str, ...]  # where the graph store protocol may be, most likely first
    readable: str = ""  # where it may be read without being allowed to write, if that is another place
    answers: bool = True


def recognised(client: Client) -> Server:
    """Return what the server is, by asking it. Raises ServerProblem when it answers as no SPARQL server."""
    base = client.home.geturl().rstrip("/")
    problem: ServerProblem | None = None
    for server in _layouts(base):
        for probe, answers in ((_PROBE, True), (_PLAIN_PROBE, False)):
            try:
                if _says_one(client, server.query, probe):
                    return replace(server, answers=answers)
            except ServerProblem as error:
                if error.problem.code not in {"server-fails", "server-answer-wrong"}:
                    raise
                problem = problem or error
                if error.status in ABSENT:
                    break
    raise problem or wrong_answer(base, "It does not know that 1 is 1")


def _layouts(base: str) -> list[Server]:
    said = {name: os.environ.get(f"SCKG_SERVER_{name}", "") for name in ("QUERY", "UPDATE", "GRAPHS")}
    if any(said.values()):
        for name, url in said.items():
            if url and urlsplit(url)[:2] != urlsplit(base)[:2]:
                raise NotPossible(f"SCKG_SERVER_{name}: this is not at the host that --store names")
        graphs = (said["GRAPHS"],) if said["GRAPHS"] else ()
        return [Server(said["QUERY"] or base, said["UPDATE"] or said["QUERY"] or base, graphs)]
    return [
        Server(f"{base}/query", f"{base}/update", (f"{base}/data", f"{base}/store")),
        Server(
            f"{base}/sparql", f"{base}/sparql-auth", (f"{base}/sparql-graph-crud-auth",), f"{base}/sparql-graph-crud"
        ),
        Server(base, base, ()),
    ]


def _says_one(client: Client, endpoint: str, text: str) -> bool:
    table = selected(client, endpoint, text, ())
    return [getattr(row.get("a"), "value", "") for row in table.rows] == ["1"]


def selected(client: Client, endpoint: str, text: str, graphs: tuple[NamedNode, ...]) -> Table:
    """Return the answer to a SELECT over the union of the graphs. Raises ServerProblem when there is none."""
    answer = client.ask(asking(endpoint, text, graphs, RESULTS))
    refuse_cut(endpoint, answer.headers)
    table, reason = _read(answer.body)
    if table is None:
        raise wrong_answer(endpoint, reason)
    return table


def _read(body: bytes) -> tuple[Table | None, str]:
    """Return the table, or the reason why there is none.

    No exception leaves with a piece of the parser in its traceback: that may be let go only by the thread that made it.
    """
    try:
        found = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
        if not isinstance(found, ox.QuerySolutions):
            return None, "It answers a table with yes or no"
        columns = tuple(v.value for v in found.variables)
        rows = tuple({n: canonical(t) for n, t in zip(columns, row, strict=True) if t is not None} for row in found)
    except (SyntaxError, ValueError, OSError) as error:
        return None, f"Its table cannot be read: {str(error)[:200]}"
    return Table(columns, rows), ""


def asking(endpoint: str, text: str, graphs: tuple[NamedNode, ...], accept: str) -> Request:
    """Return the request that asks a query of a server."""
    pairs = [("query", text), *(("default-graph-uri", graph.value) for graph in graphs)]
    return Request("POST", endpoint, urlencode(pairs).encode(), FORM, (accept,))


def refuse_cut(endpoint: str, headers: object) -> None:
    """Raise ServerProblem when the server says that it left something out: Virtuoso does so silently otherwise."""
    if any(str(name).lower() == "x-sparql-maxrows" for name in headers or ()):  # type: ignore[attr-defined]
        raise wrong_answer(
            endpoint, "It cut its answer; its administrator sets how many rows it gives (ResultSetMaxRows)"
        )


def written(triple: Triple) -> str:
    """Return the line of N-Triples in which a triple is sent.

    >>> written(Triple(NamedNode("urn:a"), NamedNode("urn:b"), Literal("3", datatype=_DECIMAL)))
    '<urn:a> <urn:b> "3.0"^^<http://www.w3.org/2001/XMLSchema#decimal> .'
    """
    value = triple.object
    if isinstance(value, Literal) and value.datatype == _DECIMAL and "." not in value.value:
        triple = Triple(triple.subject, triple.predicate, Literal(f"{value.value}.0", datatype=_DECIMAL))
    return f"{triple} ."


def canonical(term: Term) -> Term:
    """Return the term with a decimal in the form that the embedded store gives it.

    >>> canonical(Literal("3.0", datatype=_DECIMAL)).value, canonical(Literal("0.50", datatype=_DECIMAL)).value
    ('3', '0.5')
    """
    if not isinstance(term, Literal) or term.datatype != _DECIMAL:
        return term
    try:
        number = f"{Decimal(term.value):f}"
    except ArithmeticError:
        return term
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return Literal("0" if number in {"-0", ""} else number, datatype=_DECIMAL)
