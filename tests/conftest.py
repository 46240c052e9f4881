"""What the tests share: the knowledge, a store with Kota Kupang, and an invented city in which to change one thing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from defects import VALID_CITY, Told, tell_all
from sckg import pipeline
from sckg.assets import Knowledge
from sckg.compile.shapes import Shape
from sckg.problems import Problem
from sckg.queries import catalogue
from sckg.rows.engines import Spark, spark
from sckg.stores.embedded import EmbeddedStore
from sckg.vocabulary import Vocabulary, vocabulary

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class City:
    """A copy of the invented city, to be changed."""

    folder: Path

    def path(self, file: str) -> Path:
        return self.folder / file

    def text(self, file: str) -> str:
        return self.path(file).read_text(encoding="utf-8")

    def replace(self, file: str, was: str, becomes: str) -> City:
        """Change the one place where ``was`` stands."""
        text = self.text(file)
        assert text.count(was) == 1, f"{was!r} stands {text.count(was)} times in {file}"
        return self.write(file, text.replace(was, becomes))

    def append(self, file: str, text: str) -> City:
        return self.write(file, self.text(file) + text)

    def write(self, file: str, content: str | bytes) -> City:
        self.path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def remove(self, file: str) -> City:
        self.path(file).unlink()
        return self


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep on one worker the tests that share what takes long to make, so that it is made once; others go anywhere."""
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
        if item.get_closest_marker("xdist_group"):
            continue
        if "told" in fixtures:
            item.add_marker(pytest.mark.xdist_group("told"))
        elif any(made[-1].scope == "module" for made in fixtures.values()):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


# Most of a short run of Java is compiling: code that is compiled once, quickly, takes half the time in all.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a developer has set out of the tests, and the reasoners short."""
    for name in ("SCKG_STORE", "SCKG_BASE", "SCKG_KNOWLEDGE", "SCKG_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SCKG_KNOWLEDGE", raising=False)
        return Knowledge.found()


@pytest.fixture(scope="session")
def kupang_store(knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a store in which Kota Kupang was built."""
    store = tmp_path_factory.mktemp("kupang") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SCKG_BASE", raising=False)
        pipeline.build([ROOT / "cities" / "5371-kota-kupang"], str(store), knowledge)
    return str(store)


@pytest.fixture(scope="session")
def model_store(knowledge: Knowledge) -> EmbeddedStore:
    """Return a store in memory with the model; only its evidence graph may be changed."""
    return pipeline.read_model(knowledge)


@pytest.fixture(scope="session")
def on_spark() -> Iterator[Spark]:
    """Return Spark in this machine's local mode, started once."""
    if shutil.which("java") is None:
        pytest.skip("no Java: nothing is tested on Spark")
    pytest.importorskip("pyspark", reason="no pyspark: nothing is tested on Spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCKG_SPARK_MASTER", "local[2]")
        patch.setenv("PYSPARK_SUBMIT_ARGS", f'--driver-java-options "{QUICK_JAVA}" pyspark-shell')
        with spark() as engine:
            yield engine


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """Return an empty folder in memory where the system has one: for many builds whose flushing is not the point."""
    if not os.access("/dev/shm", os.W_OK):  # noqa: S108 - only asked whether it is there
        yield tmp_path
        return
    with TemporaryDirectory(prefix="sckg-", dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    """Return a copy of the invented city in the working folder: valid until a test changes one thing."""
    folder = tmp_path / VALID_CITY.name
    shutil.copytree(VALID_CITY, folder)
    monkeypatch.chdir(tmp_path)
    return City(folder)


@pytest.fixture(scope="session")
def words(model_store: EmbeddedStore, knowledge: Knowledge) -> Vocabulary:
    return vocabulary(model_store, catalogue(knowledge))


@pytest.fixture(scope="session")
def checking_rules(knowledge: Knowledge) -> list[Shape]:
    return pipeline.checking_rules(knowledge)


@pytest.fixture(scope="session")
def told(model_store: EmbeddedStore, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """Return what is told about each city of the table of defects, by its claim."""
    return tell_all(tmp_path_factory.mktemp("told"), model_store, knowledge)


@pytest.fixture
def problems_of(
    model_store: EmbeddedStore,
    knowledge: Knowledge,
    words: Vocabulary,
    checking_rules: list[Shape],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., list[Problem]]:
    """Return a function that reads and checks cities, as ``sckg check`` does; vocabulary and shapes are read once."""
    monkeypatch.setattr(pipeline, "vocabulary", lambda *_: words)
    monkeypatch.setattr(pipeline, "checking_rules", lambda _: checking_rules)

    def found(*cities: City) -> list[Problem]:
        read = pipeline.read_cities([c.folder for c in cities], model_store, knowledge)
        return pipeline.problems_of(read, model_store, knowledge)

    return found
