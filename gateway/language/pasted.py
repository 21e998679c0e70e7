"""What comes along when a text is pasted from a web page, a chat, an editor or a terminal: what it is, in words."""

import re

from gateway.problems import Place, Problem

_DASH = "A list item begins with - and a space."
_BULLET = re.compile(r"\s*[•‣◦▪●·]\s*(.+)")
_FENCE = re.compile(r"```|~~~")
_CONFLICT = re.compile(r"(<{7}|={7}|>{7})(?= |$)")
_PROMPT = re.compile(r"[$>] \w")
_BOLD = re.compile(r"(\s*(?:- )?)\*\*(\w+):?\*\*:?")


def as_pasted(line: str) -> tuple[str, str] | None:
    """Words and a hint for a line that reads as Markdown or JSON."""
    if found := re.match(r"\s*\* (.+)", line):
        return "* begins a list item on web pages; here it is -.", f"Write - {found[1]}"
    if found := _BULLET.match(line):
        return "This begins a list item in word processors; here it is -.", f"Write - {found[1]}"
    if found := re.match(r"\s*[0-9]+[.)] (.+)", line):
        return "Items have no numbers here.", f"{_DASH} Write - {found[1]}"
    if re.fullmatch(r"\s*[\[{]", line.rstrip()):
        hint = "Delete it. An export of another tag manager becomes a container with: taggate import gtm export.json."
        return "This looks like a piece of another program's file.", hint
    if _BOLD.match(line):
        plain = _BOLD.sub(r"\1\2:", line).strip()
        return "** makes letters bold on web pages, and nothing here.", f"Write {plain}"
    if re.match(r"""\s*["']?\w+["']?\s*:.*["'}\]],$""", line.rstrip()):
        return "No comma ends a line here.", f"Write {line.strip()[:-1]}"
    return None


def not_of_the_file(lines: list[str]) -> Problem | None:
    """The first line that is none of the file's own, of those up to the one that cannot be read."""
    numbered = [n for n, line in enumerate(lines, 1) if re.match(rf"\s*{n}(?!\w)", line)]
    written = [n for n, line in enumerate(lines, 1) if line.strip()]
    if len(written) > 1 and set(written) <= {*numbered}:
        message = "The lines begin with their numbers, as editors and web pages show them."
        return _problem(written[0], lines, message, "Take the numbers away, and copy the text without them.")
    for number, line in enumerate(lines, 1):
        if _FENCE.match(line):
            message = "This marks a text on web pages and in chats; it is no part of the file."
            return _problem(number, lines, message, "Delete the line, and the one like it at the end.")
        if _CONFLICT.match(line):
            message = "Git marks a place here at which two versions contradict each other."
            hint = "Keep of the two what is meant, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>."
            return _problem(number, lines, message, hint)
        if _PROMPT.match(line):
            message = "This is what somebody typed into a terminal; it is no part of the file."
            return _problem(number, lines, message, "Delete the line.")
    return None


def _problem(number: int, lines: list[str], message: str, hint: str) -> Problem:
    place = Place(number, 1, len(lines[number - 1].rstrip()))
    return Problem(place=place, code="yaml", message=message, hint=hint)
