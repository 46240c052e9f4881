"""The audit rules: files of ``rules/audit/<class>/``, SPARQL over the graph or SQL over rows, with one kind of header.

A rule is a SELECT. Each of its rows is one check that ran: what it is about, whether it holds, and the figures that the
sentences of its header name in braces. So the same sentences serve both engines, and a planner can correct them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.names import LABEL, NOTATION, TYPE, term
from sckg.problems import Problem, ProblemsFound, shown
from sckg.queries import Query, catalogue, load

FOLDER = "rules/audit"
SEVERITIES = ("high", "medium", "low")
LANGUAGES = ("en", "id")
TOLD = ("title", "problem", "remedy", "limits", "message")  # in both languages
NEEDED = ("city", "about")
_BRACES = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class AuditRule:
    """One audit rule: its code is the name of its file, its class that of its folder."""

    query: Query
    file: str
    is_sql: bool

    @property
    def code(self) -> str:
        """Return the code that its doubts carry."""
        return self.query.name

    @property
    def of_class(self) -> str:
        """Return the class of defects that the rule belongs to."""
        return self.query.subject

    @property
    def severity(self) -> str:
        """Return how bad what it finds is, where a row does not say it."""
        return self.query.header["severity"]

    def say(self, field: str, lang: str) -> str:
        """Return a sentence of the header in a language."""
        return self.query.say(field, lang)

    @cached_property
    def problems(self) -> list[Problem]:
        """Return what its header lacks."""
        return [
            Problem(shown(self.query.path), 1, "incomplete-header", reason, "docs/audit.md shows a whole header.")
            for reason in _lacks(self.query)
        ]


def audit_rules(knowledge: Knowledge) -> list[AuditRule]:
    """Return every audit rule, sorted by class and code. Raises ProblemsFound for headers that say too little."""
    found = {q.name: AuditRule(q, knowledge.relative(q.path), False) for q in catalogue(knowledge, FOLDER).values()}
    for root in knowledge.roots:
        for path in sorted((root / FOLDER).rglob("*.sql")):
            found[path.stem] = AuditRule(load(path, root / FOLDER), knowledge.relative(path), True)
    if problems := [problem for rule in found.values() for problem in rule.problems]:
        raise ProblemsFound(problems)
    return sorted(found.values(), key=lambda rule: (rule.of_class, rule.code))


def rule_triples(rule: AuditRule) -> Iterator[Triple]:
    """Yield what a rule says of itself."""
    iri = rule_iri(rule)
    yield Triple(iri, TYPE, term("AuditRule"))
    yield Triple(iri, NOTATION, Literal(rule.code))
    yield Triple(iri, term("auditClass"), Literal(rule.of_class))
    yield Triple(iri, term("severity"), term(f"{rule.severity}Severity"))
    yield Triple(iri, term("file"), Literal(rule.file))
    for lang in LANGUAGES:
        yield Triple(iri, LABEL, Literal(rule.say("title", lang), language=lang))
        for field in ("problem", "remedy", "limits"):
            yield Triple(iri, term(field), Literal(rule.say(field, lang), language=lang))


def rule_iri(rule: AuditRule) -> NamedNode:
    """Return the IRI of a rule."""
    return names.shared("audit-rule", rule.code)


def _lacks(query: Query) -> Iterator[str]:
    header = query.header
    wanted = [name for field in TOLD for name in (field, f"{field}@id")]
    yield from (f"The rule {query.name} has no '{name}' in its header." for name in wanted if not header.get(name))
    if header.get("severity") not in SEVERITIES:
        yield f"The severity of {query.name} is not one of {', '.join(SEVERITIES)}."
    if query.writes != "doubts":
        yield f"The rule {query.name} does not say 'writes: doubts'."
    yield from (f"The rule {query.name} has no column '{name}'." for name in NEEDED if name not in query.columns)
    yield from _unknown_names(query)


def _unknown_names(query: Query) -> Iterator[str]:
    for field in ("message", "message@id", "held", "held@id", "computed"):
        for name in _BRACES.findall(query.header.get(field, "")):
            if name not in query.columns:
                yield f"The '{field}' of {query.name} names {{{name}}}, which is no column of it."
