import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide.proof import BadProofKey, ProofKey

QUICK = settings(max_examples=60, deadline=None)  # a deadline is a clock

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000_000
GOOD = {"sub": "alice", "aud": "shop", "exp": NOW // 1000 + 60}
EC = ec.derive_private_key(12345, ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = ProofKey(SECRET, "shop")


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def pem(private: Any) -> bytes:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(private: Any, **more: object) -> bytes:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        x = b64(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        return json.dumps({"kty": "OKP", "crv": "Ed25519", "x": x, **more}).encode()
    numbers = private.public_key().public_numbers()
    x, y = (b64(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    return json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y, **more}).encode()


def oct_jwk(secret: bytes = SECRET, **more: object) -> bytes:
    return json.dumps({"kty": "oct", "k": b64(secret), **more}).encode()


def es256(message: bytes) -> bytes:
    r, s = decode_dss_signature(EC.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def hs(secret: bytes = SECRET, digest: str = "sha256") -> Any:
    return lambda message: hmac.digest(secret, message, digest)


def token(claims: object = GOOD, sign: Any = None, *, raw: bytes | None = None, **header: object) -> str:
    head = b64(raw if raw is not None else json.dumps({"alg": "HS256", "typ": "JWT", **header}).encode())
    message = f"{head}.{b64(claims if isinstance(claims, bytes) else json.dumps(claims).encode())}"
    return f"{message}.{b64((sign or hs())(message.encode()))}"


@pytest.mark.parametrize(
    ("secret", "algorithm", "good"),
    [
        (SECRET, "HS256", token()),
        (oct_jwk(), "HS256", token()),
        (oct_jwk(alg="HS256", use="sig", kid="1"), "HS256", token(kid="2")),
        (pem(EC), "ES256", token(sign=es256, alg="ES256")),
        (jwk(EC), "ES256", token(sign=es256, alg="ES256")),
        (pem(ED), "EdDSA", token(sign=ED.sign, alg="EdDSA")),
        (jwk(ED), "EdDSA", token(sign=ED.sign, alg="Ed25519")),
        (pem(ED) + b"\n", "EdDSA", token(sign=ED.sign, alg="EdDSA")),
    ],
)
def test_each_kind_of_key(secret: bytes, algorithm: str, good: str) -> None:
    key = ProofKey(secret, "shop")
    assert key.algorithm == algorithm
    assert key.token(good, NOW) == "alice"
    assert key.token(good[:-6] + "AAAAAA", NOW) is None
    assert ProofKey(secret, "blog").token(good, NOW) is None


@pytest.mark.parametrize(
    "claims",
    [
        GOOD | {"aud": ["blog", "shop"]},
        GOOD | {"exp": NOW / 1000 - 299.5},
        GOOD | {"exp": NOW // 1000 - 299},
        GOOD | {"exp": 10**30},
        GOOD | {"nbf": NOW // 1000 + 299, "iat": 1, "more": {"a": [1]}},
        GOOD | {"sub": " alice\ufeff"},
    ],
)
def test_what_proves_alice(claims: object) -> None:
    assert KEY.token(token(claims), NOW) == "alice"


@pytest.mark.parametrize(("sub", "id"), [("Zoe\u0308", "Zoë"), ("Zoë", "Zoë"), (7, "7"), ("bob", "bob")])
def test_the_subject_is_normalised_like_a_claim(sub: object, id: str) -> None:
    assert KEY.token(token(GOOD | {"sub": sub}), NOW) == id


@pytest.mark.parametrize(
    "claims",
    [
        GOOD | {"aud": "blog"},
        GOOD | {"aud": "shopping"},
        GOOD | {"aud": []},
        GOOD | {"aud": {"shop": 1}},
        GOOD | {"exp": NOW // 1000 - 300},
        GOOD | {"exp": "9999999999"},
        GOOD | {"exp": True},
        GOOD | {"exp": None},
        GOOD | {"nbf": NOW // 1000 + 301},
        GOOD | {"sub": ""},
        GOOD | {"sub": "undefined"},
        GOOD | {"sub": None},
        GOOD | {"sub": ["alice"]},
        *[{key: value for key, value in GOOD.items() if key != gone} for gone in GOOD],
        [],
        "alice",
        b"",
        b"\xff",
        b"{",
        b'{"sub":"alice","aud":"shop","exp":1e999}',
        b"[" * 2500,
    ],
)
def test_claims_that_prove_nothing(claims: object) -> None:
    assert KEY.token(token(claims), NOW) is None


@pytest.mark.parametrize(
    "bad",
    [
        token(sign=hs(b"x" * 32)),
        token(alg="none"),
        token(sign=lambda _: b"", alg="none"),
        token(sign=lambda _: b"", alg="None"),
        token(sign=hs(digest="sha512"), alg="HS512"),
        token(sign=es256, alg="ES256"),
        token(alg="ES256"),
        token(alg=["HS256"]),
        token(alg=None),
        token(raw=b"{}"),
        token(raw=b"[]"),
        token(raw=b'["alg","b64"]'),
        token(raw=b'"alg b64"'),
        token(raw=b"7"),
        token(raw=b""),
        token(raw=b"[" * 380),
        token(raw=b'{"alg":"HS256","a":' + b"[" * 300),
        token(crit=["exp"], exp=1),
        token(crit=["b64"], b64=False),
        token(crit=[]),
        token(crit=None),
        token(b64=False),
        token(b64=True, crit=["b64"]),
        token(typ=7),
        token(kid=7),
        token(kid="x" * 1000),
        token(GOOD | {"pad": "x" * 4096}),
        token() + "é",
        token() + "=",
        token() + ".",
        token().replace(".", "..", 1),
        token().rpartition(".")[0],
        token().rpartition(".")[0] + ".",
        "",
        ".",
        "..",
        "a.b.c",
        "\0",
        "\ud800",
        "a" * 5000,
        "💥",
        "eyJhbGciOiJIUzI1NiJ9.*.*",
    ],
)
def test_tokens_that_are_not_in_order(bad: str) -> None:
    assert KEY.token(bad, NOW) is None


@QUICK
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: token(raw=raw)))
def test_garbage_is_no_error(text: str) -> None:
    assert KEY.token(text, NOW) is None


@QUICK
@given(st.binary(max_size=60))
def test_signed_garbage_is_no_error(payload: bytes) -> None:
    assert KEY.token(token(payload), NOW) is None


def test_keys_named_by_the_token_are_not_used() -> None:
    mine = hs(b"m" * 32)
    assert KEY.token(token(sign=mine, jwk=json.loads(oct_jwk(b"m" * 32))), NOW) is None
    assert KEY.token(token(sign=mine, jku="https://evil.example/jwks", kid="../../dev/null"), NOW) is None


@pytest.mark.parametrize("public", [pem(EC), pem(ED), pem(EC).strip(), jwk(EC), jwk(ED)])
def test_a_public_key_is_no_hmac_secret(public: bytes) -> None:
    key = ProofKey(public, "shop")
    assert key.token(token(sign=hs(public)), NOW) is None
    assert not key.signature(hmac.digest(public, b"alice", "sha256").hex(), "alice")


def test_one_kind_of_public_key_does_not_stand_for_the_other() -> None:
    assert ProofKey(pem(EC), "shop").token(token(sign=ED.sign, alg="EdDSA"), NOW) is None
    assert ProofKey(pem(ED), "shop").token(token(sign=es256, alg="ES256"), NOW) is None


def private_pem(private: Any) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


RSA = rsa.generate_private_key(65537, 2048)
ED448 = ed448.Ed448PrivateKey.generate()


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        b"short",
        SECRET[:31],
        oct_jwk(SECRET[:31]),
        oct_jwk(b""),
        oct_jwk(alg="HS512"),
        oct_jwk(use="enc"),
        oct_jwk(key_ops=["sign"]),
        b'{"kty": "oct"}',
        b'{"kty": "oct", "k": "' + b"A" * 60,
        b'{"k": "' + b"A" * 60 + b'"}',
        b'{"kty": ["oct"], "k": "AAAA"}',
        b'{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}',
        b'{"kty": "OKP", "crv": "Ed999", "x": "AA"}',
        pem(RSA),
        pem(ED448),
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(EC)[:-40],
        b"junk before " * 5 + b"-----BEGIN PUBLIC KEY-----",
        private_pem(EC),
        private_pem(ED),
        jwk(EC, d=b64((12345).to_bytes(32, "big"))),
        jwk(ED, d=b64(bytes(range(32)))),
        jwk(EC, alg="ES384"),
        b"ssh-rsa " + b"A" * 60,
        EC.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        EC.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
)
def test_secrets_that_are_no_key(secret: bytes) -> None:
    with pytest.raises(BadProofKey) as problem:
        ProofKey(secret, "shop")
    assert "AAAA" not in str(problem.value)


@pytest.mark.parametrize("secret", [b"\xff" * 32, b"[" * 5000, b'["a list of JSON is bytes as well"]', b"7" * 32])
def test_other_bytes_are_an_hmac_key(secret: bytes) -> None:
    assert ProofKey(secret, "shop").token(token(sign=hs(secret)), NOW) == "alice"


def test_a_key_shows_nothing() -> None:
    assert repr(KEY) == "ProofKey(HS256)"


@pytest.mark.parametrize("id", ["alice", "Zoë", "007"])
def test_signatures(id: str) -> None:
    good = hmac.digest(SECRET, id.encode(), "sha256").hex()
    assert KEY.signature(good, id)
    assert KEY.signature(good.upper(), id)
    assert ProofKey(oct_jwk(), "shop").signature(good, id)
    for bad in (good[:-1], good + "0", f" {good}", f"{good}\n", good[:-2] + "zz", "", "é" * 64, "٠" * 64, good[::-1]):
        assert not KEY.signature(bad, id)
    assert not KEY.signature(good, "bob")


@QUICK
@given(st.text(), st.text())
def test_any_text_may_be_claimed_as_signature(signature: str, id: str) -> None:
    assert not KEY.signature(signature, id)
