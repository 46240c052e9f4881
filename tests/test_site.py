"""The site, through Flask's client and as a server: what pages say, what addresses answer, what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from sckg import pipeline
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.pages import pages
from sckg.problems import NotPossible
from sckg.queries import catalogue
from sckg.site import create_app

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
CLEAN_AIR = ROOT / "tests" / "fixtures" / "clean-air"
LANGUAGES = ("id", "en")
TABLES = [f"/city/5371/table/table-{n}" for n in range(1, 9)]
CITY_PAGES = ["/city/5371", "/city/5371/findings", "/city/5371/plan", "/city/5371/norms", *TABLES]
PAGES = [
    "/",
    "/why",
    "/why/5371/4.1",
    "/why/5371/W3",
    "/why/5371/n052",
    "/why/5371/M5",
    "/why/5371/A1",
    "/queries",
    *CITY_PAGES,
]
QUERIES = sorted(catalogue(Knowledge.found()))


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


@pytest.fixture(scope="session")
def app(kupang_store: str, knowledge: Knowledge) -> Flask:
    made = create_app(open_store(kupang_store), knowledge)
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def widened(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return the site with a ministry's own framework, scale, page and words, and two cities more."""
    known = Knowledge.found((CLEAN_AIR,))
    store = str(tmp_path_factory.mktemp("widened") / "store")
    cities = [CLEAN_AIR / "cities" / "9902-kota-udara", ROOT / "tests" / "fixtures" / "9901-kota-contoh"]
    pipeline.build([ROOT / "cities" / "5371-kota-kupang", *cities], store, known)
    made = create_app(open_store(store), known)
    made.testing = True
    return made


def get(client: FlaskClient, address: str, lang: str = "en") -> Page:
    answer = client.get(address, headers={"Accept-Language": lang})
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return Page(answer.text)


# --- Pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("address", PAGES)
def test_every_page_renders_in_both_languages(client: FlaskClient, address: str, lang: str) -> None:
    page = get(client, address, lang)
    assert page.all("html")[0]["lang"] == lang
    assert len(page.all("h1")) == 1
    assert page.all("title")


@pytest.mark.parametrize("address", PAGES)
def test_every_table_has_a_caption_and_headers_with_a_scope(client: FlaskClient, address: str) -> None:
    page = get(client, address)
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(th.get("scope") in {"col", "row", "rowgroup"} for th in page.all("th"))


@pytest.mark.parametrize("address", PAGES)
def test_every_input_has_a_label_and_every_page_a_skip_link_and_landmarks(client: FlaskClient, address: str) -> None:
    page = get(client, address)
    labelled = {label["for"] for label in page.all("label")}
    assert {i["id"] for i in page.all("input") + page.all("select") if i.get("type") != "hidden"} <= labelled
    assert page.links()[0] == "#content"
    assert [m["id"] for m in page.all("main")] == ["content"]
    assert page.all("header")
    assert page.all("footer")


@pytest.mark.parametrize("address", PAGES)
def test_no_id_stands_twice_on_a_page(client: FlaskClient, address: str) -> None:
    ids = [attributes["id"] for _, attributes in get(client, address).elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def links_inside(client: FlaskClient, lang: str) -> set[str]:
    pages = (get(client, address, lang) for address in CITY_PAGES)
    return {link.partition("#")[0] for page in pages for link in page.links() if link.startswith("/")}


def test_every_link_of_the_city_leads_somewhere(client: FlaskClient) -> None:
    broken = [address for address in sorted(links_inside(client, "id")) if client.head(address).status_code != 200]
    assert broken == []


def test_both_languages_link_the_same_things(client: FlaskClient) -> None:
    in_both = [{link.partition("?")[0] for link in links_inside(client, lang)} for lang in LANGUAGES]
    assert in_both[0] == in_both[1]


@pytest.mark.parametrize("address", PAGES)
def test_no_page_loads_anything_from_another_host(client: FlaskClient, address: str) -> None:
    page = get(client, address)
    loaded = [
        a.get("src") or a.get("href") or a.get("action") or ""
        for tag in ("script", "img", "link", "form", "iframe")
        for a in page.all(tag)
    ]
    assert loaded
    assert all(target.startswith("/") and not target.startswith("//") for target in loaded)


@pytest.mark.parametrize("address", PAGES)
def test_no_page_needs_a_script_or_holds_a_style(client: FlaskClient, address: str) -> None:
    page = get(client, address)
    assert not page.all("script")
    assert not page.all("style")
    assert not [
        name for _, attributes in page.elements for name in attributes if name == "style" or name.startswith("on")
    ]


def test_home_lists_the_cities(client: FlaskClient) -> None:
    page = get(client, "/", "id")
    assert page.row("Kota Kupang")[1] == "5371"
    assert "/city/5371" in page.links()


def test_city_page_counts_the_grades_of_each_table(client: FlaskClient) -> None:
    rows = {row[0]: row[1:5] for row in get(client, "/city/5371").rows if row}
    assert rows["Table 1. Quality of the region's people"] == ["4", "5", "0", "0"]
    assert rows["Table 2. Quality of government resources"] == ["4", "9", "7", "0"]
    assert rows["Table 7. Readiness of policy"] == ["3", "1", "0", "3"]


def test_city_page_shows_coverage_and_both_means(client: FlaskClient) -> None:
    assert "65 dari 69 indikator bernilai mutu. Reratanya 0,6846" in get(client, "/city/5371", "id").text
    assert "counts as 0 it is 0.6449" in get(client, "/city/5371").text


def test_city_page_says_how_the_period_is_known(client: FlaskClient) -> None:
    assert "the paper gives no date of its own" in get(client, "/city/5371").text
    assert "makalah tidak mencantumkan tanggal" in get(client, "/city/5371", "id").text


def test_part_that_no_indicator_measures_is_called_none_and_not_zero(client: FlaskClient) -> None:
    page = get(client, "/city/5371")
    assert page.row("Enabler")[1] == "none"
    assert page.row("Smart environment")[4:] == ["–", "–"]


def test_row_has_value_unit_both_grades_norm_year_with_its_basis_and_source(client: FlaskClient) -> None:
    key, indicator, value, stated, derived, norms, year, source = get(client, "/city/5371/table/table-3", "id").row(
        "3.1"
    )
    assert (key, value, stated) == ("3.1", "14,88 %", "Baik")
    assert indicator == "Persentase pendapatan asli daerah (PAD) terhadap total pendapatan daerah"
    assert derived == "Sedang berbeda: mengapa?"
    assert norms.startswith("Memandu Derajat desentralisasi fiskal")
    assert year == "2019 Periode penilaian"
    assert source == "Tabel 3: Analisis Kapasitas Keuangan Daerah"


def test_only_rows_whose_grades_differ_carry_the_badge(client: FlaskClient) -> None:
    found = [row[0] for table in TABLES for row in get(client, table).rows if any("differs" in cell for cell in row)]
    assert found == ["3.1"]


def test_answer_in_progress_earns_no_grade_and_is_said_in_words(client: FlaskClient) -> None:
    row = get(client, "/city/5371/table/table-7").row("7.3")
    assert row[2:5] == ["In progress", "none stated", "no grade"]


def test_large_number_is_grouped_as_the_language_groups(client: FlaskClient) -> None:
    assert get(client, "/city/5371/table/table-3", "id").row("3.2")[2] == "90.161.676.463 Rupiah"
    assert get(client, "/city/5371/table/table-3", "en").row("3.2")[2] == "90,161,676,463 Rupiah"


def test_norm_beside_a_value_says_whether_it_binds_guides_or_compares(client: FlaskClient) -> None:
    words = {li for table in TABLES for row in get(client, table).rows if len(row) == 8 for li in row[5].split()[:1]}
    assert words == {"Norms", "Binds", "Guides", "Compares"}  # "Norms" heads the column


def test_every_row_of_every_table_leads_to_its_why_page(client: FlaskClient) -> None:
    keys = {a.rpartition("/")[2] for table in TABLES for a in get(client, table).links() if a.startswith("/why/5371/")}
    assert len(keys) == 69


def test_stated_and_derived_findings_are_told_apart(client: FlaskClient) -> None:
    page = get(client, "/city/5371/findings")
    assert page.row("W3")[1:3] == ["Low public literacy", "Stated: the document gives it"]
    assert page.row("2.3")[1:3] == ["ICT volunteers", "Derived by a rule"]


def test_findings_page_holds_gaps_and_disagreements(client: FlaskClient) -> None:
    text = get(client, "/city/5371/findings").text
    assert "7.3 Smart-city masterplan has no grade" in text
    assert "The Kupang readiness paper prints Baik for 14.88%" in text


def test_plan_tells_stated_actions_from_proposed_ones(client: FlaskClient) -> None:
    page = get(client, "/city/5371/plan")
    groups = [row[0] for row in page.rows if len(row) == 1]
    assert "Stated: the document gives it 9" in groups
    assert "Proposed by this project 18" in groups


def test_plan_sets_targets_beside_what_was_observed(client: FlaskClient) -> None:
    page = get(client, "/city/5371/plan", "id")
    assert page.row("G1")[2:5] == ["7 %", "2022", "6,83 % (2019)"]
    assert page.row("G2")[4] == "tidak teramati"


def test_norm_that_does_not_grade_says_why(client: FlaskClient) -> None:
    page = get(client, "/city/5371/norms")
    off = page.text.partition("Each says why it is off.")[2]
    assert "text not read" in off
    assert "Binds: the law obliges" in page.text


def test_profile_is_chosen_when_reading(client: FlaskClient) -> None:
    assert get(client, "/city/5371/table/table-3").row("3.1")[4].startswith("Sedang")
    assert get(client, "/city/5371/table/table-3?profile=national-norms").row("3.1")[4].startswith("Poor")


def test_links_keep_the_profile_and_the_language_that_were_chosen(client: FlaskClient) -> None:
    links = get(client, "/city/5371?profile=national-norms&lang=en", "id").links()
    assert "/city/5371/table/table-3?profile=national-norms&lang=en" in [unescape(a) for a in links]


def test_word_of_another_profile_has_its_own_colour_and_shape(client: FlaskClient) -> None:
    html = client.get("/city/5371/table/table-3?profile=national-norms", headers={"Accept-Language": "en"}).text
    assert '<span class="grade adverse">Poor</span>' in html


# --- Walking back -----------------------------------------------------------------------------


def test_why_page_walks_from_the_grade_to_the_words_of_the_document(client: FlaskClient) -> None:
    text = get(client, "/why/5371/4.1").text
    for part in (
        "is graded Sedang (fair)",
        "4% to under 75%",
        "road-good-condition.ttl",
        "jalan kabupaten/kota dalam kondisi baik 40,63%",
        "characters 26660 to 26717",
    ):
        assert part in text


def test_term_can_be_asked_by_key_curie_or_iri(client: FlaskClient) -> None:
    claims = {get(client, a).text.partition("Low public literacy")[1] for a in (
        "/why/5371/W3", "/why?term=W3&city=5371", "/why?term=factor:5371/W3", "/why?term=https://w3id.org/sckg/id/factor/5371/W3", "/doc/factor/5371/W3",
    )}  # fmt: skip
    assert claims == {"Low public literacy"}


def test_walk_is_data_at_the_same_address(client: FlaskClient) -> None:
    walk = client.get("/why/5371/4.1?format=json&lang=en").json
    assert walk["iri"].endswith("/observation/5371/2019/road-good-condition/paper-table-4")
    turtle = client.get("/doc/factor/5371/W3", headers={"Accept": "text/turtle"})
    assert turtle.mimetype == "text/turtle"
    assert "sckg:Weakness" in turtle.text or "ontology#Weakness" in turtle.text


def test_iri_of_a_thing_leads_to_the_page_about_it(client: FlaskClient) -> None:
    answer = client.get("/id/factor/5371/W3?lang=en")
    assert answer.status_code == 303
    assert answer.location == "/doc/factor/5371/W3?lang=en"
    assert client.get("/id/indicator/road-good-condition", follow_redirects=True).status_code == 200


def test_deployment_answers_for_the_iris_of_its_own_base(
    tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCKG_BASE", "https://data.example.org/kota")
    pipeline.build([ROOT / "tests" / "fixtures" / "9901-kota-contoh"], str(tmp_path / "store"), knowledge)
    client = create_app(open_store(str(tmp_path / "store")), knowledge).test_client()
    assert "https://data.example.org/kota/id/factor/9901/W1" in get(client, "/doc/factor/9901/W1").text
    assert get(client, "/doc/indicator/road-good-condition").text.count(
        "https://w3id.org/sckg/id/indicator/road-good-condition"
    )
    assert "/doc/action/9901/1" in get(client, "/city/9901/plan").links()


# --- Queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_answers_as_page_csv_and_json_at_one_address(client: FlaskClient, name: str) -> None:
    columns = catalogue(Knowledge.found())[name].columns
    page = get(client, f"/query/{name}")
    assert page.rows[0] == list(columns)
    table = list(csv.DictReader(io.StringIO(client.get(f"/query/{name}?format=csv").text)))
    rows = client.get(f"/query/{name}", headers={"Accept": "application/json"}).json
    assert len(rows) == len(table)
    assert all(list(row) == list(columns) for row in rows[:3])


def test_query_answers_as_turtle(client: FlaskClient) -> None:
    assert "5371" in client.get("/query/cities?format=ttl").text


def test_query_takes_its_parameters_from_the_address(client: FlaskClient) -> None:
    rows = client.get("/query/weaknesses?city=5371&profile=kupang-2019&format=json&lang=id").json
    assert "Rendahnya literasi masyarakat" in {row["label"] for row in rows}
    assert {row["profile"] for row in rows} == {None, "https://w3id.org/sckg/id/profile/kupang-2019"}


def test_form_of_a_query_explains_each_parameter(client: FlaskClient) -> None:
    page = get(client, "/query/weaknesses?city=5371", "id")
    assert next(i for i in page.all("input") if i["name"] == "city")["value"] == "5371"
    assert "semua kota bila dikosongkan" in page.text


def test_long_answer_says_that_it_is_cut_and_where_the_rest_is(client: FlaskClient) -> None:
    text = get(client, "/query/claim-of-thing").text
    assert "the first 500 are shown here, CSV and JSON hold them all" in text


def test_catalogue_names_every_query(client: FlaskClient) -> None:
    links = get(client, "/queries").links()
    assert {f"/query/{name}" for name in QUERIES} <= set(links)


def test_accept_header_that_nothing_fits_is_refused(client: FlaskClient) -> None:
    assert client.get("/query/cities", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/query/cities", headers={"Accept": "*/*"}).mimetype == "text/html"
    assert client.get("/query/cities", headers={"Accept": "text/html;q=0.2, text/csv"}).mimetype == "text/csv"


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


# --- Another knowledge root -------------------------------------------------------------------


def test_template_dropped_into_another_root_is_a_page_with_its_own_words(widened: Flask) -> None:
    assert "Hari bersih dalam setahun" in get(widened.test_client(), "/city/9902/clean-days", "id").text
    assert "Clean days of a year" in get(widened.test_client(), "/city/9902/clean-days").text


def test_city_of_another_framework_has_its_own_tables_and_scale(widened: Flask) -> None:
    page = get(widened.test_client(), "/city/9902")
    assert page.row("Air over the city")[1:4] == ["0", "1", "0"]
    assert "Table 4" not in page.text
    assert get(widened.test_client(), "/city/9902/table/air").row("air.1")[2:5] == ["12.5 %", "Red light", "Red light"]


def test_markup_in_data_is_shown_as_text(widened: Flask) -> None:
    for address in (
        "/",
        "/city/9902",
        "/city/9902/table/air",
        "/why/9902/air.1",
        "/query/cities",
        "/query/observations?city=9902",
    ):
        html = widened.test_client().get(address).text
        assert "<script" not in html, address
        assert "<img" not in html, address
        assert "<b>tebal" not in html, address


def test_links_lead_only_to_pages_and_the_web(widened: Flask) -> None:
    client = widened.test_client()
    for address in ("/city/9902", "/why/9902/air.1", "/doc/source/9902/report", "/query/sources?city=9902"):
        assert all(a.startswith(("/", "#", "http://", "https://")) for a in get(client, address).links()), address


def test_key_of_several_cities_asks_which_one(widened: Flask) -> None:
    answer = widened.test_client().get("/why?term=4.1")
    assert answer.status_code == 404
    assert "5371, 9901" in answer.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("query: graades city -> rows", "'graades' is not a query"),
        ("query: grades town -> rows", "has no parameter 'town'"),
        ("query: grades city rows", "cannot understand the line"),
        ("colour: red", "cannot understand the line"),
    ],
)
def test_header_that_cannot_be_followed_names_the_file(
    tmp_path: Path, knowledge: Knowledge, kupang_store: str, line: str, said: str
) -> None:
    folder = tmp_path / "web" / "templates"
    folder.mkdir(parents=True)
    (folder / "mine.html").write_text(f"{{# page: /mine #}}\n{{# {line} #}}\n", encoding="utf-8")
    with pytest.raises(NotPossible, match=said) as refused:
        create_app(open_store(kupang_store), Knowledge((*knowledge.roots, tmp_path)))
    assert "mine.html" in str(refused.value)


# --- Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status", "code", "sentence"),
    [
        ("/nowhere", 404, "not-found", "There is no page at this address."),
        ("/city/9999", 404, "no-such-city", "No city here has the code 9999."),
        ("/city/5371/table/table-99", 404, "no-such-table", "There is no table table-99 here."),
        ("/city/5371?profile=nope", 400, "no-such-profile", "nope is not a grading profile here."),
        ("/city/5371?year=1999", 400, "no-such-year", "This city has no assessment of the year 1999."),
        ("/city/5371?profle=x", 400, "wrong-parameter", "this page has no parameter 'profle'"),
        ("/?lang=xx", 400, "wrong-parameter", "lang=xx"),
        ("/why/5371/zz9", 404, "unknown-term", "'zz9' is no IRI, CURIE or key here."),
        ("/doc/factor/5371/W99", 404, "unknown-term", "nothing is known of factor:5371/W99"),
        ("/why?term=W3&city=9999", 400, "no-such-city", "No city here has the code 9999."),
        ("/query/weakness", 404, "no-such-query", "Did you mean weaknesses?"),
        ("/query/grades?year=soon", 400, "wrong-parameter", "year soon: this is not a"),
        ("/query/grades?town=5371", 400, "wrong-parameter", "has no parameter 'town'"),
        ("/query/grades?format=xml", 400, "wrong-parameter", "format=xml"),
        ("/static/../site.py", 404, "not-found", "There is no page at this address."),
        ("/static/nothing.css", 404, "not-found", "There is no page at this address."),
    ],
)
def test_wrong_address_gets_a_sentence_and_a_code(
    client: FlaskClient, address: str, status: int, code: str, sentence: str
) -> None:
    answer = client.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    text = Page(answer.text).text
    assert sentence in text
    assert f"{status} {code}" in text
    assert "Traceback" not in text


def test_refusal_speaks_the_readers_language_and_marks_what_does_not(client: FlaskClient) -> None:
    answer = client.get("/city/9999", headers={"Accept-Language": "id"}).text
    assert "Di sini tidak ada kota berkode 9999." in answer
    assert '<p class="lead" lang="en">' in client.get("/why/5371/zz9", headers={"Accept-Language": "id"}).text


def test_refusal_is_data_when_data_was_asked_for(client: FlaskClient) -> None:
    answer = client.get("/query/grades?year=soon&format=json")
    assert answer.status_code == 400
    assert answer.json["code"] == "wrong-parameter"
    assert client.get("/why/5371/zz9", headers={"Accept": "application/json"}).json["status"] == 404
    assert client.get("/city/5371?format=csv").json["message"] == "format=csv: the formats here are html"


def test_other_methods_are_refused(client: FlaskClient) -> None:
    answer = client.post("/city/5371")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "given", ["x' } INSERT", '"> <script>alert(1)</script>', "?s ?p ?o", "\\", "%00", "a\nb", "UNDEF) (UNDEF"]
)
def test_no_value_reaches_a_query_as_anything_but_a_value(client: FlaskClient, given: str) -> None:
    for address, name in (
        ("/why", "term"),
        ("/query/weaknesses", "city"),
        ("/query/evidence", "lang"),
        ("/city/5371", "year"),
    ):
        answer = client.get(address, query_string={name: given})
        assert answer.status_code in {200, 400, 404}
        assert "<script" not in answer.text


@pytest.mark.parametrize(
    "path", ["/doc/<script>/x", '/doc/"', "/doc/a b/c", "/doc/%3Cx%3E", "/doc/é/ü", "/why/5371/" + "a" * 3000]
)
def test_strange_path_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


# --- Headers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["/", "/city/5371", "/city/9999", "/query/cities?format=csv", "/static/sckg.css", "/id/city/5371", "/health"],
)
def test_every_answer_carries_the_safety_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_page_that_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/city/5371")
    again = client.get("/city/5371", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/city/5371?lang=en").headers["ETag"] != first.headers["ETag"]
    assert {"Accept", "Accept-Language", "Cookie"} <= set(first.headers["Vary"].split(", "))


def test_health_counts_the_cities(client: FlaskClient) -> None:
    assert client.get("/health").json == {"status": "ok", "cities": 1}


# --- The server -------------------------------------------------------------------------------


@contextmanager
def served(*arguments: str, cwd: Path) -> Iterator[tuple[str, str]]:
    """Run ``sckg serve`` on a free port; yield its first line and the address in it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SCKG_")}
    command = [sys.executable, "-m", "sckg", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=cwd, env=kept, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            yield line, line.rpartition(" ")[2].strip()
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) == 0


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
        return answer.read().decode()  # type: ignore[no-any-return]


def test_server_says_what_it_serves_and_where_and_answers(kupang_store: str, tmp_path: Path) -> None:
    with served("--store", kupang_store, cwd=tmp_path) as (line, address):
        assert re.fullmatch(r"Serving Kota Kupang at http://127\.0\.0\.1:\d+\n", line)
        assert json.loads(read(f"{address}/health")) == {"status": "ok", "cities": 1}
        assert "Kota Kupang" in read(f"{address}/city/5371")


def test_new_build_is_served_without_a_restart(tmp_path: Path, knowledge: Knowledge) -> None:
    store = str(tmp_path / "store")
    pipeline.build([ROOT / "tests" / "fixtures" / "9901-kota-contoh"], store, knowledge)
    with served("--store", store, cwd=tmp_path) as (_, address):
        assert json.loads(read(f"{address}/health"))["cities"] == 1
        pipeline.build([ROOT / "cities" / "5371-kota-kupang"], store, knowledge)
        assert json.loads(read(f"{address}/health"))["cities"] == 2


def refused(*arguments: str, cwd: Path) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SCKG_")}
    command = [sys.executable, "-m", "sckg", "serve", *arguments]
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_port_in_use_is_a_sentence(kupang_store: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1, port {port}" in refused(
            "--store", kupang_store, "--port", str(port), cwd=tmp_path
        )


def test_store_without_a_build_is_a_sentence(tmp_path: Path) -> None:
    assert "holds no build yet" in refused("--store", str(tmp_path), "--port", "0", cwd=tmp_path)
