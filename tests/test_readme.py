"""What README and docs show is what happens: every ``console`` block runs, every file that a page gives is written.

A block that begins with three backticks and ``console`` holds commands (``$ ...``) and what they print. ``...`` stands
for the rest of a line, or alone on a line for any lines. ``console exit=1`` says that the last command fails so.
A block of any other kind with ``file=PATH`` is written to that path first; ``append=PATH`` is added to its end.
Other blocks are only shown. ``pip`` and ``make`` lines are not run.

A page starts in a folder with the shipped cities and examples, and with Kota Kupang built; README starts without
a build.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.exceptions import InternalServerError, MethodNotAllowed, NotFound

import command_line
from sckg import names
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.site import create_app

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = ("pip ", "make ", "git ", "python -m venv ", ". ")
INSTALLING = re.compile(r"^pip install [^&]*&& ")
CODE = re.compile(r"[a-z]+(-[a-z]+)+")


@dataclass(frozen=True)
class Block:
    """One fenced block: its line in the page, its kind, what its first line says besides, and its text."""

    line: int
    kind: str
    said: dict[str, str]
    text: str


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w+)([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        said = dict(re.findall(r"(\w+)=(\S+)", found.group(2)))
        yield Block(text.count("\n", 0, found.start()) + 1, found.group(1), said, found.group(3))


def commands(block: Block) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        while command.endswith("\\"):
            more, _, expected = expected.partition("\n")
            command = f"{command[:-1]}{more.removeprefix('>').lstrip()}"
        yield command, expected


def pattern(expected: str) -> str:
    lines = expected.rstrip("\n").split("\n") if expected.strip() else []
    return "".join(
        r"(?:[^\n]*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", r"[^\n]*") + r"\n" for line in lines
    )


def shown(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def runs(page: Path) -> bool:
    return any(block.kind == "console" for block in blocks(page))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "cities", tmp_path / "cities")
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    return tmp_path


def surroundings(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCKG_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    told = {"PATH": path, "HOME": str(folder), "SCKG_STORE": str(folder / "store"), "COLUMNS": "100", "NO_COLOR": "1"}
    return {**kept, **told}


@pytest.mark.parametrize("page", [p for p in PAGES if runs(p)], ids=shown)
def test_a_page_shows_what_its_commands_print(page: Path, folder: Path, request: pytest.FixtureRequest) -> None:
    if page != README:
        shutil.copytree(request.getfixturevalue("kupang_store"), folder / "store")
    for block in blocks(page):
        written = block.said.get("file") or block.said.get("append")
        if written:
            path = folder / written
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a" if "append" in block.said else "w", encoding="utf-8") as file:
                file.write(block.text)
        if block.kind != "console":
            continue
        shown_commands = list(commands(block))
        for number, (given, expected) in enumerate(shown_commands, 1):
            command = INSTALLING.sub("", given)
            if command.startswith(NOT_RUN):
                continue
            # README runs as it would for a newcomer, from the start of Python.
            how = command_line.in_shell if page == README else command_line.run
            status, printed = how(command, folder, surroundings(folder))
            place = f"{shown(page)}:{block.line} $ {command}"
            wanted = int(block.said.get("exit", 0)) if number == len(shown_commands) else 0
            assert status == wanted, f"{place} ended with {status}:\n{printed}"
            alike = bool(re.fullmatch(pattern(expected), printed))
            assert alike, f"{place} prints:\n{printed}\nthe page shows:\n{expected}"


def test_readme_goes_from_installing_to_a_weakness_in_ten_lines() -> None:
    first = next(block for block in blocks(README) if block.kind == "console")
    assert first.text.startswith("$ pip install ")
    assert "$ sckg why " in first.text
    assert "Weakness" in first.text
    assert len(first.text.splitlines()) <= 10


def test_every_make_line_names_a_target() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    said = {page: re.findall(r"(?:^\$ |^    |`)make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE) for page in PAGES}
    assert said[README] == ["run", "test"]
    assert {name for named in said.values() for name in named} <= targets


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_command_in_a_sentence_is_one(page: Path) -> None:
    known = command_line.COMMANDS
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for said in re.findall(r"`(sckg [a-z][^`]*)`", text):
        name = max((n for n in known if f"{said} ".startswith(f"{n} ")), key=len, default="")
        assert name, said
        options = {option for p in known[name].params for option in p.opts}
        assert set(re.findall(r" (--[a-z]+)", said)) <= options, said


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"(?<!`)\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
        link = target[0] or target[1]
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{shown(page)}: {link}"
        assert not anchor or anchor in anchors(aim), f"{shown(page)}: {link}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def problem_codes() -> set[str]:
    """Return the codes that the code can give: constants in calls that make a problem, in SQL, and check shapes."""
    makers = {"Problem", "CellProblem", "Refusal", "problem", "_fail", "_refused", "choice", "word", "refuse"}
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in makers:
                found |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    for path in (ROOT / "src").rglob("*.sql"):
        found |= set(re.findall(r"THEN '([a-z]+(?:-[a-z]+)+)'", path.read_text(encoding="utf-8")))
    for path in (ROOT / "rules" / "check").glob("*.ttl"):
        found |= set(re.findall(r"^check:([\w-]+) a sh:NodeShape", path.read_text(encoding="utf-8"), re.MULTILINE))
    for path in (ROOT / "web" / "templates").glob("*.html"):
        found |= set(re.findall(r"\{# known: \w+ in [\w.]+ \| ([\w-]+) \|", path.read_text(encoding="utf-8")))
    return {code for code in found if CODE.fullmatch(code)}


def test_every_problem_code_is_explained_and_no_other() -> None:
    text = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    explained = {heading for heading in re.findall(r"^### (.+)$", text, re.MULTILINE) if CODE.fullmatch(heading)}
    of_http = {names.slug(error().name) for error in (NotFound, MethodNotAllowed, InternalServerError)}
    assert explained == problem_codes() | of_http


def test_every_command_and_option_is_in_the_command_page() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in command_line.COMMANDS.items():
        assert f"\n## `{name}" in text, name
        section = text.partition(f"\n## `{name}")[2].partition("\n## ")[0]
        for option in (o for p in command.params for o in p.opts if o.startswith("--") and o != "--help"):
            assert f"`{option}" in section, f"{name} {option}"


def test_every_address_of_the_site_is_in_its_page_and_answers(kupang_store: str) -> None:
    text = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    table = text.partition("| address |")[2].partition("\n\n")[0]
    addresses = [address for row in table.splitlines() for address in re.findall(r"`(/[^`]*)`", row)]
    site = create_app(open_store(kupang_store), Knowledge.found())
    matched = set()
    for address in addresses:
        assert site.test_client().get(address).status_code in {200, 303}, address
        matched.add(site.url_map.bind("localhost").match(address.partition("?")[0], return_rule=True)[0].rule)
    assert matched == {rule.rule for rule in site.url_map.iter_rules()}


def test_the_page_that_the_documentation_adds_is_served(kupang_store: str, tmp_path: Path) -> None:
    page = next(b for b in blocks(ROOT / "docs" / "adding-a-page.md") if "file" in b.said)
    template = tmp_path / page.said["file"]
    template.parent.mkdir(parents=True)
    template.write_text(page.text, encoding="utf-8")
    site = create_app(open_store(kupang_store), Knowledge.found((tmp_path / "ours",)))
    answer = site.test_client().get("/city/5371/promises?lang=en")
    assert answer.status_code == 200
    assert "Economic growth of 7.00 % in 2022" in answer.text
