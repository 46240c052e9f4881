"""pySHACL as the reference, its known defects mended, and terms of pyoxigraph as those of rdflib.

docs/validating.md names each defect with the clause of the standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from pyshacl.constraints.core import value_range_constraints

from sckg import names


@contextmanager
def corrected() -> Iterator[None]:
    """Let pySHACL refuse to compare what SPARQL cannot."""
    as_it_is = value_range_constraints.compare_literal

    def compare(value: rdflib.Literal, bound: rdflib.Literal) -> int:
        if value.ill_typed or kind(value) != kind(bound):
            raise TypeError
        return as_it_is(value, bound)

    def kind(literal: rdflib.Literal) -> object:
        is_number = isinstance(literal.value, (int, float, Decimal)) and not isinstance(literal.value, bool)
        return "number" if is_number else (type(literal.value), literal.language)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(value_range_constraints, "compare_literal", compare)
        yield


def as_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for t in triples:
        graph.add((as_rdflib_term(t.subject), as_rdflib_term(t.predicate), as_rdflib_term(t.object)))
    return graph


def as_rdflib_term(term: object) -> rdflib.term.Node:
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    assert isinstance(term, Literal)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    is_string = term.datatype.value == f"{names.XSD}string"
    datatype = None if is_string else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, datatype=datatype, normalize=False)


def as_text(term: rdflib.term.Node | None) -> str:
    """Return a term as pyoxigraph writes it, or nothing."""
    if term is None:
        return ""
    if isinstance(term, rdflib.URIRef):
        return str(NamedNode(term))
    if isinstance(term, rdflib.BNode):
        return str(BlankNode(term))
    if term.language:
        return str(Literal(str(term), language=term.language))
    return str(Literal(str(term), datatype=NamedNode(term.datatype) if term.datatype else None))
