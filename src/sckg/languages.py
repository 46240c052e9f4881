"""The languages of the site: English in the templates, every other in ``web/translations/<language>.po``."""

from __future__ import annotations

import io
from collections.abc import Mapping
from gettext import NullTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from sckg.assets import Knowledge
from sckg.problems import NotPossible, shown

OF_TEMPLATES = "en"
USUAL = "id"


def read_languages(knowledge: Knowledge) -> Mapping[str, NullTranslations]:
    """Return the translations by language, the usual one first; a later root adds to an earlier one.

    Raises NotPossible when a file is not a catalogue of messages.
    """
    catalogs: dict[str, Catalog] = {}
    for path in knowledge.files("web/translations", "*.po"):
        read = _read(path)
        merged = catalogs.setdefault(path.stem, read)  # the first file's header says how plurals are made
        for message in read:
            if message.id:
                merged[message.id] = message
    found = {lang: _translations(catalog) for lang, catalog in catalogs.items()}
    everything: dict[str, NullTranslations] = {lang: NullTranslations() for lang in (USUAL, OF_TEMPLATES)}
    everything |= found
    return dict(sorted(everything.items(), key=lambda item: (item[0] != USUAL, item[0])))


def _read(path: Path) -> Catalog:
    try:
        with path.open(encoding="utf-8") as file:
            return read_po(file, locale=path.stem, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise NotPossible(f"{shown(path)}: this is not a catalogue of messages ({error})") from error


def _translations(catalog: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
