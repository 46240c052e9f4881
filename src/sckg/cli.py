"""The command line: arguments in, text out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sckg import __version__
from sckg.assets import Knowledge
from sckg.problems import NotPossible, ProblemsFound, shown

if TYPE_CHECKING:
    from pyoxigraph import NamedNode

    from sckg.queries import Query
    from sckg.stores.base import Store, Table

app = typer.Typer(
    help="Smart-city assessments as a graph that can be checked: every grade walks back to its rule and its words.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 the input has problems, 2 used wrongly or not possible here.",
    pretty_exceptions_enable=False,
)
test_app = typer.Typer(help="Run the case tables beside the rules.", no_args_is_help=True)
new_app = typer.Typer(help="Start something from its template.", no_args_is_help=True)
app.add_typer(test_app, name="test")
app.add_typer(new_app, name="new")


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    ttl = "ttl"


class RuleForm(StrEnum):
    """How a rule is shown."""

    words = "words"
    shacl = "shacl"
    sparql = "sparql"


class Lang(StrEnum):
    """The language of labels and messages."""

    en = "en"
    id = "id"


StoreOption = Annotated[
    str,
    typer.Option(
        "--store", metavar="PATH_OR_URL", envvar="SCKG_STORE", show_envvar=True,
        help="The store: a folder, or the URL of a SPARQL 1.1 server. [default: ~/.local/share/sckg/store]",
    ),
]  # fmt: skip
KnowledgeOption = Annotated[
    list[Path] | None,
    typer.Option("--knowledge", metavar="DIR", help="One more folder with ontology/, rules/, queries/, web/ or cities/, read after the shipped ones. May be repeated; SCKG_KNOWLEDGE names some for every command."),
]  # fmt: skip
CityOption = Annotated[
    str, typer.Option("--city", metavar="CODE", help="Only this city, by its official code, such as 5371.")
]
ProfileOption = Annotated[
    str, typer.Option("--profile", metavar="PROFILE", help="Only under this grading profile, such as kupang-2019.")
]
LangOption = Annotated[Lang, typer.Option("--lang", envvar="SCKG_LANG", help="Language of labels: id or en.")]


def main() -> None:
    """Run the command line and turn what can go wrong into messages and exit codes."""
    try:
        app(standalone_mode=True)
    except ProblemsFound as found:
        for problem in found.problems:
            print(problem, file=sys.stderr)
        print(f"\n{found}; nothing was changed.", file=sys.stderr)
        sys.exit(1)
    except NotPossible as reason:
        print(f"sckg: {reason}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:  # noqa: FBT002
    if version:
        print(f"sckg {__version__}")
        raise typer.Exit


@app.command()
def build(
    cities: Annotated[list[Path] | None, typer.Argument(metavar="[CITY_DIR ...]", help="City folders. Every shipped city when none is named.")] = None,
    store: StoreOption = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the cities that the store holds and that are not named now.")] = False,  # noqa: FBT002
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Read, check, grade, find, plan and publish; then swap the new snapshot in.

    Cities that the store already holds stay. When an input has problems they are all printed, the exit
    code is 1, and what was stored stays as it was.
    """
    from sckg import pipeline

    known = _knowledge(knowledge)
    folders = cities or known.cities()
    with _progress("Building") as progress:
        built = pipeline.build(folders, store, known, fresh=fresh, progress=progress)
    total = sum(built.sizes.values())
    print(
        f"Built {len(built.cities)} {'city' if len(built.cities) == 1 else 'cities'} ({', '.join(built.cities)}): {total} triples in {built.where}"
    )
    for graph, size in built.sizes.items():
        print(f"  {graph:<10} {size:>8}")


@app.command()
def check(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY_DIR ...", help="City folders.")],
    sources: Annotated[Path | None, typer.Option("--sources", metavar="DIR", help="A folder with the quoted documents: each quote is compared with its place in them.")] = None,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Read and check city folders without storing anything."""
    from sckg import pipeline, quotes

    known = _knowledge(knowledge)
    memory = pipeline.checked_model(known)
    read = pipeline.read_cities(cities, memory, known)
    problems = pipeline.problems_of(read, memory, known)
    if sources:
        problems += [p for city in read for p in quotes.compare(city, sources)]
    if problems:
        raise ProblemsFound(problems)
    for city in read:
        compared = f"; {quotes.count(city)} quotes stand at their place" if sources else ""
        print(f"{shown(city.folder)}: {city.name}, {city.observations} observations, no problems{compared}")


@app.command()
def query(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The query's name; --list names them all.", show_default=False)] = "",
    city: CityOption = "",
    year: Annotated[str, typer.Option("--year", metavar="YEAR", help="Only this year.")] = "",
    profile: ProfileOption = "",
    lang: LangOption = Lang.en,
    values: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another parameter of the query. May be repeated.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.table,
    listed: Annotated[bool, typer.Option("--list", help="List the queries and their parameters.")] = False,  # noqa: FBT002
    store: StoreOption = "",
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Ask a query of the catalogue, by name."""
    from sckg.opening import open_store
    from sckg.queries import catalogue, named, refuse_unknown, values_for

    queries = catalogue(_knowledge(knowledge))
    if listed or not name:
        _list_queries(queries, lang.value)
        return
    asked = named(queries, name)
    filters = {k: v for k, v in {"city": city, "year": year, "profile": profile}.items() if v}
    for idle in sorted(filters.keys() - {p.name for p in asked.parameters}):
        print(f"note: '{asked.name}' is the same for every {idle}; --{idle} changes nothing", file=sys.stderr)
        del filters[idle]
    bound = values_for(asked, {**filters, **_pairs(values)}, {"lang": lang.value})
    opened = open_store(store)
    for parameter in asked.parameters:
        refuse_unknown(opened, queries, parameter.kind, bound.get(parameter.name, ""))
    _print_table(asked.ask(opened, bound), output, opened, asked.graphs())


@app.command()
def why(
    terms: Annotated[list[str], typer.Argument(metavar="TERM ...", help="An IRI, a CURIE (ind:road-good-condition, factor:5371/W1) or a key (4.1, W3, n052, M5, A1).")],
    city: CityOption = "",
    profile: ProfileOption = "",
    lang: LangOption = Lang.en,
    output: Annotated[str, typer.Option("--format", metavar="[text|json]", help="How to print the walk.")] = "text",
    store: StoreOption = "",
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Walk back from a claim to its evidence: band, rule, value, quote, document, and what depends on it."""
    from sckg.explain import as_text, explain
    from sckg.opening import open_store
    from sckg.queries import catalogue, refuse_unknown

    if output not in {"text", "json"}:
        raise NotPossible(f"--format {output}: it is text or json")
    queries = catalogue(_knowledge(knowledge))
    opened = open_store(store)
    for kind, given in (("city", city), ("profile", profile)):
        refuse_unknown(opened, queries, kind, given)
    walks = [explain(opened, queries, t, city=city, profile=profile, lang=lang.value) for t in terms]
    if output == "json":
        print(json.dumps([walk.as_dict() for walk in walks], ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(as_text(walk, lang.value) for walk in walks))


@test_app.command("rules")
def run_rule_cases(
    indicators: Annotated[list[str] | None, typer.Argument(metavar="[INDICATOR ...]", help="Only these indicators' case tables.")] = None,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Run the case tables through pySHACL and through the compiled SPARQL; both must give the expected grade."""
    from sckg.cases import run_cases

    with _progress("Cases") as progress:
        results = list(run_cases(_knowledge(knowledge), indicators or (), progress))
    failed = [r for r in results if not r.passes]
    for r in failed:
        print(
            f"{r.file}:{r.row}  value '{r.value}' in {r.year}: expected '{r.expected}' ({r.because}); SPARQL gives '{r.by_sparql}', pySHACL gives '{r.by_shacl}'"
        )
    tables = len({r.file for r in results})
    print(
        f"{len(results) - len(failed)} of {len(results)} cases pass in {tables} tables, through pySHACL and through SPARQL"
    )
    if failed:
        raise typer.Exit(1)


@app.command()
def rule(
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="The indicator's slug or key, such as road-good-condition or 4.1.")],
    profile: ProfileOption = "",
    form: Annotated[RuleForm, typer.Option("--as", help="In words, as the SHACL file, or as the compiled SPARQL.")] = RuleForm.words,
    lang: LangOption = Lang.en,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Show the rules that grade an indicator."""
    from sckg.wording import show_rule

    print(show_rule(_knowledge(knowledge), indicator, profile, form.value, lang.value))


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    store: StoreOption = "",
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Serve the site: cities, tables, findings, a why page for every term, and the query catalogue."""
    from sckg.site import serve as serve_site

    serve_site(store, _knowledge(knowledge), host, port)


@app.command()
def verify(store: StoreOption = "") -> None:
    """Compare every file of the snapshot with its manifest; name each one that differs."""
    from sckg.opening import is_url
    from sckg.snapshot import current, default_store
    from sckg.snapshot import verify as verify_snapshot

    if is_url(store):
        raise NotPossible(f"{store} is a server: its files are not ours to verify")
    snapshot = current(Path(store) if store else default_store())
    wrong = verify_snapshot(snapshot)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        print(f"{len(wrong)} file(s) of {snapshot.path} differ; 'sckg build' makes a new snapshot", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{snapshot.path}: every file is as it was built")


@new_app.command("city")
def new_city_command(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The official code, such as 5371.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name, such as 'Kota Kupang'.")],
    into: Annotated[Path, typer.Option("--in", metavar="DIR", help="Where to make the folder.")] = Path("cities"),
) -> None:
    """Make a city folder from the template, ready to be filled."""
    from sckg.new_city import new_city

    folder = new_city(code, name, into)
    print(f"{shown(folder)}: fill its files, then 'sckg check {shown(folder)}' and 'sckg build {shown(folder)}'")


def _knowledge(extra: list[Path] | None) -> Knowledge:
    return Knowledge.found(tuple(extra or ()))


def _pairs(values: list[str] | None) -> dict[str, str]:
    found = {}
    for text in values or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise NotPossible(f"--set {text}: write NAME=VALUE")
        found[name] = value
    return found


def _print_table(table: Table, output: Format, store: Store, graphs: list[NamedNode]) -> None:
    from sckg import render

    if output is Format.csv:
        print(render.as_csv(table), end="")
    elif output is Format.json:
        print(render.as_json(table), end="")
    elif output is Format.ttl:
        print(render.as_turtle(table, store, graphs), end="")
    else:
        print(render.as_text(table), end="")


def _list_queries(queries: dict[str, Query], lang: str) -> None:
    for subject, group in groupby(queries.values(), key=lambda asked: asked.subject):
        print(f"{subject}/")
        for asked in group:
            parameters = " ".join(f"[{p.name}]" for p in asked.parameters)
            print(f"  {asked.name:<26} {asked.say('title', lang)} {parameters}".rstrip())


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows the step under way, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield lambda step: status.update(f"{what}: {step}")
