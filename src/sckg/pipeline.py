"""The stages in order: read, check, grade, roll up, audit, find, plan, publish. Each writes one graph."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.audit.running import audit, audit_nation
from sckg.check import check
from sckg.compile import shapes, sparql
from sckg.compile.shapes import NotCompilable, Shape
from sckg.derive import derive, derive_texts
from sckg.evidence import CityEvidence
from sckg.kept import refuse_unkept
from sckg.model import model, turtle_problem, written
from sckg.opening import store_folder
from sckg.problems import NotPossible, Problem, ProblemsFound, shown
from sckg.publish import publish
from sckg.queries import Query, catalogue
from sckg.read import read_city
from sckg.rows.national import derive_rows, is_of_many, keep_rows, read_nation, store_parts, write_parts
from sckg.rows.parts import derive_parts
from sckg.snapshots.durable import KEPT, Turn, turn, writing
from sckg.snapshots.manifest import about_build
from sckg.stores.base import Store
from sckg.stores.embedded import EmbeddedStore
from sckg.vocabulary import vocabulary

# Stage, the graph it writes, and the folder its rules are in. Grading is compiled, the audit is of SELECTs.
STAGES = (
    ("grade", "grades", "rules/grade"),
    ("roll up", "roll-ups", "rules/roll-up"),
    ("audit", "doubts", "rules/audit"),
    ("find", "findings", "rules/find"),
    ("plan", "roadmap", "rules/plan"),
)
IN_ROWS = {"grade", "roll up", "audit"}  # what SQL does where there are rows
CATALOGUE = ("catalogue", "rules/publish")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """What a build did: the cities in it and the triples of each graph."""

    cities: tuple[str, ...]
    sizes: dict[str, int]
    where: str


def silent(_: str) -> None:
    """Show no progress."""


def read_model(knowledge: Knowledge) -> EmbeddedStore:
    """Return a store in memory that holds the model graph."""
    store = EmbeddedStore()
    store.replace_graph(names.graph("model"), model(knowledge))
    return store


def checked_model(knowledge: Knowledge) -> EmbeddedStore:
    """Return the same store as ``read_model``; raises ProblemsFound where the model refers to what is not there."""
    store = read_model(knowledge)
    if problems := model_problems(knowledge):
        raise ProblemsFound(problems)
    return store


def model_problems(knowledge: Knowledge) -> list[Problem]:
    """Return what is wrong with the ontology and the rules: the check shapes, over all that their files say."""
    triples, places = written(knowledge)
    store = EmbeddedStore()
    store.replace_graph(names.graph("model"), triples)
    return check(store, checking_rules(knowledge), places)


def read_cities(folders: Iterable[Path], store: Store, knowledge: Knowledge) -> list[CityEvidence]:
    """Read city folders against the model in ``store``. Raises NotPossible for a folder that is not there."""
    words = vocabulary(store, catalogue(knowledge))
    read = []
    for folder in folders:
        if folder.is_file():
            raise NotPossible(f"{folder} is a file; name the folder of the city")
        if not folder.is_dir():
            raise NotPossible(f"{folder}: there is no such city folder; 'sckg new city CODE NAME' makes one")
        try:
            read.append(read_city(_one_city(folder), words))
        except OSError as error:
            raise NotPossible(f"{folder}: cannot be read ({error.strerror})") from error
    return read


def _one_city(folder: Path) -> Path:
    """Return the folder. Raises NotPossible for one that holds the folders of cities and is none itself."""
    below = [] if (folder / "city.ttl").exists() else sorted(folder.glob("[!_]*/city.ttl"))
    if below:
        raise NotPossible(f"{folder} holds folders of cities; name one of them, such as {below[0].parent}")
    return folder


def problems_of(cities: Sequence[CityEvidence], store: Store, knowledge: Knowledge) -> list[Problem]:
    """Put the evidence into ``store`` and return everything that is wrong with it, sorted."""
    problems = [p for city in cities for p in city.problems] + _same_code(cities)
    store.replace_graph(names.graph("evidence"), _all_triples(cities))
    places = {iri: place for city in cities for iri, place in city.places.items()}
    unread = {iri for city in cities for iri in city.unread}
    problems += check(store, checking_rules(knowledge), places, unread)
    return sorted(set(problems) or {p for city in cities for p in city.deferred})


def checking_rules(knowledge: Knowledge) -> list[Shape]:
    """Return the shapes that evidence must keep. Raises ProblemsFound for one that cannot be compiled."""
    return _compiled(knowledge, "rules/check")


def grading_rules(knowledge: Knowledge) -> list[Shape]:
    """Return the grading rules of every profile. Raises ProblemsFound for one that cannot be compiled."""
    return [shape for shape in _compiled(knowledge, "rules/grade") if shape.branches]


def _compiled(knowledge: Knowledge, folder: str) -> list[Shape]:
    return compiled(list(knowledge.files(folder, "*.ttl")), knowledge)


def compiled(files: Sequence[Path], knowledge: Knowledge) -> list[Shape]:
    """Return the shapes and rules of some files. Raises ProblemsFound for one that cannot be read or compiled."""
    labels = [knowledge.relative(f) for f in files]
    try:
        return shapes.load(files, labels)
    except NotCompilable as error:
        file = next((shown(f) for f, label in zip(files, labels, strict=True) if label == error.file), error.file)
        reason = f"{error.shape} has {error.feature}, which the compiler does not take."
        remedy = "docs/adding-a-rule.md lists what a rule may use."
        raise ProblemsFound([Problem(file, error.line, "not-compilable", reason, remedy)]) from error
    except (SyntaxError, UnicodeDecodeError, OSError) as error:
        raise ProblemsFound(p for path in files if (p := turtle_problem(path))) from error


def grade(store: Store, knowledge: Knowledge) -> int:
    """Write the grades: every rule compiled to one text per band."""
    texts = [text for rule in grading_rules(knowledge) for text in sparql.rule_texts(rule)]
    return derive_texts(store, "grades", texts, [names.graph("evidence")])


def rules(knowledge: Knowledge, folder: str) -> list[Query]:
    """Return the CONSTRUCT rules below a folder."""
    return list(catalogue(knowledge, folder).values())


def derive_all(store: Store, knowledge: Knowledge, progress: Progress = silent) -> dict[str, int]:
    """Run every stage after reading; return the number of triples of each graph."""
    sizes = {}
    for stage, graph, folder in STAGES:
        progress(stage)
        if stage == "grade":
            sizes[graph] = grade(store, knowledge)
        elif stage == "audit":
            sizes[graph] = audit(store, knowledge)
        else:
            sizes[graph] = derive(store, graph, rules(knowledge, folder))
    return sizes


def audited(folders: Iterable[Path], knowledge: Knowledge) -> Store:
    """Return a store in memory with these cities and what the audit says of them; nothing is stored.

    Raises ProblemsFound when an input has problems.
    """
    memory = checked_model(knowledge)
    if problems := problems_of(read_cities(folders, memory, knowledge), memory, knowledge):
        raise ProblemsFound(problems)
    grade(memory, knowledge)
    audit(memory, knowledge)
    return memory


def build(
    folders: Sequence[Path],
    store: str,
    knowledge: Knowledge,
    *,
    fresh: bool = False,
    keep: int = KEPT,
    on_spark: bool = False,
    progress: Progress = silent,
) -> Built:
    """Build these city folders into the store; cities it already holds stay unless ``fresh``.

    A folder of many cities is built alone, and takes the place of what the store holds. The last ``keep`` snapshots are
    kept. Raises ProblemsFound when an input has problems; what was stored stays.
    """
    with turn(store_folder(store), damaged=fresh) as mine:
        if any(is_of_many(folder) for folder in folders):
            return build_nation(folders, mine, knowledge, on_spark=on_spark, keep=keep, progress=progress)
        return _build(folders, mine, knowledge, fresh=fresh, keep=keep, progress=progress)


def _build(
    folders: Sequence[Path], mine: Turn, knowledge: Knowledge, *, fresh: bool, keep: int, progress: Progress
) -> Built:
    progress("read")
    memory = checked_model(knowledge)
    named = read_cities(folders, memory, knowledge)
    previous = None if fresh else mine.previous
    if previous and any(is_of_many(folder) for folder in previous.inputs):
        raise NotPossible(f"{mine.root} holds many cities, built from one folder; use --fresh, or another store")
    kept = _kept(previous.inputs, named, memory, knowledge) if previous else []
    progress("check")
    cities = sorted([*named, *kept], key=lambda c: c.code)
    about = about_build(memory, knowledge, {_folder_name(c): c.files() for c in cities})
    if problems := problems_of(cities, memory, knowledge):
        if previous:
            refuse_unkept(kept, problems, memory, previous)
        raise ProblemsFound(problems)
    sizes = {g: sum(1 for _ in memory.triples(names.graph(g))) for g in ("model", "evidence")}
    sizes |= derive_all(memory, knowledge, progress)
    with writing(mine, about, keep) as room:
        progress("publish")
        disk = EmbeddedStore.create(room / "store")
        for graph in sizes:
            disk.replace_graph(names.graph(graph), memory.triples(names.graph(graph)))
        sizes["catalogue"] = publish(disk, room / "dumps", knowledge)
        disk.close()
        del disk  # lets go of the files before they are hashed
        about |= {"cities": {c.code: c.name for c in cities}, "triples": sizes}
        for city in cities:
            _copy(city, room / "inputs")
    return Built(tuple(c.code for c in cities), sizes, str(mine.root))


def build_nation(
    folders: Sequence[Path], mine: Turn, knowledge: Knowledge, *, on_spark: bool, keep: int, progress: Progress
) -> Built:
    """Build one folder of many cities: rows in SQL, the other stages in SPARQL over some cities at a time."""
    if len(folders) > 1:
        raise NotPossible(f"{folders[0]}: a folder of many cities is built alone")
    progress("read")
    memory = checked_model(knowledge)
    nation = read_nation(folders[0], memory, knowledge)
    files = sorted(path for path in folders[0].iterdir() if path.is_file())
    about = about_build(memory, knowledge, {folders[0].resolve().name: files})
    progress("check")
    if problems := nation.problems + problems_of([nation.evidence], memory, knowledge):
        raise ProblemsFound(problems)
    progress("grade and roll up")
    derive_rows(nation, grading_rules(knowledge), knowledge, on_spark=on_spark)
    with writing(mine, about, keep) as room, TemporaryDirectory(prefix=".parts-", dir=room) as parts_folder:
        progress("write")
        parts, sizes = write_parts(nation, Path(parts_folder))
        model_file = Path(parts_folder) / "model.nt"
        model_file.write_text("".join(sorted(f"{t} .\n" for t in memory.triples(names.graph("model")))), "utf-8")
        progress("audit")
        sizes["doubts"] = audit_nation(nation.engine, memory, knowledge, parts[0].file("doubts"))
        stages = [*((graph, folder) for stage, graph, folder in STAGES if stage not in IN_ROWS), CATALOGUE]
        told = f"of {len(parts)} parts"
        sizes = {"model": sum(1 for _ in memory.triples(names.graph("model")))} | sizes
        sizes |= derive_parts(
            parts, model_file, stages, knowledge, lambda done: progress(f"find and plan: {done} {told}")
        )
        progress("store")
        keep_rows(nation, room / "rows")
        disk = EmbeddedStore.create(room / "store")
        disk.replace_graph(names.graph("model"), memory.triples(names.graph("model")))
        store_parts(parts, disk, [graph for graph in sizes if graph != "model"], room / "dumps")
        shutil.copyfile(model_file, room / "dumps" / "model.nt")
        disk.close()
        del disk  # lets go of the files before they are hashed
        about |= {"cities": dict.fromkeys(nation.codes, ""), "triples": sizes}
        shutil.copytree(folders[0], room / "inputs" / folders[0].resolve().name)
    return Built(tuple(nation.codes), sizes, str(mine.root))


def _kept(
    previous: Sequence[Path], named: Sequence[CityEvidence], store: Store, knowledge: Knowledge
) -> list[CityEvidence]:
    replaced = {city.code for city in named}
    return [city for city in read_cities(previous, store, knowledge) if city.code not in replaced]


def _all_triples(cities: Iterable[CityEvidence]) -> Iterable[Triple]:
    for city in cities:
        yield from city.triples


def _same_code(cities: Sequence[CityEvidence]) -> list[Problem]:
    seen: dict[str, CityEvidence] = {}
    problems = []
    for city in cities:
        if city.code and seen.setdefault(city.code, city) is not city:
            reason = f"{shown(seen[city.code].folder)} already describes the city {city.code}."
            problems.append(Problem(shown(city.folder / "city.ttl"), 0, "same-city", reason, "Build one of them."))
    return problems


def _folder_name(city: CityEvidence) -> str:
    return f"{city.code}-{names.slug(city.name)}"


def _copy(city: CityEvidence, inputs: Path) -> None:
    target = inputs / _folder_name(city)
    target.mkdir(parents=True)
    for path in city.files():
        shutil.copyfile(path, target / path.name)
