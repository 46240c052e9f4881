"""Namespaces, and the only place where IRIs are put together."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

from pyoxigraph import NamedNode

W3ID = "https://w3id.org/sckg/"
ONTOLOGY = f"{W3ID}ontology#"
SHARED = f"{W3ID}id/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OA = "http://www.w3.org/ns/oa#"
DCT = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
PROV = "http://www.w3.org/ns/prov#"
QB = "http://purl.org/linked-data/cube#"
XSD = "http://www.w3.org/2001/XMLSchema#"

CODE = r"[0-9A-Za-z][0-9A-Za-z-]{0,31}"  # the official code of a city: it is part of IRIs and of folder names

TYPE = NamedNode(f"{RDF}type")
LABEL = NamedNode(f"{SKOS}prefLabel")
NOTATION = NamedNode(f"{SKOS}notation")

# Prefixes of shared knowledge: one kind of thing each, the same in every deployment.
KINDS = {
    "ind": "indicator", "ans": "answer", "el": "element", "sub": "subdimension", "part": "readiness-part",
    "tab": "table", "grade": "grade", "scheme": "scheme", "unit": "unit", "rule": "rule", "band": "band",
    "norm": "norm", "profile": "profile", "fw": "framework", "src": "source",
}  # fmt: skip
PREFIXES = {
    "sckg": ONTOLOGY, "rdf": RDF, "rdfs": RDFS, "owl": OWL, "sh": SH, "skos": SKOS, "oa": OA, "dct": DCT,
    "dcat": DCAT, "prov": PROV, "qb": QB, "xsd": XSD, "graph": f"{W3ID}graph/",
    **{prefix: f"{SHARED}{kind}/" for prefix, kind in KINDS.items()},
}  # fmt: skip


def base() -> str:
    """Return the base of city data, from ``SCKG_BASE``, always ending in a slash."""
    return os.environ.get("SCKG_BASE", W3ID).rstrip("/") + "/"


def data_base() -> str:
    """Return the IRI against which the relative IRIs of city files are resolved."""
    return f"{base()}id/"


def term(local: str) -> NamedNode:
    """Return a term of the ontology: ``term("value")`` is ``sckg:value``."""
    return NamedNode(ONTOLOGY + local)


def shacl(local: str) -> NamedNode:
    """Return a term of SHACL."""
    return NamedNode(SH + local)


def shared(kind: str, slug: str) -> NamedNode:
    """Return a thing of the shared knowledge, such as an indicator or a profile."""
    return NamedNode(f"{SHARED}{kind}/{quote(slug, safe='')}")


def thing(kind: str, *keys: str) -> NamedNode:
    """Return a thing of city data: ``thing("city", "5371")``."""
    return NamedNode("/".join([f"{data_base()}{kind}", *(quote(key, safe="") for key in keys)]))


def graph(name: str) -> NamedNode:
    """Return the named graph of a stage, such as ``evidence``."""
    return NamedNode(f"{W3ID}graph/{name}")


def slug(text: str) -> str:
    """Return the text in kebab-case ASCII, short enough for a folder or file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:60].strip("-")


def expand(text: str) -> NamedNode | None:
    """Return the IRI that an IRI or a CURIE names, or None when the text is neither.

    A prefix that is not in the list is the kind of a thing in city data: ``factor:5371/W1``.
    """
    text = text.strip().strip("<>")
    if re.match(r"https?://", text):
        return _node(text)
    prefix, colon, local = text.partition(":")
    if not colon or not local:
        return None
    if prefix in PREFIXES:
        return _node(PREFIXES[prefix] + local)
    return _node(f"{data_base()}{prefix}/{local}") if re.fullmatch(r"[a-z][a-z-]*", prefix) else None


def compact(iri: str) -> str:
    """Return the shortest CURIE of an IRI, or the IRI itself when no prefix fits."""
    best = max((ns for ns in PREFIXES.values() if iri.startswith(ns)), key=len, default="")
    if best and "/" not in iri[len(best) :]:
        prefix = next(p for p, ns in PREFIXES.items() if ns == best)
        return f"{prefix}:{iri[len(best) :]}"
    if iri.startswith(data_base()) and (kind := iri[len(data_base()) :].partition("/"))[2]:
        return f"{kind[0]}:{kind[2]}"
    return iri


def _node(iri: str) -> NamedNode | None:
    try:
        return NamedNode(iri)
    except ValueError:
        return None
