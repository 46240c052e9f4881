"""The site: a Flask factory with generic routes. What a page shows is its template's business, see ``pages``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from gettext import NullTranslations
from http import HTTPStatus

from flask import Flask, Response, g, redirect, render_template, request, send_from_directory, url_for
from pyoxigraph import NamedNode
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as AnyResponse

from sckg import names, render, serving
from sckg.answers import rows, said
from sckg.asked import MEDIA, Refusal, fetch, language, media, select, short_enough, values_of
from sckg.assets import Knowledge
from sckg.explain import Explanation
from sckg.languages import USUAL, read_languages
from sckg.opening import open_store
from sckg.pages import COMMON, Page, pages
from sckg.problems import NotPossible, printable
from sckg.queries import Query, catalogue, named, values_for
from sckg.stores.base import Store, Table
from sckg.stores.timed import TookTooLong
from sckg.templating import IriConverter, prepare

OFFERED = {"city": "cities", "indicator": "indicators", "profile": "profiles"}  # what a parameter of a kind can be
SHOWN_ROWS = 500  # of an answer on a page; CSV, JSON and Turtle give them all
A_YEAR = 365 * 24 * 3600
SAFETY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Site:
    """What answers requests: the store, and what the knowledge folders hold for it."""

    store: Store
    knowledge: Knowledge
    queries: Mapping[str, Query]
    pages: Mapping[str, Page]
    languages: Mapping[str, NullTranslations]


def create_app(store: Store, knowledge: Knowledge) -> Flask:
    """Return the site over a store. Raises NotPossible for a page whose header cannot be followed."""
    queries = catalogue(knowledge)
    site = Site(store, knowledge, queries, pages(knowledge, queries), read_languages(knowledge))
    app = Flask("sckg", static_folder=None, template_folder=None)
    app.url_map.converters["iri"] = IriConverter
    app.url_map.strict_slashes = False
    prepare(app, knowledge, site.languages)
    _add_routes(app, site)
    app.before_request(partial(_speak, site))
    app.url_defaults(partial(_carry, site))
    app.after_request(_finish)
    app.register_error_handler(HTTPException, _refuse)
    app.register_error_handler(NotPossible, _unavailable)
    app.register_error_handler(TookTooLong, _too_late)
    return app


def serve(store: str, knowledge: Knowledge, host: str, port: int) -> None:
    """Serve the site until told to stop. Raises NotPossible when it cannot start."""
    serving.query_seconds()
    listening = serving.listen(host, port)
    served = serving.in_a_process(_served, store, knowledge)
    print(f"Serving {served} at {serving.address(listening)}", flush=True)
    serving.run(lambda opened: create_app(opened, knowledge), store, listening)


def _served(where: str, knowledge: Knowledge) -> str:
    """Return the names of the cities in the store, once the site over it is known to work."""
    store = open_store(where)
    create_app(store, knowledge)
    cities = rows(named(catalogue(knowledge), "cities").ask(store, {}))
    first = ", ".join(said(row, "label", USUAL) for row in cities[:3]) or "no city yet"
    return first if len(cities) <= 3 else f"{first} and {len(cities) - 3} more cities"  # noqa: PLR2004


def _add_routes(app: Flask, site: Site) -> None:
    for page in site.pages.values():
        view = partial(_show, site, page)
        for address in page.addresses:
            app.add_url_rule(address, page.name, view)
    app.add_url_rule("/query/<name>", "query", partial(_query, site))
    app.add_url_rule("/id/<iri:term>", "id", _see_other)
    app.add_url_rule("/static/<path:name>", "static", partial(_static, site))
    app.add_url_rule("/health", "health", partial(_health, site))


def _see_other(term: str) -> AnyResponse:
    """Send a thing's IRI to the page about it: a thing is no page (Cool URIs for the Semantic Web, section 4)."""
    return redirect(url_for("doc", term=term, **request.args.to_dict()), 303)  # type: ignore[arg-type]


def _show(site: Site, page: Page, **in_address: str) -> str | AnyResponse:
    wanted = media(request, ("html", "json", "ttl") if page.walk else ("html",))
    values = values_of(page, request, in_address)
    found = fetch(site.store, site.queries, page, values, in_address, g.lang)
    walk = found.get(page.walk)
    if wanted == "html" or not isinstance(walk, Explanation):
        return render_template(page.template, page=page, given=values, queries=site.queries, **found)
    if wanted == "json":
        return _data(json.dumps(walk.as_dict(), ensure_ascii=False, indent=1) + "\n", "json")
    table = Table(("term",), ({"term": NamedNode(walk.iri)},))
    graphs = {graph for query in site.queries.values() for graph in query.graphs()}
    return _data(render.as_turtle(table, site.store, graphs), "ttl")


def _query(site: Site, name: str) -> str | AnyResponse:
    try:
        query = named(site.queries, name)
    except NotPossible as reason:
        raise Refusal(404, "no-such-query", str(reason)) from reason
    wanted = media(request, MEDIA)
    takes = {p.name for p in query.parameters}
    given = {k: v.strip() for k, v in request.args.items() if v.strip() and (k in takes or k not in {"format", "lang"})}
    try:
        values = values_for(query, given, {"lang": g.lang})
    except NotPossible as reason:
        raise Refusal(400, "wrong-parameter", str(reason)) from reason
    table = select(site.store, query, values)
    if wanted == "html":
        shown = rows(Table(table.columns, table.rows[:SHOWN_ROWS]))
        answer = {"columns": table.columns, "rows": shown, "total": len(table.rows)}
        return render_template("query.html", query=query, given=given, choices=_choices(site, query), **answer)
    text = {
        "csv": lambda: render.as_csv(table),
        "json": lambda: render.as_json(table),
        "ttl": lambda: render.as_turtle(table, site.store, query.graphs()),
    }[wanted]()
    return _data(text, wanted, name)


def _choices(site: Site, query: Query) -> dict[str, dict[str, object]]:
    """Return for each kind of the query's parameters what there is to choose from, and in which column it stands."""
    kinds = OFFERED.keys() & {p.kind for p in query.parameters}
    return {k: {"rows": rows(named(site.queries, OFFERED[k]).ask(site.store, {})), "column": k} for k in kinds}


def _data(text: str, wanted: str, name: str = "") -> Response:
    response = Response(text, content_type=f"{MEDIA[wanted]}; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    if name:
        response.headers["Content-Disposition"] = f'inline; filename="{name}.{wanted}"'
    return response


def _static(site: Site, name: str) -> AnyResponse:
    for root in reversed(site.knowledge.roots):
        folder = root / "web" / "static"
        if folder.is_dir():
            try:
                return send_from_directory(folder, name)
            except NotFound:
                continue
    raise NotFound


def _health(site: Site) -> AnyResponse:
    cities = select(site.store, named(site.queries, "cities"), {})
    return _data(json.dumps({"status": "ok", "cities": len(cities.rows)}) + "\n", "json")


def _speak(site: Site) -> None:
    g.lang = USUAL  # what a refusal is written in
    g.lang = language(request, site.languages)
    short_enough(request)


def _carry(site: Site, endpoint: str, values: dict[str, str]) -> None:
    """Let links keep the profile, the year and the language that the reader chose."""
    if endpoint in site.pages:
        for name in COMMON:
            if request.args.get(name) and name not in values:
                values[name] = request.args[name]


def _finish(response: AnyResponse) -> AnyResponse:
    response.headers.extend(SAFETY)
    response.vary.update(("Accept", "Accept-Language", "Cookie"))
    if request.args.get("lang") == g.lang and request.cookies.get("lang") != g.lang:
        response.set_cookie("lang", g.lang, max_age=A_YEAR, samesite="Lax", httponly=True)
    if response.status_code == 200 and not response.direct_passthrough:  # noqa: PLR2004
        response.cache_control.no_cache = True
        response.add_etag()
        response.make_conditional(request)
    return response


def _refuse(error: HTTPException) -> AnyResponse:
    if isinstance(error, Refusal):
        return _refused(error.code or 500, error.problem, error.description, error.lang)
    response = _refused(error.code or 500, names.slug(error.name))
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


def _unavailable(error: NotPossible) -> AnyResponse:
    return _refused(503, "store-unavailable", str(error))


def _too_late(error: TookTooLong) -> AnyResponse:
    return _refused(503, "took-too-long", str(error))


def _refused(status: int, problem: str, sentence: str | None = None, lang: str = "en") -> AnyResponse:
    sentence = printable(sentence) if sentence else sentence
    best = request.accept_mimetypes.best_match([MEDIA["html"], MEDIA["json"]], MEDIA["html"])
    if best == MEDIA["html"] and request.args.get("format") not in MEDIA.keys() - {"html"}:
        body = render_template("error.html", status=status, problem=problem, sentence=sentence, sentence_lang=lang)
        return Response(body, status)
    message = sentence or HTTPStatus(status).description
    response = _data(json.dumps({"status": status, "code": problem, "message": message}) + "\n", "json")
    response.status_code = status
    return response
