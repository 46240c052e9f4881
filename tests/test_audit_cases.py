"""Every audit rule on two invented cities: one with a defect for each rule, and the same city put right.

What is doubted is compared with ``tests/audited/doubts.csv``, of which every line was read. A new rule needs a defect in
the first city, its line in that file, and silence in the second.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditing import PUT_RIGHT, RULES, WITH_DEFECTS, Found, approved, on_claims, on_rows, rows

COLUMNS = ("code", "severity", "about", "message", "message_id")
QUOTED = re.compile(r"“[^”]*”")
DECIMAL_POINT = re.compile(r"(?<![\w.])[0-9]+\.[0-9]+(?![\w.])")
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+")
CAN_HOLD = [code for code, rule in RULES.items() if rule.say("held", "en")]


def doubts() -> list[Found]:
    return [{name: row[name] for name in COLUMNS} for row in rows("doubts", WITH_DEFECTS)]


# --- Each rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", RULES)
def test_a_rule_doubts_what_was_approved_and_nothing_else(code: str) -> None:
    expected = [row for row in approved() if row["code"] == code]
    assert expected, f"no line of doubts.csv is of {code}: give the city with defects one that it finds"
    found = [row for row in doubts() if row["code"] == code]
    assert sorted(found, key=lambda row: row["about"]) == expected


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_silent_in_the_city_put_right(code: str) -> None:
    assert [row for row in rows("doubts", PUT_RIGHT) if row["code"] == code] == []


@pytest.mark.parametrize("code", CAN_HOLD)
def test_a_rule_that_computes_says_where_its_check_held(code: str) -> None:
    held = [row for row in rows("checks", PUT_RIGHT) if row["kind"] == code and row["holds"] == "true"]
    assert held
    for row in held:
        assert well_said(row["message"])
        assert well_said(row["message_id"])


def test_approved_doubts_are_sorted_and_each_is_of_a_rule() -> None:
    assert {row["code"] for row in approved()} <= set(RULES)
    order = [(row["code"], row["about"]) for row in approved()]
    assert all(first < second for first, second in pairwise(order))


@pytest.mark.parametrize("doubt", approved(), ids=lambda row: f"{row['code']} {row['about']}")
def test_a_doubt_can_be_sent_as_it_is(doubt: Found) -> None:
    assert well_said(doubt["message"])
    assert well_said(doubt["message_id"])
    assert doubt["message"] != doubt["message_id"]
    unquoted = QUOTED.sub("“”", doubt["message_id"])
    assert [n for n in DECIMAL_POINT.findall(unquoted) if not THOUSANDS.fullmatch(n)] == []


def well_said(message: str) -> bool:
    return bool(message) and not re.search(
        r"[{}]| {2}|://\S*/(id|ontology)\b|\bNone\b|\( *\)", QUOTED.sub("“”", message)
    )


def test_an_answered_doubt_stays_with_its_answer() -> None:
    answered = [row for row in rows("doubts", WITH_DEFECTS) if row["response"]]
    assert [(row["code"], row["about"], row["response"]) for row in answered] == [("relative-time", "n18", "explained")]


# --- What rounding explains is not doubted, and what it does not is --------------------------------

QUICK = settings(max_examples=40, deadline=None)
PLACES = st.integers(0, 2)
ROUNDING = st.sampled_from((ROUND_HALF_UP, ROUND_HALF_EVEN))
WHOLE = st.integers(1, 20_000)
MOVED = st.integers(-400, 400).map(lambda hundredths: Decimal(hundredths) / 100)


def unit(value: Decimal) -> Decimal:
    """Return one unit of the last digit of a figure whose trailing zeros are not seen."""
    return Decimal(1).scaleb(min(value.normalize().as_tuple().exponent, 0))


def rounded(value: Decimal, places: int, how: str = ROUND_HALF_UP) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=how)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int, Decimal]:
    """Return a count, the whole it is out of, and its share in percent, rounded."""
    whole = draw(WHOLE)
    count = draw(st.integers(0, whole))
    return count, whole, rounded(Decimal(100 * count) / whole, draw(PLACES), draw(ROUNDING))


@st.composite
def partitions(draw: st.DrawFn) -> list[Decimal]:
    """Return the shares of all parts of a whole in percent, each rounded to the same digit."""
    counts = draw(st.lists(st.integers(1, 900), min_size=2, max_size=3))
    places = draw(PLACES)
    return [rounded(Decimal(100 * n) / sum(counts), places) for n in counts]


def share(value: Decimal, **said: str | int) -> dict[str, str | Decimal | int]:
    return {"kind": "share", "subject": "some", "object": "all", "value": value, **said}


def parts(values: list[Decimal]) -> list[dict[str, str | Decimal | int]]:
    told = [share(v, relation="kind") | {"subject": f"part {n}"} for n, v in enumerate(values)]
    return [*told, {"kind": "partition", "subject": "all", "relation": "kind", "count": len(values)}]


LEVELS = ("staff-degree", "staff-school", "staff-masters")


@QUICK
@given(shares())
def test_a_share_of_counts_is_never_doubted(drawn: tuple[int, int, Decimal]) -> None:
    count, whole, value = drawn
    assert all(on_claims("share-against-counts", share(value, count=count, total=whole)))
    assert all(on_claims("impossible-percentage", share(value, total=whole)))
    assert all(on_rows("impossible-percentage-in-row", [("all-staff", whole), ("staff-trained", value)]))


@QUICK
@given(shares(), MOVED)
def test_a_share_moved_beyond_rounding_is_doubted(drawn: tuple[int, int, Decimal], moved: Decimal) -> None:
    count, whole, value = drawn
    told = value + moved
    assume(told >= 0 and abs(told - Decimal(100 * count) / whole) > unit(told) / 2)
    assert on_claims("share-against-counts", share(told, count=count, total=whole)) == [False]


@QUICK
@given(st.integers(1, 300), st.decimals(0, 100, places=2))
def test_a_percentage_is_impossible_where_no_count_gives_it(whole: int, value: Decimal) -> None:
    can_be = any(abs(Decimal(100 * n) / whole - value) <= unit(value) / 2 for n in range(whole + 1))
    assert all(on_claims("impossible-percentage", share(value, total=whole))) is can_be
    assert all(on_rows("impossible-percentage-in-row", [("all-staff", whole), ("staff-trained", value)])) is can_be


@QUICK
@given(partitions())
def test_rounded_shares_of_a_whole_are_never_doubted(values: list[Decimal]) -> None:
    assert all(on_claims("shares-over-whole", *parts(values)))
    assert all(on_rows("shares-in-rows-over-whole", zip(LEVELS, values, strict=False)))


@QUICK
@given(partitions(), MOVED)
def test_shares_that_miss_their_whole_by_more_than_rounding_are_doubted(values: list[Decimal], moved: Decimal) -> None:
    told = [values[0] + moved, *values[1:]]
    off = sum(told) - 100
    assume(told[0] >= 0 and abs(off) > sum(unit(v) for v in told) / 2)
    assert on_claims("shares-over-whole", *parts(told)) == [False]
    assert on_rows("shares-in-rows-over-whole", zip(LEVELS, told, strict=False)) == [off < 0]


@st.composite
def ratios(draw: st.DrawFn) -> tuple[int, Decimal, Decimal]:
    """Return people, an area in tenths, and the density, rounded or cut off."""
    people, area = draw(st.integers(1, 5_000_000)), Decimal(draw(st.integers(10, 50_000))) / 10
    return people, area, rounded(people / area, draw(PLACES), draw(st.sampled_from((ROUND_HALF_UP, ROUND_DOWN))))


def density(people: int, area: Decimal, value: Decimal) -> list[bool]:
    told = {"kind": "ratio", "subject": "density", "value": value, "count": people, "total": area}
    figures = [("all-residents", people), ("land-area", area), ("residents-density", value)]
    return [*on_claims("ratio-differs", told), *on_rows("ratio-in-rows-differs", figures)]


@QUICK
@given(ratios())
def test_a_ratio_of_its_figures_is_never_doubted(drawn: tuple[int, Decimal, Decimal]) -> None:
    assert density(*drawn) == [True, True]


@QUICK
@given(ratios(), st.integers(2, 50), st.booleans())
def test_a_ratio_moved_beyond_rounding_is_doubted(drawn: tuple[int, Decimal, Decimal], units: int, is_up: bool) -> None:
    people, area, value = drawn
    told = value + (unit(value) if is_up else -unit(value)) * units
    off = abs(told - people / area)
    assume(told >= 0 and off > unit(told) + (Decimal("0.5") + told * unit(area) / 2) / area)
    assert density(people, area, told) == [False, False]


@QUICK
@given(st.integers(0, 400), st.integers(1, 400))
def test_a_part_is_doubted_exactly_where_it_is_larger_than_its_whole(part: int, whole: int) -> None:
    fits = part <= whole
    assert on_rows("part-over-whole-in-rows", [("all-villages", whole), ("villages-online", part)]) == [fits]
    counts = {"kind": "share", "subject": "some", "object": "all", "count": part, "total": whole}
    assert on_claims("part-over-whole", counts) == [fits]


@QUICK
@given(st.decimals(0, 100, places=2), PLACES, st.integers(-300, 300))
def test_two_sources_agree_exactly_where_one_rounds_the_other(value: Decimal, places: int, moved: int) -> None:
    other = rounded(value, places)
    told = other + Decimal(moved) / 100
    figures = [("staff-trained", value), ("staff-trained", told)]
    rounds = abs(told - value) <= max(unit(told), unit(value)) / 2
    assert on_rows("sources-differ", figures) == [rounds]


@QUICK
@given(st.integers(1, 5_000), st.integers(1, 5_000), PLACES)
def test_a_change_between_two_counts_is_never_doubted(before: int, after: int, places: int) -> None:
    by = rounded(Decimal(100 * (after - before)) / before, places)
    told = {"kind": "change", "subject": "count", "relation": "up percent", "value": after, "by": by}
    assert all(on_claims("change-possible", told))
    assert on_claims("change-against-values", told | {"than": before}) == [True]
