"""A page is a template that begins with comments: its address, its title, and what it asks for.

    {# page: /city/<city> #}
    {# title: A city #}
    {# title@id: Sebuah kota #}
    {# query: cities -> cities #}
    {# known: city in cities.code | no-such-city | No city here has the code {city}. #}
    {# default: profile = cities.default_profile #}
    {# query: grades city profile -> grades #}

The lines are followed from the top, after those of the template that it extends (without its address). Values come
from the address and from the query string. ``walk: term city profile -> walk`` asks for the way back from a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sckg.assets import Knowledge
from sckg.problems import NotPossible
from sckg.queries import Query, named

FOLDER = "web/templates"
COMMON = ("profile", "year", "lang")  # what any page may be asked with, and what its links carry on
_LINE = re.compile(r"\s*\{#\s*([a-z-]+)(?:@([a-z]{2}))?:\s*(.*?)\s*#\}", re.DOTALL)
_EXTENDS = re.compile(r'\{%-?\s*extends\s+"([^"]+)"')
_ASKED = re.compile(r"([\w -]+?)\s*->\s*(\w+)")
_KNOWN = re.compile(r"(\w+) in (\w+)\.(\w+)\s*\|\s*([a-z-]+)\s*\|\s*(.+)", re.DOTALL)
_DEFAULT = re.compile(r"(\w+) = (\w+)\.(\w+)")
_IN_ADDRESS = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Ask:
    """Ask a query with some of the page's values; the rows become a variable of the template."""

    query: Query
    takes: tuple[str, ...]
    variable: str


@dataclass(frozen=True)
class Walk:
    """Ask for the way back from a term."""

    takes: tuple[str, ...]
    variable: str


@dataclass(frozen=True)
class Known:
    """A value must stand in a column of rows that were asked for; if not, a sentence and its code say so."""

    value: str
    variable: str
    column: str
    code: str
    sentence: Mapping[str, str]


@dataclass(frozen=True)
class Default:
    """A value that nobody gave is taken from the last of some rows."""

    value: str
    variable: str
    column: str


Step = Ask | Walk | Known | Default


@dataclass(frozen=True)
class Page:
    """A template, its addresses, and the steps that fetch what it shows."""

    template: str
    addresses: tuple[str, ...]
    titles: Mapping[str, str]
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Return the template's name without its ending: what ``url_for`` calls the page."""
        return self.template.removesuffix(".html")

    @property
    def takes(self) -> frozenset[str]:
        """Return the names of the values that the page can be asked with."""
        taken = {name for step in self.steps if isinstance(step, Ask | Walk) for name in step.takes}
        return frozenset(taken | self.in_address | set(COMMON))

    @property
    def in_address(self) -> frozenset[str]:
        """Return the names of the values that come from the address."""
        return frozenset(name for address in self.addresses for name in _IN_ADDRESS.findall(address))

    @property
    def walk(self) -> str:
        """Return the variable that holds the way back, or an empty text for a page without one."""
        return next((step.variable for step in self.steps if isinstance(step, Walk)), "")

    def asks(self, name: str) -> bool:
        """Return whether a query or walk of the page depends on a value."""
        return any(name in step.takes for step in self.steps if isinstance(step, Ask | Walk))

    def title(self, lang: str) -> str:
        """Return the title in a language, in English when there is no other."""
        return self.titles.get(lang) or self.titles.get("en", self.name)


def pages(knowledge: Knowledge, queries: Mapping[str, Query]) -> dict[str, Page]:
    """Return every page by name, a later root's template replacing an earlier one of the same name.

    Raises NotPossible for a header that cannot be understood or that names what is not there.
    """
    sources = {path.name: path for path in knowledge.files(FOLDER, "*.html")}
    found = (_page(path, sources, queries) for path in sources.values())
    return {page.name: page for page in found if page.addresses}


def _page(path: Path, sources: Mapping[str, Path], queries: Mapping[str, Query]) -> Page:
    titles: dict[str, str] = {}
    steps: list[Step] = []
    for kind, lang, text in _inherited(path, sources):
        if kind == "title":
            titles[lang or "en"] = text
        elif kind == "known" and lang:
            steps[-1] = _translated(path, steps[-1], lang, text)
        elif kind != "page":
            steps.append(_step(path, kind, text, queries))
    addresses = tuple(text for kind, _, text in _header(path) if kind == "page")
    return Page(path.name, addresses, titles, tuple(steps))


def _inherited(path: Path, sources: Mapping[str, Path]) -> Iterator[tuple[str, str, str]]:
    extended = _EXTENDS.search(path.read_text(encoding="utf-8"))
    if extended and extended.group(1) in sources:
        yield from _inherited(sources[extended.group(1)], sources)
    yield from _header(path)


def _header(path: Path) -> Iterator[tuple[str, str, str]]:
    text, position = path.read_text(encoding="utf-8"), 0
    while line := _LINE.match(text, position):
        yield line.group(1), line.group(2) or "", line.group(3)
        position = line.end()


def _step(path: Path, kind: str, text: str, queries: Mapping[str, Query]) -> Step:
    if kind == "known" and (found := _KNOWN.fullmatch(text)):
        value, variable, column, code, sentence = found.groups()
        return Known(value, variable, column, code, {"en": sentence})
    if kind == "default" and (found := _DEFAULT.fullmatch(text)):
        value, variable, column = found.groups()
        return Default(value, variable, column)
    if kind == "walk" and (found := _ASKED.fullmatch(text)):
        return Walk(tuple(found.group(1).split()), found.group(2))
    if kind == "query" and (found := _ASKED.fullmatch(text)):
        name, *takes = found.group(1).split()
        return Ask(_has(path, _named(path, queries, name), takes), tuple(takes), found.group(2))
    raise NotPossible(f"{path}: cannot understand the line '{kind}: {text}'")


def _named(path: Path, queries: Mapping[str, Query], name: str) -> Query:
    try:
        return named(queries, name)
    except NotPossible as error:
        raise NotPossible(f"{path}: {error}") from error


def _has(path: Path, query: Query, takes: list[str]) -> Query:
    for name in takes:
        if name not in {p.name for p in query.parameters}:
            raise NotPossible(f"{path}: the query '{query.name}' has no parameter '{name}'")
    return query


def _translated(path: Path, step: Step, lang: str, sentence: str) -> Step:
    if not isinstance(step, Known):
        raise NotPossible(f"{path}: the line 'known@{lang}: {sentence}' follows no line 'known'")
    return replace(step, sentence={**step.sentence, lang: sentence})
