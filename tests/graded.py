"""The grading rules as data: their bands, what each takes, and the case tables beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from sckg import cases, names, pipeline
from sckg.assets import Knowledge
from sckg.compile.shapes import Branch, Shape
from sckg.model import model
from sckg.names import shacl, term
from sckg.tables import TableRow, read_table

INFINITY = Decimal("Infinity")


@dataclass(frozen=True)
class Facts:
    """What a graph says of each thing, IRIs as CURIEs."""

    said: Mapping[str, Mapping[str, tuple[Literal | NamedNode, ...]]]

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Facts:
        said: dict[str, dict[str, tuple[Literal | NamedNode, ...]]] = defaultdict(dict)
        for t in triples:
            if isinstance(t.subject, NamedNode) and isinstance(t.object, Literal | NamedNode):
                about, predicate = said[names.compact(t.subject.value)], names.compact(t.predicate.value)
                about[predicate] = (*about.get(predicate, ()), t.object)
        return cls(said)

    def all(self, thing: str, predicate: str) -> list[str]:
        """Return the values in order, IRIs as CURIEs."""
        return sorted(names.compact(o.value) for o in self.said.get(thing, {}).get(predicate, ()))

    def one(self, thing: str, predicate: str) -> str:
        """Return the one value, or an empty text where there is none."""
        found = self.all(thing, predicate)
        assert len(found) <= 1, f"{thing} has {predicate} {found}"
        return found[0] if found else ""

    def number(self, thing: str, predicate: str) -> Decimal | None:
        found = self.one(thing, predicate)
        return Decimal(found) if found else None

    def languages(self, thing: str, predicate: str) -> list[str]:
        """Return the languages of its texts, once for each text that has words."""
        texts = (o for o in self.said.get(thing, {}).get(predicate, ()) if isinstance(o, Literal) and o.value.strip())
        return sorted(o.language or "" for o in texts)

    def things(self, *classes: str) -> list[str]:
        return sorted(thing for thing in self.said if set(self.all(thing, "rdf:type")) & set(classes))


@dataclass(frozen=True)
class Reach:
    """What one branch of a rule takes: numbers between two edges, or some answers."""

    band: str
    low: Decimal
    high: Decimal
    takes_low: bool
    takes_high: bool
    answers: frozenset[str]

    def takes(self, number: Decimal) -> bool:
        above = self.low < number or (self.takes_low and number == self.low)
        return above and (number < self.high or (self.takes_high and number == self.high))


@dataclass(frozen=True)
class Rule:
    """A grading rule: its file, indicator, profile, years, and what its branches take, from the lowest up."""

    iri: str
    file: str
    indicator: str
    profile: str
    since: int
    until: int
    reaches: tuple[Reach, ...]
    cases: tuple[TableRow, ...]

    def __str__(self) -> str:
        return self.file

    def numeric(self) -> list[Reach]:
        return [reach for reach in self.reaches if not reach.answers]

    def edges(self) -> list[tuple[Reach, Reach]]:
        """Return the pairs of bands that should meet, the lower first."""
        return list(pairwise(self.numeric()))

    def in_force(self) -> list[TableRow]:
        """Return the cases of the years for which the rule is."""
        return [case for case in self.cases if self.since <= int(case["year"] or cases.YEAR) <= self.until]


def facts(knowledge: Knowledge) -> Facts:
    return Facts.of(model(knowledge))


def rules(knowledge: Knowledge, known: Facts) -> list[Rule]:
    return [rule for shape in pipeline.grading_rules(knowledge) for rule in _rules(shape, knowledge, known)]


def _rules(shape: Shape, knowledge: Knowledge, known: Facts) -> Iterator[Rule]:
    iri = names.compact(shape.iri.value)
    reaches = tuple(sorted((_reach(b) for b in shape.branches), key=lambda r: (r.low, r.high)))
    table = next(root / shape.file for root in knowledge.roots if (root / shape.file).is_file())
    rows = _rows(table.with_name(table.stem + cases.TABLE))
    for target in shape.targets:
        indicator = names.compact(target.of.value)
        yield Rule(
            iri, shape.file, indicator, known.one(iri, "sckg:inProfile"), target.since, target.until, reaches, rows
        )


def _rows(table: Path) -> tuple[TableRow, ...]:
    rows, problems = read_table(table, cases.COLUMNS, ("year",))
    assert not problems, problems
    return tuple(rows)


def _reach(branch: Branch) -> Reach:
    """Read the conditions of a branch; a condition that is not of a band's kind is refused."""
    assert branch.predicate == term("fallsIn"), branch.iri
    found: dict[str, Decimal] = {}
    answers: frozenset[str] = frozenset()
    for condition in branch.conditions:
        name = condition.component.value.removeprefix(names.SH)
        if condition.component == shacl("in") and condition.path == term("answer"):
            answers = frozenset(names.compact(o.value) for o in condition.operands if isinstance(o, NamedNode))
        elif name in {"minInclusive", "minExclusive", "maxInclusive", "maxExclusive"}:
            assert condition.path == term("value"), branch.iri
            found[name] = Decimal(condition.operands[0].value)
        else:
            assert name == "minCount", f"{branch.iri} has {name}"
    low, high = (
        found.get("minInclusive", found.get("minExclusive")),
        found.get("maxInclusive", found.get("maxExclusive")),
    )
    return Reach(
        names.compact(branch.object.value),
        -INFINITY if low is None else low,
        INFINITY if high is None else high,
        "minInclusive" in found,
        "maxInclusive" in found,
        answers,
    )
