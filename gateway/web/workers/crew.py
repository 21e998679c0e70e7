"""The keeper's processes: started, told what runs, started again when one ends, stopped together."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import structlog

from gateway.outbox.protocol import OutboxError
from gateway.web.listening import GRACE, CannotListen
from gateway.web.workers.addresses import reserved
from gateway.web.workers.link import Answer, Link
from gateway.web.workers.messages import (
    Address,
    AskCounts,
    CannotServe,
    Counted,
    Hello,
    Message,
    Run,
    Running,
    Stop,
    Up,
)

log = structlog.get_logger()

T = TypeVar("T", bound=Message)
COMMAND = (sys.executable, "-m", "gateway.cli", "worker")
FIRST_WAIT, LONGEST_WAIT = 0.1, 30.0
"""Seconds before a worker is started again; doubled each time it does not last."""
LASTS = 60.0
"""Seconds after which a worker's end is no longer the last one's fault."""
SLACK = 5.0
"""Seconds beyond GRACE that a worker may take to end once it is told to, or its link is closed."""
OPERATORS = "TAGGATE_SECRET_"
"""Workers need none of the environment's secrets: the keeper tells them their keys."""
SOON = 1.0
PATIENCE = 30.0
"""Seconds that a worker may take to run new containers, or to answer at all."""


class Member:
    """One worker's place: its process now, and the link to it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.link: Link | None = None
        self.up = False
        self.failure = "A worker ended before it listened."
        self.process: asyncio.subprocess.Process | None = None

    def kill(self) -> None:
        """It is started again, and begins anew."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()


class Crew:
    """`hello` makes the first word to a worker that listens on these addresses; `answer` answers what one asks, and
    `told` hears who said what."""

    def __init__(
        self,
        size: int,
        hello: Callable[[list[Address]], Hello],
        answer: Answer,
        told: Callable[[Message, Link], None],
    ) -> None:
        self._members = [Member(number) for number in range(1, size + 1)]
        self._hello, self._answer, self._told = hello, answer, told
        self._addresses: list[Address] = []
        self._running = False
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def links(self) -> list[Link]:
        """To all that are there."""
        return [member.link for member in self._members if member.link and member.link.open]

    @property
    def missing(self) -> int:
        """How many do not listen."""
        return sum(not member.up for member in self._members)

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """All workers, as long as the context lasts; gives the port. Raises CannotListen."""
        async with reserved(host, port) as self._addresses:
            staying = [asyncio.create_task(self._staff(member)) for member in self._members]
            try:
                await self._all_up(staying)
                self._running = True
                yield self._addresses[0][2]
            finally:
                self._stopping.set()
                for link in self.links:
                    link.tell(Stop())
                await asyncio.wait(staying)

    async def run(self, run: Run) -> None:
        """Returns once all workers run these. One that cannot is started again, and begins with them."""
        await asyncio.gather(*(self._run(member, run) for member in self._members))

    async def ask(self, question: Message, wanted: type[T]) -> list[T]:
        """What those say that answer soon."""

        async def ask(link: Link) -> T | None:
            with contextlib.suppress(OutboxError, TimeoutError):
                async with asyncio.timeout(SOON):
                    return await link.ask(question, wanted)
            return None

        return [said for said in await asyncio.gather(*map(ask, self.links)) if said is not None]

    async def _run(self, member: Member, run: Run) -> None:
        if member.link is None or not member.link.open:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await member.link.ask(run, Running)
        except (OutboxError, TimeoutError):
            member.kill()

    async def _all_up(self, staying: Sequence[asyncio.Task[None]]) -> None:
        while self.missing:
            self._changed.clear()
            changed = asyncio.create_task(self._changed.wait())
            await asyncio.wait({changed, *staying}, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            for member, task in zip(self._members, staying, strict=True):
                if task.done():
                    raise CannotListen(member.failure)

    async def _staff(self, member: Member) -> None:
        """One that ends before all were there at first is not started again: it would not fare better."""
        clock = asyncio.get_running_loop().time
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            began = clock()
            code = await self._employ(member)
            member.up = False
            if self._stopping.is_set() or not self._running:
                return
            log.error("worker_ended", worker=member.number, code=code)
            wait = FIRST_WAIT if clock() - began > LASTS else min(2 * wait, LONGEST_WAIT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _employ(self, member: Member) -> int:
        """One process, from its start to its end; its exit code."""
        try:
            process, ours = await _started()
        except OSError as error:
            log.error("worker_not_started", worker=member.number, error=type(error).__name__)
            return -1
        gone = asyncio.Event()
        link = Link(self._answer, lambda message: self._hear(member, message), gone.set)
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
        member.process, member.link = process, link
        link.tell(Stop() if self._stopping.is_set() else self._hello(self._addresses))
        try:
            ends = [asyncio.create_task(wait) for wait in (gone.wait(), self._stopping.wait(), self._hangs(member))]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
            async with asyncio.timeout(GRACE + SLACK):
                return await process.wait()
        except TimeoutError:
            member.kill()
            return await process.wait()
        finally:
            link.close()

    async def _hangs(self, member: Member) -> None:
        """Returns once one that listened has not answered for so long that it never will, and was killed."""
        while (link := member.link) and link.open:
            await asyncio.sleep(PATIENCE)
            if not member.up:
                continue
            try:
                async with asyncio.timeout(PATIENCE):
                    self._told(await link.ask(AskCounts(), Counted), link)
            except TimeoutError:
                log.error("worker_hangs", worker=member.number)
                member.kill()
                return
            except OutboxError:
                return

    def _hear(self, member: Member, message: Message) -> None:
        match message:
            case Up():
                member.up = True
                self._changed.set()
            case CannotServe():
                member.failure = message.text
            case _ if member.link:
                self._told(message, member.link)


async def _started() -> tuple[asyncio.subprocess.Process, socket.socket]:
    """A process, and our end of its link. Raises OSError, also where there are too many open files."""
    ours, theirs = socket.socketpair()
    try:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            str(theirs.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env={name: value for name, value in os.environ.items() if not name.startswith(OPERATORS)},
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours
