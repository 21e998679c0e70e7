import asyncio
import errno
import sqlite3
import stat
import uuid
from contextlib import closing

import pytest
from store.lab import full, io_error, no_write
from structlog.testing import capture_logs

from gateway.model import Outcome
from gateway.outbox import rows
from gateway.outbox.desk import letters
from gateway.outbox.disk import Disk
from gateway.outbox.protocol import Counts, DiskLow, Full, Outbox, Refused, Unusable
from gateway.outbox.reading import _COUNTS
from gateway.outbox.schema import Count, State
from gateway.store.writer import Limits
from outbox.shared import (
    NOBODY_READS,
    arrival,
    bodies,
    checked,
    counts,
    fly,
    held,
    outbox,
    parcel,
    put,
    settle,
    soon,
    started,
)


async def test_what_was_put_is_claimed_in_order(box):
    protocol: Outbox = box
    assert await protocol.put([arrival(parcel(b"1"), parcel(b"2")), arrival(parcel(b"3", at=9))], 0) == [True, True]
    first, *rest = await box.claim("shop", "matomo", 10)
    assert first.parcel == parcel(b"1")
    assert (first.accepted_at, first.attempts) == (1_700_000_000_000, 0)
    assert bodies(rest) == [b"2", b"3"]
    assert await counts(box) == Counts(accepted=3, pending=3, oldest=1_700_000_000_000)


async def test_nothing_to_put_is_put(box):
    assert await box.put([], 0) == []
    assert await box.put([arrival()], 0) == [True]
    assert await box.counts() == {}


async def test_the_file_is_private(box, tmp_path):
    await put(box, parcel())
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


async def test_puts_share_a_commit(box, lab):
    before = box.commits
    first = await held(lab, box, parcel())
    others = [started(put(box, parcel())) for _ in range(64)]
    await asyncio.sleep(0)
    lab.gate.set()
    assert await soon(first, *others) == [[True]] * 65
    assert box.commits - before == 2
    assert (await counts(box)).pending == 65


async def test_a_caller_that_goes_away_does_not_abort(box, lab):
    first = await held(lab, box, parcel(b"0"))
    leaver, stayer = started(put(box, parcel(b"1"))), started(put(box, parcel(b"2")))
    await asyncio.sleep(0)
    leaver.cancel()
    await soon(leaver)
    assert leaver.cancelled()
    lab.gate.set()
    await soon(first, stayer)
    assert bodies(await box.claim("shop", "matomo", 10)) == [b"0", b"1", b"2"]


async def test_poison_is_refused_and_the_others_are_stored(box, lab):
    first = await held(lab, box, parcel(b"0"))
    good = [started(put(box, parcel(b"%d" % n))) for n in range(1, 6)]
    bad = [
        started(put(box, parcel(at=2**70))),
        started(put(box, parcel(tag="\ud800"))),
        started(put(box, parcel(), id="\udfff")),
        started(put(box, dropped={"\ud800": "rule"})),
        started(put(box, parcel(rests=(object(),)))),
    ]
    await asyncio.sleep(0)
    lab.gate.set()
    assert await soon(first, *good) == [[True]] * 6
    assert [type(error) for error in await soon(*bad)] == [Refused] * 5
    assert bodies(await box.claim("shop", "matomo", 10)) == [b"%d" % n for n in range(6)]
    assert (await counts(box)).accepted == 6


async def test_one_refused_arrival_leaves_the_rest_of_its_put(box):
    with pytest.raises(Refused):
        await box.put([arrival(parcel(b"1")), arrival(parcel(b"2"), parcel(at=2**70)), arrival(parcel(b"3"))], 0)
    assert bodies(await box.claim("shop", "matomo", 10)) == [b"1", b"3"]
    assert (await counts(box)).accepted == 2


@pytest.mark.parametrize("hit", [str(uuid.UUID(int=7)), str(uuid.UUID(int=7)).upper() + "A", "hit-1", "é" * 16])
async def test_a_repeat_within_48_hours_stores_nothing(box, clock, hit):
    assert await put(box, parcel(), id=hit) == [True]
    clock.ms += 48 * 3_600_000 - 1
    assert await put(box, parcel(), id=hit, dropped={"x": "rule"}) == [False]
    assert await put(box, parcel(), id=hit, container="blog") == [True]
    assert (await counts(box)).accepted == 2
    clock.ms += 1
    assert await put(box, parcel(), id=hit) == [True]
    assert await put(box, parcel(), id=hit) == [False]


async def test_a_repeat_within_one_batch_counts(box):
    assert await box.put([arrival(parcel(), id="a"), arrival(parcel(), id="a"), arrival(parcel(), id="b")], 0) == [
        True,
        False,
        True,
    ]
    assert (await counts(box)).accepted == 2


async def test_ids_that_look_alike_are_not_the_same(box):
    number = uuid.UUID(bytes=b"abcdefghijklmnop")
    forms = [str(number), str(number).upper(), number.hex, number.urn, "abcdefghijklmnop"]
    assert [(await put(box, parcel(), id=form))[0] for form in forms] == [True] * 5


async def test_a_refused_hit_may_come_again(box):
    with pytest.raises(Refused):
        await put(box, parcel(at=2**70), id="a")
    assert await put(box, parcel(), id="a") == [True]


async def test_what_is_dropped_is_counted(box):
    await put(box, parcel(), dropped={"ga4": "no_consent", "meta": "no_consent"})
    await put(box, dropped={"ga4": "bot"})
    assert await counts(box, "ga4") == Counts(accepted=2, dropped={"no_consent": 1, "bot": 1})


async def test_the_waiting_room_is_bounded(tmp_path, lab):
    box = outbox(tmp_path / "queue.db", limits=Limits(jobs=3, room=100_000, log=1 << 18), connect=lab.connect)
    await box.open()
    first = await held(lab, box, parcel())
    with pytest.raises(Full):
        await box.put([arrival(), arrival(), arrival()], 0)
    with pytest.raises(Full):
        await put(box, parcel(b"x" * 100_000))
    second = started(put(box, parcel()))
    await asyncio.sleep(0)
    third = started(put(box, parcel()))
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await put(box, parcel())
    lab.gate.set()
    await soon(first, second, third)
    assert await put(box, parcel()) == [True]
    await box.close()


async def test_a_low_disk_refuses_and_settles(tmp_path, lab):
    free = [1000]
    box = outbox(
        tmp_path / "queue.db", disk=Disk(reserve=1000), disk_free=lambda: free[0], limits=Limits(), connect=lab.connect
    )
    await box.open()
    await put(box, parcel())
    free[0] = 999
    # It is measured with every batch.
    await put(box, parcel())
    for _ in range(2):
        with pytest.raises(DiskLow, match="free"):
            await put(box, parcel())
    await settle(box, await fly(box))
    assert (await counts(box)).delivered == 2
    # The first when it was opened.
    assert sum("wal_checkpoint" in statement for statement in lab.statements) == 2
    free[0] = 1000
    assert await put(box, parcel()) == [True]
    await box.close()


async def test_free_pages_in_the_file_are_free_disk(tmp_path):
    free = [1 << 20]
    box = outbox(tmp_path / "queue.db", disk=Disk(reserve=1 << 20), disk_free=lambda: free[0])
    await box.open()
    await put(box, parcel(b"x" * 300_000))
    free[0] -= 250_000
    await put(box, parcel())
    with pytest.raises(DiskLow):
        await put(box, parcel())
    await settle(box, await fly(box))
    assert await put(box, parcel(b"x" * 200_000)) == [True]
    await box.close()


async def test_the_file_has_a_limit(tmp_path):
    box = outbox(tmp_path / "queue.db", disk=Disk(reserve=0, limit=300_000))
    await box.open()
    await put(box, parcel(b"x" * 300_000))
    with pytest.raises(DiskLow, match="limit"):
        await put(box, parcel())
    await settle(box, await fly(box))
    assert await put(box, parcel()) == [True]
    await box.close()


async def test_the_disk_is_asked_by_default(tmp_path):
    box = outbox(tmp_path / "queue.db", disk=Disk(reserve=1 << 62))
    await box.open()
    with pytest.raises(DiskLow):
        await put(box, parcel())
    await box.close()


async def test_a_full_disk_fails_the_put_only(box, lab):
    lab.faults["COMMIT"] = [full()]
    with pytest.raises(DiskLow, match="full"):
        await put(box, parcel(), id="a")
    assert await put(box, parcel(), id="a") == [True]
    lab.faults["COMMIT"] = [full()]
    await settle(box, await fly(box))
    assert await counts(box) == Counts(accepted=1, delivered=1, attempts=1)


async def test_with_the_quota_used_up_nothing_is_taken_until_there_is_room_again(tmp_path, lab, monkeypatch):
    box = outbox(tmp_path / "queue.db", disk=Disk(reserve=1), connect=lab.connect)
    await box.open()
    await put(box, parcel())
    with monkeypatch.context() as quota:
        quota.setattr("gateway.store.ballast.refused", lambda *_: errno.EDQUOT)
        lab.faults["BEGIN"] = [no_write()]
        with pytest.raises(DiskLow, match="full"):
            await put(box, parcel())
        # It is measured with every batch.
        await settle(box, await fly(box))
        with pytest.raises(DiskLow, match="free"):
            await put(box, parcel())
    monkeypatch.setattr("gateway.store.ballast.AGAIN", 0)
    assert await put(box, parcel()) == [True]
    assert (await counts(box)).accepted == 2
    await box.close()


async def test_a_failed_fsync_stops_everything(tmp_path, lab):
    failures = []
    box = outbox(tmp_path / "queue.db", connect=lab.connect, on_failure=failures.append)
    await box.open()
    await put(box, parcel(b"0"), parcel(b"1"))
    (claimed, other) = await box.claim("shop", "matomo", 2)
    assert box.usable
    lab.faults["COMMIT"] = [io_error()]
    first, second = started(put(box, parcel())), started(put(box, parcel()))
    assert {type(error) for error in await soon(first, second)} == {Unusable}
    assert failures == ["disk I/O error"]
    assert not box.usable
    assert box.leaving([claimed]) == []
    box.release([other])
    for attempt in (
        put(box, parcel()),
        box.claim("shop", "matomo", 1),
        settle(box, [claimed]),
        box.withdraw([b"alice"], ["analytics"], 1),
        box.purge(0),
    ):
        with pytest.raises(Unusable, match="I/O"):
            await attempt
    await box.close()
    assert (tmp_path / "queue.db-wal").exists()
    again = outbox(tmp_path / "queue.db")
    await again.open()
    assert bodies(await again.claim("shop", "matomo", 9))[:2] == [b"0", b"1"]
    await again.close()


async def test_a_failed_mark_raises_and_keeps_the_claim(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    lab.faults["BEGIN"] = [full(), full()]
    with pytest.raises(DiskLow):
        await settle(box, flying)
    box.release(flying)
    assert await box.claim("shop", "matomo", 1) == []
    await settle(box, flying)
    assert (await counts(box)).delivered == 1


async def test_everything_is_there_after_a_restart(tmp_path, clock):
    async def opened():
        box = outbox(tmp_path / "queue.db", now=clock)
        await box.open()
        return box

    box = await opened()
    await put(box, parcel(b"1"), parcel(b"2"), parcel(b"3"), parcel(b"4"), id="hit")
    one, two, three, _ = await fly(box)
    await settle(box, [one])
    await settle(box, [two], Outcome.INVALID, "http_400")
    await settle(box, [three], Outcome.AMBIGUOUS)
    before = await counts(box)
    await box.close()
    assert [file.name for file in tmp_path.iterdir() if file.name != "queue.db.ballast"] == ["queue.db"]
    box = await opened()
    assert box.damaged is None
    assert await counts(box) == before
    assert await put(box, parcel(), id="hit") == [False]
    assert await put(box, parcel(b"5")) == [True]
    found = await box.claim("shop", "matomo", 10)
    assert bodies(found) == [b"3", b"4", b"5"]
    assert [one.attempts for one in found] == [1, 0, 0]
    await box.close()


async def test_a_closed_outbox_takes_nothing(box):
    await box.close()
    dead = letters(box.desk.reading, None, None, 1)
    for attempt in (put(box, parcel()), box.counts(), box.claim("shop", "matomo", 1), dead):
        with pytest.raises(Unusable):
            await attempt


async def test_closing_stores_what_waits_and_wakes_who_listens(box, lab):
    waiting = started(box.arrived("shop", "matomo"))
    first = await held(lab, box, parcel())
    second = started(put(box, parcel()))
    await asyncio.sleep(0)
    closing = started(box.close())
    await asyncio.sleep(0)
    lab.gate.set()
    assert await soon(first, second, closing, waiting) == [[True], [True], None, None]


@pytest.mark.parametrize("damage", [b"no database " * 1000, b"SQLite format 3\0" + b"\1" * 9000])
async def test_a_damaged_file_is_set_aside(tmp_path, damage):
    path = tmp_path / "queue.db"
    path.write_bytes(damage)
    box = outbox(path)
    with capture_logs() as logs:
        await box.open()
    assert box.damaged == tmp_path / "queue.db.damaged-1"
    assert box.damaged.read_bytes() == damage
    assert [(line["event"], line["set_aside"]) for line in logs] == [("queue_damaged", str(box.damaged))]
    assert await put(box, parcel()) == [True]
    await box.close()


async def test_a_newer_file_is_refused(tmp_path):
    other = sqlite3.connect(tmp_path / "queue.db")
    other.execute("PRAGMA user_version=3")
    other.close()
    box = outbox(tmp_path / "queue.db")
    with pytest.raises(Unusable, match="schema 3, made by a later taggate"):
        await box.open()
    assert box.damaged is None
    await box.close()


async def test_a_start_does_not_read_what_waits(box):
    """However much that is."""
    plan = await box._reading.find(f"EXPLAIN QUERY PLAN {rows.WITHDRAWN_ROWS}", (State.WITHDRAWN,))
    assert any("SEARCH p USING INDEX parcels_by_tag (container=? AND tag=? AND state=?)" in step[-1] for step in plan)


async def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(Unusable, match="No such file"):
        await outbox(tmp_path / "nowhere" / "queue.db").open()


@pytest.mark.parametrize("who", NOBODY_READS)
async def test_a_row_that_does_not_say_whose_it_is_is_not_sent_and_stops_nothing(tmp_path, lab, who):
    box = outbox(tmp_path / "queue.db", connect=lab.connect)
    await box.open()
    await put(box, parcel(b"1"), parcel(b"2"), parcel(b"3", known_by=(b"bob",)))
    other = sqlite3.connect(tmp_path / "queue.db")
    other.execute("UPDATE parcels SET who = ? WHERE seq = 1", (who,))
    other.commit()
    other.close()
    assert await box.withdraw([b"alice"], ["analytics"], 0) == 1
    found = await fly(box)
    assert bodies(found) == [b"", b"3"]
    await settle(box, found[:1], Outcome.INVALID, "render_error")
    assert (await counts(box)).dead == 1
    box.release(found[1:])
    await box.close()


async def test_a_job_that_fails_by_its_own_fault_is_refused_and_stops_nothing(box):
    def fails(batch):
        raise ValueError

    done = []
    with pytest.raises(Refused):
        await box._pen.write(fails, 1, done.append)
    assert (done, await put(box, parcel())) == ([], [True])


async def test_a_file_that_cannot_be_read_any_more_stops_everything_and_is_doubted(tmp_path, lab):
    failures = []
    box = outbox(tmp_path / "queue.db", connect=lab.connect, on_failure=failures.append)
    await box.open()
    other = sqlite3.connect(tmp_path / "queue.db")
    other.execute("DROP TABLE counts")
    other.commit()
    other.close()
    with pytest.raises(Unusable, match="no such table"):
        await box.counts()
    assert len(failures) == 1
    await box.close()
    assert (tmp_path / "queue.db.doubt").exists()


async def test_old_ids_and_dead_letters_are_purged(box, clock):
    start = clock.ms
    await box.put([arrival(id=f"bulk-{n}") for n in range(1200)], 0)
    await put(box, parcel(b"old"), parcel(b"pending"))
    old, pending = await fly(box)
    await settle(box, [old], Outcome.INVALID, "http_400")
    box.release([pending])
    clock.ms = start + 48 * 3_600_000 - 1
    assert await box.purge(clock.ms) == 0
    clock.ms += 1
    assert await box.purge(clock.ms) == 1200
    clock.ms = start + 30 * 24 * 3_600_000
    assert await box.purge(clock.ms) == 0
    assert await box.purge(clock.ms + 1) == 1
    assert await counts(box) == Counts(accepted=2, dropped={"dead_aged_out": 1}, pending=1, oldest=start, attempts=1)


async def test_a_purge_removes_all_however_many_came_and_hits_are_taken_in_between(box, clock, monkeypatch):
    monkeypatch.setattr("gateway.outbox.sqlite._PURGE_STEP", 5)
    await box.put([arrival(id=f"bulk-{n}") for n in range(1200)], 0)
    clock.ms += 48 * 3_600_000
    purge = started(box.purge(clock.ms))
    assert await put(box, parcel(b"in between")) == [True]
    assert not purge.done()
    assert await purge == 1200
    assert await box.purge(clock.ms) == 0


async def test_a_purge_that_finds_the_disk_full_before_it_has_looked_at_all_goes_on(tmp_path, lab, clock, monkeypatch):
    monkeypatch.setattr(rows, "STEP_BYTES", 1)
    box = outbox(tmp_path / "queue.db", now=clock, connect=lab.connect)
    await box.open()
    await put(box, *(parcel() for _ in range(3)))
    await settle(box, await fly(box), Outcome.INVALID, "http_400")
    lab.faults["DELETE FROM parcels"] = [full()]
    assert await box.purge(clock.ms + 31 * 86_400_000) == 3
    assert (await counts(box)).dropped == {"dead_aged_out": 3}
    await box.close()


@pytest.mark.parametrize("by_hand", [False, True])
async def test_large_dead_letters_go_a_few_at_a_time(tmp_path, clock, by_hand):
    """All in one transaction they would need more log than is set aside for a full disk."""
    box = outbox(tmp_path / "queue.db", now=clock, limits=Limits())
    await box.open()
    await put(box, *(parcel(bytes(1 << 20)) for _ in range(10)))
    await settle(box, await fly(box), Outcome.INVALID, "http_400")
    commits = box.commits
    if by_hand:
        assert (await box.desk.drop_dead(("shop", "matomo"), None, "why")).changed == 10
    else:
        assert await box.purge(clock.ms + 31 * 86_400_000) >= 10
    assert box.commits - commits >= 3
    assert (await counts(box)).dead == 0
    await box.close()


async def test_a_drained_file_gives_its_pages_back(box, tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.outbox.rows._PAGES_KEPT", 10)
    await put(box, parcel(b"x" * 4_000_000))
    await settle(box, await fly(box))
    await box.purge(0)
    await box.close()
    assert (tmp_path / "queue.db").stat().st_size < 200_000


async def test_arrivals_are_heard_from_the_call_on(box):
    assert await box.claim("shop", "matomo", 1) == []
    heard = box.arrived("shop", "matomo")
    await put(box, parcel())
    assert await soon(heard) == [None]
    later = started(box.arrived("shop", "matomo"))
    await asyncio.sleep(0)
    assert not later.done()
    await put(box, parcel(), id="a")
    await soon(later)


async def test_arrivals_wake_only_those_they_are_for(box):
    others = [started(box.arrived(*route)) for route in (("shop", "ga4"), ("blog", "matomo"))]
    heard = [started(box.arrived("shop", "matomo")) for _ in range(2)]
    await asyncio.sleep(0)
    await put(box, parcel(), parcel(tag="other"))
    await soon(*heard)
    assert [other.done() for other in others] == [False, False]
    await put(box, parcel(tag="ga4"), parcel(container="blog"))
    await soon(*others)


async def test_after_a_restart_with_nothing_left_hits_are_taken_again(tmp_path):
    for _ in range(3):
        box = outbox(tmp_path / "queue.db")
        await box.open()
        assert await put(box, parcel(), parcel()) == [True]
        await settle(box, await fly(box))
        assert (await counts(box)).pending == 0
        await box.close()


async def test_its_space_and_its_transactions(tmp_path):
    box = outbox(tmp_path / "queue.db", disk=Disk(reserve=1 << 20, limit=1 << 30), disk_free=lambda: 5 << 20)
    await box.open()
    before = box.space
    await put(box, *(parcel(b"x" * 10_000) for _ in range(20)))
    await put(box)
    assert before.used + 200_000 < box.space.used < 1 << 20
    assert (box.space.limit, box.space.reserve) == (1 << 30, 1 << 20)
    assert box.space.free >= 5 << 20
    assert box.timing.jobs.cumulative()[-1] == box.timing.seconds.cumulative()[-1] == box.commits
    assert box.timing.jobs.sum >= box.commits
    await box.close()


async def test_what_is_there_is_counted_without_looking_at_it(box):
    await put(box, *(parcel() for _ in range(5)), parcel(tag="ga4"))
    await settle(box, (await fly(box))[:2], Outcome.INVALID, "why")
    with sqlite3.connect(box._path) as connection:
        parameters = (Count.PENDING, State.PENDING, Count.PENDING, State.WITHDRAWN)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {_COUNTS}", parameters).fetchall()
    connection.close()
    steps = [step[3] for step in plan]
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN counts"]
    assert sum("SEARCH parcels USING INDEX parcels_by_tag" in step for step in steps) == 2
    found = await checked(box)
    assert (found["shop", "matomo"].pending, found["shop", "matomo"].dead) == (3, 2)


async def test_a_file_from_before_they_were_counted(tmp_path):
    path = tmp_path / "queue.db"
    box = outbox(path)
    await box.open()
    await put(box, *(parcel() for _ in range(5)), parcel(tag="ga4"))
    await settle(box, (await fly(box))[:2], Outcome.INVALID, "why")
    before = await checked(box)
    await box.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM counts WHERE name IN ('pending', 'dead')")
    connection.close()
    box = outbox(path)
    await box.open()
    assert await checked(box) == before
    await box.close()


async def test_the_clock_may_jump_back(box, clock):
    await put(box, parcel(), id="a")
    clock.ms -= 10**9
    assert await put(box, parcel(), id="a") == [False]
    await put(box, parcel(), id="b")
    assert (await counts(box)).pending == 2


async def test_what_delivered_parcels_were_known_by_is_forgotten(tmp_path, box):
    for _ in range(260):
        await put(box, parcel())
        await settle(box, await fly(box))
    with closing(sqlite3.connect(tmp_path / "queue.db")) as reader:
        ((spans,),) = reader.execute("SELECT count(*) FROM spans")
    # Looked for every so many batches, of which there were two a parcel.
    assert 0 < spans < 130


async def test_what_one_receiver_keeps_waiting_keeps_no_others_spans(tmp_path, box, clock, monkeypatch):
    monkeypatch.setattr("gateway.outbox.sqlite._SWEEP_STEP", 7)
    await put(box, parcel(tag="down", known_by=(b"first",)))

    def spans():
        with closing(sqlite3.connect(tmp_path / "queue.db")) as reader:
            return reader.execute("SELECT count(*) FROM spans").fetchone()[0]

    for _ in range(30):
        await put(box, parcel())
        await settle(box, await fly(box))
    await put(box, parcel(tag="down", known_by=(b"middle",)))
    for _ in range(30):
        await put(box, parcel())
    assert spans() == 62
    await box.purge(clock.ms)
    assert spans() == 32
    for _ in range(30):
        await settle(box, await fly(box))
    await box.purge(clock.ms)
    assert spans() == 2, "what was on its way the first time"
    await box.purge(clock.ms)
    assert spans() == 2
    for name in (b"first", b"middle"):
        await box.withdraw([name], ["analytics"], 0)
    assert (await counts(box, "down")).dropped == {"consent_withdrawn": 2}
    assert await put(box, parcel()) == [True]
