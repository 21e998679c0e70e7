"""Parts of a container → warnings: what is allowed and seldom meant."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from gateway.language.compare import Predicate
from gateway.language.container import Act, Join, Tag, Trigger, Variable
from gateway.language.goals import never_reached
from gateway.language.matchers import predicate
from gateway.language.never import never
from gateway.language.other_events import instead
from gateway.language.plain_yaml import Text
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts
from gateway.language.receivers import address
from gateway.language.slips import alike
from gateway.model import Consent, Form
from gateway.problems import Place, Problem, quoted, warning

Problems = Iterator[Problem]
PAGE_VIEW = "page_view"
NEAR = 0.8
"""From when on two names of events look like one and a misspelling of it."""


def doubts(parts: Parts, scenes: Scenes, *, whole: bool) -> Problems:
    """Every warning. What is unused is said only of a file that is `whole`: a mistyped name uses nothing."""
    yield from _every_event(parts, scenes)
    yield from _unverified(parts)
    yield from _same_place(parts)
    yield from never(parts, scenes)
    yield from _ip_without_token(parts)
    yield from _groups_of_purposes(parts, scenes)
    if not parts.broken:
        yield from _events(parts, scenes)
        yield from _events_of_others(parts)
        yield from never_reached(parts, scenes)
    if whole:
        yield from _tags_without_rule(parts)
        yield from _unused(parts)
    if parts.consent:
        yield from _sends_without_consent(parts, scenes)
        yield from _untested_consent(parts)


def _every_event(parts: Parts, scenes: Scenes) -> Problems:
    for tag in parts.tags.values():
        join = tag.send_when
        if _always_asked(join, scenes):
            message = f"{quoted(tag.name)} gets every event the page ever sends: nothing here asks for the event."
            first = next((name for name, said in parts.triggers.items() if _limits(name, said, scenes)), "")
            hint = f"Join a trigger such as {first or 'page_view: { event: page_view }'}."
            yield warning(join.place, "every-event", message, hint)


def _limits(name: str, said: Trigger, scenes: Scenes) -> bool:
    """Whether this trigger asks for some events: `present: true` fits each."""
    asks = any(line.matchers for line in said.asking("event"))
    return asks and not _always_asked(Join(all_of=(name,), place=said.place), scenes)


def _always_asked(join: Join, scenes: Scenes) -> bool:
    """Whether it can be yes for an event that nobody has thought of."""
    return scenes.known(join) and scenes.ever(scenes.join(join).yes, scenes.odd_event)


def _unverified(parts: Parts) -> Problems:
    if parts.user_id and parts.user_id.verified_by is None:
        message = "Nothing proves who is signed in: the page's word is believed, and anybody can claim to be somebody."
        yield warning(parts.user_id.place, "not-verified", message, _how_to_verify(parts))


def _how_to_verify(parts: Parts) -> str:
    """With a path beside the one of the User ID."""
    user = parts.variables.get(parts.user_id.variable if parts.user_id else "")
    above = user.source.rpartition(".")[0] if user and user.kind == "data_layer" else ""
    add = f"proof: {{ data_layer: {above or 'user'}.proof }}"
    key = "verified_by: { token: proof, key: { secret: login_key } }"
    where = "" if "proof" in parts.variables else f", and {add} to the variables"
    return f"Add {key}{where}: the website's server makes the token."


def _same_place(parts: Parts) -> Problems:
    """What goes with the User ID is something else than the User ID."""
    user = parts.user_id
    if user is None or user.variable not in parts.variables:
        return
    proof = user.verified_by.variable if user.verified_by else ""
    for name, what in ((user.account or "", "account"), (proof, "proof of the login")):
        if name in parts.variables and _read_at(parts.variables[name]) == _read_at(parts.variables[user.variable]):
            place = user.place if name == user.variable else parts.variables[name].place
            message = f"The {what}, {quoted(name)}, is read from the same place as the User ID."
            yield warning(place, "same-place", message, f"Read it from where the website says the {what}.")


def _read_at(variable: Variable) -> tuple[str, str, str | None]:
    return variable.kind, variable.source, variable.attribute


def _ip_without_token(parts: Parts) -> Problems:
    for tag in parts.tags.values():
        needs = tag.type.ip_needs
        if needs and tag.ip != "none" and needs not in tag.secrets:
            message = f"{quoted(tag.name)} has no {needs}, so the receiver cannot be told the visitor's address."
            example = tag.type.settings[needs].example
            hint = f"All visitors look alike there: add {needs}: {{ secret: {example} }}, or write ip: none."
            yield warning(tag.place, "ip-needs-token", message, hint)


def _groups_of_purposes(parts: Parts, scenes: Scenes) -> Problems:
    """Each tag beside those above it in its group; of one whose purpose is not said by what it asks visitors for."""
    above: list[Tag] = []
    for tag in parts.tags.values():
        beside = [other for other in above if tag.hash_group and other.hash_group == tag.hash_group]
        if other := next((other for other in beside if _differ(tag, other, scenes)), None):
            message = (
                f"{quoted(tag.name)} and {quoted(other.name)} serve different purposes and see the same pseudonyms: "
                "what they know of a person can be put together."
            )
            yield warning(tag.place, "group-of-purposes", message, "Give each purpose a hash_group of its own.")
        above.append(tag)


def _differ(tag: Tag, other: Tag, scenes: Scenes) -> bool:
    """Whether two tags serve different purposes. What goes to one receiver is put together there in any case."""
    if tag.purpose and other.purpose:
        return tag.purpose != other.purpose
    if address(tag) == address(other) or not scenes.known(tag.send_when, other.send_when):
        return False
    needs, others = set(scenes.needs(tag.send_when)), set(scenes.needs(other.send_when))
    return not needs <= others and not others <= needs


def _tags_without_rule(parts: Parts) -> Problems:
    named = {tag for rule in parts.rules for tag in rule.forms} | set(_promised(parts))
    for tag in parts.tags.values():
        takes = not tag.exempt and not tag.identifiers and tag.type.forms != frozenset({Form.NONE})
        # Of a script nobody could say that its User ID is dropped: it can read the page.
        takes = takes and not tag.type.in_page
        if parts.user_id and takes and tag.name not in named:
            message = f"No rule names {quoted(tag.name)}: its User ID is always dropped. Is that meant?"
            hint = (
                "If not, add it to attach or hash of a rule in user_id; if it is, say it under guarantees: "
                f"{{ never: [attach, hash], to: [{tag.name}] }}."
            )
            yield warning(tag.place, "no-rule", message, hint)


def _promised(parts: Parts) -> Iterator[str]:
    """The tags by whose names a guarantee says that they never get a User ID in any form."""
    for guarantee in parts.guarantees:
        if {Act.ATTACH, Act.HASH} <= {*guarantee.never} and guarantee.unless is None:
            yield from guarantee.to or ()


def _unused(parts: Parts) -> Problems:
    triggers = {name for join in _joins(parts) for name in join.names}
    for trigger in parts.triggers.values():
        if trigger.name not in triggers:
            yield _not_used(trigger.place, "trigger", trigger.name)
    variables = _used_variables(parts)
    for variable in parts.variables.values():
        if variable.name not in variables:
            yield _not_used(variable.place, "variable", variable.name)


def _events(parts: Parts, scenes: Scenes) -> Problems:
    """Events that no trigger asks for, and triggers that ask for one with nearly such a name."""
    lines = [line for trigger in parts.triggers.values() for line in trigger.asking("event")]
    asked = [predicate(matcher) for line in lines for matcher in line.matchers]
    idle = [name for name in (*parts.events, PAGE_VIEW) if not any(test(name) for test in asked)]
    everything = any(_always_asked(tag.send_when, scenes) for tag in parts.tags.values())
    for event in parts.events.values():
        if event.name in idle and not everything:
            yield _not_used(event.place, "event", event.name)
    if not everything:
        yield from _tested_for_another(parts, asked)
    for word in parts.asked_events:
        near, hint = get_close_matches(word.text, idle, n=1, cutoff=NEAR), ""
        if not near:
            near = [name for name in _meant_events(parts, word) if alike(name, word.text)]
            hint = f" If not, show {quoted(word.text)} in a test."
        if near:
            message = f"Nothing makes the event {quoted(word.text)}, unless the website pushes it itself."
            yield warning(word.place, "unknown-event", message, f"Did you mean {quoted(near[0])}?{hint}")


def _tested_for_another(parts: Parts, asked: Sequence[Predicate]) -> Problems:
    """Events of tests that no trigger asks for, but for one with nearly such a name: what they expect is nothing."""
    known = _known_events(parts)
    # Of one that no test shows it is the trigger that may be mistyped.
    names = sorted({word.text for word in parts.asked_events} & (known | {word.text for word in parts.tested_events}))
    for word in parts.tested_events:
        if word.text in known or any(test(word.text) for test in asked):
            continue
        near = [name for name in names if alike(name, word.text)]
        if not near and word.text in parts.triggers:
            message = f"{quoted(word.text)} is a trigger, and no event: this test shows only that nothing is sent."
            hint = f"Give an event that it asks for (line {parts.triggers[word.text].place.line})."
            yield warning(word.place, "unasked-event", message, hint)
        elif near := near or get_close_matches(word.text, names, n=1, cutoff=NEAR):
            message = (
                f"No trigger asks for the event {quoted(word.text)}, so this test shows only that nothing is sent."
            )
            yield warning(word.place, "unasked-event", message, f"Did you mean {quoted(near[0])}?")


def _events_of_others(parts: Parts) -> Problems:
    """Events that another tag manager makes by itself. A test says that it stays on the pages, and is meant."""
    tested = {case.given.event for case in parts.tests}
    for word in parts.asked_events:
        if (said := instead(word.text)) and word.text not in tested:
            message = f"{quoted(word.text)} is another tool's own event, which nothing makes here."
            hint = f"{said} If that tool stays on the pages, show {quoted(word.text)} in a test."
            yield warning(word.place, "other-tool", message, hint)


def _meant_events(parts: Parts, word: Text) -> tuple[str, ...]:
    """What an event that nobody knows may be a misspelling of: known events, and those that stand above it."""
    known = _known_events(parts) | {case.given.event for case in parts.tests}
    if word.text in known:
        return ()
    above = (other.text for other in parts.asked_events if other.place.line < word.place.line)
    return (*sorted(known), *above)


def _known_events(parts: Parts) -> set[str]:
    """Those that are made here, or mean something to a receiver."""
    kinds = {tag.type.name: tag.type for tag in parts.tags.values()}.values()
    return {PAGE_VIEW, *parts.events, *(name for kind in kinds for name in kind.details)}


def _not_used(place: Place, what: str, name: str) -> Problem:
    use = f"Ask for it in a trigger, like {{ event: {name} }}" if what == "event" else "Use it"
    return warning(place, f"unused-{what}", f"Nothing uses the {what} {quoted(name)}.", f"{use}, or delete the line.")


def _used_variables(parts: Parts) -> set[str]:
    used = {line.variable for trigger in parts.triggers.values() for line in trigger.lines}
    used |= {name for variable in parts.variables.values() for name in variable.parts}
    for tag in parts.tags.values():
        used |= {*tag.fields.values(), *tag.identifiers.values()}
    if user := parts.user_id:
        used |= {user.variable, user.account or "", user.verified_by.variable if user.verified_by else ""}
    return used


def _joins(parts: Parts) -> Iterator[Join]:
    yield from (trigger.join for trigger in parts.triggers.values())
    yield from (tag.send_when for tag in parts.tags.values())
    yield from (rule.when for rule in parts.rules)
    yield from (guarantee.unless for guarantee in parts.guarantees if guarantee.unless)
    if parts.visitor.remember_when:
        yield parts.visitor.remember_when


def _sends_without_consent(parts: Parts, scenes: Scenes) -> Problems:
    for tag in parts.tags.values():
        join = tag.send_when
        if tag.consent_not_needed or tag.exempt or not scenes.known(join):
            continue
        if scenes.ever(scenes.join(join).yes, scenes.nothing_granted):
            message = f"{quoted(tag.name)} also gets hits of people who have agreed to nothing."
            ask = (
                one_is_enough(join, parts)
                or f"Ask for a granted purpose in send_when, with a trigger like {asking(parts)}"
            )
            hint = f"{ask}; or write consent: not_needed into the tag."
            yield warning(tag.place, "tag-without-consent", message, hint)


def _untested_consent(parts: Parts) -> Problems:
    given = [case.given.consent for case in parts.tests]
    if not any(Consent.REFUSED in consent.values() for consent in given):
        hint = "Add one with consent: [] under given."
        yield warning(parts.tests_place, "no-refused-test", "No test shows a visitor who refuses.", hint)
    if not any(set(parts.purposes) - set(consent) for consent in given):
        hint = "Add one without the word consent under given."
        message = "No test shows a visitor who has not answered yet."
        yield warning(parts.tests_place, "no-unknown-test", message, hint)


def asking(parts: Parts) -> str:
    """A trigger that asks for a granted purpose, by its name where the file has one."""
    name = next((trigger.name for trigger in parts.triggers.values() if _asks_granted(trigger)), "")
    return name or f"{{ consent: {{ granted: {parts.purposes[0]} }} }}"


def one_is_enough(join: Join, parts: Parts) -> str:
    """For who asks for a granted purpose, but under any_of: where it belongs."""
    asked = [name for name in join.any_of if name in parts.triggers and _asks_granted(parts.triggers[name])]
    if not asked or len(asked) == len(join.any_of):
        return ""
    return f"Under any_of one of them is enough: write all_of: [{asked[0]}], and the others under any_of"


def _asks_granted(trigger: Trigger) -> bool:
    return any(matcher.word == Consent.GRANTED for line in trigger.asking("consent") for matcher in line.matchers)
