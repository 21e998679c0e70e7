"""The gateway as a process: everything opened in order, run until told to stop, closed in order."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import structlog
from starlette.types import ASGIApp

from gateway.decide.day import DayNumber
from gateway.decide.suppose import judge
from gateway.delivery.attempts import Watcher
from gateway.delivery.sender import Surroundings
from gateway.delivery.senders import Route, Senders, routes
from gateway.delivery.transport import Transport
from gateway.destinations import TABLE, TYPES
from gateway.language.load import Loaded, Loader
from gateway.outbox.disk import Disk, Space
from gateway.outbox.protocol import Outbox, OutboxError
from gateway.outbox.sqlite import Keep, SqliteOutbox
from gateway.people.known import People
from gateway.secrets import Secrets
from gateway.settings import Settings
from gateway.store.folder import forgotten
from gateway.store.protocol import StoreError
from gateway.store.sqlite import SqliteStore
from gateway.web import app
from gateway.web.changes import changes
from gateway.web.control import controlled
from gateway.web.countries import countries
from gateway.web.desk import OwnDesk
from gateway.web.dialects import clashes
from gateway.web.errands import Clerk
from gateway.web.extras import Extras, StartFailed
from gateway.web.fleet import Fleet, Status, wordless
from gateway.web.folders import check_start, open_folders
from gateway.web.gateway import Gateway, Report
from gateway.web.husks import Husks
from gateway.web.ingest import Ingest
from gateway.web.lag import Lag
from gateway.web.lasting import Lasting, Work
from gateway.web.listening import CannotListen, listening
from gateway.web.logs import LOG
from gateway.web.metrics import Metrics, exposition
from gateway.web.preview.drafts import OwnDrafts, Previews
from gateway.web.process import calm_collector, milliseconds
from gateway.web.rates import Rate
from gateway.web.roll import Roll
from gateway.web.runtime import Runtime, rooted
from gateway.web.seen import Seen, Version, slow
from gateway.web.strays import Strays
from gateway.web.together import Together
from gateway.web.tracing import CannotTrace, tracing
from gateway.web.upkeep import DAY_MS, chores, keep_up
from gateway.web.workers.front_desk import FrontDesk
from gateway.web.workers.keeper import Keeper
from gateway.web.workers.messages import Run

log = structlog.get_logger()


class Server:
    """One gateway on one data folder. `started` is set once it answers; `port` is then the real one.
    `stopping` is set once it ends."""

    def __init__(self, settings: Settings, extras: Extras | None = None, workers: int = 1) -> None:
        self.settings = settings
        self.port = settings.listen.port
        self.started = asyncio.Event()
        self._extras = extras or Extras()
        self.stopping = asyncio.Event()
        self._failure: str | None = None
        self._workers = workers
        self._keeper: Keeper | None = None
        self._running: dict[str, str] = {}
        self._lag, self._lasting = Lag(), Lasting()
        self._watched = False
        self._told, self._reloading = asyncio.Event(), asyncio.Lock()
        self._secrets = Secrets(settings.secrets, os.environ)

    def stop(self) -> None:
        """Begin to end: not ready, no more hits, what is in flight finishes."""
        self.stopping.set()

    async def run(self) -> bool:
        """Until `stop`; whether it ended well. Raises StartFailed."""
        # From the first moment: who asks to read anew while it starts does not mean to end it. A closed terminal does.
        reads = not sys.stderr.isatty()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._told.set if reads else self.stop)
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            try:
                await self._serve()
            except CannotListen as error:
                raise StartFailed(str(error)) from None
        return self._failure is None

    async def report(self) -> Report:
        """See Health."""
        return Report(*self.troubles(), self._running)

    async def exposition(self) -> bytes:
        """See Health."""
        if self._keeper:
            await self._keeper.count()
        return await exposition(self._metrics, self._outbox, self.seen())

    def troubles(self) -> tuple[list[str], list[str]]:
        """Why it is not ready, and what is degraded though it is."""
        unready = ["stopping"] * self.stopping.is_set() + [f"storage: {self._failure}"] * bool(self._failure)
        unready += ["workers are starting"] * bool(self._keeper and not self.started.is_set())
        unready += ["the queue cannot be written"] * (not self._outbox.usable)
        unready += ["identity and consent cannot be read"] * (not self._store.usable)
        unready += ["no container runs"] * (not self._fleet.runtimes)
        unready += self._narrow()
        degraded = self._fleet.lines
        degraded += ["a damaged queue was set aside at start"] * bool(self._outbox.damaged)
        degraded += ["state.db was missing at start: who refused is forgotten"] * self._forgotten
        degraded += ["the log cannot be written: lines are lost"] * LOG.lost
        degraded += self._keeper.troubles() if self._keeper else ()
        degraded += self._lasting.lines
        return unready, [*degraded, *clashes(self._fleet.runtimes), *self._strays.lines, *slow(self._senders.states)]

    def _narrow(self) -> list[str]:
        space = self._space()
        if space is None:
            return ["the data folder cannot be looked at"]
        full = ["the queue has reached its size limit"] * (space.used > space.limit)
        return full + ["too little disk is free"] * (space.free < space.reserve)

    def _space(self) -> Space | None:
        try:
            return self._outbox.space
        except OSError:
            return None

    def seen(self) -> Seen:
        """What /metrics shows."""
        running = {name: runtime.container.revision for name, runtime in self._fleet.runtimes.items()}
        statuses = self._fleet.statuses.items()
        return Seen(
            ready=not self.troubles()[0],
            states=self._senders.states,
            space=self._space(),
            timings={"queue": self._outbox.timing, "state": self._store.timing},
            lag=self._lag.longest,
            versions={name: Version(running.get(name, ""), status.ok) for name, status in statuses},
        )

    # opening

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        try:
            self._tracing = tracing(self.settings)
        except CannotTrace as error:
            raise StartFailed(str(error)) from None
        own, self._day_key = open_folders(self.settings, stack)
        await self._open_storage(stack)
        outbox = self._open_delivery(stack)
        people = People(self._store, milliseconds)
        self._load(own)
        with contextlib.suppress(OutboxError):
            self._fleet.remember([container for container, _ in await self._outbox.counts()])
        await self._senders.reconcile(self._routes())
        if self._workers > 1:
            front = FrontDesk(outbox, people, self._day_key, self, self._previews.drafts)
            self._keeper = Keeper(
                self._workers, self.settings, front, own=own, metrics=self._metrics, run=self._run_there
            )
        else:
            self._gateway = self._shared(OwnDesk(outbox, people, DayNumber(self._day_key)), own)
        desk = self._outbox.desk
        self._clerk = Clerk(self._outbox, desk.reading, desk, self._roll, milliseconds, running=True)
        self._strays = Strays(desk, self._roll, milliseconds)
        await self._strays.look()

    async def _open_storage(self, stack: contextlib.AsyncExitStack) -> None:
        settings = self.settings
        self._forgotten = forgotten(settings.data)
        self._outbox = SqliteOutbox(
            settings.data / "queue.db",
            now=milliseconds,
            on_failure=self._fail,
            disk=Disk(reserve=settings.limits.disk_reserve, limit=settings.limits.queue),
            keep=Keep(dead=settings.dead_days * DAY_MS),
        )
        self._store = SqliteStore(settings.data / "state.db", on_failure=self._fail)
        for part in (self._store, self._outbox):
            try:
                await part.open()
            except OutboxError as error:
                raise StartFailed(f"The queue cannot be used: {error}") from None
            except StoreError as error:
                raise StartFailed(f"The gateway cannot start: {error}") from None
            stack.push_async_callback(part.close)

    def _open_delivery(self, stack: contextlib.AsyncExitStack) -> Outbox:
        """The queue as hits see it: traced where that is configured."""
        transport = Transport(self.settings.allowed_networks)
        stack.push_async_callback(transport.close)
        self._metrics = Metrics(milliseconds)
        watcher: Watcher = self._metrics.watching
        outbox: Outbox = self._outbox
        if self._tracing:
            stack.push_async_callback(self._tracing.close)
            watcher, outbox = self._tracing.attempts(watcher), self._tracing.commits(outbox)
        around = Surroundings(
            outbox=self._outbox,
            transport=transport,
            on_exchange=self._extras.on_exchange,
            watcher=watcher,
        )
        self._senders = Senders(around)
        stack.push_async_callback(self._senders.stop)
        return outbox

    def _load(self, own: bytes) -> None:
        find = countries(self.settings.country.database)
        self._previews = Previews(own=own, drafts=OwnDrafts(self.settings.data, own, self._secrets.key, find))

        def prepare(loaded: Loaded) -> Runtime:
            if loaded.container is None:
                raise StartFailed(loaded.file)
            container, secrets = loaded.container, self._secrets
            secrets.check(container.keys, container.secrets - container.keys)
            here = [rooted(one, self.settings.data) for one in routes([container], TABLE, secrets.text)]
            return Runtime.of(container, own, secrets.key, here, loaded.source, country=find)

        self._fleet = Fleet(self.settings.containers, Loader(TYPES, judge), prepare, self._extras.only)
        try:
            statuses = self._fleet.load_all()
        except OSError as error:
            raise StartFailed(f"The folder of the containers cannot be read: {error.strerror}") from None
        check_start(self.settings.containers, statuses, self._fleet.runtimes)
        self._publish(statuses)

    def _run_there(self) -> Run:
        fleet = self._fleet
        recipes = [runtime.recipe for runtime in fleet.runtimes.values()]
        return Run(recipes, sorted(fleet.broken), sorted(fleet.absent))

    def _shared(self, desk: OwnDesk, own: bytes) -> Gateway:
        limits = self.settings.limits
        # The span of a commit is in that of its request: then each has one of its own.
        together = None if self._tracing else Together(desk)
        return Gateway(
            settings=self.settings,
            runtimes=lambda: self._fleet.runtimes,
            ingest=Ingest(desk, self._metrics, self._extras.watch, together),
            desk=desk,
            metrics=self._metrics,
            health=self,
            per_address=Rate(limits.per_address, time.monotonic),
            per_container=Rate(limits.per_container, time.monotonic),
            now=milliseconds,
            previews=self._previews,
            broken=lambda: self._fleet.broken,
            husks=Husks(own, lambda: self._fleet.absent),
        )

    def _routes(self) -> list[Route]:
        return [route for runtime in self._fleet.newest.values() for route in runtime.routes]

    def _roll(self) -> Roll:
        states = self._senders.states
        return Roll(tags={route.key: states.get(route.key) for route in self._routes()}, broken=self._fleet.broken)

    # running

    async def _serve(self) -> None:
        listen = self.settings.listen
        async with controlled(self.settings.data, self._control), self._listening() as port:
            self.port = port
            to_do = chores(self._outbox, self._store, self.settings)
            works: dict[str, Work] = {
                "looking for files that change": self._watch,
                "reading files anew on SIGHUP": self._listen_for_orders,
                "removing what is old": partial(keep_up, self._outbox, self._store, to_do, self._day_key, milliseconds),
                "looking for tags that are gone": self._strays.keep_looking,
                "measuring delays": self._lag.run,
            }
            async with self._lasting.going_on(works):
                for number in (signal.SIGTERM, signal.SIGINT):
                    asyncio.get_running_loop().add_signal_handler(number, self.stop)
                calm_collector()
                self.started.set()
                log.info("listening", host=listen.host, port=port, environment=self.settings.environment)
                await self.stopping.wait()
                log.info("stopping")

    def _listening(self) -> contextlib.AbstractAsyncContextManager[int]:
        if self._keeper:
            return self._keeper.listening()
        application: ASGIApp = app.create(self._gateway, self._extras.routes)
        if self._tracing:
            application = self._tracing.requests(application, self._gateway.runtimes)
        return listening(application, self.settings.listen.host, self.settings.listen.port)

    def _fail(self, reason: str) -> None:
        self._failure = reason
        log.error("storage_failed", reason=reason)
        self.stop()

    async def _watch(self) -> None:
        """Files that change are checked and, when good, run from then on."""
        if self._watched:
            # What changed since it broke.
            self._told.set()
        self._watched = True
        async for changed in changes(self.settings.containers, self._fleet.changed, self.stopping):
            await self._reload(changed)

    async def _listen_for_orders(self) -> None:
        """All files, and the secrets that they name, whether or not they changed."""
        while True:
            await self._told.wait()
            self._told.clear()
            log.info("reading_anew")
            await self._reload(self._fleet.files())

    async def _reload(self, paths: Sequence[Path]) -> None:
        async with self._reloading:
            statuses = await asyncio.to_thread(self._fleet.reload, paths)
            await self._senders.reconcile(self._routes(), self._swap)
            await self._strays.look()
            self._publish(statuses)

    async def _swap(self) -> None:
        self._fleet.swap()
        if self._keeper:
            await self._keeper.share()

    async def _control(self, said: bytes) -> bytes:
        answer = await self._clerk.answer(said)
        await self._strays.look()
        return answer

    def _publish(self, statuses: Sequence[Status]) -> None:
        self._running = {name: runtime.container.revision for name, runtime in self._fleet.runtimes.items()}
        for status in statuses:
            for line in status.report:
                log.error("container_problem", container=status.name, problem=wordless(line.split("\n")[0]))
            if self._extras.on_status:
                self._extras.on_status(status)
