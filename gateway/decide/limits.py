"""A decision → the same without the tags whose schedule or sample leaves this hit out. It only ever takes away."""

from msgspec import structs

from gateway.decide.keys import Keys
from gateway.language.container import Container, Tag
from gateway.model import Decision, Form, TagDecision


class Limits:
    """Of one container; made once at load."""

    def __init__(self, container: Container, keys: Keys) -> None:
        self._limited = {tag.name: tag for tag in container.tags.values() if tag.schedule or tag.sample}
        self._keys = keys

    def apply(self, decision: Decision, at: int, visitor: bytes) -> Decision:
        """`at`: when it happened, ms since 1970; `visitor`: as `people` found out, the cookie's or the day's number."""
        if not self._limited:
            return decision
        tags = tuple([self._tag(tag, at, visitor) for tag in decision.tags])
        return structs.replace(decision, tags=tags)

    def _tag(self, decided: TagDecision, at: int, visitor: bytes) -> TagDecision:
        tag = self._limited.get(decided.tag)
        if tag is None or not decided.sent:
            return decided
        return held(decided, outside(tag, at) or self._not_drawn(tag, visitor))

    def _not_drawn(self, tag: Tag, visitor: bytes) -> str | None:
        if tag.sample is None or self._keys.samples[tag.name].of(visitor) < tag.sample:
            return None
        return f"not in its sample of {tag.sample:g}%"


def nothing(decision: Decision, why: str) -> Decision:
    """The decision with nothing sent to anybody."""
    return structs.replace(decision, tags=tuple([held(tag, why) if tag.sent else tag for tag in decision.tags]))


def outside(tag: Tag, at: int) -> str | None:
    """Why a tag may not send what happened at this time; None: it may."""
    return None if tag.schedule is None or tag.schedule.covers(at) else f"outside its schedule ({tag.schedule.text})"


def limited(tag: Tag) -> str | None:
    """What limits a tag beside its `send_when`, in words."""
    said = [f"only {tag.schedule.text}"] if tag.schedule else []
    said += [f"only of {tag.sample:g}% of the visitors"] if tag.sample else []
    return ", ".join(said) or None


def held(decided: TagDecision, why: str | None) -> TagDecision:
    """The decision with nothing sent, where there is a reason."""
    if why is None:
        return decided
    return structs.replace(decided, sent=False, form=Form.NONE, rule=None, rests=frozenset(), held=why)
