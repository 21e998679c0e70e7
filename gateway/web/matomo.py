"""Matomo's HTTP Tracking API: /matomo.php, /piwik.php and /js/tracker.php."""

import hmac
from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from gateway.intake.matomo import Bulk, Told, entry, is_bulk, parameters, read_bulk, read_hit
from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit, Rejected
from gateway.intake.wording import Beside
from gateway.language.container import Container
from gateway.model import Hit
from gateway.web.answers import PIXEL, STORED, UNKEPT, Answer, as_json, failed
from gateway.web.asked import Asked, language
from gateway.web.collect import Turned
from gateway.web.dialects import Reception, Speak, beside, preflight
from gateway.web.gateway import Gateway
from gateway.web.runtime import Runtime

PATHS = ("/matomo.php", "/piwik.php", "/js/tracker.php")
METHODS = b"GET, HEAD, POST, OPTIONS"
LANDING = Answer(
    200, b"This is a taggate, which speaks Matomo's Tracking API.", ((b"content-type", b"text/plain"), UNKEPT)
)
UNKNOWN_SITE = failed(400, "unknown_site", "there is not one container that takes hits of this site number")
WAIT = (429, 503)


class Group(Struct):
    """The entries of a bulk that are for one container; of those that are not taken, their places end in `invalid`."""

    entries: list[tuple[int, Told]]
    token: str
    invalid: list[int]


class MatomoApi:
    """Hits of Matomo's own clients in; the answers that they know."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._door = reception.door
        self._gateway: Gateway = reception.door.gateway

    async def answer(self, asked: Asked, query: bytes) -> Answer:
        """Of any of the three addresses."""
        if asked.method == "OPTIONS":
            return preflight(asked, METHODS, self._reception.directory.speaking(matomo=True))
        if asked.method == "HEAD":
            return PIXEL
        if asked.method not in ("GET", "POST"):
            headers = {"Allow": METHODS.decode()}
            return failed(405, "wrong_method", "this address does not take this method", headers)
        return await self._reception.take(asked, partial(self._read, asked, query))

    async def _read(self, asked: Asked, query: bytes, body: bytes) -> Answer:
        told = parameters(query.decode("utf-8", "replace"))
        if is_bulk(body):
            return await self._bulk(asked, read_bulk(body), told.get("token_auth", ""))
        if body:
            told = {**parameters(body.decode("utf-8", "replace")), **told}
        if not told:
            return LANDING if asked.method == "GET" else failed(400, "empty", "there is no hit in the body")
        name = self._reception.directory.site(told.get("idsite"))
        if name is None:
            return UNKNOWN_SITE
        return await self._door.answer(asked, name, partial(self._one, told), admitted=True)

    async def _one(self, told: Told, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        trusted = _trusted(told.get("token_auth", ""), runtime)
        sender = self._seen(asked, runtime, ip, trusted=trusted)
        done = STORED if told.get("send_image") == "0" else PIXEL
        if not _counts(told, asked):
            return done
        tells = _beside(asked, trusted=trusted)
        read = partial(_only, told, runtime.container, sender, tells)
        taken = await self._gateway.ingest.read(runtime, read, page=False)
        return self._door.with_cookie(done, asked, runtime, taken.cookie)

    def _seen(self, asked: Asked, runtime: Runtime, ip: str | None, *, trusted: bool) -> Sender:
        apps = runtime.container.dialects.matomo_apps
        return self._door.seen(asked, runtime, ip, trusted=trusted, apps=apps)

    async def _bulk(self, asked: Asked, bulk: Bulk, token: str) -> Answer:
        invalid: list[int] = []
        groups = self._groups(bulk, bulk.token or token, invalid)
        answers = [
            await self._door.answer(asked, name, partial(self._some, group), admitted=True)
            for name, group in groups.items()
        ]
        refused = [answer for answer in answers if answer.status >= 400]
        if refused and (len(refused) == len(answers) or any(answer.status in WAIT for answer in refused)):
            return max(refused, key=lambda answer: answer.status)
        for group, answer in zip(groups.values(), answers, strict=True):
            invalid += [index for index, _ in group.entries] if answer.status >= 400 else group.invalid
        headers = [header for answer in answers for header in answer.headers]
        return _tallied(bulk, invalid).and_headers(list(dict.fromkeys(headers)))

    def _groups(self, bulk: Bulk, token: str, invalid: list[int]) -> dict[str, Group]:
        """By container. Senders of several sites may share a bulk."""
        groups: dict[str, Group] = {}
        for index, said in enumerate(bulk.entries):
            try:
                told = entry(said)
            except BadHit:
                invalid.append(index)
                continue
            name = self._reception.directory.site(told.get("idsite"))
            if name is None:
                invalid.append(index)
            else:
                groups.setdefault(name, Group([], token, [])).entries.append((index, told))
        return groups

    async def _some(self, group: Group, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        """The entries for one container. Raises what is wrong with the first where none can be taken."""
        vouched = _trusted(group.token, runtime)
        found: dict[bool, list[Hit]] = {True: [], False: []}
        speakers: dict[bool, tuple[Sender, Beside]] = {}
        refused: list[Turned] = []
        reasons: list[str] = []
        for index, told in group.entries:
            try:
                trusted = _trusted(told["token_auth"], runtime) if told.get("token_auth") else vouched
                if trusted not in speakers:
                    sender = self._seen(asked, runtime, ip, trusted=trusted)
                    speakers[trusted] = sender, _beside(asked, trusted=trusted)
                if _counts(told, asked):
                    found[trusted].append(read_hit(told, runtime.container, *speakers[trusted]))
            except Turned as turned:
                refused.append(turned)
                reasons.append(turned.reason)
                group.invalid.append(index)
            except BadHit as error:
                reasons.append(error.code)
                group.invalid.append(index)
        if len(refused) == len(group.entries):
            raise refused[0]
        for reason in reasons:
            self._gateway.metrics.rejected(runtime.container.name, reason)
        # What servers tell of others has nothing to do with the cookie of who asks.
        if found[True]:
            await self._gateway.ingest.accept(runtime, found[True])
        change = await self._gateway.ingest.accept(runtime, found[False]) if found[False] else None
        return self._door.with_cookie(STORED, asked, runtime, change)


def _trusted(token: str, runtime: Runtime) -> bool:
    """Whether the sender showed the server's token; a wrong one is turned away."""
    if not token:
        return False
    key = runtime.keys.matomo
    if key is None or not hmac.compare_digest(token.encode("utf-8", "surrogatepass"), key):
        raise Turned(failed(401, "wrong_key", "token_auth is not right", {"WWW-Authenticate": "Bearer"}), "wrong_key")
    return True


def _only(told: Told, container: Container, sender: Sender, tells: Beside) -> tuple[list[Hit], list[Rejected]]:
    return [read_hit(told, container, sender, tells)], []


def _beside(asked: Asked, *, trusted: bool) -> Beside:
    """As in Matomo: its PHP client tells the visitor's language in the header."""
    return Beside(language=language(asked)) if trusted else beside(asked, trusted=False)


def _counts(told: Told, asked: Asked) -> bool:
    """What is not to be recorded, or only fetched ahead, is no hit; Matomo answers it as one."""
    return told.get("rec") == "1" and "prefetch" not in (asked.header(b"sec-purpose") or "")


def _tallied(bulk: Bulk, invalid: Sequence[int]) -> Answer:
    """Who asked for nothing but a status gets no 2xx when nothing was taken."""
    tracked = len(bulk.entries) - len(invalid)
    if bulk.quiet and not invalid:
        return STORED
    told = {"status": "success", "tracked": tracked, "invalid": len(invalid)}
    if bulk.token:
        told["invalid_indices"] = sorted(invalid)
    status = 400 if bulk.quiet and not tracked else 200
    return as_json(told, status)


def addresses(reception: Reception) -> dict[str, Speak]:
    """Path → what answers there."""
    return dict.fromkeys(PATHS, MatomoApi(reception).answer)
