"""Who holds which parcel, in memory: a crash gives every claim back."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum, auto

from msgspec import Struct

from gateway.model import Parcel
from gateway.outbox.protocol import Queued

Route = tuple[str, str]
"""Container and tag."""


class Stage(Enum):
    """How far a claimed parcel is. What is SETTLING has been sent, its mark is on its way to the disk."""

    CLAIMED = auto()
    FLYING = auto()
    SETTLING = auto()


class Claim(Struct, eq=False):
    """One claimed parcel. `landed` is for those who wait for it: whether it was discarded."""

    queued: Queued
    landed: asyncio.Future[bool]
    stage: Stage = Stage.CLAIMED
    withdrawn: bool = False

    def land(self, *, discarded: bool) -> None:
        """Tell those who wait."""
        if not self.landed.done():
            self.landed.set_result(discarded)


class Claims:
    """By container and tag, then by seq."""

    def __init__(self) -> None:
        self._routes: dict[Route, dict[int, Claim]] = {}

    def seqs(self, route: Route) -> Collection[int]:
        """What is claimed of one tag."""
        return self._routes.get(route, {}).keys()

    def add(self, queued: Iterable[Queued]) -> None:
        """Claim them."""
        loop = asyncio.get_running_loop()
        for one in queued:
            self._routes.setdefault(route_of(one.parcel), {})[one.seq] = Claim(one, loop.create_future())

    def get(self, queued: Queued) -> Claim | None:
        """Its claim, unless it was given back."""
        return self._routes.get(route_of(queued.parcel), {}).get(queued.seq)

    def drop(self, claim: Claim) -> None:
        """It is not claimed any more."""
        self._routes[route_of(claim.queued.parcel)].pop(claim.queued.seq, None)

    def leaving(self, claimed: Sequence[Queued]) -> tuple[list[Queued], list[Claim]]:
        """Those that may go, in flight from now on; the others are no longer claimed. And, of these, those to be
        discarded because they were withdrawn in flight."""
        held = list(self._held(claimed))
        stopped = self._give_back(claim for claim in held if claim.withdrawn)
        going = [claim for claim in held if not claim.withdrawn]
        for claim in going:
            claim.stage = Stage.FLYING
        return [claim.queued for claim in going], stopped

    def release(self, claimed: Sequence[Queued]) -> list[Claim]:
        """Give back; those to be discarded because they were withdrawn in flight."""
        return self._give_back(self._held(claimed))

    def settling(self, queued: Queued) -> Claim | None:
        """Its claim, to be dropped once the mark is durable."""
        claim = self.get(queued)
        if claim is not None:
            claim.stage = Stage.SETTLING
        return claim

    def withdraw(self, known_by: Collection[bytes], purposes: Collection[str], bound: int) -> list[Claim]:
        """From now on nothing up to seq `bound` that matches may leave. What is in flight."""
        matching = [
            claim
            for route in self._routes.values()
            for seq, claim in route.items()
            if seq <= bound and _matches(claim.queued.parcel, known_by, purposes)
        ]
        for claim in matching:
            claim.withdrawn = True
        return [claim for claim in matching if claim.stage is Stage.FLYING]

    def _give_back(self, claims: Iterable[Claim]) -> list[Claim]:
        back = list(claims)
        for claim in back:
            self.drop(claim)
        return [claim for claim in back if claim.withdrawn and claim.stage is Stage.FLYING]

    def _held(self, claimed: Sequence[Queued]) -> Iterator[Claim]:
        for queued in claimed:
            claim = self.get(queued)
            if claim is not None and claim.stage is not Stage.SETTLING:
                yield claim


def route_of(parcel: Parcel) -> Route:
    """Where it goes."""
    return parcel.container, parcel.tag


def _matches(parcel: Parcel, known_by: Collection[bytes], purposes: Collection[str]) -> bool:
    return any(key in known_by for key in parcel.known_by) and any(purpose in purposes for purpose in parcel.rests)
