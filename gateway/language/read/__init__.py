"""Nodes of the right shape → the parts of a container, with every name looked up and every type checked."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.language.container import (
    Calls,
    Case,
    ConsentSource,
    Dialects,
    Event,
    Guarantee,
    Rule,
    Site,
    Tag,
    Trigger,
    UserId,
    Variable,
    Visitor,
)
from gateway.language.nodes import child, entries, items, key_place, text, words
from gateway.language.plain_yaml import Map, Text
from gateway.language.read.events import read_event
from gateway.language.read.guarantees import read_guarantee
from gateway.language.read.names import Names
from gateway.language.read.site import read_calls, read_consent, read_dialects, read_site, read_visitor
from gateway.language.read.tags import read_tag
from gateway.language.read.tests import read_case
from gateway.language.read.triggers import JOINS, asked_events, read_trigger
from gateway.language.read.user_id import proof_variable, read_user_id
from gateway.language.read.variables import read_variables
from gateway.language.tag_types import TagType
from gateway.problems import Place, Problem


class Parts(Struct, frozen=True, kw_only=True):
    """What a file says, before it is compiled."""

    site: Site
    server_key: str | None
    calls: Calls
    dialects: Dialects
    consent: ConsentSource | None
    visitor: Visitor
    events: Mapping[str, Event]
    variables: Mapping[str, Variable]
    triggers: Mapping[str, Trigger]
    asked_events: tuple[Text, ...] = ()
    """The events that triggers name."""
    tested_events: tuple[Text, ...] = ()
    """The events that tests give."""
    broken: frozenset[str] = frozenset()
    """The triggers in which something is wrong: what they ask is not known."""
    tags: Mapping[str, Tag]
    goals: tuple[tuple[str, Text], ...] = ()
    """The events that are goals: of which tag, and the word itself."""
    user_id: UserId | None
    guarantees: tuple[Guarantee, ...] = ()
    tests: tuple[Case, ...]
    tests_place: Place
    """Where the word tests stands."""

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes of the section consent, in its order."""
        return tuple(self.consent.purposes) if self.consent else ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The User ID rules."""
        return self.user_id.rules if self.user_id else ()


def read(root: Map, types: Mapping[str, TagType]) -> tuple[Parts, tuple[Problem, ...]]:
    """The parts of a file that has the right shape, and what is wrong with its names and types."""
    triggers, tags = entries(root.get("triggers")), entries(root.get("tags"))
    names = Names((key.text for key, _ in triggers), (key.text for key, _ in tags))
    asking = ((key.text, text(child(node, "consent", "granted"))) for key, node in triggers)
    names.asked_by = {
        key.text: frozenset(word for part in JOINS for word in words(child(node, part))) for key, node in triggers
    }
    names.asking_events = tuple(key.text for key, node in triggers if child(node, "event"))
    asked = {word.text: key.text for key, node in triggers for word in asked_events(node)}
    names.events = {key.text: asked.get(key.text, "") for key, _ in entries(root.get("events"))}
    names.granted = {name: purpose for name, purpose in asking if purpose}
    names.identified = {text(v): v.place.line for _, tag in tags for _, v in entries(child(tag, "identifiers"))}
    names.exempt = any(child(node, "exempt") for _, node in tags)
    site = names.site = read_site(root.get("site"), names)
    consent = read_consent(root.get("consent"), names)
    names.user = text(child(root, "user_id", "from"))
    names.verified = child(root, "user_id", "verified_by") is not None
    names.account = text(child(root, "user_id", "account"))
    names.proof = proof_variable(child(root, "user_id", "verified_by"))
    names.variables = read_variables(root.get("variables"), root.get("user_id"), names)
    parts = Parts(
        site=site,
        server_key=text(child(root, "accept", "server", "key", "secret")) or None,
        calls=read_calls(root.get("accept"), names),
        dialects=read_dialects(root.get("accept"), names),
        consent=consent,
        visitor=read_visitor(root.get("visitor"), names),
        events={key.text: read_event(key, node, names) for key, node in entries(root.get("events"))},
        variables=names.variables,
        triggers={key.text: read_trigger(key, node, names) for key, node in triggers},
        asked_events=tuple(word for _, node in triggers for word in asked_events(node)),
        tested_events=tuple(word for node in items(root.get("tests")) for word in asked_events(child(node, "given"))),
        broken=frozenset(names.broken),
        tags={key.text: read_tag(key, node, types, names) for key, node in tags},
        goals=tuple((key.text, word) for key, tag in tags for word, _ in entries(child(tag, "settings", "goals"))),
        user_id=read_user_id(root.key("user_id"), root.get("user_id"), names),
        guarantees=tuple(read_guarantee(node, names) for node in items(root.get("guarantees"))),
        tests=tuple(read_case(node, names) for node in items(root.get("tests"))),
        tests_place=key_place(root, "tests"),
    )
    return parts, tuple(names.problems)
