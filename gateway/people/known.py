"""What the gateway remembers of visitors and people: a bounded cache over the state store, written through."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from gateway.model import Choice, Known, Life
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

    async def know(self, container: str, keys: Iterable[bytes], successor: Callable[[Life], bytes | None]) -> Known:
        """All that is kept under these keys and under those of visitors that took over. Raises StoreError.

        What it returns holds until the caller awaits again."""
        wanted = list(dict.fromkeys(keys))
        while True:
            if missing := [key for key in wanted if (container, key) not in self._cache]:
                await self._fetch(container, missing)
            elif more := self._successors(container, wanted, successor):
                wanted += more
            else:
                return self._known(container, wanted)

    async def _fetch(self, container: str, keys: Sequence[bytes]) -> None:
        found = await self._store.know(container, keys)
        for key in keys:
            kept = _Kept(found.lives.get(key), found.choices.get(key, {}))
            self._cache.setdefault((container, key), kept)

    async def keep(
        self, container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]]
    ) -> None:
        """Known at once, durable on return. Raises StoreError; then nothing of it is believed any more."""
        if not lives and not choices:
            return
        for key in {*lives, *choices}:
            kept = self._cache.get((container, key), _Kept())
            merged = {**kept.choices, **choices.get(key, {})}
            self._cache[container, key] = _Kept(lives.get(key, kept.life), merged)
        try:
            await self._store.keep(container, lives, choices, self._now())
        except StoreError:
            for key in {*lives, *choices}:
                self._cache.pop((container, key), None)
            raise

    def _successors(
        self, container: str, keys: Iterable[bytes], successor: Callable[[Life], bytes | None]
    ) -> list[bytes]:
        lives = [kept.life for key in keys if (kept := self._cache.get((container, key))) and kept.life]
        return [key for life in lives if (key := successor(life)) and key not in keys]

    def _known(self, container: str, keys: Iterable[bytes]) -> Known:
        lives, choices = {}, {}
        for key in keys:
            kept = self._cache[container, key]
            self._cache.move_to_end((container, key))
            if kept.life:
                lives[key] = kept.life
            if kept.choices:
                choices[key] = kept.choices
        while len(self._cache) > self._most:
            self._cache.popitem(last=False)
        return Known(lives, choices)
