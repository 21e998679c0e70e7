"""Power cuts under load: the file system is shut down by ioctl without its journal, at a moment that nobody chose, then
mounted again. SIGKILL proves nothing about fsync; this does. Needs root (a mount).

The image lies on a loop device, whose own cache survives: what is proved is that every 2xx was handed to the disk with
a flush, not that the disk keeps what it was handed."""

import asyncio
import random
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from faults.rig import ONE_OR_TWO, Scene
from faults.volume import Volume

CARELESS = (sys.executable, str(Path(__file__).with_name("careless.py")))
MIB = 160


async def cut(scene: Scene, disk: Volume, chance: random.Random, most: int) -> None:
    """One run that ends with a power cut. Every second time Matomo is down, so that its hits are only on disk; the
    longer runs reach a checkpoint."""
    if chance.random() < 0.5:
        await scene.matomo.down()
    await scene.gateway.start()
    await scene.answered(chance.choice((chance.randrange(1, 50), chance.randrange(50, most))))
    scene.gateway.freeze()
    disk.cut()
    scene.crashes += 1
    await scene.gateway.kill()
    disk.back()
    await scene.matomo.down()
    await scene.matomo.up()


@pytest.mark.parametrize("workers", ONE_OR_TWO)
@pytest.mark.parametrize("cuts", [3, pytest.param(20, marks=pytest.mark.long)])
async def test_every_hit_answered_arrives_though_the_power_is_cut(tmp_path: Path, cuts: int, workers: int) -> None:
    chance = random.Random(cuts)
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, size=4000, workers=workers) as scene:
            for _ in range(cuts):
                await cut(scene, disk, chance, most=800 if cuts > 3 else 200)
            await scene.gateway.start()
            print(f"{cuts} cuts;", await scene.settled())
            assert await scene.gateway.stop() == 0


async def lasted(process: asyncio.subprocess.Process, seconds: float) -> None:
    """So long, or until it ends."""
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), seconds)


@pytest.mark.long
async def test_a_power_cut_while_it_starts_for_the_first_time_needs_no_repair(tmp_path: Path) -> None:
    """Ten first starts, each cut at another moment: what was being made is made anew."""
    for number in range(10):
        base = tmp_path / str(number)
        base.mkdir()
        with Volume(base / "image", base / "data", MIB) as disk:
            async with Scene(base) as scene:
                process = await scene.gateway.launch()
                await lasted(process, number * 0.1)
                scene.gateway.freeze()
                disk.cut()
                scene.crashes += 1
                await scene.gateway.kill()
                disk.back()
                await scene.gateway.start()
                await scene.answered(20)
                print(await scene.settled())
                assert await scene.gateway.stop() == 0


async def test_this_test_fails_for_a_gateway_that_answers_before_the_fsync(tmp_path: Path) -> None:
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path) as scene:
            scene.gateway.program = CARELESS
            await scene.matomo.down()
            await scene.gateway.start()
            await scene.answered(200)
            scene.gateway.freeze()
            disk.cut()
            await scene.gateway.kill()
            disk.back()
            await scene.matomo.up()
            await scene.gateway.start()
            await scene.drained()
            print(f"careless: 2xx {len(scene.load.stored)}, lost {len(scene.lost('matomo'))}")
            assert scene.lost("matomo")
            assert scene.watch.wrong, "the books show it too"
