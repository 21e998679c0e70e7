"""The text that a banner keeps in a cookie → each purpose granted or refused. As `words.js` reads it in the page, but
stricter: what stands twice with two answers, and what follows keys like `optout=`, is refused here only."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import DecodeError
from msgspec.json import decode

from gateway.language.values import plain

MAX_LENGTH = 4096
_WORD = re.compile(r"""([!%\w-]+)([^!%\w-]*[:=](?!["' ]*(?:true|yes|1)(?![.:=!%\w-])))?""", re.IGNORECASE)
"""A word, and a value that is no yes. `!ads` and what is still encoded are words that nobody named."""
_DENIED = re.compile(
    r"[!%\w-]*(?:deni|reject|refus|(?:deny|rej|declin|opt.?out|disa|block|revok)[^:=,;|&]*[:=]).*",
    re.IGNORECASE | re.DOTALL,
)
"""A word, or a key of the second kind, that means no, and all that follows: whatever stands there, nobody grants it."""
_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})")
_JSON = re.compile(r'[\s\ufeff]*[\[{"]')


def read_choice(value: str, purposes: Mapping[str, str]) -> dict[str, bool]:
    """JSON (a map of true and false, or a list of what is granted), else words. Complete: what is not named is
    refused. Empty, or what looks like JSON and is not: nothing is known. `purposes`: our word → the banner's word."""
    if len(value) > MAX_LENGTH:
        return {}
    granted = _granted(value) if _JSON.match(value) else None
    if granted is None:
        granted = _granted(_decoded(value))
    return {} if granted is None else {purpose: word in granted for purpose, word in purposes.items()}


def _granted(text: str) -> frozenset[str] | None:
    """The words that are granted; None: it says nothing."""
    if not _JSON.match(text):
        return _named(text)
    try:
        found = decode(text)
    except (DecodeError, RecursionError):
        return None
    if isinstance(found, str):
        return _granted(found)
    if isinstance(found, dict):
        return frozenset(word for word, value in found.items() if value is True) if found else None
    return frozenset(word for word in map(plain, found) if word)


def _named(text: str) -> frozenset[str] | None:
    """The words that stand alone or with a yes; of one that stands there twice, either refuses it."""
    said: dict[str, bool] = {}
    for word, denied in _WORD.findall(_DENIED.sub("!", text)):
        name = word.strip("!")
        said[name] = said.get(name, True) and not denied and name == word
    return frozenset(name for name, granted in said.items() if granted) if said else None


def _decoded(value: str) -> str:
    """As a page decodes it: all of it or nothing."""
    if _BROKEN.search(value):
        return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value
