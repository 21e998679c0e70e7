"""The keys of one container."""

import pytest
from people.shops import container, with_user

from gateway.decide.keys import Keys

SECRETS = {"user_id_key": b"0123456789abcdef0123456789abcdef", "k": b"k" * 32}
OWN = b"o" * 32


def test_without_people_there_are_no_keys_for_people() -> None:
    keys = Keys.of(container(triggers="  gold: { plan: gold }"), OWN, SECRETS.__getitem__)
    assert (keys.people, keys.accounts, keys.proof, keys.server) == ({}, {}, None, None)
    assert set(keys.visitors) == {"hook"}
    assert keys.cookie.name == "tg_shop"


def test_pseudonyms_are_the_ones_of_the_design() -> None:
    keys = Keys.of(with_user("hash"), OWN, SECRETS.__getitem__)
    # Worked out with hmac by hand: K = HMAC(secret, "taggate/user-id/1/shop/hook").
    import hmac

    for kind, found in (("user-id", keys.people), ("account", keys.accounts)):
        key = hmac.digest(SECRETS["user_id_key"], f"taggate/{kind}/1/shop/hook".encode(), "sha256")
        assert found["hook"].of("alice") == hmac.digest(key, b"alice", "sha256").hex()


def test_what_the_secrets_raise_goes_through() -> None:
    with pytest.raises(KeyError):
        Keys.of(with_user("hash"), OWN, {}.__getitem__)


def test_the_key_of_proofs() -> None:
    proof = "verified_by: { signature: proof, key: { secret: k } }\n  "
    keys = Keys.of(with_user(proof=proof), OWN, SECRETS.__getitem__)
    assert keys.proof is not None
    assert "kkk" not in repr(keys.proof)
