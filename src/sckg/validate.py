"""Any data against any shapes: the shapes compiled, the texts asked of the data, the rows read as results.

Files come from outside: only pyoxigraph reads them. What cannot be checked is refused before anything is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from pathlib import Path as FilePath
from typing import cast
from xml.parsers import expat

import pyoxigraph as ox
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from sckg.compile import sparql
from sckg.compile.forms import Value, may_stay
from sckg.compile.shapes import Asked, Constraint, NotCompilable, Shape, ShapesGraph, SparqlConstraint, shapes_of
from sckg.compile.spelling import kept, original
from sckg.problems import NotPossible, Problem, ProblemsFound, cut, shown
from sckg.validation_report import Report, Result, component_of, messages_of

Row = Mapping[str, Value]
_MENTIONED = NamedNode("urn:sckg:mentioned")  # so that an empty path from a target that the data do not have is found
_FORMATS = "Turtle (.ttl), N-Triples (.nt), N-Quads (.nq), TriG (.trig), RDF/XML (.rdf) or JSON-LD (.jsonld)"
_EXTENSIONS = {"owl": ox.RdfFormat.RDF_XML, "xml": ox.RdfFormat.RDF_XML, "json": ox.RdfFormat.JSON_LD}
_SHAPES_NODE = re.compile(r"f\d+n\d+")  # how blank nodes of the shapes are called


class Failed(NotPossible):
    """A query of the shapes says ``?failure``: it could not decide."""


def validate(data: Sequence[FilePath], shapes: Sequence[FilePath]) -> Report:
    """Return the report of the data. Raises ProblemsFound for what cannot be read or compiled, with file and line."""
    problems = [p for path in dict.fromkeys([*shapes, *data]) if (p := _unreadable(path))]
    if problems:
        raise ProblemsFound(problems)
    graph, wanted = _read_shapes(shapes)
    loaded = _Data.load(data, wanted)
    found = [result for shape in wanted for result in _results(shape, loaded)]
    return Report(tuple(sorted(found, key=Result.order)), graph)


def imports_left_out(report: Report, shapes: Iterable[FilePath]) -> list[str]:
    """Return the ontologies that the shapes import and that are in none of their files."""
    return report.shapes.imports_beside({path.resolve().as_uri() for path in shapes})


@dataclass
class _Data:
    """The data, with the spelling of literals kept for what SHACL compares, and as they are for queries of shapes."""

    kept: ox.Store
    is_same: bool
    _plain: ox.Store | None = None

    @classmethod
    def load(cls, files: Sequence[FilePath], wanted: Sequence[Shape]) -> _Data:
        store, changed = ox.Store(), [False]
        for number, path in enumerate(files):
            try:
                store.bulk_extend(_quads(path, number, changed))
            except (SyntaxError, ValueError) as error:
                raise ProblemsFound([_broken(path, error)]) from error
        nodes = [
            t.of for shape in wanted if any(map(may_stay, shape.constraints)) for t in shape.targets if t.kind == "node"
        ]
        for node in nodes:
            store.add(Quad(_MENTIONED, _MENTIONED, kept(node) if isinstance(node, Literal) else node))
        return cls(store, not nodes and not changed[0])

    @property
    def plain(self) -> ox.Store:
        if self.is_same:
            return self.kept
        if self._plain is None:
            self._plain = ox.Store()
            self._plain.bulk_extend(_as_they_are(quad) for quad in self.kept if quad.subject != _MENTIONED)
        return self._plain

    def rows(self, text: str, *, exact: bool) -> Iterator[Row]:
        """Yield the rows of a SELECT, without the cells that are not bound."""
        store = self.kept if exact else self.plain
        found = cast("ox.QuerySolutions", store.query(text))
        columns = [variable.value for variable in found.variables]
        for solution in found:
            cells = zip(columns, solution, strict=True)
            yield {
                name: original(term) if isinstance(term, Literal) else term for name, term in cells if term is not None
            }


def _quads(path: FilePath, number: int, changed: list[bool]) -> Iterator[Quad]:
    default = DefaultGraph()
    for quad in ox.parse(path=str(path), format=_format(path), base_iri=path.resolve().as_uri()):
        as_read = (quad.subject, quad.object)
        subject, value = as_read
        if isinstance(value, Literal):
            value = kept(value)
            changed[0] = changed[0] or value is not as_read[1]
        elif isinstance(value, BlankNode):
            value = _own(value, number)
        if isinstance(subject, BlankNode):
            subject = _own(subject, number)
        is_same = subject is as_read[0] and value is as_read[1] and quad.graph_name == default
        yield quad if is_same else Quad(subject, quad.predicate, value)


def _own(node: BlankNode, number: int) -> BlankNode:
    """Return the blank node under a name that is of its file alone."""
    return BlankNode(f"d{number}-{node.value}") if number or _SHAPES_NODE.fullmatch(node.value) else node


def _as_they_are(quad: Quad) -> Quad:
    value = quad.object
    if isinstance(value, Literal) and (spelled := original(value)) is not value:
        return Quad(quad.subject, quad.predicate, spelled)
    return quad


def _results(shape: Shape, data: _Data) -> Iterator[Result]:
    """Yield the results of a shape: one for each row, which two of its targets may both find."""
    texts = list(sparql.violation_texts(shape, exact=True))
    for _, pairs in groupby(texts, key=lambda pair: id(pair[0])):
        group = list(pairs)
        constraint = group[0][0]
        seen: set[object] = set()
        said = messages_of(constraint)
        for _, text in group:
            fresh = [row for row in _rows(shape, constraint, text, data) if _key(row) not in seen]
            yield from (_result(constraint, row, said(row)) for row in fresh)
            if not isinstance(constraint, SparqlConstraint):
                seen.update(map(_key, fresh))


def _rows(shape: Shape, asked: Asked, text: str, data: _Data) -> Iterator[Row]:
    exact = isinstance(asked, Constraint) and asked.exact
    times = Counter[object]()
    if isinstance(asked, SparqlConstraint) and asked.via:
        times.update(row["this"] for row in data.rows(sparql.routes_text(shape, asked.via), exact=False))
    for row in data.rows(text, exact=exact):
        if str(getattr(row.get("failure"), "value", "")) in {"true", "1"}:
            raise Failed(f"a query of {shape.iri} says that it failed")
        yield from repeat(row, times[row["this"]] or 1)


def _key(row: Row) -> object:
    return tuple(sorted(row.items(), key=lambda cell: cell[0]))


def _result(asked: Asked, row: Row, said: tuple[Literal, ...]) -> Result:
    focus, value, path = row["this"], row.get("value"), row.get("path")
    if isinstance(asked, SparqlConstraint) and value is None and asked.path is None:
        value = focus
    return Result(
        focus, path if isinstance(path, NamedNode) else asked.path, value, asked.shape, component_of(asked),
        asked.severity, said, asked.source if isinstance(asked, SparqlConstraint) else None,
    )  # fmt: skip


def _read_shapes(files: Sequence[FilePath]) -> tuple[ShapesGraph, list[Shape]]:
    graph = ShapesGraph()
    for path in files:
        try:
            graph.add(path.read_bytes(), shown(path), path.resolve().as_uri(), _format(path))
        except (SyntaxError, ValueError) as error:
            raise ProblemsFound([_broken(path, error)]) from error
    try:
        return graph, shapes_of(graph, may_be_absent=True, with_rules=False)
    except NotCompilable as error:
        remedy = "Nothing was validated. docs/compiler.md lists what shapes may use."
        raise ProblemsFound([Problem(error.file, error.line, "not-compilable", str(error), remedy)]) from error


def _format(path: FilePath) -> ox.RdfFormat:
    extension = path.suffix.removeprefix(".").lower()
    return _EXTENSIONS.get(extension) or ox.RdfFormat.from_extension(extension) or ox.RdfFormat.TURTLE


def _unreadable(path: FilePath) -> Problem | None:
    if not path.is_file():
        return Problem(shown(path), 0, "unreadable-file", "There is no such file.", "Name a file.")
    extension = path.suffix.removeprefix(".").lower()
    if extension not in _EXTENSIONS and not ox.RdfFormat.from_extension(extension):
        return Problem(
            shown(path), 0, "unknown-format", "Its name does not say what is in it.", f"Name it as {_FORMATS}."
        )
    try:
        with path.open("rb") as file:
            is_xml = _format(path) == ox.RdfFormat.RDF_XML
            if is_xml and (line := _doctype(file)):
                reason = "It has a DOCTYPE, whose entities could grow without end."
                return Problem(shown(path), line, "doctype", reason, "Remove the DOCTYPE and write its entities out.")
    except OSError as error:
        return Problem(shown(path), 0, "unreadable-file", f"It cannot be read: {error.strerror}.")
    return None


def _doctype(lines: Iterable[bytes]) -> int:
    """Return the number of the line with a DOCTYPE, or 0."""
    return next((n for n, line in enumerate(lines, 1) if b"<!DOCTYPE" in line.replace(b"\0", b"").upper()), 0)


def _line_of_xml(path: FilePath) -> int:
    """Return the line at which a file, which has no DOCTYPE, stops being XML; 0 when it is XML."""
    parser = expat.ParserCreate()
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        return error.lineno
    return 0


def _broken(path: FilePath, error: Exception) -> Problem:
    reason = re.sub(r"^Parser error (at|between) .*?: ", "", cut(str(getattr(error, "msg", error)), 200))
    row = getattr(error, "lineno", 0) or (_line_of_xml(path) if _format(path) == ox.RdfFormat.RDF_XML else 0)
    return Problem(shown(path), row, "broken-data", f"{reason}.", "Correct it there, or at the end of the line before.")
