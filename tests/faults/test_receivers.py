"""Receivers that misbehave, against the running gateway: nothing is lost, nothing comes twice but for ambiguous
attempts, those are counted, and a receiver that behaves gets its hits as if nothing were."""

import time
from email.utils import formatdate
from pathlib import Path
from statistics import quantiles

import pytest
from process import until
from receivers import drip, endless, garbage, hang, redirect, reset, status

from faults.answers import after_taking, in_turn, short
from faults.rig import BULK, ONE_OR_TWO, Scene

BASELINE = 100
"""Hits while all behave, by which the delay of the one that behaves is judged."""
NOISE = 0.25
"""Seconds that a delay may differ by chance: two of them share one process with all clients and receivers."""
MOST_GROWTH = 24 << 20
"""Bytes by which the process may grow while hits wait: buffers, not hits."""
UNAUTHORISED = 300.0
"""Seconds that a receiver answers 401."""
CALM = {"clients": 2, "pause": 0.02, "every": 0.5}


def date(seconds: float) -> str:
    return formatdate(time.time() + seconds, usegmt=True)


class Delays:
    """Seconds from the 2xx of a hit to its arrival at the CRM, which behaves."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._before: set[str] = set()

    async def baseline(self) -> None:
        """While all behave."""
        await self._scene.answered(BASELINE)
        await quiet(self._scene, "crm")
        self._before = set(self._scene.load.stored)

    def check(self) -> str:
        """That half of the hits, and nine of ten, came within twice what they took before."""
        before, since = self._of(self._before), self._of(self._scene.load.stored.keys() - self._before)
        figures = [(name, before[place], since[place]) for name, place in (("half", 4), ("nine of ten", 8))]
        text = ", ".join(f"{name} within {now * 1000:.0f} ms (before {then * 1000:.0f})" for name, then, now in figures)
        assert all(now <= 2 * then + NOISE for _, then, now in figures), text
        return f"the one that behaves: {text}"

    def _of(self, urls: set[str]) -> list[float]:
        at, stored = self._scene.crm.at, self._scene.load.stored
        return quantiles([max(at[url] - stored[url], 0.0) for url in urls if url in at], n=10)


async def quiet(scene: Scene, tag: str) -> None:
    """Until everything answered so far has come."""
    known = set(scene.load.stored)
    await until(lambda: not known - scene.came(tag).keys(), within=240)


async def test_short_troubles(tmp_path: Path) -> None:
    """Each holds its tag up for seconds at most: broken answers, lost answers, every form of Retry-After."""
    async with Scene(tmp_path, more=("flapping", "throttling", "lost", "endless", "broken", "down"), **CALM) as scene:
        await scene.gateway.start()
        delays, bad = Delays(scene), scene.more
        await delays.baseline()
        bad["flapping"].answers(in_turn(status(503), *[None] * 20, reset(), *[None] * 20))
        said = ("1", date(2), date(-3600), "soon", "-5")
        waits = [status(429, headers={"retry-after": text}) for text in said]
        bad["throttling"].answers_next(*waits, status(503, headers={"retry-after": "1"}))
        bad["lost"].answers_next(after_taking(reset()), after_taking(garbage()), after_taking(reset()))
        bad["endless"].answers(after_taking(endless(200)))
        bad["broken"].answers_next(garbage(), reset(), status(500), status(408))
        scene.matomo.answers_next(short(1), short(2), after_taking(reset()), short(1000), status(400))
        await bad["down"].down()
        await scene.answered(150)
        await bad["down"].up()
        bad["flapping"].answers(None)
        bad["endless"].answers(None)
        print(await scene.settled())
        print(delays.check())
        books = await scene.watch.look()
        # Every answer of `lost` was lost after the hit was taken: so many are ambiguous, and so many came twice.
        assert books["lost"].ambiguous == scene.twice("lost") == 3
        assert books["broken"].ambiguous == 2
        assert scene.twice("down") == 0
        assert books["throttling"].ambiguous == books["endless"].ambiguous == 0
        assert await scene.gateway.stop() == 0


TIMES = [pytest.param(10, 500, marks=pytest.mark.long), pytest.param(600, 20_000, marks=pytest.mark.long)]


@pytest.mark.long
@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_long_troubles(tmp_path: Path, workers: int) -> None:
    """Each holds its tag up for as long as a request or a pause takes, all at one time: minutes."""
    names = ("hanging", "dripping", "unauthorised", "redirecting", "absurd", "lost", "flapping")
    async with Scene(tmp_path, more=names, workers=workers, **{**CALM, "pause": 0.15}) as scene:
        await scene.gateway.start()
        delays, bad = Delays(scene), scene.more
        await delays.baseline()
        for name in names:
            await quiet(scene, name)
        memory, asked = scene.gateway.memory(), len(bad["unauthorised"].requests)
        held = set(scene.came("absurd"))
        bad["hanging"].answers_next(hang(), after_taking(hang()))
        bad["dripping"].answers_next(drip(), after_taking(drip()))
        bad["unauthorised"].answers(status(401))
        bad["redirecting"].answers_next(
            redirect(scene.crm.url + "/elsewhere"), redirect("/", 301), redirect("//x", 308)
        )
        bad["absurd"].answers_next(status(429, headers={"retry-after": "99999999999999999999"}))
        bad["lost"].answers(in_turn(None, after_taking(reset())))
        bad["flapping"].answers(in_turn(status(500), None, reset()))
        scene.matomo.answers_next(hang(), after_taking(hang()), status(401), status(200, "{"), short(1))
        began = time.monotonic()
        await until(lambda: time.monotonic() - began > UNAUTHORISED, within=UNAUTHORISED + 30)
        for name in ("lost", "flapping", "unauthorised"):
            bad[name].answers(None)
        assert {one.path for one in scene.crm.requests} == {"/hook"}, "it followed"
        # One probe a minute, no storm.
        assert len(bad["unauthorised"].requests) - asked <= 2 + UNAUTHORISED / 60
        # An hour is the most that a receiver may make a tag wait; a restart asks again.
        assert set(scene.came("absurd")) == held
        grown = scene.gateway.memory() - memory
        print(f"memory {memory >> 20} MiB, then {grown / 2**20:+.1f} MiB")
        assert grown < MOST_GROWTH
        assert await scene.gateway.stop() == 0
        await scene.gateway.start()
        print(await scene.settled(within=600))
        print(delays.check())
        books = await scene.watch.look()
        # Half of its answers were lost, each after the hit was taken.
        assert books["lost"].ambiguous == scene.twice("lost") > 0
        assert await scene.gateway.stop() == 0


@pytest.mark.parametrize("workers", ONE_OR_TWO)
@pytest.mark.parametrize(("seconds", "hits"), TIMES)
async def test_a_receiver_that_is_down_gets_everything_once_when_it_is_back(
    tmp_path: Path, seconds: float, hits: int, workers: int
) -> None:
    """Ten minutes, 20,000 hits. Attempts are few, the others are not held up, memory stays flat."""
    clients = 4
    pause = seconds * clients / hits * 0.8
    async with Scene(tmp_path, clients=clients, pause=pause, every=1.0, workers=workers) as scene:
        await scene.gateway.start()
        delays = Delays(scene)
        await delays.baseline()
        await quiet(scene, "matomo")
        await scene.matomo.down()
        began, known = time.monotonic(), len(scene.load.stored)
        await scene.answered(hits // 4, within=seconds + 60)
        memory, attempts = scene.gateway.memory(), (await scene.watch.look())["matomo"].attempts
        await until(
            lambda: len(scene.load.stored) - known >= hits and time.monotonic() - began >= seconds, within=seconds + 300
        )
        grown, tried = scene.gateway.memory() - memory, (await scene.watch.look())["matomo"].attempts - attempts
        pending = (await scene.watch.look())["matomo"].pending
        await scene.matomo.up()
        print(await scene.settled(within=400))
        print(delays.check())
        print(f"{seconds:.0f} s down, {pending} were waiting, {grown / 2**20:+.1f} MiB, {tried} attempts at deliveries")
        assert scene.twice("matomo") == 0
        # What waits is on disk, not in memory.
        assert grown < MOST_GROWTH
        # A bulk, then single deliveries, with waits of 1, 2, 4 … 60 s at least once the breaker is open.
        assert tried <= BULK + 15 + seconds / 30
        assert await scene.gateway.stop() == 0


@pytest.mark.long
@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_killed_while_a_bulk_is_answered_doubles_at_most_that_bulk(tmp_path: Path, workers: int) -> None:
    """The answer is lost with the process: nobody can know whether the bulk was taken, and it comes again."""
    async with Scene(tmp_path, clients=4, every=0.5, workers=workers) as scene:
        await scene.gateway.start()
        for _ in range(3):
            await scene.matomo.down()
            await scene.answered(100)
            await scene.matomo.up()
            taken = len(scene.matomo.recorded)
            scene.matomo.answers(after_taking(hang()))
            await until(lambda taken=taken: len(scene.matomo.recorded) > taken, within=240)
            await scene.gateway.kill()
            scene.crashes += 1
            scene.matomo.answers(None)
            await scene.matomo.down()
            await scene.matomo.up()
            await scene.gateway.start()
        print(await scene.settled())
        assert scene.twice("matomo") > 0, "it did happen"
        assert await scene.gateway.stop() == 0
