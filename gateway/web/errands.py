"""What the operator asks of the queue, as `taggate outbox` and the control socket carry it; and the answers."""

from collections.abc import Callable, Mapping, Sequence
from sqlite3 import sqlite_version
from typing import Protocol

from msgspec import Struct, json, structs

from gateway.delivery.failures import Phase, State
from gateway.model import Json
from gateway.outbox.desk import BY_OPERATOR, TAG_REMOVED, Desk, journal, letters, miscounted, newest, reasons
from gateway.outbox.protocol import Counts, OutboxError
from gateway.outbox.reading import Reading
from gateway.problems import did_you_mean
from gateway.web.roll import Roll, Route, Standing


class AskStatus(Struct, frozen=True, tag="status"):
    """Every tag's counters."""


class AskHealth(Struct, frozen=True, tag="health"):
    """What `taggate doctor` wants to know of the queue."""


class AskDead(Struct, frozen=True, tag="dead"):
    """The newest dead letters, of all tags or one."""

    route: Route | None = None
    reason: str | None = None
    limit: int = 50


class Retry(Struct, frozen=True, tag="retry"):
    """Dead letters are pending again."""

    route: Route
    reason: str | None = None


class Drop(Struct, frozen=True, tag="drop"):
    """Dead letters, or what is pending, go for good."""

    route: Route
    dead: bool
    reason: str | None = None


Errand = AskStatus | AskHealth | AskDead | Retry | Drop

_read = json.Decoder(Errand).decode


class Refused(Exception):
    """The errand cannot be done; the text says why and what to do. `code` is for programs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Counting(Protocol):
    """Where the counters come from."""

    async def counts(self) -> Mapping[Route, Counts]:
        """By tag."""
        ...


class Clerk:
    """Does errands. `desk` is None where the queue is only read; `now` gives ms since 1970."""

    def __init__(
        self,
        counting: Counting,
        reading: Reading,
        desk: Desk | None,
        roll: Callable[[], Roll],
        now: Callable[[], int],
        *,
        running: bool,
    ) -> None:
        self._counting = counting
        self._reading = reading
        self._desk = desk
        self._roll = roll
        self._now = now
        self._running = running

    async def answer(self, said: bytes) -> bytes:
        """An errand as JSON → its answer as JSON; `error` in it says why it was refused."""
        try:
            return json.encode(await self.run(_read(said)))
        except Refused as error:
            return json.encode({"error": str(error), "code": error.code})
        except OutboxError as error:
            return json.encode({"error": f"The queue cannot do that now: {error}.", "code": "queue"})
        except ValueError:
            say = "The gateway that runs does not understand this command: is it of another version?"
            return json.encode({"error": say, "code": "not-understood"})

    async def run(self, errand: Errand) -> Json:
        """Raises Refused, OutboxError."""
        if isinstance(errand, AskStatus):
            return await self._status()
        if isinstance(errand, AskHealth):
            return await self._health()
        counts = await self._counts()
        if errand.route is not None and errand.route not in counts:
            names = ["/".join(route) for route in counts]
            said = "/".join(errand.route)
            raise Refused("unknown-tag", f"There is no tag {said}. {did_you_mean(said, names)}".strip())
        if isinstance(errand, AskDead):
            return await self._dead(errand)
        return await (self._retry(errand) if isinstance(errand, Retry) else self._drop(errand))

    async def _counts(self) -> Mapping[Route, Counts]:
        """Of every tag that is configured or was ever counted, in order of their names."""
        found = dict(await self._counting.counts())
        for route in self._roll().tags:
            found.setdefault(route, Counts())
        return {route: found[route] for route in sorted(found)}

    async def _status(self) -> Json:
        roll = self._roll()
        tags = [_tag(route, counts, roll, self._now()) for route, counts in (await self._counts()).items()]
        return {"running": self._running, "tags": tags, "problems": [one for tag in tags for one in _problems(tag)]}

    async def _health(self) -> Json:
        return {
            "status": await self._status(),
            "newest": await newest(self._reading),
            "miscounted": ["/".join(route) for route in await miscounted(self._reading)],
            "journal_mode": await journal(self._reading),
            "synchronous": await self._desk.synchronous() if self._desk else None,
            "sqlite": sqlite_version,
        }

    async def _dead(self, errand: AskDead) -> Json:
        found = await letters(self._reading, errand.route, errand.reason, errand.limit)
        kinds = [
            {"container": container, "tag": tag, "reason": reason, "number": number}
            for container, tag, reason, number in await reasons(self._reading)
            if errand.route in (None, (container, tag)) and errand.reason in (None, reason)
        ]
        return {"now": self._now(), "reasons": kinds, "letters": [structs.asdict(letter) for letter in found]}

    async def _retry(self, errand: Retry) -> Json:
        standing = self._roll().standing(errand.route)
        if standing is not Standing.CONFIGURED:
            say = f"Nothing of {'/'.join(errand.route)} can be sent: {_WHY[standing]}."
            raise Refused("cannot-be-sent", say)
        done = await self._writing().retry(errand.route, errand.reason)
        return {"retried": done.changed, "unreadable": done.left}

    async def _drop(self, errand: Drop) -> Json:
        gone = self._roll().standing(errand.route) is Standing.GONE
        named = TAG_REMOVED if gone else BY_OPERATOR
        desk = self._writing()
        if errand.dead:
            done = await desk.drop_dead(errand.route, errand.reason, named)
        else:
            done = await desk.drop_pending(errand.route, named)
        return {"dropped": done.changed, "being_sent": done.left, "counted_as": named}

    def _writing(self) -> Desk:
        if self._desk is None:
            raise AssertionError("the queue was opened to be read only")
        return self._desk


_WHY = {
    Standing.NOT_RUNNING: "its container has errors (see taggate check)",
    Standing.GONE: "there is no such tag any more. Put it back into the container, or drop what is queued",
}


def _tag(route: Route, counts: Counts, roll: Roll, now: int) -> Json:
    state = roll.tags.get(route)
    return {
        "container": route[0],
        "tag": route[1],
        "standing": roll.standing(route).value,
        **_fares(state),
        **{name: getattr(counts, name) for name in _SHOWN},
        "oldest_pending_seconds": None if counts.oldest is None else max(now - counts.oldest, 0) // 1000,
        "balanced": counts.balanced,
    }


_SHOWN = ("accepted", "delivered", "dropped", "dead", "pending", "attempts", "ambiguous", "retried")


def _fares(state: State | None) -> dict[str, Json]:
    if state is None:
        return {"state": None, "reason": None, "retry_at": None}
    return {"state": state.phase.value, "reason": state.reason or None, "retry_at": state.retry_at}


_REMEDIES = {
    "http_401": "The receiver refuses the key or token: look at the tag's secrets.",
    "http_403": "The receiver refuses the key or token, or what it may do: look at the tag's secrets.",
    "http_404": "The receiver has nothing at this address: look at the tag's settings.",
    "tls": "The receiver has no TLS, or none that can be trusted: taggate doctor says which.",
    "forbidden_address": "Tags may not send to private addresses: name it under networks: allow, if it is meant.",
    "too_many_invalid": "The receiver refuses what it gets, hit after hit: see taggate outbox dead.",
}


def _remedy(reason: str) -> str:
    if reason.startswith("http_3"):
        return (
            "The receiver sends us on to another address, and we do not follow: put that one into the tag's settings."
        )
    return _REMEDIES.get(reason, "Put right what the receiver or its settings need.")


def _problems(tag: Mapping[str, Json]) -> Sequence[Json]:
    name = f"{tag['container']}/{tag['tag']}"
    waiting = "1 delivery waits" if tag["pending"] == 1 else f"{tag['pending']} deliveries wait"
    found = []
    if not tag["balanced"]:
        found.append(
            (
                "law-broken",
                f"{name}: accepted is not delivered + dead + dropped + pending.",
                "Report it as a mistake of taggate.",
            )
        )
    if tag["standing"] == Standing.GONE and tag["pending"]:
        say = f"{name}: {waiting} for a tag that is not there any more."
        found.append(("no-such-tag", say, f"Put the tag back, or: taggate outbox drop {name} --pending"))
    if tag["standing"] == Standing.NOT_RUNNING and tag["pending"]:
        say = f"{name}: {waiting}, and the container has errors."
        found.append(("not-running", say, "See taggate check."))
    if tag["state"] == Phase.PAUSED:
        say = f"{name} is paused ({tag['reason']}): every hit is kept, one is tried each minute."
        found.append(("paused", say, f"{_remedy(tag['reason'])} It goes on by itself."))
    if tag["state"] == Phase.STOPPED:
        found.append(("stopped", f"{name} has stopped ({tag['reason']}).", "See the log; restart the gateway."))
    return [{"code": code, "message": message, "hint": hint} for code, message, hint in found]
