"""SIGTERM and SIGKILL under load, while both receivers work: nothing is lost; a stop is clean and in time."""

import random
import time
from pathlib import Path

import pytest
from process import until
from receivers import hang

from faults.rig import ONE_OR_TWO, Scene

GRACE = 20.0
"""Seconds that requests may take to finish (gateway/web/listening.py)."""
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
