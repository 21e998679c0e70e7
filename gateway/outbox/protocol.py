"""The durable queue as the rest of the gateway sees it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from gateway.model import Parcel, Verdict


class OutboxError(Exception):
    """The outbox cannot promise.

    OutboxError
    ├─ Full              the waiting room is full: try again soon
    ├─ DiskLow           too little disk is left to promise
    ├─ Unusable          a write or fsync failed: nothing is accepted until the file is opened again
    ├─ Refused           an arrival cannot be stored; the others of its batch were
    └─ InFlight          a withdrawal waited for what is in flight, and it took too long
    """


class Full(OutboxError):
    """The waiting room is full."""


class DiskLow(OutboxError):
    """Too little disk is left to promise."""


class Unusable(OutboxError):
    """A write or fsync failed."""


class Refused(OutboxError):
    """An arrival cannot be stored. `stored`: for each whether it was new; None: it is one of those."""

    def __init__(self, why: str, stored: Sequence[bool | None] = ()) -> None:
        super().__init__(why)
        self.stored = stored


class InFlight(OutboxError):
    """What is in flight did not finish in time."""


class Arrival(Struct, frozen=True, kw_only=True, gc=False):
    """One hit's parcels, stored together or not at all. `id` repeats within 48 h store nothing."""

    container: str
    id: str | None = None
    parcels: tuple[Parcel, ...] = ()
    dropped: Mapping[str, str] = {}
    """Tag → the named rule by which it gets nothing though the hit was accepted for it."""


class Queued(Struct, frozen=True, kw_only=True):
    """A parcel that a sender has claimed."""

    seq: int
    parcel: Parcel
    accepted_at: int
    attempts: int = 0


class Counts(Struct, frozen=True, kw_only=True):
    """The conservation law of one tag: accepted = delivered + dead + sum(dropped) + pending, at any instant."""

    accepted: int = 0
    delivered: int = 0
    dead: int = 0
    dropped: Mapping[str, int] = {}
    pending: int = 0
    oldest: int | None = None
    """When the oldest pending one was accepted, ms since 1970."""
    attempts: int = 0
    ambiguous: int = 0
    retried: int = 0
    """Dead letters that the operator made pending again."""

    @property
    def balanced(self) -> bool:
        """Whether the law holds."""
        return self.accepted == self.delivered + self.dead + sum(self.dropped.values()) + self.pending


class Outbox(Protocol):
    """Store, claim, settle, withdraw. Times in ms since 1970."""

    def ticket(self) -> int:
        """Taken before consent is looked up: what is withdrawn after it will not be stored by `put`."""
        ...

    def tells(self, ticket: int) -> bool:
        """Whether it is young enough to tell what was withdrawn since; with an older one `put` raises Full."""
        ...

    async def put(self, arrivals: Sequence[Arrival], ticket: int) -> Sequence[bool]:
        """Returns once all is fsynced: for each arrival whether it was new. Raises Full at once,
        DiskLow, Unusable, or Refused where some cannot be stored (the others are)."""
        ...

    async def claim(self, container: str, tag: str, limit: int) -> Sequence[Queued]:
        """The oldest pending ones not claimed yet, in order of acceptance."""
        ...

    def leaving(self, claimed: Sequence[Queued]) -> Sequence[Queued]:
        """The last look, right before the first byte: those that may still go. They are in flight
        until settled or released. Synchronous on purpose."""
        ...

    async def settle(self, marks: Sequence[tuple[Queued, Verdict]]) -> None:
        """Record what attempts meant: DELIVERED and UNNAMED end it, INVALID makes it a dead letter,
        AMBIGUOUS and the others leave it pending, unclaimed. Not fsynced on its own: a crash repeats it."""
        ...

    def release(self, claimed: Sequence[Queued]) -> None:
        """Give claims back unsent."""
        ...

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """Discard everything, queued or dead, of this visitor that rests on one of the purposes; wait for what is
        in flight, at most `patience` seconds, else raise InFlight. Durable on return. How many were discarded."""
        ...

    async def counts(self) -> Mapping[tuple[str, str], Counts]:
        """By (container, tag)."""
        ...

    async def arrived(self, container: str, tag: str) -> None:
        """Returns when something new of this tag may be there to claim."""
        ...
