"""Parts of a container → warnings of what its words leave open: tags that no test shows, a cookie beside a promise,
identifiers that never go out."""

from collections.abc import Iterator

from gateway.language.container import Act, Guarantee, Tag
from gateway.language.proof.outcome import outcome
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts
from gateway.model import Form
from gateway.problems import LIST_AT_MOST, Problem, quoted, warning

Problems = Iterator[Problem]


def gaps(parts: Parts, scenes: Scenes) -> Problems:
    """Every gap of a file in which nothing is wrong."""
    yield from _untested(parts, scenes)
    yield from _cookie_beside(parts, scenes)
    yield from _never_identified(parts, scenes)


def _untested(parts: Parts, scenes: Scenes) -> Problems:
    shown = {tag for case in parts.tests for tag in case.expect}
    tags = [tag for tag in parts.tags.values() if parts.tests and tag.name not in shown]
    tags = [tag for tag in tags if scenes.ever(outcome(scenes, tag, parts.rules).sent)]
    if missing := [tag.name for tag in tags]:
        more = f" and {len(missing) - LIST_AT_MOST} more" if len(missing) > LIST_AT_MOST else ""
        message = f"No test shows a hit that reaches {', '.join(map(quoted, missing[:LIST_AT_MOST]))}{more}."
        hint = f"Add one in which it must get the hit, with {_expected(tags[0])} under expect."
        yield warning(parts.tests_place, "untested-tag", message, hint)


def _expected(tag: Tag) -> str:
    possible = [form.word for form in Form if form in tag.type.forms and (form is not Form.NONE or tag.type.without_id)]
    return " or ".join(f"{tag.name}: {word}" for word in possible)


def _cookie_beside(parts: Parts, scenes: Scenes) -> Problems:
    """Nothing is sent without a purpose, and the cookie is set all the same; nobody said that this is meant."""
    cookie = parts.visitor.remember_when
    if cookie is None or any(Act.REMEMBER in guarantee.never for guarantee in parts.guarantees):
        return
    for guarantee in parts.guarantees:
        for purpose in _asked_for_all(guarantee, parts, scenes):
            if scenes.ever(scenes.join(cookie).yes, -scenes.choices[purpose].granted):
                message = f"Here nothing is sent without {purpose}, but the visitor's cookie can be set without it."
                hint = (
                    f"Ask for {purpose} in remember_when (line {cookie.place.line}); or say aloud when the cookie may "
                    "be set, with { never: remember, unless: … }."
                )
                yield warning(guarantee.place, "cookie-beside", message, hint)
                return


def _asked_for_all(guarantee: Guarantee, parts: Parts, scenes: Scenes) -> tuple[str, ...]:
    """The purposes without which no tag gets a hit, as this says."""
    of_all = guarantee.to is None or set(guarantee.to) >= set(parts.tags)
    if Act.SEND not in guarantee.never or guarantee.unless is None or not of_all:
        return ()
    return scenes.needs(guarantee.unless)


def _never_identified(parts: Parts, scenes: Scenes) -> Problems:
    for tag in parts.tags.values():
        if tag.identifiers and not scenes.ever(outcome(scenes, tag, parts.rules).raw):
            message = f"{quoted(tag.name)} never gets the User ID as it is, so its identifiers never go out."
            hint = "Name it behind attach in a rule of user_id; or delete its identifiers."
            yield warning(tag.place, "identifiers-never", message, hint)
