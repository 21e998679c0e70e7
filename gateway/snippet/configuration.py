"""Container → the one JSON object the snippet is given: what the browser must know, no rule and no secret."""

from collections.abc import Mapping

from gateway.language.container import ConsentSource, Container, Event, Site, Variable, WhileUnknown
from gateway.language.variable_kind import Reader
from gateway.language.variables import KINDS
from gateway.model import Json
from gateway.snippet.codes import in_browser
from gateway.snippet.states import NEVER, pattern

STORED = frozenset({"cookie", "local_storage", "session_storage"})
"""Kinds whose personal values are not even read before they may leave."""
_HANDED_OVER = frozenset({"trait", "event"})
"""Kinds that a page hands over with a call: nothing is looked up."""
AS_WORDS = frozenset({"cookie", "local_storage", "data_layer"})
"""Where a choice is kept as a text or value."""
IDENTIFY = "user_id"


def configuration(container: Container) -> Mapping[str, Json]:
    """The snippet's configuration. Its names are short: they are most of what differs from container to container.

    - `n`: the container's name.
    - `v`: `[name, module, source, states, stored]` of each variable that is read in the page; of an element the source
      is `[css]` or `[css, attribute]`, and a meta is one. `states`, where the value is personal: a pattern of the
      states of consent in which it may leave (`states.py`). `stored`: it may not even be read before that.
    - `t`: `[trait, states]`; no other trait of `identify` is kept or sent.
    - `d`: `[field, states]` of the personal event fields.
    - `u`: `[states, id, proof, account]`: the states for what `identify` gives, and places in `v` or null.
    - `e`: `[name, kind, once, delay, …]` of each event that is listened for: `once` a page view, since what is once a
      visit or once a visitor is no more than that; `delay` in seconds; then what its kind needs, as `_more` says.
    - `m`: the purpose that Matomo's consent calls stand for, or nothing.
    - `x`: `{tag: [type, settings]}` of the tags that the page runs; of code only the version.
    - `q`: parameters taken out of addresses, in lower case.
    - `c` (absent: not needed): `k`ind and `w`here of the source, `p`urposes in our words and in the `b`anner's, the
      banner's words that all of them `r`equire, whether hits are `s`ent while a purpose is unknown, and where some are
      not refused by a Global Privacy Control signal, 1 for each of these (`g`).

    What a module needs that is not in the snippet is left out.
    """
    traits, read = of_kind(container, "trait"), in_page(container)
    details = [v for v in of_kind(container, "event") if v.personal]
    found: dict[str, Json] = {"n": container.name}
    if read or traits or container.user_id:
        found["v"] = [_variable(v, container) for v in read]
    if traits:
        found["t"] = [_with_states([v.source], v, container) for v in traits]
    if traits or container.user_id:
        found["u"] = _user(container)
    if details:
        found["d"] = [_with_states([v.source], v, container) for v in details]
    if container.events:
        found["e"] = [_event(event, container.site) for event in container.events.values()]
    if container.calls.matomo:
        found["m"] = container.calls.consent_purpose or ""
    if container.site.drop_query or container.calls.matomo:
        found["q"] = sorted({name.lower() for name in container.site.drop_query})
    if run := {t.name: [t.type.name, in_browser(t)] for t in container.tags.values() if t.type.by_browser}:
        found["x"] = run
    if container.consent:
        found["c"] = _consent(container.consent)
    return found


def in_page(container: Container) -> list[Variable]:
    """The variables that a module reads in the page."""
    kinds = {kind.name for kind in KINDS.values() if kind.reader is Reader.BROWSER} - _HANDED_OVER
    return [v for v in container.variables.values() if v.kind in kinds]


def of_kind(container: Container, kind: str) -> list[Variable]:
    """The variables of one kind."""
    return [v for v in container.variables.values() if v.kind == kind]


def reading(variable: Variable) -> tuple[str, Json]:
    """The module that reads a variable, and what it is asked for: what is another kind in other words needs none."""
    source = variable.source
    match variable.kind:
        case "element":
            return "element", [source, variable.attribute] if variable.attribute else [source]
        case "meta":
            word = "".join(f"\\{mark}" if mark in "\\'" else mark for mark in source)
            return "element", [f"meta[name='{word}' i],meta[property='{word}' i]", "content"]
        case "screen":
            return "js", f"screen.{source}"
        case kind:
            return kind, source


def _variable(variable: Variable, container: Container) -> list[Json]:
    entry = _with_states([variable.name, *reading(variable)], variable, container)
    return [*entry, 1] if variable.personal and variable.kind in STORED else entry


def _event(event: Event, site: Site) -> list[Json]:
    return [event.name, event.kind, int(event.limit != "every_time"), _number(event.delay), *_more(event, site)]


def _more(event: Event, site: Site) -> list[Json]:
    """A selector or the kind of link; percent or seconds; percent of an element, repeat, or the website's domains."""
    if event.kind == "scroll":
        return [_number(event.amount)]
    if event.kind == "timer":
        return [_number(event.amount), int(event.repeat)]
    if event.kind == "visible":
        return [event.source, _number(event.percent)]
    if event.source == "outbound":
        return [event.source, list(site.domains)]
    return [event.source] if event.source else []


def _number(value: float | None) -> int | float:
    return int(value or 0) if not value or value == int(value) else value


def _with_states(entry: list[Json], variable: Variable, container: Container) -> list[Json]:
    return [*entry, pattern(container.may_leave.get(variable.name, ()))] if variable.personal else entry


def _user(container: Container) -> list[Json]:
    user = container.user_id
    if user is None:
        return [NEVER]
    places = {variable.name: at for at, variable in enumerate(in_page(container))}
    proof = user.verified_by.variable if user.verified_by else ""
    found = [places.get(name) for name in (user.variable, proof, user.account or "")]
    while found and found[-1] is None:
        found.pop()
    return [pattern(container.may_leave.get(IDENTIFY, ())), *found]


def _consent(source: ConsentSource) -> Mapping[str, Json]:
    where = {"k": source.kind, "w": source.where} if source.kind in AS_WORDS else {}
    spared = [int(purpose not in source.gpc_refuses) for purpose in source.purposes]
    return {
        **where,
        **({"r": list(source.needs)} if source.needs else {}),
        "p": list(source.purposes),
        **({"b": list(source.purposes.values())} if source.kind != "api" else {}),
        **({"s": 1} if source.while_unknown is not WhileUnknown.HOLD else {}),
        **({"g": spared} if any(spared) else {}),
    }
