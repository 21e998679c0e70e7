"""Whatever is wrong with a file's first bytes, its length or its log: it is damaged and said to be, or it is read as it
was. A later taggate's file is neither."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from outbox.shared import fly, outbox, parcel, put

from gateway.outbox.salvage import waiting
from gateway.outbox.schema import SCHEMA as QUEUE
from gateway.store.database import Schema, open_for_writing, verify
from gateway.store.errors import Damaged, Newer
from gateway.store.logged import check_left_log
from gateway.store.sqlite import SqliteStore
from gateway.store.version import mark

SCHEMA = Schema(version=2, tables=frozenset({"things"}), statements=("CREATE TABLE things (n INTEGER)",))
ROWS = [(n,) for n in range(300)]
HEADER = 100


def write(path):
    return open_for_writing(path, SCHEMA, log_reserve=1 << 16)


def made(path):
    connection = write(path)
    for row in ROWS:
        connection.execute("INSERT INTO things VALUES (?)", row)
    return connection


@pytest.fixture
def whole(tmp_path):
    made(tmp_path / "a.db").close()
    return tmp_path / "a.db"


@pytest.fixture
def killed(tmp_path):
    """All rows but the first are in the log, each a transaction."""
    folder = tmp_path / "killed"
    folder.mkdir()
    with closing(made(tmp_path / "a.db")):
        for end in ("", "-wal"):
            shutil.copy(tmp_path / f"a.db{end}", folder / f"a.db{end}")
    return folder / "a.db"


def found(path):
    """What is read of it; None where it is damaged."""
    try:
        with closing(write(path)) as connection:
            return connection.execute("SELECT n FROM things ORDER BY n").fetchall()
    except Damaged:
        return None


def again(path, content):
    """As it was when it was closed."""
    for end in ("-wal", "-shm"):
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    path.write_bytes(content)


def over(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_every_byte_of_the_header(whole):
    content = whole.read_bytes()
    damaged = set()
    for at in range(HEADER):
        for value in {0, 1, 3, 0x80, 0xFF, content[at] ^ 2} - {content[at]}:
            again(whole, content)
            over(whole, at, bytes([value]))
            rows = found(whole)
            assert rows in (None, ROWS), (at, value)
            damaged |= {at} if rows is None else set()
    # The format, its versions, the size of pages, of the file, the schema's format, ours and its mark.
    assert {*range(24), *range(32, 40), *range(44, 48), *range(60, 64), *range(68, 72)} <= damaged


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"\x5a"])
def test_runs_of_bytes_of_the_header(whole, fill):
    content = whole.read_bytes()
    for at in range(0, HEADER, 3):
        for size in (2, 4, 9, 16, 40, HEADER):
            again(whole, content)
            over(whole, at, fill * min(size, HEADER - at))
            assert found(whole) in (None, ROWS), (at, size)


def test_every_length(whole):
    content = whole.read_bytes()
    for length in (0, 1, 2, 15, 16, 31, 99, 100, 511, 512, 1024, 4095, 4096, 4097, 8192, len(content) - 4096):
        again(whole, content[:length])
        whole.with_name("a.db.ballast").touch()
        assert found(whole) is None, length
        with pytest.raises(Damaged):
            verify(whole, SCHEMA, deep=True)


def test_a_later_file_is_no_damaged_one(whole):
    with closing(sqlite3.connect(whole)) as later:
        mark(later, 3)
    content = whole.read_bytes()
    with pytest.raises(Newer, match="schema 3"):
        write(whole)
    assert whole.read_bytes() == content


def test_a_file_from_before_they_were_marked_is_marked(whole):
    with closing(sqlite3.connect(whole)) as older:
        older.execute("PRAGMA application_id=0")
    assert found(whole) == ROWS
    with closing(sqlite3.connect(whole)) as reader:
        assert reader.execute("PRAGMA application_id").fetchone() == (0x74676702,)


def test_a_killed_one_is_read(killed):
    assert found(killed) == ROWS
    assert found(killed) == ROWS


def test_a_damaged_log_is_damage(killed, tmp_path):
    log = killed.with_name("a.db-wal")
    content, before = log.read_bytes(), killed.read_bytes()
    frames = (len(content.rstrip(b"\0")) - 32) // 4120
    places = [*range(32), 32 + 24, 32 + 4120 * (frames // 2) + 100, 32 + 4120 * (frames - 5)]
    for at in places:
        again(killed, before)
        log.write_bytes(content)
        over(log, at, bytes([content[at] ^ 0x10]))
        damaged = log.read_bytes()
        assert found(killed) is None, at
        assert (killed.read_bytes(), log.read_bytes()) == (before, damaged)
        with pytest.raises(Damaged, match=r"the log of a\.db is damaged"):
            check_left_log(killed)
    over(log, 0, b"\0" * 32)
    assert found(killed) is None
    with pytest.raises(Damaged):
        check_left_log(killed)


def test_a_last_transaction_that_a_power_cut_left_in_parts_is_none(killed):
    log = killed.with_name("a.db-wal")
    check_left_log(killed)
    over(log, log.read_bytes().rstrip(b"\0").rfind(b"\0" * 500) + 500 - 1000, b"torn")
    check_left_log(killed)
    assert found(killed) == ROWS[:-1]
    log.write_bytes(b"\0" * 8192)
    assert found(killed) is not None


def test_a_log_without_its_file_is_damage_and_stays(killed):
    log = killed.with_name("a.db-wal")
    content = log.read_bytes()
    killed.unlink()
    with pytest.raises(Damaged, match=r"a\.db is gone, and its log is there"):
        write(killed)
    assert (log.read_bytes(), killed.exists()) == (content, False)
    log.write_bytes(b"\0" * 8192)
    assert found(killed) == []


async def test_a_queue_whose_file_is_gone_is_set_aside_with_its_log(killed, tmp_path):
    log = killed.with_name("a.db-wal").rename(tmp_path / "queue.db-wal")
    content = log.read_bytes()
    box = outbox(tmp_path / "queue.db")
    await box.open()
    assert box.damaged == tmp_path / "queue.db.damaged-1"
    assert list(waiting(box.damaged)) == []
    assert (tmp_path / "queue.db.damaged-1-wal").read_bytes() == content
    assert await put(box, parcel()) == [True]
    await box.close()


async def test_a_queue_is_set_aside_and_another_takes_hits(tmp_path):
    path = tmp_path / "queue.db"
    for at, value in ((0, 0), (18, 9), (47, 9), (62, 1), (63, QUEUE.version + 1), (63, 1)):
        box = outbox(path)
        await box.open()
        await put(box, parcel(b"%d" % at))
        await box.close()
        over(path, at, bytes([value]))
        box = outbox(path)
        await box.open()
        assert box.damaged is not None and box.damaged.exists(), at
        assert await put(box, parcel()) == [True]
        assert len(await fly(box)) == 1
        await box.close()


@pytest.mark.parametrize("at", [0, 18, 19, 47, 60, 63, 69])
async def test_identity_that_cannot_be_read_is_not_used(tmp_path, at):
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    await store.open()
    await store.close()
    over(path, at, b"\x7f")
    content = path.read_bytes()
    store = SqliteStore(path)
    await store.open()
    assert not store.usable
    await store.close()
    assert path.read_bytes() == content
