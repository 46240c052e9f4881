"""Run every rule of one stage into that stage's graph."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode, Triple

from sckg import names
from sckg.queries import Query
from sckg.stores.base import Store


def derive(store: Store, graph: str, rules: Iterable[Query]) -> int:
    """Replace ``graph`` with what the CONSTRUCT rules conclude; return how many triples that is."""
    found: set[Triple] = set()
    for rule in rules:
        found.update(store.construct(rule.text, rule.graphs()))
    return store.replace_graph(names.graph(graph), found)


def derive_texts(store: Store, graph: str, texts: Iterable[str], reads: Iterable[NamedNode]) -> int:
    """Replace ``graph`` with what compiled texts conclude from the graphs that they read."""
    graphs = list(reads)
    found: set[Triple] = set()
    for text in texts:
        found.update(store.construct(text, graphs))
    return store.replace_graph(names.graph(graph), found)
