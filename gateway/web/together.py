"""Hits of requests that came in the same turn of the loop, decided and stored together: those that change nothing of
what is known of anybody, and of whom all is at hand. The others go alone, see Ingest."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress

from msgspec import Struct

from gateway.decide.effort import Effort
from gateway.intake.snippet import BadHit, Rejected
from gateway.model import Hit
from gateway.outbox.protocol import Full, OutboxError
from gateway.people.life import Caller
from gateway.store.protocol import StoreError
from gateway.web.desk import Change, Desk, Look, Outcome, Stale, Want
from gateway.web.flow import Came, Decided, Taken, decide, followed, prepare
from gateway.web.runtime import Runtime
from gateway.web.split import split_into

MOST = 32
"""Hits that are enough for one time: meanwhile nobody else is listened to."""

Read = Callable[[], tuple[Sequence[Hit], Sequence[Rejected]]]
"""The hits of a request that can be read, and those that cannot. Raises BadHit where there is none."""


class Order(Struct, eq=False):
    """The hits of one request, on their way."""

    runtime: Runtime
    read: Read
    hits: Sequence[Hit] = ()
    rejected: Sequence[Rejected] = ()
    callers: Sequence[Caller] = ()
    look: Look | None = None
    """None: something must be fetched, or it is over."""
    keys: frozenset[bytes] = frozenset()
    """Of whom nothing may change before."""
    fetched: bool = False
    """What had to be was."""
    decided: Sequence[Decided] = ()
    taken: Sequence[Taken] = ()
    news: Sequence[bool] = ()
    """Of each hit, whether it was new."""
    done: "asyncio.Future[bool] | None" = None
    """Whether it is stored; else it is to go alone."""

    def open(self) -> None:
        """Read its hits. Raises BadHit."""
        self.hits, self.rejected = self.read()

    @property
    def changes(self) -> bool:
        """Whether it changes something for those who come later, or for its own hits."""
        if any(one.changes for one in self.decided):
            return True
        cookies = [one.attendance.cookie for one in self.decided] if len(self.decided) > 1 else ()
        return any(cookie and cookie is not self.hits[0].cookie for cookie in cookies)

    def repeats(self, ids: set[tuple[str, str]]) -> bool:
        """Whether a hit of it was stored before, or is among those with these ids; from now on its own are."""
        numbered = [(hit.container, hit.id) for hit in self.hits if hit.id is not None]
        there = len(ids)
        ids.update(numbered)
        if len(ids) < there + len(numbered):
            return True
        return self.look is not None and any(map(self.look.repeats.has, self.hits))

    @property
    def waits(self) -> bool:
        """Whether somebody still waits for it."""
        return self.done is not None and not self.done.done()

    @property
    def want(self) -> Want:
        """What is to be known for it."""
        keys = [key for caller in self.callers for key in caller.shown.keys]
        return Want(self.runtime, keys, self.hits)

    @property
    def change(self) -> Change:
        """What is to be kept of it."""
        name, taken = self.runtime.container.name, self.taken
        return Change(container=name, hits=[one.hit for one in taken], arrivals=[one.arrival for one in taken])

    def tell(self, outcome: Outcome) -> None:
        """What became of it. Nothing is undone yet: who came later comes first."""
        match outcome:
            case Stale():
                pass
            case Exception():
                self.fail(outcome)
            case _:
                self.news, self.look = outcome, None
                self.end(stored=True)

    def end(self, *, stored: bool) -> None:
        """Tell who waits."""
        if self.done and not self.done.done():
            self.done.set_result(stored)

    def fail(self, error: Exception) -> None:
        """Tell who waits."""
        if self.done and not self.done.done():
            self.done.set_exception(error)

    def undo(self) -> None:
        """It is not stored, not now."""
        if self.look:
            self.look.visits.undo()
            self.look = None


class Together:
    """One for all requests of a process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting = deque[Order]()
        self._going = set[asyncio.Task[None]]()

    async def take(self, order: Order) -> bool:
        """Fsynced on return; False: it must go alone. Raises BadHit, OutboxError."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        order.done = done
        self._join([order])
        return await done

    def _join(self, orders: Sequence[Order]) -> None:
        if not self._waiting:
            self._start(self._go())
        self._waiting += orders

    def _start(self, work: Coroutine[None, None, None]) -> None:
        going = asyncio.create_task(work)
        self._going.add(going)
        going.add_done_callback(self._going.discard)

    async def _go(self) -> None:
        orders = list[Order]()
        try:
            try:
                self._open(orders)
                orders[:] = self._ready([order for order in orders if order.waits])
            finally:
                # After those that were just told to go alone: who comes next may be the same visitor.
                if self._waiting:
                    self._start(self._go())
            if orders:
                await self._store(orders)
        finally:
            # Whatever went wrong is the fault of one of them: the others do not share it when all go alone.
            _leave(orders)

    def _open(self, orders: list[Order]) -> None:
        """Into `orders` those that are next."""
        number = 0
        while self._waiting and number < MOST:
            order = self._waiting.popleft()
            orders.append(order)
            # Who went away hears nothing.
            if not order.hits and order.waits:
                try:
                    order.open()
                except BadHit as error:
                    order.fail(error)
            number += len(order.hits)

    async def _fetch(self, orders: Sequence[Order]) -> None:
        """What is to be known of all of them at once. They join again."""
        for order in orders:
            order.fetched = True
        found = False
        try:
            # What cannot be known is told to each of them alone.
            with suppress(OutboxError, StoreError):
                await self._desk.fetch([order.want for order in orders])
                found = True
        finally:
            if found:
                self._join(orders)
            else:
                _leave(orders)

    def _ready(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Those that go together, with what comes of them. The others are told that they do not."""
        self._look(orders)
        near, far = _near(orders)
        came = [_came(order) for order in near]
        decided = decide([one for some in came for one in some])
        for order, mine in zip(near, split_into(decided, map(len, came)), strict=True):
            order.decided = mine
        ready, alone = _apart(near)
        _leave(alone)
        taken = prepare([one for order in ready for one in order.decided])
        for order, out in zip(ready, split_into(taken, [len(order.decided) for order in ready]), strict=True):
            order.taken = out
        if far:
            self._start(self._fetch(far))
        return ready

    def _look(self, orders: Sequence[Order]) -> None:
        _meet([order for order in orders if not order.callers])
        for order in orders:
            want = order.want
            order.look = look = self._desk.glance(want)
            order.keys = frozenset(want.keys)
            if look and order.runtime.numbers_visits:
                order.keys = order.keys.union(*(followed(order.runtime, one, look.visits) for one in order.callers))

    async def _store(self, ready: Sequence[Order]) -> None:
        stores = [(order.look, order.change) for order in ready if order.look]
        for order, outcome in zip(ready, await self._desk.store_each(stores), strict=True):
            # There may be room for each but the largest.
            order.tell(Stale() if isinstance(outcome, Full) and len(ready) > 1 else outcome)


def _meet(orders: Sequence[Order]) -> None:
    came = [(order.runtime, hit) for order in orders for hit in order.hits]
    who = [runtime.observer.identify(hit) for runtime, hit in came]
    callers = [runtime.attendant.caller(hit, one) for (runtime, hit), one in zip(came, who, strict=True)]
    for order, mine in zip(orders, split_into(callers, [len(order.hits) for order in orders]), strict=True):
        order.callers = mine


def _came(order: Order) -> list[Came]:
    look, effort = order.look, Effort()
    if look is None:
        return []
    return [Came(order.runtime, caller, look, look.known, effort) for caller in order.callers]


def _near(orders: Sequence[Order]) -> tuple[Sequence[Order], Sequence[Order]]:
    """Those that need not wait until something is fetched, and those that do, with what comes later of the same
    visitor."""
    near, far, waiting = list[Order](), list[Order](), set[bytes]()
    for order in orders:
        # Of whom nothing can be asked, nothing can be at hand later.
        if order.fetched or not order.keys or (order.look and waiting.isdisjoint(order.keys)):
            near.append(order)
        else:
            far.append(order)
            waiting |= order.keys
    return near, far


def _apart(orders: Sequence[Order]) -> tuple[Sequence[Order], Sequence[Order]]:
    """Those that go together, and those that go alone, with what comes later of the same visitor."""
    ready, alone = list[Order](), list[Order]()
    moved, ids = set[bytes](), set[tuple[str, str]]()
    for order in orders:
        repeats = order.repeats(ids)
        if not order.look or order.changes or repeats or not moved.isdisjoint(order.keys):
            alone.append(order)
            moved |= order.keys
        else:
            ready.append(order)
    return ready, alone


def _leave(orders: Sequence[Order]) -> None:
    """They are not stored now. Who came last knew what those before had seen."""
    for order in reversed(orders):
        order.undo()
    for order in orders:
        order.end(stored=False)
