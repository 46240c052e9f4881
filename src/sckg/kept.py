"""The cities that a store already holds: they stay in the next build, and are read and checked again with it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyoxigraph import NamedNode

from sckg import names
from sckg.evidence import CityEvidence, text_of
from sckg.problems import NotPossible, Problem, counted, shown
from sckg.snapshots.reading import Gone, Snapshot, open_snapshot
from sckg.stores.base import Store

NAMED_WORDS = 5  # of those that are missing; a sentence cannot hold them all


def refuse_unkept(kept: Sequence[CityEvidence], problems: Sequence[Problem], model: Store, snapshot: Snapshot) -> None:
    """Raise NotPossible when a kept city has problems: the knowledge folder with its words is gone, or checks changed.

    A kept city is nobody's input now, so its problems are not told one by one.
    """
    told = {city.code: [p for p in problems if p.file.startswith(f"{shown(city.folder)}/")] for city in kept}
    spoilt = [city for city in kept if told[city.code]]
    if not spoilt:
        return
    missing = _missing_words(model, snapshot)
    lost = [
        f"{_called(c)}, whose words {_listed(missing[c.code])} nothing describes now"
        for c in spoilt
        if c.code in missing
    ]
    if lost:
        raise NotPossible(
            f"the store keeps {'; '.join(lost)}. Name the --knowledge folder that describes them, as before, "
            f"or forget {'the city' if len(lost) == 1 else 'these cities'} with --fresh"
        )
    city = spoilt[0]
    number = counted(len(told[city.code]), "problem")
    raise NotPossible(
        f"{_called(city)}, kept in the store, does not pass the checks any more: 'sckg check {shown(city.folder)}' "
        f"tells {number}. Build its folder, corrected, or forget the city with --fresh"
    )


def _missing_words(model: Store, snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the shared words of the stored evidence that the model does not describe, by the code of their city."""
    try:
        evidence = list(open_snapshot(snapshot).triples(names.graph("evidence")))
    except (NotPossible, Gone, OSError, RuntimeError):
        return {}  # the store is damaged; its inputs are read all the same
    known = {text_of(t.subject) for t in (*evidence, *model.triples(names.graph("model")))}
    missing: dict[str, set[str]] = {}
    for triple in evidence:
        word = triple.object.value if isinstance(triple.object, NamedNode) else ""
        if word.startswith(names.SHARED) and word not in known and (code := _code(text_of(triple.subject))):
            missing.setdefault(code, set()).add(names.compact(word))
    return {code: sorted(words) for code, words in missing.items()}


def _code(subject: str) -> str:
    """Return the code of the city that a thing is of: it stands behind the thing's kind."""
    found = re.search(r"/id/[a-z-]+/([^/]+)", subject)
    return found[1] if found else ""


def _called(city: CityEvidence) -> str:
    return f"{city.name} ({city.code})" if city.name != city.code else city.code


def _listed(words: Sequence[str]) -> str:
    more = len(words) - NAMED_WORDS
    return ", ".join(words[:NAMED_WORDS]) + (f" and {more} more" if more > 0 else "")
