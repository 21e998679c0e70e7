"""A container with everything that its hits need, made once at load."""

from collections.abc import Callable
from secrets import token_bytes

from msgspec import Struct

from gateway.decide.decide import Decider
from gateway.decide.keys import Keys
from gateway.decide.observe import Observer
from gateway.decide.prepare import Preparer
from gateway.language.container import Container
from gateway.people.life import Attendant
from gateway.snippet.build import Snippet, build


class Runtime(Struct, frozen=True, kw_only=True):
    """A hit takes it once, at its start, and sees exactly this version."""

    container: Container
    keys: Keys
    observer: Observer
    decider: Decider
    attendant: Attendant
    preparer: Preparer
    snippet: Snippet
    headers: frozenset[str]
    """The request headers that variables read, in lower case."""
    cookies: frozenset[str]
    """The cookies that variables and consent read."""

    @classmethod
    def of(cls, container: Container, own: bytes, key: Callable[[str], bytes]) -> "Runtime":
        """`own`: the gateway's secret; `key`: a secret by its name. What `key` raises passes through."""
        keys = Keys.of(container, own, key)
        attendant = Attendant(container, own, keys.lookup, token_bytes)
        variables = container.variables.values()
        consent = {container.consent.where} if container.consent and container.consent.kind == "cookie" else set()
        return cls(
            container=container,
            keys=keys,
            observer=Observer(container, keys.proof),
            decider=Decider(container),
            attendant=attendant,
            preparer=Preparer(container, keys, attendant.trace_key),
            snippet=build(container),
            headers=frozenset(v.source.lower() for v in variables if v.kind == "header"),
            cookies=frozenset({v.source for v in variables if v.kind == "cookie"} | consent),
        )
