"""A Matomo Tag Manager container export → Export."""

from collections.abc import Iterator, Mapping

from gateway.importing import matomo_config
from gateway.importing.exported import Constants, flag, ids, maps, named, parse, text
from gateway.importing.listened import ACTION, COUNT, ONLY_PERCENT, Listened, fullscreen, limited, timer, visible
from gateway.importing.matomo_receivers import Receivers
from gateway.importing.matomo_tags import CLICKED, MATOMO, TAGS, TRIGGERS
from gateway.importing.matomo_words import COMPARISONS, CONFIGURATION, NOT, PRECONFIGURED, VARIABLES
from gateway.importing.report import Fate
from gateway.importing.selectors import quoted_attribute, selected
from gateway.importing.source import BadExport, Condition, Export, SourceTag, SourceTrigger, SourceVariable, Table
from gateway.importing.templates import template
from gateway.importing.words import Read, TagWord, compared, unknown
from gateway.language.container import Matcher
from gateway.language.matchers import KINDS as MATCHERS
from gateway.language.matchers import Wants, predicate
from gateway.model import Json

ATTRIBUTES = {
    "ClickId": "id",
    "ClickClasses": "class",
    "FormId": "id",
    "FormClasses": "class",
    "FormName": "name",
}
ELEMENTS = ("ClickElement", "FormElement")
LIMITS = {"once_page": "once_per_page", "once_24hours": "once_per_visit", "once_lifetime": "once_per_visitor"}
SAME = ("equals", "equals_exactly")
"""Comparisons of a lookup table that are here as there, but for capital letters."""
WORDS = {
    "cookiebot": {"analytics": "statistics", "marketing": "marketing"},
    "cookieyes": {"analytics": "analytics", "marketing": "advertisement"},
    "onetrust": {"analytics": "C0002", "marketing": "C0004"},
}
"""What a banner calls our purposes, unless somebody changed it there."""


def read(data: bytes) -> Export:
    """Raises BadExport."""
    found = parse(data)
    if "containerVersion" in found:
        raise BadExport("This is an export of Google Tag Manager: taggate import gtm FILE.json")
    if not any(isinstance(found.get(key), list) for key in ("tags", "triggers", "variables")):
        raise BadExport(
            "This is not a container of Matomo Tag Manager: it has neither tags nor triggers nor variables."
        )
    if (context := text(found, "context")) not in ("", "web"):
        raise BadExport(f"This container is for {context[:20]}; only containers for the web can be imported.")
    configurations = [one for one in named(found, "variables") if text(one, "type") == CONFIGURATION]
    variables = (*_variables(found), *_preconfigured())
    constants = Constants(variables)
    receivers = Receivers(found, {one["name"]: one.get("parameters") for one in configurations}, constants)
    tags = tuple(_tag(one, receivers) for one in named(found, "tags"))
    consent, words = _consent(found, configurations)
    return Export(
        of="Matomo Tag Manager",
        name=text(found, "name"),
        domains=tuple(dict.fromkeys(d for one in configurations for d in matomo_config.domains(one.get("parameters")))),
        tags=tags,
        triggers=tuple(map(_trigger, named(found, "triggers"))),
        variables=variables,
        blocks_page=True,
        consent=consent,
        words=words,
        inlined=frozenset(constants.used),
        remembers=any(not flag(one.get("parameters"), "disableCookies") for one in configurations),
        others=tuple(_configurations(configurations)),
    )


def _consent(found: Json, configurations: list[Mapping[str, Json]]) -> tuple[Mapping[str, Json], Mapping[str, str]]:
    for tag in named(found, "tags"):
        if banner := TAGS.get(text(tag, "type"), TagWord()).banner:
            return {"banner": banner}, WORDS.get(banner, {})
    asked = any(flag(one.get("parameters"), "requireConsent") for one in configurations)
    return ({"banner": "matomo"} if asked else {}), {}


def _configurations(configurations: list[Mapping[str, Json]]) -> Iterator[tuple[Fate, str, str, str]]:
    for one in configurations:
        said = "; ".join(matomo_config.options(one.get("parameters")))
        yield (
            Fate.CARRIED,
            "variable",
            one["name"],
            "it became the settings of the tags that use it" + (f"; {said}" if said else ""),
        )


def _tag(found: Mapping[str, Json], receivers: Receivers) -> SourceTag:
    kind = text(found, "type")
    word = TAGS.get(_type(kind, found), TagWord(why=unknown("type of tag")))
    made = receivers.of(found, word)
    status = text(found, "status")
    paused = f"it is {status} there" if status not in ("", "active") else ""
    schedule = {"from": text(found, "start_date"), "until": text(found, "end_date")}
    return SourceTag(
        name=found["name"],
        type=kind,
        receiver=None if paused else made.receiver,
        why=paused or made.why,
        fires=ids(found, "fire_trigger_ids"),
        blocks=ids(found, "block_trigger_ids"),
        fields=made.fields,
        pages=made.pages,
        any_event=made.any_event,
        goal=made.goal,
        event_name=made.event_name,
        user=made.user,
        purposes=word.purposes,
        asked=made.asked,
        limit=LIMITS.get(text(found, "fire_limit"), ""),
        delay=_seconds(found),
        schedule={key: said for key, said in schedule.items() if said},
        changed=made.changed,
    )


def _type(kind: str, found: Mapping[str, Json]) -> str:
    """Where Matomo goes by another name (the plugin WhiteLabel), its tags are known by their configuration."""
    return MATOMO if kind not in TAGS and text(found.get("parameters"), "matomoConfig") else kind


def _seconds(found: Mapping[str, Json]) -> float:
    said = text(found, "fire_delay")
    return int(said) / 1000 if said.isdecimal() and len(said) < 9 else 0


def _conditions(found: Json) -> tuple[tuple[Condition, ...], str]:
    """The conditions, and why one of them cannot be read."""
    conditions, why = [], ""
    for one in maps(found, "conditions"):
        said = text(one, "comparison")
        negated = said.startswith(NOT)
        row = COMPARISONS.get(said.removeprefix(NOT))
        if row is None:
            why = compared(said)
            continue
        conditions.append(
            Condition(
                variable=text(one, "actual").strip(),
                word=row.word,
                wanted=text(one, "expected"),
                negated=negated,
                ignore_case=row.ignore_case,
                changed=row.changed,
            )
        )
    return tuple(conditions), why


def _trigger(found: Mapping[str, Json]) -> SourceTrigger:
    kind, parameters = text(found, "type"), found.get("parameters")
    conditions, why = _conditions(found)
    row = TRIGGERS.get(kind)
    event: str | None = row.event or None if row else None
    listens: tuple[Mapping[str, Json], ...] = (row.listens,) if row and row.listens else ()
    changed = row.changed if row else ""
    if row is None:
        why = unknown("type of trigger")
    elif row.reader == "click":
        what, everywhere = CLICKED[kind]
        selector, conditions = selected(conditions, ATTRIBUTES, ELEMENTS, everywhere)
        listens, changed = ({what: selector},), "what is inside such an element counts too"
    elif row.reader == "own_event":
        event = text(parameters, "eventName")
        why = why or ("" if event else "it names no event")
    elif row.reader:
        heard = _listened(row.reader, parameters)
        listens, changed, why = heard.listens, heard.changed, why or heard.why
        conditions = (*conditions, *heard.asked)
    return SourceTrigger(
        id=text(found, "idtrigger"),
        name=found["name"],
        type=kind,
        event=event,
        listens=listens,
        conditions=conditions,
        why=why,
        changed=changed,
        page_start=row.page_start if row else False,
    )


def _listened(reader: str, found: Json) -> Listened:
    times = text(found, "triggerLimit")
    if reader == "scroll":
        if text(found, "scrollType") != "verticalpercentage":
            return Listened(why=ONLY_PERCENT)
        return Listened(({"scroll": f"{text(found, 'percentage')}%"},))
    if reader == "timer":
        return timer(text(found, "triggerInterval") or "3000", times)
    if reader == "fullscreen":
        return fullscreen(text(found, "triggerAction"), times)
    if reader == "leave":
        return limited("leave", times or "1")
    css = text(found, "cssSelector")
    selector = (
        css if text(found, "selectionMethod") == "cssSelector" else quoted_attribute("id", text(found, "elementId"))
    )
    often = {"oncePage": "page", "onceElement": "element"}.get(text(found, "fireTriggerWhen"), "")
    return visible(selector, text(found, "minPercentVisible"), often)


def _variables(found: Json) -> Iterator[SourceVariable]:
    for one in named(found, "variables"):
        kind, parameters = text(one, "type"), one.get("parameters")
        if kind == CONFIGURATION:
            continue
        row = VARIABLES.get(kind, Read(why=unknown("type of variable")))
        reads, why = _reads(kind, row, parameters)
        yield SourceVariable(
            name=one["name"],
            type=kind,
            reads=reads,
            why=why,
            changed=row.changed,
            other=row.other,
            default=text(one, "default_value"),
            table=_table(one),
            mentions=template(text(parameters, "jsFunction")).names,
        )


def _reads(kind: str, row: Read, parameters: Json) -> tuple[Mapping[str, Json] | None, str]:
    said = text(parameters, row.parameter) if row.parameter else ""
    if row.parts:
        part = row.parts.get(said or "href")
        return ({part[0]: part[1]}, "") if part else (None, row.why)
    if kind == "DomElement":
        attribute = text(parameters, "attributeName")
        said = (
            said
            if text(parameters, "selectionMethod") != "elementId"
            else quoted_attribute("id", text(parameters, "elementId"))
        )
        return (
            ({"element": said} | ({"attribute": attribute} if attribute else {}), "")
            if said
            else (None, "it names no element")
        )
    if not row.kind:
        return None, row.why
    if kind == "JavaScript":
        said = said if said.startswith("window.") or not said else f"window.{said}"
    return ({row.kind: said}, "") if said else (None, "it does not say what it reads")


def _table(found: Mapping[str, Json]) -> Table | None:
    entries = maps(found, "lookup_table")
    if not entries:
        return None
    kept: dict[str, str] = {}
    above: list[Mapping[str, Json]] = []
    for one in entries:
        key = text(one, "match_value")
        if text(one, "comparison") not in ("", *SAME) or any(_may_fit(other, key) for other in above):
            above.append(one)
        elif key.casefold() not in {known.casefold() for known in kept}:
            kept[key] = text(one, "out_value")
    return Table(tuple(kept.items()), len(above))


def _may_fit(found: Mapping[str, Json], key: str) -> bool:
    """Whether a row that could not be kept may take this text."""
    said = text(found, "comparison")
    row = COMPARISONS.get(said)
    kind = MATCHERS.get(row.word) if row else None
    wanted = text(found, "match_value")
    if kind is None or kind.wants not in (Wants.VALUE, Wants.TEXT) or kind.wrong(wanted):
        return True
    return predicate(Matcher(word=kind.name, wanted=wanted, ignore_case=True))(key)


def _preconfigured() -> Iterator[SourceVariable]:
    yield from (COUNT, ACTION)
    for name, row in PRECONFIGURED.items():
        yield SourceVariable(
            name=name,
            type=name,
            what="preconfigured variable",
            listed=False,
            reads={row.kind: row.source} if row.kind else None,
            why=row.why,
            changed=row.changed,
            other=row.other,
            is_element=row.is_element,
        )
