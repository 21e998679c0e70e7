"""Visitors' numbers that are a User ID."""

from hashlib import md5, sha1, sha256

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
