"""The command line: arguments in, text out."""

from __future__ import annotations

import json
import os
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sckg import __version__, rule_commands
from sckg.assets import Knowledge
from sckg.audit import commands as audit_commands
from sckg.options import (
    CityOption,
    FolderOption,
    Format,
    KnowledgeOption,
    Lang,
    LangOption,
    ProfileOption,
    RowEngine,
    StoreOption,
    WalkFormat,
)
from sckg.printing import progress as _progress
from sckg.printing import say as _say
from sckg.problems import NotPossible, ProblemsFound, counted, shown
from sckg.snapshots import commands as snapshot_commands

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
    rich_markup_mode=None,  # else what stands in square brackets is lost
)
new_app = typer.Typer(help="Start something from its template.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(new_app, name="new")


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
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"sckg: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:  # noqa: FBT002
    if version:
        _say(f"sckg {__version__}")
        raise typer.Exit
    base = os.environ.get("SCKG_BASE", "")
    if base and not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", base):
        raise NotPossible(f"SCKG_BASE is {base!r}; it is an address that begins with http:// or https://")


@app.command()
def build(
    cities: Annotated[list[Path] | None, typer.Argument(metavar="CITY_DIR", help="City folders; without any, the shipped ones and those of --knowledge.")] = None,
    store: FolderOption = "",
    without: Annotated[list[str] | None, typer.Option("--without", metavar="CODE", help="A city that the store holds and that goes. May be repeated.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the cities that the store holds and that are not named now.")] = False,  # noqa: FBT002
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=1, help="How many snapshots to keep.")] = 5,
    rows: Annotated[RowEngine, typer.Option("--rows", help="What grades and rolls up the rows of many cities.")] = RowEngine.duckdb,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Build cities into the store: check, grade, find, plan, publish.

    Cities that the store already holds stay. When an input has problems they are all printed, the exit code
    is 1, and what was stored stays as it was.

    Example: sckg build cities/5371-kota-kupang
    """
    from sckg import pipeline
    from sckg.on_server import build_on_server
    from sckg.opening import is_url

    known = Knowledge.found(knowledge)
    folders = cities or ([] if without else known.cities())
    with _progress("Building") as progress:
        if is_url(store):
            if without:
                raise NotPossible("--without is for a folder; for a server name the cities that stay, with --fresh")
            built = build_on_server(folders, store, known, fresh=fresh, progress=progress)
        else:
            gone, spark = without or (), rows is RowEngine.spark
            built = pipeline.build(
                folders, store, known, without=gone, fresh=fresh, keep=keep, on_spark=spark, progress=progress
            )
    cities_built = f"{counted(len(built.cities), 'city', 'cities')} ({', '.join(built.cities)})"
    _say(f"Built {cities_built}: {sum(built.sizes.values())} triples in {built.where}")
    for graph, size in built.sizes.items():
        _say(f"  {graph:<10} {size:>8}")


@app.command()
def check(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY_DIR", help="City folders.")],
    sources: Annotated[Path | None, typer.Option("--sources", metavar="DIR", help="A folder with the quoted documents: each quote is compared with its place in them.")] = None,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Read and check city folders without storing anything.

    Example: sckg check cities/5371-kota-kupang
    """
    from sckg import pipeline, quotes

    known = Knowledge.found(knowledge)
    memory = pipeline.checked_model(known)
    read = pipeline.read_cities(cities, memory, known)
    problems = pipeline.problems_of(read, memory, known)
    if sources:
        problems += [p for city in read for p in quotes.compare(city, sources)]
    if problems:
        raise ProblemsFound(problems)
    for city in read:
        number = quotes.count(city) if sources else 0
        compared = (
            f"; {counted(number, 'quote')} {'stands at its' if number == 1 else 'stand at their'} place"
            if sources
            else ""
        )
        _say(f"{shown(city.folder)}: {city.name}, {counted(city.observations, 'observation')}, no problems{compared}")


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
    """Ask a query of the catalogue, by name; without a name, list them.

    Example: sckg query weaknesses --city 5371 --format csv
    """
    from sckg.opening import open_store
    from sckg.queries import catalogue, named, refuse_unknown, values_for

    queries = catalogue(Knowledge.found(knowledge))
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
    terms: Annotated[list[str], typer.Argument(metavar="TERM", help="An IRI, a CURIE (ind:road-good-condition, factor:5371/W1) or a key (4.1, W3, n052, M5, A1).")],
    city: CityOption = "",
    profile: ProfileOption = "",
    lang: LangOption = Lang.en,
    output: Annotated[WalkFormat, typer.Option("--format", help="How to print the walk.")] = WalkFormat.text,
    store: StoreOption = "",
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Walk back from a claim to the words of a document.

    Over band, rule, value and quote to the document, and on to what depends on the claim.

    Example: sckg why 4.1 --profile kupang-2019
    """
    from sckg.explain import as_text, explain
    from sckg.opening import open_store
    from sckg.queries import catalogue, refuse_unknown

    queries = catalogue(Knowledge.found(knowledge))
    opened = open_store(store)
    for kind, given in (("city", city), ("profile", profile)):
        refuse_unknown(opened, queries, kind, given)
    walks = [explain(opened, queries, t, city=city, profile=profile, lang=lang.value) for t in terms]
    if output is WalkFormat.json:
        _say(json.dumps([walk.as_dict() for walk in walks], ensure_ascii=False, indent=1))
    else:
        _say("\n\n".join(as_text(walk, lang.value) for walk in walks))


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    store: StoreOption = "",
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Serve the site until stopped: cities, findings, and why.

    Example: sckg serve --port 8080
    """
    from sckg.site import serve as serve_site

    serve_site(store, Knowledge.found(knowledge), host, port)


@app.command()
def reason(store: StoreOption = "", knowledge: KnowledgeOption = None) -> None:
    """Ask whether ontology and data can all be true together.

    HermiT reads the ontology and every graph of the store, and tells which classes can have no member. It needs
    Java and about a minute.

    Example: sckg reason
    """
    from sckg.opening import open_store
    from sckg.reasoner import classify

    opened, known = open_store(store), Knowledge.found(knowledge)
    with _progress("Reasoning"):
        verdict = classify(opened, known)
    _say(str(verdict))
    if not verdict.holds:
        raise typer.Exit(1)


@new_app.command("city")
def new_city_command(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The official code, such as 5371.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name, such as 'Kota Kupang'.")],
    into: Annotated[Path, typer.Option("--in", metavar="DIR", help="Where to make the folder.")] = Path("cities"),
) -> None:
    """Make a city folder from the template, ready to be filled.

    Example: sckg new city 9999 "Kota Contoh"
    """
    from sckg.new_city import new_city

    folder = new_city(code, name, into)
    _say(f"{shown(folder)}: fill its files, then 'sckg check {shown(folder)}' and 'sckg build {shown(folder)}'")


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
        text = render.as_csv(table)
    elif output is Format.json:
        text = render.as_json(table)
    elif output is Format.ttl:
        text = render.as_turtle(table, store, graphs)
    else:
        text = render.as_text(table)
    _say(text.removesuffix("\n"))


def _list_queries(queries: dict[str, Query], lang: str) -> None:
    for subject, group in groupby(queries.values(), key=lambda asked: asked.subject):
        _say(f"{subject}/")
        for asked in group:
            parameters = " ".join(f"[{p.name}]" for p in asked.parameters)
            _say(f"  {asked.name:<26} {asked.say('title', lang)} {parameters}".rstrip())


rule_commands.add_commands(app)
audit_commands.add_commands(app)
snapshot_commands.add_commands(app)
