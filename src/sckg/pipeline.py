"""The stages in order: read, check, grade, roll up, audit, find, plan, publish. Each writes one graph."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.audit.running import audit
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
from sckg.rows.reading import is_of_many
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
CATALOGUE = ("catalogue", "rules/publish")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """What a build did: the cities in it and the triples of each graph."""

    cities: tuple[str, ...]
    sizes: dict[str, int]
    where: str


@dataclass(frozen=True)
class Wanted:
    """What a build is about: folders that are named, those that the store keeps, and the codes of cities that go."""

    folders: Sequence[Path]
    kept: Sequence[Path] = ()
    without: Collection[str] = ()


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


def build(  # noqa: PLR0913 - one for each option of the command
    folders: Sequence[Path],
    store: str,
    knowledge: Knowledge,
    *,
    without: Sequence[str] = (),
    fresh: bool = False,
    keep: int = KEPT,
    on_spark: bool = False,
    progress: Progress = silent,
) -> Built:
    """Build these city folders into the store; cities it already holds stay unless ``fresh``, or built ``without``.

    Where it can, only the named cities are derived, and the others taken over as they are; the result is the same. A
    folder of many cities takes the place of what the store holds. The last ``keep`` snapshots are kept. Raises
    ProblemsFound when an input has problems; what was stored stays.
    """
    # What builds on the stages below imports this module.
    from sckg.one_city import rebuild, refuse_unknown  # noqa: PLC0415
    from sckg.rows.building import build_nation  # noqa: PLC0415

    with turn(store_folder(store), damaged=fresh) as mine:
        is_new = fresh or mine.previous is None or any(map(is_of_many, folders))
        refuse_unknown(without, None if is_new else mine.previous, mine.root)
        kept = mine.previous.inputs if mine.previous and not is_new else []
        wanted = Wanted(folders, kept, without)
        if kept and (built := rebuild(wanted, mine, knowledge, keep=keep, progress=progress)):
            return built
        if any(map(is_of_many, (*folders, *kept))):
            return build_nation(wanted, mine, knowledge, on_spark=on_spark, keep=keep, progress=progress)
        return _build(wanted, mine, knowledge, keep=keep, progress=progress)


def _build(wanted: Wanted, mine: Turn, knowledge: Knowledge, *, keep: int, progress: Progress) -> Built:
    progress("read")
    memory = checked_model(knowledge)
    named = read_cities(wanted.folders, memory, knowledge)
    kept = _kept(wanted, named, memory, knowledge)
    progress("check")
    cities = sorted([*named, *kept], key=lambda c: c.code)
    about = about_build(memory, knowledge, {folder_name(c.code, c.name): c.files() for c in cities})
    if problems := problems_of(cities, memory, knowledge):
        if mine.previous and kept:
            refuse_unkept(kept, problems, memory, mine.previous)
        raise ProblemsFound(problems)
    sizes = {g: sum(1 for _ in memory.triples(names.graph(g))) for g in ("model", "evidence")}
    sizes |= derive_all(memory, knowledge, progress)
    with writing(mine, about, keep) as room:
        progress("publish")
        sizes["catalogue"] = publish(memory, room / "dumps", knowledge)
        memory.written_to(room / "store")
        about |= {"cities": {c.code: c.name for c in cities}, "triples": sizes}
        for city in cities:
            copy_city(city, room / "inputs")
    return Built(tuple(c.code for c in cities), sizes, str(mine.root))


def _kept(wanted: Wanted, named: Sequence[CityEvidence], store: Store, knowledge: Knowledge) -> list[CityEvidence]:
    replaced = {*wanted.without, *(city.code for city in named)}
    return [city for city in read_cities(wanted.kept, store, knowledge) if city.code not in replaced]


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


def folder_name(code: str, name: str) -> str:
    """Return the name of the folder of a city among the inputs of a snapshot."""
    return f"{code}-{names.slug(name)}"


def copy_city(city: CityEvidence, inputs: Path) -> None:
    """Copy the files of record of a city to the inputs of a snapshot."""
    target = inputs / folder_name(city.code, city.name)
    target.mkdir(parents=True)
    for path in city.files():
        shutil.copyfile(path, target / path.name)
