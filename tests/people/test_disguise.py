"""Visitors' numbers that are a User ID."""

import unicodedata
from base64 import b64encode, urlsafe_b64encode
from hashlib import md5, sha1, sha256
from urllib.parse import quote, quote_plus

import pytest
from msgspec import UNSET

from gateway.model import Hit, Identity, Json, Signed
from gateway.people.disguise import disguised

ALICE = Identity(Signed.VERIFIED, "Alice")


def hit(visitor: str | None, user_id: Json = UNSET) -> Hit:
    return Hit(container="shop", event="x", at=0, arrived=0, visitor=visitor, user_id=user_id)


@pytest.mark.parametrize(
    ("visitor", "said", "identity"),
    [
        ("Alice", UNSET, ALICE),
        ("segment:alice ", UNSET, ALICE),
        ("segment:4711", 4711, Identity(Signed.VERIFIED, "4711")),
        ("alice", " alice", Identity(Signed.UNVERIFIED)),
        ("alice", UNSET, Identity(Signed.UNVERIFIED, unverified=("alice",))),
        ("Zo\u00eb", UNSET, Identity(Signed.VERIFIED, "Zoe\u0308")),
        ("matomo:" + sha1(b"Alice").hexdigest()[:16], UNSET, ALICE),
        ("matomo:" + md5(b"alice").hexdigest()[:16], UNSET, ALICE),
        (sha256(b"Alice").hexdigest().upper(), UNSET, ALICE),
        ("segment:QWxpY2U=", UNSET, ALICE),
        ("segment:user-Alice", UNSET, ALICE),
        ("crm:alice", UNSET, ALICE),
        ("segment:%41%6c%69ce", UNSET, ALICE),
        ("segment:alice%40shop.example", UNSET, Identity(Signed.VERIFIED, "alice@shop.example")),
        ("Zo%25C3%25AB", UNSET, Identity(Signed.VERIFIED, "Zo\u00eb")),
        ("segment:7", UNSET, Identity(Signed.VERIFIED, "7")),
    ],
)
def test_it_is_the_user_id(visitor: str, said: Json, identity: Identity) -> None:
    assert disguised(hit(visitor, said), identity)


@pytest.mark.parametrize(
    ("visitor", "identity"),
    [
        (None, ALICE),
        ("", ALICE),
        ("segment:alice2", ALICE),
        ("segment:a7b-17", Identity(Signed.VERIFIED, "7")),
        ("segment:a1", Identity(Signed.VERIFIED, "segment")),
        ("matomo:" + sha1(b"Bob").hexdigest()[:16], ALICE),
        ("matomo:0123456789abcdef", Identity(Signed.NOBODY)),
        ("segment:a1", Identity(Signed.UNSAID)),
    ],
)
def test_it_is_none(visitor: str | None, identity: Identity) -> None:
    assert not disguised(hit(visitor), identity)


ODD = "\u03ac\u03ad\u03ae\u03af \u03cc\u03cd/" * 8 + "x1"


@pytest.mark.parametrize(
    ("visitor", "found"),
    [
        (ODD, True),
        ("segment:user-" + ODD.upper(), True),
        ("segment:" + unicodedata.normalize("NFD", ODD), True),
        (quote(ODD), True),
        (quote(quote(ODD)), True),
        (quote_plus(ODD), True),
        (b64encode(ODD.encode()).decode(), True),
        ("crm-" + urlsafe_b64encode(ODD.encode()).decode(), True),
        ("x1" + "\u03ac" * 80, False),
        (quote(ODD)[:-12] + "%20" * 5 + "x1", False),
    ],
)
def test_one_with_many_odd_letters_is_not_a_pattern(monkeypatch: pytest.MonkeyPatch, visitor: str, found: bool) -> None:
    monkeypatch.setattr("gateway.people.disguise.re.search", None)
    assert disguised(hit(visitor), Identity(Signed.VERIFIED, ODD)) is found
