"""What cannot be done is refused in a sentence, and what is wrong with knowledge is a Problem: never a traceback."""

from __future__ import annotations

import pickle
import re
import shutil
from pathlib import Path

import pytest
from pyoxigraph import Triple

from conftest import ROOT, City
from defects import FIXTURES, Defect, model_defects
from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.opening import open_store
from sckg.problems import NotPossible, Problem, ProblemsFound
from sckg.queries import catalogue
from sckg.snapshots.durable import turn, writing
from sckg.stores.embedded import EmbeddedStore
from test_cli import sckg

CLEAN_AIR = FIXTURES / "clean-air"
OWN = re.compile(r"\b(fw|scheme|grade|tab|ind|profile|rule|band):(?=clean|lights|hij|merah|air)")


# --- The model refers to what is there ---------------------------------------------------------------


def spoilt(defect: Defect, number: int, folder: Path) -> Path:
    """Copy the invented framework with one thing wrong, its names its own: all copies are read together."""
    root = folder / f"x{number}"
    shutil.copytree(CLEAN_AIR, root, ignore=shutil.ignore_patterns("web", "cities"))
    for path in root.rglob("*.ttl"):
        text = path.read_text(encoding="utf-8")
        if path.name == defect.file:
            assert text.count(defect.was) == 1, f"{defect.claim}: {defect.was!r} stands {text.count(defect.was)} times"
            text = text.replace(defect.was, defect.becomes)
        text = text.replace("@prefix dct:", "@prefix ans: <https://w3id.org/sckg/id/answer/> . @prefix dct:")
        path.write_text(OWN.sub(rf"\1:x{number}-", text), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def told_of_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Problem]]:
    """Return what is told about each copy of the invented framework, by the claim of its defect."""
    folder = tmp_path_factory.mktemp("models")
    roots = [spoilt(defect, number, folder) for number, defect in enumerate(model_defects())]
    problems = pipeline.model_problems(Knowledge((ROOT, *roots)))
    return {
        defect.claim: [p for p in problems if Path(p.file).is_relative_to(root)]
        for defect, root in zip(model_defects(), roots, strict=True)
    }


@pytest.mark.parametrize("defect", model_defects(), ids=lambda defect: defect.claim)
def test_one_defect_of_a_framework_is_one_problem(defect: Defect, told_of_models: dict[str, list[Problem]]) -> None:
    found = told_of_models[defect.claim]
    assert len(found) == 1, "\n".join(map(str, found)) or "no problem was found"
    (problem,) = found
    assert (Path(problem.file).name, problem.row, problem.code) == (defect.file, defect.row, defect.code)
    assert defect.reason in re.sub(r"\bx\d+-", "", problem.reason)
    assert defect.remedy in re.sub(r"\bx\d+-", "", problem.remedy)


def test_the_shipped_knowledge_and_the_example_refer_to_nothing_that_is_not_there() -> None:
    assert pipeline.model_problems(Knowledge((ROOT, ROOT / "docs" / "examples" / "score-framework"))) == []


# --- Files of knowledge that cannot be used -----------------------------------------------------------

ASKED = "# title: Odd\n\nPREFIX sckg: <https://w3id.org/sckg/ontology#>\nSELECT ?city WHERE { ?city a sckg:City }\n"
ODD_QUERIES = {
    "text that is no SPARQL": (ASKED.replace("WHERE {", "WHERE"), 4, "broken-sparql"),
    "a prefix that is not declared": (ASKED.replace("PREFIX sckg:", "PREFIX other:"), 4, "broken-sparql"),
    "a parameter without kind and help": (f"# param: city\n{ASKED}", 1, "incomplete-header"),
    "a parameter of an unknown kind": (f"# param: city | colour | every city\n{ASKED}", 1, "incomplete-header"),
    "a parameter in Indonesian only": (
        f"# title: Odd\n# param@id: city | city | semua\n{ASKED}",
        2,
        "incomplete-header",
    ),
    "a query that writes": ("CONSTRUCT WHERE { ?thing ?says ?that }\n", 0, "wrong-form"),
    "another encoding": ("# title: Pas\xe9\n", 1, "wrong-encoding"),
    "nothing": ("", 0, "empty-file"),
}


def knowledge_with(folder: Path, file: str, content: str | bytes) -> Path:
    """Write one file below a folder of knowledge that a ministry adds, and return that folder."""
    path = folder / "mine" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("latin-1"))
    return folder / "mine"


@pytest.mark.parametrize(("content", "row", "code"), ODD_QUERIES.values(), ids=ODD_QUERIES)
def test_a_query_that_cannot_be_asked_is_a_problem_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, row: int, code: str
) -> None:
    mine = knowledge_with(tmp_path, "queries/city/odd.rq", content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProblemsFound) as found:
        catalogue(Knowledge((ROOT, mine)))
    (problem,) = found.value.problems
    assert (problem.file, problem.row, problem.code) == ("mine/queries/city/odd.rq", row, code)
    assert problem.remedy


def test_a_step_of_the_walk_has_a_place_in_it(tmp_path: Path) -> None:
    mine = knowledge_with(tmp_path, "queries/why/odd.rq", ASKED)
    with pytest.raises(ProblemsFound) as found:
        catalogue(Knowledge((ROOT, mine)))
    assert [(p.row, p.code) for p in found.value.problems] == [(1, "incomplete-header")]


def test_problems_survive_the_way_from_one_process_to_another() -> None:
    found = ProblemsFound([Problem("odd.rq", 1, "broken-sparql", "It is none.", "Correct it.")])
    assert pickle.loads(pickle.dumps(found)).problems == found.problems  # noqa: S301 - our own bytes


ODD_FILES = {
    "query": ("queries/city/odd.rq", ASKED + "}", "queries/city/odd.rq:5  broken-sparql", ("query", "cities")),
    "walk": ("queries/city/odd.rq", ASKED + "}", "queries/city/odd.rq:5  broken-sparql", ("why", "4.1")),
    "site": ("queries/city/odd.rq", ASKED + "}", "queries/city/odd.rq:5  broken-sparql", ("serve", "--port", "0")),
    "finding": ("rules/find/odd.rq", ASKED, "rules/find/odd.rq  wrong-form", ("build",)),
    "rule": (
        "rules/grade/ours/odd.ttl",
        (FIXTURES / "not-compilable.ttl").read_bytes(),
        "rules/grade/ours/odd.ttl:10  not-compilable",
        ("test", "rules", "road-good-condition"),
    ),
    "case table": (
        "rules/grade/ours/table/road-good-condition.cases.csv",
        "value,grade,because\n75,baik,the edge\n",
        "rules/grade/ours/table/road-good-condition.cases.csv  cases-without-rule",
        ("test", "rules", "road-good-condition"),
    ),
}


@pytest.mark.parametrize(("file", "content", "told", "command"), ODD_FILES.values(), ids=ODD_FILES)
def test_a_command_that_meets_an_odd_file_names_it_and_ends_with_1(
    tmp_path: Path, kupang_store: str, file: str, content: str | bytes, told: str, command: tuple[str, ...]
) -> None:
    knowledge_with(tmp_path, file, content)
    store = str(tmp_path / "store") if command == ("build",) else kupang_store
    done = sckg(*command, "--knowledge", "mine", cwd=tmp_path, SCKG_STORE=store)
    assert done.returncode == 1, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("1 problem; nothing was changed.\n")


# --- Stores ------------------------------------------------------------------------------------------


def test_a_build_on_a_server_that_is_not_there_names_it_and_writes_nothing(tmp_path: Path) -> None:
    done = sckg("build", "--store", "http://127.0.0.1:9/ds", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("sckg: http://127.0.0.1:9/ds/query  server-unreachable\n")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def clean_air_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("clean-air") / "store"
    pipeline.build([CLEAN_AIR / "cities" / "9902-kota-udara"], str(store), Knowledge((ROOT, CLEAN_AIR)))
    return store


def test_a_kept_city_whose_words_are_gone_is_named_with_them(
    clean_air_store: Path, city: City, knowledge: Knowledge
) -> None:
    with pytest.raises(NotPossible) as refused:
        pipeline.build([city.folder], str(clean_air_store), knowledge)
    said = str(refused.value)
    assert re.search(r"the store keeps .* \(9902\), whose words .*ind:clean-days.* nothing describes now", said)
    assert "Name the --knowledge folder" in said
    assert "--fresh" in said
    built = pipeline.build([city.folder], str(clean_air_store), Knowledge((ROOT, CLEAN_AIR)))
    assert built.cities == ("9901", "9902")


def test_a_kept_city_that_fails_a_new_check_is_named_with_the_way_to_its_problems(
    clean_air_store: Path, city: City, tmp_path: Path
) -> None:
    new = CLEAN_AIR / "rules" / "grade"  # the profile and its rule, without the framework
    shutil.copytree(new, tmp_path / "mine" / "rules" / "grade")
    text = (CLEAN_AIR / "ontology" / "clean-air.ttl").read_text(encoding="utf-8")
    (tmp_path / "mine" / "ontology").mkdir()
    counted = text.replace("sckg:valueKind sckg:percent", "sckg:valueKind sckg:percent ; sckg:maximum 1.0")
    (tmp_path / "mine" / "ontology" / "clean-air.ttl").write_text(counted, encoding="utf-8")
    with pytest.raises(
        NotPossible, match=r"\(9902\), kept in the store, does not pass the checks any more: 'sckg check "
    ):
        pipeline.build([city.folder], str(clean_air_store), Knowledge((ROOT, tmp_path / "mine")))


@pytest.mark.parametrize("damaged", ["CURRENT", "sst"])
def test_a_damaged_store_gets_a_sentence_and_the_way_out(tmp_path: Path, kupang_store: str, damaged: str) -> None:
    store = tmp_path / "store"
    shutil.copytree(kupang_store, store)
    for file in store.glob(f"snapshots/*/store/*{damaged}"):
        file.write_bytes(b"\0" * file.stat().st_size)
    with pytest.raises(
        NotPossible, match=r"cannot be read .*'sckg verify' names what differs, 'sckg build' makes it again"
    ):
        open_store(str(store))


# --- The reasoner ------------------------------------------------------------------------------------


def store_of(folder: Path, *classes: str) -> Path:
    """Write a store in which one city has these classes."""
    city = names.thing("city", "9901")
    with turn(folder / "store") as mine, writing(mine, {}) as room:
        store = EmbeddedStore.create(room / "store")
        store.replace_graph(names.graph("evidence"), [Triple(city, names.TYPE, names.term(c)) for c in classes])
        store.close()
        del store
    return folder / "store"


@pytest.mark.skipif(not shutil.which("java"), reason="there is no Java")
@pytest.mark.parametrize(
    ("classes", "status", "said"),
    [(("City",), 0, "Consistent, and every class"), (("City", "Grade"), 1, "Inconsistent: these cannot all be true")],
    ids=["consistent", "contradiction"],
)
def test_reason_ends_with_its_verdict(tmp_path: Path, classes: tuple[str, ...], status: int, said: str) -> None:
    done = sckg("reason", "--store", str(store_of(tmp_path, *classes)), cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert said in done.stdout


def test_reason_without_java_says_what_to_install(tmp_path: Path) -> None:
    done = sckg("reason", "--store", str(store_of(tmp_path, "City")), cwd=tmp_path, PATH="", JAVA="", JAVA_HOME="")
    assert done.returncode == 2
    assert "the reasoner needs Java; install it" in done.stderr
