"""What a line that cannot be read looks like → words for what a person meant with it."""

import re
from collections.abc import Callable

from gateway.language.matchers import comparison

Words = tuple[str, str]
_EQUALS = re.compile(r"\s*(?:- )?([\w-]+) *= *(\S.*)")
_BRACKETS = re.compile(r"[\w.#*-]+\[[^\]]*\][^\s,}\]]*")
_STAR = re.compile(r"\*[\w.-]+")
_QUOTE_WITHIN = re.compile(r"'([^'\",]*)'([^',}\s][^',}]*)'([^',}]*)'")


def looks_like(said: str, line: str, column: int) -> Words | None:
    """Words and a hint. `said`: PyYAML's own, about this column."""
    return next((words for look in _LOOKS if (words := look(said, line, column))), None)


def _comparison(said: str, line: str, column: int) -> Words | None:
    rest = line[column - 1 :]
    if "start any token" not in said or rest[:1] not in ("<", ">", "="):
        return None
    wanted = comparison(re.split(r"[,}\]]", rest)[0].strip())
    return "Comparisons are words here.", f"Write {wanted or 'at_least, more_than, at_most or less_than'}."


def _equals(said: str, line: str, _: int) -> Words | None:
    found = _EQUALS.fullmatch(line.rstrip()) if re.search("above|expected ':'", said) else None
    return ("A colon stands between a key and its value.", f"Write {found[1]}: {found[2]}") if found else None


def _open_quote(said: str, line: str, _: int) -> Words | None:
    if "expected ','" not in said or line.count('"') % 2 == 0:
        return None
    return "A quote is not closed.", "Put the same quote at the end of the text."


def _brackets(said: str, line: str, column: int) -> Words | None:
    """A selector like `a[href]`."""
    found = next((one for one in _BRACKETS.finditer(line) if one.start() < column <= one.end()), None)
    if "same line" not in said or found is None:
        return None
    quote = "'" if '"' in found[0] else '"'
    return "A text with a [ in it needs quotes here.", f"Write {quote}{found[0]}{quote}"


def _quote_within(said: str, line: str, _: int) -> Words | None:
    found = _QUOTE_WITHIN.search(line) if "same line" in said else None
    if found is None:
        return None
    return "This text ends at the ' within it.", f'Write it in double quotes: "{found[0][1:-1]}"'


def _star(said: str, line: str, column: int) -> Words | None:
    found = _STAR.match(line, column - 1) if "scanning an al" in said else None
    if found is None:
        return None
    return "A value cannot begin with * without quotes.", f'Put it in quotes: "{found[0]}".'


_LOOKS: tuple[Callable[[str, str, int], Words | None], ...] = (
    _comparison,
    _equals,
    _open_quote,
    _quote_within,
    _brackets,
    _star,
)
