"""Parts of a container → errors of meaning, and the warnings of doubts.py, for the file as a whole."""

from collections.abc import Iterator

from gateway.language.container import Join
from gateway.language.doubts import asking, doubts, one_is_enough
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts
from gateway.language.receivers import same_receiver
from gateway.model import Form
from gateway.problems import Problem, quoted

Problems = Iterator[Problem]


def check(parts: Parts, scenes: Scenes, *, whole: bool) -> Problems:
    """Everything that is wrong or doubtful. `whole`: nothing was wrong before, so what seems unused is unused."""
    yield from same_receiver(parts)
    yield from _exempt(parts)
    yield from _no_user_id_there(parts)
    if parts.consent:
        yield from _rules_without_consent(parts, scenes)
        yield from _cookie_without_consent(parts, scenes)
    yield from doubts(parts, scenes, whole=whole)


def _no_user_id_there(parts: Parts) -> Problems:
    for rule in parts.rules:
        for name, form in rule.forms.items():
            kind = parts.tags[name].type
            if form not in kind.forms:
                message = f"{quoted(name)} is a {kind.name} tag, which takes no User ID this way ({form.word})."
                less = " and write it under hash" if form is Form.RAW and Form.PSEUDONYM in kind.forms else ""
                hint = f"Take {quoted(name)} out of {form.word}{less}."
                yield Problem(place=rule.places[name], code="takes-no-user-id", message=message, hint=hint)


def _exempt(parts: Parts) -> Problems:
    for rule in parts.rules:
        for name in rule.forms:
            if parts.tags[name].exempt:
                message = f"{quoted(name)} says exempt: cnil, so it gets the User ID in no form."
                hint = f"Take {quoted(name)} out of this rule, or delete exempt: cnil."
                yield Problem(place=rule.places[name], code="exempt", message=message, hint=hint)
    for tag in parts.tags.values():
        group = [other for other in parts.tags.values() if tag.hash_group and other.hash_group == tag.hash_group]
        if tag.exempt and not all(other.exempt for other in group):
            message = f"{quoted(tag.name)} says exempt: cnil, so it shares pseudonyms with no other tag."
            yield Problem(place=tag.place, code="exempt", message=message, hint="Delete its hash_group.")


def _rules_without_consent(parts: Parts, scenes: Scenes) -> Problems:
    for rule in parts.rules:
        if not rule.consent_not_needed and _without_consent(rule.when, scenes):
            message = "This rule can be true for somebody who has agreed to nothing."
            ask = (
                one_is_enough(rule.when, parts) or f"Ask for a granted purpose too, with a trigger like {asking(parts)}"
            )
            hint = f"{ask}; or write consent: not_needed into the rule, if that is really meant."
            yield Problem(place=rule.place, code="rule-without-consent", message=message, hint=hint)


def _cookie_without_consent(parts: Parts, scenes: Scenes) -> Problems:
    join = parts.visitor.remember_when
    if join and not parts.visitor.consent_not_needed and _without_consent(join, scenes):
        message = "This can be true for somebody who has agreed to nothing, and the cookie would be set."
        hint = (
            f"Ask for a granted purpose, with a trigger like {asking(parts)}; "
            "or write consent: not_needed below it, if that is really meant."
        )
        yield Problem(place=join.place, code="remember-without-consent", message=message, hint=hint)


def _without_consent(join: Join, scenes: Scenes) -> bool:
    return scenes.known(join) and scenes.ever(scenes.join(join).yes, scenes.nothing_granted)
