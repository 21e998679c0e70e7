"""Lanes set aside: no delivery that its receiver cannot digest holds up those of other visitors."""

from collections.abc import Sequence

from msgspec import Struct

from gateway.outbox.protocol import Queued

PATIENCE = 2
"""Failures of one delivery, alone and in a row, before others are tried in its place."""
AGAIN = 60.0
"""Seconds before a lane that is set aside is tried again."""
MOST_LANES = 100
MOST_HELD = 1000


class Lane(Struct):
    """A lane that waits: when it is tried again, and its deliveries, which stay claimed."""

    due: float
    held: list[Queued]


class Aside:
    """Tells a receiver that is down from a delivery that it cannot digest, though the answers are the same (500, 403,
    none): when one has failed alone twice, another visitor's is tried; if that one gets through and the first
    still fails, its lane is set aside. Order is kept within a lane; across visitors it is not promised."""

    def __init__(self) -> None:
        self._lanes: dict[bytes, Lane] = {}
        self._suspect: Queued | None = None
        self._failures = 0
        self._convicted = False

    @property
    def doubting(self) -> bool:
        """Whether it is time to try others in the suspect's place."""
        return self._suspect is not None and self._failures >= PATIENCE

    @property
    def next_due(self) -> float | None:
        """When the next lane is tried again."""
        return min((lane.due for lane in self._lanes.values()), default=None)

    def probe(self, free: Sequence[Queued]) -> Queued:
        """The one to try next: the first, or every second time another visitor's in a suspect's place."""
        head = free[0]
        if self._suspect is not None and self._suspect.seq != head.seq:
            self._acquit()
        if not self.doubting or self._failures % 2:
            return head
        return next((one for one in free if one.parcel.lane != head.parcel.lane), head)

    def failed(self, alone: Queued, now: float) -> bool:
        """A delivery failed alone. True: that says nothing of the receiver."""
        lane = self._lanes.get(alone.parcel.lane)
        if lane:
            lane.due = now + AGAIN
            return True
        suspect = self._suspect
        self._blame(alone)
        if not self._convicted or suspect is None or suspect.seq != alone.seq or len(self._lanes) >= MOST_LANES:
            return False
        self._lanes[alone.parcel.lane] = Lane(now + AGAIN, [])
        self._acquit()
        return True

    def passed(self, ended: Sequence[Queued]) -> Sequence[Queued]:
        """Deliveries got their end: those that need not be held any longer."""
        freed = [lane for one in ended if (lane := self._lanes.pop(one.parcel.lane, None))]
        if self._suspect is not None and any(one.seq == self._suspect.seq for one in ended):
            self._acquit()
        self._convicted = self.doubting
        return [one for lane in freed for one in lane.held]

    def sift(self, claimed: Sequence[Queued]) -> Sequence[Queued]:
        """Those whose lane is not set aside; the others are held."""
        free = []
        for one in claimed:
            lane = self._lanes.get(one.parcel.lane)
            if lane:
                lane.held.append(one)
                lane.held.sort(key=lambda held: held.seq)
            else:
                free.append(one)
        return free

    def due(self, now: float) -> Queued | None:
        """The first of a lane that is to be tried again, no longer held."""
        for name, lane in list(self._lanes.items()):
            # A clock that was set back would make it wait for hours.
            if lane.due <= now or lane.due > now + AGAIN:
                if lane.held:
                    return lane.held.pop(0)
                del self._lanes[name]
        return None

    def clear(self) -> Sequence[Queued]:
        """Gives up every lane: all that is held."""
        held = [one for lane in self._lanes.values() for one in lane.held]
        self._lanes.clear()
        return held

    @property
    def full(self) -> bool:
        """Whether more is held than may be."""
        return sum(len(lane.held) for lane in self._lanes.values()) > MOST_HELD

    def _blame(self, alone: Queued) -> None:
        if self._suspect is None or (self._suspect.seq != alone.seq and not self.doubting):
            self._suspect, self._failures = alone, 0
        self._failures += 1

    def _acquit(self) -> None:
        self._suspect, self._failures, self._convicted = None, 0, False
