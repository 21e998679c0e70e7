"""A worker: the addresses and the whole flow of a hit, with all that is kept at the keeper's."""

import asyncio
import signal
import socket
import time
from collections.abc import Collection, Mapping
from ipaddress import ip_network
from pathlib import Path

import structlog
from starlette.types import ASGIApp

from gateway.decide.prover import BadProofKey
from gateway.decide.suppose import judge
from gateway.destinations import TYPES
from gateway.language.load import Loader
from gateway.settings import Settings
from gateway.web import app
from gateway.web.countries import Finds, NoCountries, countries
from gateway.web.gateway import Gateway
from gateway.web.husks import Husks
from gateway.web.ingest import Ingest
from gateway.web.lasting import Lasting
from gateway.web.listening import CannotListen, listening
from gateway.web.preview.drafts import Previews
from gateway.web.runtime import Recipe, Runtime
from gateway.web.together import Together
from gateway.web.tracing import tracing
from gateway.web.workers.addresses import shares
from gateway.web.workers.link import Link
from gateway.web.workers.messages import AskCounts, CannotServe, Hello, Message, Run, Running, Spent, Stop, Up
from gateway.web.workers.recent import Recent
from gateway.web.workers.remote import FarDesk, FarDrafts, FarHealth, Tallies
from gateway.web.workers.spending import SharedRate, Spending

log = structlog.get_logger()


class Differs(Exception):
    """What the keeper runs cannot be run here."""


class Kitchen:
    """Recipes → the runtimes that run here: exactly the keeper's, or none."""

    def __init__(self, own: bytes, country: Finds | None) -> None:
        self._own = own
        self._country = country
        self._loader = Loader(TYPES, judge)
        self._turn = asyncio.Lock()
        self.runtimes: Mapping[str, Runtime] = {}
        """Replaced as a whole, never changed."""
        self.broken: Collection[str] = ()
        self.absent: Collection[str] = ()
        self._draft: Runtime | None = None

    async def run(self, run: Run) -> None:
        """From now on these. Raises Differs."""
        async with self._turn:
            self.runtimes = await asyncio.to_thread(lambda: {one.name: self._made(one) for one in run.recipes})
            self.broken, self.absent = run.broken, run.absent

    async def draft(self, recipe: Recipe) -> Runtime | None:
        """An unpublished version, for whoever previews it; the last one is kept ready."""
        try:
            self._draft = await asyncio.to_thread(self._made, recipe, self._draft)
        except Differs:
            return None
        return self._draft

    def _made(self, recipe: Recipe, known: Runtime | None = None) -> Runtime:
        running = known or self.runtimes.get(recipe.name)
        if running and running.recipe == recipe:
            return running
        container = self._loader.compile(recipe.source, recipe.name, recipe.file).container
        if container is None:
            raise Differs(recipe.name)
        try:
            own, keys = self._own, recipe.keys
            return Runtime.of(container, own, lambda name: keys[name], source=recipe.source, country=self._country)
        except (BadProofKey, KeyError):
            raise Differs(recipe.name) from None


class Worker:
    """One process of a gateway of several. It ends when the keeper says so, when it is told to by a signal, and when
    the keeper is gone."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._link = Link(self._answer, self._hear, self._lost)
        self._stopping = asyncio.Event()
        self._hello: asyncio.Future[Hello | None] = asyncio.get_running_loop().create_future()
        self._kitchen: asyncio.Future[Kitchen] = asyncio.get_running_loop().create_future()
        self._tallies = Tallies(self._link)
        self._spending: Spending | None = None
        self._well = True

    async def run(self) -> bool:
        """Whether it ended well."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        # Said to all processes of a group it is meant for the keeper, which tells us what to run.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        await loop.create_unix_connection(lambda: self._link, sock=self._end)
        if hello := await self._hello:
            await self._serve(hello)
        self._link.close()
        return self._well

    async def _serve(self, hello: Hello) -> None:
        try:
            kitchen = Kitchen(hello.own, countries(hello.country.database))
            await kitchen.run(hello.run)
            self._kitchen.set_result(kitchen)
            if self._stopping.is_set():
                return
            desk = FarDesk(self._link, hello.print_key, Recent(time.monotonic))
            gateway, spending = self._gateway(hello, kitchen, desk)
            traced = tracing(gateway.settings)
            application: ASGIApp = app.create(gateway)
            if traced:
                application = traced.requests(application, gateway.runtimes)
            async with listening(application, "", 0, shares(hello.addresses)):
                works = {"telling what was spent": spending.keep_telling, "forgetting": desk.keep_clean}
                async with Lasting().going_on(works):
                    self._link.tell(Up())
                    await self._stopping.wait()
            if traced:
                await traced.close()
        except (CannotListen, OSError):
            self._fail("A worker cannot listen: is the address in use already?")
        except NoCountries as error:
            self._fail(str(error))
        except Differs as error:
            self._fail(f'A worker cannot run the container "{error}" that the keeper runs.')

    def _fail(self, text: str) -> None:
        self._well = False
        log.error("worker_failed", why=text)
        self._link.tell(CannotServe(text))

    def _gateway(self, hello: Hello, kitchen: Kitchen, desk: FarDesk) -> tuple[Gateway, Spending]:
        limits, here = hello.limits, Path()
        rates = {
            "address": SharedRate(limits.per_address, time.monotonic, hello.workers),
            "container": SharedRate(limits.per_container, time.monotonic, hello.workers),
        }
        self._spending = Spending(self._link, rates)
        gateway = Gateway(
            settings=Settings(
                # A worker opens no folder.
                containers=here,
                data=here,
                secrets=here,
                public_url=hello.public_url,
                environment=hello.environment,
                trusted_proxies=tuple(map(ip_network, hello.trusted_proxies)),
                limits=limits,
                country=hello.country,
                traces=hello.traces,
            ),
            runtimes=lambda: kitchen.runtimes,
            ingest=Ingest(desk, self._tallies, together=None if hello.traces else Together(desk)),
            desk=desk,
            metrics=self._tallies,
            health=FarHealth(self._link),
            per_address=rates["address"],
            per_container=rates["container"],
            now=lambda: int(time.time() * 1000),
            previews=Previews(own=hello.own, drafts=FarDrafts(self._link, kitchen.draft)),
            broken=lambda: kitchen.broken,
            husks=Husks(hello.own, lambda: kitchen.absent),
        )
        return gateway, self._spending

    # what the keeper says

    async def _answer(self, question: Message) -> Message:
        match question:
            case Run():
                try:
                    await (await self._kitchen).run(question)
                except Differs as error:
                    # The keeper starts another one.
                    self._fail(f'A worker cannot run the container "{error}" that the keeper runs.')
                    self._stop()
                return Running()
            case AskCounts():
                return self._tallies.untold()
        raise TypeError(f"{type(question).__name__} is no question")

    def _hear(self, message: Message) -> None:
        match message:
            case Hello() if not self._hello.done():
                self._hello.set_result(message)
            case Spent() if self._spending:
                self._spending.hear(message)
            case Stop():
                self._stop()

    def _lost(self) -> None:
        if not self._stopping.is_set():
            self._well = False
            log.error("keeper_gone")
            self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        if not self._hello.done():
            self._hello.set_result(None)
