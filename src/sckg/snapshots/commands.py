"""The commands over snapshots: arguments in, text out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sckg.options import FolderOption, TableFormat
from sckg.printing import say
from sckg.problems import counted

SnapshotOption = Annotated[
    str,
    typer.Option("--snapshot", metavar="ID", help="Which snapshot: an id or number that 'sckg snapshots' lists, current or previous."),
]  # fmt: skip


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (snapshots, rollback, verify):
        app.command()(command)


def snapshots(
    output: Annotated[TableFormat, typer.Option("--format", help="How to print the list.")] = TableFormat.table,
    store: FolderOption = "",
) -> None:
    """List the builds that the store keeps, newest first.

    Two builds with the same content hold the same triples.

    Example: sckg snapshots
    """
    from sckg import render
    from sckg.opening import store_folder
    from sckg.snapshots import listing

    text = {"table": render.as_text, "csv": render.as_csv, "json": render.as_json}[output.value]
    say(text(listing.table(store_folder(store))).removesuffix("\n"))


def rollback(
    snapshot: Annotated[str, typer.Argument(metavar="ID", help="The snapshot to serve; the previous one when none is named.", show_default=False)] = "",
    store: FolderOption = "",
) -> None:  # fmt: skip
    """Serve an earlier build again; nothing is removed.

    It is verified first. The next build starts from the cities of the snapshot that is served then.

    Example: sckg rollback
    """
    from sckg.opening import store_folder
    from sckg.snapshots.listing import roll_back

    say(f"{roll_back(store_folder(store), snapshot).path} is served now")


def verify(
    snapshot: SnapshotOption = "",
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes only, not the SHA-256 of every file.")] = False,  # noqa: FBT002
    store: FolderOption = "",
) -> None:  # fmt: skip
    """Compare the files of a snapshot with their manifest.

    Each file that differs, is missing or was added is named.

    Example: sckg verify
    """
    from sckg.opening import store_folder
    from sckg.snapshots.listing import named
    from sckg.snapshots.manifest import verify as differences

    wanted = named(store_folder(store), snapshot)
    wrong = differences(wanted, quick=quick)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        differ = f"{counted(len(wrong), 'file')} of {wanted.path} {'differs' if len(wrong) == 1 else 'differ'}"
        print(f"{differ}; 'sckg build' makes a new snapshot", file=sys.stderr)
        raise typer.Exit(1)
    said = "has the size that was built" if quick else "is as it was built"
    say(f"{wanted.path}: every file {said}")
