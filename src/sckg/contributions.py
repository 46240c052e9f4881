"""What one city contributes to each graph: what its files say, and what the rules conclude from that and the model.

A rule sees no other city. That is enough: no rule compares one city with another; what does is a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyoxigraph import NamedNode, Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.audit.running import Auditing
from sckg.compile import sparql
from sckg.pipeline import CATALOGUE, STAGES, grading_rules, rules
from sckg.stores.embedded import EmbeddedStore

Lines = Mapping[str, Sequence[str]]  # of each graph the lines of N-Triples, sorted
Text = tuple[str, Sequence[NamedNode]]  # of a rule, and the graphs that it reads
EVIDENCE = names.graph("evidence")
AUDIT = "doubts"  # written by rules that are SELECTs


class Deriving:
    """Derives the graphs of one city after the other, in a store that holds the model."""

    def __init__(self, store: EmbeddedStore, knowledge: Knowledge) -> None:
        self._store = store
        self._stages = dict(_stages(knowledge))
        self._auditing = Auditing(store, knowledge)
        self._needed = {graph for texts in self._stages.values() for _, reads in texts for graph in reads}
        self._needed |= self._auditing.reads

    def of(self, given: Lines) -> dict[str, list[str]]:
        """Return the graphs of a city, of which at least its evidence is given."""
        found = {graph: list(lines) for graph, lines in given.items()}
        for graph, lines in found.items():
            self._store.replace_by_lines(names.graph(graph), lines)
        for graph, texts in self._stages.items():
            if graph == AUDIT:
                found[graph] = sorted({*found.get(graph, ()), *self._audited(given)})
            elif graph not in given:
                found[graph] = as_lines(t for text, reads in texts for t in self._store.construct(text, reads))
                if names.graph(graph) in self._needed:
                    self._store.replace_by_lines(names.graph(graph), found[graph])
        return found

    def _audited(self, given: Lines) -> Iterable[str]:
        """Return what is doubted; of a city in rows SQL has said its part already."""
        return self._auditing.of_graph() if "grades" in given else self._auditing.of_city()


def as_lines(triples: Iterable[Triple]) -> list[str]:
    """Return triples as lines of N-Triples, sorted, each once."""
    return sorted({f"{triple} ." for triple in triples})


def _stages(knowledge: Knowledge) -> Iterator[tuple[str, list[Text]]]:
    folders = [(graph, folder) for _, graph, folder in STAGES] + [CATALOGUE]
    for graph, folder in folders:
        if graph == AUDIT:
            yield graph, []
        elif graph == "grades":
            texts = [text for rule in grading_rules(knowledge) for text in sparql.rule_texts(rule)]
            yield graph, [(text, [EVIDENCE]) for text in texts]
        else:
            yield graph, [(rule.text, rule.graphs()) for rule in rules(knowledge, folder)]
