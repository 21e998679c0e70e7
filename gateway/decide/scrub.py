"""Known-value scrubbing (identity.md). What is about to leave, and what must not be in it, in; the rest of it out."""

import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from hashlib import blake2b, md5, sha1, sha256
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote

from gateway.decide.address import EMAIL, mended
from gateway.model import Json

REMOVED = "(removed)"
WORD_LENGTH = 4
"""Shorter values are found only as a whole text, a whole parameter or a whole part of a path."""
TRACED_LENGTH = 8192
TRACED_LENGTHS = 16
TRACED_WINDOWS = 8192

_ROUNDS = 4
_HASH_LENGTH = 32
_HEX = "[0-9A-F]"
# An escape before a word ends in a digit or letter that is none.
_LEFT = rf"(?:(?<![^\W_])|(?<=%{_HEX}{{2}})|(?<=%25{_HEX}{{2}}))"
_RIGHT = r"(?![^\W_])"
_OPENED = r"(?:(?<=[=/])|(?<=%3D)|(?<=%2F)|(?<=%253D)|(?<=%252F))"
_CLOSED = r"(?=[&;/?#]|\Z|%(?:25)?(?:26|3B|2F|3F|23))"
_HEX_RUN = re.compile(r"[0-9a-f]{32}")
_CORE = re.compile(r"[0-9A-Za-z]+")
_WORDS = re.compile(_LEFT, re.IGNORECASE), re.compile(_RIGHT)
_WHOLES = re.compile(rf"\A|{_OPENED}", re.IGNORECASE), re.compile(_CLOSED, re.IGNORECASE)
_HALF, _HALF_BEFORE = re.compile(f"{_HEX}{{2}}", re.IGNORECASE), re.compile(r"%(?:25)?\Z")
_SAFE_IN_URLS = {"+": "-", "/": "_"}
_ENCODERS: Sequence[Callable[[str], str]] = [
    partial(quote, safe="", errors="surrogatepass"),
    partial(quote, safe="!*'()", errors="surrogatepass"),
    partial(quote, safe=";/?:@&=+$,#!*'()", errors="surrogatepass"),
    partial(quote_plus, safe="*", errors="surrogatepass"),
]


class _Form(NamedTuple):
    """One way to write a value. `mark` is in the case-folded form of every text that `pattern` matches."""

    mark: str
    text: str
    value: str
    around: Callable[[str, bool], str]
    base64: bool

    @property
    def pattern(self) -> str:
        """For `re` without regard to case; no groups in it."""
        pattern = "".join([_character(char) for char in self.text])
        if self.base64:
            pattern = "".join([_base64_character(char) for char in self.text]) + r"(?:=|%(?:25)?3D){0,2}"
        return self.around(pattern, _HALF.match(self.text) is not None)


class Needles:
    """What is looked for in everything that one tag gets of one hit: known values, and all e-mail addresses."""

    def __init__(self, known: Mapping[str, tuple[str, str]]) -> None:
        self._known = known
        self._values = sorted([value for value, _ in known.values()], key=len, reverse=True)
        self._forms = [form for value in self._values for form in _forms(value)]
        self._hashes: list[_Form] | None = None
        self._put_in = [REMOVED, *{allowed for value, allowed in known.values() if allowed not in (value, REMOVED)}]

    @classmethod
    def of(cls, values: Iterable[tuple[str, str | None]]) -> "Needles":
        """From known values, each with what may stand in its place: itself (it may leave), another text, or nothing.

        Where a value comes twice, the entry that allows something holds.
        """
        known: dict[str, tuple[str, str]] = {}
        for value, allowed in values:
            bare, instead = value.strip(), REMOVED if allowed is None else allowed.strip()
            if bare and (instead != REMOVED or bare.casefold() not in known):
                known[bare.casefold()] = (bare, instead)
        return cls(known)

    def touches(self, text: str) -> bool:
        """Whether there may be anything to do; False is certain. One look at all texts of a hit, joined, saves many."""
        folded = text.casefold()
        return _has_at(folded) or bool(self._found(folded))

    def scrub(self, text: str) -> tuple[str, int]:
        """The text with all that is known replaced, and how often. An address stays one that can be parsed."""
        total = 0
        for _ in range(_ROUNDS):
            text, count = self._once(text)
            if not count:
                break
            total += count
        return (mended(text, self._put_in) if total else text), total

    def scrub_json(self, value: Json) -> tuple[Json, int]:
        """The same for a JSON value: texts, keys, and numbers that are written like a known value."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, list):
            items = [self.scrub_json(item) for item in value]
            return [item for item, _ in items], sum([count for _, count in items])
        if isinstance(value, dict):
            pairs = [(self.scrub(key), self.scrub_json(item)) for key, item in value.items()]
            return {key: item for (key, _), (item, _) in pairs}, sum([key[1] + item[1] for key, item in pairs])
        return self._number(value)

    def _number(self, value: Json) -> tuple[Json, int]:
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        said, allowed = self._known.get(text, (text, text))
        return (value, 0) if isinstance(value, bool) or said == allowed else (allowed, 1)

    def _once(self, text: str) -> tuple[str, int]:
        folded, count = text.casefold(), 0
        if _has_at(folded):
            text, count = _replaced(EMAIL, text, self._for_email)
        forms = self._found(folded)
        if not forms:
            return text, count
        # What was put in, also in the round before, is not looked into.
        kept = [rf"{_LEFT}{re.escape(text)}{_RIGHT}" for text in self._put_in[1:]]
        groups = [f"({form.pattern})" for form in forms]
        pattern = re.compile("|".join([re.escape(REMOVED), *kept, *groups]), re.IGNORECASE)
        text, more = _replaced(pattern, text, lambda match: self._for_form(match, forms))
        return text, count + more

    def _found(self, folded: str) -> list[_Form]:
        """The forms to look for in a text. Hashes are not even made for one without a long run of hex digits."""
        found = [form for form in self._forms if form.mark in folded]
        if _HEX_RUN.search(folded):
            if self._hashes is None:
                self._hashes = [form for value in self._values for form in _hash_forms(value)]
            found += [form for form in self._hashes if form.mark in folded]
        return found

    def _for_email(self, match: re.Match[str]) -> str:
        value, allowed = self._known.get(unquote(unquote(match[0])).casefold(), ("", REMOVED))
        return match[0] if value == allowed else allowed

    def _for_form(self, match: re.Match[str], forms: Sequence[_Form]) -> str:
        if match.lastindex is None or _is_scheme(match.string, match.start(), match.end()):
            return match[0]
        value, allowed = self._known[forms[match.lastindex - 1].value.casefold()]
        return match[0] if value == allowed else allowed


class Traces:
    """How a value is found again by one who no longer knows it."""

    @staticmethod
    def of(value: str, key: bytes) -> tuple[tuple[int, bytes], ...]:
        """Length and keyed digest (16 bytes) of each way to write a value; `key` has at most 64 bytes.

        A length below zero: found only as a whole text, a whole parameter or a whole part of a path.
        """
        value = value.strip()
        spellings = list(dict.fromkeys([_lowered(text) for text in _spellings(value)])) if value else []
        lengths = list(dict.fromkeys([len(text) for text in spellings]))[:TRACED_LENGTHS]
        short = len(value) < WORD_LENGTH
        signs = {length: -1 if short and length < _HASH_LENGTH else 1 for length in lengths}
        return tuple([(signs[len(text)] * len(text), _digest(text, key)) for text in spellings if len(text) in signs])


def remove_traces(text: str, traces: Sequence[tuple[int, bytes]], key: bytes) -> tuple[str, int]:
    """The text without what the traces were made of, and how often it was found.

    Of a text over 8 KiB the rest goes too; one that would take too long to search goes whole.
    """
    if not traces:
        return text, 0
    text = text if len(text) <= TRACED_LENGTH else text[: _last_break(text)]
    low, wanted, spans = _lowered(text), frozenset(traces), []
    for windows, (start, end, length) in enumerate(_windows(low, {length for length, _ in traces})):
        if windows == TRACED_WINDOWS:
            return REMOVED, 1
        if (length, _digest(low[start:end], key)) in wanted and not _is_ours(low, start, end):
            spans.append((start, end))
    return _without(text, spans)


def _has_at(folded: str) -> bool:
    return "@" in folded or "%40" in folded or "%2540" in folded


def _is_scheme(text: str, start: int, end: int) -> bool:
    return text.startswith("://", end) and text[start:end].lower() in ("http", "https")


def _is_ours(text: str, start: int, end: int) -> bool:
    return text[max(start - 1, 0) : end + 1] == REMOVED or _is_scheme(text, start, end)


def _replaced(pattern: re.Pattern[str], text: str, choose: Callable[[re.Match[str]], str]) -> tuple[str, int]:
    """The text with the chosen replacements, and how many of them changed something."""
    count = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal count
        chosen = choose(match)
        count += chosen != match[0]
        return chosen

    return pattern.sub(replacement, text), count


@lru_cache(64)
def _forms(value: str) -> tuple[_Form, ...]:
    """All forms but the hashes. Kept for the other tags of the same hit."""
    around = _as_word if len(value) >= WORD_LENGTH else _as_whole
    plain = [_form(text, value, _anywhere if "@" in value else around) for text in _variants(value)]
    return (*plain, *[_form(text, value, around, base64=True) for text in _base64(value)])


def _hash_forms(value: str) -> list[_Form]:
    return [_form(text, value, _as_word) for text in _hashes(value)]


def _form(text: str, value: str, around: Callable[[str, bool], str], *, base64: bool = False) -> _Form:
    return _Form(max(_CORE.findall(text), key=len, default="").lower(), text, value, around, base64)


def _base64_character(char: str) -> str:
    return f"(?:{_character(char)}|{_character(_SAFE_IN_URLS[char])})" if char in _SAFE_IN_URLS else char


@lru_cache(4096)
def _character(char: str) -> str:
    """A pattern for one character, as it is and URL-encoded once or twice, in either case."""
    if char.isascii() and char.isalnum():
        return char
    shapes = {re.escape(char)}
    for form in {char, char.lower(), char.upper()}:
        escaped = "".join([f"%{byte:02X}" for byte in _utf8(form)])
        shapes |= {escaped, escaped.replace("%", "%25")}
    if char == " ":
        shapes |= {r"\+", "%2B"}  # as forms write it
    return f"(?:{'|'.join(sorted(shapes, key=len, reverse=True))})"


# What looks like the second half of an escape (`half`) takes the first half along.
def _as_word(pattern: str, half: bool) -> str:
    return f"(?:%(?:25)?|{_LEFT}){pattern}{_RIGHT}" if half else f"{_LEFT}{pattern}{_RIGHT}"


def _as_whole(pattern: str, half: bool) -> str:
    return rf"\A{pattern}\Z|{_OPENED}{pattern}{_CLOSED}"


def _anywhere(pattern: str, half: bool) -> str:
    return f"(?:%(?:25)?)?{pattern}" if half else pattern


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _variants(value: str) -> list[str]:
    """The value in both normal forms and, where matching without regard to case does not reach, in both cases."""
    if value.isascii():
        return [value]
    cases = [value, value.lower(), value.upper()]
    normal = [unicodedata.normalize(form, text) for text in cases for form in ("NFC", "NFD")]
    return list(dict.fromkeys([*cases, *normal]))


def _base64(value: str) -> list[str]:
    texts = [b64encode(_utf8(text)).decode().rstrip("=") for text in (value, value.lower())]
    return list(dict.fromkeys(texts))


def _hashes(value: str) -> list[str]:
    raws = dict.fromkeys([_utf8(value), _utf8(value.lower())])
    return [made(raw, usedforsecurity=False).hexdigest() for raw in raws for made in (md5, sha1, sha256)]


def _spellings(value: str) -> Iterator[str]:
    """Ways to write a value, commonest first."""
    plain = list(dict.fromkeys([value, value.lower()]))
    once = [encode(text) for text in plain for encode in _ENCODERS]
    yield from plain
    yield from once
    yield from _base64(value)
    yield from [text.replace("+", "-").replace("/", "_") for text in _base64(value)]
    yield from _hashes(value)
    yield from [quote(text, safe="") for text in once]
    yield from [quote(text, safe="") for text in _base64(value)]


def _lowered(text: str) -> str:
    """Lower case, character by character: places stay what they were."""
    low = text.lower()
    return low if len(low) == len(text) else "".join([c.lower() if len(c.lower()) == 1 else c for c in text])


def _digest(text: str, key: bytes) -> bytes:
    return blake2b(_utf8(text), key=key, digest_size=16).digest()


def _last_break(text: str) -> int:
    end = TRACED_LENGTH
    while end and text[end - 1].isalnum():
        end -= 1
    return end


def _windows(low: str, lengths: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Start, end and signed length of each piece of a text that could be one of the traces."""
    words, wholes = _places(_WORDS, low), _places(_WHOLES, low)
    for length in lengths:
        starts, ends = words if length > 0 else wholes
        for start in starts:
            if start + abs(length) in ends:
                yield start, start + abs(length), length


def _places(edges: tuple[re.Pattern[str], re.Pattern[str]], text: str) -> tuple[list[int], set[int]]:
    return [match.start() for match in edges[0].finditer(text)], {match.start() for match in edges[1].finditer(text)}


def _without(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, int]:
    """The text with the pieces replaced; of pieces that overlap, the first and longest."""
    pieces, done, count = [], 0, 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= done:
            half = _HALF_BEFORE.search(text, max(done, start - 3), start) if _HALF.match(text, start) else None
            pieces += [text[done : half.start() if half else start], REMOVED]
            done, count = end, count + 1
    return mended("".join([*pieces, text[done:]]), [REMOVED]) if count else text, count
