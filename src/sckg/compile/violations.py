"""Each component of SHACL Core in SPARQL: where it is violated, and when it holds of a node.

Variables take a number where shapes nest, so that an inner pattern never meets an outer one's value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoxigraph import Literal

from sckg import names
from sckg.compile.datatypes import has_datatype
from sckg.compile.forms import Asked, Constraint, Path, SparqlConstraint, Value
from sckg.compile.lists import among
from sckg.compile.paths import joined
from sckg.compile.queries import accepted_by, free_of
from sckg.compile.spelling import kept, value_of

SUBCLASS = f"<{names.RDF}type>/<{names.RDFS}subClassOf>*"
_COMPARE = {"minInclusive": ">=", "maxInclusive": "<=", "minExclusive": ">", "maxExclusive": "<"}
_COMPARE_PAIR = {"lessThan": "<", "lessThanOrEquals": "<="}
_KINDS = {"IRI": "isIRI", "BlankNode": "isBlank", "Literal": "isLiteral"}


@dataclass(frozen=True)
class Violation:
    """A group pattern that matches where a constraint is violated.

    ``value`` is the variable of the bad value, empty where the component is about all values together; ``path`` that
    of the property at fault, when it is not the path of the constraint; ``key`` an expression that tells two results
    apart which are otherwise the same.
    """

    pattern: str
    value: str = ""
    path: str = ""
    key: str = ""


def violations(constraint: Constraint, focus: str, depth: int = 0) -> list[Violation]:
    """Return the patterns of the violations of a constraint; the caller reaches the focus node."""
    word, value = _word(constraint), _variable("value", depth)
    if word in {"minCount", "qualifiedMinCount", "hasValue"}:
        (test,) = holds(constraint, focus, depth)
        return [Violation(f"FILTER NOT {test}" if test.startswith("EXISTS") else f"FILTER(!{test})")]
    if word in {"maxCount", "qualifiedMaxCount"}:
        return [Violation(_at_least(constraint, focus, _count(constraint) + 1, depth))]
    if word == "uniqueLang":
        return [Violation(_same_language(constraint, focus, depth), key=f"LCASE(LANG({value}))")]
    if word == "closed":
        used = _variable("property", depth)
        node = _variable("node", depth) if constraint.path else ""
        return [Violation(_beside_allowed(constraint, focus, depth), value, used, key=node)]
    if word in _COMPARE_PAIR and constraint.path:
        other = _variable("other", depth)
        pair = f"{focus} {constraint.path} {value} . {focus} {constraint.operands[0]} {other} ."
        pattern = f"{pair} FILTER(!{_compared(constraint, value, _COMPARE_PAIR[word], other)})"
        return [Violation(pattern, value, key=other)]
    if constraint.path is None:
        found = [Violation(f"FILTER(!{accepts(constraint, focus, focus, depth)})", focus)]
    else:
        reached = f"{focus} {constraint.path} {value} ."
        found = [Violation(f"{reached} FILTER(!{accepts(constraint, focus, value, depth)})", value)]
    if word == "equals":
        among = f"sameTerm({focus}, {value})" if constraint.path is None else _exists(focus, constraint.path, value)
        found.append(Violation(f"{focus} {constraint.operands[0]} {value} . FILTER(!{among})", value))
    return found


def holds(asked: Asked, focus: str, depth: int = 0) -> list[str]:  # noqa: PLR0911 - as below
    """Return expressions that are all true when the constraint holds of the focus node; none is ever an error."""
    if asked.via:
        inner = _variable("focus", depth)
        reached, once = f"{focus} {joined(asked.via)} {inner} .", replace(asked, via=())
        if isinstance(once, SparqlConstraint):
            return [f"NOT EXISTS {{ {reached} FILTER(!({' && '.join(holds(once, inner, depth))})) }}"]
        return [f"NOT EXISTS {{ {reached} {found.pattern} }}" for found in violations(once, inner, depth)]
    if isinstance(asked, SparqlConstraint):
        return [_query_holds(asked, focus, depth)]
    word = _word(asked)
    if word in {"minCount", "qualifiedMinCount"}:
        return [f"EXISTS {{ {_at_least(asked, focus, _count(asked), depth)} }}"]
    if word == "hasValue":
        wanted = _kept(asked, asked.operands[0])
        return [_exists(focus, asked.path, wanted) if asked.path else f"sameTerm({focus}, {wanted})"]
    if asked.path is None and word not in {"closed", "equals"}:
        return [accepts(asked, focus, focus, depth)]
    return [f"NOT EXISTS {{ {found.pattern} }}" for found in violations(asked, focus, depth)]


def _query_holds(asked: SparqlConstraint, focus: str, depth: int) -> str:
    if not asked.is_ask:
        return f"NOT EXISTS {{ {free_of(asked, focus, depth + 1)} }}"
    if asked.path is None:
        return accepted_by(asked, focus, focus, depth + 1)
    value = _variable("value", depth)
    reached = f"{focus} {asked.path} {value} ."
    return f"NOT EXISTS {{ {reached} FILTER(!({accepted_by(asked, focus, value, depth + 1)})) }}"


def _word(constraint: Constraint) -> str:
    return constraint.component.value.rpartition("#")[2]


def _variable(word: str, depth: int) -> str:
    return f"?{word}{depth or ''}"


def _count(constraint: Constraint) -> int:
    return int(constraint.operands[0].value)


def _kept(constraint: Constraint, value: Value) -> Value:
    """Return a term as the data have it, to be found as the very same."""
    return kept(value) if constraint.exact and isinstance(value, Literal) else value


def _exists(subject: str, path: Path | Value, value: object) -> str:
    return f"EXISTS {{ {subject} {path} {value} }}"


def _at_least(constraint: Constraint, focus: str, count: int, depth: int) -> str:
    """Return a pattern that matches when the focus node has so many values (that conform, for a qualified count)."""
    value, other, number = (_variable(word, depth) for word in ("value", "other", "count"))
    if constraint.path is None:  # the focus node is its only value
        return f"FILTER({_qualified(constraint, focus, depth) if count == 1 else 'false'})"
    found = f"{focus} {constraint.path} {value} ."
    if constraint.shapes:
        found += f" FILTER({_qualified(constraint, value, depth)})"
    if count == 1:
        return found
    if count == 2 and not constraint.shapes:  # noqa: PLR2004 - a pair is cheaper than counting
        return f"{found} {focus} {constraint.path} {other} . FILTER(!sameTerm({value}, {other}))"
    return (
        f"{{ SELECT {focus} (COUNT(DISTINCT {value}) AS {number}) WHERE {{ {found} }} GROUP BY {focus} }}"
        f" FILTER({number} >= {count})"
    )


def _qualified(constraint: Constraint, value: str, depth: int) -> str:
    """Return an expression that is true of a value that a qualified count counts."""
    counted, *siblings = (_conforms(shape, value, depth) for shape in constraint.shapes)
    return " && ".join([counted, *(f"!{sibling}" for sibling in siblings)])


def _same_language(constraint: Constraint, focus: str, depth: int) -> str:
    value, other = _variable("value", depth), _variable("other", depth)
    return (
        f"{focus} {constraint.path} {value} . {focus} {constraint.path} {other} ."
        f" FILTER(!sameTerm({value}, {other}) && LANG({value}) != '' && LCASE(LANG({value})) = LCASE(LANG({other})))"
    )


def _beside_allowed(constraint: Constraint, focus: str, depth: int) -> str:
    value, node, used = _variable("value", depth), _variable("node", depth), _variable("property", depth)
    reached = f"{focus} {constraint.path} {node} . {node}" if constraint.path else focus
    return f"{reached} {used} {value} . FILTER({used} NOT IN ({', '.join(map(str, constraint.operands))}))"


def _conforms(shape: tuple[Asked, ...], node: str, depth: int) -> str:
    tests = [test for constraint in shape for test in holds(constraint, node, depth + 1)]
    return f"({' && '.join(tests) or 'true'})"


def _compared(constraint: Constraint, value: str, sign: str, other: str) -> str:
    """Return an expression that is true when the two compare so; terms that have no order do not."""
    pairs = [(value, other)]
    if constraint.exact:
        pairs.append((value_of(value), other))
        if other.startswith("?"):
            pairs += [(value, value_of(other)), (value_of(value), value_of(other))]
    return f"COALESCE({', '.join(f'{a} {sign} {b}' for a, b in pairs)}, false)"


def accepts(constraint: Constraint, focus: str, value: str, depth: int) -> str:  # noqa: PLR0911 - one per component
    """Return an expression, ready to be negated, that is true of a value that the component lets pass."""
    word, operands = _word(constraint), constraint.operands
    if word in _LOGIC:
        return _LOGIC[word]([_conforms(shape, value, depth) for shape in constraint.shapes])
    if word in _COMPARE:
        return _compared(constraint, value, _COMPARE[word], str(operands[0]))
    if word in _COMPARE_PAIR:
        other = _variable("other", depth)
        bad = f"!{_compared(constraint, value, _COMPARE_PAIR[word], other)}"
        return f"(NOT EXISTS {{ {focus} {operands[0]} {other} . FILTER({bad}) }})"
    if word in {"equals", "disjoint"}:
        return f"({'NOT ' if word == 'disjoint' else ''}{_exists(focus, operands[0], value)})"
    if word == "datatype":
        return f"({has_datatype(value, operands[0], exact=constraint.exact)})"
    if word == "in":
        return f"({among(value, [_kept(constraint, one) for one in operands])})"
    return f"({_TESTS[word](operands, value)})"


_LOGIC: dict[str, Callable[[list[str]], str]] = {
    "node": lambda tests: tests[0],
    "not": lambda tests: f"(!{tests[0]})",
    "and": lambda tests: f"({' && '.join(tests) or 'true'})",
    "or": lambda tests: f"({' || '.join(tests) or 'false'})",
    "xone": lambda tests: f"({' + '.join(f'IF({test}, 1, 0)' for test in tests) or '0'} = 1)",
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
    "class": lambda operands, value: f"EXISTS {{ {value} {SUBCLASS} {operands[0]} }}",
    "nodeKind": _kinds,
    "languageIn": _languages,
    "minLength": _length(">="),
    "maxLength": _length("<="),
    "pattern": _matches,
}
