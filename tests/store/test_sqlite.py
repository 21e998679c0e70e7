import asyncio
import sqlite3
from contextlib import closing

import pytest
from msgspec import structs

from gateway.model import Choice, Consent, Known, Life
from gateway.store.protocol import Store, StoreError
from gateway.store.sqlite import SCHEMA, SqliteStore
from gateway.store.version import mark
from gateway.store.writer import Limits
from store.lab import Lab, full, io_error, no_index

DAY = 86_400_000
ALICE = Life(session=b"s" * 16, since=5, person=b"p" * 32, successor=b"q", before=((5, b"d" * 32), (7, b"e" * 32)))
BOB = Life(session=b"t" * 16, since=6)
YES, NO = Choice(Consent.GRANTED, 10), Choice(Consent.REFUSED, 11)


@pytest.fixture
async def store(tmp_path):
    store: Store = SqliteStore(tmp_path / "state.db")
    await store.open()
    yield store
    await store.close()


async def test_what_is_kept_is_known(store):
    await store.keep("shop", {b"a": ALICE, b"b": BOB}, {b"a": {"analytics": YES, "ads": NO}, b"c": {"ads": YES}}, DAY)
    assert await store.know("shop", [b"a", b"b", b"c", b"nobody"]) == Known(
        {b"a": ALICE, b"b": BOB}, {b"a": {"analytics": YES, "ads": NO}, b"c": {"ads": YES}}
    )
    assert await store.know("shop", [b"b"]) == Known({b"b": BOB}, {})
    assert await store.know("blog", [b"a"]) == Known()
    assert await store.know("shop", []) == Known()


async def test_a_life_is_replaced_and_choices_one_by_one(store):
    await store.keep("shop", {b"a": ALICE}, {b"a": {"analytics": YES, "ads": YES}}, DAY)
    await store.keep("shop", {b"a": BOB}, {b"a": {"ads": NO}}, DAY)
    assert await store.know("shop", [b"a"]) == Known({b"a": BOB}, {b"a": {"analytics": YES, "ads": NO}})


async def test_it_is_there_after_a_restart(tmp_path):
    for n in range(3):
        store = SqliteStore(tmp_path / "state.db")
        await store.open()
        assert len((await store.know("shop", [b"0", b"1", b"2"])).lives) == n
        await store.keep("shop", {str(n).encode(): ALICE}, {}, DAY)
        await store.close()
    assert not (tmp_path / "state.db-wal").exists()


async def test_what_was_not_touched_is_forgotten_by_whole_days(store):
    await store.keep("shop", {b"a": ALICE, b"b": ALICE}, {b"a": {"ads": YES, "analytics": YES}}, 10 * DAY)
    await store.keep("shop", {b"b": ALICE}, {b"a": {"ads": NO}}, 12 * DAY + 5)
    assert await store.forget(10 * DAY + 5) == 0
    assert await store.forget(12 * DAY + DAY // 2) == 2
    assert await store.know("shop", [b"a", b"b"]) == Known({b"b": ALICE}, {b"a": {"ads": NO}})


async def test_many_are_forgotten_in_steps(store):
    await store.keep("shop", {str(n).encode(): BOB for n in range(2500)}, {}, DAY)
    before = store.commits
    assert await store.forget(5 * DAY) == 2500
    assert store.commits - before == 4


async def test_concurrent_calls_share_a_commit(tmp_path):
    lab = Lab()
    store = SqliteStore(tmp_path / "state.db", connect=lab.connect)
    await store.open()
    lab.hold()
    tasks = [asyncio.create_task(store.keep("shop", {b"0": BOB}, {}, DAY))]
    await asyncio.sleep(0)
    await asyncio.to_thread(lab.waiting.wait, 10)
    tasks += [asyncio.create_task(store.keep("shop", {bytes([n]): BOB}, {}, DAY)) for n in range(50)]
    await asyncio.sleep(0)
    lab.gate.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 10)
    assert store.commits == 2
    await store.close()


async def test_too_much_at_once_is_refused(tmp_path):
    lab = Lab()
    store = SqliteStore(tmp_path / "state.db", connect=lab.connect, limits=Limits(jobs=1))
    await store.open()
    lab.hold()
    first = asyncio.create_task(store.keep("shop", {b"0": BOB}, {}, DAY))
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match="too much"):
        await store.keep("shop", {b"1": BOB}, {}, DAY)
    lab.gate.set()
    await asyncio.wait_for(first, 10)
    await store.close()


@pytest.mark.parametrize(("version", "says"), [(2, "made by a later taggate"), (4, "made by an earlier taggate")])
async def test_a_file_of_another_version_is_not_opened(tmp_path, monkeypatch, version, says):
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    await store.open()
    await store.close()
    with closing(sqlite3.connect(path)) as other:
        mark(other, 3)
    monkeypatch.setattr("gateway.store.sqlite.SCHEMA", structs.replace(SCHEMA, version=version))
    store = SqliteStore(path)
    with pytest.raises(StoreError, match=says):
        await store.open()
    assert not store.usable
    await store.close()


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 8000, b""])
async def test_a_damaged_file_is_never_taken_for_an_empty_one(tmp_path, content):
    path = tmp_path / "state.db"
    before = SqliteStore(path)
    await before.open()
    await before.close()
    path.write_bytes(content)
    store = SqliteStore(path)
    await store.open()
    assert not store.usable
    with pytest.raises(StoreError, match="cannot be used"):
        await store.know("shop", [b"a"])
    with pytest.raises(StoreError, match="cannot be used"):
        await store.keep("shop", {b"a": ALICE}, {}, DAY)
    with pytest.raises(StoreError, match="cannot be used"):
        await store.forget(DAY)
    await store.close()
    assert path.read_bytes() == content


async def test_an_unreadable_row_is_an_error(store, tmp_path):
    await store.keep("shop", {b"a": ALICE}, {b"b": {"ads": YES}}, DAY)
    other = sqlite3.connect(tmp_path / "state.db")
    other.execute("UPDATE lives SET life = x'ff00'")
    other.execute("UPDATE choices SET state = 'perhaps'")
    other.commit()
    other.close()
    for key in (b"a", b"b"):
        with pytest.raises(StoreError, match="cannot be read"):
            await store.know("shop", [key])


async def test_a_failed_write_stops_everything(tmp_path):
    lab, failures = Lab(), []
    store = SqliteStore(tmp_path / "state.db", connect=lab.connect, on_failure=failures.append)
    await store.open()
    await store.keep("shop", {b"a": ALICE}, {}, DAY)
    lab.faults["COMMIT"] = [io_error()]
    with pytest.raises(StoreError, match="I/O"):
        await store.keep("shop", {b"a": BOB}, {}, DAY)
    assert failures == ["disk I/O error"]
    assert not store.usable
    with pytest.raises(StoreError):
        await store.know("shop", [b"a"])
    await store.close()
    assert (tmp_path / "state.db-wal").exists()
    again = SqliteStore(tmp_path / "state.db")
    await again.open()
    assert (await again.know("shop", [b"a"])).lives == {b"a": ALICE}
    await again.close()


async def test_a_damaged_page_that_is_read_stops_it_and_the_next_start_looks_through_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.store.database.WHOLE", 4096)
    path, failures = tmp_path / "state.db", []
    store = SqliteStore(path)
    await store.open()
    await store.keep("shop", {number.to_bytes(16): ALICE for number in range(2000)}, {}, DAY)
    await store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    store = SqliteStore(path, on_failure=failures.append)
    await store.open()
    assert store.usable
    with pytest.raises(StoreError, match="malformed"):
        await store.know("shop", [bytes(16), (1999).to_bytes(16)])
    assert (len(failures), store.usable) == (1, False)
    await store.close()
    store = SqliteStore(path)
    await store.open()
    assert not store.usable
    await store.close()


async def test_where_there_is_no_room_to_open_it_nobody_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.store.sqlite.want_of_room", lambda _: ": make room")
    lab = Lab()
    lab.faults["PRAGMA journal_mode"] = [no_index()]
    store = SqliteStore(tmp_path / "state.db", connect=lab.connect)
    with pytest.raises(StoreError, match="make room"):
        await store.open()
    await store.close()


async def test_a_choice_is_kept_on_a_full_disk(tmp_path):
    lab = Lab()
    store = SqliteStore(tmp_path / "state.db", connect=lab.connect)
    await store.open()
    lab.faults["COMMIT"] = [full()]
    await store.keep("shop", {b"b": ALICE}, {b"a": {"ads": NO}}, DAY)
    assert await store.know("shop", [b"a", b"b"]) == Known({b"b": ALICE}, {b"a": {"ads": NO}})
    assert "PRAGMA wal_checkpoint(RESTART)" in lab.statements
    await store.close()


async def test_a_full_disk_is_an_error_that_passes(tmp_path):
    lab = Lab()
    store = SqliteStore(tmp_path / "state.db", connect=lab.connect)
    await store.open()
    lab.faults["COMMIT"] = [full()]
    with pytest.raises(StoreError, match="full"):
        await store.keep("shop", {b"a": ALICE}, {}, DAY)
    await store.keep("shop", {b"a": ALICE}, {}, DAY)
    await store.close()


async def test_before_and_after_it_is_open_it_knows_nothing(tmp_path):
    store = SqliteStore(tmp_path / "state.db")
    with pytest.raises(StoreError, match="not open"):
        await store.know("shop", [b"a"])
    await store.open()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.know("shop", [b"a"])
    await store.close()


async def test_an_id_that_cannot_be_stored_is_an_error(store):
    with pytest.raises(StoreError, match="cannot be stored"):
        await store.keep("shop", {b"a": ALICE}, {b"a": {"ads": Choice(Consent.GRANTED, 2**70)}}, DAY)
    assert await store.know("shop", [b"a"]) == Known()
