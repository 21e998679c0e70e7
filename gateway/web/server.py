"""The gateway as a process: everything opened in order, run until told to stop, closed in order."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog
from msgspec import Struct
from starlette.routing import BaseRoute
from watchfiles import awatch

from gateway.decide.day import DayNumber
from gateway.decide.suppose import judge
from gateway.delivery.failures import Phase
from gateway.delivery.sender import OnExchange, Surroundings
from gateway.delivery.senders import Route, Senders, routes
from gateway.delivery.transport import Transport
from gateway.destinations import TABLE
from gateway.language.load import Loaded, Loader
from gateway.outbox.disk import Disk
from gateway.outbox.protocol import OutboxError
from gateway.outbox.sqlite import Keep, SqliteOutbox
from gateway.people.known import People
from gateway.secrets import DayKey, SecretError, Secrets, own_secret, tighten
from gateway.settings import Settings
from gateway.store.folder import FolderLock
from gateway.store.sqlite import SqliteStore
from gateway.web import app
from gateway.web.desk import Desk, OwnDesk
from gateway.web.fleet import Fleet, Status
from gateway.web.gateway import Gateway, Report
from gateway.web.ingest import Ingest, Watch
from gateway.web.listening import CannotListen, listening
from gateway.web.metrics import Metrics, exposition
from gateway.web.rates import Rate
from gateway.web.runtime import Recipe, Runtime, rooted
from gateway.web.upkeep import DAY_MS, keep_up
from gateway.web.workers.clerk import Clerk
from gateway.web.workers.keeper import Keeper

log = structlog.get_logger()


class StartFailed(Exception):
    """The gateway cannot start; the text says why, for the operator."""


class BadSecretText(SecretError):
    """A secret of a tag that cannot be put into a request."""


class Extras(Struct, frozen=True, kw_only=True):
    """What `taggate demo` adds."""

    only: str | None = None
    """The one container that is to run."""
    routes: Sequence[BaseRoute] = ()
    watch: Watch | None = None
    on_status: Callable[[Status], None] | None = None
    on_exchange: OnExchange | None = None


def milliseconds() -> int:
    """Now, ms since 1970."""
    return int(time.time() * 1000)


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
        self._secrets = Secrets(settings.secrets, os.environ)

    def stop(self) -> None:
        """Begin to end: not ready, no more hits, what is in flight finishes."""
        self.stopping.set()

    async def run(self) -> bool:
        """Until `stop`; whether it ended well. Raises StartFailed."""
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
        return await exposition(self._metrics, self._outbox)

    def troubles(self) -> tuple[list[str], list[str]]:
        """Why it is not ready, and what is degraded though it is."""
        unready = ["stopping"] * self.stopping.is_set() + [f"storage: {self._failure}"] * bool(self._failure)
        unready += ["workers are starting"] * bool(self._keeper and not self.started.is_set())
        unready += ["the queue cannot be written"] * (not self._outbox.usable)
        unready += ["identity and consent cannot be read"] * (not self._store.usable)
        unready += ["no container runs"] * (not self._fleet.runtimes)
        degraded = [
            f"{status.file}: the newest version has errors, the one before keeps running"
            if status.revision
            else f"{status.file}: has errors, the container does not run"
            for status in self._fleet.statuses.values()
            if not status.ok
        ]
        degraded += ["a damaged queue was set aside at start"] * bool(self._outbox.damaged)
        degraded += self._keeper.troubles() if self._keeper else ()
        return unready, degraded + list(self._slow_tags())

    def _slow_tags(self) -> Iterator[str]:
        for (container, tag), state in self._senders.states.items():
            if state.phase is not Phase.RUNNING:
                yield f"tag {container}/{tag} is {state.phase.value}: {state.reason}"

    # opening

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        own, self._day_key = self._open_folder(stack)
        settings = self.settings
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
            stack.push_async_callback(part.close)
        transport = Transport(settings.allowed_networks)
        stack.push_async_callback(transport.close)
        around = Surroundings(outbox=self._outbox, transport=transport, on_exchange=self._extras.on_exchange)
        self._senders = Senders(around)
        stack.push_async_callback(self._senders.stop)
        self._metrics = Metrics(milliseconds)
        people = People(self._store, milliseconds)
        self._load(own)
        await self._senders.reconcile(self._routes())
        if self._workers > 1:
            clerk = Clerk(self._outbox, people, self._day_key, self)
            self._keeper = Keeper(
                self._workers, self.settings, clerk, own=own, metrics=self._metrics, recipes=self._recipes
            )
        else:
            self._gateway = self._shared(OwnDesk(self._outbox, people, DayNumber(self._day_key)))

    def _open_folder(self, stack: contextlib.AsyncExitStack) -> tuple[bytes, DayKey]:
        data = self.settings.data
        lock = FolderLock(data)
        try:
            lock.take()
        except OSError as error:
            raise StartFailed(f"The data folder cannot be used: {error}") from None
        stack.callback(lock.release)
        for folder in (data, self.settings.secrets):
            if folder.is_dir() and (opened := tighten(folder)):
                log.warning("folder_tightened", folder=str(folder), files=len(opened))
        try:
            return own_secret(data, "gateway_secret"), DayKey(data)
        except (SecretError, OSError) as error:
            raise StartFailed(f"The data folder cannot be used: {error}") from None

    def _load(self, own: bytes) -> None:
        types = {name: destination.type for name, destination in TABLE.items()}

        def prepare(loaded: Loaded) -> Runtime:
            if loaded.container is None:
                raise StartFailed(loaded.file)
            found = routes([loaded.container], TABLE, self._text)
            here = [rooted(route, self.settings.data) for route in found]
            return Runtime.of(loaded.container, own, self._secrets.key, here, loaded.source)

        self._fleet = Fleet(self.settings.containers, Loader(types, judge), prepare, self._extras.only)
        try:
            statuses = self._fleet.load_all()
        except OSError as error:
            raise StartFailed(f"The folder of the containers cannot be read: {error}") from None
        bad = [line for status in statuses for line in status.report]
        missing = any("[secret]" in line for line in bad)
        if missing or not self._fleet.runtimes:
            raise StartFailed("\n".join(bad) or f"There is no container in {self.settings.containers}.")
        self._publish(statuses)

    def _recipes(self) -> list[Recipe]:
        return [runtime.recipe for runtime in self._fleet.runtimes.values()]

    def _text(self, name: str) -> str:
        try:
            return self._secrets.get(name).decode()
        except UnicodeDecodeError:
            raise BadSecretText(f'The secret "{name}" is no text in UTF-8') from None

    def _shared(self, desk: Desk) -> Gateway:
        limits = self.settings.limits
        return Gateway(
            settings=self.settings,
            runtimes=lambda: self._fleet.runtimes,
            ingest=Ingest(desk, self._metrics, self._extras.watch),
            desk=desk,
            metrics=self._metrics,
            health=self,
            per_address=Rate(limits.per_address, time.monotonic),
            per_container=Rate(limits.per_container, time.monotonic),
            now=milliseconds,
        )

    def _routes(self) -> list[Route]:
        return [route for runtime in self._fleet.runtimes.values() for route in runtime.routes]

    # running

    async def _serve(self) -> None:
        listen = self.settings.listen
        async with self._listening() as port:
            self.port = port
            upkeep = keep_up(self._outbox, self._store, self._day_key, milliseconds)
            tasks = [asyncio.create_task(work) for work in (self._reload(), upkeep)]
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
            self.started.set()
            log.info("listening", host=listen.host, port=port, environment=self.settings.environment)
            await self.stopping.wait()
            log.info("stopping")
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _listening(self) -> contextlib.AbstractAsyncContextManager[int]:
        if self._keeper:
            return self._keeper.listening()
        application = app.create(self._gateway, self._extras.routes)
        return listening(application, self.settings.listen.host, self.settings.listen.port)

    def _fail(self, reason: str) -> None:
        self._failure = reason
        log.error("storage_failed", reason=reason)
        self.stop()

    async def _reload(self) -> None:
        """Files that change are checked and, when good, run from then on."""
        async for changes in awatch(self.settings.containers, stop_event=self.stopping, recursive=False, debounce=400):
            paths = sorted({Path(path) for _, path in changes})
            statuses = await asyncio.to_thread(self._fleet.reload, paths)
            await self._senders.reconcile(self._routes())
            if self._keeper:
                await self._keeper.share()
            self._publish(statuses)

    def _publish(self, statuses: Sequence[Status]) -> None:
        self._running = {name: runtime.container.revision for name, runtime in self._fleet.runtimes.items()}
        for status in statuses:
            for line in status.report:
                log.error("container_problem", container=status.name, problem=line.split("\n")[0])
            if self._extras.on_status:
                self._extras.on_status(status)
