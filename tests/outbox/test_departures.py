import asyncio

import pytest
from store.lab import full

from gateway.model import Outcome, Verdict
from gateway.outbox.desk import letters
from gateway.outbox.protocol import Counts, DiskLow, Full, InFlight
from outbox.shared import arrival, bodies, counts, fly, held, marks, outbox, parcel, put, settle, soon, started

ALICE = [b"alice"]
ANALYTICS = ["analytics"]


async def withdraw(box, patience=5.0, known_by=ALICE, purposes=ANALYTICS):
    return await box.withdraw(known_by, purposes, patience)


async def gone(box, dropped=1, **more):
    found = await counts(box)
    assert found == Counts(accepted=dropped, dropped={"consent_withdrawn": dropped}, **more)
    assert await box.claim("shop", "matomo", 10) == []


async def test_what_is_claimed_is_not_claimed_again(box):
    await put(box, parcel(b"1"), parcel(b"2"), parcel(b"x", tag="ga4"), parcel(b"3"))
    assert bodies(await box.claim("shop", "matomo", 2)) == [b"1", b"2"]
    assert bodies(await box.claim("shop", "matomo", 2)) == [b"3"]
    assert await box.claim("shop", "matomo", 2) == []
    assert bodies(await box.claim("shop", "ga4", 2)) == [b"x"]
    assert await box.claim("blog", "matomo", 2) == []


async def test_concurrent_claims_do_not_overlap(box):
    await put(box, *(parcel(b"%d" % n) for n in range(20)))
    claimed = await soon(*(box.claim("shop", "matomo", 3) for _ in range(8)))
    assert [body for each in claimed for body in bodies(each)] == [b"%d" % n for n in range(20)]


async def test_no_limit_is_no_claim(box):
    await put(box, parcel())
    assert await box.claim("shop", "matomo", 0) == []
    assert await box.claim("shop", "matomo", -1) == []


async def test_what_is_released_is_claimed_again_in_its_order(box):
    await put(box, parcel(b"1"), parcel(b"2"), parcel(b"3"))
    one, two, three = await box.claim("shop", "matomo", 3)
    box.release([two, one])
    box.release([two])
    assert bodies(await box.claim("shop", "matomo", 3)) == [b"1", b"2"]
    assert bodies(box.leaving([three])) == [b"3"]


async def test_what_is_not_claimed_does_not_leave(box):
    await put(box, parcel())
    claimed = await box.claim("shop", "matomo", 1)
    box.release(claimed)
    assert box.leaving(claimed) == []
    await settle(box, claimed)
    assert (await counts(box)).pending == 1


async def test_a_claim_sees_what_came_while_it_read(box):
    real = box._reading.pending
    late = [parcel(b"late")]

    async def pending(*arguments):
        found = await real(*arguments)
        while late:
            await put(box, late.pop())
        return found

    box._reading.pending = pending
    assert bodies(await box.claim("shop", "matomo", 1)) == [b"late"]


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        (Outcome.DELIVERED, {"delivered": 1}),
        (Outcome.UNNAMED, {"dropped": {"refused_unnamed": 1}}),
        (Outcome.INVALID, {"dead": 1}),
        (Outcome.TRANSIENT, {"pending": 1, "oldest": 1_700_000_000_000}),
        (Outcome.THROTTLE, {"pending": 1, "oldest": 1_700_000_000_000}),
        (Outcome.SETUP, {"pending": 1, "oldest": 1_700_000_000_000}),
        (Outcome.AMBIGUOUS, {"pending": 1, "oldest": 1_700_000_000_000, "ambiguous": 1}),
    ],
)
async def test_settling(box, outcome, after):
    await put(box, parcel())
    await settle(box, await fly(box), outcome, "why")
    assert await counts(box) == Counts(accepted=1, attempts=1, **after)
    again = await box.claim("shop", "matomo", 1)
    burnt = outcome in {Outcome.TRANSIENT, Outcome.AMBIGUOUS}
    assert [one.attempts for one in again] == ([int(burnt)] if "pending" in after else [])


async def test_what_ended_without_being_sent_is_no_attempt(box):
    await put(box, parcel())
    (flown,) = await fly(box)
    await box.settle([(flown, Verdict(Outcome.INVALID, "rules_changed", sent=False))])
    assert await counts(box) == Counts(accepted=1, dead=1)
    assert [one.attempts for one in await letters(box.desk.reading, ("shop", "matomo"), None, 9)] == [0]


async def test_settling_twice_counts_once(box):
    await put(box, parcel())
    flying = await fly(box)
    await settle(box, flying)
    await settle(box, flying)
    await box.settle([])
    assert await counts(box) == Counts(accepted=1, delivered=1, attempts=1)


async def test_marks_share_a_commit(box, lab):
    await put(box, *(parcel() for _ in range(10)))
    flying = await fly(box)
    before = box.commits
    first = await held(lab, box)
    settling = [started(box.settle(marks([one], Outcome.DELIVERED))) for one in flying]
    await asyncio.sleep(0)
    lab.gate.set()
    await soon(first, *settling)
    assert box.commits - before == 2


async def test_a_cancelled_settle_still_counts(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    first = await held(lab, box)
    settling = started(settle(box, flying))
    await asyncio.sleep(0)
    settling.cancel()
    await soon(settling)
    lab.gate.set()
    await soon(first, put(box))
    assert (await counts(box)).delivered == 1
    assert await box.claim("shop", "matomo", 1) == []


async def test_withdrawing_what_is_pending(box):
    await put(box, parcel())
    assert await withdraw(box) == 1
    await gone(box)


async def test_withdrawing_only_what_matches(box):
    keep = [
        parcel(b"other person", known_by=(b"bob",)),
        parcel(b"other purpose", rests=("ads",)),
        parcel(b"no purpose", rests=()),
        parcel(b"unknown", known_by=()),
    ]
    await put(box, parcel(b"1", known_by=(b"cookie", b"alice", b"alice"), rests=("ads", "analytics")), *keep)
    assert await box.withdraw([b"cookie", b"alice"], ["analytics", "other"], 5) == 1
    assert bodies(await box.claim("shop", "matomo", 10)) == [one.body for one in keep]
    assert await box.withdraw([], ANALYTICS, 0) == 0
    assert await box.withdraw(ALICE, [], 0) == 0


async def test_withdrawing_what_is_dead(box):
    await put(box, parcel())
    await settle(box, await fly(box), Outcome.INVALID, "http_400")
    assert await withdraw(box) == 1
    await gone(box, attempts=1)
    assert await letters(box.desk.reading, ("shop", "matomo"), None, 10) == []


async def test_withdrawing_what_is_claimed(box):
    await put(box, parcel())
    claimed = await box.claim("shop", "matomo", 1)
    assert await withdraw(box) == 1
    assert box.leaving(claimed) == []
    await gone(box)


async def test_withdrawing_what_is_claimed_and_given_back(box):
    await put(box, parcel())
    claimed = await box.claim("shop", "matomo", 1)
    assert await withdraw(box) == 1
    box.release(claimed)
    await gone(box)


async def test_nothing_leaves_from_the_call_on(box, lab):
    await put(box, parcel(b"claimed"))
    claimed = await box.claim("shop", "matomo", 1)
    first = await held(lab, box, parcel(b"waits", known_by=(b"bob",)))
    withdrawing = started(withdraw(box))
    await asyncio.sleep(0)
    assert box.leaving(claimed) == []
    assert await box.claim("shop", "matomo", 1) == []
    lab.gate.set()
    assert await soon(first, withdrawing) == [[True], 1]
    assert (await counts(box)).pending == 1


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_withdrawing_what_is_in_flight(box, outcome):
    await put(box, parcel())
    flying = await fly(box)
    withdrawing = started(withdraw(box))
    await asyncio.sleep(0)
    assert not withdrawing.done()
    await settle(box, flying, outcome, "why")
    discarded = outcome not in {Outcome.DELIVERED, Outcome.UNNAMED}
    assert await soon(withdrawing) == [int(discarded)]
    after = await counts(box)
    assert (after.pending, after.dead) == (0, 0)
    assert after.dropped.get("consent_withdrawn", 0) == discarded
    assert await box.claim("shop", "matomo", 1) == []


@pytest.mark.parametrize("back", ["release", "leaving"])
async def test_withdrawing_what_is_in_flight_and_comes_back_unsent(box, back):
    await put(box, parcel())
    flying = await fly(box)
    withdrawing = started(withdraw(box))
    await asyncio.sleep(0)
    if back == "release":
        box.release(flying)
    else:
        assert box.leaving(flying) == []
    assert await soon(withdrawing) == [1]
    await gone(box)


async def test_patience_ends(box):
    await put(box, parcel())
    flying = await fly(box)
    with pytest.raises(InFlight):
        await withdraw(box, 0)
    again = started(withdraw(box))
    await asyncio.sleep(0)
    await settle(box, flying, Outcome.TRANSIENT)
    assert await soon(again) == [1]
    await gone(box, attempts=1)


async def test_what_was_in_flight_does_not_leave_after_a_crash(box, tmp_path):
    await put(box, parcel())
    await fly(box)
    with pytest.raises(InFlight):
        await withdraw(box, 0)
    (tmp_path / "copy").mkdir()
    for end in ("", "-wal"):
        (tmp_path / "copy" / f"queue.db{end}").write_bytes((tmp_path / f"queue.db{end}").read_bytes())
    again = outbox(tmp_path / "copy" / "queue.db")
    await again.open()
    await gone(again)
    await again.close()


async def test_a_mark_on_its_way_is_not_waited_for(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    first = await held(lab, box)
    settling = started(settle(box, flying, Outcome.TRANSIENT))
    await asyncio.sleep(0)
    withdrawing = started(withdraw(box, 0))
    await asyncio.sleep(0)
    lab.gate.set()
    assert await soon(first, settling, withdrawing) == [[True], None, 1]
    await gone(box, attempts=1)


async def test_discarding_what_is_gone_counts_nothing(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    with pytest.raises(InFlight):
        await withdraw(box, 0)
    box.release(flying)
    assert await withdraw(box, 0) == 0
    await gone(box)


async def test_a_withdrawal_overtakes_the_release_of_what_was_in_flight(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    with pytest.raises(InFlight):
        await withdraw(box, 0)
    first = await held(lab, box)
    second = started(withdraw(box, 0))
    await asyncio.sleep(0)
    box.release(flying)
    lab.gate.set()
    await soon(first, second)
    await gone(box)


async def test_a_put_with_an_older_ticket_loses_what_was_withdrawn(box):
    ticket = box.ticket()
    await withdraw(box)
    kept = parcel(b"kept", known_by=(b"bob",))
    assert await box.put([arrival(parcel(), kept)], ticket) == [True]
    assert bodies(await box.claim("shop", "matomo", 10)) == [b"kept"]
    after = await counts(box)
    assert (after.accepted, after.dropped, after.pending) == (2, {"consent_withdrawn": 1}, 1)


async def test_a_put_with_a_newer_ticket_is_stored(box):
    await withdraw(box)
    await put(box, parcel())
    claimed = await box.claim("shop", "matomo", 1)
    assert bodies(box.leaving(claimed)) == [b"body"]


async def test_a_put_on_its_way_is_withdrawn_too(box, lab):
    first = await held(lab, box, parcel(known_by=(b"bob",)))
    putting = started(put(box, parcel()))
    await asyncio.sleep(0)
    withdrawing = started(withdraw(box))
    await asyncio.sleep(0)
    consented = started(put(box, parcel(b"again")))
    await asyncio.sleep(0)
    lab.gate.set()
    assert await soon(first, putting, withdrawing, consented) == [[True], [True], 1, [True]]
    claimed = await box.claim("shop", "matomo", 10)
    assert bodies(box.leaving(claimed)) == [b"body", b"again"]
    assert (await counts(box)).dropped == {"consent_withdrawn": 1}


async def test_a_claim_that_read_before_the_deletion_does_not_bring_it_back(box):
    await put(box, parcel(b"1"), parcel(b"2", known_by=(b"bob",)))
    real = box._reading.pending

    async def pending(*arguments):
        found = await real(*arguments)
        box._reading.pending = real
        await withdraw(box)
        return found

    box._reading.pending = pending
    assert bodies(await box.claim("shop", "matomo", 1)) == [b"2"]


async def test_a_claim_reads_again_when_a_withdrawal_was_forgotten_meanwhile(box, clock):
    await put(box, parcel())
    real = box._reading.pending

    async def pending(*arguments):
        found = await real(*arguments)
        box._reading.pending = real
        await withdraw(box)
        clock.ms += 121_000
        await withdraw(box, known_by=[b"bob"])
        return found

    box._reading.pending = pending
    assert await box.claim("shop", "matomo", 1) == []


async def test_a_ticket_that_is_too_old_is_refused(box, clock):
    ticket = box.ticket()
    await withdraw(box)
    clock.ms += 121_000
    await withdraw(box, known_by=[b"bob"])
    with pytest.raises(Full, match="too old"):
        await box.put([], ticket)
    assert await put(box, parcel()) == [True]


async def test_a_withdrawal_that_cannot_be_written_still_holds(box, lab):
    await put(box, parcel(), parcel(b"2", known_by=(b"bob",)))
    lab.faults["BEGIN"] = [full(), full()]
    with pytest.raises(DiskLow):
        await withdraw(box)
    assert bodies(await box.claim("shop", "matomo", 1)) == [b"2"]
    assert await withdraw(box) == 1


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr("gateway.outbox.debts.PAUSE", 0)


async def dropped(box, number):
    async def all_gone():
        while (await box.counts())["shop", "matomo"].dropped.get("consent_withdrawn", 0) < number:
            pass

    await asyncio.wait_for(all_gone(), 10)


@pytest.mark.usefixtures("at_once")
async def test_withdrawals_that_cannot_be_written_are_when_there_is_room(box, lab):
    for name in (b"alice", b"bob", b"carol"):
        await put(box, parcel(name, known_by=(name,)))
    lab.hold()
    lab.faults["BEGIN"] = [full()] * 8
    asked = [started(withdraw(box, known_by=[name])) for name in (b"alice", b"bob")]
    await asyncio.sleep(0)
    # One went away; nobody told them.
    asked[1].cancel()
    lab.gate.set()
    assert [type(found) for found in await soon(*asked)] == [DiskLow, asyncio.CancelledError]
    await dropped(box, 2)
    assert not lab.faults["BEGIN"]
    assert bodies(await box.claim("shop", "matomo", 9)) == [b"carol"]


@pytest.mark.usefixtures("at_once")
async def test_a_withdrawal_that_is_written_later_does_not_touch_what_came_since(box, lab):
    await put(box, parcel(b"before"))
    lab.faults["BEGIN"] = [full(), full()]
    with pytest.raises(DiskLow):
        await withdraw(box)
    await put(box, parcel(b"since"))
    since = await fly(box)
    assert bodies(since) == [b"since"]
    await dropped(box, 1)
    await settle(box, since)
    assert (await counts(box)).delivered == 1


@pytest.mark.usefixtures("at_once")
async def test_what_comes_back_unsent_on_a_full_disk_goes_when_there_is_room(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    with pytest.raises(InFlight):
        await withdraw(box, 0)
    lab.faults["BEGIN"] = [full()] * 4
    box.release(flying)
    await dropped(box, 1)
    await gone(box)


class Always(list):
    def pop(self, _):
        return self[0]


async def put_off():
    """So long that what the loop has put off for no time is done."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, passed.set)
    await passed.wait()


@pytest.mark.usefixtures("at_once")
async def test_what_is_owed_ends_with_the_outbox(box, lab):
    await put(box, parcel())
    lab.faults["BEGIN"] = Always([full()])
    with pytest.raises(DiskLow):
        await withdraw(box)
    await box.close()
    tries = len(lab.statements)
    await put_off()
    assert len(lab.statements) == tries


async def test_a_cancelled_withdrawal_holds(box, lab):
    await put(box, parcel())
    first = await held(lab, box)
    withdrawing = started(withdraw(box))
    await asyncio.sleep(0)
    withdrawing.cancel()
    await soon(withdrawing)
    lab.gate.set()
    await soon(first, put(box))
    await gone(box)


async def test_two_marks_at_once_count_one_delivery(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    first = await held(lab, box)
    both = [started(settle(box, flying)) for _ in range(2)]
    await asyncio.sleep(0)
    lab.gate.set()
    assert await soon(first, *both) == [[True], None, None]
    assert (await counts(box)).delivered == 1


async def test_a_mark_that_failed_and_a_withdrawal_count_once(box, lab):
    await put(box, parcel())
    flying = await fly(box)
    lab.faults["BEGIN"] = [full(), full()]
    with pytest.raises(DiskLow):
        await settle(box, flying)
    assert await withdraw(box) == 1
    await settle(box, flying)
    await gone(box, attempts=1)


async def test_of_marks_that_failed_those_still_there_count(box, lab):
    await put(box, parcel(b"1"), parcel(b"2", known_by=(b"bob",)))
    flying = await fly(box)
    lab.faults["BEGIN"] = [full(), full()]
    with pytest.raises(DiskLow):
        await settle(box, flying)
    assert await withdraw(box) == 1
    await settle(box, flying)
    found = await counts(box)
    assert (found.delivered, found.dropped, found.pending) == (1, {"consent_withdrawn": 1}, 0)
