import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.intake import strict_json
from gateway.intake.strict_json import DETAILS, BadJson, parse, parse_slowly

QUICK = settings(max_examples=100, deadline=None)  # a deadline is a clock
TOKEN = strict_json._TOKEN

TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from('":\\ \0'), max_size=8)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
PIECE = st.sampled_from(["{", "}", "[", "]", ",", ":", " ", "\n", "1", "-0", "1e999", "NaN", "null", "true", "é"]) | (
    st.sampled_from(['"', '"a"', '"b" :', '":"', "\\", "\\u0061", '{"a":1', '"a":1,"a":2', "12345678901234567890123"])
    | st.sampled_from(['"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"'])
)


def outcome(read: Any, body: bytes) -> object:
    try:
        value = read(body)
    except BadJson as problem:
        return problem.code
    return json.dumps(value, sort_keys=False)


def nested(levels: int, inner: str = "1") -> bytes:
    return (
        b'{"a":' * (levels // 2)
        + b"[" * (levels - levels // 2)
        + inner.encode()
        + b"]" * (levels - levels // 2)
        + b"}" * (levels // 2)
    )


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, -2.5, "x", null, true], "b": {}}', {"a": [1, -2.5, "x", None, True], "b": {}}),
        (b' "\\u00e9\\n\\/" ', "é\n/"),
        (b'"\\ud83d\\ude00"', "😀"),
        ('{"ü" :"https://a.example/: \\" :"}'.encode(), {"ü": 'https://a.example/: " :'}),
        (b'{"a\\":":1,"b"\t:2,"c"\n:3,"d"\r:4}', {'a":': 1, "b": 2, "c": 3, "d": 4}),
        (b'"\\\\u0000"', "\\u0000"),
        (b"18446744073709551615", 2**64 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1e2", 100.0),
        (b"1e-999", 0.0),
        (b'{"a":{"a":1},"b":{"a":2}}', {"a": {"a": 1}, "b": {"a": 2}}),
        (b'[{"a":1},{"a":1}]', [{"a": 1}, {"a": 1}]),
        (b'{"":1}', {"": 1}),
        (b'{"a ":1,"a"  :2}', {"a ": 1, "a": 2}),
    ],
)
def test_what_is_read(body: bytes, value: object) -> None:
    assert parse(body) == value == parse_slowly(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        *[
            (b'"\xff"', "not_utf8"),
            (b'"\xed\xa0\x80"', "not_utf8"),
            (b'{"\xff":1}', "not_utf8"),
            (b"\xff\xfe1\0", "not_utf8"),
        ],
        *[
            (text, "not_json")
            for text in (b"", b" ", b"{", b"[1,]", b"{'a':1}", b'"\x01"', b'"a\0"', b"01", b"1 2", b"+1")
        ],
        *[
            (text, "not_json")
            for text in (b'"\\x"', b"undefined", b"\xef\xbb\xbf1", b"/**/1", b'{"a":1,}', b"]]]", b'"' * 99)
        ],
        *[(text, "duplicate_key") for text in (b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"b":{"a":1,"a" :2}}]')],
        (b'{"a":1,"a":{"b":1,"c":2}}', "duplicate_key"),
        (b'{"a":{"b":1,"c":2},"a":1}', "duplicate_key"),
        *[(text, "nul_character") for text in (b'"\\u0000"', b'{"a\\u0000":1}', b'[{"a":["x\\u0000"]}]')],
        *[(text, "lone_surrogate") for text in (b'"\\ud800"', b'"\\ude00"', b'{"\\uD83D":1}', b'"\\uD83D\\u0041"')],
        *[(nested(33), "too_deep"), (b"[" * 100_000, "too_deep"), (b'{"a":' * 20_000, "too_deep")],
        *[(text, "not_a_number") for text in (b"NaN", b"[Infinity]", b'{"a":-Infinity}')],
        *[
            (text, "number_too_large")
            for text in (b"1e999", b"-1e999", b"18446744073709551616", b"[-9223372036854775809]")
        ],
        (b"1" * 5000, "number_too_large"),
        (b"[" + b"9" * 30 + b"]", "number_too_large"),
    ],
)
def test_what_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(BadJson) as problem:
        parse(body)
    assert problem.value.code == code
    assert problem.value.detail == DETAILS[code]
    assert outcome(parse_slowly, body) == code


@pytest.mark.parametrize("inner", ["1", '"[[[["', "{}"])
def test_32_levels_are_fine(inner: str) -> None:
    body = nested(31 if inner == "{}" else 32, inner)
    assert parse(body) == json.loads(body)
    assert outcome(parse, nested(32, "{}")) == "too_deep"


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 100_000, b'[{"' + b'\\"' * 100_000, b'"' * 200_001, b'"\\'])
def test_texts_without_end_are_refused_in_no_time(body: bytes) -> None:
    assert outcome(parse, body) == "not_json"


@QUICK
@given(VALUE, st.booleans(), st.sampled_from([None, 1]), st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
@example({"a": "\0"}, True, None, (",", ":"))
def test_both_ways_agree_on_json(value: object, ascii: bool, indent: int | None, separators: tuple[str, str]) -> None:
    body = json.dumps(value, ensure_ascii=ascii, indent=indent, separators=separators).encode()
    assert outcome(parse, body) == outcome(parse_slowly, body)


@QUICK
@given(st.lists(PIECE, max_size=12).map("".join))
def test_both_ways_agree_on_anything(text: str) -> None:
    assert outcome(parse, text.encode()) == outcome(parse_slowly, text.encode())


@QUICK
@given(st.binary(max_size=30))
def test_bytes_are_never_another_error(body: bytes) -> None:
    assert outcome(parse, body) == outcome(parse_slowly, body)


@QUICK
@given(VALUE)
def test_an_ordinary_value_comes_back(value: object) -> None:
    assert outcome(parse, json.dumps(value).encode()) in (json.dumps(value), "nul_character", "number_too_large")


def test_an_ordinary_body_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(body: bytes) -> None:
        raise AssertionError

    monkeypatch.setattr(strict_json, "parse_slowly", fail)
    body = {"event": "page_view", "url": "https://a.example/?a=b:c", "at": 1, "values": {"a": None, "b": [1, 2.5]}}
    assert parse(json.dumps(body).encode()) == body
    assert parse(json.dumps([body] * 100, separators=(",", ":")).encode()) == [body] * 100


@pytest.mark.parametrize("code", DETAILS)
def test_details_hold_nothing_of_the_body(code: str) -> None:
    assert str(BadJson(code)) == BadJson(code).detail == DETAILS[code]


@pytest.mark.parametrize(("body", "most"), [(b"[" * 100_000, 33), (b'"' * 100_001, 0), (b'[{"a":' * 50_000, 70)])
def test_what_is_no_json_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, body: bytes, most: int) -> None:
    """It would hold up everybody else's hits."""
    looked = list[bytes]()

    class Tokens:
        def finditer(self, text: bytes) -> Iterator[re.Match[bytes]]:
            for token in TOKEN.finditer(text):
                looked.append(token[0])
                yield token

    monkeypatch.setattr(strict_json, "_TOKEN", Tokens())
    with pytest.raises(BadJson):
        parse(body)
    assert len(looked) <= most
