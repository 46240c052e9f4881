"""The house style of Turtle and SPARQL files: ``python -m sckg.formatting [--fix] [PATH ...]``.

Without a path it reads ``ontology/``, ``rules/``, ``queries/`` and ``cities/``. ``--fix`` mends what cannot change a
meaning: blanks at the end of a line, tabs, line ends, the end of the file and prefixes that nothing uses.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from sckg import names
from sckg.assets import FOLDERS, Knowledge
from sckg.pipeline import STAGES
from sckg.problems import NotPossible, Problem, shown
from sckg.publish import GRAPHS
from sckg.queries import Query, load
from sckg.tables import decoded

WIDTH = 140
LANGUAGES = ("en", "id")
FLOW = (*GRAPHS, "catalogue")  # a rule reads what is to the left of what it writes
WRITES = {folder: graph for _, graph, folder in STAGES} | {"rules/publish": "catalogue"}
LABELS = {f"{names.SKOS}prefLabel", f"{names.RDFS}label", f"{names.SH}message"}

_TOKEN = re.compile(
    r'''
      (?P<comment>  \#[^\n]* )
    | (?P<text>     """(?:[^"\\]|\\.|"(?!""))*""" | \'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
                  | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<declares> (?:@prefix|\bPREFIX)\s+(?P<prefix>[\w-]*):\s*<(?P<iri>[^>\s]*)>(?:[^\S\n]*\.)? )
    | (?P<link>     <[^<>"{}|^`\\\s]*> )
    | (?P<variable> [?$]\w+ )
    | (?P<blank>    _:[\w.-]+ )
    | (?P<named>    (?P<used>[A-Za-z][\w-]*|):[\w.:%-]* )
    | (?P<word>     @?[A-Za-z]+ )
    ''',
    re.VERBOSE | re.DOTALL,
)
_HEADER_LINE = re.compile(r"#\s*[a-z-]+(?:@[a-z]{2})?:\s")
_ROW = re.compile(r"VALUES\s*\(([^)]*)\)\s*\{\s*\((?:\s*UNDEF)+\s*\)\s*\}")
_FORMS = {"SELECT", "CONSTRUCT", "ASK", "DESCRIBE"}
_GRAPH_WORDS = {"GRAPH", "FROM", "SERVICE"}
_QUERY_HEADER = ("title", "title@id", "question", "question@id", "columns")
_AUDIT_HEADER = (
    *("title", "title@id", "problem", "problem@id", "remedy", "remedy@id", "limits", "limits@id"),
    *("severity", "reads", "writes", "message", "message@id", "columns"),
)
_RULE_HEADER = ("title", "title@id", "about", "about@id", "reads", "writes")


@dataclass(frozen=True)
class StyledFile:
    """A Turtle or SPARQL file, cut into tokens."""

    path: Path
    text: str

    @cached_property
    def tokens(self) -> tuple[re.Match[str], ...]:
        """Return comments, texts, prefix declarations, IRIs, variables, prefixed names and words, in order."""
        return tuple(_TOKEN.finditer(self.text))

    @property
    def is_query(self) -> bool:
        """Return whether the file is SPARQL."""
        return self.path.suffix == ".rq"

    @property
    def area(self) -> str:
        """Return the knowledge folder that the file lies in, or an empty text."""
        return next((part for part in reversed(self.path.parts[:-1]) if part in FOLDERS), "")

    @property
    def folder(self) -> str:
        """Return the folder below which the file's own kind lies: ``rules/find``, or an empty text."""
        parts = self.path.parts
        start = len(parts) - 1 - parts[::-1].index(self.area) if self.area else len(parts)
        return "/".join(parts[start : start + 2])

    def line(self, position: int) -> int:
        """Return the line of a position, counted from 1."""
        return self.text.count("\n", 0, position) + 1

    def words(self) -> Iterator[re.Match[str]]:
        """Yield the keywords of SPARQL, wherever they are."""
        return (t for t in self.tokens if t["word"])

    def problem(self, line: int, code: str, reason: str, remedy: str) -> Problem:
        """Return a Problem of this file."""
        return Problem(shown(self.path), line, code, reason, remedy)


def problems_of(path: Path, prefixes: Mapping[str, str]) -> list[Problem]:
    """Return everything in one file that is not house style, sorted."""
    text, problem = decoded(path)
    if problem:
        return [problem]
    file = StyledFile(path, text)
    found = [*_layout(file), *_prefixes(file, prefixes)]
    if not any(p.code == "undeclared-prefix" for p in found):
        found += _query(file) if file.is_query else _turtle(file)
    return sorted(set(found))


def listed_prefixes(knowledge: Knowledge) -> dict[str, str]:
    """Return the prefixes that ``ontology/prefixes.ttl`` declares."""
    found: dict[NamedNode | ox.BlankNode | ox.Triple, dict[str, str]] = defaultdict(dict)
    for path in knowledge.files("ontology", "prefixes.ttl"):
        for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE):
            if isinstance(quad.object, Literal):
                found[quad.subject][quad.predicate.value.removeprefix(names.SH)] = quad.object.value
    return {said["prefix"]: said["namespace"] for said in found.values()}


def mended(text: str) -> str:
    """Return the text with everything corrected that cannot change its meaning."""
    pieces, end = [], 0
    for token in _TOKEN.finditer(text):
        if token["text"] is not None:
            pieces += [_tidy(text[end : token.start()]), token[0]]
            end = token.end()
    tidy = "".join([*pieces, _tidy(text[end:])])
    unused = set(_unused(StyledFile(Path(), tidy)))
    lines = [line for line in tidy.splitlines(keepends=True) if not _declares_one_of(line, unused)]
    return "".join(lines).rstrip() + "\n"


def _tidy(gap: str) -> str:
    return re.sub(r"[ \r]+(?=\n)", "", gap.replace("\t", "    "))


def _declares_one_of(line: str, prefixes: set[str]) -> bool:
    token = _TOKEN.fullmatch(line.strip())
    return token is not None and token["declares"] is not None and token["prefix"] in prefixes


# --- Every file --------------------------------------------------------------------------------


def _layout(file: StyledFile) -> Iterator[Problem]:
    for number, line in enumerate(file.text.split("\n"), 1):
        if "\t" in line:
            yield file.problem(number, "tab", "There is a tab in the line.", "Indent with spaces; --fix does.")
        if line != line.rstrip():
            yield file.problem(number, "trailing-blank", "The line ends in blanks.", "Remove them; --fix does.")
    yield from _long_lines(file)
    if not file.text.endswith("\n") or file.text.endswith("\n\n"):
        reason = "The file does not end in one line end."
        yield file.problem(file.line(len(file.text)), "end-of-file", reason, "End the last line, and stop; --fix does.")


def _long_lines(file: StyledFile) -> Iterator[Problem]:
    unbroken = [t for t in file.tokens if t["text"] is not None or t["link"] is not None]
    start = 0
    for number, line in enumerate(file.text.split("\n"), 1):
        end = start + len(line)
        excused = sum(max(0, min(t.end(), end) - max(t.start(), start)) for t in unbroken)
        if len(line) - excused > WIDTH and not _HEADER_LINE.match(line):
            reason = f"The line has {len(line)} characters; {WIDTH} are read without scrolling."
            yield file.problem(number, "long-line", reason, "Break it.")
        start = end + 1


def _prefixes(file: StyledFile, listed: Mapping[str, str]) -> Iterator[Problem]:
    declared: dict[str, str] = {}
    for token in file.tokens:
        if token["declares"] is None:
            continue
        prefix, iri, line = token["prefix"], token["iri"], file.line(token.start())
        if prefix in declared:
            yield file.problem(line, "prefix-declared-twice", f"{prefix}: is declared before.", "Keep one line.")
        elif prefix not in listed:
            remedy = "Add it to the list, or use a listed one."
            yield file.problem(line, "unlisted-prefix", f"{prefix}: is not in ontology/prefixes.ttl.", remedy)
        elif iri != listed[prefix]:
            reason = f"{prefix}: is <{iri}> here and <{listed[prefix]}> in ontology/prefixes.ttl."
            yield file.problem(line, "prefix-differs", reason, "Use the listed one.")
        declared[prefix] = iri
    for prefix, line in _unused(file).items():
        yield file.problem(line, "unused-prefix", f"Nothing uses {prefix}: here.", "Remove the line; --fix does.")
    for prefix, line in _used(file).items():
        if prefix not in declared:
            remedy = "Declare it at the top, so that the file reads alone."
            yield file.problem(line, "undeclared-prefix", f"{prefix}: is used and not declared.", remedy)


def _used(file: StyledFile) -> dict[str, int]:
    """Return each prefix that is used and the line where it is used first."""
    found: dict[str, int] = {}
    for token in file.tokens:
        if token["named"] is not None:
            found.setdefault(token["used"], file.line(token.start()))
    return found


def _unused(file: StyledFile) -> dict[str, int]:
    used = _used(file)
    declarations = (t for t in file.tokens if t["declares"] is not None)
    return {t["prefix"]: file.line(t.start()) for t in declarations if t["prefix"] not in used}


# --- Turtle ------------------------------------------------------------------------------------


def _turtle(file: StyledFile) -> Iterator[Problem]:
    try:
        quads = list(ox.parse(file.text, format=ox.RdfFormat.TURTLE, base_iri=names.data_base()))
    except SyntaxError as error:
        reason = f"{error.msg.rpartition(': ')[2]}."
        yield file.problem(error.lineno or 0, "broken-turtle", reason, "Correct the Turtle there.")
        return
    if file.area in {"ontology", "rules"}:
        yield from _labels(file, quads)


def _labels(file: StyledFile, quads: Iterable[ox.Quad]) -> Iterator[Problem]:
    said: dict[tuple[object, str], Counter[str]] = defaultdict(Counter)
    for quad in quads:
        if quad.predicate.value in LABELS and isinstance(quad.object, Literal):
            said[quad.subject, names.compact(quad.predicate.value)][quad.object.language or ""] += 1
    for (subject, label), languages in said.items():
        if languages != Counter(LANGUAGES):
            iri = subject.value if isinstance(subject, NamedNode) else ""
            counts = ", ".join(f"{n} in {lang or 'no language'}" for lang, n in sorted(languages.items()))
            reason = f"{names.compact(iri) or 'An unnamed thing'} has {label} {counts}."
            yield file.problem(_line_of(file, iri), "one-language", reason, "Give one in @en and one in @id.")


def _line_of(file: StyledFile, iri: str) -> int:
    """Return the line that begins with this subject, or 0."""
    written = [f"<{iri}>"]
    declarations = (t for t in file.tokens if t["declares"] is not None and iri.startswith(t["iri"]))
    written += [f"{t['prefix']}:{iri.removeprefix(t['iri'])}" for t in declarations]
    found = re.search(rf"^(?:{'|'.join(map(re.escape, written))})\s", file.text, re.MULTILINE)
    return file.line(found.start()) if found else 0


# --- SPARQL ------------------------------------------------------------------------------------


def _query(file: StyledFile) -> Iterator[Problem]:
    try:
        asked = load(file.path, file.path.parent)
    except (TypeError, IndexError):
        reason = "A '# param:' line is not 'name | kind | help', or its @id line comes before it."
        yield file.problem(1, "incomplete-header", reason, "Write '# param: city | city | every city when left out'.")
        return
    try:
        answer = ox.Store().query(file.text, base_iri=names.data_base())
    except SyntaxError as error:
        place = re.search(r"at (\d+):\d+: (.*)", error.msg)
        line, reason = (int(place[1]), place[2]) if place else (0, error.msg)
        yield file.problem(line, "broken-sparql", f"{reason}.", "Correct the SPARQL there.")
        return
    if file.folder == "rules/audit":
        yield from _header(file, asked, "SELECT", _AUDIT_HEADER)
        yield from _columns(file, asked, answer)
        yield from _flow(file, asked)
    elif file.area == "rules":
        yield from _header(file, asked, "CONSTRUCT", _RULE_HEADER)
        yield from _flow(file, asked)
    else:
        yield from _header(file, asked, "SELECT", _QUERY_HEADER)
        yield from _columns(file, asked, answer)
        yield from _parameters(file, asked)


def _header(file: StyledFile, asked: Query, form: str, fields: Iterable[str]) -> Iterator[Problem]:
    forms = [t["word"].upper() for t in file.words() if t["word"].upper() in _FORMS]
    if forms[:1] != [form]:
        reason = f"This is a {''.join(forms[:1])}, and files in {file.area or 'queries'}/ are {form}s."
        yield file.problem(0, "wrong-form", reason, "Rules write and are in rules/; queries read and are in queries/.")
    for name in fields:
        if not asked.header.get(name):
            yield file.problem(1, "incomplete-header", f"The header has no '# {name}:' line.", "Add it.")
    for graph in asked.reads:
        if graph not in FLOW:
            reason = f"It reads '{graph}', which no stage writes."
            yield file.problem(_header_line(file, "reads"), "unknown-graph", reason, f"The graphs: {', '.join(FLOW)}.")


def _columns(file: StyledFile, asked: Query, answer: object) -> Iterator[Problem]:
    selected = tuple(v.value for v in answer.variables) if isinstance(answer, ox.QuerySolutions) else ()
    if selected and asked.columns and selected != asked.columns:
        reason = f"The header promises the columns {' '.join(asked.columns)}; SELECT gives {' '.join(selected)}."
        yield file.problem(_header_line(file, "columns"), "columns-differ", reason, "Make them one list in one order.")


def _parameters(file: StyledFile, asked: Query) -> Iterator[Problem]:
    row = _ROW.search(file.text)
    bound = [variable.lstrip("?$") for variable in row[1].split()] if row else []
    promised = [parameter.name for parameter in asked.parameters]
    line = _header_line(file, "param")
    if bound != promised:
        reason = f"The header has the parameters '{' '.join(promised)}', the VALUES row of UNDEFs '{' '.join(bound)}'."
        yield file.problem(line, "parameters-differ", reason, "Make them one list in one order.")
    for parameter in asked.parameters:
        if not parameter.help or not parameter.help_id:
            reason = f"The parameter '{parameter.name}' is not explained in both languages."
            yield file.problem(line, "incomplete-header", reason, "Add its '# param:' or '# param@id:' line.")


def _flow(file: StyledFile, asked: Query) -> Iterator[Problem]:
    for token in file.words():
        if token["word"].upper() in _GRAPH_WORDS:
            reason = f"The rule says {token['word']}; the text of a rule names no graph."
            remedy = "Name graphs in '# reads:' and '# writes:'; the runner puts them together."
            yield file.problem(file.line(token.start()), "graph-in-rule", reason, remedy)
    line, wanted = _header_line(file, "writes"), WRITES.get(file.folder)
    if asked.writes and asked.writes != wanted:
        reason = f"It writes '{asked.writes}', and rules in {file.folder}/ write '{wanted}'."
        yield file.problem(line, "wrong-graph", reason, "Move the file, or correct '# writes:'.")
    elif asked.writes:
        for graph in asked.reads:
            if graph in FLOW and FLOW.index(graph) >= FLOW.index(asked.writes):
                reason = f"It writes '{asked.writes}' and reads '{graph}', which is not finished by then."
                yield file.problem(line, "reads-ahead", reason, f"It may read {', '.join(_before(asked.writes))}.")


def _before(graph: str) -> Sequence[str]:
    return FLOW[: FLOW.index(graph)]


def _header_line(file: StyledFile, name: str) -> int:
    found = re.search(rf"^#\s*{name}:", file.text, re.MULTILINE)
    return file.line(found.start()) if found else 0


# --- The command -------------------------------------------------------------------------------


def style_files(paths: Sequence[Path], knowledge: Knowledge) -> list[Path]:
    """Return the Turtle and SPARQL files below the paths, or of the knowledge folders when there is none.

    Templates (folders that begin with ``_``) are forms to fill, and no files of their own.
    """
    if not paths:
        every = (p for folder in FOLDERS for kind in ("*.ttl", "*.rq") for p in knowledge.files(folder, kind))
        return [p for p in every if not p.parent.name.startswith("_")]
    found = []
    for path in paths:
        if not path.exists():
            raise NotPossible(f"{path}: there is no such file or folder")
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [p for p in below if p.suffix in {".ttl", ".rq"}]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files, print their problems and return the exit code."""
    parser = ArgumentParser(prog="python -m sckg.formatting", description="Check the house style of Turtle and SPARQL.")
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="files or folders; all knowledge when none")
    parser.add_argument("--fix", action="store_true", help="mend what cannot change a meaning, then check")
    asked = parser.parse_args(arguments)
    knowledge = Knowledge.found()
    files = style_files(asked.paths, knowledge)
    if asked.fix:
        _fix(files)
    prefixes = listed_prefixes(knowledge)
    problems = [problem for path in files for problem in problems_of(path, prefixes)]
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")
    return 1 if problems else 0


def _fix(files: Iterable[Path]) -> None:
    for path in files:
        text, problem = decoded(path)
        if not problem and (better := mended(text)) != text:
            path.write_text(better, encoding="utf-8")
            print(f"mended {shown(path)}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotPossible as reason:
        sys.exit(f"sckg: {reason}")
