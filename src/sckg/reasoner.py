"""Is the ontology consistent, with the data or without? HermiT decides, Pellet explains; both need Java.

This is the only module that imports owlready2, which brings both.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import owlready2
import pyoxigraph as ox
from pyoxigraph import RdfFormat, Triple

from sckg import names
from sckg.assets import Knowledge
from sckg.model import ontology_files
from sckg.problems import NotPossible, Problem, ProblemsFound, shown
from sckg.publish import GRAPHS
from sckg.stores.base import Store

INSTALL = "the reasoner needs Java; install it (Debian: apt-get install default-jdk-headless) or set JAVA to its path"
SECONDS = 300  # Pellet is given up after this: an explanation is help, not the verdict
UNEXPLAINED = "Pellet, which explains, found no reason; leave out half of what was read and ask again."
_BUNDLED = Path(owlready2.__file__).parent
HERMIT = _BUNDLED / "hermit" / "HermiT.jar"


@dataclass(frozen=True)
class Verdict:
    """What the reasoner found, and in what: the triples of each part it was given."""

    loaded: Mapping[str, int]
    is_consistent: bool
    impossible: tuple[str, ...]
    because: str
    seconds: float

    @property
    def holds(self) -> bool:
        """Return whether everything can be true together and every class can have a member."""
        return self.is_consistent and not self.impossible

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {size}" for name, size in self.loaded.items())
        lines = [f"HermiT read {sum(self.loaded.values())} triples in {self.seconds:.0f} s: {parts}"]
        if not self.is_consistent:
            lines.append("Inconsistent: these cannot all be true.")
        lines += [f"{names.compact(iri)} can have no member." for iri in self.impossible]
        if self.holds:
            lines.append("Consistent, and every class can have a member.")
        return "\n".join([*lines, *([self.because] if self.because else [])])


def classify(store: Store, knowledge: Knowledge) -> Verdict:
    """Reason over the ontology files and all graphs of a built store.

    Raises NotPossible without Java, or when the reasoner cannot read what it is given.
    """
    graphs = {name: store.triples(names.graph(name)) for name in (*GRAPHS, "catalogue")}
    return reason({"ontology": ontology(knowledge), **graphs})


def ontology(knowledge: Knowledge) -> set[Triple]:
    """Return the triples of all ontology files, axioms included. Raises ProblemsFound for a file that is not Turtle."""
    triples: set[Triple] = set()
    for path in ontology_files(knowledge):
        try:
            quads = ox.parse(path.read_bytes(), format=RdfFormat.TURTLE, base_iri=names.SHARED, rename_blank_nodes=True)
            triples.update(quad.triple for quad in quads)
        except SyntaxError as error:
            problem = Problem(shown(path), error.lineno or 0, "broken-turtle", f"{error.msg}.", "Correct it there.")
            raise ProblemsFound([problem]) from error
    return triples


def reason(parts: Mapping[str, Iterable[Triple]]) -> Verdict:
    """Ask whether the triples of all parts can be true together, and which classes can have no member."""
    java = find_java()
    given = {name: set(triples) for name, triples in parts.items()}
    triples = set().union(*given.values())
    begin = monotonic()
    consistent, impossible = _hermit(java, triples)
    seconds = monotonic() - begin
    doubtful = [""] if not consistent else impossible
    because = "\n".join(_explanation(java, triples, iri) for iri in doubtful)
    return Verdict({name: len(found) for name, found in given.items()}, consistent, tuple(impossible), because, seconds)


def find_java() -> str:
    """Return the path of Java: JAVA, the one of JAVA_HOME, or the one on the PATH. Raises NotPossible without one."""
    home = os.environ.get("JAVA_HOME")
    for wanted in (os.environ.get("JAVA"), f"{home}/bin/java" if home else None, "java"):
        if wanted and (found := shutil.which(wanted)):
            return found
    raise NotPossible(INSTALL)


def _hermit(java: str, triples: set[Triple]) -> tuple[bool, list[str]]:
    owlready2.JAVA_EXE = java
    world = owlready2.World()
    try:
        data = ox.serialize(triples, format=RdfFormat.N_TRIPLES)
        world.get_ontology(names.ONTOLOGY).load(fileobj=BytesIO(data or b""))
        owlready2.sync_reasoner_hermit(world, debug=0)
        return True, sorted(c.iri for c in world.inconsistent_classes() if c is not owlready2.Nothing)
    except owlready2.OwlReadyInconsistentOntologyError:
        return False, []
    except owlready2.OwlReadyJavaError as error:
        raise NotPossible(f"the reasoner could not read what it was given: {_first_reason(str(error))}") from error
    finally:
        world.close()


def _first_reason(output: str) -> str:
    """Return the sentence of a Java error, without its stack."""
    found = re.search(r"(?:Exception|Error): (.*?)(?=\n\s+at |\Z)", output, re.DOTALL)
    return " ".join((found[1] if found else output).split())


def _explanation(java: str, triples: set[Triple], iri: str) -> str:
    """Return the axioms that contradict each other, in Pellet's words, or nothing when it finds none."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "given.rdf"
        file.write_bytes(ox.serialize(triples, format=RdfFormat.RDF_XML) or b"")
        jars = os.pathsep.join(map(str, sorted((_BUNDLED / "pellet").glob("*.jar"))))
        asked = ["--unsat", iri] if iri else ["--inconsistent"]
        command = [java, "-Xmx2000M", "-cp", jars, "pellet.Pellet", "explain", "--ignore-imports", *asked, str(file)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - no shell
        except subprocess.TimeoutExpired:
            return UNEXPLAINED
    return run.stdout.partition("Explanation(s):")[2].strip() or UNEXPLAINED
