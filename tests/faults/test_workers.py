"""Several processes under faults: workers that are killed or stand still while a receiver is down, the one that keeps
the data killed, the power cut. Nothing is lost, nothing comes twice, the books balance all the while."""

import os
import random
import signal
from pathlib import Path

import aiohttp
import pytest
from process import until

from faults.rig import Scene
from faults.test_power_cut import MIB, cut
from faults.volume import Volume

TIMES = [2, pytest.param(14, marks=pytest.mark.long)]
CLIENTS = 12
"""So many that some are always at the worker that goes on."""


async def whole(scene: Scene, without: int) -> None:
    """Until all workers answer again, and this one is gone."""

    async def all_there() -> bool:
        now = scene.gateway.workers_now
        if without in now or len(now) < scene.gateway.workers:
            return False
        try:
            async with aiohttp.ClientSession() as session, session.get(scene.gateway.url + "/readyz") as answer:
                return not [line for line in (await answer.json())["degraded"] if "workers" in line]
        except aiohttp.ClientError:
            return False

    await until(all_there, within=240)


@pytest.mark.parametrize("times", TIMES)
async def test_workers_that_are_killed_or_stand_still_lose_and_double_nothing(tmp_path: Path, times: int) -> None:
    """Every second time one stands still for as long as the other takes hits; then it is killed too, in the middle of
    what came meanwhile."""
    chance = random.Random(times)
    async with Scene(tmp_path, clients=CLIENTS, workers=2) as scene:
        await scene.gateway.start()
        await scene.matomo.down()
        for number in range(times):
            await scene.answered(chance.randrange(20, 100))
            victim = chance.choice(scene.gateway.workers_now)
            if number % 2:
                os.kill(victim, signal.SIGSTOP)
                await scene.answered(chance.randrange(20, 100))
                os.kill(victim, signal.SIGCONT)
            os.kill(victim, signal.SIGKILL)
            await whole(scene, victim)
        await scene.matomo.up()
        print(f"{times} workers killed;", await scene.settled())
        # Matomo was cut off once, perhaps with a bulk in flight; of the CRM nothing was.
        assert scene.twice("crm") == 0
        assert await scene.gateway.stop() == 0


async def test_a_keeper_that_is_killed_takes_its_workers_along_and_loses_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path, workers=2) as scene:
        for _ in range(2):
            await scene.gateway.start()
            await scene.answered(50)
            await scene.gateway.kill()
            scene.crashes += 1
        await scene.gateway.start()
        print(await scene.settled())
        assert await scene.gateway.stop(all_of_it=True) == 0


async def test_a_power_cut_of_several_processes(tmp_path: Path) -> None:
    chance = random.Random(2)
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, size=4000, workers=2) as scene:
            for _ in range(2):
                await cut(scene, disk, chance, most=200)
            await scene.gateway.start()
            print(await scene.settled())
            assert await scene.gateway.stop() == 0
