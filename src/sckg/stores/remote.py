"""Any server that speaks SPARQL 1.1 query and update, at ``URL/query`` and ``URL/update``.

Apache Jena Fuseki (the URL of a dataset) and the Oxigraph server (its root) answer there as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import cast

import pyoxigraph as ox
from pyoxigraph import BlankNode, NamedNode, Triple
from SPARQLWrapper import JSON, N3, POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from sckg.problems import NotPossible
from sckg.stores.base import Table

TIMEOUT_SECONDS = 60
CHUNK = 2000


class RemoteStore:
    """A store behind a SPARQL 1.1 server."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def select(self, text: str, graphs: Sequence[NamedNode]) -> Table:
        """Answer a SELECT over the union of the graphs."""
        body = self._query(text, graphs, JSON)
        found = cast("ox.QuerySolutions", ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))
        columns = tuple(v.value for v in found.variables)
        rows = tuple({n: t for n, t in zip(columns, row, strict=True) if t is not None} for row in found)
        return Table(columns, rows)

    def construct(self, text: str, graphs: Sequence[NamedNode]) -> Iterator[Triple]:
        """Yield the triples of a CONSTRUCT over the union of the graphs."""
        body = self._query(text, graphs, N3)
        for quad in ox.parse(body, format=ox.RdfFormat.N3):
            yield quad.triple

    def replace_graph(self, graph: NamedNode, triples: Iterable[Triple]) -> int:
        """Put these triples in the place of the graph's own; return how many there are now."""
        fresh = sorted({f"{t} ." for t in triples if not isinstance(t.subject, BlankNode)})
        self._update(f"CLEAR SILENT GRAPH {graph}")
        lines = iter(fresh)
        while chunk := list(islice(lines, CHUNK)):
            self._update(f"INSERT DATA {{ GRAPH {graph} {{\n{chr(10).join(chunk)}\n}} }}")
        return len(fresh)

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield the triples of one graph, in no particular order."""
        yield from self.construct("CONSTRUCT WHERE { ?s ?p ?o }", [graph])

    def close(self) -> None:
        """Nothing is kept open between requests."""

    def _query(self, text: str, graphs: Sequence[NamedNode], answer: str) -> bytes:
        request = self._request("query")
        for graph in graphs:
            request.addDefaultGraph(graph.value)
        request.setQuery(text)
        request.setReturnFormat(answer)
        return cast("bytes", self._answer(request))

    def _update(self, text: str) -> None:
        request = self._request("update")
        request.setQuery(text)
        self._answer(request)

    def _request(self, service: str) -> SPARQLWrapper:
        request = SPARQLWrapper(f"{self._url}/{service}")
        request.setMethod(POST)
        request.setTimeout(TIMEOUT_SECONDS)
        return request

    def _answer(self, request: SPARQLWrapper) -> object:
        try:
            return request.query().response.read()
        except (SPARQLWrapperException, OSError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise NotPossible(f"the server {self._url} did not answer as a SPARQL 1.1 store: {reason}") from error
