"""fsync and write errors of the queue's files, injected into the running process by strace: no false 2xx, nothing lost,
the process ends by itself with an error, and starting it again is all there is to do.

An injected call is not made, so what it should have put on disk is not there. So that a false 2xx shows, the data
folder is a file system of its own, and the power is cut when the process has ended: what was not fsynced is gone.
Needs root for that."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from process import until

from faults.rig import ONE_OR_TWO, Scene
from faults.tools import need
from faults.volume import Volume

SYNC, WRITE = "fsync,fdatasync", "pwrite64,write,writev,pwritev"
FILES = ("queue.db", "queue.db-wal")
CLIENTS = 4
ENOUGH = 75 * CLIENTS
"""Hits after which an error that has not come yet will not come: of each transaction, so that there are 75 at least."""


def inject(scene: Scene, calls: str, error: str, when: str, files: Iterable[str] = FILES) -> None:
    """From the next launch on; strace counts the calls of each thread, and the writer is one thread."""
    paths = [word for file in files for word in ("-P", str(scene.gateway.data / file))]
    told = ("-e", f"trace={calls}", "-e", f"inject={calls}:error={error}:when={when}")
    record = ("-o", str(scene.gateway.base / "strace"))
    scene.gateway.through = ("strace", "-D", "-q", "-f", "--seccomp-bpf", *record, *paths, *told)


def injected(scene: Scene) -> int:
    return (scene.gateway.base / "strace").read_text().count("(INJECTED)")


async def struck(scene: Scene, disk: Volume, calls: str, error: str, number: int) -> bool:
    """One run with the error in the number-th call, then a power cut. Whether the error came."""
    inject(scene, calls, error, str(number))
    known = len(scene.load.stored)
    await scene.gateway.starts_or_ends()
    process = scene.gateway.process
    if process.returncode is None:
        await until(lambda: process.returncode is not None or len(scene.load.stored) > known + ENOUGH, within=240)
    came = injected(scene) > 0
    # A want of space may pass, where it is not fsync that says so; after everything else the file is not to be trusted.
    if came and (error == "EIO" or calls == SYNC):
        assert await scene.gateway.ended() != 0, scene.gateway.log.read_text()[-2000:]
        assert kept(scene) or not known
    elif not came:
        assert process.returncode is None, scene.gateway.log.read_text()[-2000:]
    scene.gateway.freeze()
    disk.cut()
    scene.crashes += 1
    await scene.gateway.kill()
    disk.back()
    return came


EVERY = range(1, 61)
LATER = range(61, 3000, 97)


def case(calls: str, error: str, numbers: Iterable[int], name: str, *, long: bool = True) -> Any:
    return pytest.param(calls, error, numbers, id=f"{name} {error}", marks=[pytest.mark.long] * long)


@pytest.mark.parametrize("workers", ONE_OR_TWO)
@pytest.mark.parametrize(
    ("calls", "error", "numbers"),
    [
        case(SYNC, "EIO", (20,), "an fsync", long=False),
        case(WRITE, "EIO", (60,), "a write", long=False),
        case(SYNC, "EIO", EVERY, "every fsync"),
        case(SYNC, "ENOSPC", EVERY, "every fsync"),
        case(WRITE, "EIO", EVERY, "every write"),
        case(WRITE, "ENOSPC", EVERY, "every write"),
        case(WRITE, "EIO", LATER, "later writes"),
    ],
)
async def test_after_an_error_of_the_disk_nothing_is_promised_and_nothing_is_lost(
    tmp_path: Path, calls: str, error: str, numbers: Sequence[int], workers: int
) -> None:
    need("strace")
    with Volume(tmp_path / "image", tmp_path / "data", 160) as disk:
        async with Scene(tmp_path, clients=CLIENTS, workers=workers) as scene:
            # Matomo's hits stay in the queue; the CRM's are delivered and marked.
            await scene.matomo.down()
            came = [await struck(scene, disk, calls, error, number) for number in numbers]
            assert all(came) if numbers is EVERY else any(came)
            scene.gateway.through = ()
            await scene.matomo.up()
            await scene.gateway.start()
            print(f"{calls}: {sum(came)} of {len(came)} {error} came;", await scene.settled())
            # However often it crashed: nothing of it had been sent before.
            assert scene.twice("matomo") == 0
            assert await scene.gateway.stop() == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("calls", "error", "number"),
    [
        # The first of each is the start's.
        pytest.param(SYNC, "EIO", 2, id="fsync EIO"),
        pytest.param(SYNC, "ENOSPC", 2, id="fsync ENOSPC"),
        pytest.param(WRITE, "EIO", 2, id="first write EIO"),
        pytest.param(WRITE, "EIO", 40, id="later write EIO"),
        pytest.param(WRITE, "ENOSPC", 2, id="first write ENOSPC"),
        pytest.param(WRITE, "ENOSPC", 40, id="later write ENOSPC"),
    ],
)
async def test_a_log_that_cannot_be_moved_into_the_file_loses_nothing(
    tmp_path: Path, calls: str, error: str, number: int
) -> None:
    """Under load; what was answered is in the log, and must stay there until it is in the file for certain."""
    need("strace")
    with Volume(tmp_path / "image", tmp_path / "data", 160) as disk:
        async with Scene(tmp_path, clients=CLIENTS, size=4000) as scene:
            await made(scene)
            inject(scene, calls, error, str(number), FILES[:1])
            await scene.gateway.start()
            await until(lambda: injected(scene) == 1, within=240)
            if error == "EIO" or calls == SYNC:
                assert await scene.gateway.ended() != 0
                assert kept(scene)
            else:
                await scene.answered(100)
            print(f"{calls}: {error};", await after_the_cut(scene, disk))


@pytest.mark.parametrize("number", [pytest.param(1, id="at the start"), pytest.param(2, id="at the end")])
async def test_a_log_that_cannot_be_moved_when_it_starts_or_stops_stays(tmp_path: Path, number: int) -> None:
    """The last one that has a file open moves its log into it while it closes, if nobody keeps it from that: an fsync
    that failed is then tried again, is told that all went well, and the log is gone."""
    need("strace")
    with Volume(tmp_path / "image", tmp_path / "data", 160) as disk:
        async with Scene(tmp_path, clients=CLIENTS) as scene:
            await made(scene)
            await scene.gateway.start()
            await scene.answered(50)
            await scene.gateway.kill()
            scene.crashes += 1
            inject(scene, SYNC, "EIO", str(number), FILES[:1])
            if await scene.gateway.starts_or_ends():
                # By itself, or it is told to and finds it then.
                process = scene.gateway.process
                await until(lambda: process.returncode is not None or number > 1, within=240)
            assert await scene.gateway.stop() != 0
            assert injected(scene) == 1
            assert kept(scene)
            print(await after_the_cut(scene, disk))


async def made(scene: Scene) -> None:
    """Once more than it takes to make the file: from then on only the log is moved into it."""
    await scene.matomo.down()
    await scene.gateway.start()
    await scene.answered(20)
    assert await scene.gateway.stop() == 0


def kept(scene: Scene) -> bool:
    """Whether the log is there: after an error of the disk it is the only copy to trust."""
    return (scene.gateway.data / FILES[1]).exists()


async def after_the_cut(scene: Scene, disk: Volume) -> str:
    """The figures, once the power came back and everything is delivered."""
    scene.gateway.freeze()
    disk.cut()
    scene.crashes += 1
    await scene.gateway.kill()
    disk.back()
    scene.gateway.through = ()
    await scene.matomo.up()
    await scene.gateway.start()
    figures = await scene.settled()
    assert await scene.gateway.stop() == 0
    return figures


@pytest.mark.long
async def test_a_want_of_space_that_passes_stops_nothing_for_good(tmp_path: Path) -> None:
    """ENOSPC for some twenty writes, also when deliveries are marked: hits are taken and delivered again by themselves,
    and what was sent and could not be marked is not sent again. Needs no root."""
    need("strace")
    async with Scene(tmp_path, clients=2) as scene:
        inject(scene, "pwrite64", "ENOSPC", "300..320")
        await scene.gateway.start()
        await until(lambda: injected(scene) == 21, within=240)
        await scene.answered(50)
        print(await scene.settled())
        assert scene.load.statuses[503]
        assert await scene.gateway.stop() == 0


@pytest.mark.long
async def test_a_quota_that_is_used_up_stops_nothing_for_good(tmp_path: Path) -> None:
    """EDQUOT, which SQLite tells as any failed write, for some writes of each file and whenever its thread asks for
    space then. Needs no root."""
    need("strace")
    async with Scene(tmp_path, clients=2) as scene:
        # A thread's first two are the log's and the ballast's.
        quota = ("inject=pwrite64:error=EDQUOT:when=300..305", "inject=fallocate:error=EDQUOT:when=3..100")
        told = [word for each in ("trace=pwrite64,fallocate", *quota) for word in ("-e", each)]
        scene.gateway.through = ("strace", "-D", "-q", "-f", "--seccomp-bpf", "-o", str(tmp_path / "strace"), *told)
        await scene.gateway.start()

        process = scene.gateway.process

        def struck() -> bool:
            assert process.returncode is None, scene.gateway.log.read_text()[-2000:]
            calls = [line for line in (tmp_path / "strace").read_text().splitlines() if "(INJECTED)" in line]
            return sum("pwrite64" in line for line in calls) >= 6

        await until(struck, within=240)
        await scene.answered(50)
        print(await scene.settled())
        assert scene.load.statuses[503]
        assert await scene.gateway.stop() == 0


@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_a_file_system_that_turns_read_only_loses_nothing(tmp_path: Path, workers: int) -> None:
    """It ends with an error and does not start again as long as that lasts, and says why."""
    with Volume(tmp_path / "image", tmp_path / "data", 160) as disk:
        async with Scene(tmp_path, clients=4, workers=workers) as scene:
            await scene.matomo.down()
            await scene.gateway.start()
            await scene.answered(100)
            disk.fail()
            assert await scene.gateway.ended() != 0
            assert '"event": "crashed"' not in scene.gateway.log.read_text()
            assert not await scene.gateway.starts_or_ends()
            assert "Read-only file system" in scene.gateway.log.read_text().splitlines()[-1]
            await scene.gateway.kill()
            scene.crashes += 1
            disk.back()
            await scene.matomo.up()
            await scene.gateway.start()
            print(await scene.settled())
            assert scene.twice("matomo") == 0, "nothing of it had been sent"
            assert await scene.gateway.stop() == 0


STILL = 20
"""Seconds: longer than a worker or a receiver may take to answer, shorter than the clients' patience."""


@pytest.mark.long
@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_a_disk_that_stands_still_for_a_while_loses_nothing(tmp_path: Path, workers: int) -> None:
    """An fsync that takes its time: what waits for it is answered late, and the process goes on and says how it is."""
    need("strace")
    async with Scene(tmp_path, clients=8, workers=workers) as scene:
        slow = ("-e", "trace=fdatasync", "-e", f"inject=fdatasync:delay_enter={STILL}s:when=60")
        log = str(scene.gateway.data / FILES[1])
        record = ("-o", str(scene.gateway.base / "strace"), "-P", log)
        scene.gateway.through = ("strace", "-D", "-q", "-f", "--seccomp-bpf", *record, *slow)
        await scene.gateway.start()
        pid = scene.gateway.processes[0]
        await until(lambda: len(scene.load.stored) > 0 and still(scene) >= STILL / 2, within=240)
        assert await scene.gateway.metrics()
        await scene.answered(100)
        assert scene.gateway.processes[0] == pid
        print(await scene.settled())
        assert await scene.gateway.stop() == 0


def still(scene: Scene) -> float:
    """Seconds since the last 2xx."""
    return time.monotonic() - max(scene.load.stored.values())
