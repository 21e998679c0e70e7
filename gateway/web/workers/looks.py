"""What a worker was told of what the keeper keeps, as the hits of one request see it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from gateway.model import Hit
from gateway.outbox.protocol import Unusable
from gateway.people.visits import (
    FINGERPRINT,
    Chain,
    Fingerprints,
    Noted,
    Track,
    Trail,
    exact,
    first_of,
    number_of,
)
from gateway.web.desk import Look
from gateway.web.workers.messages import GUESTS
from gateway.web.workers.recent import Told, Whom


class FarLook(Look, frozen=True, kw_only=True):
    """A look at what the keeper has, or had a moment ago; and what was read of it."""

    told: Told
    whom: Whom
    visits: "FarVisits"
    repeats: "FarRepeats"


class FarVisits:
    """What receivers saw last, as it was when the keeper was asked, and what hits of this request added."""

    def __init__(self, prints: Fingerprints, seen: Mapping[bytes, Mapping[str, str]]) -> None:
        self.fingerprint = prints.of
        self._seen = seen
        self._chains: dict[bytes, Chain] = {}
        self._noted: Noted = []

    def trail(self, track: Track) -> Trail:
        """See Walk."""
        own = None if track.chain is None else self._chain(track.chain, track.arrived)
        return Trail(track, own, self._chain(track.browser, track.arrived), self._noted)

    def number(self, container: str, keys: Iterable[bytes], arrived: int) -> str:
        """See Walk."""
        return number_of([self._chain(key, arrived) for key in keys], self._noted, arrived)

    def first(self, container: str, keys: Iterable[bytes], event: str, visit: str, arrived: int) -> bool:
        """See Walk."""
        return first_of([self._chain(key, arrived) for key in keys], event, visit, self._noted, arrived)

    def _chain(self, key: bytes, arrived: int) -> Chain:
        if key not in self._chains:
            self._chains[key] = {tag: (visitor, arrived) for tag, visitor in self._seen.get(key, {}).items()}
        return self._chains[key]

    def undo(self) -> None:
        """See Walk. What a look showed is its own."""

    def added(self) -> list[tuple[str, bytes, str]]:
        """Tag, key, and the visitor that is seen last now."""
        return [(tag, key, seen[-1]) for tag, key, seen in self._steps() if seen[-1] is not None]

    def read(self) -> list[tuple[str, bytes, str | None]]:
        """Tag, key, and the visitor that was seen last before, where it mattered."""
        return [(tag, key, seen[0]) for tag, key, seen in self._steps() if _matters(tag, key, seen)]

    def _steps(self) -> Iterator[tuple[str, bytes, list[str | None]]]:
        """Tag, key, and the visitors seen one after the other, the first before these hits."""
        keys = {id(chain): key for key, chain in self._chains.items()}
        steps: dict[tuple[str, bytes], list[str | None]] = {}
        for chain, tag, before in self._noted:
            steps.setdefault((tag, keys[id(chain)]), []).append(before[0] if before else None)
        for (tag, key), seen in steps.items():
            yield tag, key, [*seen, self._chains[key][tag][0]]


def _matters(tag: str, key: bytes, seen: Sequence[str | None]) -> bool:
    # Of a browser only that nobody with an ID came before a guest: after one the guest begins a visit, whoever else
    # came since, and that cannot be outdated.
    return exact(tag) or not key.startswith(FINGERPRINT) or (seen[0] in GUESTS and seen[1] in GUESTS)


class FarRepeats:
    """Which of these hits were stored when the keeper was asked."""

    def __init__(self, ids: Iterable[str], repeated: Iterable[str]) -> None:
        self._repeated = frozenset(repeated)
        self.fresh = [id for id in ids if id not in self._repeated]

    def has(self, hit: Hit) -> bool:
        """See Repeats."""
        return hit.id in self._repeated


class OneDay:
    """The key of the one day on which a request came."""

    def __init__(self, day: date, key: bytes | None) -> None:
        self._day, self._key = day, key

    def of(self, day: date) -> bytes:
        """See DailyKey."""
        if self._key is None or day != self._day:
            raise Unusable("the day's key was not asked for")
        return self._key
