"""What a line that cannot be read looks like → words for what a person meant with it."""

import re
from collections.abc import Callable

from gateway.language.matchers import comparison

Words = tuple[str, str]
_EQUALS = re.compile(r"\s*(?:- )?([\w-]+) *= *(\S.*)")
_BRACKETS = re.compile(r"[\w.#*-]+\[[^\]]*\][^\s,}\]]*")
_NUMBERED = re.compile(r"(?<=\w)\[([0-9]+)\]")
_STAR = re.compile(r"\*[\w.-]+")
_PLACEHOLDER = re.compile(r"\$\{?\{([A-Za-z][A-Za-z0-9_]*)\}?\}")
_FILLED = re.compile(r"\btext: *([^\s\"',]*\{\w+\}[^\s\"',}]*)")
_CALL = re.compile(r"\bjs: *[^,}]*\(")
_PARAMETER = re.compile(r"\?([\w-]+)")
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
    if (dotted := _NUMBERED.sub(r".\1", found[0])) != found[0]:
        return "A place in a list stands behind a dot here.", f"Write {dotted}"
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


def _filled_in(_: str, line: str, column: int) -> Words | None:
    """A place for a value that another program fills in, like ${NAME}."""
    found = next((one for one in _PLACEHOLDER.finditer(line) if one.start() < column <= one.end()), None)
    if found is None:
        return None
    hint = f"Write {{ secret: {found[1].lower()} }} where a secret belongs; else the value itself."
    return "Nothing is filled in here from elsewhere.", hint


def _question_mark(said: str, line: str, column: int) -> Words | None:
    found = _PARAMETER.match(line, column - 1) if "node content" in said else None
    if found is None:
        return None
    hint = f"Write {found[1]} for a parameter's name; or put all of it into quotes."
    return "A value cannot begin with ? without quotes.", hint


def _other_bracket(said: str, line: str, column: int) -> Words | None:
    """A bracket that the line closes with another one."""
    if "node content" not in said or line[column - 1 : column] not in ("}", "]"):
        return None
    wanted = {"[": "]", "{": "}"}
    opened = [char for char in line[: column - 1] if char in wanted]
    for char in line[: column - 1]:
        if char in wanted.values() and opened:
            opened.pop()
    if not opened:
        return None
    return f"A {opened[-1]} is not closed.", f"Close it with {wanted[opened[-1]]} before this {line[column - 1]}."


def _braces(said: str, line: str, column: int) -> Words | None:
    """A text like `{plan}-{rank}`."""
    found = next((one for one in _FILLED.finditer(line) if one.start(1) < column <= one.end(1) + 1), None)
    if ("same line" not in said and "expected ','" not in said) or found is None:
        return None
    return "A text with a { in it needs quotes here.", f'Write text: "{found[1]}"'


def _block(said: str, line: str, _: int) -> Words | None:
    """A text that begins like one of several lines."""
    found = re.search(r": +([|>] *[^\s|>+-].*)$", line)
    if found is None or "comment or a line break" not in said:
        return None
    return f"A value cannot begin with {found[1][0]} without quotes.", f'Put all of it into quotes: "{found[1]}".'


def _code(said: str, line: str, _: int) -> Words | None:
    if ("same line" not in said and "expected ','" not in said) or not _CALL.search(line):
        return None
    return "The path of a value belongs here, no code.", "Write names with dots between them: { js: window.shop.plan }."


_LOOKS: tuple[Callable[[str, str, int], Words | None], ...] = (
    _comparison,
    _code,
    _block,
    _braces,
    _equals,
    _open_quote,
    _quote_within,
    _brackets,
    _star,
    _filled_in,
    _question_mark,
    _other_bracket,
)
