"""Two versions of a container → one that asks what both ask, so that both can be tried with the same hits."""

from collections.abc import Mapping

from msgspec import structs

from gateway.language import template
from gateway.language.built import in_order
from gateway.language.container import Container, Join, Line, Matcher, Rule, Trigger, UserId, Variable
from gateway.language.explained.sources import cut, same
from gateway.language.proof.scenes import Scenes
from gateway.language.who import shows

OLD = "before: "
"""Stands before the names of the older version; no name has a space."""
Names = Mapping[str, str]
"""Of the older version → in the one made of both, where that is another."""


def together(old: Container, new: Container) -> Container:
    """The newer one with the older one's triggers, and with variables that are read otherwise beside its own."""
    names = _names(old, new)
    asked = {purpose: f"{OLD}{purpose}" for purpose in _parted(old, new)}
    apart = {name for name, said in old.variables.items() if _apart(said, old, new)}
    moved = {to: _moved(old.variables[name], names, name in apart) for name, to in names.items() if is_old(to)}
    triggers = {f"{OLD}{name}": _trigger(trigger, names, asked) for name, trigger in old.triggers.items()}
    consent = new.consent or old.consent
    if consent and old.consent:
        purposes = {**consent.purposes, **old.consent.purposes, **dict.fromkeys(asked.values(), "")}
        consent = structs.replace(consent, purposes=purposes)
    return structs.replace(
        new,
        variables={**new.variables, **moved},
        triggers={**new.triggers, **triggers},
        consent=consent,
        tags={},
        user_id=new.user_id or _user(old.user_id, names),
    )


def tie(scenes: Scenes, old: Container, new: Container) -> None:
    """Of one hit both versions know the same choice, but for what Global Privacy Control refuses in each."""
    if not _parted(old, new):
        return
    require, signal = scenes.circuit.require, scenes.circuit.free()
    refused = [one.consent.gpc_refuses if one.consent else frozenset() for one in (old, new)]
    for purpose in (name for name in scenes.choices if not is_old(name)):
        now = scenes.choices[purpose]
        was = scenes.choices.get(f"{OLD}{purpose}", now)
        for choice, names in zip((was, now), refused, strict=True):
            if purpose in names:
                require(-signal, choice.refused)
        for one, other in ((was, now), (now, was)):
            require(signal, -one.granted, other.granted)
            require(signal, -one.refused, other.refused)


def before(old: Container) -> Container:
    """The older version, as it asks in the one made of both."""
    remember, user = old.visitor.remember_when, old.user_id
    return structs.replace(
        old,
        visitor=structs.replace(old.visitor, remember_when=remember and _join(remember)),
        tags={name: structs.replace(tag, send_when=_join(tag.send_when)) for name, tag in old.tags.items()},
        user_id=user and structs.replace(user, rules=tuple(_rule(rule) for rule in user.rules)),
        guarantees=tuple(structs.replace(one, unless=one.unless and _join(one.unless)) for one in old.guarantees),
    )


def is_old(name: str) -> bool:
    """Whether it is the older version's own, in the one made of both."""
    return name.startswith(OLD)


def _names(old: Container, new: Container) -> Names:
    names = {name: f"{OLD}{name}" for name in old.variables if not _alike(name, old, new)}
    for name in in_order(old.variables):
        if not names.keys().isdisjoint(old.variables[name].parts):
            names[name] = f"{OLD}{name}"
    if old.user_id and new.user_id:
        # Whoever is signed in is one person, wherever that is read.
        names[old.user_id.variable] = new.user_id.variable
    return names


def _alike(name: str, old: Container, new: Container) -> bool:
    """Whether a variable has the same value in both versions."""
    said = old.variables[name]
    is_id = [one.user_id is not None and one.user_id.variable == name for one in (old, new)]
    return same(said, new.variables.get(name)) and len({*is_id}) == 1 and not _apart(said, old, new)


def _apart(said: Variable, old: Container, new: Container) -> bool:
    """Whether what reads the same place in both may have more to tell in the newer one."""
    return cut(said, old.site.drop_query ^ new.site.drop_query) or (_hides(said, old) and not _hides(said, new))


def _hides(said: Variable, container: Container) -> bool:
    """Whether nobody can tell it of a hit whose User ID lacks its proof."""
    user = container.user_id
    return user is not None and user.verified_by is not None and shows(container, said)


def _parted(old: Container, new: Container) -> frozenset[str]:
    """The purposes that Global Privacy Control refuses in one of both."""
    if old.consent is None or new.consent is None:
        return frozenset()
    both = old.consent.purposes.keys() & new.consent.purposes.keys()
    return (old.consent.gpc_refuses ^ new.consent.gpc_refuses) & both


def _user(user: UserId | None, names: Names) -> UserId | None:
    if user is None:
        return None
    account = names.get(user.account, user.account) if user.account else None
    return structs.replace(user, variable=names.get(user.variable, user.variable), account=account)


def _moved(said: Variable, names: Names, apart: bool) -> Variable:
    parts = tuple(names.get(part, part) for part in said.parts)
    # What reads one place has one value.
    source = f"{OLD}{said.source}" if apart else said.source
    if said.kind == "lookup":
        source = names.get(source, source)
    elif said.kind == "text":
        pieces = enumerate(template.pieces(source))
        source = "".join(f"{{{names.get(piece, piece)}}}" if number % 2 else piece for number, piece in pieces)
    return structs.replace(said, name=names[said.name], parts=parts, source=source)


def _trigger(trigger: Trigger, names: Names, asked: Names) -> Trigger:
    lines = tuple(_line(line, names, asked) for line in trigger.lines)
    return structs.replace(trigger, name=f"{OLD}{trigger.name}", lines=lines, join=_join(trigger.join))


def _join(join: Join) -> Join:
    parts = (join.all_of, join.any_of, join.none_of)
    all_of, any_of, none_of = (tuple(OLD + name for name in names) for names in parts)
    return Join(all_of=all_of, any_of=any_of, none_of=none_of, place=join.place)


def _rule(rule: Rule) -> Rule:
    return structs.replace(rule, when=_join(rule.when))


def _line(line: Line, names: Names, asked: Names) -> Line:
    if line.variable != "consent":
        return Line(names.get(line.variable, line.variable), line.matchers, line.place)
    return Line(line.variable, tuple(_purpose(matcher, asked) for matcher in line.matchers), line.place)


def _purpose(matcher: Matcher, asked: Names) -> Matcher:
    purpose = str(matcher.wanted)
    return structs.replace(matcher, wanted=asked.get(purpose, purpose))
