"""Which keys changed lately, numbered: so that nobody who looked earlier overwrites what came since."""

from collections import OrderedDict
from collections.abc import Iterable

MOST = 200_000


class Changes:
    """Bounded; who looked before the oldest one that is still known has to look again."""

    def __init__(self, most: int = MOST) -> None:
        self.moment = 0
        """Grows with each change."""
        self._horizon = 0
        self._most = most
        self._last: OrderedDict[tuple[str, bytes], int] = OrderedDict()

    def note(self, container: str, keys: Iterable[bytes]) -> int:
        """These change now, together. The moment."""
        self.moment += 1
        for key in keys:
            self._last[container, key] = self.moment
            self._last.move_to_end((container, key))
        while len(self._last) > self._most:
            _, self._horizon = self._last.popitem(last=False)
        return self.moment

    def since(self, moment: int, container: str, keys: Iterable[bytes]) -> bool:
        """Whether one of these changed, or may have changed, after this moment."""
        return moment < self._horizon or any(self._last.get((container, key), 0) > moment for key in keys)
