"""Who a hit says is signed in: its claims together, and their proof."""

from msgspec import UNSET

from gateway.decide.prover import Prover
from gateway.language.container import UserId
from gateway.language.user_id import Refusal, agree, normalise
from gateway.model import Hit, Identity, Json, Signed

UNSAID = Identity(Signed.UNSAID)


def identify(hit: Hit, user: UserId | None, key: Prover | None) -> Identity:
    """Verified, unverified, nobody, or nothing said. Without `verified_by` the sender's word is believed."""
    if user is None:
        return UNSAID
    claims = _claims(hit, user)
    found = agree(claims)
    if found is None:
        return UNSAID
    if isinstance(found, Refusal):
        refused = () if found is Refusal.NULL else (found.value,)
        doubtful = _texts(claims) if found is Refusal.CONFLICT else ()
        return Identity(Signed.NOBODY, refused=refused, unverified=doubtful + _proofs(hit, user))
    proof = _proofs(hit, user)
    if hit.trusted or user.verified_by is None or (key and _proven(hit, user, user.verified_by.kind, key, found)):
        account = _account(hit, user)
        return Identity(Signed.VERIFIED, found, account, unverified=proof)
    return Identity(Signed.UNVERIFIED, refused=("no_proof",), unverified=(*_texts(claims), found, *proof))


def _claims(hit: Hit, user: UserId) -> list[Json]:
    claims = [hit.user_id] if hit.user_id is not UNSET else []
    if user.variable in hit.values:
        claims.append(hit.values[user.variable])
    return claims


def _proven(hit: Hit, user: UserId, kind: str, key: Prover, found: str) -> bool:
    if kind == "token":
        return any(key.token(text, hit.arrived) == found for text in _proofs(hit, user))
    return any(key.signature(text, found) for text in _proofs(hit, user))


def _proofs(hit: Hit, user: UserId) -> tuple[str, ...]:
    said = (hit.proof,) if hit.proof else ()
    if user.verified_by and isinstance(text := hit.values.get(user.verified_by.variable), str):
        return (*said, text)
    return said


def _account(hit: Hit, user: UserId) -> str | None:
    if hit.account is UNSET and not user.account:
        return None
    claims = [hit.account] if hit.account is not UNSET else []
    claims += [hit.values[user.account]] if user.account and user.account in hit.values else []
    found = agree(claims)
    return None if found is None or isinstance(found, Refusal) else found


def _texts(claims: list[Json]) -> tuple[str, ...]:
    said = [claim if isinstance(claim, str) else normalise(claim) for claim in claims]
    return tuple(text for text in said if text and not isinstance(text, Refusal))
