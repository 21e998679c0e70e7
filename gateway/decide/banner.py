"""The text that a banner keeps in a cookie → each purpose granted or refused. As `words.js` reads it in the page."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import DecodeError
from msgspec.json import decode

from gateway.language.values import plain

MAX_LENGTH = 4096
_WORDS = re.compile(r"[\w-]+")
_JSON = re.compile(r'\s*[\[{"]')


def read_choice(value: str, purposes: Mapping[str, str]) -> dict[str, bool]:
    """JSON (a map of true and false, or a list of what is granted), else words. Complete: what is not named is
    refused. Empty, or what looks like JSON and is not: nothing is known. `purposes`: our word → the banner's word."""
    if len(value) > MAX_LENGTH:
        return {}
    granted = _granted(value) if _JSON.match(value) else None
    if granted is None:
        granted = _granted(unquote(value))
    return {} if granted is None else {purpose: word in granted for purpose, word in purposes.items()}


def _granted(text: str) -> frozenset[str] | None:
    """The words that are granted; None: it says nothing."""
    if not _JSON.match(text):
        return frozenset(_WORDS.findall(text)) or None
    try:
        found = decode(text)
    except (DecodeError, RecursionError):
        return None
    if isinstance(found, str):
        return _granted(found)
    if isinstance(found, dict):
        return frozenset(word for word, value in found.items() if value is True) if found else None
    return frozenset(word for word in map(plain, found) if word)
