"""What may happen to a gateway: to its process, its disk and its receivers. Each knows how to set itself right."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from email.utils import formatdate
from random import Random
from typing import Any

from process import until
from receivers import Receiver, drip, endless, garbage, hang, redirect, reset, status

from faults.answers import after_taking, in_turn, short
from faults.books import Watch
from faults.leaks import Ears, SoakMatomo, SoakWebhook
from faults.subject import Subject
from faults.visitors import Visitors
from faults.volume import Volume


class Stage:
    """Everything that takes part."""

    def __init__(
        self,
        gateway: Subject,
        load: Visitors,
        watch: Watch,
        matomo: SoakMatomo,
        crm: SoakWebhook,
        partner: SoakWebhook,
        chance: Random,
    ) -> None:
        self.gateway, self.load, self.watch, self.chance = gateway, load, watch, chance
        self.receivers = {"matomo": matomo, "crm": crm, "partner": partner}
        self.ears: Ears = matomo._ears
        self.disk: Volume | None = None
        self.crashes = 0

    def came(self, tag: str) -> Counter[str]:
        """How often each hit was recorded."""
        receiver: Any = self.receivers[tag]
        return receiver.recorded.came if tag == "matomo" else receiver.events.came

    async def passed(self, seconds: float) -> None:
        """So long."""
        ends = time.monotonic() + seconds
        await until(lambda: time.monotonic() >= ends, within=seconds + 60)

    def one(self) -> Receiver:
        """Any receiver, without what it was told before and has not said yet."""
        receiver = self.chance.choice(list(self.receivers.values()))
        receiver._next.clear()
        return receiver

    def mend(self, *, all_of_it: bool = False) -> None:
        """Every receiver answers as usual, once it has said what it was told to say next; or from now on."""
        for receiver in self.receivers.values():
            receiver.answers(None)
            if all_of_it:
                receiver._next.clear()


class Mishap:
    """One kind."""

    @staticmethod
    def possible(stage: Stage) -> bool:
        return True

    @staticmethod
    async def happen(stage: Stage) -> None:
        raise NotImplementedError


class Killed(Mishap):
    @staticmethod
    async def happen(stage: Stage) -> None:
        await stage.gateway.kill()
        stage.crashes += 1
        await stage.gateway.start()


class Stopped(Mishap):
    @staticmethod
    async def happen(stage: Stage) -> None:
        assert await stage.gateway.stop() == 0
        await stage.gateway.start()


class PowerCut(Mishap):
    @staticmethod
    def possible(stage: Stage) -> bool:
        return stage.disk is not None

    @staticmethod
    async def happen(stage: Stage) -> None:
        assert stage.disk is not None
        stage.gateway.freeze()
        stage.disk.cut()
        stage.crashes += 1
        await stage.gateway.kill()
        stage.disk.back()
        await stage.gateway.start()


class CallFails(Mishap):
    """An fsync or a write of the queue's log fails; the process ends by itself, and is started again."""

    @staticmethod
    def possible(stage: Stage) -> bool:
        return shutil.which("strace") is not None

    @staticmethod
    async def happen(stage: Stage) -> None:
        process = stage.gateway.process
        assert process is not None
        call = stage.chance.choice(("fdatasync", "pwrite64"))
        log = str(stage.gateway.data / "queue.db-wal")
        words = ["strace", "-f", "-q", "-o", "/dev/null", "-P", log, "-p", str(process.pid)]
        words += ["-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when={stage.chance.randrange(1, 20)}"]
        tracer = await asyncio.create_subprocess_exec(*words, stderr=subprocess.DEVNULL)
        try:
            assert await stage.gateway.ended(within=240) != 0
        finally:
            with suppress(ProcessLookupError):
                tracer.terminate()
            await tracer.wait()
        stage.crashes += 1
        await stage.gateway.start()


class DiskFull(Mishap):
    """Somebody else takes all the space, and gives it back."""

    @staticmethod
    def possible(stage: Stage) -> bool:
        return stage.disk is not None

    @staticmethod
    async def happen(stage: Stage) -> None:
        assert stage.disk is not None
        others = stage.disk.fill()
        await stage.passed(stage.chance.uniform(2, 5))
        stage.disk.fill()
        await stage.passed(1)
        others.unlink()


class Down(Mishap):
    """A receiver that cannot be connected to."""

    @staticmethod
    async def happen(stage: Stage) -> None:
        receiver = stage.one()
        await receiver.down()
        await stage.passed(stage.chance.uniform(1, 15))
        await receiver.up()


class Hanging(Mishap):
    """A few requests without an answer, or without the end of one."""

    @staticmethod
    async def happen(stage: Stage) -> None:
        answers = [hang(), drip(), after_taking(hang()), after_taking(drip())]
        stage.one().answers_next(stage.chance.choice(answers))
        await stage.passed(2)


class Flapping(Mishap):
    @staticmethod
    async def happen(stage: Stage) -> None:
        stage.one().answers(in_turn(status(503), None, None, reset(), None, status(408)))
        await stage.passed(stage.chance.uniform(2, 10))


class Lost(Mishap):
    """Taken, and the answer is lost or no answer."""

    @staticmethod
    async def happen(stage: Stage) -> None:
        answers = [after_taking(answer) for answer in (reset(), garbage(), endless(200))]
        stage.one().answers_next(*answers)
        await stage.passed(2)


class Throttling(Mishap):
    @staticmethod
    async def happen(stage: Stage) -> None:
        said = ("1", "2.5", formatdate(time.time() + 2, usegmt=True), "soon", "-7")
        stage.one().answers_next(*(status(429, headers={"retry-after": text}) for text in said))
        await stage.passed(2)


class Misconfigured(Mishap):
    """A minute's pause: 401, or elsewhere."""

    @staticmethod
    async def happen(stage: Stage) -> None:
        elsewhere = redirect(stage.receivers["partner"].url + "/elsewhere")
        stage.one().answers_next(stage.chance.choice((status(401), status(403), elsewhere)))
        await stage.passed(2)


class Short(Mishap):
    """A bulk of which Matomo skips some without a word."""

    @staticmethod
    async def happen(stage: Stage) -> None:
        stage.receivers["matomo"].answers_next(short(1), short(3))
        await stage.passed(2)


class WorkerKilled(Mishap):
    """One of several; the others go on."""

    @staticmethod
    def possible(stage: Stage) -> bool:
        return bool(stage.gateway.workers_now)

    @staticmethod
    async def happen(stage: Stage) -> None:
        os.kill(stage.chance.choice(stage.gateway.workers_now), signal.SIGKILL)
        await stage.passed(2)


class WorkerHangs(Mishap):
    """One of several stands still for some seconds."""

    @staticmethod
    def possible(stage: Stage) -> bool:
        return bool(stage.gateway.workers_now)

    @staticmethod
    async def happen(stage: Stage) -> None:
        worker = stage.chance.choice(stage.gateway.workers_now)
        os.kill(worker, signal.SIGSTOP)
        await stage.passed(stage.chance.uniform(1, 10))
        # It may have been given up meanwhile.
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)


ENDING = [Killed, Stopped, PowerCut, CallFails]
"""What ends the process."""
LASTING = [DiskFull, Down, Hanging, Flapping, Lost, Throttling, Misconfigured, Short, WorkerKilled, WorkerHangs]
"""What does not."""
