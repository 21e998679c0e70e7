"""What the keeper answers a worker: what is known, and whether what a hit changes was stored."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from msgspec import Struct, structs

from gateway.decide.day import DailyKey
from gateway.model import Life
from gateway.outbox.protocol import Outbox, OutboxError, Refused
from gateway.people.changes import Changes
from gateway.people.known import People
from gateway.people.visits import FINGERPRINT, Visits, Walk, exact
from gateway.store.protocol import StoreError
from gateway.web import gateway
from gateway.web.preview.drafts import CannotPreview, Drafts
from gateway.web.repeats import Repeats
from gateway.web.split import split_into
from gateway.web.workers.messages import (
    GUESTS,
    Ask,
    AskDraft,
    AskHealth,
    AskMetrics,
    Done,
    Draft,
    Exposition,
    Failed,
    Found,
    Health,
    Message,
    Part,
    Store,
    Stored,
    Withdraw,
    Withdrawn,
)


class _Hit(Struct, frozen=True):
    container: str
    id: str | None
    arrived: int


class _Kept(Struct):
    """A part on its way. Without `walk` it is outdated."""

    part: Part
    hits: Sequence[_Hit]
    walk: Walk | None = None
    moment: int = 0
    done: Done = Done()


class FrontDesk:
    """One for all workers. Between a question and what it changes nothing is awaited: whoever looked before is told
    to look again."""

    def __init__(
        self, outbox: Outbox, people: People, day_key: DailyKey, health: gateway.Health, drafts: Drafts | None = None
    ) -> None:
        self._outbox = outbox
        self._people = people
        self._day_key = day_key
        self._health = health
        self._drafts = drafts
        self._visits = Visits()
        self._repeats = Repeats()
        self._changes = Changes()

    @property
    def print_key(self) -> bytes:
        """Of the fingerprints that workers ask about."""
        return self._visits.key

    async def answer(self, question: Message) -> Message:
        """What it means, or Failed."""
        try:
            return await self._answer(question)
        except (OutboxError, StoreError) as error:
            return _failed(error)
        except OSError as error:
            return Failed("StoreError", f"the day's key cannot be kept ({type(error).__name__})")

    async def _answer(self, question: Message) -> Message:
        match question:
            case Ask():
                return await self._look(question)
            case Store():
                return await self._store(question)
            case Withdraw():
                return Withdrawn(await self._outbox.withdraw(question.known_by, question.purposes, question.patience))
            case AskHealth():
                return Health(**structs.asdict(await self._health.report()))
            case AskMetrics():
                return Exposition(await self._health.exposition())
            case AskDraft() if self._drafts:
                return await _draft(self._drafts, question)
        raise TypeError(f"{type(question).__name__} is no question")

    async def _look(self, ask: Ask) -> Found:
        ticket = self._outbox.ticket()
        known = await self._people.know(ask.container, ask.keys, _nobody)
        return Found(
            moment=self._changes.moment,
            ticket=ticket,
            lives=dict(known.lives),
            choices={key: dict(choices) for key, choices in known.choices.items()},
            visits={key: seen for key in (*ask.keys, *ask.prints) if (seen := self._last(ask, key))},
            repeated=[id for id in ask.ids if self._repeats.has(_Hit(ask.container, id, ask.arrived))],
            day_key=None if ask.day is None else self._day_key.of(date.fromordinal(ask.day)),
        )

    def _last(self, ask: Ask, key: bytes) -> dict[str, str]:
        return self._visits.last(ask.container, key, ask.arrived)

    async def _store(self, store: Store) -> Stored:
        kept = [self._keep(part) for part in store.parts]
        # A withdrawal may have come after the look at one, and before the look at another.
        by_ticket = defaultdict[int, list[_Kept]](list)
        for one in kept:
            if one.walk:
                by_ticket[one.part.ticket].append(one)
        puts = [self._put(ticket, some) for ticket, some in by_ticket.items()]
        if len(puts) == 1:
            # Nothing is awaited before what changes is known to everybody.
            await puts[0]
        else:
            await asyncio.gather(*puts)
        return Stored([one.done for one in kept])

    def _keep(self, part: Part) -> "_Kept":
        hits = [_Hit(part.container, id, part.arrived) for id in part.ids]
        if self._outdated(part) or any(self._repeats.has(hit) for hit in hits):
            return _Kept(part, hits)
        walk = self._visits.walk()
        for tag, key, visitor in part.saw:
            walk.saw(part.container, key, tag, visitor, part.arrived)
        return _Kept(part, hits, walk, self._changes.note(part.container, {*part.lives, *part.choices}))

    async def _put(self, ticket: int, some: Sequence["_Kept"]) -> None:
        arrivals = [arrival for one in some for arrival in one.part.arrivals]
        new: Sequence[bool | None] = [None] * len(arrivals)
        failed: OutboxError | StoreError | None = None
        try:
            for one in some:
                await self._people.keep(one.part.container, one.part.lives, one.part.choices)
            if arrivals:
                new = await self._outbox.put(arrivals, ticket)
        except Refused as error:
            # Those that can be stored were.
            new, failed = error.stored or new, error
        except (OutboxError, StoreError) as error:
            failed = error
        told = split_into(new, [len(one.part.arrivals) for one in some])
        for one, mine in reversed([*zip(some, told, strict=True)]):
            stored = [is_new for is_new in mine if is_new is not None]
            if failed and (len(stored) < len(mine) or not mine):
                self._undo(one, failed)
            else:
                self._repeats.add(one.hits)
                one.done = Done(stored, one.moment)

    def _undo(self, one: "_Kept", failed: OutboxError | StoreError) -> None:
        if one.walk:
            one.walk.undo()
        # Who looked meanwhile may have seen what does not hold.
        self._changes.note(one.part.container, {*one.part.lives, *one.part.choices})
        one.done = Done(failed=_failed(failed))

    def _outdated(self, part: Part) -> bool:
        if self._changes.since(part.moment, part.container, part.keys):
            return True
        if part.arrivals and not self._outbox.tells(part.ticket):
            return True
        if not self._people.holds(part.container, {*part.lives, *part.choices}.intersection(part.keys)):
            # The worker looked a while ago, and so many came since that this visitor is no longer at hand.
            return True
        read = {key for _, key, _ in part.read}
        now = {key: self._visits.last(part.container, key, part.arrived) for key in read}
        # A guest begins a visit after somebody with an ID; whether there was another guest is all the same.
        return any(
            now[key].get(tag) != last
            if exact(tag) or not key.startswith(FINGERPRINT)
            else now[key].get(tag) not in GUESTS
            for tag, key, last in part.read
        )


def _failed(error: OutboxError | StoreError) -> Failed:
    return Failed(type(error).__name__, str(error))


async def _draft(drafts: Drafts, ask: AskDraft) -> Draft:
    try:
        return Draft((await drafts.find(ask.container, ask.revision)).recipe)
    except CannotPreview as error:
        return Draft(None, str(error))


def _nobody(_: Life) -> bytes | None:
    """The worker, which has the key for it, asks again about those who took over."""
    return None
