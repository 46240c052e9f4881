"""Grading rules and their bands: they meet without gap or overlap, say what they rest on, and have a case on every edge."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import pytest

from conftest import ROOT
from graded import INFINITY, Facts, Reach, Rule, facts, rules
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.queries import catalogue
from sckg.render import brief, plain

EN_ID = ["en", "id"]
CURATION = {"src:sckg-curation", "src:assumed"}
# How an act says that its figure still complies: "paling tinggi 30%", "tidak lebih dari 30%", ...
AT_MOST = re.compile(
    r"paling (tinggi|banyak|besar|lama)|tidak (lebih|boleh lebih) dari|maksimal|setinggi-tingginya", re.IGNORECASE
)


@pytest.fixture(scope="module")
def known(knowledge: Knowledge) -> Facts:
    return facts(knowledge)


@pytest.fixture(scope="module")
def every(knowledge: Knowledge, known: Facts) -> list[Rule]:
    return rules(knowledge, known)


def floor(rule: Rule, known: Facts) -> Decimal:
    """Return the lowest number that the rule's indicator can be."""
    kind = known.one(rule.indicator, "sckg:valueKind")
    own, usual = (known.number(thing, "sckg:minimum") for thing in (rule.indicator, kind))
    return own if own is not None else usual if usual is not None else Decimal(0)


def edges(every: list[Rule]) -> Iterator[tuple[Rule, tuple[Reach, Reach]]]:
    """Yield every edge between two bands with its rule, the lower band first."""
    for rule in every:
        for edge in rule.edges():
            yield rule, edge


# --- What a rule says of itself --------------------------------------------------------------------


def test_a_rule_lies_where_its_names_say(every: list[Rule], known: Facts) -> None:
    """rules/grade/<profile>/<table>/<indicator>.ttl, in context/ where the indicator is in no table."""
    wrong = []
    for rule in every:
        table = known.one(rule.indicator, "sckg:table").removeprefix("tab:") or "context"
        slug = rule.indicator.removeprefix("ind:")
        wanted = f"rules/grade/{rule.profile.removeprefix('profile:')}/{table}/{slug}.ttl"
        wrong += [rule.file] if rule.file != wanted or known.one(rule.iri, "sckg:file") != wanted else []
    assert wrong == []


def test_a_rule_says_indicator_source_place_and_label(every: list[Rule], known: Facts) -> None:
    wrong = [
        rule.file
        for rule in every
        if known.one(rule.iri, "sckg:grades") != rule.indicator
        or not known.all(rule.iri, "dct:source")
        or not known.one(rule.iri, "sckg:locator")
        or known.languages(rule.iri, "skos:prefLabel") != EN_ID
    ]
    assert wrong == []


def test_the_bands_that_a_rule_names_are_those_that_it_gives(every: list[Rule], known: Facts) -> None:
    wrong = [r.file for r in every if known.all(r.iri, "sckg:band") != sorted(reach.band for reach in r.reaches)]
    assert wrong == []


def test_two_rules_of_a_profile_for_one_indicator_share_no_year(every: list[Rule]) -> None:
    spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for rule in every:
        spans.setdefault((rule.profile, rule.indicator), []).append((rule.since, rule.until))
    assert all(since <= until for found in spans.values() for since, until in found)
    assert [k for k, found in spans.items() for a, b in pairwise(sorted(found)) if a[1] >= b[0]] == []


# --- What a band says of itself --------------------------------------------------------------------


def test_a_band_has_grade_basis_source_and_note(every: list[Rule], known: Facts) -> None:
    bases = known.things("sckg:Basis")
    wrong = [
        reach.band
        for rule in every
        for reach in rule.reaches
        if not known.one(reach.band, "sckg:grade")
        or not known.all(reach.band, "dct:source")
        or known.one(reach.band, "sckg:inProfile") != rule.profile
        or known.one(reach.band, "sckg:basis") not in bases
        or any(known.languages(reach.band, text) != EN_ID for text in ("skos:prefLabel", "skos:scopeNote"))
    ]
    assert wrong == []


def test_every_band_is_given_by_a_rule(every: list[Rule], known: Facts) -> None:
    given = {reach.band for rule in every for reach in rule.reaches}
    assert set(known.things("sckg:Band")) - given == set()


def test_a_cut_off_without_a_norm_is_ours_and_says_so(known: Facts) -> None:
    """An assumed or calibrated band never borrows the authority of a document."""
    wrong = []
    for band in known.things("sckg:Band"):
        is_ours = known.one(band, "sckg:basis") in {"sckg:assumed", "sckg:calibrated"}
        is_from_norm = known.one(band, "sckg:basis") == "sckg:fromNorm"
        wrong += [band] if is_ours != (set(known.all(band, "dct:source")) <= CURATION) else []
        wrong += [band] if is_from_norm != bool(known.one(band, "sckg:norm")) else []
    assert wrong == []


def test_a_band_prints_the_edges_and_answers_that_its_rule_compares_with(every: list[Rule], known: Facts) -> None:
    wrong = []
    for reach in (reach for rule in every for reach in rule.reaches):
        printed = tuple(known.number(reach.band, edge) for edge in ("sckg:lower", "sckg:upper"))
        compared = (None if reach.low == -INFINITY else reach.low, None if reach.high == INFINITY else reach.high)
        if printed != compared or set(known.all(reach.band, "sckg:answer")) != reach.answers:
            wrong.append(reach.band)
    assert wrong == []


# --- Bands partition -------------------------------------------------------------------------------


def test_a_rule_is_about_numbers_or_about_answers_never_both(every: list[Rule]) -> None:
    assert [r.file for r in every if len(r.numeric()) not in {0, len(r.reaches)} or not r.reaches] == []


def test_bands_of_numbers_meet_without_gap_or_overlap(every: list[Rule], known: Facts) -> None:
    wrong = []
    for rule in (rule for rule in every if rule.numeric()):
        lowest, highest = rule.numeric()[0], rule.numeric()[-1]
        from_the_floor = lowest.takes_low and lowest.low == floor(rule, known)
        meets = [a.high == b.low and a.takes_high != b.takes_low for a, b in rule.edges()]
        if not (from_the_floor and highest.high == INFINITY and all(meets)):
            wrong.append(f"{rule}: {[(r.low, r.high) for r in rule.numeric()]}")
    assert wrong == []


def test_a_lower_edge_is_included_except_where_a_norm_says_at_most(every: list[Rule], known: Facts) -> None:
    """Lower edges are included, upper ones are not; only the words of an act can turn that round."""
    wrong = []
    for rule, (below, above) in edges(every):
        norms = {known.one(reach.band, "sckg:norm") for reach in (below, above)}
        says_at_most = all(norm and AT_MOST.search(" ".join(known.all(norm, "sckg:excerpt"))) for norm in norms)
        if not above.takes_low and not says_at_most:
            wrong.append(f"{rule}: {above.low}")
    assert wrong == []


def test_no_answer_is_in_two_bands(every: list[Rule]) -> None:
    counts = {rule.file: Counter(a for reach in rule.reaches for a in reach.answers) for rule in every}
    assert [file for file, count in counts.items() if any(n > 1 for n in count.values())] == []


def test_an_answer_is_in_a_band_or_its_case_says_that_it_earns_none(every: list[Rule], known: Facts) -> None:
    wrong = []
    for rule in (rule for rule in every if not rule.numeric()):
        possible = {a: known.one(a, "skos:notation") for a in known.all(rule.indicator, "sckg:answers")}
        covered = {answer for reach in rule.reaches for answer in reach.answers}
        told = {case["value"] for case in rule.in_force() if not case["grade"] and case["because"]}
        left = [word for answer, word in possible.items() if answer not in covered and word not in told]
        if left or not covered <= possible.keys():
            wrong.append(f"{rule}: {left or covered - possible.keys()}")
    assert wrong == []


# --- Calibrated edges ------------------------------------------------------------------------------


def calibrated_edges(rule: Rule, known: Facts) -> Iterator[tuple[Reach, Decimal | None, Decimal | None]]:
    """Yield the bands whose lower edge is calibrated, with the interval in which it may lie."""
    for _, above in rule.edges():
        if known.one(above.band, "sckg:basis") == "sckg:calibrated":
            limits = [known.number(above.band, limit) for limit in ("sckg:lowerEdgeAbove", "sckg:lowerEdgeUpTo")]
            yield above, limits[0], limits[1]


def test_a_calibrated_edge_lies_in_its_recorded_interval(every: list[Rule], known: Facts) -> None:
    wrong = []
    for rule in every:
        for reach, above, up_to in calibrated_edges(rule, known):
            has_limit = above is not None or up_to is not None
            if not (has_limit and (above is None or above < reach.low) and (up_to is None or reach.low <= up_to)):
                wrong.append(f"{reach.band}: {above} < {reach.low} <= {up_to}")
    assert wrong == []


def test_the_lowest_band_has_the_basis_of_the_edge_at_which_it_ends(every: list[Rule], known: Facts) -> None:
    """It begins where the indicator does, so that its own lower edge rests on nothing."""
    wrong = []
    for rule in (rule for rule in every if rule.edges()):
        lowest, second = rule.edges()[0]
        if known.one(lowest.band, "sckg:basis") != known.one(second.band, "sckg:basis"):
            wrong.append(rule.file)
        if known.one(lowest.band, "sckg:lowerEdgeAbove") or known.one(lowest.band, "sckg:lowerEdgeUpTo"):
            wrong.append(rule.file)
    assert wrong == []


def test_only_a_calibrated_band_has_an_interval(known: Facts) -> None:
    limits = ("sckg:lowerEdgeAbove", "sckg:lowerEdgeUpTo")
    bands = [b for b in known.things("sckg:Band") if any(known.one(b, limit) for limit in limits)]
    assert [b for b in bands if known.one(b, "sckg:basis") != "sckg:calibrated"] == []


def test_the_recorded_interval_is_the_room_that_the_published_grades_leave(
    every: list[Rule], known: Facts, knowledge: Knowledge, kupang_store: str
) -> None:
    """Above the highest value graded below the edge, up to the lowest value graded above it; nothing tighter or wider."""
    grades = catalogue(knowledge)["grades"].ask(open_store(kupang_store), {})
    rows = [{k: brief(plain(v)) for k, v in row.items()} for row in grades.rows]
    published: dict[str, list[Decimal]] = {}
    for row in rows:
        if row.get("stated") and row.get("stated") == row.get("derived") and row.get("band") and "unit" in row:
            published.setdefault(row["band"], []).append(Decimal(row["value"]))
    wrong = []
    for rule in every:
        values = [value for reach in rule.numeric() for value in published.get(reach.band, [])]
        first = rule.edges()[0][1] if rule.edges() else None
        for reach, above, up_to in calibrated_edges(rule, known):
            least = floor(rule, known) if reach is first else None
            room = (
                max((v for v in values if v < reach.low), default=least),
                min((v for v in values if v >= reach.low), default=None),
            )
            if (above, up_to) != room:
                wrong.append(f"{reach.band} records {above}, {up_to}; the published grades leave {room[0]}, {room[1]}")
    assert sorted(set(wrong)) == []


# --- Cases -----------------------------------------------------------------------------------------


def number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def has_case(rule: Rule, reach: Reach, near: Decimal, *, at: bool) -> bool:
    """Return whether a case in force lies in the band, on the edge or else at most 1 away from it."""
    found = [value for case in rule.in_force() if (value := number(case["value"])) is not None and reach.takes(value)]
    return near in found if at else any(0 < abs(value - near) <= 1 for value in found)


def test_every_edge_has_a_case_on_it_and_one_on_its_other_side(every: list[Rule]) -> None:
    wrong = []
    for rule, (below, above) in edges(every):
        on, beside = (above, below) if above.takes_low else (below, above)
        if not (has_case(rule, on, above.low, at=True) and has_case(rule, beside, above.low, at=False)):
            wrong.append(f"{rule}: {above.low}")
    assert wrong == []


def test_the_floor_has_a_case_on_it_and_one_below_that_earns_nothing(every: list[Rule]) -> None:
    wrong = []
    for rule in (rule for rule in every if rule.numeric()):
        lowest = rule.numeric()[0]
        below = [c for c in rule.in_force() if (n := number(c["value"])) is not None and n < lowest.low]
        if not has_case(rule, lowest, lowest.low, at=True) or not below or any(c["grade"] for c in below):
            wrong.append(rule.file)
    assert wrong == []


def test_every_answer_has_a_case(every: list[Rule], known: Facts) -> None:
    wrong = []
    for rule in (rule for rule in every if not rule.numeric()):
        words = {known.one(answer, "skos:notation") for answer in known.all(rule.indicator, "sckg:answers")}
        if left := words - {case["value"] for case in rule.in_force()}:
            wrong.append(f"{rule}: {left}")
    assert wrong == []


def test_a_value_that_is_missing_has_a_case(every: list[Rule]) -> None:
    assert [r.file for r in every if not any(not c["value"] and not c["grade"] for c in r.in_force())] == []


def test_a_dated_rule_has_cases_in_its_first_and_last_year_and_just_outside(every: list[Rule], known: Facts) -> None:
    wrong = []
    for rule in (rule for rule in every if known.one(rule.iri, "sckg:norm")):
        years = {int(case["year"] or 2019) for case in rule.cases if case["value"]}
        wanted = {rule.since, rule.since - 1} | ({rule.until, rule.until + 1} if rule.until < 9999 else set())
        if wanted - years:
            wrong.append(f"{rule}: {sorted(wanted - years)}")
    assert wrong == []


def test_the_last_column_of_every_case_says_why(every: list[Rule]) -> None:
    assert [f"{rule} line {case.line}" for rule in every for case in rule.cases if len(case["because"]) < 5] == []


def test_no_case_is_there_twice(every: list[Rule]) -> None:
    counts = {rule.file: Counter((case["value"], case["year"]) for case in rule.cases) for rule in every}
    assert [(file, case) for file, count in counts.items() for case, n in count.items() if n > 1] == []


# --- Norms -----------------------------------------------------------------------------------------


def test_a_norm_says_act_article_force_and_how_it_compares(known: Facts) -> None:
    wrong = [
        norm
        for norm in known.things("sckg:Norm", "sckg:Benchmark")
        if not all(known.one(norm, p) for p in ("sckg:act", "sckg:article", "sckg:excerpt", "sckg:force"))
        or not all(known.all(norm, p) for p in ("sckg:concerns", "dct:source", "dct:identifier"))
        or any(known.languages(norm, p) != EN_ID for p in ("skos:prefLabel", "sckg:comparability"))
    ]
    assert wrong == []


def test_a_norm_is_dated_unless_it_never_came_into_force(known: Facts) -> None:
    norms = known.things("sckg:Norm", "sckg:Benchmark")
    undated = [norm for norm in norms if not re.match(r"\d{4}(-\d\d-\d\d)?$", known.one(norm, "sckg:validFrom"))]
    assert [norm for norm in undated if known.languages(norm, "sckg:offBecause") != EN_ID] == []


def test_a_norm_was_seen_or_says_why_it_is_unverified(known: Facts) -> None:
    wrong = []
    for norm in known.things("sckg:Norm", "sckg:Benchmark"):
        reasons = {"true": [], "false": EN_ID}[known.one(norm, "sckg:seen")]
        wrong += [norm] if known.languages(norm, "sckg:unverifiedBecause") != reasons else []
    assert wrong == []


def test_only_a_norm_that_was_seen_and_is_not_off_grades(every: list[Rule], known: Facts) -> None:
    rested_on = {norm for rule in every for norm in known.all(rule.iri, "sckg:norm")}
    rested_on |= {norm for band in known.things("sckg:Band") for norm in known.all(band, "sckg:norm")}
    assert rested_on
    assert rested_on <= set(known.things("sckg:Norm"))
    assert [n for n in rested_on if known.one(n, "sckg:seen") != "true" or known.all(n, "sckg:offBecause")] == []


def test_a_norm_grades_or_stands_beside_or_says_why_it_does_neither(every: list[Rule], known: Facts) -> None:
    grading = {norm for rule in every for norm in known.all(rule.iri, "sckg:norm")}
    silent = set(known.things("sckg:Norm")) - grading
    assert [norm for norm in sorted(silent) if known.languages(norm, "sckg:offBecause") != EN_ID] == []


def test_a_benchmark_has_a_figure_a_unit_and_the_years_beside_which_it_may_stand(known: Facts) -> None:
    wrong = [
        norm
        for norm in known.things("sckg:Benchmark")
        if not all(known.one(norm, p) for p in ("sckg:value", "sckg:unit", "sckg:year", "sckg:from", "sckg:until"))
        or not int(known.one(norm, "sckg:from")) <= int(known.one(norm, "sckg:until"))
    ]
    assert wrong == []


def test_a_rule_rests_on_the_norm_of_its_bands_and_in_the_years_of_that_norm(every: list[Rule], known: Facts) -> None:
    """A year is a norm's when it was in force on 30 June of it."""
    wrong = []
    for rule in every:
        of_bands = sorted({norm for reach in rule.reaches for norm in known.all(reach.band, "sckg:norm")})
        if known.all(rule.iri, "sckg:norm") != of_bands:
            wrong.append(rule.file)
        for norm in of_bands:
            begins, ends = known.one(norm, "sckg:validFrom"), known.one(norm, "sckg:validUntil") or "9999"
            wrong += [rule.file] if f"{rule.since}-06-30" < begins or f"{rule.until}-06-30" > f"{ends}-12-31" else []
            wrong += [rule.file] if rule.indicator not in known.all(norm, "sckg:concerns") else []
    assert wrong == []


@pytest.mark.skipif(not (ROOT.parent / "shared").is_dir(), reason="the collection of norms is not beside the checkout")
def test_every_collected_norm_is_described_and_marked_as_it_was_read(known: Facts) -> None:
    collected = json.loads((ROOT.parent / "shared" / "sources" / "kupang-norms.json").read_text(encoding="utf-8"))[
        "norms"
    ]
    seen = {
        identifier: known.one(norm, "sckg:seen") == "true"
        for norm in known.things("sckg:Norm", "sckg:Benchmark")
        for identifier in known.all(norm, "dct:identifier")
    }
    assert seen == {norm["id"]: norm["confidence"] == "seen" for norm in collected}
