"""SIGKILL at any moment: what `put` returned is there when the file is opened again."""

import asyncio
import secrets
import sys

from outbox.shared import checked, outbox

PROCESSES = 10

WRITES = """
import asyncio, sys
from pathlib import Path
from gateway.model import Outcome, Parcel, Verdict
from gateway.outbox.protocol import Arrival
from gateway.outbox.sqlite import SqliteOutbox
from gateway.store.writer import Limits

box = SqliteOutbox(Path(sys.argv[1]), now=lambda: 5, limits=Limits(log=1 << 18))

async def write(lane):
    for n in range(1_000_000):
        name = f"{lane}-{n}"
        parcels = tuple(
            Parcel(container="shop", tag=tag, lane=b"l", body=name.encode(), at=1, rests=("a",), known_by=(b"k",))
            for tag in ("matomo", "ga4")
        )
        await box.put([Arrival(container="shop", id=name, parcels=parcels)], 0)
        print(name, flush=True)

async def send():
    while True:
        flying = box.leaving(await box.claim("shop", "ga4", 10))
        await box.settle([(one, Verdict(Outcome.DELIVERED)) for one in flying])
        await asyncio.sleep(0)

async def main():
    await box.open()
    await asyncio.gather(send(), *(write(lane) for lane in range(8)))

asyncio.run(main())
"""


async def printed_until_killed(path, lines):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITES, str(path), stdout=asyncio.subprocess.PIPE
    )
    printed = []
    while len(printed) < lines:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line, await process.wait()
        printed.append(line)
    process.kill()
    rest = await process.stdout.read()
    await process.wait()
    whole = b"".join(printed) + rest[: rest.rfind(b"\n") + 1]
    return whole.split()


async def check(path, lines):
    printed = await printed_until_killed(path, lines)
    box = outbox(path)
    await box.open()
    assert box.damaged is None
    stored = {one.parcel.body for one in await box.claim("shop", "matomo", 1_000_000)}
    assert len(printed) >= lines
    assert not set(printed) - stored
    counts = await checked(box)
    assert all(each.balanced for each in counts.values())
    assert counts["shop", "ga4"].accepted == counts["shop", "matomo"].accepted == len(stored)
    await box.close()


async def test_a_kill_loses_nothing_that_was_promised(tmp_path):
    for pair in range(PROCESSES // 2):
        await asyncio.gather(*(check(tmp_path / f"{pair}{n}.db", 1 + secrets.randbelow(1500)) for n in range(2)))
