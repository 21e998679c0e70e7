import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.decide.hidden import REMOVED, unpacked
from gateway.decide.scrub import Needles
from gateway.decide.traces import remove_traces, traces_of

from .known import IDS, KEY, removed, shows


def packed(said: Any, form: str = "url") -> str:
    raw = json.dumps(said, ensure_ascii=form == "ascii").encode()
    if form == "url":
        return urlsafe_b64encode(raw).decode().rstrip("=")
    return quote(b64encode(raw).decode(), safe="")


def jwt(said: Any) -> str:
    return f"{packed({'alg': 'HS256', 'typ': 'JWT'})}.{packed(said)}.kZqo7hl-4711_2uY"


TOKENS = [
    jwt({"sub": "ann-4711", "exp": 1795364338}),
    packed({"user_id": "ANN-4711", "post_id": 9}),
    packed({"a": "~~~???>>>", "user": ["ann-4711", "é"]}, "padded"),
    packed({"a": "~~~???>>>", "user": "Ann-4711"}, "ascii"),
    packed({"next": "/?t=" + jwt({"sub": "ann-4711"})}),
    packed({"next": "https://a.example/ann%2D4711"}),
    packed({"0": {"deep": {"ann-4711": 1}}}),
    packed({"ann-4711": 1}).replace("e", "%65", 1),
    b64encode(b'{ "sub" : "ann-4711" }').decode(),
    packed({"sub": "ann-4711", "cut": "in the middle"})[:-3],
]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_names_a_person_goes(token: str) -> None:
    for text in (token, f"https://a.example/login?t={token}&x=1#end", f"see {token}, please"):
        clean, count = removed("ann-4711").scrub(text)
        assert (clean, count > 0) == (text.replace(token, REMOVED), True)
        assert remove_traces(text, traces_of("ann-4711", KEY), KEY)[0] == clean
        assert shows("ann-4711", text)


@pytest.mark.parametrize("token", TOKENS)
def test_nobody_elses_token_goes(token: str) -> None:
    text = f"https://a.example/login?t={token}&x=1"
    assert removed("bob-1234").scrub(text) == (text, 0)
    assert remove_traces(text, traces_of("bob-1234", KEY), KEY) == (text, 0)
    assert not shows("bob-1234", text)


def test_what_may_leave_may_leave_in_a_token() -> None:
    token = jwt({"sub": "ann-4711"})
    assert Needles.of([("ann-4711", "ann-4711")]).scrub(token) == (token, 0)
    assert Needles.of([("ann-4711", "f00d")]).scrub(f"a {token}")[0] == f"a {REMOVED}", (
        "a pseudonym is not packed again"
    )


def test_an_email_address_in_a_token_is_one() -> None:
    token = jwt({"email": "ann@shop.example"})
    assert Needles.of([]).scrub(f"/?t={token}") == (f"/?t={REMOVED}", 1)
    assert shows("bob-1234", f"/?t={token}")


def test_an_address_stays_one_that_can_be_read() -> None:
    token = packed({"sub": "ann-4711"})
    assert removed("ann-4711").scrub(f"https://a.example:{token}/a")[0] == "https://removed.invalid"


@pytest.mark.parametrize("text", ["", "money", "eyJ", "eyJhbGciOiJ", "eyA" * 2000, "ey" * 4000, "eyJ" + "." * 4000])
def test_what_is_no_token(text: str) -> None:
    assert removed("ann-4711").scrub(text) == (text, 0)


@given(IDS.filter(lambda id: json.dumps(id, ensure_ascii=False)[1:-1] == id), st.integers(0, 3), st.booleans())
@example("ann-4711", 3, False)
def test_no_nested_token_keeps_it(id: str, depth: int, signed: bool) -> None:
    said: Any = {"sub": id}
    for _ in range(depth):
        said = {"t": jwt(said) if signed else packed(said)}
    text = f"https://a.example/?t={packed(said)}"
    clean, _ = removed(id).scrub(text)
    assert clean == f"https://a.example/?t={REMOVED}"
    assert any(id in inner for inner in unpacked(text))
