import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.language.user_id import Refusal, agree, normalise
from gateway.model import Json

QUICK = settings(max_examples=60, deadline=None)  # a deadline is a clock

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)


@pytest.mark.parametrize(
    ("claim", "id"),
    [
        ("alice", "alice"),
        ("007", "007"),
        (" \t\u00a0\ufeff\u3000alice\u2029\x85\n", "alice"),
        ("two words", "two words"),
        ("Zoe\u0308", "Zoë"),
        ("f" * 64, "f" * 64),
        (7, "7"),
        (-7, "-7"),
        (7.0, "7"),
        (2**53 - 1, "9007199254740991"),
        (-(2**53) + 1, "-9007199254740991"),
        ("x" * 200, "x" * 200),
        ("e\u0301" * 200, "é" * 200),
        ("true", "true"),
        ("guests", "guests"),
        ("0x0", "0x0"),
        ("00a0", "00a0"),
        ("{1}", "{1}"),
        ("$5", "$5"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_what_counts(claim: Json, id: str) -> None:
    assert normalise(claim) == id
    assert not isinstance(normalise(claim), Refusal)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (None, Refusal.NULL),
        ("", Refusal.EMPTY),
        (" \ufeff ", Refusal.EMPTY),
        *[(word, Refusal.PLACEHOLDER) for word in ("null", "Undefined", "FALSE", "NaN", " -1 ", "none", "Anonymous")],
        *[(word, Refusal.PLACEHOLDER) for word in ("GUEST", "[object Object]", -1, -1.0)],
        *[(text, Refusal.ZEROS) for text in ("0", "0000", 0, 0.0, -0.0, "00000000-0000-0000-0000-000000000000")],
        *[(text, Refusal.TEMPLATE) for text in ("{{UserId}}", "${user.id}", "{{}}", "u-{{ id }}", "a${b}c")],
        ("x" * 201, Refusal.TOO_LONG),
        ("x" * 1000, Refusal.TOO_LONG),
        ("a\0b", Refusal.CONTROL_CHARACTER),
        ("a\x1fb", Refusal.CONTROL_CHARACTER),
        ("a\x9fb", Refusal.CONTROL_CHARACTER),
        ("\x1falice", Refusal.CONTROL_CHARACTER),
        ("a\ud800", Refusal.CONTROL_CHARACTER),
        (2**53, Refusal.NUMBER),
        (-(2**53), Refusal.NUMBER),
        (1.5, Refusal.NUMBER),
        (10**400, Refusal.NUMBER),
        (math.inf, Refusal.NUMBER),
        (math.nan, Refusal.NUMBER),
        (True, Refusal.NOT_TEXT),
        (False, Refusal.NOT_TEXT),
        (["alice"], Refusal.NOT_TEXT),
        ({"id": "alice"}, Refusal.NOT_TEXT),
    ],
)
def test_what_does_not(claim: Json, reason: Refusal) -> None:
    assert normalise(claim) is reason


@QUICK
@given(JSON | ANY_TEXT)
def test_an_id_is_trimmed_composed_short_text_and_stays_itself(claim: Json) -> None:
    id = normalise(claim)
    if isinstance(id, Refusal):
        return
    assert 1 <= len(id) <= 200
    assert id == id.strip().strip("\ufeff") == unicodedata.normalize("NFC", id)
    assert not {unicodedata.category(char) for char in id} & {"Cc", "Cs"}
    assert normalise(id) == id


@QUICK
@given(st.text("ab\u0301\u0308\u1100\u1161\u11a8", min_size=190, max_size=830))
def test_length_counts_after_composing(text: str) -> None:
    assert (normalise(text) is Refusal.TOO_LONG) == (len(unicodedata.normalize("NFC", text)) > 200)


@pytest.mark.parametrize(
    ("claims", "answer"),
    [
        ([], None),
        ([None], Refusal.NULL),
        ([None, "undefined", ""], Refusal.NULL),
        (["guest", None], Refusal.PLACEHOLDER),
        (["alice"], "alice"),
        (["alice", " alice "], "alice"),
        (["Zoë", "Zoe\u0308"], "Zoë"),
        ([7, "7"], "7"),
        (["007", 7], Refusal.CONFLICT),
        (["alice", "Alice"], Refusal.CONFLICT),
        (["alice", None], Refusal.CONFLICT),
        (["alice", "undefined"], Refusal.CONFLICT),
        (["alice", "alice", "bob"], Refusal.CONFLICT),
    ],
)
def test_claims_of_one_hit(claims: list[Json], answer: str | Refusal | None) -> None:
    assert agree(claims) == answer


@QUICK
@given(st.lists(JSON, max_size=4))
def test_who_is_signed_in_does_not_hang_on_the_order_of_claims(claims: list[Json]) -> None:
    one = agree(claims)
    other = agree(claims[::-1])
    assert one == other or (isinstance(one, Refusal) and isinstance(other, Refusal))
