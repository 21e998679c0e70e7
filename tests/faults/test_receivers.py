"""Receivers that misbehave, against the running gateway: nothing is lost, nothing comes twice but for ambiguous
attempts, and a receiver that behaves gets its hits as if nothing were."""

import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from process import KEY, until
from receivers import (
    Answer,
    MatomoReceiver,
    Received,
    Receiver,
    WebhookReceiver,
    drip,
    endless,
    garbage,
    hang,
    redirect,
    reset,
    status,
)

from faults.rig import Books, Load, Subject, Watch
from faults.test_kill import CONTAINER

TAG = "  {name}:\n    type: webhook\n    send_when: purchase\n    settings: {{ url: {url}/hook }}\n"
SOON = 3.0
"""Seconds within which a receiver that behaves has a hit, whatever the others do."""


class Timed(WebhookReceiver):
    """Knows when each hit came."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.at: dict[str, float] = {}

    async def usual(self, receiver: Receiver, received: Received) -> web.StreamResponse:
        self.at.setdefault(received.json["page"]["url"], time.monotonic())
        return await super().usual(receiver, received)


def after_taking(answer: Answer) -> Answer:
    """The hit is taken as usual, and then this is the answer."""

    async def taken(receiver: Receiver, received: Received) -> web.StreamResponse:
        await receiver.usual(receiver, received)
        return await answer(receiver, received)

    return taken


def short(less: int) -> Answer:
    """A bulk of which Matomo skips the last entries without a word."""

    async def answer(receiver: Receiver, received: Received) -> web.StreamResponse:
        entries = received.json["requests"]
        kept = entries[: max(0, len(entries) - less)]
        body = json.dumps({**received.json, "requests": kept}).encode()
        return await receiver.usual(
            receiver, Received("POST", received.path, received.headers, body, received.connection)
        )

    return answer


def in_turn(*answers: Answer | None) -> Answer:
    """One after another, for ever; None: as usual."""
    turns: Iterator[Answer | None] = itertools.cycle(answers)

    async def answer(receiver: Receiver, received: Received) -> web.StreamResponse:
        return await (next(turns) or receiver.usual)(receiver, received)

    return answer


def date(seconds: float) -> str:
    return formatdate(time.time() + seconds, usegmt=True)


class Crowd:
    """A gateway with Matomo, a CRM that behaves, and any number of webhooks that do not."""

    def __init__(self, base: Path, names: tuple[str, ...]) -> None:
        self.matomo, self.crm = MatomoReceiver(token=KEY), Timed()
        self.bad = {name: WebhookReceiver() for name in names}
        self._base = base

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Crowd"]:
        receivers = [self.matomo, self.crm, *self.bad.values()]
        for receiver in receivers:
            await receiver.up()
        tags = "".join(TAG.format(name=name, url=receiver.url) for name, receiver in self.bad.items())
        text = CONTAINER.format(matomo=self.matomo.url, crm=self.crm.url).replace("tests: []", tags + "tests: []")
        self.gateway = Subject(self._base, {"shop": text})
        await self.gateway.start()
        self.load = Load(self.gateway, clients=2, pause=0.02)
        self.watch = Watch(self.gateway, self.load, ("matomo", "crm", *self.bad))
        try:
            yield self
        finally:
            await self.load.stop()
            await self.watch.stop()
            await self.gateway.kill()
            for receiver in receivers:
                await receiver.down()

    def came(self, tag: str) -> list[str]:
        if tag == "matomo":
            return [entry["url"] for entry in self.matomo.recorded]
        return [event["page"]["url"] for event in (self.bad.get(tag) or self.crm).events]

    async def settled(self, within: float) -> None:
        """Checks lost, twice and how fast the one that behaves got its hits."""
        await self.load.stop()
        books: dict[str, Books] = {}

        async def empty() -> bool:
            nonlocal books
            books = await self.watch.look()
            return bool(books) and not any(book.pending for book in books.values())

        await until(empty, within)
        for tag, book in books.items():
            came = self.came(tag)
            twice = len(came) - len(set(came))
            print(f"{tag}: 2xx {len(self.load.stored)}, twice {twice}, {book}")
            assert self.load.stored.keys() <= set(came), tag
            assert twice <= book.ambiguous, tag
            assert book.delivered == book.accepted, tag
        slowest = max(self.crm.at[url] - answered for url, answered in self.load.stored.items())
        print(f"the one that behaves: at most {slowest:.2f} s")
        assert slowest < SOON
        assert self.load.wrong == []
        assert self.watch.wrong == []
        assert await self.gateway.stop() == 0


async def test_short_troubles(tmp_path: Path) -> None:
    """Each holds its tag up for seconds at most: broken answers, lost answers, every form of Retry-After."""
    crowd = Crowd(tmp_path, ("flapping", "throttling", "lost", "endless", "broken"))
    async with crowd.running():
        bad = crowd.bad
        bad["flapping"].answers(in_turn(status(503), *[None] * 20, reset(), *[None] * 20))
        said = ("1", date(2), date(-3600), "soon", "-5")
        waits = [status(429, headers={"retry-after": text}) for text in said]
        bad["throttling"].answers_next(*waits, status(503, headers={"retry-after": "1"}))
        bad["lost"].answers_next(after_taking(reset()), after_taking(garbage()), after_taking(reset()))
        bad["endless"].answers(after_taking(endless(200)))
        bad["broken"].answers_next(garbage(), reset(), status(500), status(408))
        crowd.matomo.answers_next(short(1), short(2), after_taking(reset()), short(1000), status(400))
        await until(lambda: len(crowd.load.stored) >= 150, within=30)
        bad["flapping"].answers(None)
        bad["endless"].answers(None)
        await crowd.settled(within=60)


@pytest.mark.long
async def test_long_troubles(tmp_path: Path) -> None:
    """Each holds its tag up for as long as a request or a pause takes, all at one time: minutes."""
    names = ("hanging", "dripping", "unauthorised", "redirecting", "absurd", "lost", "flapping")
    crowd = Crowd(tmp_path, names)
    async with crowd.running():
        bad = crowd.bad
        bad["hanging"].answers_next(hang(), after_taking(hang()))
        bad["dripping"].answers_next(drip(), after_taking(drip()))
        bad["unauthorised"].answers_next(status(401), status(403), status(404))
        bad["redirecting"].answers_next(redirect(crowd.crm.url + "/hook"), redirect("/", 301), redirect("//x", 308))
        bad["absurd"].answers_next(status(429, headers={"retry-after": "99999999999999999999"}))
        bad["lost"].answers(in_turn(None, after_taking(reset())))
        bad["flapping"].answers(in_turn(status(500), None, reset()))
        crowd.matomo.answers_next(hang(), after_taking(hang()), status(401), status(200, "{"), short(1))
        await until(lambda: len(crowd.load.stored) >= 3000, within=240)
        for name in ("lost", "flapping"):
            bad[name].answers(None)
        # An hour is the most that a receiver may make a tag wait; a restart asks again.
        assert crowd.came("absurd") == []
        assert await crowd.gateway.stop() == 0
        await crowd.gateway.start()
        await crowd.settled(within=400)
