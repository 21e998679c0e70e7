"""Who sends, read from a request's headers. A visitor's browser says the same with every hit: it is read once."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from msgspec import structs

from gateway.decide.cookie import CookieKey
from gateway.intake.sender import Sender

DAY_MS = 86_400_000
MOST = 4096
LONGEST = 2048
"""Bytes of headers that are remembered."""
_READ = (b"user-agent", b"accept-language", b"cookie", b"sec-gpc")

Said = tuple[bytes | None, ...]


class Senders:
    """Of one container: the key and the days of its visitor cookie, and which headers (in lower case) and cookies its
    variables read."""

    def __init__(self, key: CookieKey, days: int, headers: Collection[str], cookies: frozenset[str]) -> None:
        self._key = key
        self._days = days
        self._headers = tuple(headers)
        self._cookies = cookies
        self.wanted = (*_READ, *[name.encode("latin-1") for name in self._headers])
        """The headers that `of` is to be given, in this order."""
        self._known = lru_cache(MOST)(self._read)

    def of(self, said: Said, arrived: int, ip: str | None, *, trusted: bool, country: str | None) -> Sender:
        """Of a request with these headers."""
        read = self._known if sum([len(value) for value in said if value]) <= LONGEST else self._read
        found = read(said, ip, trusted, country)
        # Browsers may keep a cookie for longer than they are told to.
        kept = found.cookie and found.cookie.issued > arrived - self._days * DAY_MS
        cookie, lapsed = (found.cookie, None) if kept else (None, found.cookie)
        return structs.replace(found, arrived=arrived, cookie=cookie, lapsed=lapsed)

    def _read(self, said: Said, ip: str | None, trusted: bool, country: str | None) -> Sender:
        texts = [None if value is None else value.decode("latin-1") for value in said]
        agent, language, cookie, gpc, *more = texts
        jar = cookies(cookie)
        own = [value for name, value in jar if name == self._key.name and not trusted]
        return Sender(
            arrived=0,
            ip=ip,
            user_agent=agent,
            language=None if trusted else first_language(language) or None,
            country=country,
            headers={name: value for name, value in zip(self._headers, more, strict=True) if value is not None},
            cookies=named(jar, self._cookies),
            gpc=gpc == "1",
            cookie=next(filter(None, map(self._key.read, own)), None),
            named=bool(own),
            trusted=trusted,
        )


def first_language(said: str | None) -> str:
    """The one that the visitor's browser names first; empty: none, or any."""
    return (said or "").partition(",")[0].partition(";")[0].strip().removeprefix("*")


def cookies(said: str | None) -> Sequence[tuple[str, str]]:
    """Every cookie of a header."""
    if said is None:
        return ()
    parts = [part.strip().partition("=") for part in said.split(";")]
    return [(name, value.strip().removeprefix('"').removesuffix('"')) for name, sign, value in parts if sign]


def named(jar: Sequence[tuple[str, str]], names: frozenset[str]) -> Mapping[str, str]:
    """The cookies of these names; of two of one name the first."""
    found: dict[str, str] = {}
    for name, value in jar if names else ():
        if name in names:
            found.setdefault(name, value)
    return found
