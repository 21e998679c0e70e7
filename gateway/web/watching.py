"""What the senders do → numbers for /metrics: labels and times, no value."""

from collections import Counter

from gateway.delivery.attempts import Attempt
from gateway.store.buckets import Buckets

Key = tuple[str, str]
"""(container, tag)."""

WAITED = (0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 43_200, 86_400, 259_200)
"""Seconds from acceptance to recorded."""


class Watching:
    """A delivery.Watcher that adds up."""

    def __init__(self) -> None:
        self.waited: dict[Key, Buckets] = {}
        self.requests: Counter[tuple[str, str, str]] = Counter()
        """By container, tag and outcome."""
        self.crashes: Counter[Key] = Counter()

    def attempted(self, attempt: Attempt) -> None:
        """One request and its outcome; of each delivery recorded how long it waited."""
        key = attempt.container, attempt.tag
        self.requests[*key, attempt.outcome.value] += 1
        if attempt.waited:
            waited = self.waited.setdefault(key, Buckets(WAITED))
            for seconds in attempt.waited:
                waited.add(seconds)

    def crashed(self, container: str, tag: str) -> None:
        """One more."""
        self.crashes[container, tag] += 1
