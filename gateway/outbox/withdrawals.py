"""Which withdrawals a parcel must not outrun: in memory, numbered, bounded."""

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from gateway.model import Parcel
from gateway.outbox.protocol import Full

_KEPT_MS = 120_000

Pair = tuple[bytes, str]


class Withdrawal(Struct, eq=False):
    """Everything up to seq `bound` that matches one of the pairs (known by, purpose) may not leave.
    `ended` is when its deletion was durable, ms since 1970."""

    number: int
    bound: int
    pairs: frozenset[Pair]
    ended: int = 0


class Withdrawals:
    """A ticket is a number; what was registered under a later one holds for its parcels. A withdrawal is forgotten
    120 s after its deletion, or sooner when there are too many: tickets from before `horizon` are then void."""

    def __init__(self, limit: int) -> None:
        self.ticket = 0
        """Grows with each beginning and end."""
        self.horizon = 0
        """The latest ticket under which something forgotten ended."""
        self._limit = limit
        self._open = 0
        self._latest: dict[Pair, Withdrawal] = {}
        self._ended: deque[tuple[int, Withdrawal]] = deque()

    def begin(self, known_by: Iterable[bytes], purposes: Iterable[str], bound: int, now: int) -> Withdrawal:
        """Register. Raises Full when too many are under way."""
        pairs = frozenset((key, purpose) for key in known_by for purpose in purposes)
        self._forget(now, len(pairs))
        if self._latest and max(self._open, len(self._latest) + len(pairs)) > self._limit:
            raise Full("too many withdrawals are under way")
        self.ticket += 1
        self._open += 1
        withdrawal = Withdrawal(self.ticket, bound, pairs)
        self._latest.update(dict.fromkeys(pairs, withdrawal))
        return withdrawal

    def end(self, withdrawal: Withdrawal, now: int) -> None:
        """Its deletion is durable: from here on it can be forgotten."""
        self.ticket += 1
        self._open -= 1
        withdrawal.ended = now
        self._ended.append((self.ticket, withdrawal))

    def outrun(self, parcel: Parcel, ticket: int) -> bool:
        """Whether a parcel whose consent was looked up under this ticket was withdrawn since."""
        return any(one.number > ticket for one in self._matching(parcel))

    def covers(self, parcel: Parcel, seq: int) -> bool:
        """Whether a stored parcel was withdrawn."""
        return any(seq <= withdrawal.bound for withdrawal in self._matching(parcel))

    def _matching(self, parcel: Parcel) -> list[Withdrawal]:
        if not self._latest:
            return []
        pairs = ((key, purpose) for key in parcel.known_by for purpose in parcel.rests)
        return [self._latest[pair] for pair in pairs if pair in self._latest]

    def _forget(self, now: int, room: int) -> None:
        while self._ended and (self._ended[0][1].ended + _KEPT_MS < now or len(self._latest) + room > self._limit):
            self.horizon, withdrawal = self._ended.popleft()
            for pair in withdrawal.pairs:
                if self._latest.get(pair) is withdrawal:
                    del self._latest[pair]
