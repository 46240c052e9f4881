"""The commands over snapshots: arguments in, text out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sckg.options import DiffFormat, FolderOption, KnowledgeOption, Lang, LangOption, TableFormat
from sckg.printing import say
from sckg.problems import counted

SnapshotOption = Annotated[
    str,
    typer.Option("--snapshot", metavar="ID", help="Which snapshot: an id or number that 'sckg snapshots' lists, current or previous."),
]  # fmt: skip


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (snapshots, rollback, verify, diff, backup, restore):
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


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The snapshot before: an id or number, current, previous, or a folder.")] = "previous",
    after: Annotated[str, typer.Argument(metavar="B", help="The snapshot after, named in the same way.")] = "current",
    lang: LangOption = Lang.en,
    output: Annotated[DiffFormat, typer.Option("--format", help="In words, as JSON, as an RDF Patch of N-Triples, or as Turtle with graphs for what was removed and added.")] = DiffFormat.text,
    store: FolderOption = "",
    knowledge: KnowledgeOption = None,
) -> None:  # fmt: skip
    """Tell what changed between two builds.

    In words: values, grades, findings, gaps, actions, sources and cut-offs; then the files and how many triples.

    Example: sckg diff previous current
    """
    from sckg.assets import Knowledge
    from sckg.opening import store_folder
    from sckg.snapshots.comparison import compare
    from sckg.snapshots.listing import kept

    root = store_folder(store)
    with kept(root, before) as one, kept(root, after) as other:
        for text in compare(one, other, Knowledge.found(knowledge), lang.value, output.value):
            say(text)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as kupang.tar.gz.")],
    snapshot: SnapshotOption = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,  # noqa: FBT002
    store: FolderOption = "",
) -> None:  # fmt: skip
    """Write a build into one compressed file.

    Store, inputs, dumps and manifest go in; each file is compared with the manifest on its way.

    Example: sckg backup kupang.tar.gz
    """
    from sckg.opening import store_folder
    from sckg.snapshots.backup import back_up
    from sckg.snapshots.listing import kept

    with kept(store_folder(store), snapshot) as wanted:
        say(f"{file}: {back_up(wanted, file, force=force)} bytes with {wanted.name}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that 'sckg backup' wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Into a folder that is not empty; its builds are kept.")] = False,  # noqa: FBT002
    store: FolderOption = "",
) -> None:  # fmt: skip
    """Bring a backup into an empty folder, and serve it.

    Each file is compared with the manifest before it is served.

    Example: sckg restore kupang.tar.gz --store restored
    """
    from sckg.opening import store_folder
    from sckg.snapshots.backup import restore as bring_back

    say(f"{bring_back(file, store_folder(store), force=force).path} is served now")
