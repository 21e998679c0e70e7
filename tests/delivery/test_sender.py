"""One tag's sender against a real outbox and real receivers: every failure class, nothing lost, order kept."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from receivers import (
    Answer,
    MatomoReceiver,
    Received,
    Receiver,
    WebhookReceiver,
    drip,
    hang,
    once,
    redirect,
    reset,
    status,
)
from structlog.testing import capture_logs

from gateway.delivery.failures import Phase
from gateway.delivery.sender import OUTBOX_AGAIN
from gateway.delivery.senders import Route
from gateway.destinations.protocol import THREE_DAYS as OLDEST
from gateway.model import Fault, Outcome, Reply, Verdict
from gateway.outbox.desk import letters
from gateway.outbox.protocol import DiskLow, Queued, Unusable

from .world import World, matomo, route, webhook


@pytest.fixture
async def stats(world: World) -> AsyncIterator[MatomoReceiver]:
    async with MatomoReceiver(now=world.clock, token="t0ken") as made:
        yield made


def titles(crm: WebhookReceiver) -> list[int]:
    return [int(event["page"]["title"]) for event in crm.events]


def tracked(stats: MatomoReceiver) -> list[int]:
    return [int(told["action_name"]) for told in stats.recorded]


def refusing(wrong: Callable[[list[int]], bool], code: int) -> Answer:
    """This status for a bulk whose numbers say so, else as Matomo would."""

    async def answer(receiver: Receiver, received: Received) -> object:
        if wrong([int(told["action_name"]) for told in received.entries]):
            return await status(code)(receiver, received)
        return await receiver.usual(receiver, received)

    return answer  # type: ignore[return-value]


async def test_all_is_well(world: World, crm: WebhookReceiver) -> None:
    await world.senders.reconcile([webhook(crm.url)])
    await world.put(5)
    counts = await world.emptied()
    assert titles(crm) == [0, 1, 2, 3, 4]
    assert (counts.delivered, counts.dead, counts.ambiguous) == (5, 0, 0)
    assert world.state().phase is Phase.RUNNING
    await world.put(1, first=5)
    await world.emptied()
    assert titles(crm) == [0, 1, 2, 3, 4, 5]
    assert world.waits.seconds == []


async def test_a_bulk_at_a_time(world: World, stats: MatomoReceiver) -> None:
    await world.put(450, ip="203.0.113.0")
    await world.senders.reconcile([matomo(stats.url, token="t0ken")])
    await world.emptied()
    assert tracked(stats) == list(range(450))
    assert [len(got.entries) for got in stats.requests] == [200, 200, 50]
    assert {got.path for got in stats.requests} == {"/matomo.php"}


async def test_the_visitors_address_needs_the_token(world: World, stats: MatomoReceiver) -> None:
    await world.put(2, ip="203.0.113.0")
    await world.senders.reconcile([matomo(stats.url)])
    await world.emptied()
    assert tracked(stats) == [0, 1]


async def test_down_then_up(world: World, crm: WebhookReceiver) -> None:
    await crm.down()
    world.waits.hold_after(8)
    await world.put(10)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    assert world.waits.seconds == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    state = world.state()
    assert (state.phase, state.outcome, state.reason) == (Phase.WAITING, Outcome.TRANSIENT, "no_connection")
    assert state.failures == 9
    assert state.retry_at == world.clock.now + 256
    await crm.up()
    await world.waits.go()
    counts = await world.emptied()
    assert titles(crm) == list(range(10))
    assert (counts.delivered, counts.ambiguous) == (10, 0)
    assert world.state().phase is Phase.RUNNING


async def test_a_bulk_whose_receiver_was_down_stays_whole(world: World, stats: MatomoReceiver) -> None:
    await stats.down()
    world.waits.hold_after(2)
    await world.put(200)
    await world.senders.reconcile([matomo(stats.url)])
    await world.waits.held()
    await stats.up()
    await world.waits.go()
    await world.emptied()
    assert [len(got.entries) for got in stats.requests] == [1, 199]


@pytest.mark.parametrize("code", [408, 425, 500, 502, 503, 504])
async def test_transient(world: World, crm: WebhookReceiver, code: int) -> None:
    crm.answers_next(status(code), status(code))
    await world.put(3, lane=b"a")
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert titles(crm) == [0, 1, 2]
    assert world.waits.seconds == [1, 2]


async def test_success_resets_the_back_off(world: World, crm: WebhookReceiver) -> None:
    crm.answers_next(status(500), status(500), crm.usual, status(500))
    await world.put(2, lane=b"a")
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert world.waits.seconds == [1, 2, 1]


@pytest.mark.parametrize(
    ("code", "told", "seconds"), [(429, "17", 17), (503, "17", 17), (429, "86400", 3600), (429, "?", 1)]
)
async def test_throttled(world: World, crm: WebhookReceiver, code: int, told: str, seconds: float) -> None:
    crm.answers_next(status(code, headers={"retry-after": told}))
    await world.put(3)
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert world.waits.seconds == [seconds]
    assert titles(crm) == [0, 1, 2]


async def test_throttled_until_a_date(world: World, crm: WebhookReceiver) -> None:
    headers = {"retry-after": "Thu, 28 May 2026 20:27:40 GMT", "date": "Thu, 28 May 2026 20:26:40 GMT"}
    crm.answers_next(status(503, headers=headers))
    await world.put(1)
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert world.waits.seconds == [60]


@pytest.mark.parametrize("code", [401, 403, 404])
async def test_setup(world: World, stats: MatomoReceiver, code: int) -> None:
    stats.answers(status(code))
    world.waits.hold_after(3)
    await world.put(10)
    await world.senders.reconcile([matomo(stats.url)])
    await world.waits.held()
    assert world.waits.seconds == [60] * 4
    assert [len(got.entries) for got in stats.requests] == [10, 1, 1, 1]
    assert (world.state().phase, world.state().reason) == (Phase.PAUSED, f"http_{code}")
    assert (await world.counts()).pending == 10
    stats.answers(None)
    await world.waits.go()
    await world.emptied()
    assert tracked(stats) == list(range(10))


async def test_a_redirect_is_setup_and_not_followed(world: World, crm: WebhookReceiver) -> None:
    async with Receiver() as elsewhere:
        crm.answers_next(redirect(elsewhere.url, 308))
        await world.put(1)
        await world.senders.reconcile([webhook(crm.url)])
        await world.emptied()
        assert world.waits.seconds == [60]
        assert elsewhere.requests == []


async def test_a_forbidden_address_is_setup(world: World) -> None:
    world.waits.hold_after(0)
    await world.put(1)
    await world.senders.reconcile([webhook("http://10.0.0.1/")])
    await world.waits.held()
    assert (world.state().phase, world.state().reason) == (Phase.PAUSED, "forbidden_address")
    assert world.exchanges == [Fault.FORBIDDEN_ADDRESS]


async def test_a_page_where_matomo_should_be_is_setup(world: World, stats: MatomoReceiver) -> None:
    stats.answers_next(status(200, "<html>"))
    await world.put(3)
    await world.senders.reconcile([matomo(stats.url)])
    await world.emptied()
    assert world.waits.seconds == [60]
    assert tracked(stats) == [0, 1, 2]


@pytest.mark.parametrize("answer", [reset(), hang(), drip()])
async def test_ambiguous_is_sent_again_and_counted(
    tmp_path: Path, crm: WebhookReceiver, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.destinations.webhook.Webhook.timeout", 0.5)
    async with World(tmp_path) as world:
        crm.answers_next(answer)
        await world.put(2)
        await world.senders.reconcile([webhook(crm.url)])
        await crm.arrived(1)
        monkeypatch.undo()
        counts = await world.emptied()
    assert titles(crm) == [0, 1]
    assert (counts.delivered, counts.ambiguous) == (2, 1)
    assert world.waits.seconds == [1]
    assert [got.headers["webhook-id"][-1] for got in crm.requests] == ["0", "0", "1"]


@pytest.mark.parametrize("culprits", [{0}, {9}, {4, 5}, {0, 3, 9}])
async def test_a_refused_bulk_is_bisected(world: World, stats: MatomoReceiver, culprits: set[int]) -> None:
    stats.answers(refusing(lambda numbers: bool(culprits & set(numbers)), 413))
    await world.put(10)
    await world.senders.reconcile([matomo(stats.url)])
    counts = await world.emptied()
    assert tracked(stats) == [number for number in range(10) if number not in culprits]
    assert await world.dead() == {"http_413": len(culprits)}
    assert counts.delivered == 10 - len(culprits)
    assert world.waits.seconds == []


async def test_bisecting_takes_few_requests(world: World, stats: MatomoReceiver) -> None:
    stats.answers(refusing(lambda numbers: 137 in numbers, 413))
    await world.put(200)
    await world.senders.reconcile([matomo(stats.url)])
    await world.emptied()
    assert len(tracked(stats)) == 199
    assert len(stats.requests) <= 17


async def test_a_hit_that_is_refused_is_a_dead_letter(world: World, crm: WebhookReceiver) -> None:
    crm.answers_next(crm.usual, status(422))
    await world.put(3)
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert titles(crm) == [0, 2]
    assert await world.dead() == {"http_422": 1}


async def test_more_than_a_fifth_refused_pauses_the_tag(world: World, crm: WebhookReceiver) -> None:
    crm.answers(status(400))
    world.waits.hold_after(1)
    await world.put(100)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    assert (world.state().phase, world.state().reason) == (Phase.PAUSED, "too_many_invalid")
    assert await world.dead() == {"http_400": 40}
    assert (await world.counts()).pending == 60
    crm.answers(None)
    await world.waits.go()
    await world.emptied()
    assert sorted(titles(crm)) == list(range(40, 100))


async def test_matomo_says_who_is_wrong_to_a_super_user(world: World) -> None:
    async with MatomoReceiver(token="t0ken", super_user=True, goals=[1]) as stats:
        await world.put(3)
        await world.put(1, first=3, event="goal", details={"goal": 9})
        await world.put(1, first=4)
        await world.senders.reconcile([matomo(stats.url, token="t0ken")])
        counts = await world.emptied()
        assert tracked(stats) == [0, 1, 2, 4]
        assert await world.dead() == {"matomo_invalid": 1}
        assert counts.delivered == 4
        assert len(stats.requests) == 1


async def test_matomo_does_not_say_who_is_wrong(world: World) -> None:
    async with MatomoReceiver(goals=[1]) as stats:
        await world.put(1, event="goal", details={"goal": 9})
        await world.put(2, first=1)
        await world.senders.reconcile([matomo(stats.url)])
        await world.emptied()
        assert tracked(stats) == [1, 2]
        assert len(stats.requests) == 1
        outcomes = sorted(verdict.outcome.value for _, verdict in world.outbox.verdicts)
        assert outcomes == ["delivered", "delivered", "unnamed"]


async def test_what_matomo_did_not_count_is_asked_for_alone(world: World, stats: MatomoReceiver) -> None:
    stats.answers_next(status(200, json.dumps({"status": "success", "tracked": 3, "invalid": 0})))
    await world.put(5)
    await world.senders.reconcile([matomo(stats.url)])
    counts = await world.emptied()
    assert [len(got.entries) for got in stats.requests] == [5, 1, 1, 1, 1, 1]
    assert tracked(stats) == [0, 1, 2, 3, 4]
    assert (counts.delivered, counts.ambiguous) == (5, 5)


async def test_a_matomo_500_rolls_the_bulk_back(world: World, stats: MatomoReceiver) -> None:
    stats.answers_next(status(500, json.dumps({"status": "error", "tracked": 4, "invalid": 0})))
    await world.put(5)
    await world.senders.reconcile([matomo(stats.url)])
    counts = await world.emptied()
    assert tracked(stats) == [0, 1, 2, 3, 4]
    assert counts.ambiguous == 0


@pytest.mark.parametrize("code", [500, 403])
async def test_one_that_its_receiver_cannot_digest_holds_up_nobody(
    world: World, stats: MatomoReceiver, code: int
) -> None:
    stats.answers(refusing(lambda numbers: 3 in numbers, code))
    await world.put(20)
    await world.senders.reconcile([matomo(stats.url)])
    await world.until(lambda counts: counts.delivered == 19)
    world.clock.now += OLDEST
    assert sorted(tracked(stats)) == [number for number in range(20) if number != 3]
    await world.emptied()
    assert await world.dead() == {"too_old": 1}
    assert world.clock.now - 1_780_000_000 > OLDEST
    assert world.state().phase is Phase.RUNNING


@pytest.mark.parametrize(("code", "seconds"), [(500, [1, 2]), (403, [60, 60])])
async def test_nobody_waits_long_for_one_that_its_receiver_cannot_digest(
    world: World, crm: WebhookReceiver, code: int, seconds: list[float]
) -> None:
    async def answer(receiver: Receiver, received: Received) -> object:
        poison = received.json["page"]["title"] == "0"
        return await (status(code) if poison else receiver.usual)(receiver, received)  # type: ignore[operator]

    crm.answers(answer)  # type: ignore[arg-type]
    await world.put(20)
    world.waits.hold_after(2)
    await world.senders.reconcile([webhook(crm.url)])
    await world.until(lambda counts: counts.delivered == 19)
    assert world.waits.seconds[:2] == seconds
    assert [int(got.json["page"]["title"]) for got in crm.requests] == [0, 0, 1, 0, *range(2, 20)]


async def test_the_lane_of_one_that_is_not_digested_keeps_its_order(world: World, crm: WebhookReceiver) -> None:
    async def answer(receiver: Receiver, received: Received) -> object:
        poison = received.json["page"]["title"] == "0" and len(crm.requests) < 40
        return await (status(500) if poison else receiver.usual)(receiver, received)  # type: ignore[operator]

    crm.answers(answer)  # type: ignore[arg-type]
    for number in range(10):
        await world.put(1, first=number, lane=b"a" if number % 2 == 0 else b"b")
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert [number for number in titles(crm) if number % 2] == [1, 3, 5, 7, 9]
    assert [number for number in titles(crm) if number % 2 == 0] == [0, 2, 4, 6, 8]
    assert titles(crm)[:5] == [1, 3, 5, 7, 9]


async def test_too_much_for_one_lane_set_aside(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.delivery.aside.MOST_HELD", 3)

    async def answer(receiver: Receiver, received: Received) -> object:
        poison = received.json["page"]["title"] == "0" and len(crm.requests) < 60
        return await (status(500) if poison else receiver.usual)(receiver, received)  # type: ignore[operator]

    crm.answers(answer)  # type: ignore[arg-type]
    await world.put(1, lane=b"a")
    await world.put(1, first=1, lane=b"b")
    await world.put(8, first=2, lane=b"a")
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert [number for number in titles(crm) if number != 1] == [0, 2, 3, 4, 5, 6, 7, 8, 9]


async def test_a_lane_set_aside_is_tried_again_though_what_failed_after_it_is_gone(
    world: World, crm: WebhookReceiver
) -> None:
    async def answer(receiver: Receiver, received: Received) -> object:
        good = received.json["page"]["title"] == "1"
        return await (receiver.usual if good else status(500))(receiver, received)  # type: ignore[operator]

    crm.answers(answer)  # type: ignore[arg-type]
    await world.put(2)
    # Four requests until 0 is set aside; then the sender waits for its lane to be due.
    world.waits.hold_after(2)
    await world.senders.reconcile([webhook(crm.url)])
    await world.until(lambda counts: counts.delivered == 1)
    await world.waits.held()
    assert world.state().phase is Phase.RUNNING
    await world.put(1, first=2, known_by=b"k")
    await world.until(lambda _: world.state().phase is Phase.WAITING)
    assert await world.outbox.withdraw([b"k"], ["analytics"], 1.0) == 1
    crm.answers(None)
    world.clock.now += 3600
    await world.waits.go()
    await world.emptied()
    assert sorted(titles(crm)) == [0, 1]
    assert len(world.waits.seconds) < 20


async def test_given_up_by_age(world: World, crm: WebhookReceiver) -> None:
    crm.answers(status(500))
    await world.put(5)
    world.clock.now += OLDEST - 100
    await world.put(3, first=5)
    world.waits.hold_after(12)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    counts = await world.counts()
    assert await world.dead() == {"too_old": 5}
    assert counts.pending == 3
    crm.answers(None)
    await world.waits.go()
    await world.emptied()
    assert titles(crm) == [5, 6, 7]


@pytest.mark.parametrize(
    ("made", "hours"),
    [
        (lambda url: route("ga4", {"url": url, "measurement_id": "G-1"}, api_secret="s"), 71),
        (lambda url: route("segment", {"url": url}, write_key="k"), 72),
        (matomo, 72),
        (webhook, 72),
    ],
    ids=["ga4", "segment", "matomo", "webhook"],
)
async def test_each_tag_type_has_its_own_age(
    world: World, crm: WebhookReceiver, made: Callable[[str], Route], hours: int
) -> None:
    crm.answers(status(500))
    await world.put(1)
    world.clock.now += hours * 3600 - 2
    await world.put(1, first=1)
    world.waits.hold_after(3)
    await world.senders.reconcile([made(crm.url)])
    await world.waits.held()
    assert await world.dead() == {"too_old": 1}
    assert (await world.counts()).pending == 1


async def test_a_great_many_are_too_old(world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.delivery.marks.SWEPT", 4)
    crm.answers(status(404))
    await world.put(9)
    world.clock.now += OLDEST + 1
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert await world.dead() == {"too_old": 9}
    assert len(crm.requests) == 1
    found = await letters(world.outbox.desk.reading, ("shop", "t"), None, 9)
    assert sorted(one.attempts for one in found) == [0] * 8 + [1]
    assert (await world.counts()).attempts == 1


async def test_a_clock_that_jumps_ahead_loses_nothing(world: World, crm: WebhookReceiver) -> None:
    await world.put(5)
    world.clock.now += 10 * OLDEST
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    assert titles(crm) == [0, 1, 2, 3, 4]


async def test_what_cannot_be_rendered_blocks_nothing(world: World, stats: MatomoReceiver) -> None:
    await world.put(2)
    await world.put(1, first=2, visitor="")
    await world.put(2, first=3)
    await world.senders.reconcile([matomo(stats.url)])
    await world.emptied()
    assert tracked(stats) == [0, 1, 3, 4]
    assert await world.dead() == {"render_error": 1}
    assert (await world.counts()).attempts == 4
    await world.put(1, first=5, visitor="")
    await world.until(lambda counts: counts.dead == 2)
    assert len(stats.requests) == 1


async def test_a_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "sub" / "hits.jsonl"
    world.waits.hold_after(0)
    await world.put(3)
    await world.senders.reconcile([route("file", {"path": str(path)})])
    await world.waits.held()
    assert (world.state().phase, world.state().reason) == (Phase.PAUSED, "file_missing")
    path.parent.mkdir()
    await world.waits.go()
    await world.emptied()
    assert [json.loads(line)["page"]["title"] for line in path.read_text().splitlines()] == ["0", "1", "2"]


async def test_a_withdrawal_takes_what_is_claimed_and_not_sent(world: World, crm: WebhookReceiver) -> None:
    blocked = webhook(crm.url)
    answered = asyncio.Event()
    crm.answers_next(once(answered))
    await world.put(1)
    await world.put(1, first=1, known_by=b"cookie")
    await world.put(1, first=2)
    await world.senders.reconcile([blocked])
    await crm.arrived(1)
    assert await world.outbox.withdraw([b"cookie"], ["analytics"], 1.0) == 1
    answered.set()
    await world.emptied()
    assert titles(crm) == [0, 2]


async def test_nothing_is_sent_when_all_was_withdrawn_while_it_waited_for_its_turn(world: World) -> None:
    answered = asyncio.Event()
    async with MatomoReceiver() as stats:
        stats.answers(once(answered))
        await world.put(1, "a")
        await world.put(3, "b", known_by=b"cookie")
        await world.senders.reconcile([matomo(stats.url, "a")])
        await stats.arrived(1)
        await world.senders.reconcile([matomo(stats.url, "a"), matomo(stats.url, "b")])
        async with asyncio.timeout(10):
            # Tag b has claimed its hits, and waits for tag a of the same site.
            while not world.outbox._departures._claims.seqs(("shop", "b")):
                await world.outbox.counts()
        assert await world.outbox.withdraw([b"cookie"], ["analytics"], 1.0) == 3
        answered.set()
        await world.emptied("a")
        await world.put(1, "b")
        await world.emptied("b")
        assert [len(got.entries) for got in stats.requests] == [1, 1]


async def test_stopped_while_in_flight(tmp_path: Path, crm: WebhookReceiver) -> None:
    answered = asyncio.Event()
    async with World(tmp_path) as world:
        crm.answers(once(answered))
        await world.put(3)
        await world.senders.reconcile([webhook(crm.url)])
        await crm.arrived(1)
        stopping = asyncio.create_task(world.senders.stop())
        await asyncio.sleep(0)
        answered.set()
        await stopping
        counts = await world.counts()
        assert titles(crm) == [0]
        assert (counts.delivered, counts.pending, counts.ambiguous) == (1, 2, 0)
        assert len(await world.outbox.claim("shop", "t", 10)) == 2


async def test_cut_short_when_the_grace_time_is_over(tmp_path: Path, crm: WebhookReceiver) -> None:
    async with World(tmp_path, grace=0.05) as world:
        crm.answers(hang())
        await world.put(3)
        await world.senders.reconcile([webhook(crm.url)])
        await crm.arrived(1)
        await world.senders.stop()
        counts = await world.counts()
        assert (counts.delivered, counts.pending, counts.ambiguous) == (0, 3, 1)
        assert len(await world.outbox.claim("shop", "t", 10)) == 3


async def test_stopped_while_waiting(world: World, crm: WebhookReceiver) -> None:
    crm.answers(status(500))
    world.waits.hold_after(0)
    await world.put(2)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    await world.senders.stop()
    assert len(await world.outbox.claim("shop", "t", 10)) == 2


async def test_a_mark_that_fails_stops_the_sender(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(marks: object) -> None:
        raise Unusable("no")

    monkeypatch.setattr(world.outbox, "settle", fail)
    with capture_logs() as logs:
        await world.put(3)
        await world.senders.reconcile([webhook(crm.url)])
        await crm.arrived(1)
        async with asyncio.timeout(5):
            while world.state().phase is not Phase.STOPPED:
                await world.outbox.counts()
    assert world.state().reason == "outbox_failed"
    assert titles(crm) == [0]
    assert [entry["reason"] for entry in logs] == ["outbox_failed"]


def full_for(world: World, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The disk has no space for so many marks."""
    settle, left = world.outbox.settle, [times]

    async def full(marks: Sequence[tuple[Queued, Verdict]]) -> None:
        if marks and left[0]:
            left[0] -= 1
            raise DiskLow("the disk is full")
        await settle(marks)

    monkeypatch.setattr(world.outbox, "settle", full)


async def test_a_full_disk_holds_the_sender_until_it_can_mark_what_it_sent(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_for(world, monkeypatch, 3)
    with capture_logs() as logs:
        await world.put(2)
        await world.senders.reconcile([webhook(crm.url)])
        await crm.arrived(2)
        await world.until(lambda counts: counts.delivered == 2)
    assert titles(crm) == [0, 1]
    assert world.waits.seconds == [OUTBOX_AGAIN] * 3
    assert [(entry["phase"], entry["reason"]) for entry in logs][:2] == [("stopped", "outbox_failed"), ("running", "")]


async def test_a_sender_that_cannot_mark_can_be_stopped(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_for(world, monkeypatch, 10)
    world.waits.hold_after(0)
    await world.put(2)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    await world.senders.stop()
    assert titles(crm) == [0]


async def test_one_line_for_each_change_and_nothing_secret_in_it(world: World, crm: WebhookReceiver) -> None:
    with capture_logs() as logs:
        crm.answers_next(status(500), status(500), status(401), status(429, headers={"retry-after": "5"}))
        await world.put(2, user="alice@example.com")
        await world.senders.reconcile([webhook(crm.url, signing_key="s3cret")])
        await world.emptied()
        await world.senders.stop()
    assert [(entry["phase"], entry["outcome"], entry["reason"]) for entry in logs] == [
        ("waiting", "transient", "http_500"),
        ("paused", "setup", "http_401"),
        ("waiting", "throttle", "http_429"),
        ("running", "delivered", ""),
    ]
    for entry in logs:
        assert set(entry) == {"event", "log_level", "container", "tag", "phase", "outcome", "reason"}
    assert not [word for word in ("alice", "s3cret", crm.url, "127.0.0.1") if word in repr(logs)]


async def test_nobody_has_to_watch(tmp_path: Path, crm: WebhookReceiver) -> None:
    async with World(tmp_path, on_exchange=None) as world:
        await world.put(1)
        await world.senders.reconcile([webhook(crm.url)])
        await world.emptied()
        assert world.exchanges == []


async def test_what_was_exchanged_can_be_watched(world: World, crm: WebhookReceiver) -> None:
    await world.put(1)
    await world.senders.reconcile([webhook(crm.url)])
    await world.emptied()
    (reply,) = world.exchanges
    assert isinstance(reply, Reply)
    assert reply.status == 204
