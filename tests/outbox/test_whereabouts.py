"""What blocks say is what the spans say, whatever was learned when and whatever went meanwhile."""

import random
import sqlite3
import time
from collections.abc import Iterator

import pytest

from gateway.outbox import whereabouts
from gateway.outbox.schema import SCHEMA
from gateway.outbox.whereabouts import PREFIX, Whereabouts


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    for statement in SCHEMA.statements:
        made.execute(statement)
    yield made
    made.close()


def add(connection: sqlite3.Connection, first: int, last: int, keys: set[bytes]) -> None:
    told = b"".join(sorted(key[:PREFIX] for key in keys))
    connection.execute("INSERT INTO spans VALUES (?, ?, ?)", (first, last, told))


def read(connection: sqlite3.Connection, keys: set[bytes], bound: int) -> set[tuple[int, int]]:
    """As it would be without any blocks."""
    rows = connection.execute("SELECT first, last, keys FROM spans WHERE first <= ?", (bound,)).fetchall()
    return {(first, last) for first, last, told in rows if any(key[:PREFIX] in told for key in keys)}


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_the_spans_have(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(whereabouts, "BLOCK", 40)
    monkeypatch.setattr(whereabouts, "AT_ONCE", 2)
    chance = random.Random(seed)
    people = [chance.randbytes(32) for _ in range(200)]
    where, first, most = Whereabouts(), 1, 0
    for _ in range(200):
        last = first + chance.randrange(5)
        add(connection, first, last, set(chance.sample(people, chance.randrange(0, 9))))
        first = last + 1
        if chance.random() < 0.1:
            connection.execute("DELETE FROM spans WHERE last < ?", (chance.randrange(first),))
        if chance.random() < 0.1:
            begin = chance.randrange(first)
            connection.execute("DELETE FROM spans WHERE first BETWEEN ? AND ?", (begin, begin + 60))
        if chance.random() < 0.3:
            keys = set(chance.sample(people, chance.randrange(1, 4)))
            bound = chance.randrange(first + 5)
            assert where.spans(connection, keys, bound) == read(connection, keys, bound)
        most = max(most, len(where._blocks))
    assert most > 3, "there were blocks"
    connection.execute("DELETE FROM spans")
    assert where.spans(connection, set(people), first) == set()
    assert where._blocks == []


def test_however_many_keys_somebody_is_known_by(connection: sqlite3.Connection) -> None:
    """SQLite refuses an expression that is too deep, and that was the end of the queue."""
    keys = [number.to_bytes(8, "big") * 4 for number in range(5000)]
    for first, key in enumerate([keys[0], keys[4321], b"nobody".ljust(32)], 1):
        add(connection, first, first, {key})
    assert Whereabouts().spans(connection, keys, 9) == {(1, 1), (2, 2)}


def test_what_was_rolled_back_is_not_missed_when_it_comes_again(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one, because one of them could not be written."""
    monkeypatch.setattr(whereabouts, "BLOCK", 2)
    alice, bob, carol = (bytes([letter]) * 32 for letter in b"abc")
    where = Whereabouts()
    connection.execute("BEGIN")
    add(connection, 1, 3, {alice, bob, carol})
    assert where.spans(connection, {bob}, 9) == {(1, 3)}
    connection.execute("ROLLBACK")
    for number, key in ((1, alice), (3, carol)):
        add(connection, number, number, {key})
    assert where.spans(connection, {carol}, 9) == {(3, 3)}
    assert where.spans(connection, {alice, carol}, 9) == {(1, 1), (3, 3)}
    assert where.spans(connection, {bob}, 9) == set()


def test_keys_that_cannot_be_told_apart_are_looked_for_as_they_are(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whereabouts, "BLOCK", 1)
    add(connection, 1, 1, {b"alice"})
    add(connection, 2, 2, {b"bob"})
    assert Whereabouts().spans(connection, {b"bob"}, 9) == {(2, 2)}


def test_a_block_between_others_is_forgotten_with_its_last_span(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whereabouts, "BLOCK", 4)
    bob = b"bob".ljust(32)
    for first in range(1, 65):
        add(connection, first, first, {bob})
    where = Whereabouts()
    for _ in range(9):
        where.spans(connection, {bob}, 99)
    assert len(where._blocks) == 16
    connection.execute("DELETE FROM spans WHERE first BETWEEN 5 AND 60")
    left = {(first, first) for first in (1, 2, 3, 4, 61, 62, 63, 64)}
    assert where.spans(connection, {bob}, 99) == left
    assert where.spans(connection, {bob}, 99) == left
    assert len(where._blocks) == 2


def test_among_many_it_takes_a_fraction_of_reading_all(connection: sqlite3.Connection) -> None:
    """300,000 keys: blocks are made once, some at a time, and are then much faster than the spans."""
    chance = random.Random(1)
    connection.execute("BEGIN")
    for first in range(1, 300_000, 30):
        add(connection, first, first + 29, {chance.randbytes(PREFIX) for _ in range(30)})
    connection.execute("COMMIT")
    where, somebody = Whereabouts(), {chance.randbytes(32) for _ in range(3)}
    for _ in range(10):
        where.spans(connection, somebody, 10**9)
    assert len(where._blocks) == 300_000 // (whereabouts.BLOCK + 30)

    def took(look: Whereabouts | None) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            if look:
                look.spans(connection, somebody, 10**9)
            else:
                read(connection, somebody, 10**9)
            times.append(time.perf_counter() - began)
        return min(times)

    assert took(where) < took(None) / 3
