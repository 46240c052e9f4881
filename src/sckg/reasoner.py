"""Is the ontology consistent, with the data or without? HermiT decides, Pellet explains.

Both come with owlready2, which only this module imports, and both need Java. They are run by their own commands:
owlready2's function asks HermiT to order every property too, which takes four times as long and answers nothing here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
MEMORY = "-Xmx2000M"
SECONDS = 300  # then a reasoner is given up
UNEXPLAINED = "Pellet, which explains, found no reason; leave out half of what was read and ask again."
_BUNDLED = Path(owlready2.__file__).parent
HERMIT = _BUNDLED / "hermit" / "HermiT.jar"
_HERMIT = "org.semanticweb.HermiT.cli.CommandLine"
_PELLET = os.pathsep.join(str(jar) for jar in sorted((_BUNDLED / "pellet").glob("*.jar")))


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
    begin = monotonic()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "given.rdf"
        file.write_bytes(ox.serialize(set().union(*given.values()), format=RdfFormat.RDF_XML) or b"")
        consistent, impossible = _hermit(java, file)
        seconds = monotonic() - begin
        doubtful = impossible if consistent else [""]
        because = "\n".join(_explanation(java, file, iri) for iri in doubtful)
    return Verdict({name: len(found) for name, found in given.items()}, consistent, tuple(impossible), because, seconds)


def find_java() -> str:
    """Return the path of Java: JAVA, the one of JAVA_HOME, or the one on the PATH. Raises NotPossible without one."""
    home = os.environ.get("JAVA_HOME")
    for wanted in (os.environ.get("JAVA"), f"{home}/bin/java" if home else None, "java"):
        if wanted and (found := shutil.which(wanted)):
            return found
    raise NotPossible(INSTALL)


def _hermit(java: str, file: Path) -> tuple[bool, list[str]]:
    """Return whether the file is consistent, and the classes that can have no member."""
    run = _run([java, MEMORY, "-cp", str(HERMIT), _HERMIT, "-k", "-N", "-U", file.as_uri()])
    if run is None:
        raise NotPossible(f"the reasoner had no answer after {SECONDS} seconds; give it less")
    if "Inconsistent ontology" in run.stderr:
        return False, []
    if run.returncode or "is satisfiable" not in run.stdout:
        raise NotPossible(f"the reasoner could not read what it was given: {_first_reason(run.stderr)}")
    listed = (line.strip() for line in run.stdout.splitlines() if line.startswith("\t"))
    return True, sorted(iri for iri in listed if iri != f"{names.OWL}Nothing")


def _explanation(java: str, file: Path, iri: str) -> str:
    """Return the axioms that contradict each other, or that leave a class empty, in Pellet's words."""
    asked = ["--unsat", iri] if iri else ["--inconsistent"]
    run = _run([java, MEMORY, "-cp", _PELLET, "pellet.Pellet", "explain", "--ignore-imports", *asked, str(file)])
    return (run.stdout.partition("Explanation(s):")[2].strip() if run else "") or UNEXPLAINED


def _run(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    """Return what a command did, or None when it took too long."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - no shell
    except subprocess.TimeoutExpired:
        return None


def _first_reason(output: str) -> str:
    """Return the sentence of a Java error, without its stack."""
    found = re.search(r"(?:Exception|Error): (.*?)(?=\n\s+at |\Z)", output, re.DOTALL)
    return " ".join((found[1] if found else output).split())
