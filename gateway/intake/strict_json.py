"""JSON that means one thing only. The bytes of a body in; the value, or why it is refused, out."""

import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn

import msgspec

from gateway.model import Json

MAX_LEVELS = 32
MIN_INT, MAX_INT = -(2**63), 2**64 - 1

_as_json, _as_msgpack = msgspec.json.Encoder().encode, msgspec.msgpack.Encoder().encode
_NUL = "\0"
# A text without its end runs to the end of the body: looking again from each quote in it would take hours.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")

DETAILS = {
    "not_utf8": "The body is not UTF-8",
    "not_json": "The body is not JSON",
    "duplicate_key": "A key stands twice in one object",
    "nul_character": "A text holds the character NUL",
    "lone_surrogate": "A text holds half a surrogate pair",
    "too_deep": f"More than {MAX_LEVELS} levels of lists and objects",
    "not_a_number": "NaN and Infinity are not JSON",
    "number_too_large": "A number needs more than 64 bits",
}


class BadJson(ValueError):
    """A body that cannot be read: `code` for programs, `detail` for people; neither holds anything of the body."""

    def __init__(self, code: str) -> None:
        super().__init__(DETAILS[code])
        self.code = code
        self.detail = DETAILS[code]


def parse(body: bytes) -> Json:
    """The value of a JSON body of at most 32 levels, numbers of 64 bits. Raises BadJson."""
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return parse_slowly(body)
    return value if _is_canonical(body, value) or _is_plain(body, value) else parse_slowly(body)


def parse_slowly(body: bytes) -> Json:
    """What `parse` means, checked step by step."""
    if _is_too_deep(body):
        raise BadJson("too_deep")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadJson("not_utf8") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_int, parse_float=_float, parse_constant=_constant
        )
    except json.JSONDecodeError:
        raise BadJson("not_json") from None
    for said in _texts(value):
        if _NUL in said:
            raise BadJson("nul_character")
        if _SURROGATE.search(said):
            raise BadJson("lone_surrogate")
    return value


def _is_canonical(body: bytes, value: Json) -> bool:
    """Whether a body is written as msgspec writes its value, as browsers do too: then no key stands twice. Seen
    without a look at each part of it; the numbers by MessagePack, which has none of more than 64 bits."""
    if len(body) - len(body.translate(None, b"[{")) > MAX_LEVELS or (b"\\" in body and b"\\u0000" in body):
        return False
    try:
        return _as_json(value) == body and bool(_as_msgpack(value))
    except OverflowError:
        return False


def _is_plain(body: bytes, value: Json) -> bool:
    """Whether a body that msgspec could read is proved, without reading it again, to hold nothing refused.

    msgspec lets through: NUL as an escape, keys that stand twice, too many levels, integers of any size. Every key in
    the body ends with a colon behind a quote or a blank: no more of these than keys in the value, and none was lost.
    """
    count = body.count
    colons = count(b'":') + count(b" :") + count(b"\n:") + count(b"\r:") + count(b"\t:")
    return colons <= _keys(value) and b"\\u0000" not in body


def _keys(value: Json) -> int:
    """How many keys all objects of a value have; -1 for a value that needs a closer look."""
    keys = 0
    values = [value]
    for _ in range(MAX_LEVELS):
        inner: list[Json] = []
        for item in values:
            kind = type(item)
            if kind is str:
                continue
            if kind is dict:
                keys += len(item)
                inner.extend(item.values())
            elif kind is list:
                inner.extend(item)
            elif kind is int and not MIN_INT <= item <= MAX_INT:
                return -1
        if not inner:
            return keys
        values = inner
    return -1


def _is_too_deep(body: bytes) -> bool:
    """Whether lists and objects go deeper than MAX_LEVELS, up to the first thing that is not JSON at least."""
    if body.count(b"[") + body.count(b"{") <= MAX_LEVELS:
        return False
    level = 0
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            level += 1
            if level > MAX_LEVELS:
                return True
        elif first in b"]}":
            level -= 1
    return False


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise BadJson("duplicate_key")
    return value


def _int(digits: str) -> int:
    # Python refuses to read thousands of digits; 20 and a sign hold every number of 64 bits.
    value = int(digits) if len(digits) <= len(str(MIN_INT)) else MAX_INT + 1
    if not MIN_INT <= value <= MAX_INT:
        raise BadJson("number_too_large")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BadJson("number_too_large")
    return value


def _constant(_: str) -> NoReturn:
    raise BadJson("not_a_number")


def _texts(value: Json) -> Iterator[str]:
    """Every text in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
