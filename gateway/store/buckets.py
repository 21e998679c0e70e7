"""Numbers → how many were no more than each of some fixed bounds: a histogram that costs next to nothing to add to."""

from bisect import bisect_left
from collections.abc import Sequence


class Buckets:
    """Added to by one thread, read by any: what is read may lack the number that is just being added."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.sum = 0.0
        self._counts = [0] * (len(self.bounds) + 1)

    def add(self, number: float) -> None:
        """One more."""
        self._counts[bisect_left(self.bounds, number)] += 1
        self.sum += number

    def cumulative(self) -> Sequence[int]:
        """For each bound how many were no more than it; the last one: how many in all."""
        total, out = 0, []
        for count in self._counts:
            total += count
            out.append(total)
        return out
