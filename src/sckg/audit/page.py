"""The page ``docs/audit.md``, made from the headers of the audit rules and the kinds of claim in the model.

``python -m sckg.audit.page`` writes it; a test compares it with what is there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from sckg.assets import Knowledge, shipped
from sckg.audit.rules import AuditRule, audit_rules
from sckg.pipeline import read_model
from sckg.queries import catalogue, named
from sckg.render import plain

PAGE = Path("docs") / "audit.md"
_BEGIN = """# The evidence audit

Made from the headers of the rules in `rules/audit/` by `python -m sckg.audit.page`; correct the rule, not this page.

The audit reads what a city's documents say and tells where it cannot be true, is not supported, or hangs on something unsaid, with the
arithmetic. The same rules record the checks that ran and held. A doubt never changes a grade and never removes evidence.

    sckg audit cities/5371-kota-kupang                       before submitting: what a reader would doubt
    sckg audit cities/5371-kota-kupang --fail-on high        exit code 1 while a doubt of this severity is unanswered
    sckg query doubts --city 5371 --format csv               from a store: code, severity, about, message, message_id, computed, rule
    sckg query checks --city 5371                            what was checked, and what held
    sckg query robustness --city 5371                        what each grade and roll-up hangs on

## What it reads

Rows, sentences, factors and links as they are in the city's files, and `claims.csv`: one row for each thing that a sentence claims in a form
that can be computed with. `statements` holds the keys of the sentences, rows or factors that make the claim; `base` those of the figures that
it is computed with, which are not doubted themselves. `subject`, `relation`, `object`, `value`, `unit`, `count`, `total`, `lower`, `upper`,
`than`, `by` and `period` depend on the kind:

| kind | what the columns hold |
|---|---|
"""
_ANSWER = """
## Answering a doubt

A row of `responses.csv` answers a doubt; it then stays visible as answered:

| column | |
|---|---|
| `code` | the code of the doubt |
| `about` | the keys that it is about, as `sckg audit` prints them |
| `response` | `accepted`, `explained` or `corrected` |
| `by`, `date` | who answered, and when (2026-03-31) |
| `note` | why |

## A rule

A rule is a file of `rules/audit/<class>/`: a SELECT in SPARQL over the graphs that its header reads, or, where it is about many rows, in SQL over
the tables `observed` (observations), `asked` (indicators), `senses` (answers), `ranks` (grades), `kinds` and `waits`. Each of its rows is one
check that ran. `city` and `about` (IRIs with spaces between) are needed; `assessment`, `holds` and `severity` may be given; every other column can be
named in braces in the sentences of the header. Without `holds`, or where it is false, the row is a doubt; where it is true the check held.

    # message: {counted} of {total} is {percent}%, and not {value}% as printed. Which figure is right?

Things are named in a sentence by their key or their label, numbers are written as the language does. Severities: high, it cannot be true as it
stands, or a conclusion depends on it; medium, the document does not support it; low, a matter of form or something unsaid.

# The rules
"""


def page(knowledge: Knowledge) -> str:
    """Return the text of the page."""
    model = read_model(knowledge)
    kinds = named(catalogue(knowledge), "claim-kinds").ask(model, {}).rows
    table = "\n".join(f"| `{plain(row['kind'])}` | {plain(row['columns'])} |" for row in kinds)
    rules = audit_rules(knowledge)
    told = (f"\n## {group.replace('-', ' ').capitalize()}\n\n{_told(some)}" for group, some in _by_class(rules))
    return f"{_BEGIN}{table}\n{_ANSWER}{''.join(told)}"


def _by_class(rules: list[AuditRule]) -> Iterator[tuple[str, list[AuditRule]]]:
    return ((group, list(some)) for group, some in groupby(rules, key=lambda rule: rule.of_class))


def _told(rules: list[AuditRule]) -> str:
    return "\n".join(_rule(rule) for rule in rules)


def _rule(rule: AuditRule) -> str:
    lines = [f"### {rule.code}", "", f"`{rule.file}`, {rule.severity}", ""]
    for lang in ("en", "id"):
        words = ("Problem", "Remedy", "Limits") if lang == "en" else ("Masalah", "Tindak lanjut", "Batasan")
        fields = zip(words, ("problem", "remedy", "limits"), strict=True)
        lines.append(f"- **{rule.say('title', lang)}.**")
        lines += [f"  {word}: {rule.say(field, lang)}" for word, field in fields]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    (shipped() / PAGE).write_text(page(Knowledge.found()), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
