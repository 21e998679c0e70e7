"""What the keeper answers a worker: what is known, and whether what a hit changes was stored."""

from datetime import date

from msgspec import Struct, structs

from gateway.decide.day import DailyKey
from gateway.model import Life
from gateway.outbox.protocol import Outbox, OutboxError
from gateway.people.changes import Changes
from gateway.people.known import People
from gateway.people.visits import FINGERPRINT, Visits, exact
from gateway.store.protocol import StoreError
from gateway.web import gateway
from gateway.web.preview.drafts import CannotPreview, Drafts
from gateway.web.repeats import Repeats
from gateway.web.workers.messages import (
    GUESTS,
    Ask,
    AskDraft,
    AskHealth,
    AskMetrics,
    Draft,
    Exposition,
    Failed,
    Found,
    Health,
    Message,
    Store,
    Stored,
    Withdraw,
    Withdrawn,
)


class _Hit(Struct, frozen=True):
    container: str
    id: str | None
    arrived: int


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
            return Failed(type(error).__name__, str(error))
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
        container, arrived = store.container, store.arrived
        hits = [_Hit(container, id, arrived) for id in store.ids]
        if self._outdated(store) or any(self._repeats.has(hit) for hit in hits):
            return Stored(None)
        walk = self._visits.walk()
        for tag, key, visitor in store.saw:
            walk.saw(container, key, tag, visitor, arrived)
        changed = {*store.lives, *store.choices}
        moment = self._changes.note(container, changed)
        try:
            await self._people.keep(container, store.lives, store.choices)
            new = await self._outbox.put(store.arrivals, store.ticket) if store.arrivals else []
        except (OutboxError, StoreError):
            walk.undo()
            # Who looked meanwhile may have seen what does not hold.
            self._changes.note(container, changed)
            raise
        self._repeats.add(hits)
        return Stored(list(new), moment)

    def _outdated(self, store: Store) -> bool:
        if self._changes.since(store.moment, store.container, store.keys):
            return True
        if store.arrivals and not self._outbox.tells(store.ticket):
            return True
        if not self._people.holds(store.container, {*store.lives, *store.choices}.intersection(store.keys)):
            # The worker looked a while ago, and so many came since that this visitor is no longer at hand.
            return True
        now = {key: self._visits.last(store.container, key, store.arrived) for _, key, _ in store.read}
        # A guest begins a visit after somebody with an ID; whether there was another guest is all the same.
        return any(
            now[key].get(tag) != last
            if exact(tag) or not key.startswith(FINGERPRINT)
            else now[key].get(tag) not in GUESTS
            for tag, key, last in store.read
        )


async def _draft(drafts: Drafts, ask: AskDraft) -> Draft:
    try:
        return Draft((await drafts.find(ask.container, ask.revision)).recipe)
    except CannotPreview as error:
        return Draft(None, str(error))


def _nobody(_: Life) -> bytes | None:
    """The worker, which has the key for it, asks again about those who took over."""
    return None
