"""What hits ask of all that is kept: one look before they are decided, one store after it. The same for a gateway of
one process, where it is all here, and for one of several, where the keeper has it (web/workers)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from gateway.decide.day import DayNumber
from gateway.model import Choice, Hit, Known, Life
from gateway.outbox.protocol import Arrival, OutboxError, Refused
from gateway.people.known import People
from gateway.people.visits import Track, Trail, Visits
from gateway.store.protocol import StoreError
from gateway.web.repeats import Repeats
from gateway.web.runtime import Runtime
from gateway.web.split import split_into


class Stale(Exception):
    """Somebody else changed what was looked up, and nothing was stored: look and decide again."""


class Trails(Protocol):
    """See Walk."""

    def fingerprint(self, ip: str | None, user_agent: str | None) -> bytes:
        """What a receiver that goes by address and browser would take for one visitor."""
        ...

    def trail(self, track: Track) -> Trail:
        """To be asked for each receiver of one hit."""
        ...

    def number(self, container: str, keys: Iterable[bytes], arrived: int) -> str:
        """Of the visit to which a hit that is followed by these keys belongs."""
        ...

    def first(self, container: str, keys: Iterable[bytes], event: str, visit: str, arrived: int) -> bool:
        """Whether an event of a hit that is followed by these keys did not count yet in this visit."""
        ...

    def undo(self) -> None:
        """Nothing of what was decided on this look is stored."""
        ...


class Stored(Protocol):
    """See Repeats."""

    def has(self, hit: Hit) -> bool:
        """Whether a hit of this id was stored in the last 48 h."""
        ...


class Look(Struct, frozen=True, kw_only=True):
    """What is known at one moment. It holds until the caller awaits again; `store` and `keep` are told it."""

    known: Known
    visits: Trails
    repeats: Stored
    day_number: DayNumber
    ticket: int
    """Of the outbox, taken before consent was looked up."""


class Change(Struct, frozen=True, kw_only=True):
    """What is to be kept: lives and choices first, then the parcels of hits, one arrival for each."""

    container: str
    lives: Mapping[bytes, Life] = {}
    choices: Mapping[bytes, Mapping[str, Choice]] = {}
    hits: Sequence[Hit] = ()
    arrivals: Sequence[Arrival] = ()


class Want(Struct, frozen=True):
    """Of whom something is to be known: what `look` is told."""

    runtime: Runtime
    keys: Sequence[bytes]
    hits: Sequence[Hit]


Outcome = Sequence[bool] | OutboxError | StoreError | Stale
"""What `store` returned, or what it would have raised."""


class Desk(Protocol):
    """One for all hits of a process. Everything raises OutboxError or StoreError when it cannot be promised."""

    async def look(self, runtime: Runtime, keys: Iterable[bytes], hits: Sequence[Hit] = ()) -> Look:
        """All that is kept under these keys and under those of visitors that took over, and all that is to be known
        of hits that one request brought."""
        ...

    def glance(self, want: Want) -> Look | None:
        """As `look`, where all of it is at hand."""
        ...

    async def fetch(self, wants: Sequence[Want]) -> None:
        """So that it is at hand, as far as that can be."""
        ...

    async def store(self, look: Look, change: Change) -> Sequence[bool]:
        """Fsynced on return: for each arrival whether it was new. Raises Stale too. What was not stored is to be undone
        by the caller."""
        ...

    async def store_each(self, stores: Sequence[tuple[Look, Change]]) -> Sequence[Outcome]:
        """As `store`, of some that were looked up at the same moment and keep nothing but arrivals. Raises nothing."""
        ...

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """See Outbox.withdraw."""
        ...


class Keeping(Protocol):
    """As much of an Outbox as hits need."""

    def ticket(self) -> int:
        """See Outbox."""
        ...

    async def put(self, arrivals: Sequence[Arrival], ticket: int) -> Sequence[bool]:
        """See Outbox."""
        ...

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """See Outbox."""
        ...


class OwnDesk:
    """All of it in this process. What hits change is known at once, so that nothing is ever stale."""

    def __init__(self, outbox: Keeping, people: People, day_number: DayNumber) -> None:
        self._outbox = outbox
        self._people = people
        self._day_number = day_number
        self._visits = Visits()
        self._repeats = Repeats()

    async def look(self, runtime: Runtime, keys: Iterable[bytes], hits: Sequence[Hit] = ()) -> Look:
        """See Desk."""
        ticket = self._outbox.ticket()
        known = await self._people.know(runtime.container.name, keys, runtime.attendant.successor)
        return self._look(known, ticket)

    def glance(self, want: Want) -> Look | None:
        """See Desk."""
        runtime = want.runtime
        known = self._people.at_hand(runtime.container.name, want.keys, runtime.attendant.successor)
        return None if known is None else self._look(known, self._outbox.ticket())

    async def fetch(self, wants: Sequence[Want]) -> None:
        """See Desk. One question for each container."""
        runtimes = {want.runtime.container.name: want.runtime for want in wants}
        keys = defaultdict[str, list[bytes]](list)
        for want in wants:
            keys[want.runtime.container.name] += want.keys
        for name, runtime in runtimes.items():
            await self._people.know(name, keys[name], runtime.attendant.successor)

    def _look(self, known: Known, ticket: int) -> Look:
        return Look(
            known=known,
            visits=self._visits.walk(),
            repeats=self._repeats,
            day_number=self._day_number,
            ticket=ticket,
        )

    async def store(self, look: Look, change: Change) -> Sequence[bool]:
        """See Desk. To be called before anything else is awaited."""
        if change.lives or change.choices:
            await self._people.keep(change.container, change.lives, change.choices)
        if not change.arrivals:
            return ()
        try:
            stored = await self._outbox.put(change.arrivals, look.ticket)
        except Refused as refused:
            told = zip(change.hits, refused.stored, strict=False)
            self._repeats.add([hit for hit, new in told if new is not None])
            raise
        self._repeats.add(change.hits)
        return stored

    async def store_each(self, stores: Sequence[tuple[Look, Change]]) -> Sequence[Outcome]:
        """See Desk. One call of the outbox."""
        look, first = stores[0]
        hits = [hit for _, change in stores for hit in change.hits]
        arrivals = [arrival for _, change in stores for arrival in change.arrivals]
        sizes = [len(change.arrivals) for _, change in stores]
        try:
            news = await self.store(look, Change(container=first.container, hits=hits, arrivals=arrivals))
        except Refused as refused:
            # Those that can be stored were.
            return [_outcome(mine, refused) for mine in split_into(refused.stored or [None] * len(hits), sizes)]
        except OutboxError as error:
            return [error] * len(stores)
        return split_into(news, sizes)

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """See Desk."""
        return await self._outbox.withdraw(known_by, purposes, patience)


def _outcome(mine: Sequence[bool | None], refused: Refused) -> Outcome:
    new = [one for one in mine if one is not None]
    return new if len(new) == len(mine) else Refused(str(refused), mine)
