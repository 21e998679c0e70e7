"""Queued parcels → one request: decoded and rendered, without those that may not leave any more, and those that our own
code cannot render."""

from collections.abc import Callable, Sequence

from msgspec import MsgspecError, Struct

from gateway.destinations.protocol import Destination, Target
from gateway.model import Append, Delivery, Outcome, Reply, Request, Verdict
from gateway.outbox.codec import decode
from gateway.outbox.protocol import Queued

OUR_FAULT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, MsgspecError)
"""What a tag type's code raises for a delivery that it did not expect."""

BROKEN = Verdict(Outcome.INVALID, "render_error", sent=False)
BARRED = Verdict(Outcome.INVALID, "rules_changed", sent=False)
Sift = Callable[[Sequence[Delivery]], tuple[Delivery, ...]]
"""What becomes of deliveries that go to one receiver."""
UNREADABLE = Verdict(Outcome.AMBIGUOUS, "answer_not_understood")


class Load(Struct, frozen=True, kw_only=True):
    """What one request carries. `ended` never leaves, and why; `later` has to wait for a request of its own."""

    request: Request | Append | None = None
    sent: tuple[Queued, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    ended: tuple[tuple[Queued, Verdict], ...] = ()
    later: tuple[Queued, ...] = ()


def load(queued: Sequence[Queued], destination: Destination, target: Target, now: float, sift: Sift = tuple) -> Load:
    """One request for all of these, or for all but the culprits."""
    try:
        found = [(one, _within(one, target)) for one in queued]
        sent = tuple(one for one, made in found if made)
        deliveries = sift([made for _, made in found if made])
        request = destination.render(deliveries, target, now) if sent else None
    except OUR_FAULT:
        return _without_culprits(queued, destination, target, now, sift)
    barred = tuple((one, BARRED) for one, made in found if not made)
    return Load(request=request, sent=sent, deliveries=deliveries, ended=barred)


def _within(one: Queued, target: Target) -> Delivery | None:
    made = decode(one.parcel.body)
    return target.bounds.within(made, one.parcel.rests) if target.bounds else made


def understand(destination: Destination, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
    """What the answer means; when our own code cannot say, it may have been recorded."""
    try:
        verdicts = destination.interpret(deliveries, reply)
    except OUR_FAULT:
        return [UNREADABLE] * len(deliveries)
    return verdicts if len(verdicts) == len(deliveries) else [UNREADABLE] * len(deliveries)


def _without_culprits(
    queued: Sequence[Queued], destination: Destination, target: Target, now: float, sift: Sift
) -> Load:
    if len(queued) == 1:
        return Load(ended=((queued[0], BROKEN),))
    alone = [load([one], destination, target, now, sift) for one in queued]
    ended = tuple(end for single in alone for end in single.ended)
    good = [one for single in alone for one in single.sent]
    if not ended:
        # Each can be rendered, all together cannot: one now, the others in their turn.
        first = alone[0]
        return Load(request=first.request, sent=first.sent, deliveries=first.deliveries, later=tuple(good[1:]))
    if not good:
        return Load(ended=ended)
    rest = load(good, destination, target, now, sift)
    return Load(request=rest.request, sent=rest.sent, deliveries=rest.deliveries, ended=ended, later=rest.later)
