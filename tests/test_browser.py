"""The site in a browser: what it loads, how it is used by keyboard and on a phone, and one way through it."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect, sync_playwright

from serving_site import served

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
CITY = "/city/5371"
LOOKED_AT = {"query": 4, "table": 2}  # of a kind of pages; of any other kind one

# Pairs of a text and its contrast with what lies behind it, where that is too low to read (WCAG 2.2, 1.4.3).
CONTRAST = """() => {
  const rgba = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n };
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = e => { for (; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c } return rgba(getComputedStyle(document.body).backgroundColor) };
  const ratio = e => { const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05) };
  const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *")].filter(e => own(e) && e.checkVisibility() && ratio(e) < 4.5)
    .map(e => [e.textContent.trim().slice(0, 40), ratio(e).toFixed(2)]);
}"""


@dataclass
class Reader:
    """A browser window on the site, and what it asked for and complained of."""

    address: str
    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: BrowserContext, address: str) -> Reader:
        """Return a window in which everything that is asked and said is written down."""
        reader = cls(address, context.new_page())
        context.on("request", lambda request: reader.asked.append(request.url))
        reader.page.on("console", lambda said: reader.complaints.append(said.text) if said.type == "error" else None)
        reader.page.on("pageerror", lambda error: reader.complaints.append(str(error)))
        return reader

    def go(self, path: str) -> Page:
        """Open a page of the site that must be there."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, path
        return self.page

    def links(self) -> list[str]:
        """Return the addresses of this site that the page links."""
        found: list[str] = self.page.eval_on_selector_all("a[href]", "links => links.map(a => a.href)")
        return [url.removeprefix(self.address).partition("#")[0] for url in found if url.startswith(self.address)]

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path


@pytest.fixture(scope="module")
def site(kupang_store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served("--store", kupang_store, cwd=tmp_path_factory.mktemp("served"), WEB_CONCURRENCY="1") as running:
        yield running.address


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"no browser here: none of {', '.join(NAMES)}; scripts/system-packages chromium installs one")
    assert found, "CI has no Chromium: scripts/system-packages chromium installs it"
    opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
    yield opened
    opened.close()


@pytest.fixture
def reader(browser: Browser, site: str) -> Iterator[Reader]:
    context = browser.new_context(viewport=DESK, locale="id")
    yield Reader.of(context, site)
    context.close()


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Reader]:
    context = browser.new_context(viewport=PHONE, locale="id")
    yield Reader.of(context, site)
    context.close()


# --- Every page -------------------------------------------------------------------------------


def kind(path: str) -> str:
    """Return what makes two pages alike: tables, things of a kind, answers; any other page is like no other."""
    first, *rest = urlsplit(path).path.strip("/").split("/")
    if first == "city" and "table" in rest:
        return "table"
    return f"{first}/{rest[0]}" if first == "doc" and rest else first if first in {"why", "query"} else path


def faults(reader: Reader) -> list[str]:
    """Return what is wrong with the page that is open, as a reader on a phone or with a screen reader meets it."""
    return reader.page.evaluate("""() => [
      document.documentElement.scrollWidth > innerWidth && "is wider than the window",
      document.querySelectorAll("h1").length !== 1 && "has not one h1",
      !/^(id|en)$/.test(document.documentElement.lang) && "says no language",
      [...document.querySelectorAll("input:not([type=hidden]), select")].some(e => !e.labels.length) && "has an input without label",
      [...document.querySelectorAll("h1, h2, h3")].some((h, i, all) => i && h.tagName[1] - all[i - 1].tagName[1] > 1) && "skips a heading",
      !document.querySelector("main#content") && "has no main part",
    ].filter(Boolean)""")  # type: ignore[no-any-return]


def test_every_kind_of_page_that_home_leads_to_fits_a_phone_and_a_screen_reader(phone: Reader) -> None:
    """Breadth first from home; of pages of one kind the first is looked at, and a few queries."""
    seen, queue, kinds = {"/"}, ["/"], Counter[str]()
    found: dict[str, list[str]] = {}
    while queue:
        path = queue.pop(0)
        phone.go(path)
        if wrong := faults(phone):
            found[path] = wrong
        for link in phone.links():
            if (
                link in seen
                or "format=" in link
                or "lang=" in link
                or kinds[kind(link)] >= LOOKED_AT.get(kind(link), 1)
            ):
                continue
            kinds[kind(link)] += 1
            seen.add(link)
            queue.append(link)
    assert found == {}
    assert len(seen) > 40
    assert phone.complaints == []
    assert [url for url in phone.asked if not url.startswith(phone.address)] == []


def test_pages_of_a_city_fit_a_phone_and_a_desk_in_english_too(phone: Reader) -> None:
    phone.go(f"{CITY}?lang=en")
    pages = {kind(link): link for link in phone.links() if urlsplit(link).path.startswith(CITY)}
    assert len(pages) > 5
    for path in pages.values():
        phone.go(path)
        for size in (PHONE, DESK):
            phone.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert faults(phone) == [], (path, size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_told_from_what_lies_behind_it(reader: Reader, scheme: str) -> None:
    reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in (CITY, f"{CITY}/table/table-3", f"{CITY}/norms", "/why/5371/W3", "/query/cities"):
        assert reader.go(path).evaluate(CONTRAST) == [], path


# --- By keyboard ------------------------------------------------------------------------------


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def tab_to(page: Page, wanted: str) -> Locator:
    """Press Tab until what is wanted has the focus; the focus must be seen wherever it stands."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert focused(page).evaluate("e => getComputedStyle(e).outlineStyle") != "none"
        if focused(page).evaluate("(e, wanted) => e.matches(wanted)", wanted):
            return focused(page)
    pytest.fail(f"Tab does not lead to {wanted}")


def test_first_tab_leads_past_the_navigation(reader: Reader) -> None:
    page = reader.go(CITY)
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Langsung ke isi")
    expect(focused(page)).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_why_is_asked_by_keyboard(reader: Reader) -> None:
    page = reader.go("/why")
    tab_to(page, "#term")
    page.keyboard.type("W3")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("W3 Kelemahan (dinyatakan dokumen): Rendahnya literasi masyarakat")


def test_profile_is_changed_by_keyboard(reader: Reader) -> None:
    page = reader.go(f"{CITY}/table/table-3")
    expect(page.locator("#row-3\\.1 td").nth(3)).to_contain_text("Sedang")
    tab_to(page, "#profile")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form.chooser button")
    page.keyboard.press("Enter")
    expect(page.locator("#row-3\\.1 td").nth(3)).to_contain_text("Kurang")
    assert "profile=national-norms" in page.url


def test_query_form_answers_and_its_csv_is_downloaded(reader: Reader, tmp_path: Path) -> None:
    page = reader.go("/query/weaknesses")
    tab_to(page, "#p-city")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#p-profile")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form.parameters button")
    page.keyboard.press("Enter")
    expect(page.locator("caption")).to_have_text("12 baris")
    with page.expect_download() as download:
        page.get_by_role("main").get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "weaknesses.csv")
    rows = list(csv.DictReader((tmp_path / "weaknesses.csv").open(encoding="utf-8")))
    assert download.value.suggested_filename == "weaknesses.csv"
    assert [row["key"] for row in rows][:5] == ["W1", "W2", "W3", "W4", "2.3"]
    assert len(rows) == 12


# --- Ways through the site --------------------------------------------------------------------


def test_language_switch_keeps_the_place_and_is_remembered(reader: Reader) -> None:
    page = reader.go(f"{CITY}/table/table-3?profile=national-norms")
    expect(page.locator("h1")).to_have_text("Tabel 3. Kapasitas Keuangan Daerah")
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Table 3. Financial capacity of the region")
    assert reader.path == f"{CITY}/table/table-3"
    assert "profile=national-norms" in page.url
    expect(reader.go("/").locator("h1")).to_have_text("Smart-city assessments that can be checked")


def test_planner_goes_from_home_to_a_weakness_its_action_and_its_goal_and_reads_the_quoted_words(
    reader: Reader,
) -> None:
    page = reader.go("/")
    page.get_by_role("link", name="Kota Kupang").click()
    page.get_by_role("link", name=re.compile(r"^12\s+Kelemahan")).click()
    row = page.get_by_role("row").filter(has_text="Rendahnya literasi masyarakat")
    row.get_by_role("link", name="A20").click()
    expect(page.locator("h1")).to_contain_text("A20 Aksi (diusulkan proyek ini)")
    page.go_back()
    row.get_by_role("link", name="M1").click()
    expect(page.locator("h1")).to_have_text("M1 Misi: Kupang Sehat-Cerdas")
    page.go_back()
    row.get_by_role("link", name="Mengapa W3").click()
    expect(page.locator("blockquote").first).to_have_text("Rendahnya literasi masyarakat")
    expect(page.locator(".place-in").first).to_have_text("kupang-readiness-paper.txt, karakter 38842 sampai 38871")
    assert reader.complaints == []


def test_address_that_is_not_there_is_a_page_with_a_way_back(reader: Reader) -> None:
    reader.page.goto(f"{reader.address}/city/9999")
    expect(reader.page.locator("h1")).to_have_text("Tidak ditemukan")
    reader.page.get_by_role("link", name="Ke daftar kota").click()
    assert reader.path == "/"
