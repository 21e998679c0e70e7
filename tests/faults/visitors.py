"""Visitors of whom some may be known by name and most may not: what they send, and what nobody may get of them."""

import asyncio
import base64
import hashlib
import time
import uuid
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import quote

import aiohttp

from faults.clients import Load, url_of
from faults.subject import Subject

PURPOSES = ("analytics", "marketing")
EACH = 25
"""People of each mind."""


class Mind(StrEnum):
    """What somebody says when asked."""

    GRANTED = "granted"
    REFUSED = "refused"
    SILENT = "silent"
    LEAVING = "leaving"
    """Grants, and withdraws after a few hits; the next one of them is another person."""


class Person:
    """`name` is the User ID: with a space and a letter that is written in many ways in an address."""

    def __init__(self, mind: Mind) -> None:
        self.mind = mind
        self.name = f"{mind} Zoë {uuid.uuid4().hex[:12]}"
        self.page = uuid.uuid4().hex
        self.hits: set[str] = set()

    @property
    def consent(self) -> dict[str, bool]:
        said = {Mind.REFUSED: False, Mind.SILENT: None}.get(self.mind, True)
        return {} if said is None else dict.fromkeys(PURPOSES, said)

    def hit(self, number: uuid.UUID) -> dict[str, object]:
        """The ID stands in it wherever an ID should not stand."""
        return {
            "event": "purchase",
            "id": str(number),
            "page": self.page,
            "url": f"{url_of(number)}?me={quote(self.name)}",
            "referrer": f"https://shop.example.com/login?next=%2Fuser%2F{quote(quote(self.name))}",
            "title": f"Thank you, {self.name}!",
            "consent": self.consent,
            "user_id": self.name,
            "fields": {"value": 12.5, "note": f"for {self.name}"},
        }

    def spellings(self) -> Iterator[bytes]:
        """How the ID might leave."""
        raw = self.name.encode()
        yield from (raw, quote(self.name).encode(), quote(quote(self.name)).encode())
        yield self.name.replace("ë", "\\u00eb").encode()
        yield from (base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"="))
        yield from (hashlib.new(kind, raw).hexdigest().encode() for kind in ("md5", "sha1", "sha256"))


class Visitors(Load):
    """Each client is one person after the other; those who leave withdraw after `stay` hits."""

    def __init__(self, gateway: Subject, clients: int, pause: float, stay: int = 5) -> None:
        self.people = [Person(mind) for mind in (Mind.GRANTED, Mind.REFUSED, Mind.SILENT) for _ in range(EACH)]
        self.gone: set[str] = set()
        """Hits of people who have withdrawn, or asked to: nobody need get them."""
        self.left: list[tuple[float, tuple[bytes, ...]]] = []
        """When a withdrawal was answered 2xx, and what nobody may get since."""
        self.by_mind: dict[str, Mind] = {}
        """Address of a hit answered 2xx → whose."""
        self._stay = stay
        self._turn = 0
        self._whose: dict[uuid.UUID, Person] = {}
        self._leaving = asyncio.Lock()
        self._guest = Person(Mind.LEAVING)
        super().__init__(gateway, clients, pause=pause)

    def promised(self, tag: str) -> int:
        if tag != "partner":
            return len(self.stored)
        return sum(mind in (Mind.GRANTED, Mind.LEAVING) for mind in list(self.by_mind.values()))

    async def _send(self, session: aiohttp.ClientSession, numbers: list[uuid.UUID]) -> bool:
        number = numbers[0]
        person = self._whose.get(number) or self._next()
        # What has to be sent again is sent by the same person.
        self._whose[number] = person
        taken = await (self._visit if person.mind is Mind.LEAVING else self._post_hit)(session, person, number)
        if taken:
            del self._whose[number]
        return taken

    def _next(self) -> Person:
        self._turn += 1
        return self._guest if self._turn % 4 == 0 else self.people[self._turn % len(self.people)]

    async def _visit(self, session: aiohttp.ClientSession, guest: Person, number: uuid.UUID) -> bool:
        async with self._leaving:
            if guest is not self._guest:
                return True
            if len(guest.hits) < self._stay:
                return await self._post_hit(session, guest, number)
            return await self._leave(session, guest)

    async def _leave(self, session: aiohttp.ClientSession, guest: Person) -> bool:
        # From the request on they may be gone; from the answer on they must be.
        self.gone |= guest.hits
        choice = {"consent": dict.fromkeys(PURPOSES, False), "page": guest.page, "user_id": guest.name}
        done = await self._post(session, "consent", choice)
        if done:
            urls = tuple(url.encode() for url in guest.hits)
            self.left.append((time.monotonic(), (*guest.spellings(), *urls)))
            self._guest = Person(Mind.LEAVING)
        return done

    async def _post_hit(self, session: aiohttp.ClientSession, person: Person, number: uuid.UUID) -> bool:
        if person.mind is Mind.LEAVING:
            person.hits.add(url_of(number))
        taken = await self._post(session, "collect", person.hit(number))
        if taken:
            self.stored[url_of(number)] = time.monotonic()
            self.by_mind[url_of(number)] = person.mind
        return taken
