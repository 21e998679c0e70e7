"""What Matomo's answer to a bulk means: the body is believed, not the status (matomo-tracking-api.md, 3.2 and 3.3)."""

from collections.abc import Sequence

import msgspec

from gateway.destinations.status import classify
from gateway.model import Delivery, Json, Outcome, Reply, Verdict

GIFS = (b"GIF87a", b"GIF89a")

DELIVERED = Verdict(Outcome.DELIVERED)
NOT_MATOMO = Verdict(Outcome.SETUP, "not_matomo")
FAILED = Verdict(Outcome.TRANSIENT, "matomo_error")
UNNAMED = Verdict(Outcome.UNNAMED, "matomo_invalid")
UNCOUNTED = Verdict(Outcome.AMBIGUOUS, "matomo_uncounted")


def interpret(deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
    """One verdict for each entry of the bulk."""
    if reply.status == 204 or (reply.status == 200 and reply.body.startswith(GIFS)):
        # QueuedTracking: taken, and tracked later; it never says more.
        return [DELIVERED] * len(deliveries)
    if reply.status == 200:
        return _counted(deliveries, reply.body)
    if reply.status == 400:
        # An entry that is wrong is counted, not answered with 400: that is Matomo's own trouble (its database, say).
        return [Verdict(Outcome.TRANSIENT, "http_400")] * len(deliveries)
    verdict = classify(reply)
    return [NOT_MATOMO if verdict.outcome is Outcome.DELIVERED else verdict] * len(deliveries)


def _counted(deliveries: Sequence[Delivery], body: bytes) -> Sequence[Verdict]:
    sent = len(deliveries)
    answer = _read(body)
    tracked, invalid = _count(answer.get("tracked")), _count(answer.get("invalid"))
    if tracked is None or invalid is None or tracked + invalid > sent:
        return [NOT_MATOMO] * sent
    if answer.get("status") != "success":
        return [FAILED] * sent
    named = _indices(answer.get("invalid_indices"), invalid, sent)
    if tracked + invalid < sent:
        return _short(deliveries, tracked, named)
    if named is not None or invalid in {0, sent}:
        culprits = named if named is not None else set(range(invalid))
        return [_invalid(one) if place in culprits else DELIVERED for place, one in enumerate(deliveries)]
    # Which ones is told only to a super user's token. Sending them all again would double those that were
    # tracked, so as many as were refused are written off by name.
    return [DELIVERED] * tracked + [UNNAMED] * invalid


def _short(deliveries: Sequence[Delivery], tracked: int, named: set[int] | None) -> Sequence[Verdict]:
    # Entries are applied in order, but one that waits too long for a lock is skipped without a word, anywhere.
    # Nothing says which are missing, so each has to be asked for alone: at least once, the repeats counted.
    missing = UNCOUNTED if tracked else Verdict(Outcome.TRANSIENT, "matomo_uncounted")
    return [_invalid(one) if place in (named or ()) else missing for place, one in enumerate(deliveries)]


def _invalid(delivery: Delivery) -> Verdict:
    # Matomo refuses an order that it already has, in the same words as one that is wrong.
    order = delivery.event == "purchase" and delivery.details.get("order_id")
    return Verdict(Outcome.INVALID, "order_known_or_refused" if order else "matomo_invalid")


def _read(body: bytes) -> dict[str, Json]:
    try:
        answer = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _count(said: Json) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None


def _indices(said: Json, invalid: int, sent: int) -> set[int] | None:
    if not isinstance(said, list) or not all(_count(place) is not None and place < sent for place in said):
        return None
    return set(said) if len(set(said)) == invalid else None
