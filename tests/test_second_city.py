"""A second city, added as the documentation says: it has grades, findings and gaps of its own, and no answer mixes two.

Kota Rekaan is invented. Its two editions, 2024 and 2025, are later than norms that Kota Kupang's 2019 does not reach.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import command_line
from conftest import ROOT
from defects import DOCUMENTS, FIXTURES
from sckg.assets import Knowledge
from sckg.explain import explain
from sckg.opening import open_store
from sckg.queries import Query, catalogue
from sckg.render import plain
from sckg.site import create_app
from sckg.stores.base import Store

REKAAN, KUPANG = "9876", "5371"
FOLDER = "cities/9876-kota-rekaan"
YEARS = ("2024", "2025")
PROFILES = ("kupang-2019", "national-norms")
SHIPPED = Knowledge.found()
QUERIES = {name: query for name, query in catalogue(SHIPPED).items() if query.subject != "why"}
ASKED_WITH = {name: {p.name for p in query.parameters} for name, query in QUERIES.items()}
OF_A_CITY = [name for name, query in QUERIES.items() if "city" in {*query.columns, *ASKED_WITH[name]}]
CHOOSING = [name for name in OF_A_CITY if "city" in ASKED_WITH[name]]
OF_A_YEAR = [name for name in OF_A_CITY if "year" in ASKED_WITH[name]]
OF_A_PROFILE = [name for name in OF_A_CITY if "profile" in ASKED_WITH[name]]
# What the second edition says nothing of: it states no factor, and no sentence of it helps or hinders.
ONLY_IN_2024 = {"checks", "factors", "opportunities", "threats", "goals-at-risk", "weakness-goals"}

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Place:
    """A folder outside the repository, its store, and a way to type commands there."""

    folder: Path

    def types(self, command: str) -> tuple[int, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SCKG_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        told = {"PATH": path, "SCKG_STORE": str(self.folder / "store"), "COLUMNS": "100", "NO_COLOR": "1"}
        return command_line.run(command, self.folder, {**kept, **told})

    def stored(self) -> dict[str, bytes]:
        """Return every file of the store that a build writes; opening one for reading changes none."""
        files = (p for p in (self.folder / "store").rglob("*") if p.is_file())
        return {p.relative_to(self.folder).as_posix(): p.read_bytes() for p in files}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("planner")
    shutil.copytree(ROOT / "cities" / "5371-kota-kupang", folder / "cities" / "5371-kota-kupang")
    shutil.copytree(FIXTURES / "9876-kota-rekaan", folder / FOLDER)
    here = Place(folder)
    status, printed = here.types("sckg build cities/5371-kota-kupang cities/9876-kota-rekaan")
    assert (status, printed.partition(":")[0]) == (0, "Built 2 cities (5371, 9876)"), printed
    return here


@pytest.fixture(scope="module")
def store(place: Place) -> Store:
    return open_store(str(place.folder / "store"))


@pytest.fixture(scope="module")
def ask(store: Store) -> Callable[..., Rows]:
    return lambda name, **values: rows(QUERIES[name], store, values)


@pytest.fixture(scope="module")
def client(store: Store) -> FlaskClient:
    return create_app(store, SHIPPED).test_client()


def rows(query: Query, store: Store, values: Mapping[str, str]) -> Rows:
    return [{name: plain(row.get(name)) for name in query.columns} for row in query.ask(store, values).rows]


def grades(found: Rows) -> dict[str, str]:
    return {row["key"]: row["derived"] for row in found}


# --- Through the command line ----------------------------------------------------------------------


def test_every_quote_of_both_editions_stands_at_its_place(place: Place) -> None:
    status, printed = place.types(f"sckg check {FOLDER} --sources {DOCUMENTS}")
    assert status == 0
    assert printed == f"{FOLDER}: Kota Rekaan, 16 observations, no problems; 28 quotes stand at their place\n"


def test_a_query_and_a_walk_answer_for_the_city_that_is_named(place: Place) -> None:
    status, printed = place.types("sckg query weaknesses --city 9876 --profile national-norms --year 2024 --format csv")
    assert status == 0
    assert [line.split(",")[1] for line in printed.splitlines()[1:]] == ["W1", "3.3", "3.4"]
    status, printed = place.types("sckg why 3.3 --city 9876 --profile national-norms")
    assert status == 0
    assert printed.startswith("3.3 Personnel spending as a share of total regional spending, Kota Rekaan: 38.65 % ")
    assert "Pasal 146" in printed
    assert "evaluasi-rekaan-2024.txt, characters 564 to 639" in printed


def test_a_key_of_two_cities_asks_which_one_is_meant(place: Place) -> None:
    status, printed = place.types("sckg why 3.3")
    assert status == 2
    assert "choose one with --city: 5371, 9876" in printed


# --- It is graded ----------------------------------------------------------------------------------


def test_the_second_city_is_graded_by_its_own_values(ask: Callable[..., Rows]) -> None:
    first, second = (grades(ask("grades", city=REKAAN, profile="kupang-2019", year=year)) for year in YEARS)
    assert first == {
        "2.12": "baik", "2.13": "", "3.1": "sedang", "3.3": "sedang", "3.4": "sedang",
        "4.1": "baik", "4.2": "", "5.4": "baik", "5.7": "sedang",
    }  # fmt: skip
    assert second == {"2025-3.3": "baik", "2025-3.4": "sedang", "2025-4.1": "sedang", "2025-4.5": "buruk"}


def test_norms_in_force_in_its_years_grade_it_and_are_silent_for_2019(ask: Callable[..., Rows]) -> None:
    """UU 1/2022 articles 146 and 147: personnel spending at most 30 %, infrastructure at least 40 %."""
    first, second = (grades(ask("grades", city=REKAAN, profile="national-norms", year=year)) for year in YEARS)
    assert (first["3.3"], first["3.4"]) == ("belum-memenuhi", "belum-memenuhi")
    assert (second["2025-3.3"], second["2025-3.4"]) == ("memenuhi", "memenuhi")
    kupang = grades(ask("grades", city=KUPANG, profile="national-norms"))
    assert (kupang["3.3"], kupang["3.4"]) == ("", "")


@pytest.mark.parametrize(
    ("year", "indicators", "graded", "of_graded", "of_all"),
    [
        # Three baik and four sedang; then one baik, two sedang and one buruk: 1, 0.5 and 0 points.
        ("2024", 69, 7, (3 + 4 * 0.5) / 7, (3 + 4 * 0.5) / 69),
        ("2025", 69, 4, (1 + 2 * 0.5) / 4, (1 + 2 * 0.5) / 69),
    ],
)
def test_its_coverage_counts_its_own_values(
    ask: Callable[..., Rows], year: str, indicators: int, graded: int, of_graded: float, of_all: float
) -> None:
    found = ask("coverage", city=REKAAN, profile="kupang-2019", year=year)
    (whole,) = [row for row in found if row["framework"]]
    assert (int(whole["indicators"]), int(whole["graded"])) == (indicators, graded)
    assert float(whole["mean_graded"]) == pytest.approx(of_graded, abs=1e-4)
    assert float(whole["mean_all"]) == pytest.approx(of_all, abs=1e-4)


# --- What is found and planned ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "year", "profile", "keys"),
    [
        ("strengths", "2024", "kupang-2019", ["S1", "2.12", "4.1", "5.4"]),
        ("weaknesses", "2024", "kupang-2019", ["W1"]),
        ("weaknesses", "2024", "national-norms", ["W1", "3.3", "3.4"]),
        ("opportunities", "2024", "kupang-2019", ["n005"]),
        ("threats", "2024", "kupang-2019", ["n007"]),
        ("strengths", "2025", "national-norms", ["2025-3.3", "2025-3.4"]),
        ("weaknesses", "2025", "kupang-2019", ["2025-4.5"]),
        ("unanswered-weaknesses", "2024", "national-norms", ["3.4"]),
        ("unanswered-weaknesses", "2025", "kupang-2019", ["2025-4.5"]),
        ("goals-at-risk", "2024", "national-norms", ["M2"]),
        ("disagreements", "2024", "kupang-2019", ["3.3", "5.4", "5.7"]),
    ],
)
def test_findings_are_those_of_the_city_and_edition(
    ask: Callable[..., Rows], name: str, year: str, profile: str, keys: list[str]
) -> None:
    assert [row["key"] for row in ask(name, city=REKAAN, year=year, profile=profile)] == keys


def test_gaps_tell_what_was_asked_and_not_answered_from_what_was_not_asked(ask: Callable[..., Rows]) -> None:
    gaps = ask("gaps", city=REKAAN, year="2024", profile="kupang-2019")
    about = {kind: [row["about"] for row in gaps if row["kind"] == kind] for kind in {row["kind"] for row in gaps}}
    assert about["ungraded-indicator"] == ["2.13", "4.2"]
    assert len(about["missing-indicator"]) == 69 - 9
    assert about["goal-without-indicator"] == ["M3"]
    assert about["target-without-observation"] == ["G1"]


def test_a_second_value_from_a_sentence_stays_beside_that_of_the_table(ask: Callable[..., Rows]) -> None:
    roads = ask("observations", city=REKAAN, indicator="road-good-condition", year="2024")
    assert [(row["key"], row["statement"], row["value"]) for row in roads] == [
        ("4.1", "", "83.2"),
        ("", "n001", "79.95"),
    ]
    (strength,) = [r for r in ask("strengths", city=REKAAN, year="2024", profile="kupang-2019") if r["key"] == "4.1"]
    assert strength["evidence"] == "4.1 n001"


# --- Every query -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OF_A_CITY)
def test_every_query_about_a_city_answers_for_it_and_for_no_other(ask: Callable[..., Rows], name: str) -> None:
    for code, other in ((REKAAN, KUPANG), (KUPANG, REKAAN)):
        found = ask(name, city=code) if name in CHOOSING else [r for r in ask(name) if names_city(r, code)]
        assert found
        assert not [row for row in found if names_city(row, other)]


@pytest.mark.parametrize("name", CHOOSING)
def test_both_cities_together_are_each_of_them_apart(ask: Callable[..., Rows], name: str) -> None:
    """No row is lost, made up or counted twice when no city is chosen."""
    together = [row for row in ask(name) if names_city(row, KUPANG) or names_city(row, REKAAN)]
    apart = [r for code in (KUPANG, REKAAN) for r in ask(name, city=code) if names_city(r, code)]
    assert Counter(tuple(row.items()) for row in together) == Counter(tuple(row.items()) for row in apart)


@pytest.mark.parametrize("name", CHOOSING)
def test_the_first_city_is_answered_as_if_it_were_alone(ask: Callable[..., Rows], kupang_store: str, name: str) -> None:
    assert ask(name, city=KUPANG) == rows(QUERIES[name], open_store(kupang_store), {"city": KUPANG})


@pytest.mark.parametrize("name", OF_A_YEAR)
def test_a_year_chooses_the_edition(ask: Callable[..., Rows], name: str) -> None:
    everything = ask(name, city=REKAAN)
    found = {year: ask(name, city=REKAAN, year=year) for year in YEARS}
    assert [year for year in YEARS if found[year]] == ["2024", *(["2025"] if name not in ONLY_IN_2024 else [])]
    for year in YEARS if "year" in QUERIES[name].columns else ():
        assert found[year] == [row for row in everything if row["year"] in {year, ""}]


WITHOUT_A_MEAN = {(name, "national-norms") for name in ("ranking", "trend")}  # its norms are of several scales


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", OF_A_PROFILE)
def test_a_profile_leaves_only_what_follows_from_it(ask: Callable[..., Rows], name: str, profile: str) -> None:
    found = ask(name, city=REKAAN, profile=profile)
    assert bool(found) is ((name, profile) not in WITHOUT_A_MEAN)
    assert {row.get("profile", "").rpartition("/")[2] for row in found} <= {profile, ""}


def test_each_indicator_is_listed_once(ask: Callable[..., Rows]) -> None:
    counted = Counter(row["indicator"] for row in ask("indicators"))
    assert set(counted.values()) == {1}
    assert len(counted) > 69


def names_city(row: Mapping[str, str], code: str) -> bool:
    return any(re.search(rf"/{code}(/|$)", text) for text in row.values())


# --- Every walk and page ---------------------------------------------------------------------------


def test_a_walk_from_each_of_its_keys_stays_in_the_city(ask: Callable[..., Rows], store: Store) -> None:
    keys = [row["key"] for row in ask("keys", city=REKAAN) if row["code"]]
    assert {"4.1", "2025-4.1", "n001", "W1", "M2", "G1", "A1", "dinas-pu"} <= set(keys)
    queries = catalogue(SHIPPED)
    for key in keys:
        walk = explain(store, queries, key, city=REKAAN)
        assert names_city({"iri": walk.iri}, REKAAN), key
        assert not [step for step in walk.steps if names_city({"iri": step.iri}, KUPANG)], key
        assert not [step for step in walk.steps if step.place.get("document") == "kupang-readiness-paper.txt"], key


def test_a_key_of_the_framework_is_the_indicator_where_the_city_has_no_value(store: Store) -> None:
    walk = explain(store, catalogue(SHIPPED), "1.1", city=REKAAN)
    assert walk.iri.endswith("/indicator/interest-communities")


def addresses() -> Iterator[str]:
    """Yield the address of every page about a city or a query, for Kota Rekaan: as it comes, and as it can be chosen."""
    pages = ["", "/findings", "/plan", "/norms", *(f"/table/table-{n}" for n in range(1, 9))]
    for page in pages:
        yield f"/city/{REKAAN}{page}"
        yield f"/city/{REKAAN}{page}?year=2024&profile=national-norms"
    yield from (f"/why/{REKAAN}/{key}" for key in ("3.3", "2025-3.3", "W1", "n007", "M2", "G1", "A2", "dinas-pu"))
    yield from (f"/query/{name}?city={REKAAN}" for name in CHOOSING)


def test_every_page_answers_for_the_second_city_and_leads_to_no_other(client: FlaskClient) -> None:
    for number, address in enumerate(addresses()):
        answer = client.get(address, headers={"Accept-Language": ("id", "en")[number % 2]})
        assert answer.status_code == 200, address
        assert "Kota Rekaan" in answer.text or address.startswith("/query/"), address
        links = [link for link in re.findall(r'href="([^"]*)"', answer.text) if KUPANG in link]
        assert links == [], address


def test_the_addresses_tried_are_all_there_are(client: FlaskClient) -> None:
    adapter = client.application.url_map.bind("localhost")
    tried = {adapter.match(address.partition("?")[0], return_rule=True)[0].endpoint for address in addresses()}
    of_a_city = {rule.endpoint for rule in client.application.url_map.iter_rules() if "code" in rule.arguments}
    assert of_a_city <= tried


@pytest.mark.parametrize("address", ["/", "/query/cities", "/why", "/query/assessments"])
def test_pages_of_all_cities_name_both(client: FlaskClient, address: str) -> None:
    text = client.get(address, headers={"Accept-Language": "id"}).text
    assert "Kota Kupang" in text
    assert "Kota Rekaan" in text


def test_a_page_offers_both_editions_and_shows_the_later(client: FlaskClient) -> None:
    text = client.get(f"/city/{REKAAN}", headers={"Accept-Language": "en"}).text
    assert "Smart-city readiness of Kota Rekaan, 2025" in text
    assert [year for year in YEARS if f">{year}</option>" in text.replace("\n", "")] == list(YEARS)


# --- A copy with one defect in each file -----------------------------------------------------------

BROKEN = [
    (
        "city.ttl",
        "fw:citiasia-2016 ;\n    sckg:year 2024",
        "fw:citiasia-2061 ;\n    sckg:year 2024",
        "dangling-reference",
    ),
    ("sources.ttl", 'sckg:locator "Tabel 5"', 'sckg:locater "Tabel 5"', "not-in-model"),
    ("observations.csv", ",22.4,%", ',"22,4",%', "wrong-decimal-mark"),
    ("statements.csv", "hinders,internal", "hindres,internal", "unknown-word"),
    ("factors.ttl", "<mission/9876/2>", "<mission/9876/7>", "dangling-reference"),
    ("goals.ttl", "sckg:planKind sckg:rpjmd ;", "sckg:planKind sckg:rpjmd", "broken-turtle"),
    ("actions.ttl", 'sckg:key "A2"', 'sckg:key "A1"', "duplicate-key"),
    ("organisations.ttl", 'oa:exact "Dinas Pekerjaan Umum"', 'oa:exact "Dinas Perkerjaan Umum"', "quote-differs"),
]


def test_one_defect_in_each_file_is_told_at_once_and_changes_nothing(place: Place) -> None:
    broken = place.folder / "broken"
    shutil.copytree(place.folder / FOLDER, broken)
    for file, was, becomes, _ in BROKEN:
        text = (broken / file).read_text(encoding="utf-8")
        assert text.count(was) == 1, file
        (broken / file).write_text(text.replace(was, becomes), encoding="utf-8")
    before = place.stored()
    status, printed = place.types("sckg build broken")
    assert status == 1
    assert place.stored() == before
    assert "nothing was changed" in printed
    told = set(re.findall(r"^broken/([\w.]+):\d+  ([\w-]+)$", printed, re.MULTILINE))
    assert {(file, code) for file, _, _, code in BROKEN if code != "quote-differs"} <= told
    # The assessment without a known framework is told twice; nothing else follows from what was told already.
    assert told - {(file, code) for file, _, _, code in BROKEN} == {("city.ttl", "assessment-incomplete")}
    status, printed = place.types(f"sckg check broken --sources {DOCUMENTS}")
    assert status == 1
    assert "organisations.ttl" in printed
    assert "quote-differs" in printed


def test_without_a_fingerprint_the_check_tells_what_to_record(place: Place, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "9876-kota-rekaan", tmp_path / "9876")
    sources = tmp_path / "9876" / "sources.ttl"
    text = re.sub(
        r' ;\n    sckg:sha256 "fcf8\w+" ;\n    sckg:characters \d+',
        f' ;\n    sckg:sha256 "{64 * "0"}"',
        sources.read_text("utf-8"),
    )
    sources.write_text(text, encoding="utf-8")
    status, printed = place.types(f"sckg check {tmp_path / '9876'} --sources {DOCUMENTS}")
    assert status == 1
    assert re.findall(r"  ([a-z-]+)$", printed, re.MULTILINE) == ["document-missing"]
    assert (
        "record the SHA-256 fcf831704c116e610d113ccead30b8b06da4cf0237667f358cf3b3e8d3014465 and 1464 characters"
        in printed
    )


def uncommented(text: str) -> str:
    """Return a file of the template with its example blocks: from ``# <`` to the full stop."""
    return re.sub(
        r"^# <.*?\.$",
        lambda block: re.sub("^# ?", "", block[0], flags=re.MULTILINE),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def test_the_examples_of_the_template_are_of_this_model(place: Place) -> None:
    """Uncommented, they lack only quotes and rows that the template does not repeat."""
    assert place.types('sckg new city 9999 "Kota Uji" --in new')[0] == 0
    for file in (place.folder / "new" / "9999-kota-uji").iterdir():
        text = file.read_text(encoding="utf-8")
        examples = "".join(f"{row}\n" for row in re.findall(r"^# ((?:4\.\d|n\d+),.*)$", text, re.MULTILINE))
        file.write_text(uncommented(text) if file.suffix == ".ttl" else text + examples, encoding="utf-8")
    status, printed = place.types("sckg check new/9999-kota-uji")
    assert status == 1
    assert set(re.findall(r":\d+  ([\w-]+)$", printed, re.MULTILINE)) == {"dangling-reference"}
    lacking = re.findall(r"refers to (\w+):9999/(\S+),|'(\S+)' in 'about'", printed)
    assert {kind for kind, _, key in lacking if not key} == {"quote", "statement"}
    assert [key for _, _, key in lacking if key] == ["2.12"]
