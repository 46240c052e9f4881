"""What is asked of the site: other cities and frameworks, nothing at all, wrong addresses, and what means harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reading_pages import ROOT, Page, get, site
from sckg import pipeline
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.problems import NotPossible
from sckg.queries import catalogue
from sckg.site import create_app
from sckg.stores.embedded import EmbeddedStore

FORMATS = ("html", "csv", "json", "ttl")
CLEAN_AIR = ROOT / "tests" / "fixtures" / "clean-air"


@pytest.fixture(scope="module")
def app(kupang_store: str, knowledge: Knowledge) -> Flask:
    return site(kupang_store, knowledge)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def widened(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return the site with a ministry's own framework, scale, page and words, and two cities more."""
    known = Knowledge.found((CLEAN_AIR,))
    store = str(tmp_path_factory.mktemp("widened") / "store")
    cities = [CLEAN_AIR / "cities" / "9902-kota-udara", ROOT / "tests" / "fixtures" / "9901-kota-contoh"]
    pipeline.build([ROOT / "cities" / "5371-kota-kupang", *cities], store, known)
    return site(store, known)


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
    assert "&#39;4.1&#39; is a key of several cities; choose one with city: 5371, 9901" in answer.text


def test_what_a_city_does_not_have_is_explained(widened: Flask) -> None:
    client = widened.test_client()
    assert (
        "This city has no row in this table: nothing of it was observed."
        in get(client, "/city/9901/table/table-2").text
    )
    assert "Readiness parameters: the framework of this assessment has none." in get(client, "/city/9902").text
    assert "None: no document states one" in get(client, "/city/9902/findings").text
    assert "document, profiles and sources agree" in get(client, "/city/9902/findings").text


def test_indicator_that_was_not_observed_counts_as_without_a_grade(widened: Flask) -> None:
    page = get(widened.test_client(), "/city/9901")
    assert "66 no grade" in page.text
    assert page.row("All tables")[4] == "66"


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
        ("/city/5371?city=9901", 400, "wrong-parameter", "'city' stands in the address already"),
        ("/city/5371?year=%00", 400, "no-such-year", "This city has no assessment of the year"),
        ("/city/%00", 404, "no-such-city", "No city here has the code"),
        ("/query/grades?city=%00", 400, "wrong-parameter", "\\x00: this is not the code of a city"),
        ("/query/grades?year=٢٠١٩", 400, "wrong-parameter", "this is not a whole number"),
        ("/query/grades?city=" + "x" * 10_000, 400, "wrong-parameter", "city: a value has at most 1000 characters"),
        ("/?" + "x" * 10_000 + "=1", 400, "wrong-parameter", "a value has at most 1000 characters"),
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
    answer = client.get("/why/5371/zz9", headers={"Accept-Language": "id"}).text
    assert "Di sini nama itu tidak menunjuk tepat satu hal." in answer
    assert '<p lang="en">&#39;zz9&#39; is no IRI, CURIE or key here.' in answer


def test_refusal_is_data_when_data_was_asked_for(client: FlaskClient) -> None:
    answer = client.get("/query/grades?year=soon&format=json")
    assert answer.status_code == 400
    assert answer.json["code"] == "wrong-parameter"
    assert client.get("/why/5371/zz9", headers={"Accept": "application/json"}).json["status"] == 404
    assert client.get("/nowhere?format=json").json["message"] == "Nothing matches the given URI"
    assert client.get("/city/5371?format=csv").json["message"] == "format=csv: the formats here are html"


@pytest.mark.parametrize(
    "address",
    ["/", "/city/5371", "/city/9999", "/query/grades?format=csv", "/id/city/5371", "/query/cities?format=xml"],
)
def test_head_answers_as_get_does_without_a_body(client: FlaskClient, address: str) -> None:
    head, whole = client.head(address), client.get(address)
    assert (head.status_code, head.content_type) == (whole.status_code, whole.content_type)
    assert head.data == b""


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


# --- Nothing to show --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["nothing at all", "the model alone"])
def empty(request: pytest.FixtureRequest, knowledge: Knowledge) -> Flask:
    store = EmbeddedStore() if request.param == "nothing at all" else pipeline.read_model(knowledge)
    made = create_app(store, knowledge)
    made.testing = True
    return made


def test_store_without_a_city_says_so(empty: Flask) -> None:
    client = empty.test_client()
    assert "No city has been built into this store yet." in get(client, "/").text
    assert client.get("/health").json == {"status": "ok", "cities": 0}
    assert client.get("/city/5371").status_code == 404
    assert client.get("/why/5371/4.1").status_code == 404
    assert get(client, "/why").all("form")


def test_every_query_answers_an_empty_store(empty: Flask) -> None:
    client = empty.test_client()
    addresses = [f"/query/{name}?format={media}" for name in catalogue(Knowledge.found()) for media in FORMATS]
    assert {client.get(address).status_code for address in addresses} == {200}
    assert "This store holds nothing of the kind." in get(client, "/query/weaknesses").text


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
