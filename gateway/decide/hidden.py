"""What texts hide: behind escapes that nobody needs, and in tokens: JSON in base64, as JWTs (RFC 7519) have it."""

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator

from gateway.decide.address import mended
from gateway.decide.spellings import plainer

REMOVED = "(removed)"

_CHARACTER = "(?:[A-Za-z0-9_+/-]|%(?:25)?2[BFbf])"
_TOKEN = re.compile(rf"ey[AIJ]{_CHARACTER}{{6,}}(?:\.{_CHARACTER}+)*(?:=|%(?:25)?3[Dd]){{0,2}}")
"""`{"` or `{ ` begin so; a JWT has several, parted by dots."""
_ESCAPE = re.compile("%(?:25)?(2[BFbf]|3[Dd])")
_COMMON = str.maketrans("-_", "+/")

Remove = Callable[[str], tuple[str, int]]


def thoroughly(remove: Remove, text: str) -> tuple[str, int]:
    """The text without what `remove` finds, also in tokens and behind needless escapes, and how often. Where these hide
    nobody's it stays as it was written."""
    text, count = _with_tokens(remove, text)
    plain = plainer(text)
    if plain == text:
        return text, count
    plain, more = _with_tokens(remove, plain)
    return (plain, count + more) if more else (text, count)


def unpacked(text: str) -> Iterator[str]:
    """What stands in the tokens of a text, and in tokens within them."""
    if "ey" in text:
        for token in _TOKEN.findall(text):
            inner = _opened(token)
            yield inner
            yield from unpacked(inner)


def _with_tokens(remove: Remove, text: str) -> tuple[str, int]:
    text, count = remove(text)
    if "ey" not in text:
        return text, count
    hits = 0

    def emptied(token: re.Match[str]) -> str:
        nonlocal hits
        found = thoroughly(remove, _opened(token[0]))[1]
        hits += found
        return REMOVED if found else token[0]

    text = _TOKEN.sub(emptied, text)
    return (mended(text, [REMOVED]) if hits else text), count + hits


def _opened(token: str) -> str:
    plain = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), token).rstrip("=")
    return " ".join([_decoded(part) for part in plain.split(".") if part.startswith("ey")])


def _decoded(part: str) -> str:
    # A last character alone is no byte.
    whole = part[:-1] if len(part) % 4 == 1 else part
    return a2b_base64(whole.translate(_COMMON) + "=" * (-len(whole) % 4)).decode("utf-8", "replace")
