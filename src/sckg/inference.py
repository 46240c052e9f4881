"""What the rules of shapes conclude from some data: the stages run one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pyoxigraph as ox
from pyoxigraph import Quad, Triple

from sckg.compile import sparql
from sckg.compile.shapes import Shape


def infer(data: Iterable[Triple], rules: Iterable[Shape]) -> set[Triple]:
    """Return what follows and is not there already; each stage sees the data and what earlier stages concluded."""
    store = ox.Store()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object) for t in data)
    concluded: set[Triple] = set()
    for texts in sparql.staged_texts(rules):
        found = {t for text in texts for t in cast("ox.QueryTriples", store.query(text))}
        fresh = {t for t in found if Quad(t.subject, t.predicate, t.object) not in store}
        store.extend(Quad(t.subject, t.predicate, t.object) for t in fresh)
        concluded |= fresh
    return concluded
