"""A damaged queue is taken over: once, whatever is interrupted, and nothing that was withdrawn."""

import shutil
from pathlib import Path

import pytest

from gateway.model import Choice, Consent, Parcel
from gateway.outbox.disk import Disk
from gateway.outbox.protocol import Arrival, DiskLow
from gateway.outbox.sqlite import SqliteOutbox
from gateway.store.sqlite import SqliteStore
from gateway.web.salvage import FRESH_MS, take_over

NUMBER = 250


def parcel(number: int) -> Parcel:
    who = b"%d" % number
    return Parcel(container="shop", tag="crm", lane=who, body=who, at=5, rests=("ads",), known_by=(who * 16,))


def outbox(path: Path) -> SqliteOutbox:
    return SqliteOutbox(path, now=lambda: 5, disk=Disk(reserve=0))


@pytest.fixture
async def aside(tmp_path: Path) -> Path:
    path = tmp_path / "queue.db"
    box = outbox(path)
    await box.open()
    await box.put([Arrival(container="shop", parcels=(parcel(number),)) for number in range(NUMBER)], box.ticket())
    await box.close()
    return path.rename(tmp_path / "queue.db.damaged-1")


def now(path: Path) -> int:
    return int(path.stat().st_ctime * 1000)


async def test_what_waited_is_taken_over_once_and_what_was_withdrawn_is_not(tmp_path: Path, aside: Path) -> None:
    box, store = outbox(tmp_path / "queue.db"), SqliteStore(tmp_path / "state.db")
    await box.open()
    await store.open()
    refused, granted = Choice(Consent.REFUSED, 3), Choice(Consent.GRANTED, 3)
    choices = {b"7" * 16: {"ads": refused}, b"8" * 16: {"ads": granted, "analytics": refused}}
    await store.keep("shop", {}, choices, 5)
    assert await take_over(box, store, tmp_path, now(aside)) == NUMBER - 1
    assert await take_over(box, store, tmp_path, now(aside)) == 0
    # As after a crash in the middle of it.
    (tmp_path / "queue.db.damaged-1.saved").unlink()
    assert await take_over(box, store, tmp_path, now(aside)) == 0
    counts = (await box.counts())["shop", "crm"]
    assert (counts.accepted, counts.pending) == (NUMBER - 1, NUMBER - 1)
    found = [int(one.parcel.body) for one in await box.claim("shop", "crm", 1000)]
    assert found == [number for number in range(NUMBER) if number != 7]
    await box.close()
    await store.close()


async def test_an_old_one_and_its_log_are_left_alone(tmp_path: Path, aside: Path) -> None:
    shutil.copy(aside, tmp_path / "queue.db.damaged-1-wal")
    box, store = outbox(tmp_path / "queue.db"), SqliteStore(tmp_path / "state.db")
    await box.open()
    await store.open()
    assert await take_over(box, store, tmp_path, now(aside) + FRESH_MS + 1) == 0
    assert not (tmp_path / "queue.db.damaged-1.saved").exists()
    await box.close()
    await store.close()


async def test_without_room_it_is_taken_over_later(tmp_path: Path, aside: Path) -> None:
    free = [0]
    box = SqliteOutbox(tmp_path / "queue.db", now=lambda: 5, disk=Disk(reserve=1), disk_free=lambda: free[0])
    store = SqliteStore(tmp_path / "state.db")
    await box.open()
    await store.open()
    with pytest.raises(DiskLow):
        await take_over(box, store, tmp_path, now(aside))
    free[0] = 1 << 40
    assert await take_over(box, store, tmp_path, now(aside)) == NUMBER
    assert (tmp_path / "queue.db.damaged-1.saved").exists()
    await box.close()
    await store.close()
