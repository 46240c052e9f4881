"""Pages as the tests read them, and a site over a store for Flask's client."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.site import create_app
from sckg.stores.remembering import RememberingStore

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("id", "en")


class Page(HTMLParser):
    """What a page holds: its language, its text, its links and what is in its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.rows: list[list[str]] = []
        self.words: list[str] = []
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._in_cell:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def row(self, key: str) -> list[str]:
        return next(row for row in self.rows if row and row[0] == key)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def links(self) -> list[str]:
        return [a["href"] for a in self.all("a")]


@cache
def site(store: str, knowledge: Knowledge) -> Flask:
    """Return the site over a store, the same for every test."""
    made = create_app(RememberingStore(open_store(store)), knowledge)
    made.testing = True
    return made


@cache
def _answered(app: Flask, address: str, lang: str) -> tuple[int, str]:
    answer = app.test_client().get(address, headers={"Accept-Language": lang})
    return answer.status_code, answer.text


def get(client: FlaskClient, address: str, lang: str = "en") -> Page:
    """Return a page that must be there. It is asked for once: the store does not change."""
    status, html = _answered(client.application, address, lang)
    assert status == 200, f"{address}: {status}"
    return Page(html)
