"""Many tags side by side: isolation, locks, reloads."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec import structs
from people.shops import container
from receivers import MatomoReceiver, Received, Receiver, WebhookReceiver, hang, once, status
from structlog.testing import capture_logs

from gateway.decide.bounds import Bounds
from gateway.delivery.failures import Phase
from gateway.delivery.senders import Route, routes
from gateway.destinations import TABLE
from gateway.destinations.webhook import Webhook
from gateway.model import Delivery, Reply, Verdict
from gateway.outbox.protocol import DiskLow, Queued

from .world import World, matomo, webhook


async def until(condition: Callable[[], bool], world: World) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await world.outbox.counts()


async def test_a_receiver_that_hangs_delays_no_other(world: World, crm: WebhookReceiver) -> None:
    async with Receiver(usual=hang()) as slow:
        await world.put(1, "slow")
        await world.put(20, "fast")
        await world.senders.reconcile([webhook(slow.url, "slow"), webhook(crm.url, "fast")])
        await world.emptied("fast")
        assert len(crm.events) == 20
        assert (await world.counts("slow")).pending == 1
        await slow.down()
        await world.senders.stop()


async def test_two_tags_of_one_matomo_site_are_never_in_flight_together(world: World) -> None:
    async def slow(receiver: Receiver, received: Received) -> object:
        for _ in range(20):
            await world.outbox.counts()
        return await receiver.usual(receiver, received)

    async with MatomoReceiver() as stats:
        stats.answers(slow)  # type: ignore[arg-type]
        for tag in ("a", "b"):
            await world.put(600, tag)
        await world.senders.reconcile([matomo(stats.url, "a"), matomo(stats.url + "/", "b")])
        await world.emptied("a")
        await world.emptied("b")
        assert len(stats.requests) == 6
        assert stats.together == 1
        assert len(stats.recorded) == 1200


async def test_two_sites_of_one_matomo_are(world: World) -> None:
    both = asyncio.Event()

    async def meet(receiver: Receiver, received: Received) -> object:
        if len(receiver.requests) == 2:
            both.set()
        await both.wait()
        return await MatomoReceiver.usual(receiver, receiver, received)  # type: ignore[arg-type]

    async with MatomoReceiver() as stats:
        stats.answers(meet)  # type: ignore[arg-type]
        for tag in ("a", "b"):
            await world.put(1, tag)
        await world.senders.reconcile([matomo(stats.url, "a", 1), matomo(stats.url, "b", 2)])
        await world.emptied("a")
        await world.emptied("b")
        assert stats.together == 2


async def test_stopped_while_another_tag_is_in_flight(world: World) -> None:
    answered = asyncio.Event()
    async with MatomoReceiver() as stats:
        stats.answers_next(once(answered))
        for tag in ("a", "b"):
            await world.put(1, tag)
        await world.senders.reconcile([matomo(stats.url, "a")])
        await stats.arrived(1)
        await world.senders.reconcile([matomo(stats.url, "a"), matomo(stats.url, "b")])
        stopping = asyncio.create_task(world.senders.stop())
        for _ in range(20):
            await world.outbox.counts()
        answered.set()
        await stopping
        assert len(stats.requests) == 1
        assert (await world.counts("a")).delivered == 1
        assert len(await world.outbox.claim("shop", "b", 10)) == 1


async def test_reload(world: World, crm: WebhookReceiver) -> None:
    async with WebhookReceiver() as other:
        await world.senders.reconcile([webhook(crm.url, "a"), webhook(crm.url, "b")])
        assert set(world.senders.states) == {("shop", "a"), ("shop", "b")}
        await world.put(1, "a")
        await world.emptied("a")
        await world.senders.reconcile([webhook(crm.url, "a"), webhook(other.url, "c")])
        assert set(world.senders.states) == {("shop", "a"), ("shop", "c")}
        await world.senders.reconcile([webhook(other.url, "a")])
        await world.put(1, "a", first=1)
        await world.put(1, "b")
        await world.emptied("a")
        assert [event["page"]["title"] for event in crm.events] == ["0"]
        assert [event["page"]["title"] for event in other.events] == ["1"]
        assert (await world.counts("b")).pending == 1


async def test_a_tag_that_is_put_right_goes_on_at_once(world: World, crm: WebhookReceiver) -> None:
    crm.answers_next(status(401))
    world.waits.hold_after(0)
    await world.put(3)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    await world.senders.reconcile([webhook(crm.url + "/right")])
    await world.emptied()
    assert [got.path for got in crm.requests] == ["/", "/right", "/right", "/right"]


async def test_what_does_not_change_goes_on_undisturbed(world: World, crm: WebhookReceiver) -> None:
    crm.answers(status(401))
    world.waits.hold_after(0)
    await world.put(1)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    await world.senders.reconcile([webhook(crm.url), webhook(crm.url, "other")])
    assert world.state().phase is Phase.PAUSED
    assert len(crm.requests) == 1


class Broken(Webhook):
    """Fails in a way that nobody foresaw, and whose text is a person's."""

    def __init__(self, times: int = 10**6) -> None:
        self.left = times

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        self.left -= 1
        if self.left >= 0:
            raise NotImplementedError("alice@example.com")
        return super().interpret(deliveries, reply)


class Crashes:
    """Who is told of crashes."""

    def __init__(self) -> None:
        self.tags: list[str] = []

    def attempted(self, _: object) -> None:
        pass

    def crashed(self, container: str, tag: str) -> None:
        self.tags.append(tag)


async def test_a_sender_that_breaks_goes_on_and_takes_no_other_with_it(tmp_path: Path, crm: WebhookReceiver) -> None:
    crashes = Crashes()
    async with World(tmp_path, watcher=crashes) as world:
        broken, fine = webhook(crm.url + "/broken", "broken"), webhook(crm.url, "fine")
        world.waits.hold_after(3)
        with capture_logs() as logs:
            await world.put(2, "broken")
            await world.senders.reconcile([Route(broken.target, Broken(4)), fine])
            await world.waits.held()
            await world.put(3, "fine")
            await world.emptied("fine")
        assert (world.state("broken").phase, world.state("broken").reason) == (Phase.WAITING, "crashed")
        assert world.waits.seconds == [1, 2, 4, 8]
        assert crashes.tags == ["broken"] * 4
        assert {(one["event"], one["tag"], one["error"]) for one in logs} == {
            ("sender_crashed", "broken", "NotImplementedError")
        }
        assert logs[0]["where"].startswith("test_senders.py:")
        assert "alice" not in repr(logs)
        await world.waits.go()
        counts = await world.emptied("broken")
        # What was in flight when it broke may have arrived: it is counted, and comes again.
        assert (counts.delivered, counts.ambiguous, counts.dead) == (2, 4, 0)
        assert world.state("broken").phase is Phase.RUNNING


async def test_one_hit_that_breaks_its_sender_holds_up_no_other_visitor(world: World, crm: WebhookReceiver) -> None:
    class Poisoned(Webhook):
        def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
            if deliveries[0].title == "0":
                raise NotImplementedError
            return super().interpret(deliveries, reply)

    await world.put(5)
    await world.senders.reconcile([Route(webhook(crm.url).target, Poisoned())])
    await world.until(lambda counts: counts.delivered == 4)
    assert (await world.counts()).pending == 1


async def test_what_breaks_before_it_is_sent_is_given_back(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.outbox.claim
    calls = []

    async def claim(container: str, tag: str, limit: int) -> object:
        calls.append(tag)
        if len(calls) == 1:
            raise NotImplementedError
        return await real(container, tag, limit)

    monkeypatch.setattr(world.outbox, "claim", claim)
    await world.put(1)
    await world.senders.reconcile([webhook(crm.url)])
    assert (await world.emptied()).ambiguous == 0


async def test_it_breaks_while_it_is_being_stopped(world: World, crm: WebhookReceiver) -> None:
    go = asyncio.Event()

    async def slow(receiver: Receiver, received: Received) -> object:
        await go.wait()
        return await receiver.usual(receiver, received)

    crm.answers(slow)  # type: ignore[arg-type]
    await world.put(1)
    with capture_logs() as logs:
        await world.senders.reconcile([Route(webhook(crm.url).target, Broken())])
        await crm.arrived(1)
        stopping = asyncio.create_task(world.senders.stop())
        await asyncio.sleep(0)
        go.set()
        await stopping
    assert [one["event"] for one in logs] == ["sender_crashed"]


class Failing:
    """`settle` of an outbox without room, as long as it has none."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        self.refused = 0
        self._real = world.outbox.settle
        monkeypatch.setattr(world.outbox, "settle", self)

    async def __call__(self, marks: Sequence[tuple[Queued, Verdict]]) -> None:
        if self.full:
            self.refused += 1
            raise DiskLow("no")
        await self._real(marks)


async def unmarked(world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch) -> Failing:
    """One was sent, and could not be marked."""
    outbox = Failing(world, monkeypatch)
    world.waits.hold_after(0)
    await world.put(1)
    await world.senders.reconcile([webhook(crm.url)])
    await world.waits.held()
    return outbox


async def test_an_outbox_that_can_be_written_again_is_gone_on_with(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Failing(world, monkeypatch)
    world.waits.hold_after(3)
    with capture_logs() as logs:
        await world.put(3)
        await world.senders.reconcile([webhook(crm.url)])
        await world.waits.held()
        assert (world.state().phase, world.state().reason) == (Phase.STOPPED, "outbox_failed")
        assert (len(crm.requests), outbox.refused) == (1, 4)
        outbox.full = False
        await world.waits.go()
        counts = await world.emptied()
    # What was sent was marked first, and was not sent again.
    assert [event["page"]["title"] for event in crm.events] == ["0", "1", "2"]
    assert (counts.delivered, counts.ambiguous, counts.attempts) == (3, 0, 3)
    assert world.waits.seconds == [5] * 4
    assert [(one["phase"], one["reason"]) for one in logs] == [("stopped", "outbox_failed"), ("running", "")]


async def test_what_could_not_be_marked_is_marked_by_the_next_sender(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = await unmarked(world, crm, monkeypatch)
    outbox.full = False
    await world.senders.reconcile([webhook(crm.url + "/new")])
    assert (await world.emptied()).delivered == 1
    assert len(crm.requests) == 1


@pytest.mark.parametrize("back", [True, False])
async def test_what_could_not_be_marked_of_a_tag_that_is_gone_is_marked_all_the_same(
    world: World, crm: WebhookReceiver, monkeypatch: pytest.MonkeyPatch, *, back: bool
) -> None:
    outbox = await unmarked(world, crm, monkeypatch)
    await world.senders.reconcile([])
    assert (await world.counts()).pending == 1
    outbox.full = False
    await world.senders.reconcile([webhook(crm.url)] if back else [])
    assert (await world.emptied()).delivered == 1
    assert len(crm.requests) == 1


async def test_stopped_in_the_middle_of_a_reload_it_still_waits_for_what_is_in_flight(
    world: World, crm: WebhookReceiver
) -> None:
    answered = asyncio.Event()
    crm.answers_next(once(answered))
    await world.put(1)
    await world.senders.reconcile([webhook(crm.url)])
    await crm.arrived(1)
    reload = asyncio.create_task(world.senders.reconcile([webhook(crm.url + "/new")]))
    await world.outbox.counts()
    reload.cancel()
    stopping = asyncio.create_task(world.senders.stop())
    await world.outbox.counts()
    answered.set()
    await stopping
    # What the receiver took is marked: it does not come again after the next start.
    assert (await world.counts()).delivered == len(crm.events) == 1


async def test_nobody_waits_for_a_receiver_to_decide_hits_by_a_new_version(world: World, crm: WebhookReceiver) -> None:
    answered, swapped = asyncio.Event(), asyncio.Event()
    crm.answers_next(once(answered))
    await world.put(1)
    await world.senders.reconcile([webhook(crm.url)])
    await crm.arrived(1)

    async def swap() -> None:
        swapped.set()

    reload = asyncio.create_task(world.senders.reconcile([webhook(crm.url + "/new")], swap))
    async with asyncio.timeout(10):
        await swapped.wait()
    assert not reload.done()
    answered.set()
    await reload
    assert (await world.emptied()).delivered == len(crm.requests) == 1


async def test_stopping_twice_is_stopping(world: World, crm: WebhookReceiver) -> None:
    await world.senders.reconcile([webhook(crm.url)])
    await world.senders.stop()
    await world.senders.stop()
    assert world.senders.states == {}


def test_routes_of_containers() -> None:
    found = container()
    tag = structs.replace(found.tags["hook"], secrets={"signing_key": "crm_key"})
    shop = structs.replace(found, tags={"hook": tag})
    (made,) = routes([shop], TABLE, {"crm_key": "s3cret"}.__getitem__)
    assert made.key == ("shop", "hook")
    assert made.destination is TABLE["webhook"]
    assert made.target.secrets == {"signing_key": "s3cret"}
    assert made.target.site == "Shop"
    assert made.target.bounds == Bounds.of(shop, tag)
    assert "s3cret" not in repr(made)
