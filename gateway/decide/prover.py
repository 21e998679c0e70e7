"""Who can tell whether a sender may speak for a person, as others see it; `proof` does it."""

from importlib import import_module
from typing import Protocol


class BadProofKey(ValueError):
    """A secret that cannot be the key of `verified_by`; the text says why and shows nothing of it."""


class Prover(Protocol):
    """See proof.ProofKey."""

    def token(self, jwt: str, arrived_ms: int) -> str | None:
        """The normalised ID that a JWT proves."""
        ...

    def signature(self, hexdigest: str, normalised_id: str) -> bool:
        """Whether this is the ID's signature."""
        ...


def prover(secret: bytes, container: str) -> Prover:
    """Raises BadProofKey."""
    # Not at the top: few containers have proofs, and what reads their keys takes a tenth of a second at each start.
    made: Prover = import_module("gateway.decide.proof").ProofKey(secret, container)
    return made
