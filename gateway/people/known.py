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
            known, missing = self._known(container, wanted, successor)
            if not missing:
                return known
            await self._fetch(container, missing)

    def holds(self, container: str, keys: Iterable[bytes]) -> bool:
        """Whether what is kept under these keys is still here: what `keep` is told adds to it."""
        return all((container, key) in self._cache for key in keys)

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

    def _known(
        self, container: str, wanted: list[bytes], successor: Callable[[Life], bytes | None]
    ) -> tuple[Known, list[bytes]]:
        """What is held, and which keys must be fetched first. `wanted` grows by those who took over."""
        cache, missing = self._cache, list[bytes]()
        find, use = cache.get, cache.move_to_end
        lives: dict[bytes, Life] = {}
        choices: dict[bytes, Mapping[str, Choice]] = {}
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
                if heir and heir not in wanted:
                    wanted.append(heir)
            if kept.choices:
                choices[key] = kept.choices
        while not missing and len(cache) > self._most:
            cache.popitem(last=False)
        return Known(lives, choices), missing
