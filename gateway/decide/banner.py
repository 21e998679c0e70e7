"""The text that a banner keeps in a cookie → each purpose granted or refused."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import DecodeError
from msgspec.json import decode

from gateway.model import Json

MAX_LENGTH = 4096
_SEPARATORS = re.compile(r"[^\w-]+", re.UNICODE)


def read_choice(value: str, purposes: Mapping[str, str]) -> dict[str, bool]:
    """JSON (a map of true and false, or a list of what is granted), else words. Complete: what is not named is
    refused. Empty: nothing is known. `purposes`: our word → the banner's word."""
    if not unquote(value).strip() or len(value) > MAX_LENGTH:
        return {}
    granted = _granted(_json(value))
    return {purpose: word in granted for purpose, word in purposes.items()}


def _json(value: str) -> Json:
    for text in (value, unquote(value)):
        try:
            found = decode(text)
        except (DecodeError, RecursionError):
            continue
        if isinstance(found, dict | list):
            return found
    return unquote(value)


def _granted(found: Json) -> frozenset[str]:
    if isinstance(found, dict):
        return frozenset(word for word, value in found.items() if value is True)
    if isinstance(found, list):
        return frozenset(word for word in found if isinstance(word, str))
    return frozenset(_SEPARATORS.split(found))
