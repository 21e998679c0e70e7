"""The gateway killed under load, and receivers that are down: every hit answered 2xx arrives."""

import asyncio
import itertools
import random
import uuid
from pathlib import Path

import aiohttp
import pytest
from process import KEY, Gateway, until
from receivers import MatomoReceiver, WebhookReceiver

CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: not_needed
triggers:
  purchase: {{ event: purchase }}
tags:
  matomo:
    type: matomo
    send_when: purchase
    settings: {{ url: {matomo}/, site_id: 1, token: {{ secret: matomo_token }} }}
  crm:
    type: webhook
    send_when: purchase
    settings: {{ url: {crm}/hook }}
tests: []
"""
ORIGIN = {"Origin": "https://shop.example.com"}


class Load:
    """Clients that send single hits one after another until told to stop; `stored` are those answered 2xx.
    `pause`: seconds that each waits between two."""

    def __init__(self, gateway: Gateway, clients: int = 8, pause: float = 0.0) -> None:
        self.stored: list[str] = []
        self._gateway = gateway
        self._pause = pause
        self._stop = asyncio.Event()
        self._tasks = [asyncio.create_task(self._client()) for _ in range(clients)]

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _client(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not self._stop.is_set():
                await self._send(session, uuid.uuid4())
                await asyncio.wait({asyncio.create_task(self._stop.wait())}, timeout=self._pause)

    async def _send(self, session: aiohttp.ClientSession, number: uuid.UUID) -> None:
        url = f"https://shop.example.com/order-{number}"
        hit = {"event": "purchase", "id": str(number), "url": url}
        try:
            async with session.post(f"{self._gateway.url}/collect/shop", json=hit, headers=ORIGIN) as answer:
                if answer.status == 204:
                    self.stored.append(url)
        except aiohttp.ClientError:
            await asyncio.wait({asyncio.create_task(self._stop.wait())}, timeout=0.02)


@pytest.fixture
async def receivers():
    async with MatomoReceiver(token=KEY) as matomo, WebhookReceiver() as crm:
        yield matomo, crm


def of_matomo(matomo: MatomoReceiver) -> list[str]:
    return [entry["url"] for entry in matomo.recorded]


def of_crm(crm: WebhookReceiver) -> list[str]:
    return [event["page"]["url"] for event in crm.events]


@pytest.mark.long
async def test_every_hit_answered_arrives_though_the_gateway_is_killed_20_times(tmp_path: Path, receivers) -> None:
    matomo, crm = receivers
    gateway = Gateway(tmp_path, {"shop": CONTAINER.format(matomo=matomo.url, crm=crm.url)})
    chance = random.Random(20)
    load = None
    stored: list[str] = []
    try:
        for _ in range(20):
            await gateway.start()
            load = Load(gateway)
            wanted = chance.randrange(20, 120)
            await until(lambda load=load, wanted=wanted: len(load.stored) >= wanted, within=240)
            await gateway.kill()
            await load.stop()
            stored += load.stored
        await gateway.start()
        await until(lambda: set(stored) <= set(of_matomo(matomo)) and set(stored) <= set(of_crm(crm)), within=240)
        assert await gateway.stop() == 0
    finally:
        await gateway.kill()
    assert len(set(stored)) > 400
    # A hit may come twice only where a request was in flight when the process was killed.
    assert len(of_crm(crm)) - len(set(of_crm(crm))) <= 20


async def outage(gateway: Gateway, matomo: MatomoReceiver, crm: WebhookReceiver, seconds: float) -> list[float]:
    """Matomo is down for some time under load; the times between attempts to reach it."""
    await gateway.start()
    await matomo.down()
    load = Load(gateway, clients=2, pause=0.05)
    clock = asyncio.get_running_loop().time
    began, attempts, seen = clock(), 0.0, []

    async def over() -> bool:
        nonlocal attempts
        now = (await gateway.metrics()).get('taggate_attempts_total{container="shop",tag="matomo"}', 0.0)
        if now != attempts:
            attempts = now
            seen.append(clock())
        return clock() - began > seconds

    await until(over, within=seconds + 30)
    await load.stop()
    assert len(of_crm(crm)) > 0, "the other receiver must not be held up"
    await until(lambda: set(load.stored) <= set(of_crm(crm)), within=240)
    assert of_matomo(matomo) == []
    await matomo.up()
    await until(lambda: set(load.stored) <= set(of_matomo(matomo)), within=320)
    assert of_matomo(matomo) == list(dict.fromkeys(of_matomo(matomo))), "nothing was sent twice"
    return [later - earlier for earlier, later in itertools.pairwise(seen)]


@pytest.mark.long
@pytest.mark.parametrize("seconds", [5, 60])
async def test_a_receiver_that_is_down_loses_nothing_and_holds_up_nobody(tmp_path: Path, receivers, seconds) -> None:
    matomo, crm = receivers
    gateway = Gateway(tmp_path, {"shop": CONTAINER.format(matomo=matomo.url, crm=crm.url)})
    try:
        waits = await outage(gateway, matomo, crm, seconds)
        assert await gateway.stop() == 0
    finally:
        await gateway.kill()
    # Full jitter: each wait is a share of 1, 2, 4, … seconds, so attempts are few and no storm.
    assert len(waits) <= 4 + seconds / 4
