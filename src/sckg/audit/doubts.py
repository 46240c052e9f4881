"""What an audit rule found, as triples: a doubt where a check does not hold, and the check where it does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.audit.rules import LANGUAGES, SEVERITIES, AuditRule
from sckg.audit.wording import Cell, Names, filled
from sckg.claims import in_order
from sckg.names import LABEL, NOTATION, TYPE, term
from sckg.render import plain

MOST_NAMED = 4  # things that are named in the IRI of a doubt about many
Row = Mapping[str, Cell]
_TRUE = Literal("true", datatype=NamedNode(f"{names.XSD}boolean"))
_ANNOTATION = NamedNode("http://www.w3.org/ns/dqv#QualityAnnotation")
_TARGET, _MOTIVATED = NamedNode(f"{names.OA}hasTarget"), NamedNode(f"{names.OA}motivatedBy")
_ASSESSING = NamedNode("http://www.w3.org/ns/dqv#qualityAssessment")
_SEVERITY = {word: term(f"{word}Severity") for word in SEVERITIES}


def rule_triples(rule: AuditRule) -> Iterator[Triple]:
    """Yield what a rule says of itself."""
    iri = rule_iri(rule)
    yield Triple(iri, TYPE, term("AuditRule"))
    yield Triple(iri, NOTATION, Literal(rule.code))
    yield Triple(iri, term("auditClass"), Literal(rule.of_class))
    yield Triple(iri, term("severity"), _SEVERITY[rule.severity])
    yield Triple(iri, term("ruleFile"), Literal(rule.file))
    for lang in LANGUAGES:
        yield Triple(iri, LABEL, Literal(rule.say("title", lang), language=lang))
        for field in ("problem", "remedy", "limits"):
            yield Triple(iri, term(field), Literal(rule.say(field, lang), language=lang))


def rule_iri(rule: AuditRule) -> NamedNode:
    """Return the IRI of a rule."""
    return names.shared("audit-rule", rule.code)


def row_triples(rule: AuditRule, rows: Iterable[Row], called: Names) -> Iterator[Triple]:
    """Yield the triples of the checks that ran; rows that come twice are one check."""
    for row in rows:
        about = sorted(set(_text(row.get("about")).split()))
        if not about:
            continue
        holds = _text(row.get("holds")) in {"true", "True", "1"}
        iri = _iri("check" if holds else "doubt", rule.code, _text(row["city"]), about)
        yield from _said_by_both(iri, rule, row, about, called)
        yield from _check(iri, rule, row, called) if holds else _doubt(iri, rule, row, about, called)


def _said_by_both(iri: NamedNode, rule: AuditRule, row: Row, about: Sequence[str], called: Names) -> Iterator[Triple]:
    yield Triple(iri, term("auditRule"), rule_iri(rule))
    yield Triple(iri, term("city"), NamedNode(_text(row["city"])))
    if assessment := _text(row.get("assessment")):
        yield Triple(iri, term("assessment"), NamedNode(assessment))
    for thing in about:
        yield Triple(iri, term("about"), NamedNode(thing))
    named = in_order(
        called.call(thing, "id").replace(" ", "-") if thing in called.keys else _end(thing) for thing in about
    )
    yield Triple(iri, term("aboutKeys"), Literal(_text(row.get("keys")) or named))
    if computed := filled(rule.say("computed", "en"), row, "en", called):
        yield Triple(iri, term("computed"), Literal(computed))


def _check(iri: NamedNode, rule: AuditRule, row: Row, called: Names) -> Iterator[Triple]:
    yield Triple(iri, TYPE, term("Check"))
    yield Triple(iri, term("holds"), _TRUE)
    for lang in LANGUAGES:
        if said := filled(rule.say("held", lang), row, lang, called):
            yield Triple(iri, term("message"), Literal(said, language=lang))


def _doubt(iri: NamedNode, rule: AuditRule, row: Row, about: Sequence[str], called: Names) -> Iterator[Triple]:
    yield Triple(iri, TYPE, term("Doubt"))
    yield Triple(iri, TYPE, _ANNOTATION)
    yield Triple(iri, _MOTIVATED, _ASSESSING)
    yield Triple(iri, term("severity"), _SEVERITY[_text(row.get("severity")) or rule.severity])
    for thing in about:
        yield Triple(iri, _TARGET, NamedNode(thing))
    for lang in LANGUAGES:
        yield Triple(iri, term("message"), Literal(filled(rule.say("message", lang), row, lang, called), language=lang))


def _iri(kind: str, code: str, city: str, about: Sequence[str]) -> NamedNode:
    """Return an IRI of stable keys: the city, the rule, and what the check is about.

    Where that is more than a few things, the rest are told apart by the hash of their IRIs.
    """
    short = [thing.removeprefix(names.data_base()).removeprefix(names.SHARED) for thing in about]
    parts = [part.rpartition("/")[2] if len(about) > 1 else "-".join(part.split("/")[2:]) or part for part in short]
    if len(about) > 1:
        digest = hashlib.sha256(" ".join(about).encode()).hexdigest()[:10]
        parts = [*dict.fromkeys(parts[:MOST_NAMED]), digest]
    return names.thing(kind, city.rpartition("/")[2], code, "~".join(parts).replace("/", "-"))


def _end(iri: str) -> str:
    return iri.rpartition("/")[2].rpartition("#")[2]


def _text(cell: Cell) -> str:
    return plain(cell) if isinstance(cell, Literal | NamedNode) else "" if cell is None else str(cell)
