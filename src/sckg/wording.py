"""A grading rule in words that a planner reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from sckg import names
from sckg.assets import Knowledge
from sckg.compile import sparql, sql
from sckg.pipeline import grading_rules, read_model
from sckg.problems import NotPossible, suggestion
from sckg.queries import Query, catalogue, named, refuse_unknown
from sckg.render import plain
from sckg.stores.base import Store

_LANG = {
    "en": {
        "at-least": "{low} or more", "below": "below {high}", "between": "from {low} to below {high}",
        "answered": "answered {answers}", "any": "any value", "basis": "basis: {basis}",
        "edge": "its lower edge may lie {where} without changing a published grade",
        "edge-between": "above {above} and up to {up_to}", "edge-up-to": "anywhere up to {up_to}",
        "edge-above": "anywhere above {above}",
        "kept": "kept in {file}", "norm": "{force}: {act}, {article}", "source": "source: {source}", "point": ".",
    },
    "id": {
        "at-least": "{low} atau lebih", "below": "di bawah {high}", "between": "dari {low} sampai di bawah {high}",
        "answered": "dijawab {answers}", "any": "nilai apa pun", "basis": "dasar: {basis}",
        "edge": "batas bawahnya boleh {where} tanpa mengubah nilai yang terbit",
        "edge-between": "di atas {above} sampai {up_to}", "edge-up-to": "di mana pun sampai {up_to}",
        "edge-above": "di mana pun di atas {above}",
        "kept": "tersimpan di {file}", "norm": "{force}: {act}, {article}", "source": "sumber: {source}", "point": ",",
    },
}  # fmt: skip


def show_rule(knowledge: Knowledge, indicator: str, profile: str, form: str, lang: str) -> str:
    """Return the rules of an indicator in words, as their SHACL files, or as compiled SPARQL or SQL.

    Raises NotPossible when there is no such indicator, or no rule of the profile grades it.
    """
    store, queries = read_model(knowledge), catalogue(knowledge)
    slug = _slug(store, queries, indicator)
    refuse_unknown(store, queries, "profile", profile)
    values = {"indicator": slug, "profile": profile, "lang": lang}
    rows = named(queries, "rule-bands").ask(store, values).rows
    files = list(dict.fromkeys(plain(row["file"]) for row in rows))
    if not files:
        which = f" of {profile}" if profile else ""
        raise NotPossible(f"no rule{which} grades '{slug}'; 'sckg query rules' lists what is graded")
    if form == "words":
        return in_words(store, queries, slug, profile, lang)
    if form == "shacl":
        texts = [p.read_text(encoding="utf-8").rstrip() for name in files for p in _found(knowledge, name)]
        return "\n\n".join(f"# {name}\n{text}" for name, text in zip(files, texts, strict=True))
    rules = [rule for rule in grading_rules(knowledge) if rule.file in files]
    if form == "sql":
        return "\n".join(sql.rule_text(rule) for rule in rules)
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
    above, up_to = (row.get(f"lower_edge_{edge}") for edge in ("above", "up_to"))
    if above or up_to:
        where = say["edge-between" if above and up_to else "edge-above" if above else "edge-up-to"]
        yield "  " + say["edge"].format(where=where.format(above=_number(above, say), up_to=_number(up_to, say)))
    if row.get("note"):
        yield f"  {row['note']}"


def _reach(row: Mapping[str, str], say: Mapping[str, str]) -> str:
    if row.get("answers"):
        return say["answered"].format(answers=row["answers"].replace(" ", ", "))
    low, high, unit = row.get("lower"), row.get("upper"), row.get("unit", "")
    shape = {(True, True): "between", (True, False): "at-least", (False, True): "below"}
    text = say[shape.get((bool(low), bool(high)), "any")]
    symbol, name = ("", row.get("unit_label", "").lower()) if "{" in unit else (unit, "")
    text = text.format(low=_number(low, say, symbol), high=_number(high, say, symbol))
    return f"{text}{', ' if re.search('[0-9]', name) else ' '}{name}".rstrip()


def _number(text: str | None, say: Mapping[str, str], symbol: str = "") -> str:
    """Return a number as the language writes it, with the symbol of its unit: 62.5%, or 62,5%; 8 Mbit/s."""
    number = (text or "").removesuffix(".0").replace(".", say["point"])
    return f"{number}{'' if symbol in {'', '%'} else ' '}{symbol}"
