"""Who a hit says is signed in: its claims together, and their proof."""

from collections.abc import Iterator

from msgspec import UNSET

from gateway.decide.proof import ProofKey
from gateway.decide.user_id import Refusal, agree, normalise
from gateway.language.container import Container, UserId
from gateway.language.variables import overlap
from gateway.model import Hit, Identity, Json, Signed

UNSAID = Identity(Signed.UNSAID)


def identify(hit: Hit, user: UserId | None, key: ProofKey | None) -> Identity:
    """Verified, unverified, nobody, or nothing said. Without `verified_by` the sender's word is believed."""
    if user is None:
        return UNSAID
    claims = list(_claims(hit, user))
    found = agree(claims)
    if found is None:
        return UNSAID
    if isinstance(found, Refusal):
        refused = () if found is Refusal.NULL else (found.value,)
        doubtful = _texts(claims) if found is Refusal.CONFLICT else ()
        return Identity(Signed.NOBODY, refused=refused, unverified=doubtful + _proof_text(hit, user))
    proof = _proof_text(hit, user)
    if hit.trusted or user.verified_by is None or (key and _proven(hit, user, user.verified_by.kind, key, found)):
        account = _account(hit, user)
        return Identity(Signed.VERIFIED, found, account, unverified=proof)
    return Identity(Signed.UNVERIFIED, refused=("no_proof",), unverified=(*_texts(claims), found, *proof))


def _claims(hit: Hit, user: UserId) -> Iterator[Json]:
    if hit.user_id is not UNSET:
        yield hit.user_id
    if user.variable in hit.values:
        yield hit.values[user.variable]


def _proven(hit: Hit, user: UserId, kind: str, key: ProofKey, found: str) -> bool:
    if kind == "token":
        return any(key.token(text, hit.arrived) == found for text in _proofs(hit, user))
    return any(key.signature(text, found) for text in _proofs(hit, user))


def _proofs(hit: Hit, user: UserId) -> Iterator[str]:
    if hit.proof:
        yield hit.proof
    if user.verified_by and isinstance(text := hit.values.get(user.verified_by.variable), str):
        yield text


def _proof_text(hit: Hit, user: UserId) -> tuple[str, ...]:
    return tuple(_proofs(hit, user))


def _account(hit: Hit, user: UserId) -> str | None:
    claims = [hit.account] if hit.account is not UNSET else []
    claims += [hit.values[user.account]] if user.account and user.account in hit.values else []
    found = agree(claims)
    return None if found is None or isinstance(found, Refusal) else found


def _texts(claims: list[Json]) -> tuple[str, ...]:
    said = [claim if isinstance(claim, str) else normalise(claim) for claim in claims]
    return tuple(text for text in said if text and not isinstance(text, Refusal))


def shows_identity(container: Container) -> tuple[str, ...]:
    """The variables that would show an ID that has no proof, or its account."""
    user = container.user_id
    own = [container.variables[name] for name in (user.variable, user.account) if name] if user else []
    return tuple(
        variable.name
        for variable in container.variables.values()
        if any(overlap((variable.kind, variable.source), (one.kind, one.source)) for one in own)
    )
