"""Who a hit says is signed in (identity.md): claims together, and their proof."""

import hmac
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from msgspec import UNSET, structs

from gateway.decide.identity import UNSAID, identify
from gateway.decide.proof import ProofKey
from gateway.language.container import Proof, UserId
from gateway.model import Hit, Identity, Signed
from gateway.problems import Place

SECRET = b"k" * 32
KEY = ProofKey(SECRET, "shop")
PLAIN = UserId(variable="account_id", account="company", place=Place(1, 1))
SIGNED = UserId(
    variable="account_id",
    account="company",
    verified_by=Proof(kind="signature", variable="proof", secret="k"),
    place=Place(1, 1),
)


def hit(**told: Any) -> Hit:
    return Hit(container="shop", event="x", at=0, arrived=0, **told)


def mac(user: str) -> str:
    return hmac.digest(SECRET, user.encode(), "sha256").hex()


def test_without_user_id_or_claims_nothing_is_said() -> None:
    assert identify(hit(user_id="alice"), None, None) is UNSAID
    assert identify(hit(), PLAIN, None) is UNSAID
    assert identify(hit(values={"company": "acme"}), PLAIN, None) is UNSAID


def test_without_verified_by_the_word_is_believed() -> None:
    assert identify(hit(user_id=" alice "), PLAIN, None) == Identity(Signed.VERIFIED, "alice")
    assert identify(hit(values={"account_id": 7}), PLAIN, None) == Identity(Signed.VERIFIED, "7")
    found = identify(hit(user_id="alice", values={"account_id": "alice", "company": "acme"}), PLAIN, None)
    assert (found.id, found.account) == ("alice", "acme")
    assert identify(hit(user_id="alice", account="acme", values={"company": "other"}), PLAIN, None).account is None
    assert identify(hit(user_id="alice", account="undefined"), PLAIN, None).account is None
    assert identify(hit(user_id="alice"), UserId(variable="account_id", place=Place(1, 1)), None).account is None


def test_nobody_is_said_by_null_and_by_words_for_nobody() -> None:
    assert identify(hit(user_id=None), PLAIN, None) == Identity(Signed.NOBODY)
    assert identify(hit(values={"account_id": None}), PLAIN, None) == Identity(Signed.NOBODY)
    assert identify(hit(user_id="guest"), PLAIN, None) == Identity(Signed.NOBODY, refused=("placeholder",))
    assert identify(hit(user_id="x" * 201), PLAIN, None).refused == ("too_long",)


def test_claims_that_differ_are_nobody_and_all_are_scrubbed() -> None:
    found = identify(hit(user_id="alice", proof="p", values={"account_id": 5}), SIGNED, KEY)
    assert (found.signed, found.refused, found.id) == (Signed.NOBODY, ("conflict",), None)
    assert set(found.unverified) == {"alice", "5", "p"}


@pytest.mark.parametrize("where", ["proof", "variable"])
def test_a_signature_proves(where: str) -> None:
    told: dict[str, Any] = {"user_id": "alice"}
    told |= {"proof": mac("alice")} if where == "proof" else {"values": {"proof": mac("alice")}}
    found = identify(hit(**told), SIGNED, KEY)
    assert found == Identity(Signed.VERIFIED, "alice", unverified=(mac("alice"),))


@pytest.mark.parametrize(("proven", "signed"), [("alice", Signed.VERIFIED), ("bob", Signed.UNVERIFIED)])
def test_a_token_proves_whom_it_names(proven: str, signed: Signed) -> None:
    claims = {"sub": proven, "aud": "shop", "exp": 60}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
    user = structs.replace(SIGNED, verified_by=Proof(kind="token", variable="proof", secret="k"))
    assert identify(hit(user_id="alice", proof=token), user, KEY).signed is signed


def test_one_good_proof_is_enough() -> None:
    told = {"user_id": "alice", "proof": "bad", "values": {"proof": mac("alice"), "company": "acme"}}
    found = identify(hit(**told), SIGNED, KEY)
    assert (found.id, found.account, set(found.unverified)) == ("alice", "acme", {"bad", mac("alice")})


def test_without_proof_nothing_of_the_claim_is_believed() -> None:
    for told in ({}, {"proof": mac("bob")}, {"values": {"proof": 5}}, {"proof": ""}):
        found = identify(hit(user_id=" Alice ", account="acme", **told), SIGNED, KEY)
        assert (found.signed, found.id, found.account) == (Signed.UNVERIFIED, None, None)
        assert found.refused == ("no_proof",)
        assert {" Alice ", "Alice"} <= set(found.unverified)
    assert identify(hit(user_id="alice", proof=mac("alice")), SIGNED, None).signed is Signed.UNVERIFIED
    assert set(identify(hit(user_id=4711), SIGNED, KEY).unverified) == {"4711"}


def test_a_trusted_sender_needs_none() -> None:
    assert identify(hit(user_id="alice", account="acme", trusted=True), SIGNED, KEY) == Identity(
        Signed.VERIFIED, "alice", "acme"
    )
    assert identify(hit(user_id=UNSET, trusted=True), SIGNED, KEY) is UNSAID
