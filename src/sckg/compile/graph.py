"""The triples of shapes files, in the order they are written, and where each thing stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode

from sckg import names
from sckg.compile.forms import Node, NotCompilable, Value
from sckg.names import TYPE, shacl

_FIRST, _REST, _NIL = (NamedNode(names.RDF + local) for local in ("first", "rest", "nil"))
_CLASS, _SUBCLASS = NamedNode(f"{names.RDFS}Class"), NamedNode(f"{names.RDFS}subClassOf")
_IMPORTS, _ONTOLOGY = NamedNode(f"{names.OWL}imports"), NamedNode(f"{names.OWL}Ontology")
_OWL_CLASS = NamedNode(f"{names.OWL}Class")  # which OWL 2 says is a class of RDFS


class ShapesGraph:
    """All triples of the files, with the file that each subject stands in and the thing it is written inside."""

    def __init__(self) -> None:
        self._triples: dict[Node, dict[NamedNode, list[Value]]] = {}
        self._files: dict[Node, tuple[str, str]] = {}
        self._parents: dict[Node, Node] = {}
        self._read = 0

    def add(
        self, content: bytes, label: str, base: str = names.SHARED, kind: ox.RdfFormat = ox.RdfFormat.TURTLE
    ) -> None:
        """Read the content of one file; blank nodes get names that depend on nothing but the order of the files.

        Raises SyntaxError for a file that is broken.
        """
        text = content.decode(errors="replace")
        own: dict[str, BlankNode] = {}
        self._read += 1

        def named(node: Node) -> Node:
            if isinstance(node, NamedNode):
                return node
            return own.setdefault(node.value, BlankNode(f"f{self._read}n{len(own)}"))

        for quad in ox.parse(content, format=kind, base_iri=base):
            if isinstance(quad.subject, ox.Triple) or isinstance(quad.object, ox.Triple):
                continue  # statements about statements are no part of a shape
            subject = named(quad.subject)
            value = quad.object if isinstance(quad.object, Literal) else named(quad.object)
            self._files.setdefault(subject, (label, text))
            values = self._triples.setdefault(subject, {}).setdefault(quad.predicate, [])
            if value not in values:
                values.append(value)
            if isinstance(value, BlankNode):
                self._parents.setdefault(value, subject)

    def imports_beside(self, known: AbstractSet[str]) -> list[str]:
        """Return the ontologies that are imported and neither described here nor among those that are known."""
        wanted = {iri.value for node in self._triples for iri in self.of(node, _IMPORTS) if isinstance(iri, NamedNode)}
        here = {node.value for node, said in self._triples.items() if _ONTOLOGY in said.get(TYPE, ())}
        return sorted(wanted - here - known)

    def subjects(self) -> list[Node]:
        """Return everything that the files describe, in their order."""
        return list(self._triples)

    def about(self, node: Value) -> Mapping[NamedNode, list[Value]]:
        """Return what is said of a node; nothing of a literal."""
        return {} if isinstance(node, Literal) else self._triples.get(node, {})

    def of(self, node: Value, predicate: NamedNode) -> list[Value]:
        """Return the values of a property."""
        return self.about(node).get(predicate, [])

    def all(self, node: Value, local: str) -> list[Value]:
        """Return the values of a property of SHACL."""
        return self.of(node, shacl(local))

    def file(self, node: Node) -> str:
        """Return the name of the file that a node stands in."""
        return self._files[node][0]

    def says(self, node: Value, local: str) -> bool:
        """Return whether a property of SHACL has the value ``true``; another spelling of it is another term."""
        return Literal("true", datatype=NamedNode(f"{names.XSD}boolean")) in self.all(node, local)

    def is_off(self, node: Value) -> bool:
        """Return whether a shape or rule says ``sh:deactivated true``."""
        return self.says(node, "deactivated")

    def kinds(self, node: Value) -> set[Value]:
        """Return the classes of a node, with those above them as far as the files say."""
        left, seen = list(self.of(node, TYPE)), set[Value]()
        while left:
            kind = left.pop()
            if kind not in seen:
                seen.add(kind)
                left += [*self.of(kind, _SUBCLASS), *([_CLASS] if kind == _OWL_CLASS else [])]
        return seen

    def is_empty(self, node: Value) -> bool:
        """Return whether a shape is ``[ ]``, which asks for nothing: nobody can describe it anywhere else."""
        return isinstance(node, BlankNode) and not self.about(node)

    def is_class(self, node: Node) -> bool:
        """Return whether a shape is a class too, which makes its instances its targets."""
        return isinstance(node, NamedNode) and _CLASS in self.kinds(node)

    def items(self, node: Value, head: Value, word: str) -> list[Value]:
        """Return the members of an RDF list. Raises NotCompilable for one that is broken."""
        found: list[Value] = []
        seen: set[Value] = set()
        while head != _NIL:
            first, rest = self.of(head, _FIRST), self.of(head, _REST)
            if head in seen or len(first) != 1 or len(rest) != 1:
                raise self.refusal(node, f"{word} with a broken list", word)
            seen.add(head)
            found.append(first[0])
            head = rest[0]
        return found

    def refusal(self, node: Value, feature: str, word: str = "") -> NotCompilable:
        """Return the refusal of a feature, at the first line of its shape that has ``word``."""
        owner = self._owner(node)
        label, text = self._files.get(owner, ("", "")) if not isinstance(owner, Literal) else ("", "")
        shape = names.compact(owner.value) if isinstance(owner, NamedNode) else "a shape without a name"
        return NotCompilable(label, _line(text, owner, word or feature), shape, feature)

    def _owner(self, node: Value) -> Value:
        """Return the named thing that a blank node is written inside."""
        seen: set[Value] = set()
        while isinstance(node, BlankNode) and node in self._parents and node not in seen:
            seen.add(node)
            node = self._parents[node]
        return node


def _line(text: str, owner: Value, word: str) -> int:
    """Return the number of the first line at or after the beginning of ``owner`` that has ``word``."""
    lines = ["" if line.lstrip().startswith("#") else line for line in text.splitlines()]
    spelled = tuple(_spellings(text, owner))
    start = next((n for n, line in enumerate(lines) if line.lstrip().startswith(spelled)), 0) if spelled else 0
    local = re.escape(word.removeprefix("sh:"))
    wanted = re.compile(rf"[:#]{local}(?![\w-])" if word.startswith("sh:") else local)
    return next((n for n, line in enumerate(lines[start:], start) if wanted.search(line)), start) + 1


def _spellings(text: str, node: Value) -> Iterator[str]:
    """Yield the ways in which a file may begin a statement about ``node``."""
    if not isinstance(node, NamedNode):
        return
    yield f"<{node.value}>"
    for prefix, namespace in re.findall(r"(?i)@?prefix\s+([\w-]*):\s*<([^>]*)>", text):
        if namespace and node.value.startswith(namespace):
            yield f"{prefix}:{node.value[len(namespace) :]} "
