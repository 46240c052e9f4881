"""Two snapshots beside each other: in words, with their files and how many triples differ; or as triples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sckg.assets import Knowledge
from sckg.problems import NotPossible
from sckg.queries import catalogue
from sckg.snapshots import diff, patch
from sckg.snapshots.reading import Gone, HeldStore, Snapshot, open_snapshot

_SAID = {
    "en": {"same": "Nothing changed.", "files": "Files", "triples": "Triples", "new": "new", "gone": "gone",
           "changed": "changed"},
    "id": {"same": "Tidak ada yang berubah.", "files": "Berkas", "triples": "Tripel", "new": "baru", "gone": "hilang",
           "changed": "berubah"},
}  # fmt: skip


def compare(before: Snapshot, after: Snapshot, knowledge: Knowledge, lang: str, form: str) -> Iterator[str]:
    """Yield the difference of two snapshots: as ``text``, ``json``, ``nt`` (an RDF Patch) or ``ttl``."""
    if form == "nt":
        yield from patch.as_patch(patch.lines(before, after))
    elif form == "ttl":
        yield patch.as_trig(patch.lines(before, after)).removesuffix("\n")
    else:
        found = diff.changes(_opened(before), _opened(after), catalogue(knowledge), lang)
        files, triples = _files(before, after), patch.counts(patch.lines(before, after))
        if form == "json":
            said = {"before": before.name, "after": after.name, "changes": [c.as_dict() for c in found]}
            yield json.dumps({**said, "files": files, "triples": triples}, ensure_ascii=False, indent=1)
        else:
            yield f"{before.name} → {after.name}"
            yield from _in_words(found, files, triples, _SAID[lang])


def _in_words(
    found: list[diff.Change],
    files: Mapping[str, str],
    triples: Mapping[str, Mapping[str, int]],
    said: Mapping[str, str],
) -> Iterator[str]:
    if found:
        yield diff.as_text(found)
    if files:
        yield said["files"]
        yield from (f"  {said[kind]}: {name}" for name, kind in files.items())
    if triples:
        yield said["triples"]
        yield from (f"  {graph} +{n[patch.ADDED]} -{n[patch.REMOVED]}" for graph, n in triples.items())
    if not (found or files or triples):
        yield said["same"]


def _files(before: Snapshot, after: Snapshot) -> dict[str, str]:
    """Return the files of cities and of knowledge that are new, gone or changed, by their names."""
    found = {}
    for part in ("inputs", "knowledge"):
        old, new = (_mapping(snapshot.manifest.get(part)) for snapshot in (before, after))
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                found[name] = "changed" if name in old and name in new else "new" if name in new else "gone"
    return found


def _mapping(said: object) -> Mapping[str, object]:
    return said if isinstance(said, Mapping) else {}


def _opened(snapshot: Snapshot) -> HeldStore:
    try:
        return open_snapshot(snapshot)
    except Gone as error:
        raise NotPossible(f"{snapshot.path} was just removed") from error
