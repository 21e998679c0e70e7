"""The operator's desk: dead letters seen, sent again, dropped; what waits dropped. All of it still adds up."""

import pytest

from gateway.model import Delivery, Form, Outcome
from gateway.outbox import desk
from gateway.outbox.codec import encode
from gateway.outbox.desk import BY_OPERATOR, TAG_REMOVED, Done, letters, reasons
from outbox.shared import NOBODY_READS, bodies, counts, fly, marks, outbox, parcel, put, settle, started

SHOP = ("shop", "matomo")


def delivery(form=Form.PSEUDONYM, number=0):
    return encode(Delivery(id=f"{number:032x}", event="page_view", at=5, form=form, user="alice"))


async def die(box, *parcels, reason="http_400", tag="matomo"):
    await put(box, *parcels)
    await settle(box, await fly(box, tag), Outcome.INVALID, reason)


async def test_dead_letters_are_listed_newest_first_and_without_a_value(box, clock):
    await die(box, parcel(delivery(), at=7))
    clock.ms += 1000
    await die(box, parcel(delivery(Form.RAW), "crm"), reason="http_422", tag="crm")
    clock.ms += 1000
    await die(box, parcel(b"\xc1 no delivery", container="blog", tag="crm"))
    await settle(box, box.leaving(await box.claim("blog", "crm", 9)), Outcome.INVALID, "render_error")
    found = await letters(box.desk.reading, None, None, 10)
    assert [(one.container, one.tag, one.reason, one.form, one.attempts, one.at) for one in found] == [
        ("blog", "crm", "render_error", "unreadable", 1, 5),
        ("shop", "crm", "http_422", "attach", 1, 5),
        ("shop", "matomo", "http_400", "hash", 1, 7),
    ]
    assert [one.died_at - one.accepted_at for one in found] == [0, 0, 0]
    assert "alice" not in repr(found)
    assert len(await letters(box.desk.reading, None, None, 2)) == 2
    assert [one.seq for one in await letters(box.desk.reading, SHOP, None, 10)] == [1]
    assert [one.seq for one in await letters(box.desk.reading, None, "http_422", 10)] == [2]
    assert sorted(await reasons(box.desk.reading)) == [
        ("blog", "crm", "render_error", 1),
        ("shop", "crm", "http_422", 1),
        ("shop", "matomo", "http_400", 1),
    ]


async def test_retried_ones_are_pending_in_their_old_places(box):
    await die(box, parcel(delivery(number=1)), parcel(delivery(number=2)))
    await put(box, parcel(delivery(number=3)))
    bell = started(box.arrived("shop", "matomo"))
    assert await box.desk.retry(SHOP, None) == Done(changed=2)
    await bell
    again = await fly(box)
    assert bodies(again) == [delivery(number=number) for number in (1, 2, 3)]
    assert [one.attempts for one in again] == [1, 1, 0]
    found = await counts(box)
    assert (found.dead, found.pending, found.retried, found.accepted) == (0, 3, 2, 3)
    await settle(box, again)
    assert (await counts(box)).delivered == 3
    assert await box.desk.retry(SHOP, None) == Done()


async def test_only_those_of_a_reason_are_retried(box):
    await die(box, parcel(delivery(number=1)), reason="http_400")
    await die(box, parcel(delivery(number=2)), reason="too_old")
    assert await box.desk.retry(SHOP, "nothing") == Done()
    assert await box.desk.retry(SHOP, "too_old") == Done(changed=1)
    assert bodies(await fly(box)) == [delivery(number=2)]
    assert (await counts(box)).dead == 1


async def test_what_nobody_can_read_any_more_stays_dead(box):
    await die(box, parcel(b"\xc1"), parcel(delivery()))
    assert await box.desk.retry(SHOP, None) == Done(changed=1, left=1)
    assert (await counts(box)).dead == 1


async def test_a_withdrawal_finds_what_was_retried_and_comes_before_it(box):
    await die(box, parcel(delivery(number=1)), parcel(delivery(number=2), known_by=(b"bob",)))
    assert await box.withdraw([b"bob"], ["analytics"], 1) == 1
    assert await box.desk.retry(SHOP, None) == Done(changed=1)
    assert await box.withdraw([b"alice"], ["analytics"], 1) == 1
    assert await fly(box) == []
    found = await counts(box)
    assert (found.dropped, found.pending, found.dead) == ({"consent_withdrawn": 2}, 0, 0)


async def test_a_withdrawal_stops_what_was_retried_and_claimed(box):
    await die(box, parcel(delivery()))
    await box.desk.retry(SHOP, None)
    claimed = await box.claim(*SHOP, 9)
    assert await box.withdraw([b"alice"], ["analytics"], 1) == 1
    assert box.leaving(claimed) == []


async def test_dropped_dead_letters_are_counted_and_forgotten(box):
    await die(box, parcel(delivery()), reason="http_400")
    await die(box, parcel(delivery(number=1)), reason="too_old")
    await die(box, parcel(delivery(), "crm"), tag="crm")
    assert await box.desk.drop_dead(SHOP, "http_400", BY_OPERATOR) == Done(changed=1)
    assert await box.desk.drop_dead(SHOP, None, TAG_REMOVED) == Done(changed=1)
    found = await counts(box)
    assert (found.dropped, found.dead) == ({"dropped_by_operator": 1, "tag_removed": 1}, 0)
    assert (await counts(box, "crm")).dead == 1
    assert await box.desk.reading.find("SELECT seq FROM known", ()) == [(3,)]


async def test_what_waits_is_dropped_but_not_what_its_sender_holds(box):
    await put(box, *(parcel(delivery(number=number)) for number in range(5)))
    await die(box, parcel(delivery(), "crm"), tag="crm")
    held = await box.claim(*SHOP, 2)
    assert await box.desk.waiting() == {SHOP}
    assert await box.desk.drop_pending(SHOP, TAG_REMOVED) == Done(changed=3, left=2)
    await box.settle(marks(box.leaving(held), Outcome.DELIVERED))
    found = await counts(box)
    assert (found.delivered, found.dropped, found.pending) == (2, {"tag_removed": 3}, 0)
    assert (await counts(box, "crm")).dead == 1
    assert await box.desk.waiting() == set()
    assert await box.desk.drop_pending(SHOP, TAG_REMOVED) == Done()


async def test_nothing_is_claimed_while_what_waits_is_dropped(box, lab):
    await put(box, *(parcel(delivery(number=number)) for number in range(3)))
    lab.hold()
    dropping = started(box.desk.drop_pending(SHOP, BY_OPERATOR))
    claiming = started(box.claim(*SHOP, 9))
    while not lab.waiting.is_set():
        await box.counts()
    assert not claiming.done()
    lab.gate.set()
    assert await dropping == Done(changed=3)
    assert await claiming == []


async def test_large_queues_are_done_in_steps_and_end(box, monkeypatch):
    monkeypatch.setattr(desk, "_STEP", 2)
    await die(box, *(parcel(delivery(number=number)) for number in range(5)))
    before = box.commits
    assert await box.desk.retry(SHOP, None) == Done(changed=5)
    assert box.commits - before >= 3
    assert await box.desk.drop_pending(SHOP, BY_OPERATOR) == Done(changed=5)
    await counts(box)


@pytest.mark.parametrize("damage", NOBODY_READS)
async def test_a_row_that_cannot_be_read_can_be_dropped(box, damage):
    """`who` and `body` are ours; a file that was changed by hand must not end the gateway."""
    await die(box, parcel(delivery()))
    change = ("UPDATE parcels SET who = ?, body = ?", (damage, damage))
    await box._writer.write(lambda batch: batch.connection.execute(*change), weight=0)
    assert [one.form for one in await letters(box.desk.reading, SHOP, None, 9)] == ["unreadable"]
    assert await box.desk.retry(SHOP, None) == Done(left=1)
    assert await box.desk.drop_dead(SHOP, None, BY_OPERATOR) == Done(changed=1)
    assert (await counts(box)).dead == 0


async def test_what_waits_too_long_for_a_tag_that_is_gone_is_dead_and_can_be_sent_again(box, clock, monkeypatch):
    monkeypatch.setattr(desk, "_STEP", 2)
    assert await box.desk.bury(SHOP, clock.ms, clock.ms) == Done()
    await put(box, *[parcel(delivery(number=number)) for number in range(5)])
    clock.ms += 1000
    await put(box, parcel(delivery(number=5)))
    (held,) = await box.claim("shop", "matomo", 1)
    commits = box.commits
    assert await box.desk.bury(SHOP, clock.ms - 1000, clock.ms) == Done()
    assert box.commits == commits, "nothing is written each time somebody looks"
    assert await box.desk.bury(SHOP, clock.ms, clock.ms) == Done(changed=4, left=2)
    assert [(one.reason, one.attempts) for one in await letters(box.desk.reading, SHOP, None, 9)] == [
        (TAG_REMOVED, 0)
    ] * 4
    assert await box.withdraw([b"alice"], ["ads"], 0) == 0
    assert await box.desk.retry(SHOP, TAG_REMOVED) == Done(changed=4)
    box.release([held])
    assert await box.desk.bury(SHOP, clock.ms, clock.ms) == Done(changed=5, left=1)
    assert await box.withdraw([b"alice"], ["analytics"], 0) == 6
    assert (await counts(box)).dropped == {"consent_withdrawn": 6}


async def test_what_a_retried_one_was_known_by_goes_after_it(box, clock):
    await die(box, parcel(delivery()), parcel(delivery(number=1), known_by=(b"bob",)))
    await box.desk.retry(SHOP, None)
    one, other = await fly(box)
    await settle(box, [one])
    assert await box.purge(clock.ms) == 1
    assert await box.desk.reading.find("SELECT key FROM known", ()) == [(b"bob",)]
    await settle(box, [other])
    assert await box.purge(clock.ms) == 1
    assert await box.desk.reading.find("SELECT key FROM known", ()) == []


async def test_what_was_counted_wrong_is_found(box):
    await die(box, parcel(delivery()), parcel(delivery(number=1)))
    await put(box, parcel(), parcel(tag="crm"), parcel(tag="ads"))
    assert await desk.miscounted(box.desk.reading) == []
    for statement in (
        "UPDATE counts SET n = n + 1 WHERE tag = 'crm' AND name = 'pending'",
        "DELETE FROM counts WHERE tag = 'ads' AND name = 'pending'",
        "DELETE FROM parcels WHERE seq = 1",
    ):
        await box._writer.write(lambda batch, said=statement: batch.connection.execute(said), weight=0)
    assert await desk.miscounted(box.desk.reading) == [("shop", "ads"), ("shop", "crm"), SHOP]


async def test_what_the_doctor_asks(box, clock):
    assert await desk.newest(box.desk.reading) is None
    await put(box, parcel())
    clock.ms += 5
    await put(box, id="an id")
    assert await desk.newest(box.desk.reading) == clock.ms
    clock.ms += 5
    await put(box, parcel())
    assert await desk.newest(box.desk.reading) == clock.ms
    assert await desk.journal(box.desk.reading) == "wal"
    assert await box.desk.synchronous() == 2


async def test_it_all_survives_a_restart(tmp_path, clock):
    box = outbox(tmp_path / "queue.db", now=clock)
    await box.open()
    await die(box, parcel(delivery()), parcel(delivery(number=1)))
    await box.desk.retry(SHOP, None)
    await box.close()
    box = outbox(tmp_path / "queue.db", now=clock)
    await box.open()
    assert len(await fly(box)) == 2
    assert (await counts(box)).retried == 2
    await box.close()
