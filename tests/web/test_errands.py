"""What the operator asks of the queue, and what is answered; by the Clerk that the socket and the command share."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from gateway.cli.output import loader
from gateway.delivery.failures import Phase, State
from gateway.model import Form, Outcome, Parcel, Verdict
from gateway.outbox.codec import Delivery, encode
from gateway.outbox.desk import Done
from gateway.outbox.protocol import Arrival, Unusable
from gateway.outbox.sqlite import SqliteOutbox
from gateway.web.errands import AskDead, AskStatus, Clerk, Drop, Errand, Refused, Retry
from gateway.web.roll import Roll, Route, Standing, roll_of
from gateway.web.strays import Strays

from .gate import START, Clock, shop

CRM, OLD = ("shop", "crm"), ("shop", "old")
RUNNING = State()


class Office:
    """An outbox with a clerk; the roll is the test's."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.outbox = SqliteOutbox(folder / "queue.db", now=self.clock, disk_free=lambda: 1 << 40)
        self.roll = Roll(tags={CRM: RUNNING})
        desk = self.outbox.desk
        self.clerk = Clerk(self.outbox, desk.reading, desk, lambda: self.roll, self.clock, running=True)

    async def queue(self, route: Route, number: int = 1) -> None:
        body = encode(Delivery(id="0" * 32, event="x", at=START, form=Form.RAW, user="alice"))
        parcels = tuple(Parcel(container=route[0], tag=route[1], lane=b"", body=body, at=START) for _ in range(number))
        await self.outbox.put([Arrival(container=route[0], parcels=parcels)], self.outbox.ticket())

    async def die(self, route: Route, number: int = 1) -> None:
        await self.queue(route, number)
        leaving = self.outbox.leaving(await self.outbox.claim(*route, number))
        await self.outbox.settle([(one, Verdict(Outcome.INVALID, "http_400")) for one in leaving])

    async def told(self, errand: Errand) -> Any:
        """As the socket carries it."""
        return json.decode(await self.clerk.answer(json.encode(errand)))

    async def codes(self) -> list[str]:
        return [problem["code"] for problem in (await self.told(AskStatus()))["problems"]]


@pytest.fixture
async def office(tmp_path: Path) -> Any:
    made = Office(tmp_path)
    await made.outbox.open()
    yield made
    await made.outbox.close()


async def test_status_names_every_tag_configured_or_queued(office: Office) -> None:
    office.roll = Roll(tags={CRM: State(phase=Phase.WAITING, reason="http_503", retry_at=5.0), ("blog", "crm"): None})
    await office.queue(CRM, 2)
    await office.queue(OLD)
    office.clock.now += 61_500
    answer = await office.told(AskStatus())
    assert answer["running"] is True
    assert [f"{tag['container']}/{tag['tag']} {tag['standing']}" for tag in answer["tags"]] == [
        "blog/crm configured",
        "shop/crm configured",
        "shop/old gone",
    ]
    assert answer["tags"][1] == {
        "container": "shop",
        "tag": "crm",
        "standing": "configured",
        "state": "waiting",
        "reason": "http_503",
        "retry_at": 5.0,
        "accepted": 2,
        "delivered": 0,
        "dropped": {},
        "dead": 0,
        "pending": 2,
        "attempts": 0,
        "ambiguous": 0,
        "retried": 0,
        "oldest_pending_seconds": 61,
        "balanced": True,
    }


async def test_what_is_a_problem(office: Office) -> None:
    await office.queue(CRM)
    assert await office.codes() == []
    office.roll = Roll(tags={CRM: State(phase=Phase.WAITING)})
    assert await office.codes() == []
    office.roll = Roll(tags={CRM: State(phase=Phase.PAUSED, reason="http_401")})
    assert await office.codes() == ["paused"]
    office.roll = Roll(tags={CRM: State(phase=Phase.STOPPED, reason="crashed")})
    assert await office.codes() == ["stopped"]
    office.roll = Roll(broken=frozenset({"shop"}))
    assert await office.codes() == ["not-running"]
    office.roll = Roll()
    assert await office.codes() == ["no-such-tag"]
    [problem] = (await office.told(AskStatus()))["problems"]
    assert problem["message"] == "shop/crm: 1 delivery waits for a tag that is not there any more."
    office.roll = Roll(tags={CRM: RUNNING})
    await office.outbox._writer.write(lambda batch: batch.count(*CRM, "accepted"), weight=0)
    [problem] = (await office.told(AskStatus()))["problems"]
    assert problem["code"] == "law-broken"
    assert problem["message"].startswith("shop/crm: accepted is not delivered + dead")


async def test_dead_letters_by_reason_and_one_by_one(office: Office) -> None:
    await office.die(CRM, 3)
    await office.die(OLD)
    answer = await office.told(AskDead(limit=2))
    assert [(kind["tag"], kind["reason"], kind["number"]) for kind in answer["reasons"]] == [
        ("crm", "http_400", 3),
        ("old", "http_400", 1),
    ]
    assert (len(answer["letters"]), answer["letters"][0]["form"], answer["now"]) == (2, "attach", START)
    assert b"alice" not in json.encode(answer)
    answer = await office.told(AskDead(route=OLD, reason="http_400"))
    assert ([kind["tag"] for kind in answer["reasons"]], len(answer["letters"])) == (["old"], 1)
    assert (await office.told(AskDead(route=("shop", "cmr"))))["code"] == "unknown-tag"
    assert (await office.told(AskDead(reason="nothing"))) == {"now": START, "reasons": [], "letters": []}


async def test_retry_is_for_tags_that_are_there(office: Office) -> None:
    await office.die(CRM, 2)
    await office.die(OLD)
    assert await office.told(Retry(route=CRM)) == {"retried": 2, "unreadable": 0}
    assert (await office.told(Retry(route=OLD)))["code"] == "cannot-be-sent"
    office.roll = Roll(broken=frozenset({"shop"}))
    assert "has errors" in (await office.told(Retry(route=OLD)))["error"]
    answer = await office.told(Retry(route=("shop", "cmr")))
    assert answer == {
        "error": 'There is no tag shop/cmr. Did you mean "shop/crm" or "shop/old"?',
        "code": "unknown-tag",
    }


async def test_what_is_dropped_is_counted_by_why_it_was(office: Office) -> None:
    await office.die(CRM, 2)
    await office.queue(OLD, 3)
    assert await office.told(Drop(route=CRM, dead=True)) == {
        "dropped": 2,
        "being_sent": 0,
        "counted_as": "dropped_by_operator",
    }
    assert (await office.told(Drop(route=OLD, dead=False)))["counted_as"] == "tag_removed"
    counts = await office.outbox.counts()
    assert (counts[CRM].dropped, counts[OLD].dropped) == ({"dropped_by_operator": 2}, {"tag_removed": 3})
    assert all(each.balanced for each in counts.values())


async def test_what_cannot_be_done_is_said(office: Office, tmp_path: Path) -> None:
    for nonsense in (b"", b"{}", b'{"type": "burn"}', b'{"type": "retry", "route": "shop/crm"}'):
        assert json.decode(await office.clerk.answer(nonsense))["code"] == "not-understood"
    await office.queue(CRM)
    await office.outbox._writer.close()
    answer = await office.told(Drop(route=CRM, dead=False))
    assert answer == {"error": "The queue cannot do that now: closed.", "code": "queue"}
    reader = Clerk(office.outbox, office.outbox.desk.reading, None, lambda: office.roll, office.clock, running=False)
    with pytest.raises(AssertionError, match="read only"):
        await reader.run(Retry(route=CRM))
    with pytest.raises(Refused):
        await reader.run(Retry(route=("a", "b")))


def test_the_roll_by_the_files() -> None:
    good, bad = (loader().compile(text.encode(), "shop", "shop.yaml") for text in (shop(), "version: 1\n"))
    roll = roll_of([("shop", good), ("blog", bad)])
    assert set(roll.tags) == {("shop", tag) for tag in ("matomo", "partner", "crm", "plain", "guests")}
    assert [roll.standing(route) for route in (CRM, ("blog", "crm"), OLD)] == [
        Standing.CONFIGURED,
        Standing.NOT_RUNNING,
        Standing.GONE,
    ]


async def test_strays_are_told_until_they_are_gone_or_the_tag_is_back() -> None:
    waiting: list[Collection[Route]] = [{OLD, CRM, ("blog", "x")}, set()]
    state: Mapping[str, Any] = {"roll": Roll(tags={CRM: None}, broken=frozenset({"blog"}))}

    buried: list[tuple[Route, int, int]] = []

    class Desk:
        async def waiting(self) -> Collection[Route]:
            if not waiting:
                raise Unusable("no more")
            return waiting.pop(0)

        async def bury(self, route: Route, before: int, now: int) -> Done:
            buried.append((route, before, now))
            return Done()

    hours = 3_600_000
    strays = Strays(Desk(), lambda: state["roll"], lambda: 100 * hours)
    assert strays.lines == []
    await strays.look()
    assert strays.lines == [
        "deliveries wait for shop/old, which is no tag any more: put it back, or taggate outbox drop shop/old --pending"
    ]
    looked: list[float] = []

    async def wait(seconds: float) -> None:
        looked.append(seconds)
        if len(looked) == 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await strays.keep_looking(wait)
    assert (strays.lines, looked) == ([], [60.0, 60.0])
    assert buried == [(OLD, 28 * hours, 100 * hours)]
