"""SIGTERM and SIGKILL under load, while both receivers work: nothing is lost; a stop is clean and in time."""

import asyncio
import random
import time
from pathlib import Path

import pytest
from aiohttp import web
from process import until
from receivers import Received, Receiver, hang

from faults.rig import ONE_OR_TWO, Scene

GRACE = 20.0
"""Seconds that requests may take to finish (gateway/web/listening.py)."""
ENDS = 3.0
"""Seconds after which it waits for its senders alone; they have ten."""
TIMES = [3, pytest.param(50, marks=pytest.mark.long)]


@pytest.mark.parametrize("workers", ONE_OR_TWO)
@pytest.mark.parametrize("times", TIMES)
async def test_sigterm_loses_nothing_doubles_nothing_and_ends_in_time(tmp_path: Path, times: int, workers: int) -> None:
    """Every second time it is sent to the workers too, as when a whole group is ended."""
    chance, took = random.Random(times), []
    async with Scene(tmp_path, workers=workers) as scene:
        for number in range(times):
            await scene.gateway.start()
            await scene.answered(chance.randrange(1, 100))
            began = time.monotonic()
            assert await scene.gateway.stop(all_of_it=number % 2 == 1) == 0
            took.append(time.monotonic() - began)
        assert max(took) < GRACE
        await scene.gateway.start()
        print(f"{times} SIGTERM, the slowest {max(took):.2f} s;", await scene.settled())
        assert await scene.gateway.stop() == 0


@pytest.mark.long
@pytest.mark.parametrize("workers", ONE_OR_TWO)
@pytest.mark.parametrize("times", [3, 50])
async def test_sigkill_loses_nothing(tmp_path: Path, times: int, workers: int) -> None:
    chance = random.Random(times)
    async with Scene(tmp_path, workers=workers) as scene:
        for _ in range(times):
            await scene.gateway.start()
            await scene.answered(chance.randrange(1, 100))
            await scene.gateway.kill()
            scene.crashes += 1
        await scene.gateway.start()
        print(f"{times} SIGKILL;", await scene.settled())
        assert await scene.gateway.stop() == 0


@pytest.mark.long
@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_sigterm_while_a_receiver_hangs_still_ends_in_time(tmp_path: Path, workers: int) -> None:
    """What was in flight then may have been taken, and counts as ambiguous."""
    async with Scene(tmp_path, workers=workers) as scene:
        scene.crm.answers(hang())
        await scene.gateway.start()
        await scene.answered(50)
        await until(lambda: bool(scene.crm.requests))
        began = time.monotonic()
        assert await scene.gateway.stop() == 0
        took = time.monotonic() - began
        assert took < GRACE
        scene.crm.answers(None)
        await scene.gateway.start()
        print(f"stopped in {took:.2f} s;", await scene.settled())
        assert await scene.gateway.stop() == 0


async def test_sigterm_in_the_middle_of_a_reload_doubles_nothing(tmp_path: Path) -> None:
    """A deploy: a file changes, and the gateway is started anew, while a receiver takes its time. It gets
    its seconds to answer, and what it took is marked."""
    async with Scene(tmp_path, clients=2) as scene:
        go = asyncio.Event()

        async def slow(receiver: Receiver, received: Received) -> web.StreamResponse:
            await go.wait()
            return await receiver.usual(receiver, received)

        def said(event: str) -> int:
            return scene.gateway.log.read_text().count(f'"event": "{event}"')

        await scene.gateway.start()
        await scene.answered(20)
        asked = len(scene.crm.requests)
        scene.crm.answers_next(slow)
        await until(lambda: len(scene.crm.requests) > asked)
        file = scene.gateway.base / "tags" / "shop.yaml"
        file.write_text(file.read_text().replace("/hook", "/another"))
        await until(lambda: said("container_loaded") == 2, within=60)
        stopping = asyncio.create_task(scene.gateway.stop())
        await until(lambda: said("stopping") == 1, within=60)
        # Nobody comes any more: the senders are next, and have some seconds.
        await scene.load.stop()
        since = time.monotonic() + ENDS
        await until(lambda: time.monotonic() > since)
        go.set()
        assert await stopping == 0
        await scene.gateway.start()
        print(await scene.settled())
        assert scene.twice("crm") == 0
        assert (await scene.watch.look())["crm"].ambiguous == 0, "nothing was cut off"
        assert {one.path for one in scene.crm.requests} == {"/hook", "/another"}
        assert await scene.gateway.stop() == 0
