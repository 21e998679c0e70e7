"""How often an address or a container may ask: token buckets, bounded in number."""

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

MOST = 100_000
OF_ONE = 64
"""Bits of an IPv6 address that tell one customer from the next: all the others are his to choose."""
LONGEST = 64
"""Characters of an address."""


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


def asker(ip: str | None) -> str:
    """Whose requests are counted together, by the address they come from."""
    return _asker((ip or "")[:LONGEST])


@lru_cache(4096)
def _asker(ip: str) -> str:
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or ip_network((address, OF_ONE), strict=False)[0]
    return str(address)
