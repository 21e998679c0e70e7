"""Tags of an export → tags of the container: each asks for consent, none is wider than it was there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.importing.dates import schedule
from gateway.importing.draft import Draft
from gateway.importing.naming import Namer
from gateway.importing.offers import Offers, Refused
from gateway.importing.report import Fate, Report
from gateway.importing.secretive import personal
from gateway.importing.source import Receiver, SourceTag
from gateway.importing.triggers import PAGE_VIEW, Placed, Triggers
from gateway.importing.variables import PERSON, Variables
from gateway.language.tag_types import TagType
from gateway.language.yaml_text import plain
from gateway.model import Json

NUMBER_FIELDS = frozenset({"revenue", "e_v", "value", "tax", "shipping"})


class Tags:
    """The container's tags. `made`: the export's tag → its name here; `purposes`: all that they ask for."""

    def __init__(
        self,
        triggers: Triggers,
        variables: Variables,
        draft: Draft,
        offers: Offers,
        report: Report,
    ) -> None:
        self._triggers, self._variables = triggers, variables
        self._draft, self._offers, self._report = draft, offers, report
        self._namer = Namer("tag")
        self._consent: dict[str, str] = {}
        self.made: dict[str, str] = {}

    @property
    def purposes(self) -> tuple[str, ...]:
        """Every purpose that a tag asks for."""
        return tuple(self._consent)

    def consent(self, purposes: Iterable[str]) -> list[str]:
        """The triggers that ask for these purposes."""
        for purpose in purposes:
            if purpose not in self._consent:
                self._consent[purpose] = self._triggers.add(f"{purpose}_ok", {"consent": {"granted": purpose}})
        return [self._consent[purpose] for purpose in purposes]

    def add(self, tag: SourceTag, user: str) -> None:
        """One tag of the export; `user`: the variable of the User ID."""
        problem = self._add(tag, user)
        if problem:
            self._report.say(Fate.NOT_YET if problem.yet else Fate.NOT_POSSIBLE, "tag", tag.name, problem.said)
            self._draft.leave_out("tags", f"LEFT OUT {plain(tag.name)} ({plain(tag.type)}): {problem.said}")

    def _add(self, tag: SourceTag, user: str) -> Refused | None:
        if tag.receiver is None:
            return Refused(tag.why)
        settings = _settings(tag.receiver)
        if _by_page(tag.receiver) and (tag.limit == "once_per_page" or self._triggers.at_start(tag.fires)):
            settings["settings"]["once_per_page"] = True
        if refused := self._offers.tag(settings):
            return refused
        fires, lost = self._fires(tag)
        if not fires:
            return Refused("; ".join(lost) or "it fires on no trigger", yet=self._later(tag))
        blocks = [self._triggers.block(one, tag.fires) for one in tag.blocks]
        if refused := next((one for one in blocks if isinstance(one, Refused)), None):
            return Refused(
                f"what blocks it cannot be carried over, and without that it would send more: {refused.said}",
                refused.yet,
            )
        changed = [*tag.changed, *lost, *self._event_words(tag, fires), *self._oftener(tag)]
        goals = [event for placed in fires for event in placed.events] if tag.goal else []
        if tag.goal and (len(goals) < len(fires) or not tag.goal.isdecimal()):
            return Refused("a goal needs a number, and triggers that name their event")
        if goals:
            settings["settings"]["goals"] = {event: int(tag.goal) for event in goals}
        options, said = self._options(tag, fires)
        changed += said
        if tag.schedule and "schedule" not in options:
            return self._no_dates(tag)
        fields, said = self._fields(tag, settings, user)
        changed += said
        name = self._namer.name(tag.name)
        send_when = self._send_when(tag, fires, [one for one in blocks if isinstance(one, str)])
        self._draft.tags[name] = {
            "type": settings["type"],
            "send_when": send_when,
            "settings": settings["settings"],
            "fields": fields,
            **options,
        }
        self.made[tag.name] = name
        self._tell(tag, name, changed)
        return None

    def _fires(self, tag: SourceTag) -> tuple[list[Placed], list[str]]:
        """The triggers it fires on, and what is to be said of those it loses."""
        fires, lost = [], []
        for one in tag.fires:
            placed = self._triggers.use(one)
            called = self._triggers.called(one)
            if isinstance(placed, Refused):
                lost.append(f"it no longer fires on “{called}”: {placed.said}")
            elif not (tag.pages or tag.goal or tag.any_event) and placed.events == (PAGE_VIEW,):
                lost.append(
                    f"it does not fire on “{called}”: what the receiver gets of a page view is a page view, and this "
                    "tag sent an event; let the page send one: taggate('event', …)"
                )
            else:
                fires.append(placed)
        if (tag.pages or tag.any_event) and any(placed.events == (PAGE_VIEW,) for placed in fires):
            return self._without_navigation(fires, lost)
        return fires, lost

    def _without_navigation(self, fires: list[Placed], lost: list[str]) -> tuple[list[Placed], list[str]]:
        """A page that changes its own address is a page view by itself: as an event too it would count twice."""
        kept = [placed for placed in fires if not self._is_navigation(placed)]
        said = "that the page changes its own address is a page view by itself here"
        return kept, lost + [said] * (len(kept) < len(fires))

    def _is_navigation(self, placed: Placed) -> bool:
        return any("history" in self._draft.events[event] for event in placed.listened)

    def _oftener(self, tag: SourceTag) -> Iterator[str]:
        """Where it is sent when it was not, since here every trigger hears for itself, and of all page views."""
        if self._triggers.overlap(tag.fires):
            yield "what several of its triggers hear at once is sent for each of them; there it was sent once"
        if tag.any_event and not _by_page(tag.receiver) and self._triggers.at_start(tag.fires):
            yield "it is loaded too when the page changes its own address: that is a page view here"

    def _later(self, tag: SourceTag) -> bool:
        """Whether one of its triggers will be possible later."""
        found = [self._triggers.use(one) for one in tag.fires]
        return any(isinstance(one, Refused) and one.yet for one in found)

    def _event_words(self, tag: SourceTag, fires: list[Placed]) -> list[str]:
        """Where the receiver gets another name of the event, or none at all, it is said."""
        events = [event for placed in fires for event in placed.events]
        odd = [event for event in events if event != PAGE_VIEW]
        if tag.pages and odd:
            return [f"the receiver gets {', '.join(odd)} as an event, not as a page view"]
        if tag.event_name and events != [tag.event_name]:
            here = ", ".join(events) or "what it is called"
            return [f"the receiver gets the event as {here}, not as “{plain(tag.event_name)}”"]
        return []

    def _options(self, tag: SourceTag, fires: list[Placed]) -> tuple[dict[str, Json], list[str]]:
        """Limit, delay and dates."""
        options: dict[str, Json] = {}
        said = []
        listened = [event for placed in fires for event in placed.listened]
        ours = bool(listened) and all(placed.listened for placed in fires)
        counted_once = tag.limit == "once_per_page" and (tag.pages or _by_page(tag.receiver))
        once = ours and all(tag.limit in placed.limits for placed in fires)
        if tag.limit and not counted_once and not (once and self._for_all(listened, "limit", tag.limit)):
            said.append("it is sent each time, not once")
        elif tag.limit == "once_per_visit":
            said.append("once a visit here, once in 24 hours there")
        later = ours and all(placed.delayed for placed in fires)
        if tag.delay and not (later and self._for_all(listened, "delay", f"{tag.delay:g}s")):
            said.append("it is sent at once, without its delay")
        if tag.schedule and tag.receiver:
            dates = schedule(tag.schedule)
            if not self._offers.tag(_settings(tag.receiver) | {"schedule": dates}):
                options["schedule"] = dates
        return options, said

    def _no_dates(self, tag: SourceTag) -> Refused:
        """Without its dates a tag would send for longer."""
        refused = (
            self._offers.tag(_settings(tag.receiver) | {"schedule": schedule(tag.schedule)}) if tag.receiver else None
        )
        said = "its dates cannot be carried over, and without them it would send for longer"
        return Refused(said, yet=refused is not None and refused.yet)

    def _for_all(self, events: list[str], option: str, value: str) -> bool:
        """An option of events; every tag that waits for them has it."""
        definitions = [self._draft.events[event] for event in events]
        if any(one.get(option, value) != value or self._offers.event({**one, option: value}) for one in definitions):
            return False
        for event, one in zip(events, definitions, strict=True):
            self._draft.events[event] = {**one, option: value}
        return True

    def _fields(self, tag: SourceTag, settings: Mapping[str, Any], user: str) -> tuple[dict[str, str], list[str]]:
        fields: dict[str, str] = {}
        said = []
        for field, text in tag.fields.items():
            name = self._variables.of_text(text, f"{tag.name}_{field}", number=field in NUMBER_FIELDS)
            if isinstance(name, Refused):
                said.append(f"without {plain(field)}: {name.said}")
            elif name == user or personal(name, *map(str, self._variables.definition(name).values())):
                said.append(f"without {plain(field)}: {PERSON}")
            else:
                fields[plain(field)] = name
        return fields, said

    def _send_when(self, tag: SourceTag, fires: list[Placed], blocks: list[str]) -> Json:
        names = list(dict.fromkeys(placed.name for placed in fires))
        all_of = [*self.consent(tag.purposes), *(names if len(names) == 1 else [])]
        join: dict[str, Json] = {"all_of": all_of}
        if len(names) > 1:
            join["any_of"] = names
        if blocks:
            join["none_of"] = list(dict.fromkeys(blocks))
        return join

    def _tell(self, tag: SourceTag, name: str, changed: list[str]) -> None:
        said = list(dict.fromkeys(changed))
        self._report.say(Fate.CHANGED if said else Fate.CARRIED, "tag", tag.name, "; ".join(said))
        if said:
            self._draft.note(("tags", name), f"CHANGED {'; '.join(said)}.")
        if not tag.asked:
            what, is_ = " and ".join(tag.purposes), "is" if len(tag.purposes) == 1 else "are"
            self._report.say(Fate.NO_CONSENT, "tag", tag.name, f"it is sent only when {what} {is_} granted")
        for secret in (tag.receiver.secrets if tag.receiver else {}).values():
            self._report.say(
                Fate.SECRET, "secret", secret, f"for tags of the type {tag.receiver.type if tag.receiver else ''}"
            )


def group(draft: Draft, types: Mapping[str, TagType]) -> None:
    """Tags that send to one receiver share its pseudonyms: else every visitor there would be several."""
    places: dict[str, list[str]] = {}
    for name, tag in draft.tags.items():
        kind = types[tag["type"]]
        told = [str(tag["settings"].get(part, "")).lower().rstrip("/") for part in kind.address]
        places.setdefault(f"{kind.name} {told}", []).append(name)
    groups = Namer("group", draft.tags)
    for names in places.values():
        if len(names) > 1:
            called = groups.name(f"{draft.tags[names[0]]['type']}_group")
            for name in names:
                draft.tags[name]["hash_group"] = called


def _by_page(receiver: Receiver | None) -> bool:
    """Whether the page itself can see to it that something is done once."""
    return receiver is not None and receiver.type == "script"


def _settings(receiver: Receiver) -> dict[str, Any]:
    settings: dict[str, Json] = {
        key: plain(one) if isinstance(one, str) else one for key, one in receiver.settings.items()
    }
    return {
        "type": receiver.type,
        "settings": settings | {key: {"secret": one} for key, one in receiver.secrets.items()},
    }
