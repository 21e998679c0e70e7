"""The keeper: the one process that has the data folder, and the workers it keeps it for."""

import contextlib
from collections.abc import Callable, Iterable

from gateway.settings import Settings
from gateway.web.metrics import Metrics
from gateway.web.workers.crew import Crew
from gateway.web.workers.front_desk import FrontDesk
from gateway.web.workers.link import Link
from gateway.web.workers.messages import Address, AskCounts, Counted, Hello, Message, Run, Spent


class Keeper:
    """`own`: the gateway's secret; `run` gives the containers as they run at this moment."""

    def __init__(
        self,
        size: int,
        settings: Settings,
        front: FrontDesk,
        *,
        own: bytes,
        metrics: Metrics,
        run: Callable[[], Run],
    ) -> None:
        self._size = size
        self._settings = settings
        self._own = own
        self._front = front
        self._metrics = metrics
        self._run = run
        self._crew = Crew(size, self._hello, front.answer, self._told)

    def listening(self) -> contextlib.AbstractAsyncContextManager[int]:
        """All workers, as long as the context lasts; gives the port. Raises CannotListen."""
        return self._crew.listening(self._settings.listen.host, self._settings.listen.port)

    async def share(self) -> None:
        """Returns once all workers run what runs here."""
        await self._crew.run(self._run())

    async def count(self) -> None:
        """Hears what workers counted and did not tell yet."""
        for told in await self._crew.ask(AskCounts(), Counted):
            self._count(told)

    def _count(self, told: Counted) -> None:
        for name, labels, number in told.counts:
            self._metrics.sums[name][labels] += number

    def troubles(self) -> Iterable[str]:
        """What is degraded."""
        if self._crew.missing:
            yield f"{self._crew.missing} of {self._size} workers do not run"

    def _hello(self, addresses: list[Address]) -> Hello:
        settings = self._settings
        return Hello(
            own=self._own,
            print_key=self._front.print_key,
            addresses=addresses,
            workers=self._size,
            public_url=settings.public_url,
            environment=settings.environment,
            trusted_proxies=[str(network) for network in settings.trusted_proxies],
            limits=settings.limits,
            country=settings.country,
            traces=settings.traces,
            run=self._run(),
        )

    def _told(self, message: Message, teller: Link) -> None:
        match message:
            case Counted():
                self._count(message)
            case Spent():
                for link in self._crew.links:
                    if link is not teller:
                        link.tell(message)
