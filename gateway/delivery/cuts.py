"""Where bulks must end, so that one that was refused or lost goes again in smaller parts, in the same order."""

from collections.abc import Sequence

from gateway.model import Fault, Outcome, Verdict
from gateway.outbox.protocol import Queued


class Cuts:
    """Numbers (`seq`) that end a bulk. Kept in memory only: after a restart a bulk is whole again, and is cut again.

    Halving until the culprit stands alone takes as many requests as bisecting, and needs no claim to be held
    meanwhile. What was cut because the receiver was down grows again by itself: 1, 2, 4… as with a slow start.
    """

    def __init__(self) -> None:
        self._ends: set[int] = set()

    def first(self, queued: Sequence[Queued]) -> int:
        """How many of these, from the first on, may go together."""
        self._ends = {end for end in self._ends if end >= queued[0].seq}
        return next((place for place, one in enumerate(queued, 1) if one.seq in self._ends), len(queued))

    def after(self, verdict: Verdict, again: Sequence[Queued]) -> None:
        """Some failed for this reason and go again. Where the bulk may be the cause, the next one is smaller."""
        if not again or verdict.outcome is Outcome.THROTTLE or verdict.reason == Fault.NO_CONNECTION:
            return
        if len(again) == 1 or (verdict.outcome is Outcome.AMBIGUOUS and verdict.reason != Fault.NO_ANSWER):
            self.single(again)
        else:
            self.halve(again)

    def halve(self, queued: Sequence[Queued]) -> None:
        """The next bulk ends in the middle of these, and another one where these end."""
        self._ends |= {queued[(len(queued) - 1) // 2].seq, queued[-1].seq}

    def single(self, queued: Sequence[Queued]) -> None:
        """Each of these goes alone."""
        self._ends.update(one.seq for one in queued)
