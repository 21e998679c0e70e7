"""The identity before: a value found again in a text by one who no longer knows it, from keyed digests."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b

from gateway.decide.address import mended
from gateway.decide.effort import Edges, Effort, Places
from gateway.decide.hidden import REMOVED, thoroughly
from gateway.decide.spellings import (
    CLOSED,
    HALF,
    LEFT,
    OPENED,
    RIGHT,
    WORD_LENGTH,
    is_scheme,
    spellings,
    utf8,
)

TRACED_LENGTHS = 24
TRACED_WINDOWS = 8192

_HASH_LENGTH = 32
_WORDS = re.compile(LEFT, re.IGNORECASE), re.compile(RIGHT)
_WHOLES = re.compile(rf"\A|{OPENED}", re.IGNORECASE), re.compile(CLOSED, re.IGNORECASE)
_HALF_BEFORE = re.compile(r"%(?:25)?\Z")


def traces_of(value: str, key: bytes) -> tuple[tuple[int, bytes], ...]:
    """Length and keyed digest (16 bytes) of each way to write a value; `key` has at most 64 bytes.

    A length below zero: found only as a whole text, a whole parameter or a whole part of a path.
    """
    value = value.strip()
    written = list(dict.fromkeys([_lowered(text) for text in spellings(value)])) if value else []
    lengths = list(dict.fromkeys([len(text) for text in written]))[:TRACED_LENGTHS]
    short = len(value) < WORD_LENGTH
    signs = {length: -1 if short and length < _HASH_LENGTH else 1 for length in lengths}
    return tuple([(signs[len(text)] * len(text), _digest(text, key)) for text in written if len(text) in signs])


def remove_traces(
    text: str, traces: Sequence[tuple[int, bytes]], key: bytes, effort: Effort | None = None
) -> tuple[str, int]:
    """The text without what the traces were made of, and how often it was found.

    One that would take too long to search, or beyond the `effort`, goes whole.
    """
    if not traces:
        return text, 0
    effort = effort or Effort()
    return thoroughly(partial(_removed, traces, key, effort), text) if effort.text(text) else (REMOVED, 1)


def _removed(traces: Sequence[tuple[int, bytes]], key: bytes, effort: Effort, text: str) -> tuple[str, int]:
    low, wanted, spans = _lowered(text), frozenset(traces), []
    lengths = {length for length, _ in traces}
    places = effort.places(low, _places, len(lengths))
    if places is None:
        return REMOVED, 1
    for windows, (start, end, length) in enumerate(_windows(places, lengths)):
        if windows == TRACED_WINDOWS or not effort.window():
            return REMOVED, 1
        if (length, _digest(low[start:end], key)) in wanted and not _is_ours(low, start, end):
            spans.append((start, end))
    return _without(text, spans)


def _is_ours(text: str, start: int, end: int) -> bool:
    return text[max(start - 1, 0) : end + 1] == REMOVED or is_scheme(text, start, end)


def _lowered(text: str) -> str:
    """Lower case, character by character: places stay what they were."""
    low = text.lower()
    return low if len(low) == len(text) else "".join([c.lower() if len(c.lower()) == 1 else c for c in text])


def _digest(text: str, key: bytes) -> bytes:
    return blake2b(utf8(text), key=key, digest_size=16).digest()


def _windows(places: Places, lengths: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Start, end and signed length of each piece of a text that could be one of the traces."""
    words, wholes = places
    for length in lengths:
        (starts, ends), size = words if length > 0 else wholes, abs(length)
        for start in starts:
            if start + size in ends:
                yield start, start + size, length


def _places(text: str) -> Places:
    return _edges(_WORDS, text), _edges(_WHOLES, text)


def _edges(edges: tuple[re.Pattern[str], re.Pattern[str]], text: str) -> Edges:
    return [match.start() for match in edges[0].finditer(text)], {match.start() for match in edges[1].finditer(text)}


def _without(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, int]:
    """The text with the pieces replaced; of pieces that overlap, the first and longest."""
    pieces, done, count = [], 0, 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= done:
            half = _HALF_BEFORE.search(text, max(done, start - 3), start) if HALF.match(text, start) else None
            pieces += [text[done : half.start() if half else start], REMOVED]
            done, count = end, count + 1
    return mended("".join([*pieces, text[done:]]), [REMOVED]) if count else text, count
