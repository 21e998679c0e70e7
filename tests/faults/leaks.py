"""Receivers that keep little and search everything they get for what they may not get."""

import time
from collections import Counter, deque
from typing import Any

from aiohttp import web
from receivers import MatomoReceiver, Received, Receiver, WebhookReceiver

from faults.visitors import Mind, Visitors

KEPT = 50
"""Requests: more would fill the memory in an hour."""


class Ears:
    """Searches every request, whatever its answer, in every part."""

    def __init__(self) -> None:
        self.leaks: list[str] = []
        self.searched = self.allowed = 0
        """Requests searched, and those of them with an ID that may be there."""
        self._load: Visitors | None = None
        self._never: tuple[bytes, ...] = ()
        self._hidden: tuple[bytes, ...] = ()

    def listen_for(self, load: Visitors) -> None:
        """Nobody may get the IDs of those who refused or did not answer; only the CRM those of the others."""
        self._load = load
        people = {mind: [one for one in load.people if one.mind is mind] for mind in Mind}
        self._never = tuple(s for mind in (Mind.REFUSED, Mind.SILENT) for one in people[mind] for s in one.spellings())
        self._hidden = tuple(s for one in people[Mind.GRANTED] for s in one.spellings())

    def hear(self, receiver: str, received: Received) -> None:
        """One request as it came."""
        assert self._load is not None
        now = time.monotonic()
        whole = b"\n".join((received.path.encode(), repr(dict(received.headers)).encode(), received.body))
        self.searched += 1
        needles = self._never if receiver == "crm" else self._never + self._hidden
        self._find(receiver, "an ID under refusal", needles, whole)
        self.allowed += receiver == "crm" and any(needle in whole for needle in self._hidden)
        for at, gone in self._load.left:
            if at < now:
                self._find(receiver, "after a withdrawal", gone, whole)

    def _find(self, receiver: str, what: str, needles: tuple[bytes, ...], whole: bytes) -> None:
        self.leaks += [f"{receiver}: {what}: {needle!r}" for needle in needles if needle in whole]


class Tally(list[Any]):
    """Counts in place of keeping."""

    def __init__(self, key: Any) -> None:
        super().__init__()
        self._key = key
        self.came: Counter[str] = Counter()

    def append(self, one: Any) -> None:
        self.came[self._key(one).partition("?")[0]] += 1


class SoakMatomo(MatomoReceiver):
    def __init__(self, ears: Ears, **options: Any) -> None:
        super().__init__(**options)
        self._ears = ears
        self.requests = deque(maxlen=KEPT)  # type: ignore[assignment]
        self.recorded = Tally(lambda entry: entry["url"])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        return await _heard(self, self._ears, "matomo", request, super()._handle)


class SoakWebhook(WebhookReceiver):
    def __init__(self, ears: Ears, name: str, **options: Any) -> None:
        super().__init__(**options)
        self._ears, self._name = ears, name
        self.requests = deque(maxlen=KEPT)  # type: ignore[assignment]
        self.events = Tally(lambda event: event["page"]["url"])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        return await _heard(self, self._ears, self._name, request, super()._handle)


async def _heard(receiver: Receiver, ears: Ears, name: str, request: web.Request, handle: Any) -> web.StreamResponse:
    headers = {key.lower(): value for key, value in request.headers.items()}
    # aiohttp keeps the body: it can be read again.
    ears.hear(name, Received(request.method, request.path_qs, headers, await request.read(), request))
    answer: web.StreamResponse = await handle(request)
    return answer
