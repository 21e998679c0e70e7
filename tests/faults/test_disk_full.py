"""A full disk: a file system of 80 MiB as data folder, filled by the gateway itself or by somebody else. 503 with
Retry-After and nothing else, nothing lost, what is queued is delivered without anybody making room, and hits are taken
again when there is room. Needs root (a mount)."""

import asyncio
import uuid
from pathlib import Path

import aiohttp
import pytest
from process import until
from receivers import status

from faults.rig import ONE_OR_TWO, PATIENCE, Scene
from faults.test_kill import ORIGIN
from faults.volume import Volume

MIB = 80
"""What is held back takes 48 of it, the file system itself some more."""
LATER = status(503, headers={"retry-after": "1"})
"""Holds a tag up for a second at a time."""


async def refused(scene: Scene, more: int) -> None:
    """Until so many more requests have been answered 503."""
    scene.load.pause = 0.0
    wanted = scene.load.statuses[503] + more
    await until(lambda: scene.load.statuses[503] >= wanted, within=PATIENCE)


def hold(scene: Scene, *, up: bool) -> None:
    """Both receivers, from now on."""
    for receiver in (scene.matomo, scene.crm):
        receiver.answers(None if up else LATER)


async def delivered(scene: Scene, within: float = PATIENCE) -> None:
    """Until every hit answered 2xx so far has been recorded by both. The clients keep trying, a little slower."""
    scene.load.pause = 0.5
    stored = set(scene.load.stored)
    await until(lambda: all(stored <= scene.came(tag).keys() for tag in scene.tags), within)


async def test_a_disk_that_the_gateway_fills_itself(tmp_path: Path) -> None:
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, clients=4, hits=8, size=8000) as scene:
            hold(scene, up=False)
            await scene.gateway.start()
            await refused(scene, 20)
            free = disk.free
            hold(scene, up=True)
            await delivered(scene)
            # By itself: the file keeps its size, the space inside it is free again.
            await scene.answered(40)
            print(f"{free} bytes were free;", await scene.settled())
            assert await scene.gateway.stop() == 0


ENDS = ("runs on", "killed", "stopped")


@pytest.mark.long
@pytest.mark.parametrize("workers", ONE_OR_TWO)
@pytest.mark.parametrize("end", ENDS)
async def test_a_disk_that_others_fill(tmp_path: Path, end: str, workers: int) -> None:
    """To the last byte, under load. In two of three cases the gateway has to start again with 0 bytes free."""
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, clients=4, hits=4, size=4000, workers=workers) as scene:
            hold(scene, up=False)
            await scene.gateway.start()
            await scene.answered(200)
            others = disk.fill()
            await refused(scene, 20)
            others = disk.fill()
            assert disk.free == 0
            if end == "killed":
                await scene.gateway.kill()
                scene.crashes += 1
                await scene.gateway.start()
            elif end == "stopped":
                assert await scene.gateway.stop() == 0
                disk.fill()
                assert disk.free == 0
                await scene.gateway.start()
            hold(scene, up=True)
            await delivered(scene)
            others.unlink()
            await scene.answered(100)
            print(f"{end};", await scene.settled())
            assert await scene.gateway.stop() == 0


@pytest.mark.long
async def test_a_disk_that_others_fill_while_it_is_stopped(tmp_path: Path) -> None:
    """After a clean stop its logs are gone, and to start takes space that there is not."""
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, clients=4, hits=4, size=4000) as scene:
            hold(scene, up=False)
            await scene.gateway.start()
            await scene.answered(200)
            assert await scene.gateway.stop() == 0
            others = disk.fill()
            assert disk.free == 0
            await scene.gateway.start()
            hold(scene, up=True)
            await delivered(scene)
            others.unlink()
            await scene.answered(100)
            print(await scene.settled())
            assert await scene.gateway.stop() == 0


@pytest.mark.long
async def test_a_disk_that_others_fill_again_whenever_something_is_free(tmp_path: Path) -> None:
    """They also take what the gateway gives up of its own. What cannot be delivered then comes when there is room."""
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, clients=4, hits=4, size=4000) as scene:
            hold(scene, up=False)
            await scene.gateway.start()
            await scene.answered(600)
            others = disk.fill()
            await refused(scene, 20)
            hold(scene, up=True)
            scene.load.pause = 0.5
            looks = scene.watch.looks

            def taken() -> bool:
                disk.fill()
                return scene.watch.looks > looks + 60

            await until(taken, within=240)
            others.unlink()
            await delivered(scene)
            await scene.answered(100)
            print(await scene.settled())
            assert await scene.gateway.stop() == 0


@pytest.mark.long
async def test_the_log_stays_within_what_is_set_aside_for_it(tmp_path: Path) -> None:
    """Single hits make the most log for their size, and readers must not keep it from being written again from its
    start. Twice 8 MiB are set aside: more would not fit on a full disk."""
    async with Scene(tmp_path, clients=4) as scene:
        await scene.gateway.start()
        await scene.answered(3000, within=300)
        assert (scene.gateway.data / "queue.db-wal").stat().st_size <= 16 << 20
        print(await scene.settled())


WITHDRAWALS = 2000
"""More than the logs of both files take before they must be moved into them."""
ASKS = "consent: { from: { cookie: cookie_consent }, purposes: { analytics: statistics } }"


async def withdrawn(scene: Scene, number: int) -> list[int]:
    """So many visitors who refuse, two at a time; what they were answered."""
    left, answers = iter(range(number)), []

    async def refuse(session: aiohttp.ClientSession) -> None:
        for _ in left:
            choice = {"consent": {"analytics": False}, "page": uuid.uuid4().hex}
            async with session.post(f"{scene.gateway.url}/consent/shop", json=choice, headers=ORIGIN) as answer:
                answers.append(answer.status)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(refuse(session), refuse(session))
    return answers


@pytest.mark.long
async def test_who_withdraws_is_heard_on_a_full_disk(tmp_path: Path) -> None:
    """Hits are refused, a refusal is not: what is queued would leave without it."""
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, clients=4, hits=4, size=4000) as scene:
            file = scene.gateway.base / "tags" / "shop.yaml"
            asks = file.read_text().replace("consent: not_needed", ASKS)
            file.write_text(asks.replace("send_when: purchase", "send_when: purchase\n    consent: not_needed"))
            hold(scene, up=False)
            await scene.gateway.start()
            await scene.answered(200)
            others = disk.fill()
            await refused(scene, 20)
            others = disk.fill()
            assert disk.free == 0
            scene.load.pause = 0.5
            answers = await withdrawn(scene, WITHDRAWALS)
            print(f"{answers.count(204)} of {len(answers)} refusals were taken with 0 bytes free, {disk.free} now")
            assert set(answers) == {204}
            hold(scene, up=True)
            await delivered(scene)
            others.unlink()
            print(await scene.settled())
            assert await scene.gateway.stop() == 0


@pytest.mark.long
async def test_where_there_is_no_room_to_start_it_says_what_to_do(tmp_path: Path) -> None:
    """Somebody took even what was held back. With room it starts as if nothing had been."""
    with Volume(tmp_path / "image", tmp_path / "data", MIB) as disk:
        async with Scene(tmp_path, clients=4, hits=4, size=4000) as scene:
            hold(scene, up=False)
            await scene.gateway.start()
            await scene.answered(200)
            assert await scene.gateway.stop() == 0
            for ballast in scene.gateway.data.glob("*.ballast"):
                ballast.unlink()
            others = disk.fill()
            assert not await scene.gateway.starts_or_ends()
            said = scene.gateway.log.read_text().splitlines()[-1]
            print(said)
            assert said.endswith("make room, 2 MiB at least. What is queued is kept.")
            others.unlink()
            hold(scene, up=True)
            await scene.gateway.start()
            print(await scene.settled())
            assert await scene.gateway.stop() == 0
