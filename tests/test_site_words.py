"""The words of the site: languages, translations, and what templates and code may know."""

from __future__ import annotations

import re
from html import unescape

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from reading_pages import LANGUAGES, ROOT, Page, get, site
from sckg.assets import Knowledge
from sckg.pages import pages
from sckg.queries import catalogue

WEB = ROOT / "web"


@pytest.fixture(scope="module")
def app(kupang_store: str, knowledge: Knowledge) -> Flask:
    return site(kupang_store, knowledge)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


# --- Languages --------------------------------------------------------------------------------


def test_language_is_asked_for_then_remembered_then_preferred_and_else_indonesian(app: Flask) -> None:
    def lang(client: FlaskClient, address: str = "/", accept: str = "") -> str:
        headers = {"Accept-Language": accept} if accept else {}
        return Page(client.get(address, headers=headers).text).all("html")[0]["lang"]

    assert lang(app.test_client()) == "id"
    assert lang(app.test_client(), accept="fr, en-GB;q=0.8") == "en"
    assert lang(app.test_client(), accept="fr") == "id"
    reader = app.test_client()
    assert lang(reader, "/?lang=en", "id") == "en"
    assert lang(reader, "/", "id") == "en"


def test_switch_leads_to_the_same_page_in_the_other_language(client: FlaskClient) -> None:
    links = get(client, "/city/5371/table/table-3?profile=national-norms").links()
    assert "/city/5371/table/table-3?profile=national-norms&lang=id" in [unescape(a) for a in links]


def template_words() -> set[str]:
    options = {"extensions": "jinja2.ext.do,jinja2.ext.i18n", "newstyle_gettext": "true", "silent": "false"}
    found = extract_from_dir(
        WEB / "templates",
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": options},
        keywords={"_": None, "ngettext": (1, 2)},
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def translated() -> dict[str, list[str]]:
    with (WEB / "translations" / "id.po").open(encoding="utf-8") as file:
        read = read_po(file, locale="id", abort_invalid=True)
    texts = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in read if m.id}
    return {key: [text] if isinstance(text, str) else list(text) for key, text in texts.items()}


def test_every_word_of_the_templates_is_translated_and_no_translation_is_left_over() -> None:
    assert set(translated()) == template_words() | {"English"}
    assert all(text for texts in translated().values() for text in texts)


def test_translations_keep_the_placeholders() -> None:
    placeholder = re.compile(r"%\(\w+\)s")
    differing = [
        key
        for key, texts in translated().items()
        if set(placeholder.findall(key)) != set(placeholder.findall(texts[0]))
    ]
    assert differing == []


def test_every_page_and_every_refusal_in_a_header_is_in_both_languages(knowledge: Knowledge) -> None:
    for page in pages(knowledge, catalogue(knowledge)).values():
        assert set(page.titles) == set(LANGUAGES), page.template
        assert all(set(step.sentence) == set(LANGUAGES) for step in page.steps if hasattr(step, "sentence")), (
            page.template
        )


# --- What templates and code may know ---------------------------------------------------------


def test_no_template_style_or_code_of_the_site_knows_a_grade(client: FlaskClient) -> None:
    grades = {row["notation"] for row in client.get("/query/grade-scales?format=json").json}
    files = [*WEB.rglob("*.html"), *WEB.rglob("*.css"), *(ROOT / "src" / "sckg").glob("*.py")]
    known = {
        (path.name, grade)
        for path in files
        for grade in grades
        if re.search(rf"\b{grade}\b", path.read_text(encoding="utf-8"))
    }
    mine = {"site.py", "asked.py", "pages.py", "answers.py", "templating.py", "serving.py", "languages.py"}
    assert {(name, grade) for name, grade in known if not name.endswith(".py") or name in mine} == set()


def test_no_template_holds_a_query() -> None:
    assert not [path.name for path in WEB.rglob("*.html") if "SELECT" in path.read_text(encoding="utf-8")]
