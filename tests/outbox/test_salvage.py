"""Pages of a queue overwritten at random: what the others hold is read, as it was, once and in order."""

import random
import sqlite3

import pytest

from gateway.model import Outcome
from gateway.outbox.salvage import waiting
from outbox.shared import NOBODY_READS, fly, outbox, parcel, put, settle

PAGE = 4096
NUMBER = 400


@pytest.fixture
async def queue(tmp_path):
    path = tmp_path / "queue.db"
    box = outbox(path)
    await box.open()
    await put(box, *[parcel(b"%d" % number * 900, known_by=(b"%d" % number,)) for number in range(NUMBER)])
    await box.close()
    return path


def bodies(path):
    return [(number, one.body) for number, one in waiting(path)]


def all_of_them():
    return [(number + 1, b"%d" % number * 900) for number in range(NUMBER)]


def overwrite(path, pages):
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(b"\xff" * PAGE)


async def test_all_of_a_file_that_is_whole(queue):
    assert bodies(queue) == all_of_them()
    one = next(waiting(queue))[1]
    assert (one.container, one.tag, one.lane, one.at, one.rests, one.known_by) == (
        "shop", "matomo", b"lane", 5, ("analytics",), (b"0",)
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_not_damaged_is_read(queue, seed):
    pages = queue.stat().st_size // PAGE
    connection = sqlite3.connect(queue)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'parcels'").fetchone()
    connection.close()
    chosen = random.Random(seed).sample([page for page in range(2, pages) if page != root - 1], 4)
    overwrite(queue, chosen)
    found = bodies(queue)
    assert set(found) <= set(all_of_them())
    assert found == sorted(found)
    # A page of the table has four rows, one above them knows where hundreds of pages are.
    assert len(found) >= NUMBER - 4 * 4
    assert len(found) < NUMBER or seed


async def test_nothing_of_a_file_of_which_nothing_can_be_read(queue):
    overwrite(queue, range(1, queue.stat().st_size // PAGE))
    assert bodies(queue) == []
    queue.write_bytes(b"no database" * 1000)
    assert bodies(queue) == []


DAMAGED = [
    *(("UPDATE parcels SET who = ? WHERE seq = 2", who) for who in NOBODY_READS),
    ("UPDATE parcels SET lane = ? WHERE seq = 2", 5),
    ("UPDATE parcels SET at = ? WHERE seq = 2", "soon"),
    ("UPDATE parcels SET body = ? WHERE seq = 2", "text"),
]


@pytest.mark.parametrize(("change", "value"), DAMAGED)
async def test_only_what_waits_and_says_whose_it_is(tmp_path, change, value):
    path = tmp_path / "queue.db"
    box = outbox(path)
    await box.open()
    await put(box, parcel(b"dead"), parcel(b"nobody's"), parcel(b"good"))
    dead, *others = await fly(box)
    await settle(box, [dead], Outcome.INVALID, "http_400")
    box.release(others)
    await box.close()
    connection = sqlite3.connect(path)
    connection.execute(change, (value,))
    connection.commit()
    connection.close()
    assert bodies(path) == [(3, b"good")]


def test_a_file_that_cannot_be_opened_is_not_taken_for_an_empty_one(tmp_path):
    with pytest.raises(OSError, match="unable to open"):
        list(waiting(tmp_path / "queue.db"))


def test_of_an_empty_file_nothing_waits_and_its_log_stays(tmp_path):
    path, log = tmp_path / "queue.db", tmp_path / "queue.db-wal"
    path.touch()
    log.write_bytes(b"what was answered 2xx last")
    assert list(waiting(path)) == []
    assert log.read_bytes() == b"what was answered 2xx last"
