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
TEXT = Path("scripts") / "audit-page.md"  # what the page says around the rules


def page(knowledge: Knowledge) -> str:
    """Return the text of the page."""
    model = read_model(knowledge)
    kinds = named(catalogue(knowledge), "claim-kinds").ask(model, {}).rows
    table = "\n".join(f"| `{plain(row['kind'])}` | {plain(row['columns'])} |" for row in kinds)
    rules = audit_rules(knowledge)
    told = (f"\n## {group.replace('-', ' ').capitalize()}\n\n{_told(some)}" for group, some in _by_class(rules))
    return (shipped() / TEXT).read_text(encoding="utf-8").replace("{kinds}", table).replace("{rules}", "".join(told))


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
