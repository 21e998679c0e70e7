"""What attempts meant → the outbox. What it cannot record is kept: it was sent, so it goes first."""

from collections.abc import Callable, Iterable, Sequence

from gateway.delivery.failures import ENDED
from gateway.destinations.protocol import Target
from gateway.model import Outcome, Verdict
from gateway.outbox.protocol import Outbox, OutboxError, Queued

Mark = tuple[Queued, Verdict]

TOO_OLD = Verdict(Outcome.INVALID, "too_old")
AS_OLD = Verdict(Outcome.INVALID, "too_old", sent=False)
"""As one that was tried, and failed."""
SWEPT = 500


class Marks:
    """Of one tag. `oldest`: seconds since acceptance after which what still fails is given up. `left`: what the
    sender before this one could not record."""

    def __init__(
        self, outbox: Outbox, target: Target, oldest: float, clock: Callable[[], float], left: Sequence[Mark] = ()
    ) -> None:
        self.left = left
        self._outbox = outbox
        self._target = target
        self._oldest = oldest
        self._clock = clock

    async def record(self, marks: Iterable[Mark] = ()) -> None:
        """Returns once these, and those that were left, are recorded. Raises OutboxError: then they are left."""
        todo, self.left = [*self.left, *marks], ()
        if todo:
            try:
                await self._outbox.settle(todo)
            except OutboxError:
                self.left = todo
                raise

    async def conclude(self, sent: Sequence[Queued], verdicts: Sequence[Verdict]) -> Sequence[Mark]:
        """As recorded: those that failed and are too old are given up, and with them what is as old in the queue."""
        marks = [(one, self._aged(one, verdict)) for one, verdict in zip(sent, verdicts, strict=True)]
        await self.record(marks)
        if any(verdict is TOO_OLD for _, verdict in marks):
            await self._sweep()
        return marks

    def _aged(self, one: Queued, verdict: Verdict) -> Verdict:
        # Looked at after an attempt, never before: a clock that jumps ahead must not empty the queue.
        return TOO_OLD if verdict.outcome not in ENDED and self._old(one) else verdict

    def _old(self, one: Queued) -> bool:
        return self._clock() - one.accepted_at / 1000 > self._oldest

    async def _sweep(self) -> None:
        """Gives up everything else that is too old: one attempt a minute would never get through it."""
        while claimed := await self._outbox.claim(self._target.container, self._target.tag, SWEPT):
            old = [one for one in claimed if self._old(one)]
            self._outbox.release([one for one in claimed if not self._old(one)])
            await self.record([(one, AS_OLD) for one in self._outbox.leaving(old)])
            if len(old) < len(claimed):
                return
