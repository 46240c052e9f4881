"""``sckg rule``, ``test rules``, ``what-if`` and ``validate``: rules shown, tried out, and shapes of anybody's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sckg.assets import Knowledge
from sckg.options import (
    KnowledgeOption,
    Lang,
    LangOption,
    ProfileOption,
    ReportFormat,
    RuleForm,
    StoreOption,
    WalkFormat,
)
from sckg.printing import progress, say
from sckg.problems import NotPossible, ProblemsFound, counted


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(rule)
    app.command("what-if")(what_if)
    app.command()(validate)
    cases = typer.Typer(help="Run the case tables beside the rules.", no_args_is_help=True, rich_markup_mode=None)
    cases.command("rules")(run_rule_cases)
    app.add_typer(cases, name="test")


def run_rule_cases(
    indicators: Annotated[list[str] | None, typer.Argument(metavar="INDICATOR", help="Only these indicators' case tables.")] = None,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Run case tables; each engine must give the expected grade.

    Every row goes through pySHACL, the reference, and through the compiled SPARQL.

    Example: sckg test rules road-good-condition
    """
    from sckg.cases import run_cases

    with progress("Cases") as told:
        results = list(run_cases(Knowledge.found(knowledge), indicators or (), told))
    failed = [r for r in results if not r.passes]
    for r in failed:
        gives = f"SPARQL gives {r.by_sparql or 'no grade'}, pySHACL gives {r.by_shacl or 'no grade'}"
        value = f"value {r.value}" if r.value else "no value"
        say(f"{r.file}:{r.row}  {value} in {r.year}: expected {r.expected or 'no grade'} ({r.because}); {gives}")
    tables = counted(len({r.file for r in results}), "table")
    passed = f"{len(results) - len(failed)} of {counted(len(results), 'case')}"
    say(f"{passed} {'passes' if len(results) == 1 else 'pass'} in {tables}, through pySHACL and through SPARQL")
    if failed:
        raise typer.Exit(1)


def rule(
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="The indicator's slug or key, such as road-good-condition or 4.1.")],
    profile: ProfileOption = "",
    form: Annotated[RuleForm, typer.Option("--as", help="In words, as the SHACL file, or as the compiled SPARQL or SQL.")] = RuleForm.words,
    lang: LangOption = Lang.en,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Show the rules that grade an indicator.

    Example: sckg rule road-good-condition --profile kupang-2019
    """
    from sckg.wording import show_rule

    say(show_rule(Knowledge.found(knowledge), indicator, profile, form.value, lang.value))


def what_if(
    cut_offs: Annotated[list[str] | None, typer.Option("--cut-off", metavar="INDICATOR:EDGE=OTHER", help="Another cut-off for everybody. May be repeated.")] = None,
    values: Annotated[list[str] | None, typer.Option("--value", metavar="CITY/YEAR/INDICATOR=VALUE", help="Another value for a city. May be repeated.")] = None,
    instead: Annotated[str, typer.Option("--instead", metavar="PROFILE", help="Grade by this profile instead.")] = "",
    profile: ProfileOption = "",
    output: Annotated[WalkFormat, typer.Option("--format", help="How to print the answer.")] = WalkFormat.text,
    store: StoreOption = "",
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Show what would change if a cut-off, a profile or a value were another; store nothing.

    Example: sckg what-if --cut-off road-good-condition:75=60
    """
    from sckg.rows import asking

    known = Knowledge.found(knowledge)
    answer = asking.ask(store, known, profile, instead=instead, cut_offs=cut_offs or (), values=values or ())
    say(asking.as_json(answer) if output is WalkFormat.json else asking.as_text(answer))


def validate(
    data: Annotated[list[Path], typer.Option("--data", metavar="FILE", help="A file of data: Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD. May be repeated; together they are one graph.")],
    shapes: Annotated[list[Path], typer.Option("--shapes", metavar="FILE", help="A file of shapes. May be repeated; they may refer to one another.")],
    output: Annotated[ReportFormat, typer.Option("--format", help="How to print the report.")] = ReportFormat.turtle,
) -> None:  # fmt: skip
    """Validate any data against any shapes of SHACL; no store is needed.

    The exit code is 0 when the data conform, 1 when they do not, and 2 when a file cannot be read or a shape has what
    is not supported: then nothing was validated, and what is in the way is printed with file and line.

    Example: sckg validate --data data.ttl --shapes shapes.ttl --format table
    """
    from sckg import validate as engine
    from sckg import validation_report as written

    try:
        report = engine.validate(data, shapes)
    except ProblemsFound as found:
        for problem in found.problems:
            print(problem, file=sys.stderr)
        raise NotPossible("nothing was validated") from found
    for left_out in engine.imports_left_out(report, shapes):
        print(f"note: the shapes import {left_out}, which is none of their files and was not read", file=sys.stderr)
    write = {"turtle": written.as_turtle, "json": written.as_json, "table": written.as_table}[output.value]
    say(write(report).rstrip())
    if not report.conforms:
        raise typer.Exit(1)
