"""Who sends: what a request tells about the visitor beside its body."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.model import Cookie


class Sender(Struct, frozen=True, kw_only=True, gc=False):
    """`headers` and `cookies`: only those the container names. `arrived` in ms since 1970."""

    arrived: int
    ip: str | None = None
    user_agent: str | None = None
    language: str | None = None
    """That a visitor's browser asks for first."""
    country: str | None = None
    """As a proxy that is believed tells it; empty: it does not know."""
    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}
    gpc: bool = False
    cookie: Cookie | None = None
    lapsed: Cookie | None = None
    """One of ours that is too old to count: it can only refuse."""
    named: bool = False
    """There is a cookie of this name, whoever made it."""
    trusted: bool = False
    """It showed a secret of the container."""
