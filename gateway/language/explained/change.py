"""Two versions of a container → sentences about what changes for whom, and whether somebody gets more."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from msgspec import structs

from gateway.language.built import in_order
from gateway.language.container import Container, Join, Line, Rule, Trigger, UserId, Variable
from gateway.language.explained.rest import of_rest
from gateway.language.explained.scenery import Scenery
from gateway.language.explained.sentence import Change
from gateway.language.explained.settings import of_settings, of_site
from gateway.language.explained.sources import same
from gateway.language.proof.circuit import FALSE, Literal
from gateway.language.proof.outcome import Outcome, outcome
from gateway.language.suite import command
from gateway.model import Consent

LEVELS = ("nothing", "hits without User ID", "a pseudonym of the User ID", "the User ID as it is")
OLD = "before: "
"""Stands before the names of the older version where both are looked at together; no name has a space."""


def changes(old: Container, new: Container) -> tuple[Change, ...]:
    """Everything that changes; what is wider first. Raises TooHard."""
    found = [*_of_hits(old, new), *of_settings(old, new), *of_site(old, new)]
    found += of_rest(old, new, told=bool(found))
    return tuple(sorted(found, key=lambda change: not change.wider))


def _of_hits(old: Container, new: Container) -> Iterator[Change]:
    """Exactly: for every possible hit, what it was and what it is."""
    both = _Both(old, new)
    for name in dict.fromkeys([*new.tags, *old.tags]):
        yield from both.tag(name)
    yield from both.cookie()


class _Both:
    """Both versions over the same hits: what is read in the same way has the same value."""

    def __init__(self, old: Container, new: Container) -> None:
        self._old, self._new = old, new
        self._scenery = Scenery(_joined(old, new))
        self._scenes = self._scenery.scenes

    def tag(self, name: str) -> Iterator[Change]:
        """What changes for one tag."""
        before, after = self._levels(name, self._old, OLD), self._levels(name, self._new, "")
        for low, high in combinations(range(len(LEVELS)), 2):
            for pair, wider in (((before[low], after[high]), True), ((before[high], after[low]), False)):
                if self._scenes.ever(*pair):
                    yield self._changed(name, pair, (low, high), wider=wider)

    def _levels(self, name: str, container: Container, prefix: str) -> tuple[Literal, ...]:
        """For each level, whether exactly this is what the tag gets."""
        if name not in container.tags:
            return (-FALSE, FALSE, FALSE, FALSE)
        tag = container.tags[name]
        renamed = structs.replace(tag, send_when=_join(tag.send_when, prefix))
        made: Outcome = outcome(self._scenes, renamed, _rules(container.user_id, prefix))
        plain = self._scenes.circuit.all_of(made.sent, -made.raw, -made.pseudonym)
        return (-made.sent, plain, self._scenes.circuit.all_of(made.pseudonym, -made.raw), made.raw)

    def _changed(self, name: str, pair: tuple[Literal, Literal], levels: tuple[int, int], *, wider: bool) -> Change:
        low, high = levels
        given = self._scenery.hit(*pair)
        when = self._when(pair)
        if wider:
            text = f"{name} now also gets {LEVELS[high]}" + (f" in place of {LEVELS[low]}" if low else "")
        else:
            text = f"{name} no longer gets {LEVELS[high]}" + (f", but {LEVELS[low]}" if low else "")
        example = f" For example: {', '.join(self._scenery.story(given))}." if given else ""
        return Change(f"{text}, {when}.{example}", wider, name, command(given) if given else "")

    def _when(self, pair: Iterable[Literal]) -> str:
        purposes = tuple(self._scenes.choices)
        if not purposes:
            return "whoever visits"
        states = self._scenes.states(self._scenes.circuit.all_of(*pair), purposes)
        granted = {frozenset(name for name, state in one if state is Consent.GRANTED) for one in states}
        if len(granted) == 2 ** len(purposes):
            return "whatever was granted"
        said = sorted(granted, key=lambda one: (len(one), sorted(one)))
        return "when " + ", or ".join(_granted(one, purposes) for one in said)

    def cookie(self) -> Iterator[Change]:
        """Who is remembered."""
        before, after = (
            self._scenes.join(_join(join, prefix)).yes if join else FALSE
            for join, prefix in ((self._old.visitor.remember_when, OLD), (self._new.visitor.remember_when, ""))
        )
        for pair, wider in (((-before, after), True), ((before, -after), False)):
            if self._scenes.ever(*pair):
                word = "now also" if wider else "no longer"
                yield Change(f"The visitor is {word} remembered with a cookie, {self._when(pair)}.", wider)


def _granted(names: frozenset[str], purposes: tuple[str, ...]) -> str:
    if not names:
        return "nothing is granted"
    if len(names) == len(purposes):
        return "everything is granted"
    if len(names) == 1:
        return f"{next(iter(names))} alone is granted"
    return f"{' and '.join(name for name in purposes if name in names)} are granted"


def _joined(old: Container, new: Container) -> Container:
    """One container with the triggers of both; variables that are read otherwise are variables of their own."""
    names = {name: f"{OLD}{name}" for name, said in old.variables.items() if not same(said, new.variables.get(name))}
    for name in in_order(old.variables):
        if not names.keys().isdisjoint(old.variables[name].parts):
            names[name] = f"{OLD}{name}"
    if old.user_id and new.user_id:
        # Whoever is signed in is one person, wherever that is read.
        names[old.user_id.variable] = new.user_id.variable
    moved = {to: _moved(old.variables[name], names) for name, to in names.items() if to.startswith(OLD)}
    triggers = {f"{OLD}{name}": _trigger(trigger, names) for name, trigger in old.triggers.items()}
    consent = new.consent or old.consent
    if consent and old.consent:
        consent = structs.replace(consent, purposes={**consent.purposes, **old.consent.purposes})
    return structs.replace(
        new,
        variables={**new.variables, **moved},
        triggers={**new.triggers, **triggers},
        consent=consent,
        tags={},
        user_id=new.user_id or _user(old.user_id, names),
    )


def _user(user: UserId | None, names: Mapping[str, str]) -> UserId | None:
    if user is None:
        return None
    account = names.get(user.account, user.account) if user.account else None
    return structs.replace(user, variable=names.get(user.variable, user.variable), account=account)


def _moved(said: Variable, names: Mapping[str, str]) -> Variable:
    parts = tuple(names.get(part, part) for part in said.parts)
    source = said.source
    if said.kind == "lookup":
        source = names.get(source, source)
    for part in said.parts if said.kind == "text" else ():
        source = source.replace(f"{{{part}}}", f"{{{names.get(part, part)}}}")
    return structs.replace(said, name=names[said.name], parts=parts, source=source)


def _trigger(trigger: Trigger, names: Mapping[str, str]) -> Trigger:
    lines = tuple(Line(names.get(line.variable, line.variable), line.matchers, line.place) for line in trigger.lines)
    return structs.replace(trigger, name=f"{OLD}{trigger.name}", lines=lines, join=_join(trigger.join, OLD))


def _join(join: Join, prefix: str) -> Join:
    parts = (join.all_of, join.any_of, join.none_of)
    all_of, any_of, none_of = (tuple(prefix + name for name in names) for names in parts)
    return Join(all_of=all_of, any_of=any_of, none_of=none_of, place=join.place)


def _rules(user: UserId | None, prefix: str) -> tuple[Rule, ...]:
    return tuple(structs.replace(rule, when=_join(rule.when, prefix)) for rule in user.rules) if user else ()
