"""The table of durability.md, row by row: what a real receiver does, and what the tag does then."""

from pathlib import Path
from typing import NamedTuple

import pytest
from receivers import Answer, MatomoReceiver, WebhookReceiver, garbage, redirect, reset, status

from gateway.delivery.failures import Phase
from gateway.model import Outcome

from .test_transport import self_signed
from .world import World, matomo, route, webhook

SECONDS, DATE = {"retry-after": "17"}, {"retry-after": "Thu, 28 May 2026 20:27:00 GMT"}
NOW = {"date": "Thu, 28 May 2026 20:26:40 GMT"}


class Row(NamedTuple):
    """What is answered to the first of three hits; what it means; the wait; whether it burnt an attempt."""

    answer: Answer
    phase: Phase
    outcome: Outcome
    reason: str
    wait: float
    burnt: int = 1
    ambiguous: int = 0


WAITING, PAUSED = Phase.WAITING, Phase.PAUSED
TRANSIENT, THROTTLE, SETUP, AMBIGUOUS = Outcome.TRANSIENT, Outcome.THROTTLE, Outcome.SETUP, Outcome.AMBIGUOUS

ROWS = (
    *(Row(status(code), WAITING, TRANSIENT, f"http_{code}", 1) for code in (408, 425, 500, 502, 503, 504, 599)),
    *(Row(status(code, headers=SECONDS), WAITING, THROTTLE, f"http_{code}", 17, burnt=0) for code in (429, 503)),
    *(Row(status(code, headers=DATE | NOW), WAITING, THROTTLE, f"http_{code}", 20, burnt=0) for code in (429, 503)),
    Row(status(429, headers={"retry-after": "9" * 99}), WAITING, THROTTLE, "http_429", 3600, burnt=0),
    Row(status(429), WAITING, THROTTLE, "http_429", 1, burnt=0),
    *(Row(status(code), PAUSED, SETUP, f"http_{code}", 60, burnt=0) for code in (401, 402, 403, 404, 405, 410, 415)),
    *(Row(redirect("/elsewhere", code), PAUSED, SETUP, f"http_{code}", 60, burnt=0) for code in (301, 302, 307, 308)),
    Row(reset(), WAITING, AMBIGUOUS, "no_answer", 1, ambiguous=1),
    Row(garbage(), WAITING, AMBIGUOUS, "no_answer", 1, ambiguous=1),
    Row(garbage(b"HTTP/1.1 200 ok\r\ncontent-length: 9\r\n\r\nhalf"), WAITING, AMBIGUOUS, "no_answer", 1, ambiguous=1),
)


async def attempts(world: World) -> list[int]:
    """Burnt so far, of each hit that is not in flight."""
    found = await world.outbox.claim("shop", "t", 10)
    world.outbox.release(found)
    return [one.attempts for one in found]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.outcome}-{row.reason}-{row.wait:g}")
async def test_a_failure_that_keeps_the_hit(world: World, crm: WebhookReceiver, row: Row) -> None:
    crm.answers_next(row.answer)
    world.waits.hold_after(0)
    await world.put(3)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    state = world.state()
    assert (state.phase, state.outcome, state.reason) == (row.phase, row.outcome, row.reason)
    assert world.waits.seconds == [row.wait]
    assert await attempts(world) == [row.burnt, 0, 0]
    await world.waits.go()
    counts = await world.emptied()
    assert [event["page"]["title"] for event in crm.events] == ["0", "1", "2"]
    assert (counts.delivered, counts.dead, counts.ambiguous, counts.attempts) == (3, 0, row.ambiguous, 4)
    assert world.state().phase is Phase.RUNNING


async def test_no_connection(world: World, crm: WebhookReceiver) -> None:
    await crm.down()
    world.waits.hold_after(0)
    await world.put(3)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    assert (world.state().phase, world.state().reason) == (Phase.WAITING, "no_connection")
    assert await attempts(world) == [1, 0, 0]


async def test_a_certificate_that_nobody_vouches_for(world: World, tmp_path: Path) -> None:
    async with WebhookReceiver(tls=self_signed(tmp_path)) as receiver:
        world.waits.hold_after(2)
        await world.put(3)
        await world.senders.reconcile([webhook(receiver.url)])
        await world.waits.held()
        assert (world.state().phase, world.state().reason) == (Phase.PAUSED, "tls")
        assert world.waits.seconds == [60, 60, 60]
        assert (await world.counts()).pending == 3
        assert receiver.requests == []


async def test_after_a_failure_single_ones_try(world: World) -> None:
    async with MatomoReceiver() as stats:
        stats.answers(status(502))
        world.waits.hold_after(9)
        await world.put(400)
        await world.senders.reconcile([matomo(stats.url)])
        await world.waits.held()
        sizes = [len(got.entries) for got in stats.requests]
        assert sizes == [200, *[1] * 9]
        stats.answers(None)
        await world.waits.go()
        await world.emptied()
        # The two that were tried, then what was halved while it was not clear that the bulk is not the cause.
        assert [len(got.entries) for got in stats.requests][10:] == [1, 1, 98, 100, 200]
        assert [int(told["action_name"]) for told in stats.recorded] == list(range(400))


@pytest.mark.parametrize("code", [400, 413, 422])
async def test_a_refused_bulk_is_bisected_down_to_the_hit(world: World, code: int) -> None:
    async def refusing(receiver: object, received: object) -> object:
        refused = "poison" in received.body.decode()  # type: ignore[attr-defined]
        return await status(code if refused else 200)(receiver, received)  # type: ignore[arg-type]

    async with WebhookReceiver() as segment:
        segment.answers(refusing)  # type: ignore[arg-type]
        await world.put(7)
        await world.put(1, first=7, title="poison")
        await world.put(8, first=8)
        await world.senders.reconcile([route("segment", {"url": segment.url}, write_key="k")])
        counts = await world.emptied()
        assert await world.dead() == {f"http_{code}": 1}
        assert (counts.delivered, counts.ambiguous) == (15, 0)
        assert world.waits.seconds == []


async def test_matomos_single_400_is_its_own_trouble(world: World) -> None:
    async with MatomoReceiver() as stats:
        stats.answers_next(status(400))
        await world.put(1)
        await world.senders.reconcile([matomo(stats.url)])
        counts = await world.emptied()
        assert (counts.delivered, counts.dead, world.waits.seconds) == (1, 0, [1])


async def test_many_refused_are_a_mistake_in_the_setup(world: World, crm: WebhookReceiver) -> None:
    crm.answers(status(422))
    world.waits.hold_after(0)
    await world.put(60)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    assert (world.state().phase, world.state().reason) == (Phase.PAUSED, "too_many_invalid")
    assert ((await world.counts()).dead, (await world.counts()).pending) == (40, 20)


async def test_our_own_rendering_fails(world: World) -> None:
    async with MatomoReceiver() as stats:
        await world.put(1, visitor="")
        await world.put(2, first=1)
        await world.senders.reconcile([matomo(stats.url)])
        counts = await world.emptied()
        assert await world.dead() == {"render_error": 1}
        assert counts.delivered == 2


async def test_a_2xx_that_says_less_than_all(world: World) -> None:
    async with MatomoReceiver(goals=[1]) as stats:
        await world.put(1, event="goal", details={"goal": 9})
        await world.put(2, first=1)
        await world.senders.reconcile([matomo(stats.url)])
        counts = await world.emptied()
        assert (counts.delivered, counts.dropped) == (2, {"refused_unnamed": 1})


async def test_a_2xx_that_is_not_the_receivers(world: World) -> None:
    async with MatomoReceiver() as stats:
        stats.answers_next(status(200, '{"status":"success"}'))
        await world.put(2)
        await world.senders.reconcile([matomo(stats.url)])
        counts = await world.emptied()
        assert (counts.delivered, counts.ambiguous, world.waits.seconds) == (2, 0, [60])
