"""As many connections as the process may have files open: who comes then has to wait, nothing is lost, and with handles
again it goes on by itself."""

import asyncio
from pathlib import Path

import pytest
from process import until

from faults.rig import Scene

MOST = 64
"""Files that it may have open; some thirty it needs itself."""


def handles(scene: Scene) -> int:
    return sum(1 for _ in Path(f"/proc/{scene.gateway.processes[0]}/fd").iterdir())


async def connected(scene: Scene) -> asyncio.StreamWriter:
    return (await asyncio.open_connection("127.0.0.1", scene.gateway.port))[1]


@pytest.mark.long
async def test_connections_that_take_every_handle_lose_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path, clients=2) as scene:
        scene.gateway.through = ("prlimit", f"--nofile={MOST}", "--")
        await scene.gateway.start()
        await scene.answered(50)
        await scene.matomo.down()
        idle = []
        async with asyncio.timeout(60):
            while handles(scene) < MOST:
                idle.append(await connected(scene))
        # The kernel takes them; the process cannot.
        idle += [await connected(scene) for _ in range(5)]
        # Those that had a connection before go on; and Matomo cannot be connected to.
        await scene.matomo.up()
        await scene.answered(50)
        before = len(scene.load.stored)
        for connection in idle:
            connection.close()
        await until(lambda: handles(scene) < MOST, within=60)
        await scene.answered(50)
        print(f"{len(idle)} idle connections, {before} hits until then;", await scene.settled())
        assert await scene.gateway.stop() == 0
