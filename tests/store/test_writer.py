import asyncio
import errno
import itertools
import shutil
import sqlite3
import threading
from functools import partial

import pytest

from gateway.store.ballast import Ballast
from gateway.store.database import Schema, open_for_writing
from gateway.store.jobs import BadJob, Batch, Broken, DiskFull, RoomFull, alone
from gateway.store.writer import Limits, Writer, value
from store.lab import Lab, full, io_error, no_index, no_write

SCHEMA = Schema(version=1, tables=frozenset({"things"}), statements=("CREATE TABLE things (n INTEGER UNIQUE)",))


def add(value, batch):
    batch.connection.execute("INSERT INTO things VALUES (?)", (value,))
    return value


def raise_(error, batch):
    raise error


async def one(future):
    (result,) = await future
    return value(result)


def submit(writer, run, **more):
    """One job of one result; in the queue when this returns."""
    return asyncio.ensure_future(one(writer.submit(alone(run), (None,), **more)))


class Bench:
    def __init__(self, path, **limits):
        self.path = path
        self.lab = Lab()
        self.failures = []
        self.writer = Writer(
            partial(open_for_writing, path, SCHEMA, log_reserve=1 << 16, connect=self.lab.connect),
            Batch,
            limits=Limits(**limits),
            ballast=Ballast(path.with_name("ballast"), 1 << 20),
            on_failure=self.failures.append,
        )

    def add(self, value, *, grows=True, weight=100):
        return submit(self.writer, partial(add, value), weight=weight, grows=grows)

    async def hold(self):
        """The writer has begun with one job; the next ones share a batch."""
        self.lab.hold()
        future = self.add(1_000_000)
        await asyncio.to_thread(self.lab.waiting.wait, 10)
        return future

    def stored(self):
        connection = sqlite3.connect(self.path)
        try:
            return sorted(n for (n,) in connection.execute("SELECT n FROM things"))
        finally:
            connection.close()


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path / "a.db")
    await bench.writer.open()
    yield bench
    bench.lab.gate.set()
    await bench.writer.close()


async def gather(*futures):
    return await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 10)


async def test_all_that_wait_share_one_commit(bench):
    first = await bench.hold()
    futures = [bench.add(n) for n in range(100)]
    bench.lab.gate.set()
    assert await gather(first, *futures) == [1_000_000, *range(100)]
    assert bench.writer.commits == 2
    assert len(bench.stored()) == 101


async def test_what_comes_turn_after_turn_shares_one_commit(bench):
    begun, jobs = bench.writer.commits, []
    for number in range(20):
        jobs.append(bench.add(number))
        await asyncio.sleep(0)
    assert not any(job.done() for job in jobs)
    await gather(*jobs)
    assert bench.writer.commits == begun + 1
    assert bench.stored() == list(range(20))


async def test_what_goes_on_coming_holds_nothing_up(bench):
    first, numbers = bench.add(0), itertools.count(1)
    while not first.done():
        bench.add(next(numbers))
        await asyncio.sleep(0)
    await gather(first, bench.add(next(numbers)))
    assert bench.writer.commits > 1


async def test_a_batch_is_bounded(tmp_path):
    bench = Bench(tmp_path / "a.db", batch=1000)
    await bench.writer.open()
    first = await bench.hold()
    futures = [bench.add(n) for n in range(100)]
    bench.lab.gate.set()
    await gather(first, *futures)
    assert bench.writer.commits == 11
    await bench.writer.close()


async def test_jobs_are_written_in_order(bench):
    seen = []
    first = await bench.hold()
    futures = [submit(bench.writer, lambda _, n=n: seen.append(n), weight=1) for n in range(50)]
    bench.lab.gate.set()
    await gather(first, *futures)
    assert seen == list(range(50))


@pytest.mark.parametrize(
    "poison",
    [
        OverflowError("too large"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        KeyError("x"),
        sqlite3.DataError("too big"),
        sqlite3.InterfaceError("type"),
    ],
)
async def test_the_culprit_is_found_and_the_others_are_written(bench, poison):
    first = await bench.hold()
    good = [bench.add(n) for n in range(10)]
    bad = [submit(bench.writer, partial(raise_, poison), weight=1, grows=True), bench.add(2**70), bench.add(5)]
    more = bench.add(77)
    bench.lab.gate.set()
    results = await gather(first, *good, more, *bad)
    assert results[:-3] == [1_000_000, *range(10), 77]
    assert [type(result) for result in results[-3:]] == [BadJob] * 3
    assert bench.stored() == [*range(10), 77, 1_000_000]
    assert bench.writer.commits == 2
    assert bench.writer.usable


async def test_a_caller_that_goes_away_changes_nothing(bench):
    first = await bench.hold()
    future = bench.add(1)
    task = asyncio.create_task(asyncio.wait_for(asyncio.shield(future), 10))
    await asyncio.sleep(0)
    task.cancel()
    await gather(task)
    cancelled = bench.add(2)
    cancelled.cancel()
    bench.lab.gate.set()
    await gather(first, future, bench.add(3))
    assert bench.stored() == [1, 2, 3, 1_000_000]


async def test_the_waiting_room_is_bounded_in_jobs(tmp_path):
    bench = Bench(tmp_path / "a.db", jobs=3)
    await bench.writer.open()
    first = await bench.hold()
    bench.writer.admit(2, 1)
    futures = [bench.add(1), bench.add(2)]
    with pytest.raises(RoomFull):
        bench.writer.admit(1, 1)
    futures.append(bench.add(3, grows=False))
    bench.lab.gate.set()
    await gather(first, *futures)
    bench.writer.admit(3, 1)
    await bench.writer.close()


async def test_the_waiting_room_is_bounded_in_bytes(tmp_path):
    bench = Bench(tmp_path / "a.db", room=250)
    await bench.writer.open()
    bench.writer.admit(1, 1000)
    first = await bench.hold()
    bench.writer.admit(1, 150)
    with pytest.raises(RoomFull):
        bench.writer.admit(1, 151)
    bench.lab.gate.set()
    await gather(first)
    await bench.writer.close()


async def test_a_failed_commit_breaks_it_for_good(bench):
    first = await bench.hold()
    bench.lab.faults["COMMIT"] = [io_error()]
    futures = [bench.add(1), bench.add(2)]
    bench.lab.gate.set()
    results = await gather(first, *futures)
    assert any(isinstance(result, Broken) for result in results)
    assert not bench.writer.usable
    with pytest.raises(Broken, match="I/O"):
        bench.add(3)
    with pytest.raises(Broken, match="I/O"):
        bench.writer.admit(1, 1)
    assert bench.failures == ["disk I/O error"]


async def test_what_waits_behind_a_failure_fails_too(tmp_path):
    bench = Bench(tmp_path / "a.db", batch=1)
    await bench.writer.open()
    first = await bench.hold()
    bench.lab.faults["COMMIT"] = [io_error()]
    futures = [bench.add(n) for n in range(5)]
    bench.lab.gate.set()
    assert {type(result) for result in await gather(first, *futures)} == {Broken}
    assert bench.failures == ["disk I/O error"]
    bench.writer.fail("again")
    assert bench.failures == ["disk I/O error"]
    await bench.writer.close()


async def test_after_a_failure_closing_moves_nothing_into_the_file(bench):
    """Nobody else has it open: then SQLite itself would, whatever its last fsync said."""
    await bench.add(1)
    bench.lab.faults["COMMIT"] = [io_error()]
    await gather(bench.add(2))
    bench.lab.statements.clear()
    before = bench.path.read_bytes()
    await bench.writer.close()
    assert bench.path.read_bytes() == before
    assert bench.path.with_name("a.db-wal").exists()
    assert not any("wal_checkpoint" in statement for statement in bench.lab.statements)
    assert bench.failures == ["disk I/O error"]
    assert 1 in bench.stored()


async def test_a_log_that_cannot_be_moved_at_the_end_stays_and_that_is_an_error(tmp_path):
    bench = Bench(tmp_path / "a.db")
    await bench.writer.open()
    await bench.add(1)
    before = bench.path.read_bytes()
    bench.lab.faults["PRAGMA wal_checkpoint(TRUNCATE)"] = [io_error()]
    await bench.writer.close()
    assert bench.failures == ["disk I/O error"]
    assert bench.path.read_bytes() == before
    assert bench.path.with_name("a.db-wal").exists()
    assert bench.stored() == [1]


async def test_a_full_disk_fails_what_grows_and_nothing_else(bench):
    first = await bench.hold()
    futures = [bench.add(1), bench.add(2, grows=False), bench.add(3), bench.add(4, grows=False)]
    bench.lab.faults["INSERT"] = [full(), full()]
    bench.lab.gate.set()
    results = await gather(first, *futures)
    assert isinstance(results[0], DiskFull)
    assert [isinstance(result, DiskFull) or result for result in results[1:]] == [True, 2, True, 4]
    assert bench.stored() == [2, 4]
    assert any("wal_checkpoint(RESTART)" in statement for statement in bench.lab.statements)
    assert bench.writer.usable
    assert await bench.add(5) == 5


async def test_an_index_of_the_log_that_cannot_grow_is_a_full_disk(bench):
    bench.lab.faults["COMMIT"] = [no_index(), no_index()]
    assert [type(result) for result in await gather(bench.add(1, grows=False))] == [DiskFull]
    assert bench.writer.usable
    assert await bench.add(2) == 2
    assert bench.stored() == [2]


async def test_a_quota_that_is_used_up_is_a_full_disk(bench, monkeypatch):
    monkeypatch.setattr("gateway.store.ballast.refused", lambda *_: errno.EDQUOT)
    bench.lab.faults["INSERT"] = [no_write()]
    assert await gather(bench.add(1, grows=False)) == [1]
    bench.lab.faults["INSERT"] = [no_write()]
    assert [type(result) for result in await gather(bench.add(2))] == [DiskFull]
    assert bench.writer.usable
    assert await bench.add(3) == 3
    assert bench.stored() == [1, 3]


async def test_a_write_that_failed_for_any_other_reason_is_fatal(bench):
    bench.lab.faults["INSERT"] = [no_write()]
    assert [type(result) for result in await gather(bench.add(1))] == [Broken]


async def test_a_full_disk_costs_the_ballast_until_the_next_checkpoint(tmp_path):
    bench = Bench(tmp_path / "a.db", log=1000)
    await bench.writer.open()
    ballast = tmp_path / "ballast"
    assert ballast.stat().st_size == 1 << 20
    bench.lab.faults["INSERT"] = [full()]
    assert await bench.add(1, grows=False) == 1
    assert not ballast.exists()
    await bench.add(2, weight=1000)
    await bench.writer.close()
    assert ballast.exists()


async def test_a_disk_that_stays_full_is_not_fatal(bench):
    bench.lab.faults["INSERT"] = [full(), full()]
    bench.lab.faults["PRAGMA wal_checkpoint(RESTART)"] = [full()]
    assert [type(result) for result in await gather(bench.add(1, grows=False))] == [DiskFull]
    assert await bench.add(2, grows=False) == 2


async def test_an_error_while_making_room_is_fatal(bench):
    bench.lab.faults["INSERT"] = [full()]
    bench.lab.faults["PRAGMA wal_checkpoint(RESTART)"] = [io_error()]
    assert [type(result) for result in await gather(bench.add(1, grows=False))] == [Broken]
    assert not bench.writer.usable


async def test_an_error_on_the_second_try_is_fatal(bench):
    bench.lab.faults["INSERT"] = [full(), io_error()]
    assert [type(result) for result in await gather(bench.add(1, grows=False))] == [Broken]
    assert bench.failures == ["disk I/O error"]


async def test_a_batch_that_could_not_begin_has_nothing_to_roll_back(bench):
    bench.lab.faults["BEGIN"] = [io_error()]
    assert [type(result) for result in await gather(bench.add(1))] == [Broken]


async def test_the_log_is_checkpointed_by_the_writer(tmp_path):
    bench = Bench(tmp_path / "a.db", log=320 << 10)
    await bench.writer.open()
    for n in range(25):
        await bench.add(n)
    await bench.writer.close()
    # One of them when it was opened.
    assert sum("wal_checkpoint(PASSIVE)" in statement for statement in bench.lab.statements) == 3
    assert not any("wal_checkpoint(RESTART)" in statement for statement in bench.lab.statements)
    assert not (tmp_path / "a.db-wal").exists()
    assert bench.stored() == list(range(25))


async def test_a_log_that_was_left_behind_is_moved_when_it_is_opened_and_cut(tmp_path):
    """Killed again and again before it had written enough for a checkpoint, it would fill the disk."""
    left = tmp_path / "left"
    left.mkdir()
    first = Bench(tmp_path / "first.db")
    await first.writer.open()
    for n in range(40):
        await first.add(n)
    for end in ("", "-wal"):
        shutil.copy(f"{first.path}{end}", f"{left / 'a.db'}{end}")
    await first.writer.close()
    log = left / "a.db-wal"
    assert log.stat().st_size > 2 * (1 << 16)
    bench = Bench(left / "a.db", log=1 << 16)
    await bench.writer.open()
    await bench.add(77)
    assert log.stat().st_size == 1 << 16
    await bench.writer.close()
    assert bench.stored() == [*range(40), 77]


async def test_a_log_that_cannot_be_moved_when_it_is_opened_waits_for_space(tmp_path):
    bench = Bench(tmp_path / "a.db")
    bench.lab.faults["PRAGMA wal_checkpoint"] = [full()]
    await bench.writer.open()
    assert await bench.add(1) == 1
    await bench.writer.close()


async def test_an_error_while_the_log_is_moved_at_the_beginning_is_fatal(tmp_path):
    bench = Bench(tmp_path / "a.db")
    bench.lab.faults["PRAGMA wal_checkpoint"] = [io_error()]
    await bench.writer.open()
    assert not bench.writer.usable
    with pytest.raises(Broken, match="I/O"):
        bench.add(1)
    await bench.writer.close()
    assert bench.failures == ["disk I/O error"]
    assert bench.path.with_name("a.db-wal").exists()


def read_always(path, stop):
    """One reader or the other is always in the middle of something."""
    readers = [sqlite3.connect(path, isolation_level=None) for _ in range(2)]
    for reader, other in itertools.cycle([readers, readers[::-1]]):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        if other.in_transaction:
            other.execute("COMMIT")
        if stop.wait(0.001):
            break
    for reader in readers:
        reader.close()


async def test_a_log_that_readers_kept_from_starting_again_does_not_grow_for_ever(tmp_path):
    bench = Bench(tmp_path / "a.db", log=160 << 10)
    await bench.writer.open()
    stop = threading.Event()
    reading = asyncio.create_task(asyncio.to_thread(read_always, bench.path, stop))
    try:
        for n in range(1000):
            await bench.add(n)
    finally:
        stop.set()
        await reading
    assert bench.path.with_name("a.db-wal").stat().st_size < 3 * (160 << 10)
    await bench.writer.close()
    assert bench.stored() == list(range(1000))


async def test_a_failed_checkpoint_is_fatal(tmp_path):
    bench = Bench(tmp_path / "a.db", log=100)
    await bench.writer.open()
    bench.lab.faults["PRAGMA wal_checkpoint(PASSIVE)"] = [io_error()]
    assert await bench.add(1) == 1
    assert [type(result) for result in await gather(asyncio.ensure_future(broken(bench)))] == [Broken]
    await bench.writer.close()


async def broken(bench):
    while True:
        await bench.add(None)


async def test_a_thread_that_ends_leaves_nobody_waiting(bench, monkeypatch):
    ended = []
    monkeypatch.setattr("threading.excepthook", lambda arguments: ended.append(arguments.exc_type))
    first = await bench.hold()
    futures = [submit(bench.writer, partial(raise_, RuntimeError("a bug")), weight=1), bench.add(1)]
    bench.lab.gate.set()
    results = await gather(first, *futures)
    assert {type(result) for result in results[1:]} == {Broken}
    assert bench.failures == ["the writer's thread ended"]
    await bench.writer.close()
    assert ended == [RuntimeError]


async def test_closing_writes_what_waits(tmp_path):
    bench = Bench(tmp_path / "a.db")
    await bench.writer.open()
    first = await bench.hold()
    futures = [bench.add(n) for n in range(3)]
    closing = asyncio.create_task(bench.writer.close())
    await asyncio.sleep(0)
    bench.lab.gate.set()
    await gather(closing)
    assert await gather(first, *futures) == [1_000_000, 0, 1, 2]
    with pytest.raises(Broken, match="closed"):
        bench.add(9)
    await bench.writer.close()


async def test_nothing_is_written_before_it_is_open(tmp_path):
    bench = Bench(tmp_path / "missing" / "a.db")
    with pytest.raises(Broken, match="not open"):
        bench.add(1)
    with pytest.raises(FileNotFoundError):
        await bench.writer.open()
    assert not bench.writer.usable
    await bench.writer.close()
