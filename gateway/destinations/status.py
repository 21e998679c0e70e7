"""What an HTTP status means for a delivery, in one place (durability.md, failure classes)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.model import Outcome, Reply, Verdict

LONGEST_WAIT = 3600.0
"""Seconds a receiver may make a tag wait."""
SHORTEST_WAIT = 1.0

TRANSIENT = frozenset({408, 425})
SETUP = frozenset({401, 402, 403, 404, 405, 407, 410, 415, 421, 426, 451})
"""Statuses that say something of the address, the account or the request's form, not of one hit."""

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def classify(reply: Reply) -> Verdict:
    """What a status means when the tag type does not know better.

    Every 4xx that is none of the named ones (400, 406, 409, 411, 413, 414, 422, 431…) is the hit's fault: a bulk
    is bisected, the hit that is left is kept as a dead letter, and too many of them pause the tag.
    """
    return Verdict(_outcome(reply), f"http_{reply.status}", _wait(reply))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`, between 1 and 3600; None where it is missing or cannot be read.

    A date is counted from the receiver's own `Date`, so that a wrong clock there does no harm.
    """
    said = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(said):
        return _clamped(float(said))
    until, then = _date(said), _date(headers.get("date", ""))
    return _clamped((until - then).total_seconds()) if until and then else None


def _outcome(reply: Reply) -> Outcome:
    status = reply.status
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status == 429 or (status == 503 and retry_after(reply.headers) is not None):
        return Outcome.THROTTLE
    if status in TRANSIENT or status >= 500:
        return Outcome.TRANSIENT
    return Outcome.SETUP if status < 400 or status in SETUP else Outcome.INVALID


def _wait(reply: Reply) -> float | None:
    return retry_after(reply.headers) if reply.status in {429, 503} else None


def _clamped(seconds: float) -> float:
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
