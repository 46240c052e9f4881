"""Start a city folder from the template."""

from __future__ import annotations

import re
from pathlib import Path

from sckg import names
from sckg.assets import shipped
from sckg.problems import NotPossible


def new_city(code: str, name: str, into: Path) -> Path:
    """Copy ``cities/_template`` for a city and return the new folder.

    Raises NotPossible when the code is no code, the name is empty, or the folder exists or cannot be made.
    """
    if not re.fullmatch(names.CODE, code):
        raise NotPossible(f"'{code}' is not a code: write the official one, such as 5371")
    if not name.strip():
        raise NotPossible("a city has a name: write it, such as 'Kota Contoh'")
    folder = into / f"{code}-{names.slug(name) or 'city'}"
    if folder.exists():
        raise NotPossible(f"{folder} exists already; edit it, or choose another name")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise NotPossible(f"{folder} cannot be made ({error.strerror}); choose another place with --in") from error
    for path in sorted((shipped() / "cities" / "_template").iterdir()):
        text = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(text.replace("{code}", code).replace("{name}", _quoted(name)), encoding="utf-8")
    return folder


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
