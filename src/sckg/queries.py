"""A ``.rq`` file read once: its header, its columns, its parameters, and its text with values bound.

The header is comment lines ``# name: text`` before the first line of SPARQL; ``# name@id: text`` is its
Indonesian wording. This is the only parser of it: the linter, the CLI, the site and the docs share it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.assets import Knowledge
from sckg.problems import NotPossible, suggestion
from sckg.stores.base import Store, Table

Maker = Callable[[str], NamedNode | Literal | None]
_INTEGER = NamedNode(f"{names.XSD}integer")
_HEADER = re.compile(r"#\s*([a-z-]+)(?:@([a-z]{2}))?:\s*(.*)")
_DEFAULTS = re.compile(r"VALUES\s*\(((?:\s*\?\w+)+)\s*\)\s*\{\s*\((?:\s*UNDEF)+\s*\)\s*\}")


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
            raise NotPossible(f"--{self.name} {text}: this is not a {self.kind}")
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
        """Return the text with the parameters' row replaced by these values; UNDEF stays for the others."""
        if not self.parameters:
            return self.text
        given = [str(p.term(values[p.name])) if values.get(p.name) else "UNDEF" for p in self.parameters]
        found = _DEFAULTS.search(self.text)
        if found is None:
            raise NotPossible(f"{self.path}: no VALUES row of UNDEFs for its parameters")
        variables = " ".join(v for v in found.group(1).split())
        row = f"VALUES ({variables}) {{ ({' '.join(given)}) }}"
        return self.text[: found.start()] + row + self.text[found.end() :]

    def ask(self, store: Store, values: Mapping[str, str]) -> Table:
        """Run the query with these values and return its table."""
        return store.select(self.bound(values), self.graphs())


def load(path: Path, folder: Path) -> Query:
    """Read one ``.rq`` file below ``folder``."""
    text = path.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    parameters: list[Parameter] = []
    for name, lang, value in _lines(text):
        if name != "param":
            header[f"{name}@{lang}" if lang else name] = value
        elif lang:
            parameters[-1] = Parameter(*_three(value, parameters[-1]))
        else:
            parameters.append(Parameter(*(part.strip() for part in value.split("|", 2))))
    subject = path.parent.relative_to(folder).as_posix()
    return Query(path.stem, subject, path, text, header, tuple(parameters))


def catalogue(knowledge: Knowledge, folder: str = "queries") -> dict[str, Query]:
    """Return every query below ``folder`` by its name, a later root's file replacing an earlier one."""
    found: dict[str, Query] = {}
    for root in knowledge.roots:
        for path in sorted((root / folder).rglob("*.rq")):
            query = load(path, root / folder)
            found[query.name] = query
    return dict(sorted(found.items(), key=lambda item: (item[1].subject, item[0])))


def named(queries: Mapping[str, Query], name: str) -> Query:
    """Return the query of this name; raises NotPossible with a suggestion when there is none."""
    if name not in queries:
        hint = suggestion(name, queries) or "'sckg query --list' names them all."
        raise NotPossible(f"'{name}' is not a query. {hint}")
    return queries[name]


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            return
        if found := _HEADER.match(line):
            yield found.group(1), found.group(2) or "", found.group(3).strip()


def _three(value: str, english: Parameter) -> Sequence[str]:
    return (english.name, english.kind, english.help, value.rsplit("|", maxsplit=1)[-1].strip())


def _thing(kind: str) -> Maker:
    return lambda text: names.thing(kind, text) if re.fullmatch(r"[0-9A-Za-z-]+", text) else names.expand(text)


def _shared(kind: str) -> Maker:
    return lambda text: names.shared(kind, text) if re.fullmatch(r"[a-z0-9-]+", text) else names.expand(text)


def _integer(text: str) -> Literal | None:
    return Literal(text, datatype=_INTEGER) if re.fullmatch(r"-?\d{1,9}", text) else None


_KINDS: dict[str, Maker] = {
    "city": _thing("city"),
    "profile": _shared("profile"),
    "indicator": _shared("indicator"),
    "framework": _shared("framework"),
    "iri": names.expand,
    "integer": _integer,
    "string": Literal,
}


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
