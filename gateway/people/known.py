"""What the gateway remembers of visitors and people: a bounded cache over the state store, written through."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from gateway.model import Choice, Known, Life
from gateway.people.changes import Changes
from gateway.people.life import MOST_HEIRS
from gateway.store.protocol import Store, StoreError

MOST = 200_000


class _Kept(Struct):
    life: Life | None = None
    choices: Mapping[str, Choice] = {}


class People:
    """One for the whole process: it is the only writer, so what it holds is what holds."""

    def __init__(self, store: Store, now: Callable[[], int], most: int = MOST) -> None:
        self._store = store
        self._now = now
        self._most = most
        self._cache: OrderedDict[tuple[str, bytes], _Kept] = OrderedDict()
        self._dropped = Changes()
        """What was believed no more, because something of it could not be stored."""

    async def know(self, container: str, keys: Iterable[bytes], successor: Callable[[Life], bytes | None]) -> Known:
        """All that is kept under these keys and under those of visitors that took over, the first MOST_HEIRS at least.
        Raises StoreError.

        What it returns holds until the caller awaits again."""
        wanted = list(dict.fromkeys(keys))
        most = len(wanted) * (1 + MOST_HEIRS)
        while True:
            known, missing = self._known(container, wanted, successor, most)
            if not missing:
                return known
            await self._fetch(container, missing)

    def at_hand(self, container: str, keys: Iterable[bytes], successor: Callable[[Life], bytes | None]) -> Known | None:
        """As `know`, where nothing must be fetched."""
        wanted = list(dict.fromkeys(keys))
        known, missing = self._known(container, wanted, successor, len(wanted) * (1 + MOST_HEIRS))
        return None if missing else known

    def holds(self, container: str, keys: Iterable[bytes]) -> bool:
        """Whether what is kept under these keys is still here: what `keep` is told adds to it."""
        return all((container, key) in self._cache for key in keys)

    async def _fetch(self, container: str, keys: Sequence[bytes]) -> None:
        moment = self._dropped.moment
        found = await self._store.know(container, keys)
        for key in keys:
            # Dropped meanwhile: it may have been read before something that was stored since.
            if not self._dropped.since(moment, container, (key,)):
                kept = _Kept(found.lives.get(key), found.choices.get(key, {}))
                self._cache.setdefault((container, key), kept)

    async def keep(
        self, container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]]
    ) -> None:
        """Known at once, durable on return. Raises StoreError; then nothing of it is believed any more."""
        if not lives and not choices:
            return
        keys, moment = {*lives, *choices}, self._dropped.moment
        for key in keys:
            kept = self._cache.get((container, key), _Kept())
            merged = {**kept.choices, **choices.get(key, {})}
            self._cache[container, key] = _Kept(lives.get(key, kept.life), merged)
        try:
            await self._store.keep(container, lives, choices, self._now())
        except StoreError:
            self._drop(container, keys)
            raise
        if self._dropped.since(moment, container, keys):
            # What came beside it could not be stored, and what was read since may be from before this was.
            self._drop(container, keys)

    def _drop(self, container: str, keys: Iterable[bytes]) -> None:
        self._dropped.note(container, keys)
        for key in keys:
            self._cache.pop((container, key), None)

    def _known(
        self, container: str, wanted: list[bytes], successor: Callable[[Life], bytes | None], most: int
    ) -> tuple[Known, list[bytes]]:
        """What is held, and which keys must be fetched first. `wanted` grows by those who took over, up to `most`."""
        cache, missing = self._cache, list[bytes]()
        find, use = cache.get, cache.move_to_end
        lives: dict[bytes, Life] = {}
        choices: dict[bytes, Mapping[str, Choice]] = {}
        there = set(wanted)
        for key in wanted:
            at = (container, key)
            kept = find(at)
            if kept is None:
                missing.append(key)
                continue
            use(at)
            if kept.life:
                lives[key] = kept.life
                heir = successor(kept.life) if kept.life.successor else None
                if heir and heir not in there and len(wanted) < most:
                    wanted.append(heir)
                    there.add(heir)
            if kept.choices:
                choices[key] = kept.choices
        while not missing and len(cache) > self._most:
            cache.popitem(last=False)
        return Known(lives, choices), missing
