"""Which hits were stored a short while ago: one that is sent again changes nothing. In memory only; the queue, which
keeps all ids, refuses to store it in any case."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

MOST = 200_000
KEPT_MS = 48 * 3_600_000


class Numbered(Protocol):
    """A hit, or as much of it as is needed here."""

    @property
    def container(self) -> str:
        """Where it came."""
        ...

    @property
    def id(self) -> str | None:
        """Its sender's number for it."""
        ...

    @property
    def arrived(self) -> int:
        """ms since 1970."""
        ...


class Repeats:
    """Bounded; the oldest go first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._arrived: OrderedDict[tuple[str, str], int] = OrderedDict()

    def has(self, hit: Numbered) -> bool:
        """Whether a hit of this id was stored in the last 48 h."""
        arrived = self._arrived.get((hit.container, hit.id or ""))
        return arrived is not None and hit.arrived - arrived <= KEPT_MS

    def add(self, hits: Iterable[Numbered]) -> None:
        """These were stored."""
        known = self._arrived
        for hit in hits:
            if not hit.id:
                continue
            key = (hit.container, hit.id)
            before = known.get(key)
            if before is None:
                known[key] = hit.arrived
            elif hit.arrived - before > KEPT_MS:
                known[key] = hit.arrived
                known.move_to_end(key)
        while len(known) > self._most:
            known.popitem(last=False)
