"""The text of a file, line by line → what no plain file holds: tabs, invisible characters, an end that is cut off."""

import re
from collections.abc import Iterator

from gateway.problems import Place, Problem

CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
# Also what turns the direction of text, and what looks like nothing: with it a line could read otherwise than it works.
UNSEEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef"
    r"\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U0010fffe\U0010ffff"
)
_UNSEEN = re.compile(f"[{CONTROL}{UNSEEN}]")
_ODD_SPACE = re.compile(r"(?:^ *|[:,\-\[{] *)([\xa0\u2000-\u200a\u202f\u3000])")
_NOT_TEXT = re.compile(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_lines(text: str) -> Iterator[Problem]:
    """Every line that no plain file has."""
    if "\r" in text:
        yield _old_ends(text)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if (at := line.find("\t")) >= 0:
            yield _problem(Place(number, at + 1), "tab", "There is a tab here.", "Use spaces: two for each level.")
        for match in _UNSEEN.finditer(line):
            yield _unseen(Place(number, match.start() + 1))
        for match in _ODD_SPACE.finditer(line):
            message = "This space is a special one, as web pages and word processors have."
            yield _problem(Place(number, match.start(1) + 1), "odd-space", message, "Type it again as a plain space.")
    if text and not text.endswith("\n"):
        message = "The last line has no end, so the file may be half-written."
        hint = "Put the cursor at the very end and press Enter."
        width = len(text) - text.rfind("\n") - 1
        yield _problem(Place(text.count("\n") + 1, max(width, 1)), "no-line-end", message, hint)


def odd_text(value: str, place: Place) -> Iterator[Problem]:
    """A text that a backslash in double quotes gave characters that no text has."""
    if _NOT_TEXT.search(value) or _UNSEEN.search(value):
        message = "A backslash makes a character here that no text has."
        yield _problem(place, "control-character", message, "Type the character itself, or leave it out.")


def _old_ends(text: str) -> Problem:
    """Said once: where one line ends so, all do."""
    at = text.index("\r")
    place = Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    message = "A line ends here as on very old Macs, so the next one is read as a part of it."
    return _problem(place, "control-character", message, "Save the file with the line ends of Unix (LF).")


def _unseen(place: Place) -> Problem:
    message = "There is an invisible character here."
    return _problem(place, "control-character", message, "Delete it, or type the line again by hand.")


def _problem(place: Place, code: str, message: str, hint: str) -> Problem:
    return Problem(place=place, code=code, message=message, hint=hint)
