"""Parts of a container → errors of meaning and warnings, for the file as a whole."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from gateway.language.container import Join, Rule, Tag, Trigger
from gateway.language.proof import Possible, Scenario, events, states
from gateway.language.read import Parts
from gateway.model import Consent, Form
from gateway.problems import Place, Problem, quoted, warning

Problems = Iterator[Problem]


def loops(triggers: Mapping[str, Trigger]) -> Problems:
    """Triggers that join themselves, directly or through others."""
    for name, trigger in triggers.items():
        if way := _way_back(triggers, name):
            say = f"{quoted(name)} joins itself: {' → '.join(way)}."
            yield Problem(place=trigger.place, code="trigger-loop", message=say, hint="Take one of them out.")


def check(parts: Parts) -> Problems:
    """Everything that is wrong or doubtful; needs triggers without loops."""
    scenes = [
        Possible(parts.triggers, Scenario(event, consent))
        for _, consent in states(parts.purposes)
        for event in events(parts)
    ]
    without = [
        Possible(parts.triggers, Scenario(event, consent))
        for _, consent in states(parts.purposes)
        if Consent.GRANTED not in consent.values()
        for event in events(parts)
    ]
    yield from _same_receiver(parts)
    yield from _no_user_id_there(parts)
    yield from _unverified(parts)
    yield from _tags_without_rule(parts)
    yield from _rules_that_cannot_help(parts, scenes)
    yield from _none_of_in_rules(parts)
    yield from _unlimited(parts, scenes)
    yield from _ip_without_token(parts)
    yield from _unused(parts)
    if parts.consent:
        yield from _yes_without_consent(parts, without)
        yield from _sends_without_consent(parts, without)
        yield from _untested_consent(parts)


def _way_back(triggers: Mapping[str, Trigger], name: str) -> list[str]:
    waiting = [[name, step] for step in triggers[name].join.names]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop(0)
        if way[-1] == name:
            return way
        if way[-1] in triggers and way[-1] not in seen:
            seen.add(way[-1])
            waiting += [[*way, step] for step in triggers[way[-1]].join.names]
    return []


def _same_receiver(parts: Parts) -> Problems:
    for one, other in combinations(parts.tags.values(), 2):
        same_group = one.hash_group is not None and one.hash_group == other.hash_group
        if _address(one) == _address(other) and not same_group:
            say = f"{quoted(other.name)} sends to the same receiver as {quoted(one.name)}, under another pseudonym."
            hint = f"It would split every visitor in two: write hash_group: {one.name}_group into both."
            yield Problem(place=other.place, code="same-receiver", message=say, hint=hint)


def _address(tag: Tag) -> tuple[str, ...]:
    return (tag.type.name, *(str(tag.settings.get(name, "")).rstrip("/") for name in tag.type.address))


def _no_user_id_there(parts: Parts) -> Problems:
    for rule in _rules(parts):
        for name, form in rule.forms.items():
            tag = parts.tags[name]
            if form not in tag.type.forms:
                say = f"{quoted(name)} is a {tag.type.name} tag, which takes no User ID this way ({form.word})."
                yield Problem(place=rule.places[name], code="takes-no-user-id", message=say, hint="Take it out here.")


def _yes_without_consent(parts: Parts, scenes: list[Possible]) -> Problems:
    hint = "Ask for a granted purpose too; or write consent: not_needed beside it, if that is really meant."
    for rule in _rules(parts):
        if not rule.consent_not_needed and _ever(rule.when, scenes):
            say = "This rule can be true for somebody who has agreed to nothing."
            yield Problem(place=rule.place, code="rule-without-consent", message=say, hint=hint)
    remember = parts.visitor.remember_when
    if remember and not parts.visitor.consent_not_needed and _ever(remember, scenes):
        say = "This can be true for somebody who has agreed to nothing, and the cookie would be set."
        yield Problem(place=remember.place, code="remember-without-consent", message=say, hint=hint)


def _sends_without_consent(parts: Parts, scenes: list[Possible]) -> Problems:
    for tag in parts.tags.values():
        if not tag.consent_not_needed and _ever(tag.send_when, scenes):
            say = f"{quoted(tag.name)} also gets hits of people who have agreed to nothing."
            hint = "Ask for a granted purpose in send_when; or write consent: not_needed into the tag."
            yield warning(tag.place, "tag-without-consent", say, hint)


def _unlimited(parts: Parts, scenes: list[Possible]) -> Problems:
    others = [scene for scene in scenes if scene.event is None]
    for tag in parts.tags.values():
        if _ever(tag.send_when, others):
            say = (
                f"{quoted(tag.name)} gets every event the page ever sends: no trigger in send_when asks for the event."
            )
            hint = "Add a trigger such as page_view: { event: page_view }."
            yield warning(tag.send_when.place, "every-event", say, hint)


def _unverified(parts: Parts) -> Problems:
    user = parts.user_id
    if user and user.rules and user.verified_by is None:
        say = "Nothing proves who is signed in: the page's word is believed, and anybody can claim to be somebody."
        hint = "Add verified_by with a token or signature that the website's server makes."
        yield warning(user.place, "not-verified", say, hint)


def _tags_without_rule(parts: Parts) -> Problems:
    named = {tag for rule in _rules(parts) for tag in rule.forms}
    for tag in parts.tags.values():
        if parts.user_id and tag.name not in named and tag.type.forms != frozenset({Form.NONE}):
            say = f"No rule names {quoted(tag.name)}: its User ID is always dropped. Is that meant?"
            yield warning(tag.place, "no-rule", say, "If not, add it to a rule in user_id.")


def _rules_that_cannot_help(parts: Parts, scenes: list[Possible]) -> Problems:
    for rule in _rules(parts):
        for name in rule.forms:
            send = parts.tags[name].send_when
            if not any(scene.yes(rule.when) and scene.yes(send) for scene in scenes):
                say = f"{quoted(name)} never gets a hit when this rule is true."
                hint = "Compare the rule's when with the tag's send_when, or take the tag out of the rule."
                yield warning(rule.places[name], "rule-never-helps", say, hint)


def _none_of_in_rules(parts: Parts) -> Problems:
    for rule in _rules(parts):
        if rule.when.none_of:
            say = "none_of in a User ID rule lets the ID out when something was not noticed."
            hint = "Say in a trigger what must be there, and ask for that."
            yield warning(rule.place, "none-of-in-rule", say, hint)


def _ip_without_token(parts: Parts) -> Problems:
    for tag in parts.tags.values():
        needs = tag.type.ip_needs
        if needs and tag.ip != "none" and needs not in tag.secrets:
            say = f"{quoted(tag.name)} has no {needs}, so the receiver cannot be told the visitor's address."
            hint = f"All visitors look alike there: add {needs}: {{ secret: … }}, or write ip: none."
            yield warning(tag.place, "ip-needs-token", say, hint)


def _unused(parts: Parts) -> Problems:
    joins = list(_joins(parts))
    used_triggers = {name for join in joins for name in join.names}
    for trigger in parts.triggers.values():
        if trigger.name not in used_triggers:
            yield _not_used(trigger.place, "trigger", trigger.name)
    used = _used_variables(parts)
    for variable in parts.variables.values():
        if variable.name not in used:
            yield _not_used(variable.place, "variable", variable.name)


def _not_used(place: Place, what: str, name: str) -> Problem:
    say = f"Nothing uses the {what} {quoted(name)}."
    return warning(place, f"unused-{what}", say, "Use it, or delete the line.")


def _used_variables(parts: Parts) -> set[str]:
    used = {line.variable for trigger in parts.triggers.values() for line in trigger.lines}
    for tag in parts.tags.values():
        used |= {*tag.fields.values(), *tag.identifiers.values()}
    if user := parts.user_id:
        used |= {user.variable, user.account or "", user.verified_by.variable if user.verified_by else ""}
    return used


def _joins(parts: Parts) -> Iterator[Join]:
    yield from (trigger.join for trigger in parts.triggers.values())
    yield from (tag.send_when for tag in parts.tags.values())
    yield from (rule.when for rule in _rules(parts))
    if parts.visitor.remember_when:
        yield parts.visitor.remember_when


def _untested_consent(parts: Parts) -> Problems:
    given = [case.given for case in parts.tests]
    if not any(Consent.REFUSED in hit.consent.values() for hit in given):
        hint = "Add one with consent: [] under given."
        yield warning(parts.tests_place, "no-refused-test", "No test shows a visitor who refuses.", hint)
    if not any(set(parts.purposes) - set(hit.consent) for hit in given):
        hint = "Add one without the word consent under given."
        say = "No test shows a visitor who has not answered yet."
        yield warning(parts.tests_place, "no-unknown-test", say, hint)


def _rules(parts: Parts) -> tuple[Rule, ...]:
    return parts.user_id.rules if parts.user_id else ()


def _ever(join: Join, scenes: Iterable[Possible]) -> bool:
    return any(scene.yes(join) for scene in scenes)
