"""The visitor cookie: only what has our MAC is one (identity.md)."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.decide.cookie import VISITOR_BYTES, CookieKey
from gateway.model import Cookie

KEY = CookieKey(b"s" * 32, "shop")
COOKIE = Cookie(bytes(range(VISITOR_BYTES)), 1_780_000_000_000)


@given(st.binary(min_size=VISITOR_BYTES, max_size=VISITOR_BYTES), st.integers(-(2**63), 2**63 - 1))
def test_what_is_written_is_read(visitor: bytes, issued: int) -> None:
    text = KEY.write(Cookie(visitor, issued))
    assert KEY.read(text) == Cookie(visitor, issued)
    assert text.replace("-", "").replace("_", "").isalnum()


def test_its_name_is_the_containers() -> None:
    assert KEY.name == "tg_shop"


def test_another_container_or_secret_cannot_read_it() -> None:
    text = KEY.write(COOKIE)
    assert CookieKey(b"s" * 32, "blog").read(text) is None
    assert CookieKey(b"t" * 32, "shop").read(text) is None


@given(st.integers(0, 53), st.sampled_from("ABCabc012-_"))
def test_every_character_counts(place: int, other: str) -> None:
    text = KEY.write(COOKIE)
    changed = text[:place] + other + text[place + 1 :]
    # The last character holds bits that base64 leaves unused.
    assert changed == text or place == 53 or KEY.read(changed) is None


@given(st.text(max_size=80))
def test_other_texts_are_no_cookie(text: str) -> None:
    assert KEY.read(text) is None


def test_longer_and_shorter_ones_are_none() -> None:
    text = KEY.write(COOKIE)
    assert KEY.read(text + "AAAA") is None
    assert KEY.read(text[:-4]) is None
    assert KEY.read("A") is None
    assert KEY.read("é" + text) is None
