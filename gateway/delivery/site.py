"""What the tags of one receiver share: their turn, and which visits it was told of. In memory only, and only what was
recorded: what is not known here begins a visit, which joins nobody to anybody."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct, structs

from gateway.model import Delivery, Outcome, Verdict
from gateway.people.visits import VISIT_MS

MOST = 20_000

Print = tuple[str | None, str | None]
"""Address and browser, as far as the receiver sees them: under one it might take all for one visitor."""
Last = tuple[str, int]
"""Whose visit was begun, and when (ms since 1970) its latest hit happened."""
Lasts = Mapping[Print, Last | None]


class Site(Struct, eq=False):
    """One receiver. Each tag decides for itself where a visit begins; of those that say so of one visit, the first that
    was recorded did begin it, whatever the order they come in."""

    lock: asyncio.Lock
    tags: set[tuple[str, str]]
    """Those that send to it: (container, tag)."""
    lasts: OrderedDict[Print, Last]
    most: int = MOST

    @classmethod
    def new(cls, most: int = MOST) -> "Site":
        """One that was told of nothing."""
        return cls(asyncio.Lock(), set(), OrderedDict(), most)

    def sift(self, deliveries: Sequence[Delivery], *, sees_ip: bool) -> tuple[Delivery, ...]:
        """These; no visit begins again that another tag has begun, if nobody else came from there since."""
        if len(self.tags) < 2:
            return tuple(deliveries)
        return tuple(made for made, _, _ in self._walk(deliveries, sees_ip))

    def leaving(self, deliveries: Sequence[Delivery], *, sees_ip: bool) -> Callable[[Sequence[Verdict]], None]:
        """These are sent, and what they change is not known until the verdicts are told."""
        if len(self.tags) < 2:
            return _nothing
        after: Lasts = {place: last for _, place, last in self._walk(deliveries, sees_ip)}
        for place in after:
            self.lasts.pop(place, None)

        def told(verdicts: Sequence[Verdict]) -> None:
            if all(verdict.outcome is Outcome.DELIVERED for verdict in verdicts):
                self.lasts.update({place: last for place, last in after.items() if last})
                while len(self.lasts) > self.most:
                    self.lasts.popitem(last=False)

        return told

    def _walk(self, deliveries: Sequence[Delivery], sees_ip: bool) -> Iterator[tuple[Delivery, Print, Last | None]]:
        """Each, where it comes from, and what was seen last from there after it."""
        seen: dict[Print, Last | None] = {}
        for made in deliveries:
            place = (made.ip if sees_ip else None, made.user_agent)
            last = seen[place] if place in seen else self.lasts.get(place)
            if last is not None and last[0] == made.visitor and abs(made.at - last[1]) <= VISIT_MS:
                seen[place] = (made.visitor, max(made.at, last[1]))
                yield structs.replace(made, new_visit=False) if made.new_visit else made, place, seen[place]
            else:
                seen[place] = (made.visitor, made.at) if made.new_visit else None
                yield made, place, seen[place]


def _nothing(_: Sequence[Verdict]) -> None:
    """One tag alone has nobody to tell."""
