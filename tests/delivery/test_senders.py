"""Many tags side by side: isolation, locks, reloads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from receivers import MatomoReceiver, Received, Receiver, WebhookReceiver, hang, status
from structlog.testing import capture_logs

from gateway.delivery.failures import Phase
from gateway.delivery.senders import Route, routes
from gateway.destinations import TABLE
from gateway.destinations.webhook import Webhook
from gateway.model import Delivery, Reply, Verdict

from .world import World, matomo, webhook


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


@pytest.fixture
async def crm() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as made:
        yield made


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

    async def slow(receiver: Receiver, received: Received) -> object:
        await answered.wait()
        return await receiver.usual(receiver, received)

    async with MatomoReceiver() as stats:
        stats.answers_next(slow)  # type: ignore[arg-type]
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

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        raise NotImplementedError("alice@example.com")


async def test_a_sender_that_breaks_takes_no_other_with_it(world: World, crm: WebhookReceiver) -> None:
    broken, fine = webhook(crm.url, "broken"), webhook(crm.url, "fine")
    with capture_logs() as logs:
        await world.put(1, "broken")
        await world.senders.reconcile([Route(broken.target, Broken()), fine])
        await until(lambda: world.state("broken").phase is Phase.STOPPED, world)
        await world.put(3, "fine")
        await world.emptied("fine")
    assert world.state("broken").reason == "crashed"
    (entry,) = logs
    assert (entry["event"], entry["tag"], entry["error"]) == ("sender_crashed", "broken", "NotImplementedError")
    assert entry["where"].startswith("test_senders.py:")
    assert "alice" not in repr(logs)
    await world.senders.reconcile([broken, fine])
    assert world.state("broken").phase is Phase.RUNNING


async def test_stopping_twice_is_stopping(world: World, crm: WebhookReceiver) -> None:
    await world.senders.reconcile([webhook(crm.url)])
    await world.senders.stop()
    await world.senders.stop()
    assert world.senders.states == {}


def test_routes_of_containers() -> None:
    from types import SimpleNamespace

    tag = SimpleNamespace(
        name="crm", type=TABLE["webhook"].type, settings={"url": "https://x"}, secrets={"signing_key": "crm_key"}
    )
    shop = SimpleNamespace(name="shop", site=SimpleNamespace(name="Acme Shop"), tags={"crm": tag})
    (made,) = routes([shop], TABLE, {"crm_key": "s3cret"}.__getitem__)  # type: ignore[list-item]
    assert made.key == ("shop", "crm")
    assert made.destination is TABLE["webhook"]
    assert made.target.secrets == {"signing_key": "s3cret"}
    assert made.target.site == "Acme Shop"
    assert "s3cret" not in repr(made)
