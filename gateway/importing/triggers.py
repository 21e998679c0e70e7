"""Triggers of an export → triggers of the container, never wider than they were there."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.importing.alike import OTHER, alike, wider
from gateway.importing.draft import Draft
from gateway.importing.naming import Namer
from gateway.importing.offers import Offers, Refused
from gateway.importing.report import Fate, Report
from gateway.importing.source import Condition, Export, SourceTrigger
from gateway.importing.variables import Named, Variables
from gateway.language.texts import NUMBER
from gateway.language.yaml_text import plain
from gateway.model import Json

NUMBERS = frozenset({"at_least", "at_most", "more_than", "less_than"})
PAGE_VIEW = "page_view"
CLICKS = frozenset({"click", "submit"})


LIMITS = ("once_per_page", "once_per_visit", "once_per_visitor")
OF_THE_PAGE = frozenset({"url", "query"})
"""What these read is the same for all of a page view."""


class Placed(Struct, frozen=True, kw_only=True):
    """A trigger that was carried over. `events`: the names of the events it waits for, where it names them;
    `listened`: those that are in the section events for its sake; `limits`: those that they may have, `delayed`:
    whether they may have a delay."""

    name: str
    events: tuple[str, ...]
    listened: tuple[str, ...] = ()
    limits: frozenset[str] = frozenset()
    delayed: bool = False


class Triggers:
    """The container's triggers."""

    def __init__(self, export: Export, variables: Variables, draft: Draft, offers: Offers, report: Report) -> None:
        self._sources = {trigger.id: trigger for trigger in export.triggers}
        self._tags = [tag for tag in export.tags if tag.receiver is not None]
        self._variables, self._draft, self._offers, self._report = variables, draft, offers, report
        self._namer = Namer("trigger")
        self._events = Namer("event", (PAGE_VIEW,))
        self._made: dict[str, Placed | Refused] = {}
        self._blocking: dict[str, Named | None] = {}
        self._heard: dict[tuple[str, ...], Named] = {}
        self._blocks_page = export.blocks_page
        self._missing: dict[str, str] = {}

    def add(self, hint: str, definition: Mapping[str, Json]) -> str:
        """A trigger of our own."""
        name = self._namer.name(hint)
        self._draft.triggers[name] = dict(definition)
        return name

    def called(self, trigger_id: str) -> str:
        """What a trigger is called in the export."""
        source = self._sources.get(trigger_id)
        return plain(source.name) if source else trigger_id

    def at_start(self, trigger_ids: Iterable[str]) -> bool:
        """Whether all of these happen when a page begins, and not when it changes its own address."""
        return all(one in self._sources and self._sources[one].page_start for one in trigger_ids)

    def overlap(self, trigger_ids: Iterable[str]) -> bool:
        """Whether one click may be several of these: there a tag fires once for it, here each has an event."""
        found = [self._sources[one] for one in dict.fromkeys(trigger_ids) if isinstance(self._made.get(one), Placed)]
        clicks = [one.type for one in found if any(CLICKS & heard.keys() for heard in one.listens)]
        return not self._blocks_page and len(set(clicks)) < len(clicks)

    def use(self, trigger_id: str) -> Placed | Refused:
        """The trigger as one on which a tag fires."""
        if trigger_id not in self._made:
            source = self._sources.get(trigger_id)
            if source is None:
                return Refused(f"trigger {plain(trigger_id)[:40]} is not in the export")
            self._made[trigger_id] = self._place(source)
            self._tell(source, self._made[trigger_id])
        return self._made[trigger_id]

    def block(self, trigger_id: str, fires: Iterable[str]) -> Named | None:
        """The trigger as one that blocks a tag, which fires on those; None where the consent that the tag asks for
        does the same."""
        if rivals := self._rivals(trigger_id, fires):
            self._blocking[trigger_id] = self._block_heard(self._sources[trigger_id], rivals)
            return self._blocking[trigger_id]
        if trigger_id not in self._blocking:
            self._blocking[trigger_id] = self._block(trigger_id)
        return self._blocking[trigger_id]

    def unused(self, names: Iterable[str]) -> None:
        """These are not in the container after all."""
        gone = set(names)
        for trigger_id, source in self._sources.items():
            made, blocking = self._made.get(trigger_id), self._blocking.get(trigger_id)
            called = {made.name if isinstance(made, Placed) else "", blocking if isinstance(blocking, str) else ""} - {
                ""
            }
            if called and called <= gone:
                self._report.unused("trigger", source.name)
                self._draft.leave_out("triggers", f"LEFT OUT {plain(source.name)}: no tag here uses it.")

    def finish(self) -> None:
        """Tells of every trigger that nothing needed."""
        for source in self._sources.values():
            if source.id in self._made or source.id in self._blocking:
                continue
            if source.why:
                self._tell(source, Refused(source.why))
            else:
                self._report.say(Fate.UNUSED, "trigger", source.name)
                self._draft.leave_out("triggers", f"LEFT OUT {plain(source.name)}: no tag here uses it.")

    def _rivals(self, trigger_id: str, fires: Iterable[str]) -> list[SourceTrigger]:
        """What of a tag's own triggers hears what this one heard there: here each of them has its own event."""
        source = self._sources.get(trigger_id)
        if source is None or source.why or not source.listens or self._blocks_page or trigger_id in fires:
            return []
        return [self._sources[one] for one in fires if one in self._sources and self._sources[one].type == source.type]

    def _block_heard(self, source: SourceTrigger, rivals: list[SourceTrigger]) -> Named | None:
        """It is asked at the events of those: its own comes in a hit of its own, which it could not block."""
        if not source.asked and any(one.listens != source.listens for one in rivals):
            return Refused(f"“{plain(source.name)}” is told here as an event of its own")
        placed = [self.use(one.id) for one in rivals]
        events = [event for one in placed if isinstance(one, Placed) for event in one.listened]
        if not events:
            return self._block(source.id)
        key = (source.id, *events)
        if key not in self._heard:
            made = self._other(source) or self._conditions(
                replace(source, name=f"{source.name}_blocks", conditions=source.asked or source.conditions),
                {"event": events[0] if len(events) == 1 else {"one_of": events}},
            )
            self._heard[key] = made.name if isinstance(made, Placed) else made
            if source.id not in self._made:
                self._tell(source, made)
        return self._heard[key]

    def _block(self, trigger_id: str) -> Named | None:
        source = self._sources.get(trigger_id)
        if source is None:
            return Refused(f"trigger {plain(trigger_id)[:40]}, which blocks it, is not in the export")
        if refused := self._other(source):
            return refused
        if not self._blocks_page:
            placed = self.use(trigger_id)
            return placed.name if isinstance(placed, Placed) else placed
        if source.page_start and not source.why:
            return self._block_page(source)
        if is_about_consent(source):
            said = "what it blocks asks for consent here, which does the same"
            self._report.say(Fate.CHANGED, "trigger", source.name, said)
            return None
        refused = Refused(
            f"once “{plain(source.name)}” has happened it is blocked for all of the page, which cannot be said here"
        )
        if trigger_id not in self._made:
            self._tell(source, refused)
        return refused

    def _other(self, source: SourceTrigger) -> Refused | None:
        """What blocks a tag must do so wherever it did: less of it would be more of the tag."""
        asked = (one.variable for one in (*source.conditions, *source.asked))
        odd = next((one for one in asked if not alike(self._variables.sources, one)), None)
        return Refused(f"“{plain(source.name)}” asks for “{plain(odd)}”: {OTHER}") if odd is not None else None

    def _block_page(self, source: SourceTrigger) -> Named:
        """What happens at the beginning of every page is asked at each hit, so that all of the page is blocked."""
        if not source.conditions:
            self._report.say(Fate.CARRIED, "trigger", source.name, "it blocks on every page")
            return Refused(f"“{plain(source.name)}” blocks it on every page")
        made = self._conditions(source, {})
        changed = "it blocks each hit it is true of; there it blocked the rest of the page on which it once was"
        self._tell(source, made, changed)
        return made.name if isinstance(made, Placed) else made

    def _place(self, source: SourceTrigger) -> Placed | Refused:
        if source.why:
            return Refused(source.why)
        if source.event is not None:
            event = plain(source.event) if isinstance(source.event, str) else source.event
            if refused := self._offers.line(None, event):
                return refused
            made = self._conditions(source, {"event": event})
            return (
                made
                if isinstance(made, Refused)
                else Placed(name=made.name, events=(event,) if isinstance(event, str) else ())
            )
        return self._listen(source)

    def _listen(self, source: SourceTrigger) -> Placed | Refused:
        """What the page listens for has a name of its own in the section events."""
        for definition in source.listens:
            if refused := self._offers.event(_plain(definition)):
                return refused
        names = []
        for definition in source.listens:
            names.append(self._events.name(source.name))
            self._draft.events[names[-1]] = _plain(definition)
        made = self._conditions(source, {"event": names[0] if len(names) == 1 else {"one_of": names}})
        if isinstance(made, Refused):
            for name in names:
                del self._draft.events[name]
            return made
        tags = [tag for tag in self._tags if source.id in tag.fires]
        return Placed(
            name=made.name,
            events=tuple(names),
            listened=tuple(names),
            limits=self._limits(source) if len({tag.limit for tag in tags}) == 1 else frozenset(),
            delayed=len({tag.delay for tag in tags}) == 1,
        )

    def _limits(self, source: SourceTrigger) -> frozenset[str]:
        """An event is counted before the trigger is asked: one of which it says no would be the only one."""
        if not source.conditions:
            return frozenset(LIMITS)
        reads = [self._variables.sources[one.variable].reads or {} for one in source.conditions]
        return frozenset({LIMITS[0]} if all(OF_THE_PAGE & one.keys() for one in reads) else ())

    def _conditions(self, source: SourceTrigger, lines: dict[str, Any]) -> Placed | Refused:
        """A trigger with these lines and the source's conditions."""
        asked: list[tuple[str, Json, bool]] = []
        for condition in source.conditions:
            found = self._line(condition)
            if isinstance(found, Refused):
                return found
            asked.append(found)
        joined = []
        for variable, wanted, or_missing in asked:
            if or_missing:
                joined.append(self._or_missing(source, variable, wanted))
            elif variable in lines:
                joined.append(self.add(f"{source.name}_{variable}", {variable: wanted}))
            else:
                lines[variable] = wanted
        return Placed(name=self.add(source.name, lines | ({"all_of": joined} if joined else {})), events=())

    def _line(self, condition: Condition) -> tuple[str, Json, bool] | Refused:
        """The variable, what it must be, and whether it may also be missing."""
        source = self._variables.sources.get(condition.variable)
        if condition.word == "selector":
            return Refused("only what was clicked, sent or seen can be compared with a selector here")
        wanted = self._variables.constants.text(condition.wanted)
        if wanted is None:
            return Refused("two variables cannot be compared with each other here")
        if condition.word == "is" and wanted.strip() in NOTHING:
            condition, wanted = _present(condition), ""
        number = condition.word in NUMBERS
        if number and not NUMBER.fullmatch(plain(wanted)):
            return Refused(f"it compares a number with “{plain(wanted)[:40]}”, which is none")
        said = _matcher(condition, plain(wanted))
        if source is not None and source.is_event:
            return self._offers.line(None, said) or ("event", said, False)
        if why := wider(self._variables.sources, condition, plain(wanted)):
            return Refused(f"it asks for “{plain(condition.variable)}”: {why}")
        name = self._variables.use(condition.variable, number=number)
        if isinstance(name, Refused):
            return Refused(f"it asks for “{plain(condition.variable)}”: {name.said}", yet=name.yet)
        definition = self._variables.definition(name)
        simple = {"constant": "x"} if "lookup" in definition or "text" in definition else definition
        refused = self._offers.line(simple, said)
        or_missing = condition.negated and condition.word != "present" and self._variables.may_be_absent(name)
        return refused or (name, said, or_missing)

    def _or_missing(self, source: SourceTrigger, variable: str, wanted: Json) -> str:
        """There what is missing differs from everything; here it must be said."""
        if variable not in self._missing:
            self._missing[variable] = self.add(f"{variable}_missing", {variable: {"present": False}})
        differs = self.add(f"{source.name}_{variable}_differs", {variable: wanted})
        return self.add(f"{source.name}_{variable}", {"any_of": [differs, self._missing[variable]]})

    def _tell(self, source: SourceTrigger, made: Placed | Refused, changed: str = "") -> None:
        if isinstance(made, Refused):
            self._report.say(Fate.NOT_YET if made.yet else Fate.NOT_POSSIBLE, "trigger", source.name, made.said)
            self._draft.leave_out("triggers", f"LEFT OUT {plain(source.name)}: {made.said}")
            return
        said = dict.fromkeys(filter(None, (changed, source.changed, *(c.changed for c in source.conditions))))
        self._report.say(Fate.CHANGED if said else Fate.CARRIED, "trigger", source.name, "; ".join(said))
        if said:
            self._draft.note(("triggers", made.name), f"CHANGED {'; '.join(said)}.")


def _present(condition: Condition) -> Condition:
    """There what is missing is a text like these; here it is asked for as what it is."""
    return Condition(variable=condition.variable, word="present", wanted="", negated=not condition.negated)


def is_about_consent(source: SourceTrigger) -> bool:
    """Whether a trigger is about the visitor's choice, by what it is called."""
    return any(_CONSENT.search(said) for said in (source.name, source.event if isinstance(source.event, str) else ""))


_CONSENT = re.compile(
    r"consent|opt[ _-]?out|withdraw|revok|gdpr|dsgvo|rgpd|einwillig|widerruf|cookie[ _-]?(banner|choice)", re.IGNORECASE
)
NOTHING = frozenset({"", "undefined", "null"})
_NOT = {
    "is": "is_not",
    "at_least": "less_than",
    "more_than": "at_most",
    "at_most": "more_than",
    "less_than": "at_least",
}


def _matcher(condition: Condition, wanted: str) -> Json:
    word = condition.word
    if word == "present":
        return {"present": not condition.negated}
    if condition.negated:
        word = _NOT.get(word, f"not_{word}")
    if word == "is" and not condition.ignore_case:
        return wanted
    return {word: wanted} | ({"ignore_case": True} if condition.ignore_case else {})


def _plain(definition: Mapping[str, Json]) -> dict[str, Json]:
    return {key: plain(value) if isinstance(value, str) else value for key, value in definition.items()}
