"""How long to wait before the next attempt: full jitter over a span that doubles (durability.md)."""

from collections.abc import Callable

FIRST = 1.0
MOST = 300.0


class Backoff:
    """Seconds between 0 and a span that starts at 1, doubles to 300 and starts again after a success."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._span = FIRST

    def grow(self) -> float:
        """The next wait."""
        span, self._span = self._span, min(self._span * 2, MOST)
        return self._random() * span

    def reset(self) -> None:
        """After a success."""
        self._span = FIRST
