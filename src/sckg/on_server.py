"""A build that goes to a server: the same stages, and at the end the graphs instead of a snapshot.

Files are read and rules are run in this process; the server gets what follows from them. It keeps no city folders, so a
city that it holds and that is not named now could not be checked again: it is forgotten only when that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sckg import names
from sckg.assets import Knowledge
from sckg.derive import derive
from sckg.opening import open_server
from sckg.pipeline import Built, Progress, checked_model, derive_all, problems_of, read_cities, silent
from sckg.problems import NotPossible, ProblemsFound
from sckg.queries import catalogue, named
from sckg.stores.publishing import publish_to
from sckg.stores.remote import RemoteStore


def build_on_server(
    folders: Sequence[Path], url: str, knowledge: Knowledge, *, fresh: bool = False, progress: Progress = silent
) -> Built:
    """Build these city folders into the graphs of a server; readers see them all at once, at the end.

    Raises ProblemsFound when an input has problems and NotPossible when the server does not do it; then what it
    holds stays as it was.
    """
    store = open_server(url)
    progress("read")
    memory = checked_model(knowledge)
    cities = sorted(read_cities(folders, memory, knowledge), key=lambda c: c.code)
    if not fresh:
        _refuse_forgetting(store, {c.code for c in cities}, knowledge)
    progress("check")
    if problems := problems_of(cities, memory, knowledge):
        raise ProblemsFound(problems)
    sizes = {g: sum(1 for _ in memory.triples(names.graph(g))) for g in ("model", "evidence")}
    sizes |= derive_all(memory, knowledge, progress)
    progress("publish")
    sizes["catalogue"] = derive(memory, "catalogue", catalogue(knowledge, "rules/publish").values())
    publish_to(store, {names.graph(g): memory.triples(names.graph(g)) for g in sizes})
    return Built(tuple(c.code for c in cities), sizes, url)


def _refuse_forgetting(store: RemoteStore, codes: set[str], knowledge: Knowledge) -> None:
    rows = named(catalogue(knowledge), "cities").ask(store, {}).rows
    held = {row["city"].value.rpartition("/")[2] for row in rows if hasattr(row["city"], "value")}
    if missing := sorted(held - codes):
        raise NotPossible(
            f"the server holds {', '.join(missing)} too, whose files it does not keep: name their folders as well, or "
            "forget them with --fresh"
        )
