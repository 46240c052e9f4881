"""A ``.rq`` file read once: its header, its columns, its parameters, and its text with values bound.

The header is comment lines ``# name: text`` before the first line of SPARQL; ``# name@id: text`` is its
Indonesian wording. This is the only parser of it: the linter, the CLI, the site and the docs share it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.assets import Knowledge, shipped
from sckg.problems import NotPossible, Problem, ProblemsFound, quoted, shown, suggestion
from sckg.stores.base import Store, Table
from sckg.tables import decoded

Maker = Callable[[str], NamedNode | Literal | None]
_INTEGER = NamedNode(f"{names.XSD}integer")
_HEADER = re.compile(r"\s*([a-z-]+)(?:@([a-z]{2}))?:\s*(.*)")
SELECTS = {"queries", "rules/audit"}  # what lies below other folders is a CONSTRUCT
_DEFAULTS = re.compile(r"VALUES\s*\(((?:\s*\?\w+)+)\s*\)\s*\{\s*\((?:\s*UNDEF)+\s*\)\s*\}")


class WrongHeader(TypeError):  # noqa: N818 - it says what the file has
    """A line of a header says less than it must, or another thing."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


@dataclass(frozen=True)
class Parameter:
    """One value a query can be asked with: ``city | city | every city when left out``."""

    name: str
    kind: str
    help: str
    help_id: str = ""

    def term(self, text: str) -> NamedNode | Literal:
        """Return the RDF term that a reader's text stands for.

        Raises NotPossible when the text is not a value of this kind.
        """
        make = _KINDS.get(self.kind)
        made = make(text.strip()) if make else None
        if made is None:
            raise NotPossible(f"--{self.name} {text}: this is not {_CALLED.get(self.kind, self.kind)}")
        return made


@dataclass(frozen=True)
class Query:
    """A query or rule file: what its header says and its text as it stands."""

    name: str
    subject: str
    path: Path
    text: str
    header: Mapping[str, str] = field(hash=False)
    parameters: tuple[Parameter, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns in the order that the header promises."""
        return tuple(self.header.get("columns", "").split())

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the stages whose graphs are read; the model is always read too."""
        return tuple(self.header.get("reads", "").replace(",", " ").split())

    @property
    def writes(self) -> str:
        """Return the graph that a rule writes, or an empty text for a query."""
        return self.header.get("writes", "")

    def say(self, field_name: str, lang: str = "en") -> str:
        """Return a header field in a language, in English when there is no other."""
        return self.header.get(f"{field_name}@{lang}") or self.header.get(field_name, "")

    def graphs(self) -> list[NamedNode]:
        """Return the named graphs that make up the default graph of this query."""
        return [names.graph(g) for g in dict.fromkeys(("model", *self.reads))]

    def bound(self, values: Mapping[str, str]) -> str:
        """Return the text with the parameters' row replaced by these values; UNDEF stays for the others.

        A text of several parts has the row in each.
        """
        if not self.parameters:
            return self.text
        given = [str(p.term(values[p.name])) if values.get(p.name) else "UNDEF" for p in self.parameters]
        found = _DEFAULTS.search(self.text)
        if found is None:
            raise NotPossible(f"{self.path}: no VALUES row of UNDEFs for its parameters")
        variables = " ".join(v for v in found.group(1).split())
        row = f"VALUES ({variables}) {{ ({' '.join(given)}) }}"
        return _DEFAULTS.sub(
            lambda one: row if one.group(1).split() == found.group(1).split() else one.group(), self.text
        )

    def ask(self, store: Store, values: Mapping[str, str]) -> Table:
        """Run the query with these values and return its table. Raises ProblemsFound when it is no SPARQL."""
        try:
            return store.select(self.bound(values), self.graphs())
        except SyntaxError as error:
            raise ProblemsFound([_broken(self.path, error)]) from error


def load(path: Path, folder: Path) -> Query:
    """Read one ``.rq`` file below ``folder``, or a ``.sql`` whose header is in ``--`` comments.

    Raises WrongHeader for a parameter that cannot be asked for.
    """
    return _parsed(path, folder, path.read_text(encoding="utf-8-sig"))


@lru_cache(maxsize=2048)
def _parsed(path: Path, folder: Path, text: str) -> Query:
    header: dict[str, str] = {}
    parameters: list[Parameter] = []
    for line, name, lang, value in _lines(text, "--" if path.suffix == ".sql" else "#"):
        if name != "param":
            header[f"{name}@{lang}" if lang else name] = value
        elif not lang:
            parameters.append(_parameter(line, value))
        elif parameters:
            parameters[-1] = Parameter(*_three(value, parameters[-1]))
        else:
            raise WrongHeader(line, f"'# param@{lang}:' comes before the English line of its parameter.")
    subject = path.parent.relative_to(folder).as_posix()
    return Query(path.stem, subject, path, text, header, tuple(parameters))


def catalogue(knowledge: Knowledge, folder: str = "queries") -> dict[str, Query]:
    """Return every query below ``folder`` by its name, a later root's file replacing an earlier one.

    Raises ProblemsFound for files that are no SPARQL, or whose header cannot be followed.
    """
    found: dict[str, Query] = {}
    problems: list[Problem] = []
    for root in knowledge.roots:
        for path in sorted((root / folder).rglob("*.rq")):
            read = _read(path, root / folder, "SELECT" if folder in SELECTS else "CONSTRUCT")
            if isinstance(read, Query):
                found[read.name] = read
            else:
                problems.append(read)
    if problems:
        raise ProblemsFound(problems)
    return dict(sorted(found.items(), key=lambda item: (item[1].subject, item[0])))


def _read(path: Path, folder: Path, wanted: str) -> Query | Problem:
    """Return the query of a file, or the first thing that keeps it from being asked."""
    text, unreadable = decoded(path)
    if unreadable:
        return unreadable
    try:
        query = _parsed(path, folder, text)
        # What is shipped is known to be SPARQL: to plan all of it would take half a second.
        form = wanted if any(path.is_relative_to(shipped() / known) for known in SELECTS) else _form(query.text)
    except WrongHeader as error:
        remedy = "Write '# param: city | city | every city when left out'."
        return Problem(shown(path), error.line, "incomplete-header", str(error), remedy)
    except SyntaxError as error:
        return _broken(path, error)
    if form != wanted:
        remedy = "Rules write and lie in rules/; queries read and lie in queries/."
        return Problem(shown(path), 0, "wrong-form", f"It is a {form} and must be a {wanted}.", remedy)
    if query.subject == "why" and not query.header.get("order", "").isdigit():
        return Problem(
            shown(path), 1, "incomplete-header", "A query of queries/why has no order.", "Add '# order: 50'."
        )
    return query


def _broken(path: Path, error: SyntaxError) -> Problem:
    place = re.search(r"at (\d+):(\d+): (.*)", error.msg, re.DOTALL)
    line, reason = (int(place[1]), f"At column {place[2]}: {place[3]}") if place else (0, error.msg)
    return Problem(shown(path), line, "broken-sparql", f"{reason}.", "Correct the SPARQL there.")


@cache
def _form(text: str) -> str:
    """Return which form of SPARQL a text is. Raises SyntaxError when it is none."""
    answer = ox.Store().query(text, base_iri=names.data_base())
    forms: dict[type, str] = {ox.QuerySolutions: "SELECT", ox.QueryTriples: "CONSTRUCT"}
    return forms.get(type(answer), "ASK")


def named(queries: Mapping[str, Query], name: str) -> Query:
    """Return the query of this name; raises NotPossible with a suggestion when there is none."""
    if name not in queries:
        hint = suggestion(name, queries) or "'sckg query --list' names them all."
        raise NotPossible(f"'{name}' is not a query. {hint}")
    return queries[name]


def _lines(text: str, mark: str) -> Iterator[tuple[int, str, str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith(mark):
            return
        if found := _HEADER.match(line.removeprefix(mark)):
            yield number, found.group(1), found.group(2) or "", found.group(3).strip()


def _parameter(line: int, value: str) -> Parameter:
    parts = [part.strip() for part in value.split("|", 2)]
    if len(parts) != 3 or not re.fullmatch(r"\w+", parts[0]):  # noqa: PLR2004 - name, kind and help
        raise WrongHeader(line, "A '# param:' line is 'name | kind | what happens when it is left out'.")
    if parts[1] not in _KINDS:
        raise WrongHeader(line, f"{quoted(parts[1])} is no kind of parameter; the kinds are {', '.join(_KINDS)}.")
    return Parameter(*parts)


def _three(value: str, english: Parameter) -> Sequence[str]:
    return (english.name, english.kind, english.help, value.rsplit("|", maxsplit=1)[-1].strip())


def _thing(kind: str) -> Maker:
    return lambda text: names.thing(kind, text) if re.fullmatch(r"[0-9A-Za-z-]+", text) else names.expand(text)


def _shared(kind: str) -> Maker:
    return lambda text: names.shared(kind, text) if re.fullmatch(r"[a-z0-9-]+", text) else names.expand(text)


def _integer(text: str) -> Literal | None:
    return Literal(text, datatype=_INTEGER) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


_KINDS: dict[str, Maker] = {
    "city": _thing("city"),
    "profile": _shared("profile"),
    "indicator": _shared("indicator"),
    "framework": _shared("framework"),
    "iri": names.expand,
    "integer": _integer,
    "string": Literal,
}
_CALLED = {
    "city": "the code of a city, such as 5371",
    "profile": "the name of a profile, such as kupang-2019",
    "indicator": "the short name of an indicator, such as road-good-condition",
    "framework": "the short name of a framework, such as citiasia-2016",
    "iri": "an IRI or a short name, such as ind:road-good-condition",
    "integer": "a whole number, such as 2019",
}
_LISTED = {"city": "cities", "profile": "profiles", "indicator": "indicators"}  # by which query


def values_for(query: Query, given: Mapping[str, str], usual: Mapping[str, str]) -> dict[str, str]:
    """Return the values to ask with: those given, and the usual ones where the query has such a parameter.

    Raises NotPossible for a given value whose parameter the query does not have.
    """
    has = {p.name for p in query.parameters}
    for name in given:
        if name not in has:
            known = ", ".join(sorted(has)) or "none"
            raise NotPossible(f"the query '{query.name}' has no parameter '{name}'; its parameters: {known}")
    return {**{n: v for n, v in usual.items() if n in has}, **given}


def refuse_unknown(store: Store, queries: Mapping[str, Query], kind: str, text: str) -> None:
    """Raise NotPossible for a city, profile or indicator that is not in the store: an empty answer would mislead."""
    if not text or kind not in _LISTED:
        return
    asked = named(queries, _LISTED[kind])
    rows = [{name: getattr(term, "value", "") for name, term in row.items()} for row in asked.ask(store, {}).rows]
    if Parameter(kind, kind, "").term(text).value in {row[kind] for row in rows}:
        return
    short = {row[kind]: row[kind].rpartition("/")[2] for row in rows}
    labelled = [short[row[kind]] for row in rows if text.casefold() in row.get("label_id", "").casefold()]
    meant = f"Did you mean {labelled[0]}?" if len(labelled) == 1 else f"'sckg query {asked.name}' lists them."
    hint = suggestion(text, short.values()) or meant
    raise NotPossible(f"--{kind} {text}: there is no such {kind} here. {hint}")
