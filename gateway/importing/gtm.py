"""A Google Tag Manager export (format 2) → Export."""

from collections.abc import Container, Iterator, Mapping
from datetime import UTC, datetime

from gateway.importing.exported import Constants, flag, ids, maps, named, parse, text
from gateway.importing.gtm_events import PAGE_VIEW, WITH_PAGE, renamed, unlike
from gateway.importing.gtm_parts import Parameters, conditions, is_on, parameters, value, word
from gateway.importing.gtm_receivers import Receivers
from gateway.importing.gtm_tags import (
    ALWAYS_THERE,
    BANNER_WORDS,
    CLICKED,
    OWN_TEMPLATE,
    PURPOSES,
    TAGS,
    TRIGGERS,
    UNKNOWN,
)
from gateway.importing.gtm_variables import BY_NAME, ELEMENTS, built_ins, variables
from gateway.importing.listened import ONCE, ONLY_PERCENT, Listened, timer, visible
from gateway.importing.report import Fate
from gateway.importing.selectors import quoted_attribute, selected
from gateway.importing.source import BadExport, Condition, Export, SourceTag, SourceTrigger, SourceVariable
from gateway.importing.words import TagWord, TriggerWord, unknown
from gateway.model import Json

FORMAT = "2"
LIMITS = {"ONCE_PER_LOAD": "once_per_page"}
NO_SUCH_PLACE = "a container has none; its tags and variables stand together"


def read(data: bytes) -> Export:
    """Raises BadExport."""
    whole = parse(data)
    if "idcontainer" in whole or isinstance(whole.get("tags"), list):
        raise BadExport("This is an export of Matomo Tag Manager: taggate import matomo FILE.json")
    found = whole.get("containerVersion")
    if not isinstance(found, dict):
        raise BadExport("This is not an export of Google Tag Manager: it has no containerVersion.")
    if (said := text(whole, "exportFormatVersion")) != FORMAT:
        raise BadExport(f"This export has the format {said[:20] or '(none)'}; only format {FORMAT} can be imported.")
    container = found.get("container")
    contexts = [word(one) for one in ids(container, "usageContext")]
    if contexts and "WEB" not in contexts:
        raise BadExport("This container is not for the web; only containers for the web can be imported.")
    return _export(found, container)


def _export(found: Mapping[str, Json], container: Json) -> Export:
    known = (*variables(found), *built_ins(found))
    constants = Constants(known)
    receivers = Receivers(found, known, constants)
    tags = tuple(_tag(one, receivers) for one in named(found, "tag"))
    asked = [purpose for purpose in BANNER_WORDS if any(purpose in tag.purposes for tag in tags if tag.asked)]
    return Export(
        of="Google Tag Manager",
        name=text(container, "name"),
        domains=(text(container, "name"), *ids(container, "domainName")),
        tags=tags,
        triggers=tuple(_triggers(found, known)),
        variables=known,
        consent={"google_consent_mode": {"purpose": BANNER_WORDS[asked[0]]}} if asked else {},
        words=BANNER_WORDS,
        inlined=frozenset(constants.used | receivers.used),
        remembers=any(tag.pages for tag in tags),
        others=tuple(_others(found)),
    )


def _others(found: Json) -> Iterator[tuple[Fate, str, str, str]]:
    for one in named(found, "folder"):
        yield Fate.NOT_POSSIBLE, "folder", one["name"], NO_SUCH_PLACE
    for key, what in (("customTemplate", "template"), ("zone", "zone"), ("client", "client")):
        for one in named(found, key):
            yield Fate.NOT_POSSIBLE, what, one["name"], OWN_TEMPLATE.why if key == "customTemplate" else NO_SUCH_PLACE
    for one in named(found, "transformation"):
        yield Fate.NOT_POSSIBLE, "transformation", one["name"], "it is of a server container"


def _tag(found: Mapping[str, Json], receivers: Receivers) -> SourceTag:
    kind = text(found, "type")
    row = OWN_TEMPLATE if kind.startswith("cvt_") else TAGS.get(kind, UNKNOWN)
    made = receivers.of(found, row)
    paused = "it is paused there" if flag(found, "paused") else ""
    purposes = _purposes(found)
    waits = [key for key in ("setupTag", "teardownTag") if maps(found, key)]
    return SourceTag(
        name=found["name"],
        type=kind,
        receiver=None if paused else made.receiver,
        why=paused or made.why,
        fires=ids(found, "firingTriggerId"),
        blocks=ids(found, "blockingTriggerId"),
        fields=made.fields,
        pages=made.pages,
        any_event=made.any_event,
        event_name=made.event_name,
        user=made.user,
        purposes=_together(purposes, row),
        asked=bool(purposes),
        limit=LIMITS.get(word(text(found, "tagFiringOption")), ""),
        schedule=_schedule(found),
        changed=(*made.changed, *(["it does not wait for another tag, nor another for it"] if waits else [])),
    )


def _purposes(found: Json) -> tuple[str, ...]:
    """What the tag itself asks for; nothing where it does not."""
    settings = found.get("consentSettings")
    if word(text(settings, "consentStatus")) != "NEEDED" or not isinstance(settings, dict):
        return ()
    listed = settings.get("consentType")
    said = maps(listed, "list") if isinstance(listed, dict) else maps(settings, "consentType")
    asked = {PURPOSES.get(text(one, "value"), "marketing") for one in said}
    return tuple(purpose for purpose in BANNER_WORDS if purpose in asked)


def _together(asked: tuple[str, ...], row: TagWord) -> tuple[str, ...]:
    """What a tag of Google's own asks for is beside what it needs by itself; of another nobody else can say it."""
    needs = {*asked, *(row.purposes if row.type == "ga4" or not asked else ())}
    return tuple(purpose for purpose in BANNER_WORDS if purpose in needs)


def _schedule(found: Json) -> dict[str, str]:
    ends = {"from": text(found, "scheduleStartMs"), "until": text(found, "scheduleEndMs")}
    return {
        key: datetime.fromtimestamp(int(ms) // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        for key, ms in ends.items()
        if ms.isdecimal() and len(ms) < 15
    }


def _triggers(found: Json, known: tuple[SourceVariable, ...]) -> Iterator[SourceTrigger]:
    named_by = {one.name: one.type for one in known}
    events = {one.name for one in known if one.is_event}
    for one in named(found, "trigger"):
        yield _trigger(one, named_by, events)
    used = {
        one for tag in maps(found, "tag") for key in ("firingTriggerId", "blockingTriggerId") for one in ids(tag, key)
    }
    for number, (name, kind) in ALWAYS_THERE.items():
        if number in used:
            yield _trigger({"triggerId": number, "name": name, "type": kind}, named_by, events)


def _trigger(found: Mapping[str, Json], named_by: Mapping[str, str], events: Container[str]) -> SourceTrigger:
    kind = word(text(found, "type"))
    row = TRIGGERS.get(kind, TriggerWord(why=unknown("type of trigger")))
    asked, why = conditions(found, "filter", "autoEventFilter")
    asked = tuple(renamed(one) if one.variable in events else one for one in asked)
    everything, names = asked, [one for one in asked if one.variable in events]
    event: Json = row.event or None
    listens: tuple[Mapping[str, Json], ...] = (row.listens,) if row.listens else ()
    changed = row.changed
    if row.reader == "click":
        what, everywhere = CLICKED[kind]
        attributes = {name: BY_NAME[kind] for name, kind in named_by.items() if kind in BY_NAME}
        elements = [name for name, kind in named_by.items() if kind in ELEMENTS]
        selector, asked = selected(asked, attributes, elements, everywhere)
        listens, changed = ({what: selector},), "what is inside such an element counts too"
        if flag(found.get("checkValidation"), "value"):
            changed += "; so does what the page itself stopped"
    elif row.reader == "own_event":
        event, more, problem = _own_event(found)
        names += conditions(found, "customEventFilter")[0]
        changed = WITH_PAGE if event == PAGE_VIEW else ""
        asked, why = (*asked, *more), why or problem
    elif row.reader:
        heard = _listened(row.reader, found)
        listens, changed, why, asked = heard.listens, heard.changed, why or heard.why, (*asked, *heard.asked)
    return SourceTrigger(
        id=text(found, "triggerId"),
        name=found["name"],
        type=kind,
        event=event,
        listens=listens,
        conditions=asked,
        asked=everything if row.reader == "click" else (),
        why=row.why or why or unlike(names),
        changed=changed,
        page_start=row.page_start,
    )


def _own_event(found: Json) -> tuple[Json, tuple[Condition, ...], str]:
    """The event's name or what it must look like, further conditions on it, and why it cannot be."""
    asked, why = conditions(found, "customEventFilter")
    if not asked or why:
        return None, (), why or "it names no event"
    first, *more = map(renamed, asked)
    if "{{" in first.wanted or not first.wanted:
        return None, (), "the event it waits for is worked out in the page"
    if first.word == "is" and not first.negated and not first.ignore_case:
        return first.wanted, tuple(more), ""
    said: dict[str, Json] = {("not_" if first.negated else "") + first.word: first.wanted}
    if first.negated and first.word == "is":
        said = {"is_not": first.wanted}
    return said | ({"ignore_case": True} if first.ignore_case else {}), tuple(more), ""


def _listened(reader: str, found: Json) -> Listened:
    said = parameters(found)
    if reader == "scroll":
        return _scrolled(said)
    if reader == "timer":
        interval, times = (value(found, key) or value(said, key) for key in ("interval", "limit"))
        return timer(interval, times)
    if is_on(said, "useOnScreenDuration"):
        return Listened(why="how long something must be in view cannot be asked here")
    by_css = word(value(said, "selectorType")).startswith("CSS")
    selector = value(said, "elementSelector") if by_css else quoted_attribute("id", value(said, "elementId"))
    often = {"ONCE": "page", "ONCE_PER_ELEMENT": "element"}.get(word(value(said, "firingFrequency")), "")
    return visible(selector, value(said, "onScreenRatio") or value(said, "visiblePercentageMin"), often)


def _scrolled(said: Parameters) -> Listened:
    percents = value(said, "verticalThresholdsPercent") if is_on(said, "verticalThresholdOn") else ""
    steps = [one.strip() for one in percents.split(",") if one.strip()][:20]
    if not steps or word(value(said, "verticalThresholdUnits")) == "PIXELS":
        return Listened(why=ONLY_PERCENT)
    changed = "only down, not sideways" if is_on(said, "horizontalThresholdOn") else ""
    return Listened(tuple({"scroll": f"{step}%", **ONCE} for step in steps), changed)
