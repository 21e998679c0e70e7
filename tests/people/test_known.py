"""What is remembered: a bounded cache that is never ahead of, nor behind, what is stored."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.model import Choice, Consent, Known, Life
from gateway.people.known import People
from gateway.people.life import MOST_HEIRS
from gateway.store.protocol import StoreError
from gateway.store.sqlite import SqliteStore

REFUSED = {"analytics": Choice(Consent.REFUSED, 5)}


class Watched(SqliteStore):
    """The real store, which counts what it is asked and fails when told."""

    asked: list[Sequence[bytes]]
    fails = False

    async def know(self, container: str, keys: Sequence[bytes]) -> Known:
        self.asked.append(list(keys))
        return await super().know(container, keys)

    async def keep(
        self, container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]], now: int
    ) -> None:
        if self.fails:
            raise StoreError("told to")
        await super().keep(container, lives, choices, now)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Watched]:
    made = Watched(tmp_path / "state.db")
    made.asked = []
    await made.open()
    yield made
    await made.close()


def life(successor: bytes | None = None) -> Life:
    return Life(session=b"s", since=1, successor=successor)


def heir(one: Life) -> bytes | None:
    return one.successor


async def test_what_was_kept_is_known_at_once_and_after_a_restart(store: Watched) -> None:
    people = People(store, lambda: 0)
    await people.keep("shop", {b"a": life()}, {b"a": REFUSED, b"b": REFUSED})
    await people.keep("shop", {}, {})
    for one in (people, People(store, lambda: 0)):
        known = await one.know("shop", [b"a", b"b", b"a", b"c"], heir)
        assert (known.lives, known.choices) == ({b"a": life()}, {b"a": REFUSED, b"b": REFUSED})
    assert await People(store, lambda: 0).know("blog", [b"a"], heir) == Known()
    assert await people.know("shop", [], heir) == Known()


async def test_nothing_is_asked_for_twice(store: Watched) -> None:
    people = People(store, lambda: 0)
    for _ in range(3):
        await people.know("shop", [b"a", b"b"], heir)
    assert store.asked == [[b"a", b"b"]]


async def test_what_is_at_hand_needs_no_question(store: Watched) -> None:
    people = People(store, lambda: 0)
    await people.keep("shop", {b"a": life(b"b"), b"b": life()}, {})
    assert people.at_hand("shop", [b"a", b"a"], heir) == Known({b"a": life(b"b"), b"b": life()})
    assert people.at_hand("shop", [b"a", b"c"], heir) is None
    await people.know("shop", [b"c"], heir)
    assert people.at_hand("shop", [b"c"], heir) == Known()
    assert store.asked == [[b"c"]]


@pytest.mark.parametrize("fresh", [True, False])
async def test_those_who_took_over_are_known_too(store: Watched, fresh: bool) -> None:
    lives = {b"a": life(b"b"), b"b": life(b"c"), b"c": life(), b"x": life(b"c")}
    people = People(store, lambda: 0)
    await people.keep("shop", lives, {b"c": REFUSED})
    people = People(store, lambda: 0) if fresh else people
    for _ in range(2):
        known = await people.know("shop", [b"a", b"x"], heir)
        assert known == Known(lives, {b"c": REFUSED})


async def test_of_a_chain_without_end_only_the_beginning_is_looked_up(store: Watched) -> None:
    people = People(store, lambda: 0)
    names = [number.to_bytes(4, "big") for number in range(10 * MOST_HEIRS)]
    await people.keep("shop", {one: life(next) for one, next in pairwise(names)}, {})
    known = await people.know("shop", [names[0], b"other"], heir)
    assert list(known.lives) == names[: 2 * MOST_HEIRS + 1]


async def test_choices_are_merged_by_purpose(store: Watched) -> None:
    people = People(store, lambda: 0)
    await people.keep("shop", {}, {b"a": REFUSED})
    await people.keep("shop", {}, {b"a": {"marketing": Choice(Consent.GRANTED, 7)}})
    for one in (people, People(store, lambda: 0)):
        assert set((await one.know("shop", [b"a"], heir)).choices[b"a"]) == {"analytics", "marketing"}


async def test_what_could_not_be_stored_is_not_believed(store: Watched) -> None:
    people = People(store, lambda: 0)
    await people.keep("shop", {b"a": life()}, {})
    store.fails = True
    with pytest.raises(StoreError):
        await people.keep("shop", {b"a": life(b"z"), b"b": life()}, {b"c": REFUSED})
    store.fails = False
    assert await people.know("shop", [b"a", b"b", b"c"], heir) == Known({b"a": life()}, {})


async def test_a_store_that_cannot_be_read_is_said(store: Watched) -> None:
    await store.close()
    with pytest.raises(StoreError):
        await People(store, lambda: 0).know("shop", [b"a"], heir)


async def test_the_longest_not_seen_are_forgotten_and_found_again(store: Watched) -> None:
    people = People(store, lambda: 0, most=2)
    for key in (b"a", b"b", b"c"):
        await people.keep("shop", {key: life()}, {})
    for key in (b"a", b"b", b"c", b"a"):
        assert key in (await people.know("shop", [key], heir)).lives
    assert (await people.know("shop", [b"a", b"b", b"c"], heir)).lives.keys() == {b"a", b"b", b"c"}


async def test_what_is_no_longer_here_is_told(store: Watched) -> None:
    people = People(store, lambda: 0, most=2)
    await people.know("shop", [b"a", b"b"], heir)
    assert people.holds("shop", [b"a", b"b"])
    assert not people.holds("blog", [b"a"])
    await people.know("shop", [b"c"], heir)
    assert not people.holds("shop", [b"a", b"b"])


async def test_what_is_kept_while_it_is_being_read_holds(store: Watched) -> None:
    people = People(store, lambda: 0)
    reading = asyncio.create_task(people.know("shop", [b"a"], heir))
    await asyncio.sleep(0)
    await people.keep("shop", {b"a": life()}, {})
    assert (await reading).lives == {b"a": life()}


class Slow(Watched):
    """Each reading and each writing ends when the test says so; a life cannot be written, as on a full disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked = []
        self.was_read = asyncio.Event()
        self.may = {name: asyncio.Event() for name in ("read", "life", "choice")}

    async def know(self, container: str, keys: Sequence[bytes]) -> Known:
        found = await super().know(container, keys)
        self.was_read.set()
        await self.may["read"].wait()
        return found

    async def keep(
        self, container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]], now: int
    ) -> None:
        await self.may["life" if lives else "choice"].wait()
        if lives:
            raise StoreError("the disk is full")
        await super().keep(container, lives, choices, now)


@pytest.mark.parametrize("first", ["read", "choice"])
async def test_a_refusal_that_is_kept_beside_what_could_not_be_is_known(tmp_path: Path, first: str) -> None:
    """What is read in between may be from before it."""
    store = Slow(tmp_path / "state.db")
    await store.open()
    people = People(store, lambda: 0)
    store.may["read"].set()
    await people.know("shop", [b"a"], heir)
    store.may["read"].clear()
    store.was_read.clear()
    login = asyncio.create_task(people.keep("shop", {b"a": life()}, {}))
    refusal = asyncio.create_task(people.keep("shop", {}, {b"a": REFUSED}))
    await asyncio.sleep(0)
    store.may["life"].set()
    with pytest.raises(StoreError):
        await login
    other = asyncio.create_task(people.know("shop", [b"a"], heir))
    await store.was_read.wait()
    store.may[first].set()
    await (refusal if first == "choice" else other)
    store.may["read"].set()
    store.may["choice"].set()
    await asyncio.gather(refusal, other)
    assert (await people.know("shop", [b"a"], heir)).choices == {b"a": REFUSED}
    await store.close()
