"""What counts as a User ID. A claim of a hit in; the normalised ID, or why it is none, out."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from gateway.model import Json

MAX_LENGTH = 200
MAX_NUMBER = 2**53 - 1

# Unicode's White_Space, which `str.strip()` widens by four control characters, and U+FEFF as in JavaScript's trim().
_BLANK = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOBODY = frozenset({"null", "undefined", "false", "nan", "-1", "none", "anonymous", "guest", "[object object]"})
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\$\{.*?\}")
_ZEROS = re.compile(r"0+|0{8}(?:-0{4}){3}-0{12}")
_SHRINKS_BY = 4  # NFC puts at most four code points into one


class Refusal(StrEnum):
    """Why a claim is no ID; the texts are metric labels."""

    NULL = "null"
    """JSON null: the sender says that nobody is signed in."""
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    """A word that stands for nobody, like `undefined` or `guest`."""
    TEMPLATE = "template"
    ZEROS = "zeros"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    NUMBER = "number"
    """Not whole, or beyond what JSON senders can write exactly."""
    NOT_TEXT = "not_text"
    """true, false, a list or an object."""
    CONFLICT = "conflict"
    """Two claims of one hit differ."""


def normalise(claim: Json) -> str | Refusal:
    """The ID that a claim gives: 1–200 code points, NFC, trimmed; or why it gives none."""
    if isinstance(claim, str):
        return _of_text(claim)
    if claim is None:
        return Refusal.NULL
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return Refusal.NOT_TEXT
    if not -MAX_NUMBER <= claim <= MAX_NUMBER or claim != int(claim):
        return Refusal.NUMBER
    return _of_text(str(int(claim)))


def agree(claims: Sequence[Json]) -> str | Refusal | None:
    """The one ID that all claims of a hit give; None if there is no claim.

    Claims that give no ID say "nobody": several of them agree (the first reason is given), one beside an ID does not.
    """
    if len(claims) == 1:
        return normalise(claims[0])
    answers = [normalise(claim) for claim in claims]
    if not answers:
        return None
    said = {None if isinstance(answer, Refusal) else answer for answer in answers}
    return answers[0] if len(said) == 1 else Refusal.CONFLICT


def _of_text(text: str) -> str | Refusal:
    text = text.strip(_BLANK)
    if len(text) > MAX_LENGTH * _SHRINKS_BY:
        return Refusal.TOO_LONG
    plain = text.isascii() and text.isprintable()
    text = text if plain else unicodedata.normalize("NFC", text)
    if not text:
        return Refusal.EMPTY
    if len(text) > MAX_LENGTH:
        return Refusal.TOO_LONG
    if not plain and _NOT_TEXT.search(text):
        return Refusal.CONTROL_CHARACTER
    return _standing_for_nobody(text) or text


def _standing_for_nobody(text: str) -> Refusal | None:
    if text.lower() in _NOBODY:
        return Refusal.PLACEHOLDER
    if text[0] == "0" and _ZEROS.fullmatch(text):
        return Refusal.ZEROS
    return Refusal.TEMPLATE if "{" in text and _TEMPLATE.search(text) else None
