"""What waits in a queue of an older schema is there after the migration; a queue that cannot be migrated is kept."""

import sqlite3
from contextlib import closing

import pytest
from msgspec import msgpack, structs

from gateway.outbox import sqlite
from gateway.outbox.protocol import Unusable
from gateway.outbox.schema import SCHEMA
from gateway.store.migration import copies
from outbox.shared import NOBODY_READS, bodies, counts, fly, outbox, parcel, put, settle

NEXT = SCHEMA.version + 1


@pytest.fixture
async def path(tmp_path):
    box = outbox(tmp_path / "queue.db")
    await box.open()
    await put(box, *(parcel(b"%d" % number) for number in range(5)), id="an id")
    await box.close()
    return tmp_path / "queue.db"


async def test_what_waits_is_delivered_after_it(path, monkeypatch):
    step = ("ALTER TABLE parcels ADD COLUMN colour TEXT", "UPDATE parcels SET colour = 'red'")
    monkeypatch.setattr(sqlite, "SCHEMA", structs.replace(SCHEMA, version=NEXT, steps={SCHEMA.version: step}))
    box = outbox(path)
    await box.open()
    assert [copy.name for copy in copies(path)] == [f"queue.db.version-{SCHEMA.version}"]
    assert box.damaged is None
    assert await put(box, parcel(), id="an id") == [False]
    flying = await fly(box)
    assert bodies(flying) == [b"%d" % number for number in range(5)]
    await settle(box, flying)
    assert (await counts(box)).delivered == 5
    await box.close()


async def test_one_that_cannot_be_migrated_is_not_set_aside(path, monkeypatch):
    broken = structs.replace(SCHEMA, version=NEXT, steps={SCHEMA.version: ("INSERT INTO nowhere VALUES (1)",)})
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "SCHEMA", broken)
        box = outbox(path)
        with pytest.raises(Unusable, match="It is as it was"):
            await box.open()
        assert box.damaged is None
    box = outbox(path)
    await box.open()
    assert (await counts(box)).pending == 5
    await box.close()


FIRST = (
    """CREATE TABLE parcels (
        seq INTEGER PRIMARY KEY, container TEXT NOT NULL, tag TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0,
        at INTEGER NOT NULL, accepted_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
        died_at INTEGER, reason TEXT, lane BLOB NOT NULL, who BLOB NOT NULL, body BLOB NOT NULL)""",
    "CREATE INDEX parcels_by_tag ON parcels (container, tag, state, seq)",
    "CREATE INDEX parcels_by_death ON parcels (died_at) WHERE died_at IS NOT NULL",
    "CREATE TABLE known (key BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) WITHOUT ROWID",
    "CREATE TABLE seen (container TEXT NOT NULL, id NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (container, id))"
    " WITHOUT ROWID",
    "CREATE INDEX seen_by_time ON seen (at)",
    """CREATE TABLE counts (container TEXT NOT NULL, tag TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL,
        PRIMARY KEY (container, tag, name)) WITHOUT ROWID""",
    "PRAGMA user_version=1",
)


def person(number):
    return b"person %05d" % number


def first_schema(path, parcels):
    """A queue as version 1 left it: every tenth is dead, each is of somebody else."""
    with closing(sqlite3.connect(path)) as old, old:
        for statement in FIRST:
            old.execute(statement)
        for number in range(1, parcels + 1):
            dead = number % 10 == 0
            who = msgpack.encode((("analytics",), (person(number), b"everybody...")))
            old.execute(
                "INSERT INTO parcels VALUES (?, 'shop', 'matomo', ?, 5, 5, 0, ?, ?, x'00', ?, ?)",
                (number, int(dead), 7 if dead else None, "http_400" if dead else None, who, b"%d" % number),
            )
            old.executemany("INSERT INTO known VALUES (?, ?)", [(person(number), number), (b"everybody...", number)])
        old.execute("INSERT INTO counts VALUES ('shop', 'matomo', 'accepted', ?)", (parcels,))


async def test_the_first_schema_becomes_the_second_and_withdrawals_find_all(tmp_path):
    path = tmp_path / "queue.db"
    first_schema(path, 300)
    box = outbox(path)
    await box.open()
    found = await counts(box)
    assert (found.pending, found.dead) == (270, 30)
    assert len(await box.desk.reading.find("SELECT * FROM known", ())) == 60
    for number in (1, 64, 65, 200, 299, 300):
        assert await box.withdraw([person(number)], ["analytics"], 1) == 1
    assert await box.withdraw([person(2)], ["ads"], 1) == 0
    assert len(await fly(box, limit=1000)) == 266
    assert await box.withdraw([b"nobody......"], ["analytics"], 1) == 0
    assert await put(box, parcel()) == [True]
    await box.close()
    box = outbox(path)
    await box.open()
    assert await box.withdraw([b"everybody..."], ["analytics"], 1) == 294
    assert (await counts(box)).pending == 1
    await box.close()


@pytest.mark.parametrize("who", NOBODY_READS)
async def test_a_row_that_nobody_can_read_does_not_keep_the_others_from_it(tmp_path, who):
    path = tmp_path / "queue.db"
    first_schema(path, 3)
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("UPDATE parcels SET who = ? WHERE seq = 2", (who,))
    box = outbox(path)
    await box.open()
    assert await box.withdraw([person(1)], ["analytics"], 1) == 1
    assert bodies(await fly(box)) == [b"", b"3"]
    await box.close()


async def test_an_empty_queue_takes_hits_after_a_restart(tmp_path):
    """What is known of the parcels of a batch outlives them for a while: their numbers are not given out again."""
    for _ in range(3):
        box = outbox(tmp_path / "queue.db")
        await box.open()
        assert await put(box, parcel()) == [True]
        await settle(box, await fly(box))
        await box.close()
