"""What an audit rule found, as lines of N-Triples: a doubt where a check does not hold, and the check where it does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from urllib.parse import quote

from pyoxigraph import Literal

from sckg import names
from sckg.audit.rules import LANGUAGES, SEVERITIES, AuditRule, rule_iri
from sckg.audit.wording import Cell, Names, end_of, filled, text_of_cell
from sckg.claims import in_order
from sckg.names import TYPE, term

MOST_NAMED = 4  # things that are named in the IRI of a doubt about many
Row = Mapping[str, Cell]
_SEVERITY = {word: term(f"{word}Severity") for word in SEVERITIES}
# Predicates and what is said of every doubt or check, as N-Triples writes them.
_SAYS = {
    local: str(term(local))
    for local in ("auditRule", "city", "assessment", "about", "aboutKeys", "computed", "message")
}
_TARGET, _HOW_BAD = f"<{names.OA}hasTarget>", str(term("severity"))
_IS_DOUBT = (
    f"{TYPE} {term('Doubt')}",
    f"{TYPE} <http://www.w3.org/ns/dqv#QualityAnnotation>",
    f"<{names.OA}motivatedBy> <http://www.w3.org/ns/dqv#qualityAssessment>",
)
_IS_CHECK = (f"{TYPE} {term('Check')}", f'{term("holds")} "true"^^<{names.XSD}boolean>')


def row_lines(rule: AuditRule, rows: Iterable[Row], called: Names) -> Iterator[str]:
    """Yield the checks that ran, a line for each triple, of which many cities have millions.

    Rows that come twice are one check. One of which it cannot be computed whether it holds is none.
    """
    always, may_hold = f"{_SAYS['auditRule']} {rule_iri(rule)}", "holds" in rule.query.columns
    for row in rows:
        about = sorted(set(text_of_cell(row.get("about")).split()))
        if not about or (may_hold and row.get("holds") is None):
            continue
        holds = text_of_cell(row.get("holds")) in {"true", "True", "1"}
        iri = _iri("check" if holds else "doubt", rule.code, text_of_cell(row["city"]), about)
        told = _check(rule, row, called) if holds else _doubt(rule, row, about, called)
        for said in (always, *_said_by_both(rule, row, about, called), *told):
            yield f"{iri} {said} ."


def _said_by_both(rule: AuditRule, row: Row, about: Sequence[str], called: Names) -> Iterator[str]:
    yield f"{_SAYS['city']} <{text_of_cell(row['city'])}>"
    if assessment := text_of_cell(row.get("assessment")):
        yield f"{_SAYS['assessment']} <{assessment}>"
    for thing in about:
        yield f"{_SAYS['about']} <{thing}>"
    yield f"{_SAYS['aboutKeys']} {Literal(text_of_cell(row.get('keys')) or _keys(about, called))}"
    if computed := filled(rule.say("computed", "en"), row, "en", called):
        yield f"{_SAYS['computed']} {Literal(computed)}"


def _keys(about: Sequence[str], called: Names) -> str:
    return in_order(
        called.call(thing, "id").replace(" ", "-") if thing in called.keys else end_of(thing) for thing in about
    )


def _check(rule: AuditRule, row: Row, called: Names) -> Iterator[str]:
    yield from _IS_CHECK
    for lang in LANGUAGES:
        if said := filled(rule.say("held", lang), row, lang, called):
            yield f"{_SAYS['message']} {Literal(said, language=lang)}"


def _doubt(rule: AuditRule, row: Row, about: Sequence[str], called: Names) -> Iterator[str]:
    yield from _IS_DOUBT
    yield f"{_HOW_BAD} {_SEVERITY[text_of_cell(row.get('severity')) or rule.severity]}"
    for thing in about:
        yield f"{_TARGET} <{thing}>"
    for lang in LANGUAGES:
        yield f"{_SAYS['message']} {Literal(filled(rule.say('message', lang), row, lang, called), language=lang)}"


def _iri(kind: str, code: str, city: str, about: Sequence[str]) -> str:
    """Return an IRI of stable keys: the city, the rule, and what the check is about.

    Where that is more than a few things, the rest are told apart by the hash of their IRIs.
    """
    base = names.data_base()
    if len(about) > 1:
        digest = hashlib.sha256(" ".join(about).encode()).hexdigest()[:10]
        parts = [*dict.fromkeys([_last(thing) for thing in about][:MOST_NAMED]), digest]
    else:
        short = about[0].removeprefix(base).removeprefix(names.SHARED)
        parts = ["-".join(short.split("/")[2:]) or short]
    return f"<{_start(base, kind, city, code)}{quote('~'.join(parts).replace('/', '-'), safe='')}>"


@cache
def _start(base: str, kind: str, city: str, code: str) -> str:
    return f"{base}{kind}/{quote(city.rpartition('/')[2], safe='')}/{quote(code, safe='')}/"


def _last(iri: str) -> str:
    return iri.rpartition("/")[2]
