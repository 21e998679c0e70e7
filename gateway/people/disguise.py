"""A visitor's number that is none: who has no other one takes the User ID. What receivers would get for it is derived
from the User ID, also where that is dropped, and the same on all devices of a person."""

import re
import unicodedata

from gateway.decide.spellings import hash_forms
from gateway.language.values import plain
from gateway.model import Hit, Identity

_HASH = re.compile(r"[0-9a-f]{16,64}")
"""Whole, or its beginning, as Matomo takes it."""


def disguised(hit: Hit, identity: Identity) -> bool:
    """Whether the number that its sender gave this hit's visitor is a User ID, however it is written, or its hash."""
    if not hit.visitor:
        return False
    claims = {text for text in (identity.id, plain(hit.user_id), *identity.unverified) if text}
    # Of another tool's, its name stands before.
    numbers = {_folded(hit.visitor), _folded(hit.visitor.partition(":")[2])}
    if any(_folded(text) in numbers for text in claims):
        return True
    hashes = tuple(number for number in numbers if _HASH.fullmatch(number))
    return bool(hashes) and any(form.text.startswith(hashes) for text in claims for form in hash_forms(text))


def _folded(text: str) -> str:
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return text.strip().casefold()
