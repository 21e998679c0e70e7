"""One request to a receiver and what it meant, for those who count and trace: labels and numbers, no value."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from gateway.delivery.failures import ENDED, REFUSED, gravest
from gateway.delivery.marks import Mark
from gateway.destinations.protocol import Target
from gateway.model import Outcome


class Attempt(Struct, frozen=True, kw_only=True):
    """Times in seconds since 1970; `waited`: of each delivery that was recorded, the seconds since its acceptance."""

    container: str
    tag: str
    outcome: Outcome
    reason: str
    deliveries: int
    began: float
    ended: float
    waited: Sequence[float] = ()


def attempt(target: Target, marks: Sequence[Mark], began: float, ended: float) -> Attempt:
    """What became of one request: the gravest verdict, else a refusal, else that all is well."""
    verdicts = [verdict for _, verdict in marks]
    shown = gravest(verdicts)
    if shown.outcome in ENDED:
        shown = next((verdict for verdict in verdicts if verdict.outcome in REFUSED), shown)
    recorded = [one.accepted_at for one, verdict in marks if verdict.outcome is Outcome.DELIVERED]
    return Attempt(
        container=target.container,
        tag=target.tag,
        outcome=shown.outcome,
        reason=shown.reason,
        deliveries=len(marks),
        began=began,
        ended=ended,
        waited=[max(ended - accepted / 1000, 0.0) for accepted in recorded],
    )


class Watcher(Protocol):
    """Told by the senders; must not raise and must not block."""

    def attempted(self, attempt: Attempt) -> None:
        """An attempt was made and recorded."""
        ...

    def crashed(self, container: str, tag: str) -> None:
        """Our own code broke in a sender, which goes on."""
        ...


class Nobody:
    """Watches nothing."""

    def attempted(self, attempt: Attempt) -> None:
        """Is told in vain."""

    def crashed(self, container: str, tag: str) -> None:
        """Is told in vain."""
