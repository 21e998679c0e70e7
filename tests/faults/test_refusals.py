"""Refusals and the power: one that was answered 2xx holds after a cut, though it is kept in another file than hits are.

Everybody comes and agrees; then some refuse, and the power is cut in the middle of it. Afterwards everybody comes once
more, with the agreement that an old page still claims: what is kept decides. Needs root (a mount)."""

import asyncio
import random
import uuid
from collections.abc import Iterable
from pathlib import Path

import aiohttp
import pytest
from process import until

from faults.clients import url_of
from faults.rig import ONE_OR_TWO, Scene
from faults.test_io_errors import SYNC, WRITE, inject, injected
from faults.test_kill import ORIGIN
from faults.test_power_cut import CARELESS, MIB
from faults.tools import need
from faults.volume import Volume

PEOPLE = 80
CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: {{ from: {{ cookie: cookie_consent }}, purposes: {{ analytics: statistics }} }}
variables: {{ account_id: {{ data_layer: user.id }} }}
triggers:
  purchase: {{ event: purchase }}
  agreed: {{ consent: {{ granted: analytics }} }}
tags:
  matomo:
    type: matomo
    send_when: purchase
    consent: not_needed
    settings: {{ url: {matomo}/, site_id: 1, token: {{ secret: matomo_token }} }}
  crm:
    type: webhook
    send_when: {{ all_of: [purchase, agreed] }}
    settings: {{ url: {crm}/hook }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  at_login: new_visit
  at_logout: new_visitor
  rules:
    - {{ when: agreed, attach: [crm] }}
  otherwise: drop
tests: []
"""
STATE = ("state.db", "state.db-wal")


class Visitor:
    """Known by name alone."""

    def __init__(self) -> None:
        self.name = f"member {uuid.uuid4().hex}"
        self.hits: list[str] = []


class Crowd(Scene):
    """Visitors whose hits Matomo always gets, and the CRM only while they agree."""

    def __init__(self, base: Path, workers: int = 1) -> None:
        super().__init__(base, clients=0, workers=workers)
        self.people = [Visitor() for _ in range(PEOPLE)]
        self.refused: list[Visitor] = []
        """Who was answered 2xx."""
        self.asked: list[Visitor] = []

    async def __aenter__(self) -> "Crowd":
        await super().__aenter__()
        text = CONTAINER.format(matomo=self.matomo.url, crm=self.crm.url)
        (self.gateway.base / "tags" / "shop.yaml").write_text(text)
        return self

    async def begin(self) -> None:
        """Everybody agrees, and the CRM gets it."""
        await self.gateway.start()
        assert await self.come() == set(self.people)
        assert await self.gateway.stop() == 0

    async def refuse(self) -> None:
        """One after the other, until the gateway is gone."""
        async with aiohttp.ClientSession() as session:
            for one in self.people:
                self.asked.append(one)
                try:
                    status = await self._refuse(session, one)
                except aiohttp.ClientError:
                    return
                if status == 503:
                    return
                assert status == 204
                self.refused.append(one)

    async def come(self) -> set[Visitor]:
        """Each sends a hit that claims an agreement of no time; of whom the CRM got it."""
        async with aiohttp.ClientSession() as session:
            for one in self.people:
                number = uuid.uuid4()
                one.hits.append(url_of(number))
                hit = {"event": "purchase", "id": str(number), "url": url_of(number), "user_id": one.name}
                async with session.post(
                    f"{self.gateway.url}/collect/shop", json={**hit, "consent": {"analytics": True}}, headers=ORIGIN
                ) as answer:
                    assert answer.status == 204
        sent = {one.hits[-1] for one in self.people}
        await until(lambda: sent <= self.came("matomo").keys(), within=240)
        await self.watch.emptied(within=240)
        return {one for one in self.people if one.hits[-1] in self.came("crm")}

    async def _refuse(self, session: aiohttp.ClientSession, one: Visitor) -> int:
        choice = {"consent": {"analytics": False}, "user_id": one.name}
        async with session.post(f"{self.gateway.url}/consent/shop", json=choice, headers=ORIGIN) as answer:
            return answer.status

    def check(self, agreeing: Iterable[Visitor]) -> str:
        """That nobody who was answered is among those whose hits the CRM got, and everybody is who never asked."""
        got = set(agreeing)
        leaked = got.intersection(self.refused)
        assert not leaked, f"{len(leaked)} of {len(self.refused)} refusals were forgotten"
        assert set(self.people) - set(self.asked) <= got, "who never refused is sent as before"
        assert self.watch.wrong == [], self.watch.wrong[:3]
        return f"{len(self.refused)} refusals answered, forgotten 0, {len(got)} of {len(self.people)} still agree"


async def cut(scene: Crowd, disk: Volume, after: int) -> None:
    """The power fails once so many refusals were answered."""
    refusing = asyncio.create_task(scene.refuse())
    await until(lambda: len(scene.refused) >= after, within=240)
    scene.gateway.freeze()
    disk.cut()
    await scene.gateway.kill()
    await refusing
    disk.back()


@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_a_refusal_that_was_answered_holds_though_the_power_is_cut(tmp_path: Path, workers: int) -> None:
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Crowd(tmp_path, workers) as scene:
            await scene.begin()
            await scene.gateway.start()
            await cut(scene, disk, random.Random(workers).randrange(5, PEOPLE // 2))
            await scene.gateway.start()
            print(scene.check(await scene.come()))
            assert await scene.gateway.stop() == 0


async def test_this_test_fails_for_a_gateway_that_answers_before_the_fsync(tmp_path: Path) -> None:
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Crowd(tmp_path) as scene:
            scene.gateway.program = CARELESS
            await scene.begin()
            await scene.gateway.start()
            await cut(scene, disk, 20)
            await scene.gateway.start()
            assert (await scene.come()).intersection(scene.refused)


@pytest.mark.parametrize(
    ("calls", "error", "number"),
    [
        (SYNC, "EIO", 8),
        pytest.param(SYNC, "ENOSPC", 21, marks=pytest.mark.long),
        pytest.param(WRITE, "EIO", 30, marks=pytest.mark.long),
        pytest.param(WRITE, "EIO", 61, marks=pytest.mark.long),
    ],
)
async def test_after_an_error_of_the_disk_it_ends_and_no_refusal_is_forgotten(
    tmp_path: Path, calls: str, error: str, number: int
) -> None:
    """Then the power is cut: what was not fsynced is gone."""
    need("strace")
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Crowd(tmp_path) as scene:
            await scene.begin()
            inject(scene, calls, error, str(number), STATE)
            assert await scene.gateway.starts_or_ends()
            await scene.refuse()
            assert scene.refused
            assert injected(scene) == 1
            assert await scene.gateway.ended() != 0
            disk.cut()
            disk.back()
            scene.gateway.through = ()
            await scene.gateway.start()
            print(scene.check(await scene.come()))
            assert await scene.gateway.stop() == 0
