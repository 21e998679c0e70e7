"""Container → the names of the modules its snippet is made of."""

from collections.abc import Iterable

from gateway.language.container import Calls, ConsentSource, Container, Join, Line
from gateway.snippet.configuration import AS_WORDS, in_page, of_kind, reading

_PAGE_VIEW = "page_view"
_ALWAYS = ("retry", "history")


def choose(container: Container) -> tuple[str, ...]:
    """The modules without those they need; `start` comes last."""
    names = [*_ALWAYS, *{reading(v)[0]: None for v in in_page(container)}]
    if wants_events(container):
        names.append("data_layer")
    names += _calls(container.calls)
    if in_page(container):
        names.append("variables")
    if of_kind(container, "trait"):
        names.append("traits")
    if container.user_id:
        names.append("identity")
    names += [f"on_{event.kind}" for event in container.events.values()]
    if any(event.source == "download" for event in container.events.values()):
        names.append("files")
    if any(v.personal for v in of_kind(container, "event")):
        names.append("details")
    if container.site.drop_query:
        names.append("address")
    names += sorted({tag.type.name for tag in container.tags.values() if tag.type.by_browser})
    if container.consent:
        names += _consent(container.consent)
    return (*names, "start")


def _calls(calls: Calls) -> Iterable[str]:
    """What lets a page keep the calls of other tools."""
    if calls.matomo:
        yield from ("matomo", "matomo_consent", "matomo_links", "matomo_content")
    if calls.segment:
        yield "segment"
    if calls.gtag:
        yield "gtag"


def _consent(source: ConsentSource) -> tuple[str, ...]:
    if source.kind == "api":
        return ("consent",)
    if source.kind in AS_WORDS:
        return (source.kind, "words")
    return (f"from_{source.where if source.kind == 'banner' else source.kind}",)


def wants_events(container: Container) -> bool:
    """Whether some tag can be sent for another event than page_view: one a page may push into a data layer."""
    return any(not _only_page_views(container, tag.send_when) for tag in container.tags.values())


def _only_page_views(container: Container, join: Join) -> bool:
    """Whether a yes of this join is possible on page_view alone; False also when that is not plain to see."""
    return _any(container, join.all_of) or (bool(join.any_of) and _all(container, join.any_of))


def _any(container: Container, names: Iterable[str]) -> bool:
    return any(_trigger(container, name) for name in names)


def _all(container: Container, names: Iterable[str]) -> bool:
    return all(_trigger(container, name) for name in names)


def _trigger(container: Container, name: str) -> bool:
    trigger = container.triggers[name]
    return any(_is_page_view(line) for line in trigger.lines) or _only_page_views(container, trigger.join)


def _is_page_view(line: Line) -> bool:
    return line.variable == "event" and any(
        m.wanted in (_PAGE_VIEW, (_PAGE_VIEW,)) and m.word in ("is", "one_of") and not m.negated for m in line.matchers
    )
