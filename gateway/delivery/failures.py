"""Verdicts → what the whole tag does next: go on, wait, or pause (durability.md, failure classes)."""

from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from gateway.delivery.backoff import Backoff
from gateway.delivery.breaker import Breaker
from gateway.model import Fault, Outcome, Verdict

PROBE_EVERY = 60.0
"""Seconds between probes of a tag that is paused."""
LONGEST_WAIT = 3600.0
JUDGED = 200
MOST_INVALID = JUDGED // 5

DONE = Verdict(Outcome.DELIVERED)
TOO_MANY_INVALID = Verdict(Outcome.SETUP, "too_many_invalid")
FAULTS = {
    Fault.NO_CONNECTION: Outcome.TRANSIENT,
    Fault.TLS: Outcome.SETUP,
    Fault.FORBIDDEN_ADDRESS: Outcome.SETUP,
    Fault.NO_ANSWER: Outcome.AMBIGUOUS,
}
ENDED = frozenset({Outcome.DELIVERED, Outcome.INVALID, Outcome.UNNAMED})
"""Outcomes after which a delivery is not sent again."""
REFUSED = frozenset({Outcome.INVALID, Outcome.UNNAMED})

_UNWELL = frozenset({Outcome.TRANSIENT, Outcome.AMBIGUOUS})
_GRAVITY = (Outcome.SETUP, Outcome.THROTTLE, Outcome.AMBIGUOUS, Outcome.TRANSIENT)


class Phase(StrEnum):
    """What a sender is doing."""

    RUNNING = "running"
    WAITING = "waiting"
    """For the receiver to get better, or as long as it said."""
    PAUSED = "paused"
    """Until a person puts something right; one probe a minute."""
    STOPPED = "stopped"
    """At the end, or because the outbox failed."""


class State(Struct, frozen=True, kw_only=True):
    """One sender, as `/readyz` and the metrics show it. Times in seconds since 1970; `reason` is a label."""

    phase: Phase = Phase.RUNNING
    outcome: Outcome = Outcome.DELIVERED
    """What the last attempts meant."""
    reason: str = ""
    since: float = 0.0
    retry_at: float | None = None
    failures: int = 0
    """Attempts in a row that failed."""
    breaker: bool = False
    """Whether it is open."""


def of_fault(fault: Fault) -> Verdict:
    """What it means that there was no usable answer."""
    return Verdict(FAULTS[fault], fault.value)


def gravest(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that decides for the tag; DELIVERED when none holds it up."""
    for outcome in _GRAVITY:
        found = [verdict for verdict in verdicts if verdict.outcome is outcome]
        if found:
            return max(found, key=lambda verdict: verdict.wait or 0.0)
    return DONE


class Health:
    """How a tag fares. `clock` gives seconds since 1970, `random` a number from 0 up to 1."""

    def __init__(self, clock: Callable[[], float], random: Callable[[], float]) -> None:
        self.state = State(since=clock())
        self._clock = clock
        self._backoff = Backoff(random)
        self._breaker = Breaker()
        self._judged: deque[bool] = deque(maxlen=JUDGED)

    @property
    def probing(self) -> bool:
        """Whether deliveries go one at a time, to see if the receiver is well again: a bulk at each attempt would be
        much for one that has just come back, and as much may come twice."""
        return self._breaker.open or self.state.phase is Phase.PAUSED or self.state.outcome in _UNWELL

    def judge(self, verdicts: Sequence[Verdict]) -> tuple[Sequence[Verdict], Verdict]:
        """The verdicts, and the one that decides for the tag. When more than a fifth of the last 200 deliveries
        were refused it is not the deliveries that are wrong: they are kept and the tag is paused."""
        self._judged.extend(verdict.outcome in REFUSED for verdict in verdicts if verdict.outcome in ENDED)
        refused = any(verdict.outcome in REFUSED for verdict in verdicts)
        if not refused or sum(self._judged) <= MOST_INVALID:
            return verdicts, gravest(verdicts)
        kept = [TOO_MANY_INVALID if verdict.outcome is Outcome.INVALID else verdict for verdict in verdicts]
        return kept, TOO_MANY_INVALID

    def after(self, verdict: Verdict) -> float:
        """Seconds to wait before the next attempt."""
        if verdict.outcome is Outcome.SETUP:
            return self._hold(Phase.PAUSED, verdict, PROBE_EVERY)
        if verdict.outcome is Outcome.THROTTLE:
            told = self._backoff.grow() if verdict.wait is None else verdict.wait
            return self._hold(Phase.WAITING, verdict, min(told, LONGEST_WAIT))
        if verdict.outcome not in ENDED:
            return self._hold(Phase.WAITING, verdict, max(self._backoff.grow(), self._breaker.failed()))
        self._backoff.reset()
        self._breaker.succeeded()
        if self.state.phase is not Phase.RUNNING:
            self.state = State(since=self._clock())
        return 0.0

    def resume(self) -> None:
        """What stopped it is over."""
        self.state = State(since=self._clock())

    def stop(self, reason: str) -> None:
        """The sender has ended, or waits for what is not its receiver's."""
        self.state = State(phase=Phase.STOPPED, reason=reason, since=self._clock())

    def _hold(self, phase: Phase, verdict: Verdict, wait: float) -> float:
        now = self._clock()
        since = self.state.since if self.state.phase is phase else now
        failures = self.state.failures + 1
        self.state = State(
            phase=phase,
            outcome=verdict.outcome,
            reason=verdict.reason,
            since=since,
            retry_at=now + wait,
            failures=failures,
            breaker=self._breaker.open,
        )
        return wait
