"""The table of statuses, and Retry-After as receivers write it."""

import pytest

from gateway.destinations.status import classify, retry_after
from gateway.model import Outcome, Reply, Verdict

NOW = "Thu, 28 May 2026 20:26:40 GMT"

TABLE = {
    Outcome.DELIVERED: (200, 201, 202, 204, 299),
    Outcome.TRANSIENT: (408, 425, 500, 502, 503, 504, 507, 520, 599),
    Outcome.THROTTLE: (429,),
    Outcome.SETUP: (101, 300, 301, 302, 304, 307, 308, 401, 402, 403, 404, 405, 407, 410, 415, 421, 426, 451),
    Outcome.INVALID: (400, 406, 409, 411, 413, 414, 417, 418, 422, 431, 499),
}


@pytest.mark.parametrize(("status", "outcome"), [(status, out) for out, many in TABLE.items() for status in many])
def test_a_status_alone(status: int, outcome: Outcome) -> None:
    assert classify(Reply(status)) == Verdict(outcome, f"http_{status}")


@pytest.mark.parametrize("status", [429, 503])
def test_throttled_for_as_long_as_told(status: int) -> None:
    reply = Reply(status, {"retry-after": "17"})
    assert classify(reply) == Verdict(Outcome.THROTTLE, f"http_{status}", 17.0)


def test_retry_after_means_nothing_elsewhere() -> None:
    assert classify(Reply(500, {"retry-after": "17"})) == Verdict(Outcome.TRANSIENT, "http_500")


@pytest.mark.parametrize("said", ["", "soon", "-5", "1e9", "٣", "Thu, 99 May 2026 20:26:40 GMT", "0x10", "NaN", "1;2"])
def test_retry_after_that_says_nothing(said: str) -> None:
    assert retry_after({"retry-after": said, "date": NOW}) is None
    assert classify(Reply(503, {"retry-after": said, "date": NOW})).outcome is Outcome.TRANSIENT
    assert classify(Reply(429, {"retry-after": said, "date": NOW})) == Verdict(Outcome.THROTTLE, "http_429")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 1.0),
        ("1", 1.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("3600", 3600.0),
        ("3601", 3600.0),
        ("9" * 400, 3600.0),
        ("9" * 5000, 3600.0),
        ("Thu, 28 May 2026 20:27:40 GMT", 60.0),
        ("Thursday, 28-May-26 20:27:40 GMT", 60.0),
        ("Thu, 28 May 2026 22:27:40 +0200", 60.0),
        ("Thu, 28 May 2026 20:27:40 -0000", 60.0),
        ("Thu, 28 May 2026 20:00:00 GMT", 1.0),
        ("Thu, 28 May 2099 20:00:00 GMT", 3600.0),
    ],
)
def test_retry_after(said: str, seconds: float) -> None:
    assert retry_after({"retry-after": said, "date": NOW}) == seconds


def test_a_date_without_one_to_count_from() -> None:
    assert retry_after({"retry-after": NOW}) is None
