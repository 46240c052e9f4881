"""``sckg audit``: what a reader would doubt in a city's files, for their author, before they are submitted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sckg.assets import Knowledge
from sckg.options import AuditFormat, KnowledgeOption, Lang, LangOption, SeverityWord
from sckg.printing import say

_FAIL_ON = "Exit with 1 while a doubt of this severity, or a higher one, is unanswered."


def add_commands(app: typer.Typer) -> None:
    """Add ``audit`` to the command line."""
    app.command()(audit)


def audit(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY_DIR", help="City folders.")],
    fail_on: Annotated[SeverityWord | None, typer.Option("--fail-on", help=_FAIL_ON)] = None,
    form: Annotated[AuditFormat, typer.Option("--format", help="How to print the doubts.")] = AuditFormat.text,
    lang: LangOption = Lang.en,
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Tell what in a city's evidence cannot be true, is not supported, or hangs on something unsaid.

    Nothing is stored and no grade changes. A row of the city's responses.csv answers a doubt; docs/audit.md has
    every rule.

    Example: sckg audit cities/5371-kota-kupang --fail-on high
    """
    from sckg import render
    from sckg.audit.report import as_text, counts, find

    found = find(cities, Knowledge.found(knowledge), lang.value)
    if form is AuditFormat.text:
        say("\n".join(as_text(found, lang.value)))
    else:
        say((render.as_csv if form is AuditFormat.csv else render.as_json)(found.table).rstrip("\n"))
    if fail_on and any(counts(doubt, fail_on.value) for doubt in found.doubts):
        raise typer.Exit(1)
