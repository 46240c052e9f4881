"""What every knowledge file keeps, whoever adds it: a header, both languages, declared terms, one direction of the flow."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from graded import Facts, facts
from sckg import formatting, names, pipeline, reasoner
from sckg.assets import FOLDERS, Knowledge
from sckg.audit.page import PAGE, page
from sckg.audit.rules import audit_rules
from sckg.compile.forms import read_by
from sckg.compile.shapes import Constraint
from sckg.names import term
from sckg.queries import Query, catalogue
from sckg.vocabulary import Vocabulary

EN_ID = ["en", "id"]
SOURCE = ROOT / "src" / "sckg"


@pytest.fixture(scope="module")
def known(knowledge: Knowledge) -> Facts:
    return facts(knowledge)


@pytest.fixture(scope="module")
def derivations(knowledge: Knowledge) -> dict[str, Query]:
    constructs = (catalogue(knowledge, folder) for folder in formatting.WRITES if folder != "rules/audit")
    audits = {rule.code: rule.query for rule in audit_rules(knowledge)}
    return {name: rule for found in (*constructs, audits) for name, rule in found.items()}


@pytest.fixture(scope="module")
def queries(knowledge: Knowledge) -> dict[str, Query]:
    return catalogue(knowledge)


# --- Files -----------------------------------------------------------------------------------------


def test_every_turtle_and_sparql_file_keeps_the_house_style(knowledge: Knowledge) -> None:
    """Headers are complete, labels are in both languages, prefixes are those of ontology/prefixes.ttl."""
    prefixes = formatting.listed_prefixes(knowledge)
    files = formatting.style_files([], knowledge)
    assert len(files) > 150
    assert [str(p) for path in files for p in formatting.problems_of(path, prefixes)] == []


def test_a_name_is_used_by_one_file_only(knowledge: Knowledge) -> None:
    """A query or a rule is asked for by its name, whatever folder it lies in."""
    for folder in ("queries", "rules"):
        counts = Counter(path.stem for path in knowledge.files(folder, "*.rq"))
        assert [name for name, count in counts.items() if count > 1] == []


def test_every_short_list_word_is_said_once(known: Facts) -> None:
    for kind in known.things("owl:Class"):
        if kind not in {"sckg:Answer", "sckg:Grade"}:  # answers and grades are words of an indicator or a scale
            counts = Counter(word for thing in known.things(kind) for word in known.all(thing, "skos:notation"))
            assert {word for word, count in counts.items() if count > 1} == set(), kind


# --- The flow --------------------------------------------------------------------------------------


def test_no_rule_reads_the_graph_it_writes(derivations: dict[str, Query]) -> None:
    assert derivations
    assert [r.name for r in derivations.values() if r.writes in (*r.reads, "model") or not r.writes] == []


def test_a_rule_reads_only_what_an_earlier_stage_wrote(derivations: dict[str, Query]) -> None:
    order = formatting.FLOW
    late = [r.name for r in derivations.values() if any(order.index(g) >= order.index(r.writes) for g in r.reads)]
    assert late == []


def test_no_grading_rule_reads_what_a_grading_rule_writes(knowledge: Knowledge) -> None:
    shapes = pipeline.grading_rules(knowledge)
    conditions = [c for shape in shapes for branch in shape.branches for c in branch.conditions]
    assert {branch.predicate for shape in shapes for branch in shape.branches} == {term("fallsIn")}
    assert term("fallsIn") not in {p for c in conditions if isinstance(c, Constraint) for p in read_by(c)}


def test_no_query_writes(queries: dict[str, Query]) -> None:
    writing = re.compile(r"\b(CONSTRUCT|INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD)\b")
    code = {q.name: re.sub(r'#[^\n]*|"[^"\n]*"|<[^>\s]*>', "", q.text) for q in queries.values()}
    assert [name for name, text in code.items() if writing.search(text)] == []
    assert [q.name for q in queries.values() if q.writes] == []


def test_a_page_names_its_queries_and_contains_none(knowledge: Knowledge) -> None:
    pages = list(knowledge.files("web/templates", "*.html"))
    assert pages
    asking = re.compile(r"\b(SELECT|CONSTRUCT|PREFIX)\b|\bsckg:\w")
    assert [p.name for p in pages if asking.search(p.read_text(encoding="utf-8"))] == []


# --- The ontology ----------------------------------------------------------------------------------


def test_everything_of_ours_has_a_label_in_both_languages(known: Facts) -> None:
    kinds = [kind for kind in known.things("owl:Class") if kind.startswith("sckg:")]
    assert len(kinds) > 50
    assert [thing for thing in known.things(*kinds) if known.languages(thing, "skos:prefLabel") != EN_ID] == []


def test_every_class_and_property_of_ours_has_a_label_in_both_languages(known: Facts) -> None:
    kinds = ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")
    ours = [thing for thing in known.things(*kinds) if thing.startswith("sckg:")]
    assert [thing for thing in ours if known.languages(thing, "rdfs:label") != EN_ID] == []


def test_a_term_is_of_one_kind(known: Facts) -> None:
    kinds = {"owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty"}
    assert [t for t in known.said if t.startswith("sckg:") and len(kinds & set(known.all(t, "rdf:type"))) > 1] == []


def used_terms(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield every ``sckg:`` term that a file uses or mentions, with the file."""
    for path in paths:
        for found in re.finditer(r"(?<![\w-])sckg:([A-Za-z][\w-]*)", path.read_text(encoding="utf-8")):
            yield found[1], path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("folder", [*FOLDERS, "docs", "tests/audited", "tests/fixtures"])
def test_every_term_that_is_used_is_declared(folder: str, knowledge: Knowledge) -> None:
    declared = {t.subject.value for t in reasoner.ontology(knowledge) if hasattr(t.subject, "value")}
    kinds = {".ttl", ".rq", ".html"} if folder.startswith("tests") else {".ttl", ".rq", ".html", ".csv", ".po", ".md"}
    paths = [p for p in (ROOT / folder).rglob("*") if p.suffix in kinds]
    assert paths
    wrong = [f"{file}: sckg:{word}" for word, file in used_terms(paths) if f"{names.ONTOLOGY}{word}" not in declared]
    assert sorted(set(wrong)) == []


# --- The framework ---------------------------------------------------------------------------------


def test_an_indicator_says_what_it_asks_and_which_way_is_better(known: Facts) -> None:
    wrong = [
        indicator
        for indicator in known.things("sckg:Indicator")
        if not all(known.one(indicator, f"sckg:{p}") for p in ("key", "order", "valueKind", "direction"))
        or len(known.all(indicator, "sckg:measures")) != bool(known.one(indicator, "sckg:table"))
    ]
    assert wrong == []


def test_what_we_linked_says_that_we_did(known: Facts) -> None:
    linked = [
        i for i in known.things("sckg:Indicator") if known.all(i, "sckg:measures") + known.all(i, "sckg:sdgTarget")
    ]
    assert [i for i in linked if not known.one(i, "sckg:linkedBy")] == []


def test_an_indicator_has_numbers_in_a_unit_or_answers_in_words(known: Facts) -> None:
    wrong = []
    for indicator in known.things("sckg:Indicator"):
        is_worded = known.one(indicator, "sckg:valueKind") in {"sckg:availability", "sckg:state"}
        answers, unit = known.all(indicator, "sckg:answers"), known.one(indicator, "sckg:unit")
        wrong += [indicator] if is_worded != bool(answers) or is_worded == bool(unit) else []
    assert wrong == []


def test_an_answer_belongs_to_one_indicator_and_its_words_differ(known: Facts) -> None:
    """Never one global list: "ada" is fair in one row of the paper and good in another."""
    of = {i: known.all(i, "sckg:answers") for i in known.things("sckg:Indicator")}
    counts = Counter(answer for answers in of.values() for answer in answers)
    assert counts == Counter(known.things("sckg:Answer"))
    words = {i: [known.one(answer, "skos:notation") for answer in answers] for i, answers in of.items()}
    assert [i for i, said in words.items() if len(set(said)) < len(said)] == []


def test_a_key_in_a_table_is_the_table_and_the_row(known: Facts) -> None:
    wrong = []
    for indicator in known.things("sckg:Indicator"):
        if table := known.one(indicator, "sckg:table"):
            wanted = f"{known.one(table, 'sckg:order')}.{known.one(indicator, 'sckg:order')}"
            wrong += [indicator] if known.one(indicator, "sckg:key") != wanted else []
    assert wrong == []


def test_a_key_names_one_thing(known: Facts) -> None:
    counts = Counter(key for thing in known.said for key in known.all(thing, "sckg:key"))
    assert [key for key, count in counts.items() if count > 1] == []


def test_a_score_or_an_index_has_both_ends(known: Facts) -> None:
    scored = [
        i for i in known.things("sckg:Indicator") if known.one(i, "sckg:valueKind") in {"sckg:score", "sckg:index"}
    ]
    assert [i for i in scored if not (known.one(i, "sckg:minimum") and known.one(i, "sckg:maximum"))] == []


def test_what_is_in_percent_is_a_share_of_100_a_ratio_or_a_rate(known: Facts) -> None:
    kinds = {i: known.one(i, "sckg:valueKind") for i in known.things("sckg:Indicator")}
    percents = {i: kind for i, kind in kinds.items() if known.one(i, "sckg:unit") == "unit:percent"}
    assert set(percents.values()) <= {"sckg:percent", "sckg:ratio", "sckg:rate"}
    assert [i for i, kind in kinds.items() if kind in {"sckg:percent", "sckg:ratio"} and i not in percents] == []


@pytest.mark.parametrize(
    ("indicator", "most"),
    [("road-good-condition", 100), ("pedestrian-paths", 200), ("computers-per-staff", None)],
)
def test_only_what_can_pass_100_percent_may(indicator: str, most: int | None, words: Vocabulary) -> None:
    assert words.indicators[indicator].maximum == most


def test_a_ratio_says_why_it_may_pass_100(known: Facts) -> None:
    ratios = [i for i in known.things("sckg:Indicator") if known.one(i, "sckg:valueKind") == "sckg:ratio"]
    assert ratios
    assert [i for i in ratios if not all("100" in text for text in known.all(i, "skos:scopeNote")[:1] or [""])] == []


def test_the_grades_of_a_scale_are_ranked_without_a_gap(known: Facts) -> None:
    for scheme in known.things("sckg:GradeScheme"):
        grades = [g for g in known.things("sckg:Grade") if known.one(g, "skos:inScheme") == scheme]
        ranks = sorted(int(known.one(g, "sckg:rank")) for g in grades)
        assert ranks == list(range(1, len(grades) + 1)), scheme
        points = [known.number(g, "sckg:points") for g in sorted(grades, key=lambda g: int(known.one(g, "sckg:rank")))]
        assert points == sorted(points, reverse=True), scheme  # type: ignore[type-var]
        assert all(known.one(g, "sckg:signals") for g in grades), scheme


def test_a_profile_is_named_dated_cited_and_explained(known: Facts) -> None:
    profiles = known.things("sckg:Profile")
    assert profiles
    wrong = [
        profile
        for profile in profiles
        if not all(known.one(profile, p) for p in ("sckg:framework", "sckg:gradeScheme", "dct:issued", "dct:source"))
        or known.languages(profile, "skos:definition") != EN_ID
    ]
    assert wrong == []


def test_a_source_has_a_key_or_is_one_of_our_own(known: Facts) -> None:
    cited = {s for thing in known.said for s in known.all(thing, "dct:source") if s.startswith("src:")}
    sources = set(known.things("sckg:Source", "sckg:Regulation", "sckg:Document", "sckg:Curation"))
    assert cited - sources == set()


# --- Python ----------------------------------------------------------------------------------------


def spoken(tree: ast.Module) -> Iterator[str]:
    """Yield the names and texts of a module, without docstrings and the help of the command line."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "help"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            told.add(id(node.body[0].value))  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value
        elif isinstance(node, ast.Name | ast.Attribute | ast.arg | ast.FunctionDef | ast.ClassDef):
            yield (
                getattr(node, "id", "")
                or getattr(node, "attr", "")
                or getattr(node, "arg", "")
                or getattr(node, "name", "")
            )


def test_python_knows_no_grade_no_city_and_no_indicator(known: Facts) -> None:
    """A message, a docstring or a help text may give one as an example, after "such as"; nothing may depend on one."""
    slugs = {i.removeprefix("ind:") for i in known.things("sckg:Indicator")}
    slugs.remove("area")  # the code says it of a folder
    words = re.compile(rf"baik|sedang|buruk|kupang|5371|\b({'|'.join(sorted(slugs))})\b", re.IGNORECASE)
    wrong = []
    for path in sorted(SOURCE.rglob("*.py")):
        texts = [re.sub(r"such as \S+", "", text) for text in spoken(ast.parse(path.read_text(encoding="utf-8")))]
        wrong += [f"{path.relative_to(ROOT)}: {text!r}" for text in texts if words.search(text)]
    assert wrong == []


# --- The audit -------------------------------------------------------------------------------------


def test_the_page_of_the_audit_is_that_of_its_rules(knowledge: Knowledge) -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(knowledge), "run python -m sckg.audit.page"
