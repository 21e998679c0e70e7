"""How often an address or a container may ask: token buckets, bounded in number."""

from collections import OrderedDict
from collections.abc import Callable

MOST = 100_000


class Rate:
    """`per_second` requests for each key, with a burst of as many as two seconds allow; 0: no limit."""

    def __init__(self, per_second: int, clock: Callable[[], float], most: int = MOST) -> None:
        self._per_second = per_second
        self._burst = 2 * per_second
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Whether one more request of this key may pass; it counts."""
        return not self._per_second or self._take(key, 1)

    def charge(self, key: str, number: int) -> None:
        """So many requests of this key passed elsewhere."""
        if self._per_second:
            self._take(key, number)

    def _take(self, key: str, number: int) -> bool:
        now = self._clock()
        left, since = self._buckets.pop(key, (float(self._burst), now))
        left = min(left + (now - since) * self._per_second, self._burst)
        self._buckets[key] = (max(left - number, 0.0) if left >= 1 else left, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return left >= 1
