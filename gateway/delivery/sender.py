"""One sender per tag: claim → last look → render → send → interpret → settle, for ever (durability.md, delivery)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from random import SystemRandom
from typing import Protocol

import structlog
from msgspec import Struct

from gateway.delivery.aside import Aside
from gateway.delivery.cuts import Cuts
from gateway.delivery.failures import ENDED, Health, Phase, State, of_fault
from gateway.delivery.load import BROKEN, Load, load, understand
from gateway.destinations.protocol import Destination, Target
from gateway.model import Append, Fault, Outcome, Reply, Request, Verdict
from gateway.outbox.protocol import DiskLow, Outbox, OutboxError, Queued

OLDEST = 72 * 3600.0
"""Seconds since acceptance after which a delivery that still fails is given up."""
TOO_OLD = Verdict(Outcome.INVALID, "too_old")
CUT_SHORT = Verdict(Outcome.AMBIGUOUS, "stopped")
UNMARKED = Verdict(Outcome.THROTTLE, "disk_full", 1.0)
"""What was sent cannot be marked for want of space."""
GRACE = 10.0
LOOK_AGAIN = 30.0
"""Seconds after which a sender looks into the outbox though nobody told it to."""
SWEPT = 500
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


class Sender:
    """Empties one tag's queue, in order, one request at a time. `lock` is shared by tags that must not be in
    flight together. Run it as a task; cancelling that lets what is in flight finish and gives back the rest."""

    def __init__(
        self,
        target: Target,
        destination: Destination,
        around: Surroundings,
        lock: asyncio.Lock | None = None,
    ) -> None:
        self._target = target
        self._destination = destination
        self._around = around
        self._outbox = around.outbox
        self._lock = lock or asyncio.Lock()
        self._health = Health(around.clock, around.random)
        self._cuts = Cuts()
        self._aside = Aside()
        self._stopping = asyncio.Event()
        self._claimed: Sequence[Queued] = ()
        self._said = (self.state.outcome, self.state.reason)

    @property
    def state(self) -> State:
        """How it fares."""
        return self._health.state

    async def run(self) -> None:
        """Until cancelled, or until the outbox fails. Raises what our own code did not foresee."""
        work = asyncio.create_task(self._work())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stopping.set()
            await asyncio.wait({work}, timeout=self._around.grace)
            work.cancel()
            await asyncio.wait({work})
            raise
        finally:
            if self.state.phase is not Phase.STOPPED:
                self._health.stop("stopped" if self._stopping.is_set() else "crashed")

    async def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                await self._turn()
        except OutboxError:
            # What was sent and could not be marked stays claimed: going on would send it again and again.
            self._health.stop("outbox_failed")
            self._say()
        finally:
            self._outbox.release([*self._claimed, *self._aside.clear()])

    async def _turn(self) -> None:
        self._claimed = await self._take()
        if not self._claimed:
            await self._idle()
            return
        wait = await self._attempt()
        self._say_what_changed()
        if wait > 0:
            await self._until(self._around.wait(wait))

    async def _take(self) -> Sequence[Queued]:
        """What goes next, claimed."""
        if not self._health.probing and (due := self._aside.due(self._around.clock())):
            return [due]
        free = await self._free()
        if not free:
            return []
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
        async with self._lock:
            if self._stopping.is_set():
                return 0.0
            # Nothing is awaited between this look and the first byte.
            going, self._claimed = self._outbox.leaving(self._claimed), ()
            carried = load(going, self._destination, self._target, self._around.clock())
            verdicts = await self._exchange(carried)
        await self._settle([(one, BROKEN) for one in carried.broken])
        self._outbox.release(carried.later)
        return await self._conclude(carried.sent, verdicts) if carried.sent else 0.0

    async def _exchange(self, carried: Load) -> Sequence[Verdict]:
        if carried.request is None:
            return []
        try:
            answer = await self._around.transport.send(carried.request, self._destination.timeout)
        except asyncio.CancelledError:
            await self._outbox.settle([(one, CUT_SHORT) for one in carried.sent])
            raise
        if self._around.on_exchange:
            self._around.on_exchange(self._target, carried.request, answer)
        if isinstance(answer, Fault):
            return [of_fault(answer)] * len(carried.sent)
        return understand(self._destination, carried.deliveries, answer)

    async def _conclude(self, sent: Sequence[Queued], verdicts: Sequence[Verdict]) -> float:
        if len(sent) > 1 and all(verdict.outcome is Outcome.INVALID for verdict in verdicts):
            self._cuts.halve(sent)
            self._outbox.release(sent)
            return 0.0
        verdicts, decisive = self._health.judge(verdicts)
        marks = [(one, self._aged(one, verdict)) for one, verdict in zip(sent, verdicts, strict=True)]
        await self._settle(marks)
        if decisive.outcome in ENDED:
            self._outbox.release(self._aside.passed(sent))
            return self._health.after(decisive)
        if any(verdict is TOO_OLD for _, verdict in marks):
            await self._sweep()
        self._cuts.after(decisive, [one for one, verdict in marks if verdict.outcome not in ENDED])
        its_own = decisive.outcome is not Outcome.THROTTLE and len(sent) == 1 and self._aside.failed(sent[0], self._now)
        return 0.0 if its_own else self._health.after(decisive)

    async def _settle(self, marks: Sequence[tuple[Queued, Verdict]]) -> None:
        """Marked. On a full disk nothing else is sent until it is: what cannot be marked would be sent again."""
        while True:
            try:
                return await self._outbox.settle(marks)
            except DiskLow:
                if self._stopping.is_set():
                    raise
                wait = self._health.after(UNMARKED)
                self._say_what_changed()
                await self._until(self._around.wait(wait))

    @property
    def _now(self) -> float:
        return self._around.clock()

    def _aged(self, one: Queued, verdict: Verdict) -> Verdict:
        # Looked at after an attempt, never before: a clock that jumps ahead must not empty the queue.
        too_old = self._now - one.accepted_at / 1000 > OLDEST
        return TOO_OLD if too_old and verdict.outcome not in ENDED else verdict

    async def _sweep(self) -> None:
        """Gives up everything else that is too old: one attempt a minute would never get through it."""
        while claimed := await self._outbox.claim(self._target.container, self._target.tag, SWEPT):
            old = [one for one in claimed if self._now - one.accepted_at / 1000 > OLDEST]
            self._outbox.release(claimed[len(old) :])
            await self._settle([(one, TOO_OLD) for one in self._outbox.leaving(old)])
            if len(old) < len(claimed):
                return

    async def _idle(self) -> None:
        due = self._aside.next_due
        others = [] if due is None else [self._around.wait(max(due - self._now, 0.0))]
        await self._until(self._outbox.arrived(), *others, timeout=LOOK_AGAIN)

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

    def _say_what_changed(self) -> None:
        if self._said != (self.state.outcome, self.state.reason):
            self._say()

    def _say(self) -> None:
        state = self.state
        self._said = (state.outcome, state.reason)
        tell = log.info if state.phase is Phase.RUNNING else log.warning
        tell("sender", container=self._target.container, tag=self._target.tag, phase=state.phase.value,
             outcome=state.outcome.value, reason=state.reason)  # fmt: skip
