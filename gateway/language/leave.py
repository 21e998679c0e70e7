"""Which personal values may leave a browser, and under which state of consent: what nothing can use stays there."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from gateway.language.container import Join, Tag, UserId
from gateway.language.order import levels
from gateway.language.proof import Possible, possible
from gateway.language.read import Parts
from gateway.language.variable_kind import Reader
from gateway.language.variables import KINDS
from gateway.model import Form

IDENTIFY = "user_id"
Names = Collection[str]


def may_leave(parts: Parts) -> Mapping[str, frozenset[str]]:
    """By personal browser variable, and `user_id` for what `identify` gave: the states that let it out."""
    personal = [v.name for v in parts.variables.values() if v.personal and KINDS[v.kind].reader is Reader.BROWSER]
    allowed: dict[str, set[str]] = {name: set() for name in personal}
    asked = _asked(parts)
    for here in possible(parts):
        used: defaultdict[str, int] = defaultdict(int)
        for names, worlds in _uses(parts, here, asked):
            for name in names:
                used[name] |= worlds
        _with_identity(parts, used)
        for name in personal:
            allowed[name] |= here.worlds.states_in(used[name])
    if parts.user_id:
        allowed[IDENTIFY] = allowed[parts.user_id.variable]
    return {name: frozenset(states) for name, states in allowed.items()}


def _uses(parts: Parts, here: Possible, asked: Mapping[str, Names]) -> Iterator[tuple[Names, int]]:
    """Variables, and the worlds in which something that can come true wants them."""
    for tag in parts.tags.values():
        send = here.join(tag.send_when).yes
        yield _mentioned(tag.send_when, asked), send
        if parts.user_id:
            yield from _of_rules(parts.user_id, tag, send, here, asked)
    if remember := parts.visitor.remember_when:
        yield _mentioned(remember, asked), here.join(remember).yes


def _of_rules(
    user: UserId, tag: Tag, send: int, here: Possible, asked: Mapping[str, Names]
) -> Iterator[tuple[Names, int]]:
    """A rule is read where it, or one below it, can give the tag a form: a cannot tell on the way counts too."""
    read = 0
    for rule in [rule for rule in reversed(user.rules) if tag.name in rule.forms]:
        answers = here.join(rule.when)
        decides = answers.yes & send
        read |= decides
        yield _mentioned(rule.when, asked), read & (answers.yes | answers.cannot_tell)
        yield _identity(user), decides
        if rule.forms[tag.name] is Form.RAW:
            yield tag.identifiers.values(), decides


def _with_identity(parts: Parts, used: dict[str, int]) -> None:
    """Whoever asks for the ID or its account needs all that belongs to it."""
    if user := parts.user_id:
        asked = used[user.variable] | (used[user.account] if user.account else 0)
        for name in _identity(user):
            used[name] |= asked


def _identity(user: UserId) -> Names:
    proof = user.verified_by.variable if user.verified_by else None
    return [name for name in (user.variable, proof, user.account) if name]


def _asked(parts: Parts) -> Mapping[str, Names]:
    """Trigger → every variable that it asks about, directly or through others."""
    found: dict[str, frozenset[str]] = {}
    for name in levels(parts.triggers):
        trigger = parts.triggers[name]
        own = frozenset(line.variable for line in trigger.lines)
        found[name] = own.union(*(found[step] for step in trigger.join.names))
    return found


def _mentioned(join: Join, asked: Mapping[str, Names]) -> Names:
    return {variable for name in join.names for variable in asked[name]}
