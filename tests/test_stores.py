"""One contract for every store: the embedded one, Apache Jena Fuseki, Virtuoso 7 and the Oxigraph server.

The servers are real: ``scripts/test-servers`` starts those that are on this machine, all at once and while the first
tests run, and stops them when these tests are over. What it says of one that is missing is why its tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple
from typer.testing import CliRunner

from conftest import ROOT
from sckg import names, pipeline
from sckg.assets import Knowledge
from sckg.cli import app
from sckg.compile import sparql
from sckg.on_server import build_on_server
from sckg.opening import open_server, open_store
from sckg.problems import NotPossible, ProblemsFound
from sckg.publish import GRAPHS
from sckg.queries import Query, catalogue, named
from sckg.stores import copied, publishing
from sckg.stores.base import Store, Table
from sckg.stores.embedded import EmbeddedStore
from sckg.stores.remote import RemoteStore
from sckg.stores.trouble import ServerProblem

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("servers")]  # one set of servers, and one Kupang on each
KUPANG = ROOT / "cities" / "5371-kota-kupang"
SERVERS = ("oxigraph", "virtuoso", "fuseki")  # in the order in which they are ready
STORES = ("embedded", *SERVERS)
A, B, HAS = (NamedNode(f"https://example.org/{name}") for name in ("a", "b", "has"))
ONE, OTHER = names.graph("one"), names.graph("other")
EVERYTHING = "SELECT ?s ?p ?o WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o"
COPY = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
WORDS = tuple(
    Triple(A, HAS, value)
    for value in (
        Literal(""), Literal('a "quote",\n\ttwo lines and a \\ backslash'), Literal("é 😀 \u2028 ملف"), Literal("x" * 20000), Literal("Kesehatan", language="id"),
        Literal("7", datatype=NamedNode(f"{names.XSD}integer")), Literal("-0.05", datatype=NamedNode(f"{names.XSD}decimal")),
        Literal("20930000000000", datatype=NamedNode(f"{names.XSD}decimal")), Literal("2019-12-31", datatype=NamedNode(f"{names.XSD}date")),
        Literal(True), Literal(False), B, NamedNode("https://example.org/%C3%A9?a=b&c=d#e"),
    )
)  # fmt: skip


class Servers:
    """The addresses of the servers, each known when it answers, and why others are not there."""

    def __init__(self, said: Iterable[str]) -> None:
        self._said, self._known, self._missing = iter(said), dict[str, str](), dict[str, str]()

    def __getitem__(self, name: str) -> str:
        """Return the address of a server; skip the test when there is no such server on this machine."""
        while name not in self._known | self._missing and (line := next(self._said, "")):
            told, is_there, address = line.strip().partition("=")
            missing, _, reason = line.strip().partition(": ")
            if is_there:
                self._known[told] = address
            elif reason:
                self._missing[missing] = reason
        if name in self._missing:
            pytest.skip(f"{name}: {self._missing[name]}")
        assert name in self._known, "it did not start; scripts/test-servers says above what happened"
        return self._known[name]


@pytest.fixture(scope="session", autouse=True)
def addresses() -> Iterator[Servers]:
    """Start the servers and wait for none; they stop when their standard input ends, even when these tests are killed."""
    command = [ROOT / "scripts" / "test-servers", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as servers:
        yield Servers(servers.stdout or ())
        if servers.stdin:
            servers.stdin.close()


@pytest.fixture(scope="session", autouse=True)
def _who_may_write_to_virtuoso() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("SCKG_SERVER_")]:
            patch.delenv(name)
        patch.setenv("SCKG_SERVER_USER", "dba")
        patch.setenv("SCKG_SERVER_PASSWORD", "dba")
        yield


@pytest.fixture(scope="session", params=STORES)
def place(request: pytest.FixtureRequest, addresses: Servers) -> str:
    """Return the address of a server, or nothing for a store in this process; the tests of one follow each other."""
    return "" if request.param == "embedded" else addresses[request.param]


@pytest.fixture
def store(place: str) -> Store:
    return RemoteStore(place) if place else EmbeddedStore()


def values(table: Table) -> list[str]:
    return [str(row["o"]) for row in table.rows]


def test_tests_on_servers_stay_on_one_worker(request: pytest.FixtureRequest) -> None:
    """Else each worker starts servers of its own."""
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@servers")


# --- The protocol -----------------------------------------------------------------------------


def test_a_graph_holds_what_was_put_there_and_nothing_else(store: Store) -> None:
    assert store.replace_graph(ONE, [Triple(A, HAS, B), Triple(A, HAS, B)]) == 1
    assert store.replace_graph(ONE, WORDS) == len(WORDS)
    assert sorted(map(str, store.triples(ONE))) == sorted(map(str, WORDS))
    assert store.replace_graph(ONE, []) == 0
    assert list(store.triples(ONE)) == []
    store.close()


def test_a_select_reads_the_union_of_the_graphs_it_is_given_and_no_other(store: Store) -> None:
    store.replace_graph(ONE, [Triple(A, HAS, Literal("one"))])
    store.replace_graph(OTHER, [Triple(A, HAS, Literal("other"))])
    assert values(store.select(EVERYTHING, [ONE])) == ['"one"']
    assert values(store.select(EVERYTHING, [ONE, OTHER])) == ['"one"', '"other"']
    assert values(store.select(EVERYTHING, [names.graph("nothing")])) == []


def test_a_construct_yields_each_triple_of_the_union(store: Store) -> None:
    store.replace_graph(ONE, [Triple(A, HAS, Literal("1"))])
    store.replace_graph(OTHER, WORDS)
    assert set(store.construct(COPY, [ONE, OTHER])) == {Triple(A, HAS, Literal("1")), *WORDS}


def test_an_unbound_cell_is_absent_and_columns_keep_their_order(store: Store) -> None:
    store.replace_graph(ONE, [Triple(A, HAS, B)])
    table = store.select("SELECT ?o ?none ?s WHERE { ?s ?p ?o OPTIONAL { ?o ?p ?none } }", [ONE])
    assert table == Table(("o", "none", "s"), ({"o": B, "s": A},))


def test_a_decimal_is_the_same_with_and_without_a_point(store: Store) -> None:
    three = [Literal(text, datatype=NamedNode(f"{names.XSD}decimal")) for text in ("3", "3.0")]
    store.replace_graph(ONE, [Triple(A, HAS, three[0]), Triple(B, HAS, three[1])])
    table = store.select("SELECT ?o WHERE { ?s ?p ?o . ?other ?p ?o FILTER(?s != ?other) }", [ONE])
    assert values(table) == [str(three[0])] * 2


def test_broken_sparql_is_told(store: Store) -> None:
    with pytest.raises((SyntaxError, ServerProblem)):
        store.select("SELECT WHERE", [ONE])


# --- The whole build --------------------------------------------------------------------------


@pytest.fixture(scope="session")
def embedded(kupang_store: str) -> Store:
    return open_store(kupang_store)


@pytest.fixture(scope="session")
def builds(addresses: Servers) -> Callable[[str], RemoteStore]:
    """Return a function that builds Kota Kupang on a server, as a person does it, when it is first asked to."""

    @cache
    def build(name: str) -> RemoteStore:
        url = addresses[name]
        told = CliRunner().invoke(app, ["build", str(KUPANG), "--fresh", "--store", url])
        assert told.exit_code == 0, told.output
        assert told.output.startswith("Built 1 city (5371): ")
        return open_server(url)

    return build


@pytest.fixture(params=SERVERS)
def built(request: pytest.FixtureRequest, builds: Callable[[str], RemoteStore]) -> RemoteStore:
    """Return the store of a server with Kota Kupang; what comes later in this file writes over it."""
    return builds(request.param)


def test_kupang_is_the_same_triples_everywhere(built: RemoteStore, embedded: Store) -> None:
    for graph in (*GRAPHS, "catalogue"):
        found, expected = (sorted(map(str, store.triples(names.graph(graph)))) for store in (built, embedded))
        assert found == expected, graph


@pytest.fixture(scope="session")
def answers(embedded: Store, knowledge: Knowledge) -> list[tuple[Query, Table]]:
    return [(query, query.ask(embedded, {})) for query in catalogue(knowledge).values()]


def test_every_query_has_the_same_answer_everywhere(built: RemoteStore, answers: list[tuple[Query, Table]]) -> None:
    assert [query.name for query, expected in answers if query.ask(built, {}) != expected] == []


Concluded = list[tuple[str, list[NamedNode], set[Triple]]]


@pytest.fixture(scope="session")
def concluded(embedded: Store, knowledge: Knowledge) -> Concluded:
    """Return what each grading rule, as it is compiled, and each CONSTRUCT concludes in the embedded store."""
    grading = pipeline.grading_rules(knowledge)
    texts = [(text, [names.graph("evidence")]) for rule in grading for text in sparql.rule_texts(rule)]
    for folder in ("roll-up", "find", "plan", "publish"):
        texts += [(rule.text, rule.graphs()) for rule in catalogue(knowledge, f"rules/{folder}").values()]
    return [(text, graphs, set(embedded.construct(text, graphs))) for text, graphs in texts]


def test_every_rule_concludes_the_same_everywhere(built: RemoteStore, concluded: Concluded) -> None:
    """The engine that holds the data can run any of them."""
    assert [text for text, graphs, expected in concluded if set(built.construct(text, graphs)) != expected] == []


@pytest.fixture(scope="session")
def walked(kupang_store: str) -> str:
    return walks(kupang_store)


def walks(where: str) -> str:
    """Return what ``sckg why`` says of a value, a weakness and an action."""
    return CliRunner().invoke(app, ["why", "4.1", "W3", "A1", "--lang", "id", "--store", where]).output


def test_why_says_the_same_everywhere(built: RemoteStore, walked: str) -> None:
    assert walks(address(built)) == walked
    assert len(walked) > 1000


def address(store: RemoteStore) -> str:
    return store._client.home.geturl()


# --- Builds that readers must not see ---------------------------------------------------------


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, addresses: Servers) -> RemoteStore:
    return RemoteStore(addresses[request.param])


def numbered(number: int, size: int = 400) -> dict[NamedNode, list[Triple]]:
    """Return two graphs that say in each triple which build they are of."""
    return {
        g: [Triple(NamedNode(f"{g.value}/{n}"), HAS, Literal(f"{number}")) for n in range(size)] for g in (ONE, OTHER)
    }


def test_a_reader_sees_one_build_or_the_next_and_never_a_half(server: RemoteStore) -> None:
    publishing.publish_to(server, numbered(0))
    seen: list[tuple[int, list[str]]] = []
    wrong: list[Exception] = []
    over = threading.Event()

    def read() -> None:
        reader = RemoteStore(address(server))
        last = False
        while not last:
            last = over.is_set()  # one more time after the last build
            try:
                table = reader.select(EVERYTHING, [ONE, OTHER])
            except Exception as error:  # noqa: BLE001 - whatever it is, a reader must not see it
                wrong.append(error)
                return
            seen.append((len(table.rows), sorted(set(values(table)))))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 6):
        publishing.publish_to(server, numbered(number))
    over.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert {len(builds) for _, builds in seen} == {1}
    assert {rows for rows, _ in seen} == {800}
    assert seen[-1][1] == ['"5"']


def test_builds_that_follow_each_other_lose_nothing(server: RemoteStore) -> None:
    for number in range(6):
        build = numbered(number)
        publishing.publish_to(server, build)
        for graph, triples in build.items():
            assert set(server.triples(graph)) == set(triples)


def test_a_build_that_breaks_off_leaves_the_last_one_and_nothing_else(
    server: RemoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing.publish_to(server, numbered(1, 5))
    write, written = RemoteStore.write, []

    def stop_after_two(store: RemoteStore, graph: NamedNode, lines: list[str]) -> None:
        write(store, graph, lines)
        written.append(graph)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(RemoteStore, "write", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        publishing.publish_to(server, numbered(2, 5))
    assert set(values(server.select(EVERYTHING, [ONE, OTHER]))) == {'"1"'}
    assert [len(server.told(EVERYTHING, [graph]).rows) for graph in written] == [0, 0]
    assert server.begun() == []


def test_what_a_killed_build_left_is_removed_a_day_later_and_not_before(server: RemoteStore) -> None:
    builds = ("000000000001-abcd", "999999999999-abcd")
    old, new = (publishing._own(server, build, [ONE])[0] for build in builds)
    for graph, build in zip((old, new), builds, strict=True):
        server.update(f"INSERT DATA {copied.note(build, copied.BEGAN)}")
        server.write(graph, [f"{A} {HAS} {B} ."])
    publishing.publish_to(server, numbered(1, 5))
    assert [len(server.told(EVERYTHING, [graph]).rows) for graph in (old, new)] == [0, 1]
    publishing._remove(server, builds[1], [new])


def test_a_graph_that_becomes_empty_is_empty(server: RemoteStore) -> None:
    publishing.publish_to(server, numbered(1, 5))
    publishing.publish_to(server, {**numbered(2, 5), OTHER: []})
    assert len(server.select(EVERYTHING, [OTHER]).rows) == 0
    assert set(values(server.select(EVERYTHING, [ONE]))) == {'"2"'}


def test_a_build_that_is_refused_leaves_the_server_as_it_was(
    addresses: Servers, knowledge: Knowledge, tmp_path: Path
) -> None:
    """It is refused when it would forget a city unasked, and when a city has problems."""
    url, city = addresses["oxigraph"], tmp_path / "9901"
    shutil.copytree(ROOT / "tests" / "fixtures" / "9901-kota-contoh", city)
    build_on_server([city], url, knowledge, fresh=True)
    with pytest.raises(NotPossible, match=r"holds 9901 too.*--fresh"):
        build_on_server([KUPANG], url, knowledge)
    with (city / "observations.csv").open("a", encoding="utf-8") as rows:
        rows.write("no-such-indicator,1,,,\n")
    with pytest.raises(ProblemsFound):
        build_on_server([city], url, knowledge)
    assert held(url, knowledge) == ["9901"]


def held(url: str, knowledge: Knowledge) -> list[str]:
    rows = named(catalogue(knowledge), "cities").ask(open_store(url), {}).rows
    return [str(row["city"]).rstrip(">").rpartition("/")[2] for row in rows]


def test_virtuoso_wants_to_know_who_writes_and_takes_no_wrong_password(
    addresses: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for password in ("wrong", ""):
        monkeypatch.setenv("SCKG_SERVER_PASSWORD", password)
        if not password:
            monkeypatch.delenv("SCKG_SERVER_USER")
        with pytest.raises(ServerProblem) as told:
            RemoteStore(addresses["virtuoso"]).replace_graph(ONE, [Triple(A, HAS, B)])
        assert told.value.problem.code == "server-refuses-credentials"
        RemoteStore(addresses["virtuoso"]).select(EVERYTHING, [ONE])  # reading asks for nothing


@pytest.mark.parametrize(("name", "answers"), [("oxigraph", True), ("virtuoso", False), ("fuseki", True)])
def test_what_is_peculiar_is_seen_without_being_told(name: str, answers: bool, addresses: Servers) -> None:
    assert RemoteStore(addresses[name]).server.answers is answers


def test_services_elsewhere_are_named(addresses: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose services fit no known layout, and that has no graph store protocol, is written by updates."""
    url = addresses["oxigraph"]
    monkeypatch.setenv("SCKG_SERVER_QUERY", f"{url}/query")
    monkeypatch.setenv("SCKG_SERVER_UPDATE", f"{url}/update")
    store = RemoteStore(f"{url}/some/where")
    store.replace_graph(ONE, WORDS)
    assert store.server.graphs == ()
    assert sorted(map(str, store.triples(ONE))) == sorted(map(str, WORDS))
    monkeypatch.setenv("SCKG_SERVER_UPDATE", "http://example.org/update")
    with pytest.raises(NotPossible, match="SCKG_SERVER_UPDATE"):
        RemoteStore(url).select(EVERYTHING, [ONE])


def test_a_server_of_the_tests_listens_on_this_machine_only(server: RemoteStore) -> None:
    assert address(server).startswith("http://127.0.0.1:")
    with suppress(FileNotFoundError):
        listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        assert f"00000000:{server._client.home.port:04X}" not in {line.split()[1] for line in listening}
