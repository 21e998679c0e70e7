"""Under which grants of consent each tag may get a hit, and in which form the User ID: what is queued is held to it."""

from collections.abc import Iterator, Mapping

from gateway.language.proof.circuit import FALSE, Literal
from gateway.language.proof.outcome import Outcome, outcomes
from gateway.language.proof.scenes import Scenes
from gateway.model import Consent, Form

Purposes = frozenset[str]
Grants = frozenset[Purposes]
"""The least that must be granted, in each way in which it may happen; without any it never happens."""


def grants(scenes: Scenes) -> Mapping[str, Mapping[Form, Grants]]:
    """Of each tag that the gateway sends to, by form: for a hit with this much of the User ID, or more.
    Raises TooHard."""
    tags, known = scenes.parts.tags, dict[Literal, Grants]()
    sent = {name: one for name, one in outcomes(scenes).items() if not tags[name].type.by_browser}
    return {name: dict(_by_form(scenes, one, known)) for name, one in sent.items()}


def _by_form(scenes: Scenes, sent: Outcome, known: dict[Literal, Grants]) -> Iterator[tuple[Form, Grants]]:
    some, less = scenes.circuit.any_of, frozenset({frozenset[str]()})
    for form, wanted in (
        (Form.NONE, sent.sent),
        (Form.PSEUDONYM, some(sent.raw, sent.pseudonym)),
        (Form.RAW, sent.raw),
    ):
        if wanted not in known:
            known[wanted] = frozenset(_least(scenes, wanted, less))
        less = known[wanted]
        yield form, less


def _least(scenes: Scenes, wanted: Literal, less: Grants) -> Iterator[Purposes]:
    """`less`: what must be granted at least for something that comes with this."""
    if wanted == FALSE:
        return
    others = scenes.circuit.free()
    while scene := scenes.find(wanted, others):
        granted = frozenset(name for name in scenes.choices if scenes.chosen(scene, name) is Consent.GRANTED)
        if granted not in less:
            granted = _cut(scenes, wanted, granted)
        yield granted
        if not granted:
            return
        scenes.circuit.require(-others, *(-scenes.choices[name].granted for name in granted))


def _cut(scenes: Scenes, wanted: Literal, granted: Purposes) -> Purposes:
    """As few of these as will do."""
    for name in sorted(granted):
        fewer = granted - {name}
        if scenes.ever(wanted, *(-choice.granted for other, choice in scenes.choices.items() if other not in fewer)):
            granted = fewer
    return granted
