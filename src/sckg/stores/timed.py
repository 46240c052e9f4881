"""A store whose answers have a deadline: what a reader asks for cannot run for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

from pyoxigraph import NamedNode, Triple

from sckg.problems import NotPossible
from sckg.stores.base import Store, Table

Answer = TypeVar("Answer")


class TookTooLong(NotPossible):
    """The store did not answer before the deadline."""


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class TimedStore:
    """A store that is asked for an answer within some seconds, each time.

    pyoxigraph cannot be stopped inside a query, so the query runs in a thread that is left behind at the deadline.
    ``left_behind`` is called then: only the end of the process ends that thread.
    """

    store: Store
    seconds: float
    left_behind: Callable[[], None] = _nothing

    def select(self, text: str, graphs: Sequence[NamedNode]) -> Table:
        """Answer a SELECT over the union of the graphs. Raises TookTooLong at the deadline."""
        return self._in_time(lambda: self.store.select(text, graphs))

    def construct(self, text: str, graphs: Sequence[NamedNode]) -> Iterator[Triple]:
        """Yield the triples of a CONSTRUCT over the union of the graphs. Raises TookTooLong at the deadline."""
        yield from self._in_time(lambda: list(self.store.construct(text, graphs)))

    def replace_graph(self, graph: NamedNode, triples: Iterable[Triple]) -> int:
        """Put these triples in the place of the graph's own, however long that takes."""
        return self.store.replace_graph(graph, triples)

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """Yield the triples of one graph. Raises TookTooLong at the deadline."""
        deadline = time.monotonic() + self.seconds
        for triple in self.store.triples(graph):
            if time.monotonic() > deadline:
                raise self._too_long()
            yield triple

    def close(self) -> None:
        """Make what was written last."""
        self.store.close()

    def _in_time(self, ask: Callable[[], Answer]) -> Answer:
        answer: Future[Answer] = Future()
        Thread(target=_fill, args=(answer, ask), daemon=True).start()
        try:
            return answer.result(self.seconds)
        except TimeoutError:
            self.left_behind()
            raise self._too_long() from None

    def _too_long(self) -> TookTooLong:
        return TookTooLong(f"the answer took longer than {self.seconds:g} seconds; ask for less, such as one city")


def _fill(answer: Future[Answer], ask: Callable[[], Answer]) -> None:
    try:
        answer.set_result(ask())
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
        answer.set_exception(error)
