"""The clock set back and forth by hours under load (libfaketime): nothing is lost, nothing comes twice, and the times
that Matomo gets are the gateway's clock when the hit came, never later than its clock when the hit was sent.

Only the time of day jumps, as when an operator or NTP sets it: the monotonic clock goes on. Every call goes through
libc (uvloop's and Python's too), so nothing escapes the library; it looks into its file once a second. It makes the
gateway several times slower: few clients."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from process import until
from receivers import MatomoReceiver, Received, Receiver, status

from faults.rig import Scene
from faults.tools import need

SLACK = 4.0
"""Seconds: libfaketime looks once in one, the hit may have waited, cdt has whole ones."""
HOUR = 3600
LATER = status(503, headers={"retry-after": "1"})


class Dated(MatomoReceiver):
    """Knows when each entry came (monotonic)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.at: list[float] = []

    async def usual(self, receiver: Receiver, received: Received) -> web.StreamResponse:
        answer = await super().usual(receiver, received)
        self.at += [time.monotonic()] * (len(self.recorded) - len(self.at))
        return answer


class FalseTime(Scene):
    """Its gateway's clock is as many hours wrong as `jump` last said."""

    plays_matomo = Dated

    async def __aenter__(self) -> "FalseTime":
        await super().__aenter__()
        self._file = self.gateway.base / "faketime"
        self._said: list[tuple[float, float]] = []
        self.gateway.environment = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.jump(0)
        return self

    def jump(self, hours: float) -> None:
        """From now on."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{hours * HOUR:+.0f}s\n")
        fresh.replace(self._file)
        self._said.append((time.monotonic(), hours * HOUR))

    async def answered_wrong(self, more: int) -> None:
        """So many hits after the jump has surely been seen."""
        since = time.monotonic() + 1.5
        await until(lambda: time.monotonic() > since)
        await self.answered(more)

    def clocks(self, at: float) -> Iterator[float]:
        """What the gateway's clock may have shown at this moment, in seconds since 1970."""
        true = time.time() - time.monotonic() + at
        ends = [since for since, _ in self._said[1:]] + [float("inf")]
        for (since, offset), end in zip(self._said, ends, strict=True):
            if since <= at + 0.1 and at < end + 2.5:
                yield true + offset

    def told(self, entry: Mapping[str, str]) -> float:
        """The time that Matomo was told."""
        return datetime.fromisoformat(entry["cdt"]).replace(tzinfo=UTC).timestamp()

    def wrong_times(self) -> list[str]:
        """Entries whose time is neither the clock's at arrival nor, where that is still to come, at sending."""
        wrong = []
        for entry, sent in zip(self.matomo.recorded, self.matomo.at, strict=True):
            came = self.load.stored.get(entry["url"])
            told = self.told(entry)
            fits = came is None or any(
                abs(told - min(at, then)) < SLACK for at in self.clocks(came) for then in self.clocks(sent)
            )
            if not fits:
                wrong.append(f"{entry['url']}: {entry['cdt']}")
        return wrong


def library() -> Path:
    """Where libfaketime is."""
    need("faketime")
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.fail("libfaketimeMT.so.1 is missing: apt-get install libfaketime")
    return found[0]


@pytest.mark.long
@pytest.mark.parametrize("jumps", [(5, -2), (5, -2, 11, 0, -20, 23, 1) * 3])
async def test_a_clock_that_is_set_by_hours_loses_and_doubles_nothing(tmp_path: Path, jumps: tuple[int, ...]) -> None:
    async with FalseTime(tmp_path, clients=2) as scene:
        await scene.gateway.start()
        await scene.answered(20)
        for number, hours in enumerate(jumps):
            # Every second time hits wait in the queue while the clock jumps.
            if number % 2:
                scene.matomo.answers(LATER)
                await scene.answered(20)
            scene.jump(hours)
            await scene.answered_wrong(20)
            scene.matomo.answers(None)
        print(f"{len(jumps)} jumps;", await scene.settled())
        offsets = {round((scene.told(entry) - time.time()) / HOUR) for entry in scene.matomo.recorded}
        assert set(jumps) <= offsets, "the clock did jump"
        assert scene.wrong_times() == []
        assert await scene.gateway.stop() == 0
