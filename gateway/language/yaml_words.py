"""What PyYAML says of a text it cannot read → the place and the words for a person."""

import re
from typing import Any

from gateway.language.braces import braces_missing, braces_within
from gateway.language.indentation import parent, spaces, wrong_spaces
from gateway.language.looks import looks_like
from gateway.language.pasted import as_pasted, not_of_the_file
from gateway.problems import Place, Problem

_ITEM = (
    "This list item does not stand where its list began.",
    "Give every - of one list the same number of spaces before it.",
)
_SAID = (
    (
        r"mapping values are not allowed.*above",
        "This line has no colon.",
        "Write a colon and a space after the key: name: value.",
    ),
    (
        r"mapping values are not allowed.*deeper",
        "This line is indented deeper than the line above it allows.",
        "Give it the same number of spaces as its neighbours, or end the line above with a colon.",
    ),
    (
        r"mapping values are not allowed",
        "A second colon on one line.",
        'Begin a new line for the next key, or put the text in quotes: name: "Shop: Berlin".',
    ),
    (
        r"could not find expected ':'",
        "A key without its colon.",
        "Write a colon and a space after the key: name: value.",
    ),
    (
        r"but found '[\]}]'",
        "This bracket closes nothing.",
        "Delete it, or write the bracket that it closes.",
    ),
    (r"expected <block end>, but found '-'", *_ITEM),
    (
        r"expected <block end>, but found '<block sequence start>'",
        "A list begins here, and its neighbours above are none.",
        "Begin each of them with - and a space; what belongs to the item above stands two spaces further in.",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "This stands behind a text that has already ended.",
        "Put all of the text into one pair of quotes.",
    ),
    (
        r"expected <block end>",
        "This does not stand where its neighbours stand.",
        "Give all keys of one map the same number of spaces before them.",
    ),
    (
        r"expected ',' or .*got '\?'",
        "A text with a question mark needs quotes here.",
        'Put all of the text into quotes: "https://example.com/?page=1".',
    ),
    (
        r"expected ',' or .*same line",
        "A comma is missing before this.",
        "Put a comma between the parts of { … } and of [ … ].",
    ),
    (
        r"(expected ',' or|node content).*comment",
        "From the # on, this line is a comment.",
        'Put a text that begins with # into quotes: "#buy".',
    ),
    (
        r"expected ',' or '\}'",
        "A { is not closed.",
        "Close it with }, and put a comma between its parts.",
    ),
    (
        r"expected ',' or '\]'",
        "A [ is not closed.",
        "Close it with ], and put a comma between its parts.",
    ),
    (
        r"unknown escape character|expected escape sequence|hexadecimal",
        "A backslash in double quotes means something else.",
        "Use single quotes around a text that holds a backslash.",
    ),
    (
        r"found unexpected end of stream|while scanning a quoted scalar",
        "A quote is not closed.",
        "Put the same quote at the end of the text.",
    ),
    (
        r"cannot start any token",
        "A value cannot begin with this character.",
        "Put the value in quotes.",
    ),
    (
        r"expected alphabetic or numeric character",
        "A value cannot begin with * or & without quotes.",
        'Put it in quotes: "*.example.com".',
    ),
    (
        r"sequence entries are not allowed",
        "A list item cannot stand here.",
        "Begin the list on the next line, each item with - and a space.",
    ),
    (
        r"expected the node content",
        "A value is missing here.",
        "Write the value, or delete the comma before it.",
    ),
    (
        r"expected '<document start>'",
        "This does not belong to what stands above.",
        "Indent it under its key, or delete it.",
    ),
)
_LONG_DASH = re.compile(r"\s*[–—−]\s*(?=[\w{\[\"'])")
_BEGINS_IT = r"expected ',' or '[}\]]'|quoted scalar|simple key|scanning an al|scanning an anc"
_ELSE = ("This cannot be read.", "Compare the spaces, colons and brackets with the lines above.")


def syntax(error: Any, text: str) -> Problem:
    """The problem behind a MarkedYAMLError; of what is not closed, the place is where it begins."""
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    if re.search(r"but got '(:|<scalar>|[?{\[])'", said) and _one_line(error):
        said += " same line"
    elif re.search(_BEGINS_IT, said) and "escape" not in said:
        mark = error.context_mark or mark
    place = _inside(Place(mark.line + 1, mark.column + 1), text)
    lines = text.split("\n")[: place.line]
    found = re.search(r"[:,\[{] +(#\S+)", lines[-1])
    if found and re.search("expected ',' or|node content", said):
        said, place = said + " comment", Place(place.line, found.start(1) + 1, len(found[1]))
    if lines[-1].startswith("%"):
        return directive(Place(place.line, 1))
    if found_above := not_of_the_file(lines):
        return found_above
    if "mapping values" in said and ": " not in lines[-1][: place.column - 1]:
        above = _line_above(lines)
        is_deeper = spaces(lines[-1]) > above.column - 1
        said, place = said + (" deeper" if is_deeper else " above"), place if is_deeper else above
    message, hint = next(((say, hint) for pattern, say, hint in _SAID if re.search(pattern, said)), _ELSE)
    if dash := _long_dash(text.split("\n"), place):
        return dash
    if better := _by_its_look(said, text.split("\n"), place):
        message, hint = better
    elif message.startswith("This does not stand") and (wrong := wrong_spaces(lines)):
        hint = wrong
    return Problem(place=place, code="yaml", message=message, hint=hint)


def _by_its_look(said: str, lines: list[str], place: Place) -> tuple[str, str] | None:
    """Better words for what a person easily writes; by the line, where YAML's own words lead nowhere."""
    line = lines[place.line - 1]
    if re.match(r"\s*(//|/\*|<!--|--)", line):
        return "This is no comment.", "A comment begins with #."
    if pasted := as_pasted(line):
        return pasted
    if "expected ':'" in said and re.search(r": [|>]$", lines[place.line - 2].rstrip()):
        return "This belongs to the text above it.", "Indent each of its lines two spaces deeper than the key above."
    if better := _without_braces(said, lines, place) or looks_like(said, line, place.column):
        return better
    if "<block end>" in said and re.match(r"\s*-\w", line):
        return "A space is missing behind the -.", f"Write {re.sub('-', '- ', line.strip(), count=1)}"
    if re.search(r"above|expected ':'", said) and (found := re.match(r"\s*(?:- )?([\w-]+):(\S+)$", line)):
        return "A space is missing behind the colon.", f"Write {found[1]}: {found[2]}"
    if "<scalar>" in said and (found := re.search(r"'([^'\"]*\w)'(\w[^'\"]*)'", line)):
        return "This text ends at the ' within it.", f'Write it in double quotes: "{found[1]}\'{found[2]}"'
    return _mixed(lines, place, said) if "<block end>" in said else None


def _without_braces(said: str, lines: list[str], place: Place) -> tuple[str, str] | None:
    line = lines[place.line - 1]
    if "mapping values" in said or "<block end>" in said:
        return braces_missing(line, next((other for other in lines[place.line :] if other.strip()), ""))
    return braces_within(line, place.column) if "same line" in said else None


def _long_dash(lines: list[str], place: Place) -> Problem | None:
    """In the line or the one above it."""
    for number in range(max(place.line - 1, 1), place.line + 1):
        if found := _LONG_DASH.match(lines[number - 1]):
            at = Place(number, spaces(lines[number - 1]) + 1)
            hint = f"Write - {lines[number - 1][found.end() :]}"
            message = "A list item begins with -; this is a longer dash."
            return Problem(place=at, code="yaml", message=message, hint=hint)
    return None


def _mixed(lines: list[str], place: Place, said: str) -> tuple[str, str] | None:
    """List items and keys as neighbours."""
    line = lines[place.line - 1]
    above = [other for other in reversed(lines[: place.line - 1]) if other.strip()]
    if "sequence start" in said and above and _is_item(above[0]):
        return _ITEM
    first = next((other for other in above if spaces(other) <= spaces(line)), "")
    if spaces(first) != spaces(line) or _is_item(first) == _is_item(line):
        return None
    if _is_item(first):
        hint = "Begin each of them with - and a space; what belongs to the item above stands two spaces further in."
        key, column = parent(lines[: place.line])
        hint += f" If it belongs beside {key}, put {column} spaces before it." if column else ""
        return "Its neighbours above are list items, this is none.", hint
    return "Its neighbours above are no list.", "Begin each of them with - and a space, or none."


def _is_item(line: str) -> bool:
    return line.lstrip().startswith("- ")


def directive(place: Place) -> Problem:
    """A line that speaks to YAML itself."""
    message = "A line that begins with % is not plain YAML."
    return Problem(place=place, code="directive", message=message, hint="Delete the line.")


def _line_above(lines: list[str]) -> Place:
    """The last line with text before the last one."""
    number = max((n for n, line in enumerate(lines[:-1], 1) if line.strip()), default=1)
    line = lines[number - 1]
    return Place(number, spaces(line) + 1, len(line.strip()) or 1)


def _one_line(error: Any) -> bool:
    return bool(error.context_mark.line == error.problem_mark.line)


def unreadable(text: str, last: Place) -> Problem:
    """A number that no computer can hold, behind the last place that could be read."""
    message, hint = _ELSE
    if found := re.search(r"\\U(?!000|0010)[0-9A-Fa-f]{8}", text):
        before = text[: found.start()]
        last = Place(before.count("\n") + 1, found.start() - before.rfind("\n"), 10)
        message, hint = "No character has this number.", "Type the character itself."
    return Problem(place=last, code="yaml", message=message, hint=hint)


def _inside(place: Place, text: str) -> Place:
    """The place, or the end of the last line with text when it lies behind it."""
    lines = text.split("\n")
    last = max(n for n, line in enumerate(lines, 1) if line.strip() or n == 1)
    return place if place.line <= last else Place(last, max(len(lines[last - 1]), 1))
