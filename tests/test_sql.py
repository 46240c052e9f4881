"""Rules compiled to SQL: the same band and the same violations as SPARQL, in DuckDB and on Spark, to the last digit."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.cases import YEAR, case_tables
from sckg.cells import MOST_DIGITS
from sckg.compile import shapes, sparql, sql
from sckg.compile.columns import COLUMNS, DECIMAL
from sckg.compile.forms import Constraint, Shape, Target, Value
from sckg.names import TYPE, shacl, term
from sckg.pipeline import grading_rules
from sckg.queries import catalogue, named
from sckg.rows.engines import DuckDB, Spark
from sckg.stores.embedded import EmbeddedStore

REFUSED = Path(__file__).parent / "fixtures" / "not-in-sql"
EVIDENCE = names.graph("evidence")
Row = dict[str, object]  # a cell of each column that is filled, and the observation
PROFILES = ("kupang-2019", "national-norms")


@pytest.fixture(scope="module")
def rules(knowledge: Knowledge) -> dict[str, list[Shape]]:
    found = grading_rules(knowledge)
    return {profile: [rule for rule in found if f"/{profile}/" in rule.file] for profile in PROFILES}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_case_has_its_band_from_sql_too(
    profile: str, knowledge: Knowledge, model_store: EmbeddedStore, rules: dict[str, list[Shape]]
) -> None:
    queries = catalogue(knowledge)
    answers = {
        (row["indicator"], row["notation"].value): row["answer"]
        for row in named(queries, "answers").ask(model_store, {}).rows
    }
    grades = {row["band"].value: row["grade"].value for row in named(queries, "bands").ask(model_store, {}).rows}
    rows, expected = [], {}
    for table in case_tables(knowledge):
        if profile in table.parts:
            indicator = next(r.targets[0].of for r in rules[profile] if Path(r.file).stem == table.name.split(".")[0])
            for number, case in enumerate(csv.DictReader(table.open(encoding="utf-8"))):
                answer = answers.get((indicator, case["value"]))
                year = int(case.get("year") or YEAR)
                key = f"{table.name}/{number}"
                cell = {"answer": answer} if answer else {"value": Decimal(case["value"])} if case["value"] else {}
                rows.append({"observation": NamedNode(f"urn:{key}"), "indicator": indicator, "year": year, **cell})
                expected[f"urn:{key}"] = case["grade"]
    found = {iri: grades.get(band, "") for iri, band in by_duckdb(rules[profile], rows).items()}
    assert len(rows) > 50
    assert found == expected


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("profile", PROFILES)
def test_values_on_and_beside_every_edge_have_the_same_band_in_every_engine(
    profile: str, rules: dict[str, list[Shape]], on_spark: Spark, tmp_path: Path
) -> None:
    rows = list(at_the_edges(rules[profile]))
    by_sql = by_duckdb(rules[profile], rows)
    assert len(set(by_sql.values())) > 10
    assert by_sql == by_sparql(rules[profile], rows)
    assert by_sql == by_spark(on_spark, rules[profile], rows, tmp_path)


@given(st.data())
@settings(derandomize=True, max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_values_near_edges_have_the_same_band(rules: dict[str, list[Shape]], data: st.DataObject) -> None:
    profile = data.draw(st.sampled_from(PROFILES))
    some = data.draw(st.lists(st.sampled_from(rules[profile]), min_size=3, max_size=6, unique_by=lambda r: r.iri.value))
    rows = []
    for number in range(40):
        target = data.draw(st.sampled_from(some)).targets[0]
        edge = data.draw(st.sampled_from([*edges(some), Decimal(0)]))
        beside = data.draw(st.decimals(-9, 9, places=data.draw(st.integers(0, MOST_DIGITS))))
        year = data.draw(st.integers(max(target.since - 1, 1990), target.since + 1))
        rows.append({
            "observation": NamedNode(f"urn:{number}"), "indicator": target.of, "year": year, "value": EXACT.add(edge, beside),
        })  # fmt: skip
    assert by_duckdb(some, rows) == by_sparql(some, rows)


IRIS = [NamedNode(f"https://example.org/{local}") for local in ("a", "b", "c'd")]
NUMBERS = [Decimal(text) for text in ("-1", "0", "0.5", "49.999999999999999999", "50", "50.000000000000000001", "2019")]
EXACT = Context(prec=4 * MOST_DIGITS)
IRI_COLUMNS, TEXT_COLUMNS = [term("answer"), term("unit")], [term("key"), term("period")]
rows_of_all_kinds = st.lists(
    st.fixed_dictionaries(
        {"indicator": st.sampled_from(IRIS)},
        optional={
            "year": st.integers(2018, 2020), "value": st.sampled_from(NUMBERS), "answer": st.sampled_from(IRIS),
            "unit": st.sampled_from(IRIS), "key": st.sampled_from(["", "k1", "it's", "back\\slash"]),
            "period": st.sampled_from(["k1", "2019/2022"]),
        },
    ),
    max_size=12,
)  # fmt: skip


def decimal(number: Decimal) -> Literal:
    return Literal(f"{number:f}", datatype=NamedNode(f"{names.XSD}decimal"))


def integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(f"{names.XSD}integer"))


def constraint(
    word: str, operands: Sequence[Value], path: NamedNode | None, *nested: tuple[Constraint, ...]
) -> Constraint:
    return Constraint(shacl(word), tuple(operands), path, "urn:shape", shapes=nested)


def simple(path: NamedNode, *, here: bool = False) -> st.SearchStrategy[Constraint]:
    """Return constraints on one column, or on a value of it."""
    at = None if here else path
    if COLUMNS[path].is_number:
        bound = st.sampled_from(NUMBERS).map(decimal) if path == term("value") else st.integers(2018, 2020).map(integer)
        words = st.sampled_from(["minInclusive", "maxInclusive", "minExclusive", "maxExclusive"])
        found = [st.builds(lambda w, b: constraint(w, [b], at), words, bound)]
    else:
        values = st.sampled_from(IRIS if COLUMNS[path].kind == "iri" else [Literal(t) for t in ("", "k1", "it's")])
        found = [
            st.builds(lambda v: constraint("in", v, at), st.lists(values, max_size=2)),
            st.builds(lambda v: constraint("hasValue", [v], at), values),
            st.builds(lambda n: constraint("minLength", [integer(n)], at), st.integers(1, 30)),
            st.builds(lambda n: constraint("maxLength", [integer(n)], at), st.integers(1, 30)),
        ]
    found.append(st.sampled_from(["IRI", "Literal"]).map(lambda k: constraint("nodeKind", [shacl(k)], at)))
    found.append(
        st.sampled_from(["decimal", "integer", "string"]).map(
            lambda d: constraint("datatype", [NamedNode(names.XSD + d)], at)
        )
    )
    if not here:
        found.append(st.integers(1, 2).map(lambda n: constraint("minCount", [integer(n)], at)))
        found.append(st.integers(0, 2).map(lambda n: constraint("maxCount", [integer(n)], at)))
    return st.one_of(found)


def pair() -> st.SearchStrategy[Constraint]:
    return st.one_of(
        st.builds(lambda w: constraint(w, [term("unit")], term("answer")), st.sampled_from(["equals", "disjoint"])),
        st.builds(lambda w: constraint(w, [term("period")], term("key")), st.sampled_from(["equals", "disjoint"])),
        st.builds(
            lambda w: constraint(w, [term("year")], term("value")), st.sampled_from(["lessThan", "lessThanOrEquals"])
        ),
    )


paths = st.sampled_from([term("value"), term("year"), *IRI_COLUMNS, *TEXT_COLUMNS])
plain = st.one_of(paths.flatmap(simple), pair())


def nested(inner: st.SearchStrategy[Constraint], path: NamedNode | None) -> st.SearchStrategy[Constraint]:
    shape = st.lists(inner, min_size=1, max_size=3).map(tuple)
    one = st.builds(lambda w, s: constraint(w, [], path, s), st.sampled_from(["not", "node"]), shape)
    many = st.builds(
        lambda w, s: constraint(w, [], path, *s),
        st.sampled_from(["and", "or", "xone"]),
        st.lists(shape, min_size=1, max_size=3),
    )
    return st.one_of(one, many)


on_a_value = paths.flatmap(lambda path: nested(simple(path, here=True), path))
asked = st.recursive(st.one_of(plain, on_a_value), lambda inner: nested(inner, None), max_leaves=6)


@given(asked, rows_of_all_kinds)
@settings(derandomize=True, max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_row_breaks_a_constraint_in_sql_where_its_graph_does(one: Constraint, filled: list[Row]) -> None:
    rows = [{"observation": NamedNode(f"urn:{number}"), **row} for number, row in enumerate(filled)]
    shape = Shape(NamedNode("urn:shape"), "shape.ttl", (Target("class", term("Observation")),), (one,), ())
    store = holding(rows)
    in_graph = {
        row["this"].value for _, text in sparql.violation_texts(shape) for row in store.select(text, [EVIDENCE]).rows
    }
    engine = table_of(rows)
    in_rows = {
        iri for _, test in sql.row_checks(shape)
        for (iri,) in engine.ask(f"SELECT observation FROM observations WHERE {test}")
    }  # fmt: skip
    assert in_rows == in_graph


@pytest.mark.parametrize("file", sorted(REFUSED.glob("*.ttl")), ids=lambda p: p.stem)
def test_what_rows_cannot_tell_is_refused_by_name(file: Path) -> None:
    (shape,) = shapes.load([file], [file.name])
    told = next(line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("# refused: "))
    with pytest.raises(sql.NotInSql) as refusal:
        sql.grade_case([shape]) if shape.branches else list(sql.row_checks(shape))
    assert str(refusal.value) == f"{file.name}: {told.removeprefix('# refused: ')}"


def test_a_rule_in_sql_names_the_file_that_it_comes_from(knowledge: Knowledge) -> None:
    (rule,) = (r for r in grading_rules(knowledge) if r.iri.value.endswith("/kupang-2019-road-good-condition"))
    assert f"-- rule:kupang-2019-road-good-condition, from {rule.file}\n" in sql.rule_text(rule)


def at_the_edges(rules: Sequence[Shape]) -> Iterator[Row]:
    """Yield observations of every rule on, just below and just above its edges, in the years where it begins and ends."""
    step = Decimal(10) ** -MOST_DIGITS
    far = [Decimal(-5), Decimal("1e17"), None]
    for number, rule in enumerate(rules):
        (target,) = rule.targets
        values = {EXACT.add(edge, by) for edge in edges([rule]) for by in (Decimal(0), -step, step, Decimal("0.1"))}
        cells: list[Row] = [{"value": v} if v is not None else {} for v in [*sorted(values), *far]]
        cells += [
            {"answer": a} for b in rule.branches for c in b.conditions if c.component == shacl("in") for a in c.operands
        ]
        years = [target.since - 1, target.since, min(target.until, 2100), min(target.until + 1, 2101)]
        for n, (cell, year) in enumerate((cell, year) for cell in cells for year in years):
            yield {"observation": NamedNode(f"urn:{number}/{n}"), "indicator": target.of, "year": year, **cell}


def edges(rules: Sequence[Shape]) -> list[Decimal]:
    found = (c for rule in rules for branch in rule.branches for c in branch.conditions)
    words = {shacl(w) for w in ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")}
    return sorted({Decimal(c.operands[0].value) for c in found if c.component in words})


def by_duckdb(rules: Sequence[Shape], rows: Sequence[Row]) -> dict[str, str | None]:
    return dict(table_of(rows).ask(f"SELECT observation, {sql.grade_case(rules)} FROM observations"))  # type: ignore[arg-type]


def by_spark(engine: Spark, rules: Sequence[Shape], rows: Sequence[Row], folder: Path) -> dict[str, str | None]:
    table_of(rows).save("SELECT * FROM observations", folder / "rows.parquet")
    engine.open("observations", folder / "rows.parquet")
    return dict(engine.ask(f"SELECT observation, {sql.grade_case(rules)} FROM observations"))  # type: ignore[arg-type]


def by_sparql(rules: Sequence[Shape], rows: Sequence[Row]) -> dict[str, str | None]:
    store = holding(rows)
    found: dict[str, str | None] = {row["observation"].value: None for row in rows}  # type: ignore[attr-defined]
    for text in (text for rule in rules for text in sparql.rule_texts(rule)):
        for triple in store.construct(text, [EVIDENCE]):
            assert found[triple.subject.value] is None, "one band for one value"
            found[triple.subject.value] = triple.object.value
    return found


@cache
def duckdb() -> DuckDB:
    return DuckDB()  # one for all: opening one takes longer than most questions


def table_of(rows: Sequence[Row]) -> DuckDB:
    engine = duckdb()
    types = ["observation VARCHAR", *(f"{c.name} {c.type}" for c in COLUMNS.values())]
    engine.connection.execute(f"CREATE OR REPLACE TABLE observations ({', '.join(types)})")
    order = ["observation", *(c.name for c in COLUMNS.values())]
    cells = [[getattr(row.get(name), "value", row.get(name)) for name in order] for row in rows]
    for start in range(0, len(cells), 500):
        some = cells[start : start + 500]
        row = f"({', '.join(f'CAST(? AS {DECIMAL})' if name == 'value' else '?' for name in order)})"
        texts = [str(cell) if isinstance(cell, Decimal) else cell for line in some for cell in line]
        engine.connection.execute(f"INSERT INTO observations VALUES {', '.join([row] * len(some))}", texts)
    return engine


def holding(rows: Sequence[Row]) -> EmbeddedStore:
    store = EmbeddedStore()
    store.replace_graph(EVIDENCE, (triple for row in rows for triple in triples(row)))
    return store


def triples(row: Row) -> Iterator[Triple]:
    subject = row["observation"]
    assert isinstance(subject, NamedNode)
    yield Triple(subject, TYPE, term("Observation"))
    for column in COLUMNS.values():
        cell = row.get(column.name)
        if isinstance(cell, NamedNode):
            yield Triple(subject, column.predicate, cell)
        elif cell is not None:
            text = f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
            yield Triple(subject, column.predicate, Literal(text, datatype=column.datatype))
