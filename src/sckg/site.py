"""The site: a Flask factory with generic routes. Pages are templates, and what they show is asked by queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from gettext import NullTranslations
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response, g, make_response, redirect, render_template, request, send_from_directory, url_for
from pyoxigraph import NamedNode
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import PathConverter, ValidationError
from werkzeug.wrappers import Response as BaseResponse

from sckg import names, render, serving
from sckg.answers import rows, said
from sckg.assets import Knowledge
from sckg.explain import Explanation, explain
from sckg.languages import USUAL, read_languages
from sckg.opening import open_store
from sckg.pages import COMMON, Ask, Default, Known, Page, Walk, pages
from sckg.problems import NotPossible
from sckg.queries import Query, catalogue, named, values_for
from sckg.stores.base import Store, Table
from sckg.templates import template_environment

MEDIA = {"html": "text/html", "csv": "text/csv", "json": "application/json", "ttl": "text/turtle"}
SHOWN_ROWS = 500
YEAR_IN_SECONDS = 365 * 24 * 3600
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Site:
    """What answers a request: the store, the queries, the pages and the languages."""

    store: Store
    knowledge: Knowledge
    queries: Mapping[str, Query]
    pages: Mapping[str, Page]
    languages: Mapping[str, NullTranslations]


class Refusal(HTTPException):
    """What was asked cannot be answered: a status, a code that the documentation explains, and a sentence."""

    def __init__(self, status: int, problem: str, sentence: str, lang: str = "en") -> None:
        super().__init__(sentence)
        self.code, self.problem, self.lang = status, problem, lang
