"""A text of SPARQL in tokens, so that variables and prefixes can be written out, and never a word in a string."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

_LOCAL = r"(?:[\w:-]|%[0-9A-Fa-f]{2}|\\[_~.!$&'()*+,;=/?#@%-]|\.(?=[\w:.%\\-]))*"
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*\''''
    r"""|<[^<>"{}|^`\\\s]*>|\#[^\n]*|\s+|[?$]\w+|(?:\w[\w.-]*)?:""" + _LOCAL + r"|\w+|.",
    re.DOTALL,
)
_PREFIXED = re.compile(r"((?:\w[\w.-]*)?):(.*)", re.DOTALL)
MOST_NESTED = 60  # braces and parentheses inside one another; a parser of SPARQL may end the process at some thousands


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a text, variables with a question mark and without comments.

    >>> "".join(tokens_of('ASK { $this ?p "$this" } # $this'))
    'ASK { ?this ?p "$this" } '
    """
    found = _TOKEN.findall(text)
    return [f"?{t[1:]}" if t[0] == "$" and len(t) > 1 else t for t in found if not t.startswith("#")]


def is_nested_too_deep(tokens: Iterable[str]) -> bool:
    """Return whether the braces and parentheses go deeper than a parser should be asked to follow."""
    depth = 0
    for token in tokens:
        depth += (token in {"{", "(", "["}) - (token in {"}", ")", "]"})
        if depth > MOST_NESTED:
            return True
    return False


def with_prefixes(tokens: Sequence[str], declared: Mapping[str, str]) -> list[str]:
    """Return the tokens with prefixed names as IRIs; those of prefixes that are not declared stay as they are."""
    known, body = {**declared}, list(tokens)
    while (head := significant(body)) and head[0].upper() == "PREFIX":
        at = [n for n, t in enumerate(body) if not t.isspace()][2]
        known[head[1].removesuffix(":")] = body[at].strip("<>")
        body = body[at + 1 :]
    return [_expanded(token, known) for token in body]


def _expanded(token: str, known: Mapping[str, str]) -> str:
    found = _PREFIXED.fullmatch(token) if token[0] not in "<\"'" else None
    if not found or found[1] == "_" or found[1] not in known:
        return token
    local = re.sub(r"\\(.)", r"\1", found[2])
    return f"<{known[found[1]]}{local}>"


def replaced(tokens: Iterable[str], change: Callable[[str], str]) -> list[str]:
    """Return the tokens with every variable changed by a function of its name."""
    return [change(token[1:]) if token[0] == "?" and len(token) > 1 else token for token in tokens]


def variables(tokens: Iterable[str]) -> set[str]:
    """Return the names of the variables among the tokens."""
    return {token[1:] for token in tokens if token[0] == "?" and len(token) > 1}


def significant(tokens: Iterable[str]) -> list[str]:
    """Return the tokens that are not space."""
    return [token for token in tokens if not token.isspace()]


def words(tokens: Iterable[str]) -> list[str]:
    """Return the tokens that are not space, in capitals."""
    return [token.upper() for token in significant(tokens)]


def select_clauses(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Yield what stands between each SELECT and its pattern."""
    for at, token in enumerate(tokens):
        if token.upper() == "SELECT":
            yield list(takewhile(lambda t: t != "{", tokens[at:]))


def outer_group(tokens: Sequence[str], number: int = 0) -> tuple[int, int]:
    """Return where the outermost group begins and ends, or another of the outermost by its number."""
    depth, start, seen = 0, 0, -1
    for at, token in enumerate(tokens):
        if token == "{":  # noqa: S105 - a token of SPARQL
            depth += 1
            if depth == 1:
                start, seen = at, seen + 1
        elif token == "}":  # noqa: S105 - as above
            depth -= 1
            if not depth and seen == number:
                return start, at
    raise ValueError(number)


def where_of(tokens: Sequence[str]) -> int:
    """Return the number of the outermost group that is the WHERE clause: a CONSTRUCT may have its triples before it."""
    return int(words(tokens)[:2] == ["CONSTRUCT", "{"])


def groups_with(tokens: Sequence[str], variable: str, start: int) -> Iterator[int]:
    """Yield the braces behind which a pattern belongs that binds the variable beforehand.

    Those of the pattern at ``start`` and of groups that mention the variable; not those of EXISTS, which sees the row
    outside, nor one that holds a subquery, whose own group follows.
    """
    still_open: list[int] = []
    for at, token in enumerate(tokens[start:], start):
        if token == "{":  # noqa: S105 - a token of SPARQL
            still_open.append(at)
        elif token == "}" and still_open:  # noqa: S105 - as above
            begun = still_open.pop()
            inside = tokens[begun + 1 : at]
            if words(reversed(tokens[:begun]))[:1] == ["EXISTS"] or words(inside)[:1] == ["SELECT"]:
                continue
            if begun == start or variable in inside:
                yield begun
