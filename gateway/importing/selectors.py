"""Conditions on what was clicked → one CSS selector, so that the page tells of nothing else."""

from collections.abc import Iterable, Mapping

from gateway.importing.source import Condition

ANY = "*"
_OPERATORS = {"is": "=", "contains": "*=", "starts_with": "^=", "ends_with": "$="}


def selected(
    conditions: Iterable[Condition], attributes: Mapping[str, str], elements: Iterable[str], otherwise: str
) -> tuple[str, tuple[Condition, ...]]:
    """The selector, and the conditions that it cannot say. `attributes`: variable → attribute; `elements`:
    the variables that are the element itself; `otherwise`: where nothing narrows it down."""
    whole, parts, left = "", [], []
    for condition in conditions:
        plain = "{{" not in condition.wanted and condition.wanted != ""
        # Of any element it would be true of one around what was clicked, the page as a whole at last.
        plain &= not (condition.negated and otherwise == ANY)
        if plain and condition.word == "selector" and condition.variable in elements and not whole:
            whole = f":not({condition.wanted})" if condition.negated else condition.wanted.strip()
        elif plain and condition.word in _OPERATORS and condition.variable in attributes:
            parts.append(_attribute(attributes[condition.variable], condition))
        else:
            left.append(condition)
    return _together(whole, "".join(parts), otherwise), tuple(left)


def quoted_attribute(name: str, wanted: str) -> str:
    """The selector of an element whose attribute is exactly this; empty where nothing is wanted."""
    return f"[{name}={_quoted(wanted)}]" if wanted else ""


def _quoted(said: str) -> str:
    """A text in single quotes, which need no others around them in YAML's double ones."""
    escaped = said.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _attribute(name: str, condition: Condition) -> str:
    said = f"[{name}{_OPERATORS[condition.word]}{_quoted(condition.wanted)}{' i' if condition.ignore_case else ''}]"
    return f":not({said})" if condition.negated else said


def _together(whole: str, parts: str, otherwise: str) -> str:
    kind = otherwise.removesuffix(ANY)
    if whole and (kind or parts):
        return f"{kind}:is({whole}){parts}"
    return whole or kind + parts or otherwise
