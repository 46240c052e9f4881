"""A store behind any server that speaks SPARQL 1.1. What is peculiar to one is in ``servers.py``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from urllib.parse import quote

import pyoxigraph as ox
from pyoxigraph import BlankNode, NamedNode, Triple

from sckg.problems import NotPossible
from sckg.stores import servers
from sckg.stores.base import Table
from sckg.stores.copied import BEGAN, Copied
from sckg.stores.servers import N_TRIPLES, Server
from sckg.stores.transport import Client, Limits, Request
from sckg.stores.trouble import ServerProblem, wrong_answer

CHUNK = 2000  # triples of one update, where they have to be written by updates
EVERYTHING = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
UPDATE = "application/sparql-update"


class RemoteStore:
    """A store behind a server. Nothing is asked before the first use."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self._client = Client(url, limits)
        self._server: Server | None = None
        self._graphs_at: str | None = None
        self._copied = Copied(self)

    @property
    def server(self) -> Server:
        """Return where the server's services are, and what can be relied on."""
        if self._server is None:
            self._server = servers.recognised(self._client)
        return self._server

    def select(self, text: str, graphs: Sequence[NamedNode]) -> Table:
        """Answer a SELECT over the union of the graphs."""
        if not self.server.answers:
            return self._copied.with_graphs(graphs).select(text, graphs)
        return self.told(text, graphs)

    def construct(self, text: str, graphs: Sequence[NamedNode]) -> Iterator[Triple]:
        """Yield the triples of a CONSTRUCT over the union of the graphs."""
        if not self.server.answers:
            yield from self._copied.with_graphs(graphs).construct(text, graphs)
            return
        answer = self._client.ask(servers.asking(self.server.query, text, tuple(graphs), N_TRIPLES))
        yield from self._parsed(self.server.query, answer.body)

    def replace_graph(self, graph: NamedNode, triples: Iterable[Triple]) -> int:
        """Put these triples in the place of the graph's own; return how many there are now.

        Readers may see the graph half written: a build writes under other names instead.
        """
        fresh = sorted({servers.written(t) for t in triples})
        self.write(self._copied.actual(graph), fresh)
        self._copied.forget()
        return len(fresh)

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield the triples of one graph, in no particular order."""
        if not self.server.answers:
            yield from self._copied.with_graphs([graph]).triples(graph)
            return
        yield from self.construct(EVERYTHING, [graph])

    def close(self) -> None:
        """Nothing is kept open between requests."""

    def told(self, text: str, graphs: Sequence[NamedNode]) -> Table:
        """Return what the server itself answers to a SELECT."""
        return servers.selected(self._client, self.server.query, text, tuple(graphs))

    def fetched(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield a graph through the graph store protocol; a graph that is not there is empty."""
        service = self.server.readable or self.server.graphs[0]
        request = Request("GET", f"{service}?graph={quote(graph.value, safe='')}", accepts=(N_TRIPLES,))
        try:
            answer = self._client.ask(request)
        except ServerProblem as error:
            if error.status == 404:  # noqa: PLR2004 - no such graph
                return
            raise
        servers.refuse_cut(service, answer.headers)
        yield from self._parsed(service, answer.body)

    def write(self, graph: NamedNode, lines: Sequence[str]) -> None:
        """Write a graph of these lines of N-Triples, and nothing else, under this name."""
        services = self.server.graphs if self._graphs_at is None else (self._graphs_at,) if self._graphs_at else ()
        for service in services:
            try:
                self._put(f"{service}?graph={quote(graph.value, safe='')}", lines)
            except ServerProblem as error:
                if error.status not in servers.ABSENT:
                    raise
                continue
            self._graphs_at = service
            return
        self._graphs_at = ""
        self.update(f"DROP SILENT GRAPH {graph}")
        if any(line.startswith("_:") or "> _:" in line for line in lines) and len(lines) > CHUNK:
            raise NotPossible(
                f"{self.server.update}: a graph with blank nodes needs a server with the graph store protocol"
            )
        rest = iter(lines)
        while chunk := list(islice(rest, CHUNK)):
            self.update(f"INSERT DATA {{ GRAPH {graph} {{\n{chr(10).join(chunk)}\n}} }}")

    def versions(self) -> list[str]:
        """Return the versions that the server lists, the newest last; none where builds copy their graphs."""
        return self._copied.listed()

    def begun(self) -> list[str]:
        """Return the builds that have begun and not come to their end, the newest last."""
        return self._copied.noted(BEGAN)

    def update(self, text: str) -> None:
        """Run one update request."""
        self._client.ask(Request("POST", self.server.update, text.encode(), UPDATE, changes=True))

    def _put(self, url: str, lines: Sequence[str]) -> None:
        body = "".join(f"{line}\n" for line in lines).encode()
        self._client.ask(Request("PUT", url, body, N_TRIPLES, changes=True))

    def _parsed(self, endpoint: str, body: bytes) -> Iterator[Triple]:
        """Yield the triples of an answer in the form that the embedded store gives them."""
        try:
            triples = [quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]
        except SyntaxError as error:
            raise wrong_answer(endpoint, f"Its triples cannot be read: {str(error)[:200]}") from None
        for triple in triples:
            value = triple.object
            exact = value if isinstance(value, NamedNode | BlankNode | Triple) else servers.canonical(value)
            yield triple if exact == value else Triple(triple.subject, triple.predicate, exact)
