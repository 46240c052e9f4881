"""The site through Flask's client: what its pages say and where they lead."""

from __future__ import annotations

import csv
import io
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reading_pages import LANGUAGES, ROOT, get, site
from sckg import pipeline
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.queries import catalogue
from sckg.site import create_app
from sckg.templating import local_path

TABLES = [f"/city/5371/table/table-{n}" for n in range(1, 9)]
CITY_PAGES = ["/city/5371", *(f"/city/5371/{page}" for page in ("findings", "plan", "norms", "sources")), *TABLES]
PAGES = [
    "/",
    "/why",
    "/why/5371/4.1",
    "/why/5371/W3",
    "/why/5371/n052",
    "/why/5371/M5",
    "/why/5371/A1",
    "/why/5371/enabler",
    "/doc/gap/unmeasured-parameter/5371/2019/enabler",
    "/queries",
    "/query/grades?city=5371",
    *CITY_PAGES,
]
QUERIES = sorted(catalogue(Knowledge.found()))


@pytest.fixture(scope="module")
def app(kupang_store: str, knowledge: Knowledge) -> Flask:
    return site(kupang_store, knowledge)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


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


def column(client: FlaskClient, query: str, name: str) -> set[str]:
    return {row[name] for row in client.get(query, headers={"Accept": "application/json"}).json}


def with_a_claim(client: FlaskClient) -> set[str]:
    """Return what has a why page."""
    return column(client, "/query/claim-of-thing", "iri") | column(client, "/query/claim-of-observation", "iri")


def test_every_link_of_the_city_leads_somewhere(client: FlaskClient) -> None:
    """What has a claim or a key has a page: only what has neither is asked for one by one."""
    paths = {unquote(link.partition("?")[0]) for link in links_inside(client, "id")}
    known = {f"/doc/{local_path(iri)}" for iri in with_a_claim(client)}
    known |= {f"/why/5371/{key}" for key in column(client, "/query/keys?city=5371", "key")}
    known |= {f"/query/{name}" for name in QUERIES} | set(PAGES)
    assert len(paths & known) > 200
    assert [path for path in sorted(paths - known) if client.head(path).status_code != 200] == []


def test_every_kind_of_thing_that_is_linked_has_a_page_that_says_something(client: FlaskClient) -> None:
    of_a_kind = {path.split("/")[2]: path for path in sorted(links_inside(client, "en")) if path.startswith("/doc/")}
    assert len(of_a_kind) > 12
    assert [path for path in of_a_kind.values() if "Nothing more is known" in get(client, path).text] == []


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
    assert "65 dari 69 indikator bernilai mutu. Reratanya 0,68" in get(client, "/city/5371", "id").text
    assert "counts as 0 it is 0.64" in get(client, "/city/5371").text


def test_city_page_begins_with_the_grades_and_names_profile_period_and_source(client: FlaskClient) -> None:
    text = get(client, "/city/5371", "id").text.partition("pintar, 2019")[2]
    assert text.strip().startswith(
        "32 Baik 25 Sedang 8 Buruk 4 tanpa nilai mutu Profil penilaian Pembacaan Kupang 2019"
    )
    assert "Periode penilaian 2019" in text
    assert "Sumber Makalah penelitian tentang kesiapan Kota Kupang" in text


def test_mean_is_rounded_as_people_round(client: FlaskClient) -> None:
    assert get(client, "/city/5371", "id").row("Tabel 2. Kualitas Sumber Daya Pemerintahan")[6] == "0,43"  # 0.425


def test_city_page_says_how_the_period_is_known(client: FlaskClient) -> None:
    assert "the paper gives no date of its own" in get(client, "/city/5371").text
    assert "makalah tidak mencantumkan tanggal" in get(client, "/city/5371", "id").text


def test_part_that_no_indicator_measures_is_called_none_and_not_zero(client: FlaskClient) -> None:
    page = get(client, "/city/5371")
    assert page.row("Enabler")[1] == "none"
    assert page.row("Smart environment")[4:] == ["–", "–"]
    assert get(client, "/city/5371", "id").row("Pengelolaan lingkungan hidup (smart environment)")[1] == "tidak ada"


def test_row_has_value_unit_both_grades_norm_year_with_its_basis_and_source(client: FlaskClient) -> None:
    page = get(client, "/city/5371/table/table-3", "id")
    key, indicator, value, stated, derived, norms, year, source, _ = page.row("3.1")
    assert (key, value, stated) == ("3.1", "14,88 %", "Baik")
    assert indicator == "Persentase pendapatan asli daerah (PAD) terhadap total pendapatan daerah"
    assert derived == "Sedang berbeda: mengapa?"
    assert norms.startswith("Memandu Derajat desentralisasi fiskal")
    assert year == "2019 Periode penilaian"
    assert source == "Tabel 3: Analisis Kapasitas Keuangan Daerah"


def test_value_that_another_source_gives_stands_beside_the_value(client: FlaskClient) -> None:
    assert get(client, "/city/5371/table/table-4", "id").row("4.1")[2] == "40,63 % sumber lain: 68,08 % n052"


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
    words = {li for table in TABLES for row in get(client, table).rows if len(row) == 9 for li in row[5].split()[:1]}
    assert words == {"Norms", "Binds", "Guides", "Compares"}  # "Norms" heads the column


def test_doubts_stand_beside_each_value(client: FlaskClient) -> None:
    row = get(client, "/city/5371/table/table-4", "en").row("4.1")
    assert row[8] == "1 high, 1 medium, 1 low"


def test_every_row_of_every_table_leads_to_its_why_page(client: FlaskClient) -> None:
    keys = {a.rpartition("/")[2] for table in TABLES for a in get(client, table).links() if a.startswith("/why/5371/")}
    assert len(keys) == 69


def test_stated_and_derived_findings_are_told_apart(client: FlaskClient) -> None:
    page = get(client, "/city/5371/findings")
    assert page.row("W3")[1:3] == ["Low public literacy", "Stated: the document gives it"]
    assert page.row("2.3")[1:3] == ["ICT volunteers 0 People Buruk (poor)", "Derived by a rule"]


def test_weakness_leads_to_its_words_its_goals_and_its_actions(client: FlaskClient) -> None:
    page = get(client, "/city/5371/findings")
    assert page.row("W3")[3:6] == ["W3.1 W3.2 W3.3 W3.4", "M1", "A19 A20 A21"]
    assert {"/why/5371/W3.1", "/why/5371/M1", "/doc/action/5371/a19"} <= set(page.links())


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
    assert page.row("G2")[4] == "belum teramati"


def test_norm_that_does_not_grade_says_why(client: FlaskClient) -> None:
    page = get(client, "/city/5371/norms")
    off = page.text.partition("Each says why it is off.")[2]
    assert "text not read" in off
    assert "Binds: the law obliges" in page.text


def test_sources_page_counts_what_rests_on_each_source(client: FlaskClient) -> None:
    page = get(client, "/city/5371/sources", "id")
    assert page.row("Tabel 4: Analisis Kesiapan Infrastruktur Fisik Daerah")[1:4] == ["bagian dokumen", "8", "0"]
    assert "kupang-readiness-paper.txt" in page.text


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


def test_why_page_of_an_element_says_what_it_is_how_far_it_is_covered_and_what_measures_it(client: FlaskClient) -> None:
    text = get(client, "/why/5371/smart-living", "id").text
    assert "Elemen cerdas: Kelayakan taraf hidup masyarakat (smart living)" in text
    assert "Lingkungan tempat tinggal yang layak, nyaman, dan efisien." in text
    assert "14 dari 14 indikator bernilai mutu" in text
    assert "4.1 Persentase jalan kabupaten/kota dalam kondisi baik" in text


def test_why_page_leads_back_to_its_city(client: FlaskClient) -> None:
    assert "/city/5371/plan" in get(client, "/doc/factor/5371/W3").links()
    assert "/city/5371" not in get(client, "/doc/element/smart-living").links()


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


def test_every_thing_that_an_answer_names_has_a_why_page(client: FlaskClient) -> None:
    claimed = with_a_claim(client)
    named = {
        (name, value)
        for name in QUERIES
        for row in client.get(f"/query/{name}?format=json").json
        for value in row.values()
        if isinstance(value, str) and value.startswith("https://w3id.org/sckg/") and " " not in value
    }
    assert len(named) > 2000
    assert [pair for pair in sorted(named) if pair[1] not in claimed] == []


def test_query_answers_as_turtle(client: FlaskClient) -> None:
    assert "5371" in client.get("/query/cities?format=ttl").text


def test_query_takes_its_parameters_from_the_address(client: FlaskClient) -> None:
    rows = client.get("/query/weaknesses?city=5371&profile=kupang-2019&format=json&lang=id").json
    assert "Rendahnya literasi masyarakat" in {row["label"] for row in rows}
    assert {row["profile"] for row in rows} == {None, "https://w3id.org/sckg/id/profile/kupang-2019"}


def test_form_of_a_query_explains_each_parameter(client: FlaskClient) -> None:
    page = get(client, "/query/weaknesses?city=5371", "id")
    assert [option["value"] for option in page.all("option") if "selected" in option] == ["5371"]
    assert "Kota – Kota Kupang semua kota bila dikosongkan" in page.text
    assert next(i for i in page.all("input") if i["name"] == "year")["inputmode"] == "numeric"


def test_form_keeps_a_value_that_is_not_among_those_offered(client: FlaskClient) -> None:
    page = get(client, "/query/weaknesses?city=1234")
    assert "1234" in page.text
    assert "Nothing here answers to that" in page.text


def test_decimal_number_of_an_answer_is_written_as_the_language_writes_it(client: FlaskClient) -> None:
    address = "/query/observations?city=5371&indicator=road-good-condition"
    assert "40,63" in get(client, address, "id").row("4.1")
    assert "40.63" in get(client, address, "en").row("4.1")
    assert "2019" in get(client, address, "id").row("4.1")


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
