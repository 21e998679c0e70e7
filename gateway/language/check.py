"""Parts of a container → errors of meaning, and the warnings of doubts.py, for the file as a whole."""

import re
from collections.abc import Iterator

from gateway.language.container import Join, Tag
from gateway.language.doubts import doubts
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts
from gateway.language.tag_types import SettingKind
from gateway.problems import Problem, quoted

Problems = Iterator[Problem]
_HOST = re.compile(r"^[^/]*//[^/]*")


def check(parts: Parts, scenes: Scenes, *, whole: bool) -> Problems:
    """Everything that is wrong or doubtful. `whole`: nothing was wrong before, so what seems unused is unused."""
    yield from _same_receiver(parts)
    yield from _no_user_id_there(parts)
    if parts.consent:
        yield from _rules_without_consent(parts, scenes)
        yield from _cookie_without_consent(parts, scenes)
    yield from doubts(parts, scenes, whole=whole)


def _same_receiver(parts: Parts) -> Problems:
    first: dict[tuple[str, ...], Tag] = {}
    for tag in parts.tags.values():
        other = first.setdefault(_address(tag), tag)
        if other is not tag and (tag.hash_group is None or tag.hash_group != other.hash_group):
            message = f"{quoted(tag.name)} sends to the same receiver as {quoted(other.name)}, under another pseudonym."
            group = other.hash_group or tag.hash_group or f"{other.name}_group"
            hint = f"It would split every visitor in two: write hash_group: {group} into both."
            yield Problem(place=tag.place, code="same-receiver", message=message, hint=hint)


def _address(tag: Tag) -> tuple[str, ...]:
    """What names a receiver; an address without what makes no difference in it."""
    out = [tag.type.name]
    for name in tag.type.address:
        said = str(tag.settings.get(name, tag.secrets.get(name, "")))
        is_url = tag.type.settings[name].kind is SettingKind.URL
        out.append(_HOST.sub(lambda host: host[0].lower(), said).rstrip("/") if is_url else said)
    return tuple(out)


def _no_user_id_there(parts: Parts) -> Problems:
    for rule in parts.rules:
        for name, form in rule.forms.items():
            kind = parts.tags[name].type
            if form not in kind.forms:
                message = f"{quoted(name)} is a {kind.name} tag, which takes no User ID this way ({form.word})."
                hint = f"Take {quoted(name)} out of {form.word}."
                yield Problem(place=rule.places[name], code="takes-no-user-id", message=message, hint=hint)


def _rules_without_consent(parts: Parts, scenes: Scenes) -> Problems:
    for rule in parts.rules:
        if not rule.consent_not_needed and _without_consent(rule.when, scenes):
            message = "This rule can be true for somebody who has agreed to nothing."
            hint = (
                f"Ask for a granted purpose too, with a trigger like {_example(parts)}; "
                "or write consent: not_needed into the rule, if that is really meant."
            )
            yield Problem(place=rule.place, code="rule-without-consent", message=message, hint=hint)


def _cookie_without_consent(parts: Parts, scenes: Scenes) -> Problems:
    join = parts.visitor.remember_when
    if join and not parts.visitor.consent_not_needed and _without_consent(join, scenes):
        message = "This can be true for somebody who has agreed to nothing, and the cookie would be set."
        hint = (
            f"Ask for a granted purpose, with a trigger like {_example(parts)}; "
            "or write consent: not_needed below it, if that is really meant."
        )
        yield Problem(place=join.place, code="remember-without-consent", message=message, hint=hint)


def _without_consent(join: Join, scenes: Scenes) -> bool:
    return scenes.known(join) and scenes.ever(scenes.join(join).yes, scenes.nothing_granted)


def _example(parts: Parts) -> str:
    return f"{{ consent: {{ granted: {parts.purposes[0]} }} }}"
