"""What becomes of a hit, as literals: for each tag whether it gets it, and in which form the User ID."""

from collections.abc import Sequence

from msgspec import Struct

from gateway.language.container import Act, Rule, Tag
from gateway.language.proof.circuit import FALSE, Literal
from gateway.language.proof.scenes import Scenes
from gateway.model import Form


class Outcome(Struct, frozen=True):
    """Of one tag. `decides`: the index of each rule that names it, and whether it is the one that decides."""

    sent: Literal
    raw: Literal
    pseudonym: Literal
    decides: tuple[tuple[int, Literal], ...]

    def of(self, act: Act) -> Literal:
        """Whether this is done to the tag."""
        return {Act.SEND: self.sent, Act.ATTACH: self.raw, Act.HASH: self.pseudonym}[act]


def outcomes(scenes: Scenes) -> dict[str, Outcome]:
    """Of every tag; needs a file in which every join is known."""
    return {name: outcome(scenes, tag, scenes.parts.rules) for name, tag in scenes.parts.tags.items()}


def outcome(scenes: Scenes, tag: Tag, rules: Sequence[Rule]) -> Outcome:
    """Of one tag under these rules."""
    every, some = scenes.circuit.all_of, scenes.circuit.any_of
    send = scenes.join(tag.send_when).yes
    before, lowered = scenes.signed_in, FALSE
    decides: list[tuple[int, Literal]] = []
    raw, pseudonym = [], []
    for number, rule in enumerate(rules):
        if tag.name not in rule.forms:
            continue
        answers = scenes.join(rule.when)
        here = every(before, answers.yes)
        decides.append((number, here))
        if rule.forms[tag.name] is Form.RAW:
            raw.append(every(here, -lowered))
            pseudonym.append(every(here, lowered))
        else:
            # Never more than the form of a cannot tell that was passed on the way.
            lowered = some(lowered, answers.may)
            pseudonym.append(here)
        before = every(before, -answers.yes)
    decided = some(*raw, *pseudonym)
    sent = send if tag.type.without_id else every(send, decided)
    attached = some(*raw)
    if tag.type.in_page:
        # What runs in the page can read who is signed in, whatever is decided.
        attached = some(attached, scenes.perhaps_signed_in)
    return Outcome(
        sent=sent, raw=every(sent, attached), pseudonym=every(sent, some(*pseudonym)), decides=tuple(decides)
    )
