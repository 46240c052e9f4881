"""The words that rows are read by, and what roll-ups add up, as small tables of SQL."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sckg import names
from sckg.evidence import CityEvidence
from sckg.names import TYPE, term
from sckg.queries import Query, named
from sckg.render import plain
from sckg.rows.engines import DuckDB, quoted
from sckg.stores.base import Store
from sckg.vocabulary import Vocabulary

NUMBER, WHOLE, TRUTH = "DECIMAL(36, 18)", "INTEGER", "BOOLEAN"


def load(engine: DuckDB, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Define a table of these columns and types; an empty cell or None is NULL."""
    with TemporaryDirectory(prefix="sckg-rows-") as room:
        path = Path(room) / "table.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        cells = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in columns.items())
        engine.define(name, f"SELECT {cells} FROM read_csv({quoted(path)}, all_varchar = true, header = true)")


def load_words(engine: DuckDB, words: Vocabulary) -> None:
    """Define the tables of the words that cells may be."""
    text = "VARCHAR"
    settings = {"base": text, "realised": text}
    load(engine, "settings", settings, [(names.data_base(), term("realised").value)])
    columns = {"slug": text, "iri": text, "key": text, "unit": text, "minimum": NUMBER, "maximum": NUMBER}
    load(
        engine, "indicators", columns | {"is_whole": TRUTH, "has_answers": TRUTH},
        (
            (slug, i.iri, i.key, i.unit, i.minimum, i.maximum, i.is_whole, bool(i.answers))
            for slug, i in words.indicators.items()
        ),
    )  # fmt: skip
    answers = ((s, word, iri) for s, i in words.indicators.items() for word, iri in i.answers.items())
    load(engine, "answers", {"indicator": text, "notation": text, "iri": text}, answers)
    grades = ((framework, word, iri) for framework, known in words.grades.items() for word, iri in known.items())
    load(engine, "grades_of", {"framework": text, "notation": text, "iri": text}, grades)
    load(engine, "statuses", {"notation": text, "iri": text}, words.terms_of("Status").items())


def load_places(engine: DuckDB, evidence: CityEvidence) -> None:
    """Define the tables of the cities, their sources and their assessments, as Turtle describes them."""
    text = "VARCHAR"
    cities, sources, assessments = [], [], []
    for iri, said in evidence.facts.items():
        kinds = said.get(TYPE.value, ())
        keys = iri.removeprefix(names.data_base()).split("/")
        if term("City").value in kinds:
            cities.append((keys[-1], iri))
        elif term("Assessment").value in kinds:
            city, framework = (evidence.first(iri, term(word)) for word in ("city", "framework"))
            assessments.append((iri, city, framework, evidence.year_of(iri)))
        elif keys[0] == "source":
            assessment = evidence.assessment_of(iri)
            framework = evidence.first(assessment, term("framework"))
            sources.append((keys[1], keys[-1], iri, assessment, evidence.year_of(assessment), framework))
    load(engine, "cities", {"code": text, "iri": text}, cities)
    columns = {"code": text, "slug": text, "iri": text, "assessment": text, "year": WHOLE, "framework": text}
    load(engine, "sources", columns, sources)
    load(engine, "assessments", {"assessment": text, "city": text, "framework": text, "year": WHOLE}, assessments)


def load_model(engine: DuckDB, store: Store, queries: Mapping[str, Query]) -> None:
    """Define the tables of profiles, bands and of what each indicator counts towards."""

    def rows(name: str) -> list[dict[str, str]]:
        return [{k: plain(v) for k, v in row.items()} for row in named(queries, name).ask(store, {}).rows]

    text = "VARCHAR"
    scales = {row["framework"]: row["scheme"] for row in rows("grade-scales") if "framework" in row}
    profiles = {row["profile"]: (row.get("framework", ""), row.get("scale", "")) for row in rows("profiles")}

    def adds_up(framework: str, scale: str) -> bool:
        return not scale or scales.get(framework, scale) == scale

    load(
        engine, "profiles", {"profile": text, "framework": text, "slug": text, "adds_up": TRUTH},
        ((p, f, p.rpartition("/")[2], adds_up(f, scale)) for p, (f, scale) in profiles.items()),
    )  # fmt: skip
    columns = {"band": text, "profile": text, "grade": text, "points": "DECIMAL(12, 4)", "signals": text}
    bands = ([row.get(name) for name in columns] for row in rows("band-points"))
    load(engine, "bands", columns, bands)
    columns = {"framework": text, "thing": text, "place": text, "indicator": text, "weight": "DECIMAL(12, 4)"}
    counted = [
        (r["framework"], r["thing"], "/".join(r["thing"].rsplit("/", 2)[1:]), r.get("indicator"), r.get("weight"))
        for r in rows("counted-under")
    ]
    load(engine, "counted", columns, counted)
