"""One sender per tag: claim → last look → render → send → interpret → settle, for ever (durability.md, delivery)."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Protocol

import structlog
from msgspec import Struct

from gateway.delivery.aside import Aside
from gateway.delivery.attempts import Nobody, Watcher, attempt
from gateway.delivery.cuts import Cuts
from gateway.delivery.failures import ENDED, Health, Phase, State, of_fault
from gateway.delivery.load import Load, load, understand
from gateway.delivery.marks import Mark, Marks
from gateway.delivery.site import Site
from gateway.destinations.protocol import Destination, Target
from gateway.model import Append, Fault, Outcome, Reply, Request, Verdict
from gateway.outbox.protocol import Outbox, OutboxError, Queued

CUT_SHORT = Verdict(Outcome.AMBIGUOUS, "stopped")
CRASHED = Verdict(Outcome.AMBIGUOUS, "crashed")
GRACE = 10.0
LOOK_AGAIN = 30.0
"""Seconds after which a sender looks into the outbox though nobody told it to."""
OUTBOX_AGAIN = 5.0
"""Seconds after which an outbox that failed is tried again."""
OTHERS = 50
"""How many are claimed to find another visitor's among them."""

log = structlog.get_logger()

OnExchange = Callable[[Target, Request | Append, Reply | Fault], None]


class Carrier(Protocol):
    """What a sender needs of the transport."""

    async def send(self, request: Request | Append, timeout: float) -> Reply | Fault:  # noqa: ASYNC109
        """The answer, or why there is none."""
        ...


class Surroundings(Struct, frozen=True, kw_only=True):
    """What all senders share. Times in seconds; `wait` and `random` are passed in so that tests need not sleep."""

    outbox: Outbox
    transport: Carrier
    clock: Callable[[], float] = time.time
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = SystemRandom().random
    grace: float = GRACE
    """How long what is in flight may take to finish once the sender is stopped."""
    on_exchange: OnExchange | None = None
    watcher: Watcher = Nobody()


class Sender:
    """Empties one tag's queue, in order, one request at a time. `site` is shared by tags that must not be in
    flight together; `left` is what the sender before this one could not record. Run it as a task; cancelling that
    lets what is in flight finish and gives back the rest."""

    def __init__(
        self,
        target: Target,
        destination: Destination,
        around: Surroundings,
        site: Site | None = None,
        left: Sequence[Mark] = (),
    ) -> None:
        self._target = target
        self._destination = destination
        self._around = around
        self._outbox = around.outbox
        self._site = site or Site.new()
        needs = destination.type.ip_needs
        self._sees_ip = needs is None or needs in target.secrets
        self._sift = partial(self._site.sift, sees_ip=self._sees_ip)
        self._health = Health(around.clock, around.random)
        self._marks = Marks(around.outbox, target, destination.oldest, around.clock, left)
        self._cuts = Cuts()
        self._aside = Aside()
        self._stopping = asyncio.Event()
        self._claimed: Sequence[Queued] = ()
        self._flying: Sequence[Queued] = ()
        self._wait = 0.0

    @property
    def state(self) -> State:
        """How it fares."""
        return self._health.state

    @property
    def left(self) -> Sequence[Mark]:
        """What was sent and could not be recorded."""
        return self._marks.left

    def stop(self) -> None:
        """Nothing more leaves from here on; what is in flight may finish."""
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped or cancelled. Where our own code breaks, that is an attempt that failed: it goes on after a
        wait."""
        try:
            while not self._stopping.is_set():
                work = asyncio.create_task(self._work())
                await self._ended(work)
                if error := work.exception():
                    self._crashed(error)
        finally:
            self._health.stop("stopped")

    async def _ended(self, work: "asyncio.Task[None]") -> None:
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            self._stopping.set()
            await asyncio.wait({work}, timeout=self._around.grace)
            work.cancel()
            await asyncio.wait({work})
            if not work.cancelled() and (error := work.exception()):
                self._crashed(error)
            raise

    async def _work(self) -> None:
        try:
            await self._guarded(self._pick_up())
            while not self._stopping.is_set():
                await self._guarded(self._turn())
        finally:
            self._outbox.release([*self._claimed, *self._aside.clear()])
            self._claimed = ()

    async def _guarded(self, step: Awaitable[None]) -> None:
        try:
            await step
        except OutboxError:
            # Nothing is sent as long as it could not be marked: that would be a storm of duplicates.
            if self.state.phase is not Phase.STOPPED:
                self._health.stop("outbox_failed")
                self._say()
            self._outbox.release(self._claimed)
            self._claimed = ()
            await self._until(self._around.wait(OUTBOX_AGAIN))

    async def _pick_up(self) -> None:
        """What was in flight when our own code broke may have arrived."""
        lost, self._flying = self._flying, ()
        if lost:
            self._cuts.after(CRASHED, lost)
            if len(lost) == 1:
                self._aside.failed(lost[0], self._now)
            await self._marks.record((one, CRASHED) for one in lost)

    async def _turn(self) -> None:
        if self._wait > 0:
            wait, self._wait = self._wait, 0.0
            await self._until(self._around.wait(wait))
            return
        await self._marks.record()
        self._claimed = await self._take()
        if self.state.phase is Phase.STOPPED:
            self._health.resume()
            self._say()
        if not self._claimed:
            await self._idle()
            return
        before = self.state
        self._wait = await self._attempt()
        if (before.outcome, before.reason) != (self.state.outcome, self.state.reason):
            self._say()

    async def _take(self) -> Sequence[Queued]:
        """What goes next, claimed."""
        if not self._health.probing and (due := self._aside.due(self._now)):
            return [due]
        free = await self._free()
        if not free:
            # While the receiver is tried these come last, but they come: else nobody would be left to try it with.
            return [due] if (due := self._aside.due(self._now)) else []
        taken = [self._aside.probe(free)] if self._health.probing else free[: self._cuts.first(free)]
        numbers = {one.seq for one in taken}
        self._outbox.release([one for one in free if one.seq not in numbers])
        return taken

    async def _free(self) -> Sequence[Queued]:
        """The oldest that no lane set aside holds."""
        limit = self._destination.batch
        if self._health.probing:
            limit = OTHERS if self._aside.doubting else 1
        while claimed := await self._outbox.claim(self._target.container, self._target.tag, limit):
            free = self._aside.sift(claimed)
            if self._aside.full:
                self._outbox.release(self._aside.clear())
            if free:
                return free
        return []

    async def _attempt(self) -> float:
        """One request. Seconds to wait before the next."""
        async with self._site.lock:
            if self._stopping.is_set():
                return 0.0
            # Nothing is awaited between this look and the first byte.
            going, self._claimed = self._outbox.leaving(self._claimed), ()
            if not going:
                return 0.0
            self._flying = going
            carried = load(going, self._destination, self._target, self._now, self._sift)
            self._outbox.release(carried.later)
            self._flying, began = (*carried.sent, *(one for one, _ in carried.ended)), self._now
            verdicts = await self._exchange(carried)
            ended = self._now
        self._flying = carried.sent
        await self._marks.record(carried.ended)
        if not carried.sent:
            return 0.0
        wait, marks = await self._conclude(carried.sent, verdicts)
        self._around.watcher.attempted(attempt(self._target, marks, began, ended))
        return wait

    async def _exchange(self, carried: Load) -> Sequence[Verdict]:
        if carried.request is None:
            return []
        told = self._site.leaving(carried.deliveries, sees_ip=self._sees_ip)
        try:
            answer = await self._around.transport.send(carried.request, self._destination.timeout)
        except asyncio.CancelledError:
            self._flying = ()
            cut = [(one, CUT_SHORT) for one in carried.sent]
            await self._marks.record([*cut, *carried.ended])
            raise
        if self._around.on_exchange:
            self._around.on_exchange(self._target, carried.request, answer)
        if isinstance(answer, Fault):
            return [of_fault(answer)] * len(carried.sent)
        verdicts = understand(self._destination, carried.deliveries, answer)
        told(verdicts)
        return verdicts

    async def _conclude(self, sent: Sequence[Queued], verdicts: Sequence[Verdict]) -> tuple[float, Sequence[Mark]]:
        if len(sent) > 1 and all(verdict.outcome is Outcome.INVALID for verdict in verdicts):
            self._flying = ()
            self._cuts.halve(sent)
            self._outbox.release(sent)
            return 0.0, list(zip(sent, verdicts, strict=True))
        verdicts, decisive = self._health.judge(verdicts)
        self._flying = ()
        marks = await self._marks.conclude(sent, verdicts)
        if decisive.outcome in ENDED:
            self._outbox.release(self._aside.passed(sent))
            return self._health.after(decisive), marks
        self._cuts.after(decisive, [one for one, verdict in marks if verdict.outcome not in ENDED])
        its_own = decisive.outcome is not Outcome.THROTTLE and len(sent) == 1 and self._aside.failed(sent[0], self._now)
        return 0.0 if its_own else self._health.after(decisive), marks

    @property
    def _now(self) -> float:
        return self._around.clock()

    async def _idle(self) -> None:
        due = self._aside.next_due
        others = [] if due is None else [self._around.wait(max(due - self._now, 0.0))]
        await self._until(self._outbox.arrived(self._target.container, self._target.tag), *others, timeout=LOOK_AGAIN)

    async def _until(self, *events: Awaitable[None], timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Until one of these has happened, or this sender is stopped."""
        tasks = [asyncio.ensure_future(event) for event in (*events, self._stopping.wait())]
        try:
            done, _ = await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        for task in done:
            task.result()

    def _say(self) -> None:
        state = self.state
        tell = log.info if state.phase is Phase.RUNNING else log.warning
        tell("sender", container=self._target.container, tag=self._target.tag, phase=state.phase.value,
             outcome=state.outcome.value, reason=state.reason)  # fmt: skip

    def _crashed(self, error: BaseException) -> None:
        self._wait = self._health.after(CRASHED)
        self._around.watcher.crashed(self._target.container, self._target.tag)
        # Neither the text nor the values of an error: there may be a person in them.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        log.error("sender_crashed", container=self._target.container, tag=self._target.tag,
                  error=type(error).__name__, where=where)  # fmt: skip
