"""Pages of the queue's file overwritten while it is stopped, with everything still waiting in it: the gateway starts,
says so, and what can still be read is delivered."""

from pathlib import Path

import aiohttp
import pytest
from process import until

from faults.rig import ONE_OR_TWO, Scene

PAGE = 4096
DAMAGED = 3
INTERIOR = (b"\2", b"\5")
"""First bytes of pages that say where others are (sqlite.org/fileformat2.html): without one hundreds are lost."""
MOST_ROWS = 10
"""Of one page."""


def overwrite(path: Path) -> int:
    """Some pages in the middle. How many there are."""
    pages = path.stat().st_size // PAGE
    with path.open("r+b") as file:
        for number in range(DAMAGED):
            page = pages // 3 + number * pages // 6
            file.seek(page * PAGE)
            while file.read(1) in INTERIOR:
                page += 1
                file.seek(page * PAGE)
            file.seek(page * PAGE)
            file.write(b"\xff" * PAGE)
    return pages


async def degraded(scene: Scene) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(scene.gateway.url + "/readyz") as answer:
        found: list[str] = (await answer.json())["degraded"]
        return found


@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_what_can_be_read_of_a_damaged_queue_is_delivered(tmp_path: Path, workers: int) -> None:
    async with Scene(tmp_path, size=4000, workers=workers) as scene:
        for receiver in scene.receivers:
            await receiver.down()
        await scene.gateway.start()
        await scene.answered(400)
        await scene.load.stop()
        assert await scene.gateway.stop() == 0
        pages = overwrite(scene.gateway.data / "queue.db")
        for receiver in scene.receivers:
            await receiver.up()
        await scene.gateway.start()
        assert "a damaged queue was set aside at start" in await degraded(scene)
        await until(lambda: '"event": "queue_salvaged"' in scene.gateway.log.read_text(), within=240)
        await scene.watch.emptied(within=240)
        lost = {tag: len(scene.lost(tag)) for tag in scene.tags}
        print(f"{DAMAGED} of {pages} pages overwritten, {len(scene.load.stored)} hits for 2 tags, lost {lost}")
        assert sum(lost.values()) <= MOST_ROWS * DAMAGED
        assert not any(scene.twice(tag) for tag in scene.tags)
        # The books begin anew with the file.
        assert not [line for line in scene.watch.wrong if "balance" in line]
        assert await scene.gateway.stop() == 0
