"""A container → for each tag the strongest that it can get, in which circumstances, and by which hit."""

from collections.abc import Iterator

from msgspec import Struct

from gateway.language.container import Act, Container, Guarantee, Join, Tag, Trigger, WhileUnknown
from gateway.language.explained.scenery import Scenery
from gateway.language.proof.circuit import TRUE, Literal
from gateway.language.suite import command
from gateway.language.tag_types import SettingKind
from gateway.model import Consent

NOTHING = "nothing"
STRONGEST = ((Act.ATTACH, "attach"), (Act.HASH, "hash"), (Act.SEND, "drop"))
"""What can be done to a tag, the strongest first, and the word for it."""


class Reach(Struct, frozen=True):
    """`gets`: attach, hash, drop (a hit without User ID) or nothing; `story`: the shortest way there; `hit`: it in the
    words of `taggate try`."""

    gets: str
    story: tuple[str, ...] = ()
    hit: str = ""


class Receiver(Struct, frozen=True, kw_only=True):
    """One tag. `reach`: by circumstance; `needs`: purposes without which it gets nothing; `deletes`: how a person is
    deleted there, None: not at all."""

    name: str
    type: str
    purpose: str | None
    address: str
    reach: dict[str, Reach]
    needs: tuple[str, ...]
    fields: tuple[str, ...]
    identifiers: tuple[str, ...]
    ip: str
    page: str
    sends: tuple[str, ...]
    """What its type sends by itself."""
    deletes: str | None


class Shown(Struct, frozen=True):
    """One test, which passed."""

    name: str
    given: str
    expect: dict[str, str]


class Explanation(Struct, frozen=True, kw_only=True):
    """All that a privacy officer asks of one file."""

    container: str
    site: str
    domains: tuple[str, ...]
    circumstances: tuple[str, ...]
    purposes: tuple[str, ...]
    asks: bool
    """Whether the site asks for consent at all."""
    remembers: dict[str, Reach]
    days: int
    receivers: tuple[Receiver, ...]
    before_answer: tuple[str, ...]
    """The tags that get anything before the visitor has answered."""
    held: bool
    """Whether pages hold their hits back until then."""
    no_deletion: tuple[str, ...]
    guarantees: tuple[str, ...]
    questions: dict[str, str]
    """Each trigger, and when it says yes."""
    tests: tuple[Shown, ...]


def explain(container: Container) -> Explanation:
    """Raises TooHard."""
    scenery = Scenery(container)
    around = dict(_circumstances(scenery))
    receivers = tuple(_receiver(scenery, tag, around) for tag in container.tags.values())
    before = "before the answer" if container.consent else "ever"
    return Explanation(
        container=container.name,
        site=container.site.name,
        domains=container.site.domains,
        circumstances=tuple(around),
        purposes=tuple(container.consent.purposes) if container.consent else (),
        asks=container.consent is not None,
        remembers={name: _cookie(scenery, within) for name, within in around.items()},
        days=container.visitor.days,
        receivers=receivers,
        before_answer=tuple(one.name for one in receivers if one.reach[before].gets != NOTHING),
        held=container.consent is not None and container.consent.while_unknown is WhileUnknown.HOLD,
        no_deletion=tuple(one.name for one in receivers if one.deletes is None),
        guarantees=tuple(promise(guarantee) for guarantee in container.guarantees),
        questions={name: " and ".join(_asked(trigger)) for name, trigger in container.triggers.items()},
        tests=tuple(
            Shown(case.name, command(case.given), {tag: form.word for tag, form in case.expect.items()})
            for case in container.tests
        ),
    )


def _circumstances(scenery: Scenery) -> Iterator[tuple[str, Literal]]:
    yield "ever", TRUE
    if scenery.container.consent:
        yield "before the answer", scenery.all(Consent.UNKNOWN)
        yield "after a refusal of everything", scenery.all(Consent.REFUSED)
    user = scenery.container.user_id
    if user:
        yield "as a guest", scenery.guest
    if user and user.verified_by:
        yield "signed in without proof", scenery.scenes.unverified


def _receiver(scenery: Scenery, tag: Tag, around: dict[str, Literal]) -> Receiver:
    return Receiver(
        name=tag.name,
        type=tag.type.name,
        purpose=tag.purpose,
        address=" ".join(_place(tag, name) for name in tag.type.address if name in tag.settings),
        reach={name: _reach(scenery, tag, within) for name, within in around.items()},
        needs=scenery.scenes.needs(tag.send_when),
        fields=tuple(f"{field} (from {variable})" for field, variable in tag.fields.items()),
        identifiers=tuple(f"{field} (from {variable})" for field, variable in tag.identifiers.items()),
        ip=tag.ip,
        page=tag.page,
        sends=tag.type.sends,
        deletes=tag.type.deletes,
    )


def _place(tag: Tag, setting: str) -> str:
    is_code = tag.type.settings[setting].kind is SettingKind.CODE
    return "the code in the file" if is_code else str(tag.settings[setting])


def _reach(scenery: Scenery, tag: Tag, within: Literal) -> Reach:
    for act, word in STRONGEST:
        happens = scenery.outcomes[tag.name].of(act)
        if scenery.scenes.ever(happens, within):
            return _told(scenery, word, happens, within)
    return Reach(NOTHING)


def _cookie(scenery: Scenery, within: Literal) -> Reach:
    if not scenery.scenes.ever(scenery.remembered, within):
        return Reach("no cookie")
    return _told(scenery, "cookie", scenery.remembered, within)


def _told(scenery: Scenery, word: str, *wanted: Literal) -> Reach:
    given = scenery.hit(*wanted)
    return Reach(word) if given is None else Reach(word, scenery.story(given), command(given))


def _asked(trigger: Trigger) -> Iterator[str]:
    for line in trigger.lines:
        yield from (f"{line.variable} {matcher.text}" for matcher in line.matchers)
    if said := join_text(trigger.join):
        yield said


def promise(guarantee: Guarantee) -> str:
    """A guarantee as a sentence."""
    never = " or ".join(act.value for act in guarantee.never)
    to = "" if guarantee.to == () else " to any tag" if guarantee.to is None else f" to {' or '.join(guarantee.to)}"
    return f"never {never}{to}" + (f", unless {join_text(guarantee.unless)}" if guarantee.unless else "")


def join_text(join: Join) -> str:
    """A join as a person would say it."""
    said = [*join.all_of]
    said += [f"({' or '.join(join.any_of)})"] if join.any_of else []
    said += [f"not {name}" for name in join.none_of]
    return " and ".join(said)
