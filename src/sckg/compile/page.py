"""The page ``docs/compiler.md``: what each target takes, found by compiling a small shape for each feature.

A file of ``scripts/probes/<group>/`` is one feature, and its first line what the page calls it; one of
``scripts/probes/frames/`` what a target puts around it. ``python -m sckg.compile.page`` writes the page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import NamedNode

from sckg import names
from sckg.assets import shipped
from sckg.compile import sparql, sql
from sckg.compile.conditions import Members
from sckg.compile.forms import NotCompilable
from sckg.compile.shapes import ShapesGraph, shapes_of

PAGE = Path("docs") / "compiler.md"
TEXT = Path("scripts") / "compiler-page.md"  # what the page says around the tables
PROBES = Path("scripts") / "probes"
GROUPS = ("components", "beside", "paths", "targets", "queries", "own-components", "rules")
_AROUND = {"targets": "aimed", "rules": "concluded"}  # the frames of a group; of any other those of what is asked
_NOTHING = "yes, and asks for nothing"


@dataclass(frozen=True)
class Probe:
    """A shape, or a part of one, with one feature in it."""

    file: Path

    @property
    def group(self) -> str:
        """Return the group of features that it belongs to."""
        return self.file.parent.name

    @property
    def title(self) -> str:
        """Return what the page calls the feature."""
        return self.file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")

    def within(self, frame: str) -> ShapesGraph | None:
        """Return its triples with those that a target puts around it; None when the target has no place for it."""
        around = PROBES / "frames" / f"{_AROUND.get(self.group, 'asked')}.{frame}.ttl"
        if not (shipped() / around).is_file():
            return None
        graph = ShapesGraph()
        for file in (self.file, shipped() / around):
            graph.add(file.read_bytes(), file.name)
        return graph


def probes(group: str) -> list[Probe]:
    """Return the probes of a group, each feature before its limits."""
    return [Probe(file) for file in sorted((shipped() / PROBES / group).glob("*.ttl"), key=lambda file: file.stem)]


def _validated(graph: ShapesGraph) -> list[str]:
    shapes = shapes_of(graph, may_be_absent=True, with_rules=False)
    return _read_by_oxigraph(text for shape in shapes for _, text in sparql.violation_texts(shape, exact=True))


def _concluded(graph: ShapesGraph) -> list[str]:
    return _read_by_oxigraph(text for stage in sparql.staged_texts(shapes_of(graph, staged=True)) for text in stage)


def _checked(graph: ShapesGraph) -> list[str]:
    shapes = shapes_of(graph, may_be_absent=True, with_rules=False)
    return [text for shape in shapes for _, text in sql.row_checks(shape, _members(graph))]


def _graded(graph: ShapesGraph) -> list[str]:
    text = sql.grade_case(shapes_of(graph), _members(graph))
    return [text] if "THEN '" in text else []


def _read_by_oxigraph(texts: Iterator[str]) -> list[str]:
    """Return the texts. Raises SyntaxError for one that is no SPARQL: the compiler made a mistake."""
    found = list(texts)
    for text in found:
        ox.Store().query(text)
    return found


def _members(graph: ShapesGraph) -> Members:
    """Return the members of the classes of a probe, as a caller gives those of the model."""
    found: dict[NamedNode, list[NamedNode]] = {}
    for node in graph.subjects():
        for kind in graph.of(node, names.TYPE):
            if isinstance(node, NamedNode) and isinstance(kind, NamedNode):
                found.setdefault(kind, []).append(node)
    return found


Target = Callable[[ShapesGraph], list[str]]
TARGETS: tuple[tuple[str, str, Target], ...] = (  # what the page calls it, the frames it takes, what writes it
    ("validation", "validation", _validated),
    ("rules", "rules", _concluded),
    ("SQL: checks of rows", "validation", _checked),
    ("SQL: grades", "grades", _graded),
)


def verdict(probe: Probe, frame: str, write: Target) -> str:
    """Return what a target does with a feature: takes it, refuses it in the words of the compiler, or never runs it."""
    graph = probe.within(frame)
    if graph is None:
        return "not run"
    try:
        return "yes" if write(graph) else _NOTHING
    except NotCompilable as refused:
        return f"no: {_shown(refused.feature)}"


def _shown(feature: str) -> str:
    """Return a feature with its IRIs short, as a cell of Markdown has it."""
    short = re.sub(r"<([^<>\s]+)>", lambda found: names.compact(found[1]), feature)
    return short.replace("|", "\\|")


def table(group: str) -> str:
    """Return the table of a group: a feature in each row, a target in each column."""
    columns = ["feature", *(name for name, _, _ in TARGETS)]
    rows = [[probe.title, *_without_repeats(probe)] for probe in probes(group)]
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _without_repeats(probe: Probe) -> Iterator[str]:
    """Yield the verdicts on a feature; a reason is told once."""
    told: set[str] = set()
    for _, frame, write in TARGETS:
        found = verdict(probe, frame, write)
        yield "no" if found in told else found
        told |= {found} if found.startswith("no: ") else set()


def page() -> str:
    """Return the text of the page."""
    text = (shipped() / TEXT).read_text(encoding="utf-8")
    for group in GROUPS:
        text = text.replace(f"{{{group}}}", table(group))
    return text


if __name__ == "__main__":
    (shipped() / PAGE).write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
