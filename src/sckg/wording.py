"""A grading rule in words that a planner reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from sckg import names
from sckg.assets import Knowledge
from sckg.compile import sparql
from sckg.pipeline import grading_rules, read_model
from sckg.problems import NotPossible, suggestion
from sckg.queries import Query, catalogue, named, refuse_unknown
from sckg.render import plain
from sckg.stores.base import Store

_LANG = {
    "en": {
        "at-least": "{low} or more", "below": "below {high}", "between": "from {low} to below {high}",
        "answered": "answered {answers}", "any": "any value", "basis": "basis: {basis}",
        "interval": "its lower edge may lie above {above} and up to {up_to} without changing a published grade",
        "kept": "kept in {file}", "norm": "{force}: {act}, {article}", "years": "for the years {from} to {until}",
        "onwards": "from {from} on", "source": "source: {source}",
    },
    "id": {
        "at-least": "{low} atau lebih", "below": "di bawah {high}", "between": "dari {low} sampai di bawah {high}",
        "answered": "dijawab {answers}", "any": "nilai apa pun", "basis": "dasar: {basis}",
        "interval": "batas bawah boleh di atas {above} sampai {up_to} tanpa mengubah nilai yang terbit",
        "kept": "tersimpan di {file}", "norm": "{force}: {act}, {article}",
        "years": "untuk tahun {from} sampai {until}", "onwards": "sejak {from}", "source": "sumber: {source}",
    },
}  # fmt: skip


def show_rule(knowledge: Knowledge, indicator: str, profile: str, form: str, lang: str) -> str:
    """Return the rules of an indicator in words, as their SHACL files, or as compiled SPARQL.

    Raises NotPossible when there is no such indicator, or no rule of the profile grades it.
    """
    store, queries = read_model(knowledge), catalogue(knowledge)
    slug = _slug(store, queries, indicator)
    refuse_unknown(store, queries, "profile", profile)
    values = {"indicator": slug, "profile": profile, "lang": lang}
    rows = named(queries, "rule-bands").ask(store, values).rows
    files = list(dict.fromkeys(plain(row["file"]) for row in rows))
    if not files:
        raise NotPossible(f"no rule{f' of {profile}' if profile else ''} grades '{slug}'")
    if form == "words":
        return in_words(store, queries, slug, profile, lang)
    if form == "shacl":
        texts = [p.read_text(encoding="utf-8").rstrip() for name in files for p in _found(knowledge, name)]
        return "\n\n".join(f"# {name}\n{text}" for name, text in zip(files, texts, strict=True))
    rules = [rule for rule in grading_rules(knowledge) if rule.file in files]
    return "\n".join(text for rule in rules for text in sparql.rule_texts(rule))


def _slug(store: Store, queries: Mapping[str, Query], indicator: str) -> str:
    rows = named(queries, "indicators").ask(store, {}).rows
    slugs = {plain(row["indicator"]).rpartition("/")[2]: plain(row["key"]) for row in rows}
    by_key = {key: slug for slug, key in slugs.items()}
    if indicator not in slugs and indicator not in by_key:
        hint = suggestion(indicator, [*slugs, *by_key]) or "'sckg query indicators' lists them."
        raise NotPossible(f"'{indicator}' is not an indicator. {hint}")
    return by_key.get(indicator, indicator)


def _found(knowledge: Knowledge, name: str) -> Iterator[Path]:
    yield from (p for root in knowledge.roots if (p := root / name).is_file())


def in_words(store: Store, queries: Mapping[str, Query], indicator: str, profile: str = "", lang: str = "en") -> str:
    """Return every rule of an indicator in words, best grade first, or an empty text when none grades it."""
    table = named(queries, "rule-bands").ask(store, {"indicator": indicator, "profile": profile, "lang": lang})
    rows = [{k: plain(v) for k, v in row.items()} for row in table.rows]
    blocks = [_rule(list(group), _LANG[lang]) for _, group in groupby(rows, key=lambda r: r["rule"])]
    return "\n\n".join(blocks)


def _rule(rows: list[dict[str, str]], say: Mapping[str, str]) -> str:
    first = rows[0]
    lines = [f"{first.get('key', '')} {first['label']} [{names.compact(first['profile'])}]".strip()]
    if first.get("act"):
        lines.append("  " + say["norm"].format(**{"force": "", "article": "", **first}))
    for row in rows:
        lines += [f"  {line}" for line in _band(row, say)]
    if first.get("source"):
        lines.append("  " + say["source"].format(source=names.compact(first["source"])))
    lines.append("  " + say["kept"].format(file=first["file"]))
    return "\n".join(lines)


def _band(row: Mapping[str, str], say: Mapping[str, str]) -> Iterator[str]:
    yield f"{row['grade_label']}: {_reach(row, say)} ({say['basis'].format(basis=row.get('basis_label', '?'))})"
    if row.get("lower_edge_up_to"):
        yield f"  {say['interval'].format(above=row.get('lower_edge_above', '...'), up_to=row['lower_edge_up_to'])}"
    if row.get("note"):
        yield f"  {row['note']}"


def _reach(row: Mapping[str, str], say: Mapping[str, str]) -> str:
    low, high, unit = row.get("lower"), row.get("upper"), row.get("unit", "")
    if row.get("answers"):
        return say["answered"].format(answers=row["answers"].replace(" ", ", "))
    shape = {(True, True): "between", (True, False): "at-least", (False, True): "below"}
    text = say[shape.get((bool(low), bool(high)), "any")].format(low=_trim(low), high=_trim(high))
    return f"{text} {unit}".strip()


def _trim(number: str | None) -> str:
    return (number or "").removesuffix(".0")
