"""Limits of requests over several processes: each has its own buckets, and they tell one another what they let pass."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

from gateway.web.rates import Rate
from gateway.web.workers.link import Link
from gateway.web.workers.messages import Spent

EVERY = 0.2
"""Seconds between two tellings."""


class SharedRate(Rate):
    """`workers`: how many share it."""

    def __init__(self, per_second: int, clock: Callable[[], float], workers: int) -> None:
        super().__init__(per_second, clock)
        self._worth_telling = per_second * EVERY / (2 * workers)
        self._spent: Counter[str] = Counter()

    def allows(self, key: str) -> bool:
        """See Rate."""
        allowed = super().allows(key)
        if allowed and self._worth_telling:
            self._spent[key] += 1
        return allowed

    def spent(self) -> list[tuple[str, int]]:
        """What passed since this was last asked; who spends less than half of what he may is left out."""
        spent, self._spent = self._spent, Counter()
        return [(key, number) for key, number in spent.items() if number >= self._worth_telling]


class Spending:
    """All limits of one worker, by name."""

    def __init__(self, link: Link, rates: Mapping[str, SharedRate]) -> None:
        self._link = link
        self._rates = rates

    async def keep_telling(self) -> None:
        """For ever, as long as the link is open."""
        while self._link.open:
            await asyncio.sleep(EVERY)
            self.tell()

    def tell(self) -> None:
        """What passed here."""
        spent = [(name, key, number) for name, rate in self._rates.items() for key, number in rate.spent()]
        if spent:
            self._link.tell(Spent(spent))

    def hear(self, told: Spent) -> None:
        """What passed elsewhere."""
        for name, key, number in told.requests:
            self._rates[name].charge(key, number)
