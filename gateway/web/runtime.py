"""A container with everything that its hits need, made once at load."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from secrets import token_bytes

from msgspec import Struct, structs

from gateway.decide.decide import Decider
from gateway.decide.keys import Keys
from gateway.decide.limits import Limits
from gateway.decide.observe import Observer
from gateway.decide.prepare import Preparer
from gateway.decide.pseudonym import derived
from gateway.decide.readers import Around
from gateway.delivery.senders import Route
from gateway.destinations import PAGE_TAGS
from gateway.language.container import Container, Tag
from gateway.language.events import BEYOND_THE_PAGE
from gateway.language.tag_types import SettingKind
from gateway.people.life import Attendant
from gateway.snippet.build import Snippet, build
from gateway.web.origins import Origins
from gateway.web.senders import Senders
from gateway.web.told import Runner


class Recipe(Struct, frozen=True, kw_only=True):
    """What another process makes the same runtime of: the file as it was read, and the keys it names."""

    name: str
    file: str
    source: bytes
    keys: Mapping[str, bytes] = {}

    def __repr__(self) -> str:
        return f"Recipe({self.name}, …)"


class Runtime(Struct, frozen=True, kw_only=True):
    """A hit takes it once, at its start, and sees exactly this version."""

    container: Container
    keys: Keys
    observer: Observer
    decider: Decider
    limits: Limits
    once: Mapping[str, str]
    """The events that count once a visit or a visitor, and which."""
    attendant: Attendant
    preparer: Preparer
    runners: Mapping[str, Runner] = {}
    """The tags that pages run, by name."""
    snippet: Snippet
    origins: Origins
    routes: Sequence[Route] = ()
    """Its tags with their secrets: one of another container that goes missing later changes nothing here."""
    recipe: Recipe
    senders: Senders

    @property
    def numbers_visits(self) -> bool:
        """Whether anything asks which visit a hit belongs to."""
        return self.observer.draws or bool(self.once)

    @classmethod
    def of(
        cls,
        container: Container,
        own: bytes,
        key: Callable[[str], bytes],
        routes: Sequence[Route] = (),
        source: bytes = b"",
        *,
        country: Callable[[str], str | None] | None = None,
    ) -> "Runtime":
        """`own`: the gateway's secret; `key`: a secret by its name; `source`: the file; `country`: what tells an
        address's country. What `key` raises passes through."""
        named: dict[str, bytes] = {}

        def noted(name: str) -> bytes:
            named[name] = key(name)
            return named[name]

        keys = Keys.of(container, own, noted)
        attendant = Attendant(container, own, keys.lookup, token_bytes)
        variables = container.variables.values()
        consent = {container.consent.where} if container.consent and container.consent.kind == "cookie" else set()
        return cls(
            container=container,
            keys=keys,
            observer=Observer(container, keys.proof, Around(country, derived(own, "taggate/draw", container.name))),
            decider=Decider(container),
            limits=Limits(container, keys),
            once={e.name: e.limit for e in container.events.values() if e.limit in BEYOND_THE_PAGE},
            attendant=attendant,
            preparer=Preparer(container, keys, attendant.trace_key),
            runners={t.name: Runner(PAGE_TAGS[t.type.name], t.settings) for t in _by_browser(container)},
            snippet=build(container),
            origins=Origins(container.site),
            routes=routes,
            recipe=Recipe(name=container.name, file=container.file, source=source, keys=named),
            senders=Senders(
                keys.cookie,
                container.visitor.days,
                headers={v.source.lower() for v in variables if v.kind == "header"},
                cookies=frozenset({v.source for v in variables if v.kind == "cookie"} | consent),
            ),
        )


def _by_browser(container: Container) -> list[Tag]:
    return [tag for tag in container.tags.values() if tag.type.by_browser]


def rooted(route: Route, data: Path) -> Route:
    """A file's relative path counts from the data folder."""
    settings = dict(route.target.settings)
    for name, setting in route.destination.type.settings.items():
        if setting.kind is SettingKind.PATH and name in settings and not Path(settings[name]).is_absolute():
            path = data / settings[name]
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            settings[name] = str(path)
    return structs.replace(route, target=structs.replace(route.target, settings=settings))
