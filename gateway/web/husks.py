"""Containers that do not run, and of which something may be kept: who refuses is heard all the same. All that it takes
are the gateway's own keys, which are made of the name."""

from collections.abc import Callable, Collection

from gateway.language.container import Container, Site
from gateway.language.questions import Program
from gateway.web.runtime import Runtime

_EMPTY = Program(triggers={}, sends=(), rules=(), remember=None, atoms=0, names={})


class Husks:
    """`own`: the gateway's secret; `names`: those that do not run."""

    def __init__(self, own: bytes, names: Callable[[], Collection[str]]) -> None:
        self._own = own
        self._names = names
        self._made: dict[str, Runtime] = {}

    def of(self, name: str) -> Runtime | None:
        """One that no page belongs to, and that sends nothing; None: nothing is known of this name."""
        if name not in self._names():
            return None
        if name not in self._made:
            site = Site(name=name, domains=())
            husk = Container(
                name=name, file="", revision="", site=site, variables={}, triggers={}, tags={}, program=_EMPTY
            )
            self._made[name] = Runtime.of(husk, self._own, _no_key)
        return self._made[name]


def _no_key(name: str) -> bytes:
    raise KeyError(name)
