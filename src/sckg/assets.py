"""Where the knowledge files are: shipped with the package, then the folders a ministry adds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sckg.problems import NotPossible

FOLDERS = ("ontology", "rules", "queries", "web", "cities")


@cache
def shipped() -> Path:
    """Return the folder that holds ``ontology/``, ``rules/``, ``queries/``, ``web/`` and ``cities/``."""
    here = Path(__file__).resolve().parent
    for root in (here / "knowledge", here.parents[1]):
        if (root / "ontology" / "core.ttl").is_file():
            return root
    raise NotPossible(f"the knowledge files of sckg are missing beside {here}; install the package again")


@dataclass(frozen=True)
class Knowledge:
    """The roots that hold knowledge folders, shipped first; later ones add to earlier ones."""

    roots: tuple[Path, ...]

    @classmethod
    def found(cls, extra: Sequence[Path] | None = None) -> Knowledge:
        """Return the shipped root, those that ``SCKG_KNOWLEDGE`` names and ``extra``, each once.

        Raises NotPossible when a named folder holds none of the knowledge folders.
        """
        named = [Path(p) for p in os.environ.get("SCKG_KNOWLEDGE", "").split(os.pathsep) if p]
        roots = [shipped()]
        for root in (*named, *(extra or ())):
            full = root.resolve()
            if not any((full / folder).is_dir() for folder in FOLDERS):
                raise NotPossible(f"{root} holds no knowledge: none of {', '.join(FOLDERS)} is in it")
            if full not in roots:
                roots.append(full)
        return cls(tuple(roots))

    def files(self, folder: str, pattern: str) -> Iterator[Path]:
        """Yield the files under ``folder`` that match ``pattern``, sorted within each root."""
        for root in self.roots:
            yield from sorted(p for p in (root / folder).rglob(pattern) if p.is_file())

    def relative(self, path: Path) -> str:
        """Return the path below the root it lies in, as ``rules/grade/...``."""
        for root in reversed(self.roots):
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.as_posix()

    def cities(self) -> list[Path]:
        """Return the city folders, without templates (names that begin with ``_``)."""
        return [
            path.parent
            for path in self.files("cities", "city.ttl")
            if not any(part.startswith("_") for part in path.parts[-3:])
        ]
