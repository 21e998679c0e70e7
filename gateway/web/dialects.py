"""What the addresses of other tools' APIs have in common: which container is meant, and how a request is taken."""

import hmac
import zlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping

from gateway.intake.snippet import BadHit
from gateway.intake.wording import Beside
from gateway.web.answers import UNKEPT, Answer, shared
from gateway.web.asked import Asked, BodyTooLarge, language
from gateway.web.collect import ERRORS, Door, refusal
from gateway.web.gateway import Containers
from gateway.web.runtime import Runtime

HEADERS = (
    b"Content-Type, Authorization, X-Retry-Count, AnonymousId, SentAt, Rsa-Retry-Attempt, Rsa-Retry-Reason, "
    b"Rsa-Since-First-Attempt, Rsa-Since-Last-Attempt, Rsa-Recovered"
)
"""Those that the clients of Segment and RudderStack send beside a page's own."""
Speak = Callable[[Asked, bytes], Awaitable[Answer]]
"""A request and its query → the answer."""


class Directory:
    """Site numbers and write keys → containers. Where several claim one, none is guessed."""

    def __init__(self, runtimes: Containers) -> None:
        self._runtimes = runtimes
        self._of: Mapping[str, Runtime] | None = None
        self._sites: Mapping[str, str | None] = {}
        self._browser_keys: Mapping[str, str | None] = {}

    def site(self, said: str | None) -> str | None:
        """The container that takes hits of this site."""
        self._look()
        return self._sites.get(said or "")

    def key(self, said: str) -> tuple[str, bool] | None:
        """The container that takes calls with this write key, and whether it is its servers' secret."""
        self._look()
        if name := self._browser_keys.get(said):
            return name, False
        shown = said.encode("utf-8", "surrogatepass")
        keys = {name: runtime.keys.segment for name, runtime in self._runtimes().items()}
        found = [name for name, key in keys.items() if key and hmac.compare_digest(key, shown)]
        return (found[0], True) if len(found) == 1 else None

    def speaking(self, matomo: bool) -> list[Runtime]:
        """The containers that take hits of Matomo's clients, else of Segment's."""
        runtimes = self._runtimes().values()
        if matomo:
            return [one for one in runtimes if one.container.dialects.site_ids]
        return [one for one in runtimes if one.container.dialects.browser_key]

    def _look(self) -> None:
        runtimes = self._runtimes()
        if runtimes is not self._of:
            told = [(name, runtime.container.dialects) for name, runtime in runtimes.items()]
            self._sites = _only((str(site), name) for name, one in told for site in one.site_ids)
            self._browser_keys = _only((one.browser_key, name) for name, one in told if one.browser_key)
            self._of = runtimes


def clashes(runtimes: Mapping[str, Runtime]) -> list[str]:
    """Sites and keys that several containers claim, in words."""
    sites, keys = defaultdict[int, list[str]](list), defaultdict[str, list[str]](list)
    for name, runtime in runtimes.items():
        for site in runtime.container.dialects.site_ids:
            sites[site].append(name)
        if key := runtime.container.dialects.browser_key:
            keys[key].append(name)
    claims = [(f"site {site} of Matomo's clients", names) for site, names in sites.items()]
    claims += [(f"Segment's write key {key}", names) for key, names in keys.items()]
    return [
        f"{what} is claimed by {', '.join(sorted(names))}: what comes for it is refused"
        for what, names in claims
        if len(names) > 1
    ]


def _only(claims: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for claim, name in claims:
        found[claim] = name if found.get(claim, name) == name else None
    return found


class Reception:
    """Before it is known which container a request is for."""

    def __init__(self, door: Door, directory: Directory) -> None:
        self.door = door
        self.directory = directory

    async def take(self, asked: Asked, work: Callable[[bytes], Awaitable[Answer]]) -> Answer:
        """`work` with the body; errors become answers. One that asks too often is not listened to."""
        try:
            self.door.admit(asked)
            return await work(await self._body(asked))
        except ERRORS as error:
            return refusal(error)[0]

    async def _body(self, asked: Asked) -> bytes:
        if asked.method != "POST":
            return b""
        body = await self.door.body(asked)
        if asked.header(b"content-encoding") in (None, "", "identity"):
            return body
        return inflated(body, asked.header(b"content-encoding") or "", self.door.gateway.settings.limits.body)


def inflated(body: bytes, coding: str, limit: int) -> bytes:
    """A body that was made smaller on its way. Raises BadHit, BodyTooLarge."""
    if coding.strip().lower() not in ("gzip", "x-gzip"):
        raise BadHit("unknown_encoding", "a body may be as it is, or gzip")
    inflating = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        whole = inflating.decompress(body, limit + 1)
    except zlib.error:
        raise BadHit("not_gzip", "the body is not gzip") from None
    if len(whole) > limit:
        raise BodyTooLarge
    if not inflating.eof or inflating.unused_data:
        raise BadHit("not_gzip", "the body is not gzip")
    return whole


def beside(asked: Asked, *, trusted: bool) -> Beside:
    """What a browser tells; a server's own address and language are no visitor's."""
    return Beside() if trusted else Beside(asked.header(b"referer"), language(asked))


def preflight(asked: Asked, methods: bytes, speaking: Iterable[Runtime]) -> Answer:
    """The answer to OPTIONS, which does not say which container is meant."""
    allowed = Answer(
        headers=(
            UNKEPT,
            (b"allow", methods),
            (b"access-control-allow-methods", methods),
            (b"access-control-allow-headers", HEADERS),
            (b"access-control-max-age", b"86400"),
        )
    )
    origin = asked.header(b"origin")
    runtime = next((one for one in speaking if origin and one.origins.has(origin)), None)
    return shared(allowed, asked, runtime) if runtime else allowed
