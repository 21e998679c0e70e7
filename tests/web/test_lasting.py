"""Work that breaks is told of and begins again; the others never notice."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.decide.suppose import judge
from gateway.destinations import TYPES
from gateway.language.load import Loader
from gateway.web.fleet import Fleet
from gateway.web.lasting import AGAIN, Lasting


class Breaks:
    """Breaks so often, with an error whose text is a person's; then it goes on."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.begun = 0
        self.well = asyncio.Event()
        self.cut = False

    async def __call__(self) -> None:
        self.begun += 1
        self.left -= 1
        if self.left >= 0:
            raise NotImplementedError("alice@example.com")
        self.well.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cut = True
            raise


async def test_what_breaks_begins_again_and_the_others_go_on() -> None:
    waited, said = [], []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        said.append(lasting.lines)

    lasting, breaks, fine = Lasting(wait), Breaks(2), Breaks(0)
    with capture_logs() as logs:
        async with asyncio.timeout(10), lasting.going_on({"counting": breaks, "else": fine}):
            await breaks.well.wait()
            assert lasting.lines == []
    assert (breaks.begun, fine.begun) == (3, 1)
    assert (breaks.cut, fine.cut) == (True, True), "both ended with the context"
    assert waited == [AGAIN, AGAIN]
    assert said == [["counting broke, and begins again within a minute: the log says more"]] * 2
    assert [(one["event"], one["work"], one["error"]) for one in logs] == [
        ("work_broke", "counting", "NotImplementedError")
    ] * 2
    assert logs[0]["where"].startswith("test_lasting.py:")
    assert "alice" not in repr(logs)


async def test_what_ends_by_itself_is_not_begun_again() -> None:
    ended = asyncio.Event()

    async def once() -> None:
        assert not ended.is_set()
        ended.set()

    with capture_logs() as logs:
        async with Lasting().going_on({"once": once}):
            await ended.wait()
    assert logs == []


def test_a_file_that_the_system_will_not_look_at_keeps_what_runs(tmp_path: Path) -> None:
    def none(_: object) -> None:
        pytest.fail("there is nothing to prepare")

    fleet = Fleet(tmp_path, Loader(TYPES, judge), none)  # type: ignore[arg-type]
    # A name that is too long fails in stat itself, as a disk does that cannot be read and a folder that may not be.
    (status,) = fleet.reload([tmp_path / f"{'x' * 300}.yaml"])
    assert "[unreadable]" in status.report[0]
