"""All the ways in which a known value may be written: as it is, encoded, hashed; and patterns that find them."""

import re
import unicodedata
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from hashlib import md5, sha1, sha256
from html import escape, unescape
from json import dumps
from typing import NamedTuple
from urllib.parse import quote, quote_plus

WORD_LENGTH = 4
"""Shorter values are found only as a whole text, a whole parameter or a whole part of a path."""
LONG = 1024
"""Characters of a text whose pattern is too dear, whatever they are."""
HEX = "[0-9A-F]"
# An escape before a word ends in a digit or letter that is none.
LEFT = rf"(?:(?<![^\W_])|(?<=%{HEX}{{2}})|(?<=%25{HEX}{{2}}))"
RIGHT = r"(?![^\W_])"
OPENED = r"(?:(?<=[=/])|(?<=%3D)|(?<=%2F)|(?<=%253D)|(?<=%252F))"
CLOSED = r"(?=[&;/?#]|\Z|%(?:25)?(?:26|3B|2F|3F|23))"
HALF = re.compile(f"{HEX}{{2}}", re.IGNORECASE)

_CORE = re.compile(r"[0-9A-Za-z]+")
_NEEDLESS = re.compile(r"%(?:25)?(2[DE]|3[0-9]|[46][1-9A-F]|5[0-9AF]|7[0-9AE])", re.IGNORECASE)
_BACKSLASH = r"(?:\\|%(?:25)?5C)"
_PAIR = rf"u(?P<high>D[89AB]{HEX}{{2}}){_BACKSLASH}{{1,2}}u(?P<low>D[C-F]{HEX}{{2}})"
_IN_JSON = re.compile(
    rf"{_BACKSLASH}(?:{_BACKSLASH}?(?:{_PAIR}|u(?P<code>{HEX}{{4}}))|(?P<blank>[bfnrt])|(?:/|%(?:25)?2F))",
    re.IGNORECASE,
)
"""What JSON may write otherwise, and JSON in JSON."""
_IN_HTML = re.compile(f"&(?:#[0-9]{{2,7}}|#x{HEX}{{2,6}}|[a-z][a-z0-9]{{1,30}});", re.IGNORECASE)
_MARKUP = frozenset('<>&"\\')
_OTHERWISE = {
    " ": (r"\+", "%2B"),
    "\\": (rf"{_BACKSLASH}{{2,4}}", rf"{_BACKSLASH}{{1,2}}u005C"),
    '"': (rf"{_BACKSLASH}{{1,3}}(?:\"|%(?:25)?22)", rf"{_BACKSLASH}{{1,2}}u0022", "&quot;", "&#34;"),
    "&": ("&amp;", "&#38;"),
    "<": ("&lt;", "&#60;"),
    ">": ("&gt;", "&#62;"),
}
"""Of what `plainer` leaves, and of blanks: as forms, JSON (also JSON in JSON) and HTML write it."""
_SAFE_IN_URLS = {"+": "-", "/": "_"}
_ENCODERS: Sequence[Callable[[str], str]] = [
    partial(quote, safe="", errors="surrogatepass"),
    partial(quote, safe="!*'()", errors="surrogatepass"),
    partial(quote, safe=";/?:@&=+$,#!*'()", errors="surrogatepass"),
    partial(quote_plus, safe="*", errors="surrogatepass"),
    partial(quote, safe="/", errors="surrogatepass"),
]


class Spelling(NamedTuple):
    """One way to write a value. `mark` is in the case-folded form of every text that `pattern` matches."""

    mark: str
    text: str
    value: str
    around: Callable[[str, bool], str]
    base64: bool

    @property
    def cost(self) -> int:
        """What its pattern costs to compile: a character that may be encoded is an alternative of its own. Of a long
        text its length says enough."""
        if len(self.text) > LONG:
            return len(self.text)
        return len(self.text) // 16 + sum([_cost(char) for char in self.text])

    @property
    def steps(self) -> int:
        """What each character of a text costs in which it is looked for; twelve where what stands around it counts."""
        return self.cost + (4 if len(self.value) >= WORD_LENGTH else 12)

    @property
    def pattern(self) -> str:
        """For `re` without regard to case; no groups in it."""
        pattern = "".join([_character(char) for char in self.text])
        if self.base64:
            pattern = "".join([_base64_character(char) for char in self.text]) + r"(?:=|%(?:25)?3D){0,2}"
        return self.around(pattern, HALF.match(self.text) is not None)


def is_scheme(text: str, start: int, end: int) -> bool:
    """Whether this piece is the http of an address, which is nobody's ID."""
    return text.startswith("://", end) and text[start:end].lower() in ("http", "https")


def plainer(text: str) -> str:
    """The same without escapes of what needs none: of letters, digits, `-._~` in addresses, single or double (RFC 3986,
    6.2.2.2), and of characters in JSON and in HTML but those that are markup there."""
    if "%" in text:
        text = _NEEDLESS.sub(lambda escape: chr(int(escape[1], 16)), text)
    if "\\" in text or "%" in text:
        text = _IN_JSON.sub(_character_of, text)
    return _IN_HTML.sub(_character_named, text) if "&" in text else text


def _character_of(escape: re.Match[str]) -> str:
    if escape["high"]:
        return bytes.fromhex(escape["high"] + escape["low"]).decode("utf-16-be")
    if escape["code"]:
        char = chr(int(escape["code"], 16))
        # What would end a text, or is none, only parts words.
        return char if char.isprintable() and char not in '"\\' else " "
    return " " if escape["blank"] else "/"


def _character_named(escape: re.Match[str]) -> str:
    char = unescape(escape[0])
    if len(char) > 1 or char in _MARKUP:
        return escape[0]
    return char if char.isprintable() else " "


@lru_cache(64)
def forms(value: str) -> tuple[Spelling, ...]:
    """All forms but the hashes. Kept for the other tags of the same hit."""
    around = _as_word if len(value) >= WORD_LENGTH else _as_whole
    plain = [_form(text, value, _anywhere if "@" in value else around) for text in _variants(value)]
    return (*plain, *[_form(text, value, around, base64=True) for text in _base64(value)])


def marks(value: str) -> list[str]:
    """One of these is in the case-folded form of every text that one of `forms` matches; much cheaper."""
    return [_mark(text) for text in (*_variants(value), *_base64(value))]


def hash_forms(value: str) -> list[Spelling]:
    """The hashes: costly, and seldom wanted."""
    return [_form(text, value, _as_word) for text in hashes(value)]


def _form(text: str, value: str, around: Callable[[str, bool], str], *, base64: bool = False) -> Spelling:
    return Spelling(_mark(text), text, value, around, base64)


def _mark(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text.lower()
    return max(_CORE.findall(text), key=len, default="").lower()


def _base64_character(char: str) -> str:
    return f"(?:{_character(char)}|{_character(_SAFE_IN_URLS[char])})" if char in _SAFE_IN_URLS else char


@lru_cache(4096)
def _character(char: str) -> str:
    """A pattern for one character, as it is and URL-encoded once or twice, in either case."""
    if char.isascii() and char.isalnum():
        return char
    shapes = [_escapes(_ways(char)), re.escape(char), *_OTHERWISE.get(char, ())]
    return f"(?:{'|'.join(shapes)})"


@lru_cache(4096)
def _cost(char: str) -> int:
    if char.isascii():
        return 0 if char.isalnum() else 1
    return max(1, sum(map(len, _ways(char))) // 3)


def _ways(char: str) -> set[bytes]:
    return {utf8(form) for form in (char, char.lower(), char.upper())}


def _escapes(ways: set[bytes]) -> str:
    """What they have in common stands there once: the time to compile grows with every letter of a pattern."""
    first = min(ways)
    common = next(
        (n for n, byte in enumerate(first) if any(way[n : n + 1] != bytes([byte]) for way in ways)), len(first)
    )
    rests = sorted({_percent(way[common:]) for way in ways}, key=len, reverse=True)
    return _percent(first[:common]) + (rests[0] if len(rests) == 1 else f"(?:{'|'.join(rests)})")


def _percent(raw: bytes) -> str:
    # %25CE is %CE encoded again. As an optional group the 25 would take ten times as long to compile.
    return "".join([f"%2?5?{byte:02X}" for byte in raw])


# What looks like the second half of an escape (`half`) takes the first half along.
def _as_word(pattern: str, half: bool) -> str:
    return f"(?:%(?:25)?|{LEFT}){pattern}{RIGHT}" if half else f"{LEFT}{pattern}{RIGHT}"


def _as_whole(pattern: str, half: bool) -> str:
    return rf"\A{pattern}\Z|{OPENED}{pattern}{CLOSED}"


def _anywhere(pattern: str, half: bool) -> str:
    return f"(?:%(?:25)?)?{pattern}" if half else pattern


def utf8(text: str) -> bytes:
    """Bytes for any text, also for half a surrogate pair."""
    return text.encode("utf-8", "surrogatepass")


def _variants(value: str) -> list[str]:
    """The value in both normal forms and, where matching without regard to case does not reach, in both cases."""
    if value.isascii():
        return [value]
    cases = [value, value.lower(), value.upper()]
    found: dict[str, str] = {}
    for text in (*cases, *_normal(cases)):
        found.setdefault(_caseless(text), text)
    return list(found.values())


def _caseless(text: str) -> str:
    """The same for texts whose patterns match the same."""
    return "".join([_small(char) for char in text])


@lru_cache(4096)
def _small(char: str) -> str:
    low = char.lower()
    return low if char == low.upper() else char


def _written(value: str) -> list[str]:
    """As it may have been before it was encoded: as it is, in lower case, in both normal forms."""
    cases = [value, value.lower()]
    if value.isascii():
        return cases if cases[0] != cases[1] else [value]
    return list(dict.fromkeys([*cases, *_normal(cases)]))


def _normal(texts: Sequence[str]) -> list[str]:
    return [unicodedata.normalize(form, text) for text in texts for form in ("NFC", "NFD")]


def _base64(value: str) -> list[str]:
    return [b2a_base64(utf8(text), newline=False).decode().rstrip("=") for text in _written(value)]


def hashes(value: str) -> list[str]:
    """In hex digits, of the value as it is and in lower case, by what receivers ask for."""
    raws = [utf8(text) for text in _written(value)]
    return [made(raw, usedforsecurity=False).hexdigest() for raw in raws for made in (md5, sha1, sha256)]


def spellings(value: str) -> Iterator[str]:
    """Ways to write a value, commonest first."""
    plain = _written(value)
    once = [encode(text) for text in plain for encode in _ENCODERS]
    yield from plain
    yield from once
    yield from _base64(value)
    yield from [text.replace("+", "-").replace("/", "_") for text in _base64(value)]
    yield from hashes(value)
    if not _MARKUP.isdisjoint(value):
        marked = [way for text in plain for way in (dumps(text, ensure_ascii=False)[1:-1], escape(text))]
        yield from marked
        yield from [quote(text, safe="") for text in marked]
    yield from [quote(text, safe="") for text in once]
    yield from [quote(text, safe="") for text in _base64(value)]
