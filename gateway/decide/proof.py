"""Whether a sender may speak for a person. A token or signature and the site's key in; the proven ID, or no, out."""

import hmac
import re
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey
from joserfc.jws import JWSRegistry
from msgspec import UNSET, Raw, Struct, UnsetType, json

from gateway.decide.prover import BadProofKey
from gateway.language.user_id import Refusal, normalise

MAX_TOKEN = 4096
LEEWAY_MS = 5 * 60_000
MIN_KEY = 32

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_ALGORITHMS = {"oct": ("HS256",), "EC": ("ES256",), "OKP": ("EdDSA", "Ed25519")}
_WANTED = "wanted is a public key (P-256 or Ed25519, as PEM or JWK), or 32 bytes or more for HMAC"


class _Header(Struct):
    alg: str
    crit: Raw | UnsetType = UNSET


class _Claims(Struct):
    sub: str | int | float
    aud: str | list[str]
    exp: int | float
    nbf: int | float = 0


class _Fixed(JWSRegistry):
    """The algorithms of one key and no other, whatever joserfc recommends."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(strict_check_header=False)
        self._models = {name: self.algorithms[name] for name in names}

    def get_alg(self, name: str) -> Any:
        if name not in self._models:
            raise UnsupportedAlgorithmError
        return self._models[name]


class ProofKey:
    """The key of `verified_by`: a public key (P-256, Ed25519) as PEM or JWK, or an HMAC key as JWK or bytes.

    `algorithm` is what tokens must be signed with: HS256, ES256 or EdDSA. Raises BadProofKey.
    """

    def __init__(self, secret: bytes, container: str) -> None:
        self._key, names = _read(secret)
        self.algorithm = names[0]
        self._registry = _Fixed(names)
        self._container = container
        self._hmac_key = self._key.raw_value if isinstance(self._key, OctKey) else None

    def __repr__(self) -> str:
        return f"ProofKey({self.algorithm})"

    def token(self, jwt: str, arrived_ms: int) -> str | None:
        """The normalised ID that a JWT proves for this container; None for anything that is not in order."""
        if len(jwt) > MAX_TOKEN or not jwt.isascii():
            return None
        try:
            claims = self._claims(jwt)
        except (JoseError, ValueError, RecursionError):
            return None
        return self._subject(claims, arrived_ms) if claims else None

    def signature(self, hexdigest: str, normalised_id: str) -> bool:
        """Whether this is the ID's HMAC-SHA256 in hex, in any case; never with a public key."""
        if self._hmac_key is None or not _HEX.fullmatch(hexdigest):
            return False
        wanted = hmac.digest(self._hmac_key, normalised_id.encode(), "sha256")
        return hmac.compare_digest(bytes.fromhex(hexdigest), wanted)

    def _claims(self, jwt: str) -> _Claims | None:
        # Before joserfc, which expects an object here.
        header = json.decode(urlsafe_b64decode(jwt.partition(".")[0] + "=="), type=_Header)
        # No extension is understood, so whatever is critical is not (RFC 7515, 4.1.11).
        if header.crit is not UNSET:
            return None
        return json.decode(jws.deserialize_compact(jwt, self._key, registry=self._registry).payload, type=_Claims)

    def _subject(self, claims: _Claims, arrived_ms: int) -> str | None:
        audience = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
        if self._container not in audience:
            return None
        if not claims.nbf * 1000 - LEEWAY_MS <= arrived_ms < claims.exp * 1000 + LEEWAY_MS:
            return None
        subject = normalise(claims.sub)
        return None if isinstance(subject, Refusal) else subject


def _read(secret: bytes) -> tuple[Key, list[str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)
            key = _of_pem(secret) if b"-----BEGIN" in secret else _of_jwk(secret) or _of_bytes(secret)
    except (JoseError, ValueError, KeyError, TypeError, SecurityWarning):
        raise BadProofKey(f"The secret is no usable key: {_WANTED}") from None
    names = [name for name in _ALGORITHMS.get(key.key_type, ()) if _fits(key, name)]
    if not names:
        raise BadProofKey(f"The key is of a kind that proofs are not made with: {_WANTED}")
    return key, names


def _of_pem(secret: bytes) -> Key:
    public = load_pem_public_key(secret)
    return ECKey.import_key(secret) if isinstance(public, EllipticCurvePublicKey) else OKPKey.import_key(secret)


def _of_jwk(secret: bytes) -> Key | None:
    try:
        data = json.decode(secret)
    except (ValueError, RecursionError):
        # A public JWK with a slip in it would be an HMAC key that everybody knows.
        if b'"kty"' in secret:
            raise ValueError from None
        return None
    if not isinstance(data, dict):
        return None
    key = JWKRegistry.import_key(data)
    return _of_bytes(key.raw_value) and key if isinstance(key, OctKey) else key


def _of_bytes(secret: bytes) -> Key:
    if len(secret) < MIN_KEY:
        raise ValueError
    return OctKey.import_key(secret)


def _fits(key: Key, algorithm: str) -> bool:
    """Whether the key may verify this algorithm. The private half of a pair has no business here."""
    if not isinstance(key, OctKey) and (key.is_private or getattr(key, "curve_name", "") not in ("P-256", "Ed25519")):
        return False
    try:
        JWSRegistry.algorithms[algorithm].check_key(key)
        key.check_key_op("verify")
    except JoseError:
        return False
    return True
