"""Each component of SHACL Core in SPARQL: where it is violated, and when it holds of a node.

Variables take a number where shapes nest, so that an inner pattern never meets an outer one's value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyoxigraph import Literal

from sckg import names
from sckg.compile.datatypes import has_datatype
from sckg.compile.forms import Constraint, Path, Value

SUBCLASS = f"<{names.RDF}type>/<{names.RDFS}subClassOf>*"
_COMPARE = {"minInclusive": ">=", "maxInclusive": "<=", "minExclusive": ">", "maxExclusive": "<"}
_COMPARE_PAIR = {"lessThan": "<", "lessThanOrEquals": "<="}
_KINDS = {"IRI": "isIRI", "BlankNode": "isBlank", "Literal": "isLiteral"}


def violations(constraint: Constraint, focus: str, depth: int = 0) -> list[tuple[str, str]]:
    """Return group patterns that match where the constraint is violated, each with the variable of the bad value.

    The variable is empty where the component is about all values together. The caller reaches the focus node.
    """
    word, value = _word(constraint), _variable("value", depth)
    if word in {"minCount", "qualifiedMinCount", "hasValue"}:
        (test,) = holds(constraint, focus, depth)
        return [(f"FILTER NOT {test}" if test.startswith("EXISTS") else f"FILTER(!{test})", "")]
    if word in {"maxCount", "qualifiedMaxCount"}:
        return [(_at_least(constraint, focus, _count(constraint) + 1, depth), "")]
    if word == "uniqueLang":
        return [(_same_language(focus, str(constraint.path), depth), "")]
    if word == "closed":
        return [(_beside_allowed(constraint, focus, depth), value)]
    if constraint.path is None:
        found = [(f"FILTER(!{_accepts(constraint, focus, focus, depth)})", focus)]
    else:
        reached = f"{focus} {constraint.path} {value} ."
        found = [(f"{reached} FILTER(!{_accepts(constraint, focus, value, depth)})", value)]
    if word == "equals":
        among = f"sameTerm({focus}, {value})" if constraint.path is None else _exists(focus, constraint.path, value)
        found.append((f"{focus} {constraint.operands[0]} {value} . FILTER(!{among})", value))
    return found


def holds(constraint: Constraint, focus: str, depth: int = 0) -> list[str]:
    """Return expressions that are all true when the constraint holds of the focus node; none is ever an error."""
    word = _word(constraint)
    if constraint.via:
        inner = _variable("focus", depth)
        reached = f"{focus} {constraint.via} {inner} ."
        found = violations(replace(constraint, via=None), inner, depth)
        return [f"NOT EXISTS {{ {reached} {pattern} }}" for pattern, _ in found]
    if word in {"minCount", "qualifiedMinCount"}:
        return [f"EXISTS {{ {_at_least(constraint, focus, _count(constraint), depth)} }}"]
    if word == "hasValue":
        wanted = constraint.operands[0]
        return [_exists(focus, constraint.path, wanted) if constraint.path else f"sameTerm({focus}, {wanted})"]
    if constraint.path is None and word not in {"closed", "equals"}:
        return [_accepts(constraint, focus, focus, depth)]
    return [f"NOT EXISTS {{ {pattern} }}" for pattern, _ in violations(constraint, focus, depth)]


def _word(constraint: Constraint) -> str:
    return constraint.component.value.rpartition("#")[2]


def _variable(word: str, depth: int) -> str:
    return f"?{word}{depth or ''}"


def _count(constraint: Constraint) -> int:
    return int(constraint.operands[0].value)


def _exists(subject: str, path: Path | Value, value: object) -> str:
    return f"EXISTS {{ {subject} {path} {value} }}"


def _at_least(constraint: Constraint, focus: str, count: int, depth: int) -> str:
    """Return a pattern that matches when the focus node has so many values (that conform, for a qualified count)."""
    value, other, number = (_variable(word, depth) for word in ("value", "other", "count"))
    found = f"{focus} {constraint.path} {value} ."
    if constraint.shapes:
        counted, *siblings = (_conforms(shape, value, depth) for shape in constraint.shapes)
        found += f" FILTER({' && '.join([counted, *(f'!{sibling}' for sibling in siblings)])})"
    if count == 1:
        return found
    if count == 2 and not constraint.shapes:  # noqa: PLR2004 - a pair is cheaper than counting
        return f"{found} {focus} {constraint.path} {other} . FILTER(!sameTerm({value}, {other}))"
    return (
        f"{{ SELECT {focus} (COUNT(DISTINCT {value}) AS {number}) WHERE {{ {found} }} GROUP BY {focus} }}"
        f" FILTER({number} >= {count})"
    )


def _same_language(focus: str, path: str, depth: int) -> str:
    value, other = _variable("value", depth), _variable("other", depth)
    return (
        f"{focus} {path} {value}, {other} . FILTER(!sameTerm({value}, {other}) && LANG({value}) != ''"
        f" && LCASE(LANG({value})) = LCASE(LANG({other})))"
    )


def _beside_allowed(constraint: Constraint, focus: str, depth: int) -> str:
    value, node, used = _variable("value", depth), _variable("node", depth), _variable("property", depth)
    reached = f"{focus} {constraint.path} {node} . {node}" if constraint.path else focus
    return f"{reached} {used} {value} . FILTER({used} NOT IN ({', '.join(map(str, constraint.operands))}))"


def _conforms(shape: tuple[Constraint, ...], node: str, depth: int) -> str:
    tests = [test for constraint in shape for test in holds(constraint, node, depth + 1)]
    return f"({' && '.join(tests) or 'true'})"


def _accepts(constraint: Constraint, focus: str, value: str, depth: int) -> str:
    """Return an expression, ready to be negated, that is true of a value that the component lets pass."""
    word, operands = _word(constraint), constraint.operands
    if word in _LOGIC:
        return _LOGIC[word]([_conforms(shape, value, depth) for shape in constraint.shapes])
    if word in _COMPARE:
        return f"COALESCE({value} {_COMPARE[word]} {operands[0]}, false)"
    if word in _COMPARE_PAIR:
        other = _variable("other", depth)
        bad = f"!COALESCE({value} {_COMPARE_PAIR[word]} {other}, false)"
        return f"(NOT EXISTS {{ {focus} {operands[0]} {other} . FILTER({bad}) }})"
    if word in {"equals", "disjoint"}:
        return f"({'NOT ' if word == 'disjoint' else ''}{_exists(focus, operands[0], value)})"
    return f"({_TESTS[word](operands, value)})"


_LOGIC: dict[str, Callable[[list[str]], str]] = {
    "node": lambda tests: tests[0],
    "not": lambda tests: f"(!{tests[0]})",
    "and": lambda tests: f"({' && '.join(tests)})",
    "or": lambda tests: f"({' || '.join(tests)})",
    "xone": lambda tests: f"({' + '.join(f'IF({test}, 1, 0)' for test in tests)} = 1)",
}


def _languages(operands: tuple[Value, ...], value: str) -> str:
    tests = [f"LANGMATCHES(LANG({value}), {Literal(language.value)})" for language in operands]
    return f"COALESCE({' || '.join(tests) or 'false'}, false)"


def _kinds(operands: tuple[Value, ...], value: str) -> str:
    return " || ".join(f"{_KINDS[kind]}({value})" for kind in operands[0].value.rpartition("#")[2].split("Or"))


def _length(sign: str) -> Callable[[tuple[Value, ...], str], str]:
    return lambda operands, value: (
        f"COALESCE(!isBlank({value}) && STRLEN(STR({value})) {sign} {operands[0].value}, false)"
    )


def _matches(operands: tuple[Value, ...], value: str) -> str:
    pattern, flags = operands
    return f"COALESCE(!isBlank({value}) && REGEX(STR({value}), {pattern}{f', {flags}' if flags.value else ''}), false)"


_TESTS: dict[str, Callable[[tuple[Value, ...], str], str]] = {
    "in": lambda operands, value: " || ".join(f"sameTerm({value}, {one})" for one in operands) or "false",
    "datatype": lambda operands, value: has_datatype(value, operands[0]),
    "class": lambda operands, value: f"EXISTS {{ {value} {SUBCLASS} {operands[0]} }}",
    "nodeKind": _kinds,
    "languageIn": _languages,
    "minLength": _length(">="),
    "maxLength": _length("<="),
    "pattern": _matches,
}
