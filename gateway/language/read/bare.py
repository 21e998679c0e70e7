"""Warnings where what a trigger wants is a plain text or number, and reads as if more were meant."""

import re

from gateway.language.container import Matcher, Variable
from gateway.language.matchers import EXACT, comparison, words
from gateway.language.nodes import text, texts
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.names import Names
from gateway.language.texts import NUMBER
from gateway.problems import quoted

_PRESENT = frozenset({"present", "exists", "defined", "there"})
_EVERY = frozenset({"all", "any", "every"})
_OR = re.compile(r"\s+or\s+|\s*\|+\s*|\s*,\s*")
_MONEY = re.compile(
    r"(?:^|[._-])(?:value|price|total|subtotal|revenue|amount|sum|turnover|worth|cost|preis|wert|summe|betrag|umsatz)$"
)
_PATTERN = re.compile(r"^/?\^|\\[./dwsbDWS$+?()-]|\[(?:a-z|A-Z|0-9)|\(\?")
_SLASHES = re.compile(r"/(.+)/([gimsuy]*)")
PLAIN = (*EXACT, "contains", "starts_with", "ends_with", "like")


def bare_word(name: Text, node: Node, variable: Variable | None, names: Names) -> None:
    """A bare value that reads as if more were meant."""
    word = text(node)
    several = [part for part in _OR.split(word) if part] if name.text == "event" else []
    if (said := comparison(word)) and (variable is None or variable.type == "text"):
        message = f"This asks whether {quoted(name.text)} is the text {quoted(word)}."
        names.warn(node.place, "bare-word", message, f"Write {said}; or {{ is: … }} with the text, if it is meant.")
    if isinstance(node, Text) and node.quoted:
        return
    if word in _PRESENT or word in words():
        meant = "present: true" if word in _PRESENT else f"{word}: …"
        message = f"This asks whether {quoted(name.text)} is the text {quoted(word)}."
        names.warn(node.place, "bare-word", message, f"Write {{ {meant} }}; or put the text in quotes, if it is meant.")
    elif len(several) > 1 or (several and word in _EVERY):
        message = f"This asks for one event with the name {quoted(word)}."
        meant = f"one_of: [{', '.join(several)}]" if len(several) > 1 else 'like: "*"'
        names.warn(node.place, "bare-word", message, f"Write {{ {meant} }}; or put the name in quotes, if it is meant.")
    elif variable and _is_amount(variable) and NUMBER.fullmatch(word) and float(word):
        message = f"This asks whether {quoted(name.text)} is {word} exactly."
        hint = f"Write {{ at_least: {word} }} if more will do too; {{ is: {word} }} if not."
        names.warn(node.place, "bare-word", message, hint)


def _is_amount(variable: Variable) -> bool:
    """What is called like money, of which hardly anybody means one exact sum."""
    is_called = any(_MONEY.search(word.casefold()) for word in (variable.name, variable.source))
    return variable.type == "number" and is_called and variable.kind not in ("constant", "lookup", "random")


def pattern_for_text(matcher: Matcher, node: Node, names: Names) -> bool:
    """A pattern where a text is compared letter by letter; whether there is one."""
    if matcher.word not in PLAIN:
        return False
    wanted = (node,) if isinstance(node, Text) else texts(node)
    found = [word for word in wanted if _PATTERN.search(word.text) or (matcher.word != "like" and ".*" in word.text)]
    for word in found:
        said = "not_matches" if matcher.negated else "matches"
        message = f"{quoted(word.text)} is compared letter by letter here, with all its signs."
        hint = f"Write {{ {said}: '{inside_slashes(word.text) or word.text}' }}, if it is a pattern."
        names.warn(word.place, "pattern-as-text", message, hint)
    return bool(found)


def inside_slashes(pattern: str) -> str:
    """A pattern as other programs write it, /like this/i, as it is written here; nothing for any other."""
    found = _SLASHES.fullmatch(pattern)
    if found is None:
        return ""
    inner = found[1]
    is_one = found[2] or inner.startswith("^") or inner.endswith("$") or "\\/" in inner
    return inner.replace("\\/", "/") if is_one else ""
