"""The Jinja environment of the site: where templates lie, and the words that they may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from gettext import NullTranslations
from typing import Any
from urllib.parse import unquote

from flask import Flask, g, request, url_for
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.routing import PathConverter, ValidationError

from sckg import names
from sckg.answers import Cell, Row, by, number, one, runs, said, where
from sckg.assets import Knowledge
from sckg.pages import FOLDER


class IriConverter(PathConverter):
    """The part of an address after ``/doc/``, as the IRI of the thing that it names, and back."""

    def to_python(self, value: str) -> str:
        """Return the IRI: of shared knowledge for ``indicator/road``, of a city's data for ``factor/5371/W1``."""
        kind, *keys = value.split("/")
        mint = names.shared if len(keys) == 1 and kind in names.KINDS.values() else names.thing
        try:
            return mint(kind, *keys).value
        except ValueError as error:
            raise ValidationError from error

    def to_url(self, value: str) -> str:
        """Return the path of an IRI of this deployment."""
        return super().to_url(unquote(local_path(value)))


def local_path(iri: str) -> str:
    """Return the part of an IRI that this deployment answers for, or an empty text for that of another host."""
    for base in (names.data_base(), names.SHARED):
        if iri.startswith(base):
            return iri[len(base) :]
    return ""


def why(term: str, city: str = "") -> str:
    """Return where to read about a term: its why page, or its own address when it belongs to others."""
    iri = names.expand(term)
    if iri is None:
        return url_for("why", term=term, city=city or None)
    if local_path(iri.value):
        return url_for("doc", term=iri.value)
    return url_for("why", term=names.compact(iri.value)) if iri.value.startswith(names.ONTOLOGY) else iri.value


def of_city(cities: Iterable[Row], iri: str) -> Row | None:
    """Return the city among these whose data a thing belongs to, or None: its code is a part of the IRI."""
    keys = local_path(iri).split("/")[1:]
    return next((row for row in cities if row["code"] in keys), None)


def here(**changes: str) -> str:
    """Return this address with some of its values changed; an empty one is left out."""
    values = {**request.args.to_dict(), **(request.view_args or {}), **changes}
    given: dict[str, Any] = {name: text or None for name, text in values.items()}
    return url_for(request.endpoint or "home", **given)


def prepare(app: Flask, knowledge: Knowledge, languages: Mapping[str, NullTranslations]) -> None:
    """Give the application's templates their folders and words; a later root's templates come first."""
    env = app.jinja_env
    env.loader = ChoiceLoader([FileSystemLoader(root / FOLDER) for root in reversed(knowledge.roots)])
    env.undefined = StrictUndefined
    env.lstrip_blocks = True
    env.add_extension("jinja2.ext.do")
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda text: languages[g.lang].gettext(text),  # noqa: PLW0108 - the language is that of the request
        lambda one, many, n: languages[g.lang].ngettext(one, many, n),  # noqa: PLW0108 - likewise
        newstyle=True,
    )
    env.filters.update(
        by=by,
        curie=names.compact,
        number=_number,
        of_city=of_city,
        one=one,
        only=_only,
        runs=runs,
        said=_said,
        where=where,
    )
    env.globals.update(why=why, here=here, own_name=partial(_own_name, languages))
    env.tests["on_the_web"] = lambda text: str(text).startswith(("http://", "https://"))
    app.context_processor(lambda: {"lang": g.lang, "languages": list(languages)})


def _number(text: object, places: int | None = None) -> str:
    return number(text, g.lang, places)


def _said(row: Row, column: str = "label") -> Cell:
    return said(row, column, g.lang)


def _only(values: Mapping[str, str], kept: Iterable[str]) -> dict[str, str]:
    return {name: values[name] for name in kept if name in values}


def _own_name(languages: Mapping[str, NullTranslations], lang: str) -> str:
    return languages[lang].gettext("English")
