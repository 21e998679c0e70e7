"""Queued parcels → one request: decoded and rendered, without those that our own code cannot render."""

from collections.abc import Sequence

from msgspec import MsgspecError, Struct

from gateway.destinations.protocol import Destination, Target
from gateway.model import Append, Delivery, Outcome, Reply, Request, Verdict
from gateway.outbox.codec import decode
from gateway.outbox.protocol import Queued

OUR_FAULT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, MsgspecError)
"""What a tag type's code raises for a delivery that it did not expect."""

BROKEN = Verdict(Outcome.INVALID, "render_error")
UNREADABLE = Verdict(Outcome.AMBIGUOUS, "answer_not_understood")


class Load(Struct, frozen=True, kw_only=True):
    """What one request carries. `broken` can never be rendered; `later` has to wait for a request of its own."""

    request: Request | Append | None = None
    sent: tuple[Queued, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    broken: tuple[Queued, ...] = ()
    later: tuple[Queued, ...] = ()


def load(queued: Sequence[Queued], destination: Destination, target: Target, now: float) -> Load:
    """One request for all of these, or for all but the culprits."""
    try:
        deliveries = tuple(decode(one.parcel.body) for one in queued)
        request = destination.render(deliveries, target, now)
    except OUR_FAULT:
        return _without_culprits(queued, destination, target, now)
    return Load(request=request, sent=tuple(queued), deliveries=deliveries)


def understand(destination: Destination, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
    """What the answer means; when our own code cannot say, it may have been recorded."""
    try:
        verdicts = destination.interpret(deliveries, reply)
    except OUR_FAULT:
        return [UNREADABLE] * len(deliveries)
    return verdicts if len(verdicts) == len(deliveries) else [UNREADABLE] * len(deliveries)


def _without_culprits(queued: Sequence[Queued], destination: Destination, target: Target, now: float) -> Load:
    if len(queued) == 1:
        return Load(broken=tuple(queued))
    alone = [load([one], destination, target, now) for one in queued]
    broken = tuple(one for single in alone for one in single.broken)
    good = [one for single in alone for one in single.sent]
    if not broken:
        # Each can be rendered, all together cannot: one now, the others in their turn.
        first = alone[0]
        return Load(request=first.request, sent=first.sent, deliveries=first.deliveries, later=tuple(good[1:]))
    if not good:
        return Load(broken=broken)
    rest = load(good, destination, target, now)
    return Load(request=rest.request, sent=rest.sent, deliveries=rest.deliveries, broken=broken, later=rest.later)
