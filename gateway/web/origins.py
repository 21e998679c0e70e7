"""The hosts whose pages may send, and what lets them read the answer. Few ask, and they ask with every hit."""

from functools import lru_cache

from gateway.decide.address import host
from gateway.language.container import Site

MOST = 256
LONGEST = 300
_ALWAYS = ((b"vary", b"Origin"),)


class Origins:
    """Of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known = lru_cache(MOST)(self._headers)

    def has(self, origin: str) -> bool:
        """Whether it is the site's."""
        return len(self.headers(origin)) > len(_ALWAYS)

    def headers(self, origin: str | None) -> tuple[tuple[bytes, bytes], ...]:
        """For an answer to a page of this origin."""
        return self._known(origin) if origin is None or len(origin) <= LONGEST else _ALWAYS

    def _headers(self, origin: str | None) -> tuple[tuple[bytes, bytes], ...]:
        if not origin or not self._site.has(host(origin) or ""):
            return _ALWAYS
        return (
            *_ALWAYS,
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"Retry-After"),
        )
