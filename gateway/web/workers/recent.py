"""What a worker was told a moment ago, used again for the same visitor's next hit. It may be outdated: the keeper
stores only what was decided on what still holds."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import date

from msgspec import Struct

from gateway.model import Choice, Life

MOST = 10_000
LASTS = 60.0
"""Seconds. Shorter than the outbox remembers a withdrawal that is over: a look's ticket must not be older."""

Whom = tuple[str, frozenset[bytes]]
"""A container, and the keys that were looked up."""


class Told(Struct, frozen=True, kw_only=True):
    """One look, as the keeper answered it, and what was stored since. `at`: when it was asked, in seconds; `keys`:
    those looked up and those of visitors who took over."""

    at: float
    keys: list[bytes]
    moment: int
    ticket: int
    lives: Mapping[bytes, Life]
    choices: Mapping[bytes, Mapping[str, Choice]]
    visits: Mapping[bytes, Mapping[str, str]]


class Recent:
    """Bounded in number and time; `clock` in seconds."""

    def __init__(self, clock: Callable[[], float], most: int = MOST) -> None:
        self.clock = clock
        self._most = most
        self._told: OrderedDict[Whom, Told] = OrderedDict()
        self._day: tuple[date, bytes] | None = None

    def of(self, whom: Whom) -> Told | None:
        """What was told of them, if it is not too old."""
        told = self._told.get(whom)
        return told if told and self.clock() - told.at < LASTS else None

    def note(self, whom: Whom, told: Told) -> None:
        """This holds now. Those of whom nothing is known are not one visitor."""
        if not whom[1]:
            return
        self._told[whom] = told
        self._told.move_to_end(whom)
        if len(self._told) > self._most:
            self._told.popitem(last=False)

    def drop(self, whom: Whom) -> None:
        """It does not hold any more."""
        self._told.pop(whom, None)

    def day_key(self, day: date) -> bytes | None:
        """The key of this day, if it was told."""
        return self._day[1] if self._day and self._day[0] == day else None

    def note_day(self, day: date, key: bytes) -> None:
        """The key of this day; the one before is gone."""
        self._day = (day, key)

    def clean(self, today: date) -> None:
        """Forgets what is too old, and the key of another day."""
        if self._day and self._day[0] != today:
            self._day = None
        while self._told and self.clock() - next(iter(self._told.values())).at >= LASTS:
            self._told.popitem(last=False)
