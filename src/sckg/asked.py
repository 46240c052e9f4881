"""What a request asks for: a language, a format, and what the steps of a page fetch; or why it is refused."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from flask import Request
from werkzeug.exceptions import HTTPException

from sckg.answers import Row, rows
from sckg.explain import explain
from sckg.languages import USUAL
from sckg.pages import Ask, Default, Known, Page, Walk
from sckg.problems import NotPossible
from sckg.queries import Query
from sckg.stores.base import Store, Table

MEDIA = {"html": "text/html", "csv": "text/csv", "json": "application/json", "ttl": "text/turtle"}

LONGEST = 1000  # characters of a value; the longest IRI here has some 120


class Refusal(HTTPException):
    """What was asked cannot be answered: a status, a code that the documentation explains, and a sentence."""

    def __init__(self, status: int, problem: str, sentence: str, lang: str = "en") -> None:
        super().__init__(sentence)
        self.code, self.problem, self.lang = status, problem, lang


def language(request: Request, languages: Iterable[str]) -> str:
    """Return the language of the answer: asked for, remembered, preferred by the browser, or the usual one."""
    known = list(languages)
    asked = request.args.get("lang", "")
    if asked and asked not in known:
        raise Refusal(400, "wrong-parameter", f"lang={asked}: the languages here are {', '.join(known)}")
    if asked or (asked := request.cookies.get("lang", "")) in known:
        return asked
    return request.accept_languages.best_match(known) or USUAL


def short_enough(request: Request) -> None:
    """Refuse a request with a value that no term is as long as."""
    if long := next((name for name, text in request.args.items() if len(name) + len(text) > LONGEST), None):
        raise Refusal(400, "wrong-parameter", f"{long[:20]}: a value has at most {LONGEST} characters")


def media(request: Request, offered: Iterable[str]) -> str:
    """Return the format of the answer: asked for by ``format=``, or by the Accept header."""
    formats = list(offered)
    asked = request.args.get("format", "")
    if asked and asked not in formats:
        raise Refusal(400, "wrong-parameter", f"format={asked}: the formats here are {', '.join(formats)}")
    if asked or not request.accept_mimetypes:
        return asked or formats[0]
    best = request.accept_mimetypes.best_match([MEDIA[name] for name in formats])
    found = next((name for name in formats if MEDIA[name] == best), "")
    if not found:
        raise Refusal(406, "not-acceptable", f"this address answers as {', '.join(MEDIA[name] for name in formats)}")
    return found


def select(store: Store, query: Query, values: Mapping[str, str]) -> Table:
    """Return the answer of a query; a value that is not of its parameter's kind refuses the request."""
    try:
        text = query.bound(values)
    except NotPossible as reason:
        raise Refusal(400, "wrong-parameter", str(reason).removeprefix("--")) from reason
    return store.select(text, query.graphs())


def values_of(page: Page, request: Request, in_address: Mapping[str, str]) -> dict[str, str]:
    """Return what a page is asked with. A name that it does not take refuses the request."""
    given = {name: text.strip() for name, text in request.args.items() if name != "format"}
    if twice := sorted(set(given) & set(in_address)):
        raise Refusal(400, "wrong-parameter", f"'{twice[0]}' stands in the address already; leave it out after the '?'")
    if wrong := sorted(set(given) - page.takes):
        known = ", ".join(sorted(page.takes))
        raise Refusal(400, "wrong-parameter", f"this page has no parameter '{wrong[0]}'; its parameters: {known}")
    return {name: text for name, text in {**given, **in_address}.items() if text}


def fetch(
    store: Store,
    queries: Mapping[str, Query],
    page: Page,
    values: dict[str, str],
    in_address: Container[str],
    lang: str,
) -> dict[str, Any]:
    """Return the variables of a page's template, and complete its values with their defaults.

    A value that nothing has is not found when it stands in the address, and wrong when it is a parameter.
    """
    found: dict[str, Any] = {}
    for step in page.steps:
        if isinstance(step, Ask):
            found[step.variable] = rows(select(store, step.query, _taken(step, values, lang)))
        elif isinstance(step, Known):
            _require(step, values, found[step.variable], 404 if step.value in in_address else 400, lang)
        elif isinstance(step, Default):
            if found[step.variable]:
                values.setdefault(step.value, found[step.variable][-1][step.column])
        else:
            found[step.variable] = _walk(store, queries, step, values, lang)
    return found


def _taken(step: Ask, values: Mapping[str, str], lang: str) -> dict[str, str]:
    taken = {name: values[name] for name in step.takes if name in values}
    return {**taken, "lang": lang} if any(p.name == "lang" for p in step.query.parameters) else taken


def _require(step: Known, values: Mapping[str, str], found: Iterable[Row], status: int, lang: str) -> None:
    given = values.get(step.value)
    if given is None or any(row[step.column].names(given) for row in found):
        return
    said_in = lang if lang in step.sentence else "en"
    sentence = step.sentence[said_in].replace(f"{{{step.value}}}", given)
    raise Refusal(status, step.code, sentence, said_in)


def _walk(store: Store, queries: Mapping[str, Query], step: Walk, values: Mapping[str, str], lang: str) -> object:
    taken = {name: values.get(name, "") for name in step.takes}
    term = taken.pop("term", "")
    if not term:
        return None
    try:
        return explain(store, queries, term, lang=lang, **taken)
    except NotPossible as reason:
        raise Refusal(404, "unknown-term", str(reason).replace("--", "")) from reason
