"""A visitor's number that is none: who has no other one takes the User ID. What receivers would get for it is derived
from the User ID, also where that is dropped, and the same on all devices of a person."""

import re
import unicodedata
from urllib.parse import unquote

from gateway.decide.spellings import LONG, Spelling, forms, hashes, marks, plainer
from gateway.language.values import plain
from gateway.model import Hit, Identity

_HASH = re.compile(r"[0-9a-f]{16,64}")
"""Whole, or its beginning, as Matomo takes it."""

_DEAREST = 8
"""Of patterns, for one number: some milliseconds. A number is asked about with each hit of a request."""
_SAFE_IN_URLS = str.maketrans("-_", "+/")


def disguised(hit: Hit, identity: Identity) -> bool:
    """Whether the number that its sender gave this hit's visitor is a User ID, however it is written, or its hash;
    also with something of the sender's around it (`user-4711`)."""
    if not hit.visitor:
        return False
    # Of another tool's, its name stands before.
    number = _folded(plainer(hit.visitor.removeprefix("segment:").removeprefix("matomo:")))
    said = (identity.id, plain(hit.user_id), *identity.unverified)
    claims = {bare for text in said if text and (bare := text.strip())}
    return any(number == _folded(text) or _written(text, number) or _hashed(text, number) for text in claims)


def _written(text: str, number: str) -> bool:
    # No way to write a text is shorter; and of a long one the pattern would be dear.
    if not len(text) <= len(number) <= LONG:
        return False
    # Hardly anybody's number has one: the forms are seldom wanted.
    if not any(mark in number for mark in marks(text)):
        return False
    return any(form.mark in number and _stands(form, number) for form in forms(text))


def _stands(form: Spelling, number: str) -> bool:
    if form.cost <= _DEAREST:
        return re.search(form.pattern, number, re.IGNORECASE) is not None
    # Nobody's number has so many odd letters by chance: where they stand it is what was meant.
    once = unquote(number)
    looks = [_folded(text) for text in (number, once, unquote(once))]
    if form.base64:
        return any(_folded(form.text) in text.translate(_SAFE_IN_URLS) for text in looks)
    return any(_folded(form.text) in way for text in looks for way in (text, text.replace("+", " ")))


def _hashed(text: str, number: str) -> bool:
    return bool(_HASH.fullmatch(number)) and any(made.startswith(number) for made in hashes(text))


def _folded(text: str) -> str:
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return text.strip().casefold()
