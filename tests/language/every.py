"""Containers drawn so small that every hit can be tried, and what the real decision makes of each of them."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

from gateway.decide.computed import computed
from gateway.decide.decide import Decider
from gateway.decide.suppose import suppose
from gateway.language.container import Act, Container, Given, Guarantee, Matcher
from gateway.language.load import build
from gateway.language.matchers import predicate
from gateway.language.plain_yaml import Map
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts, read
from gateway.language.tag_types import TagType
from gateway.language.values import spelled
from gateway.model import ABSENT, Answer, Consent, Decision, Form, Reading, Value
from gateway.problems import errors
from tests.language.drawn import as_map
from tests.language.small import TYPES

PURPOSES = ("one", "two")
VARIABLES: dict[str, dict[str, Any]] = {
    "who": {"data_layer": "user.id"},
    "about": {"data_layer": "user"},
    "proof": {"cookie": "proof"},
    "plan": {"cookie": "plan"},
    "page": {"url": "path", "default": "ab"},
    "side": {"url": "path", "default": "ab"},
    "hour": {"time": "hour"},
    "dice": {"random": "3", "default": 7},
    "total": {"event": "value", "type": "number", "decimal": "comma"},
    "count": {"event": "count", "type": "number", "default": 1},
    "member": {"event": "member", "type": "true_false"},
    "groups": {"event": "groups", "type": "set"},
    "shop": {"constant": "ab"},
    "level": {"lookup": "plan", "table": {"a": "ab", "A": "b", "ba": "ab"}},
    "size": {"lookup": "total", "table": {"0": "a", "1.5": "aB"}, "default": "b"},
    "kind": {"lookup": "event", "table": {"a": "A", "ab": "b"}},
    "whole": {"text": "{plan}b{level}"},
    "both": {"text": "a{member}{plan}", "default": "ab"},
    "deep": {"text": "{kind}{shop}"},
}
TAGS = {"alpha": "webhook", "beta": "list", "gamma": "webhook", "window": "script"}
TWINS = {"page": "side"}
"""What reads the same place, so that it has the same value."""
WHOLE = {"hour": range(24), "dice": range(3)}
LETTERS = "aAbBx"
NUMBERS = [step / 4 for step in range(-12, 13)]
MOST_HITS = 1500
SCRIPT = TagType(
    name="script", description="Runs in the page", settings=TYPES["list"].settings, address=("url",), in_page=True
)
LONGEST = 5

Model = dict[str, Any]
Hit = tuple[Given, Decision, Mapping[str, Answer]]


def _texts() -> st.SearchStrategy[Any]:
    words = st.sampled_from(("a", "A", "b", "ab", "aB", "ba"))
    shapes = st.sampled_from(("a*", "*b", "?b", "a?", "*a*b*", "??", "*", "?"))
    asked = st.one_of(
        st.builds(lambda word, text: {word: text}, st.sampled_from(("is", "is_not")), words),
        st.builds(
            lambda no, word, text: {no + word: text},
            st.sampled_from(("", "not_")),
            st.sampled_from(("contains", "starts_with", "ends_with")),
            words,
        ),
        st.builds(lambda no, text: {f"{no}like": text}, st.sampled_from(("", "not_")), shapes),
        st.builds(
            lambda no, texts: {f"{no}one_of": texts},
            st.sampled_from(("", "not_")),
            st.lists(words, min_size=1, max_size=2, unique=True),
        ),
    )
    return asked | asked.map(lambda said: said | {"ignore_case": True}) | words | _present()


def _present() -> st.SearchStrategy[Any]:
    return st.sampled_from(({"present": True}, {"present": False}))


def _numbers() -> st.SearchStrategy[Any]:
    words = st.sampled_from(("at_least", "at_most", "more_than", "less_than", "is", "is_not"))
    number = st.sampled_from((-1, 0, 1, 1.5, 2))
    some = st.lists(number, min_size=1, max_size=2, unique=True)
    one = st.builds(lambda word, value: {word: value}, words, number)
    both = st.builds(lambda low, high: {"more_than": low, "less_than": high}, number, number)
    return one | both | number | st.builds(lambda values: {"not_one_of": values}, some) | _present()


def _whole() -> st.SearchStrategy[Any]:
    ranges = st.sampled_from(("at_least", "at_most", "more_than", "less_than"))
    whole = st.sampled_from((0, 1, 2))
    some = st.lists(whole, min_size=1, max_size=2, unique=True)
    one = st.builds(lambda word, value: {word: value}, ranges, st.sampled_from((-1, 0, 0.5, 1.5, 2, 22.5, 23)))
    both = st.builds(lambda low, high: {"more_than": low, "less_than": high}, whole, st.sampled_from((1, 2, 3)))
    parted = st.builds(lambda word, bound: {word: bound}, ranges, st.sampled_from((0.5, 1.5, 22.5)))
    return one | parted | both | whole | st.builds(lambda values: {"not_one_of": values}, some) | _present()


def _sets() -> st.SearchStrategy[Any]:
    asked = st.builds(
        lambda no, text: {f"{no}contains": text},
        st.sampled_from(("", "not_")),
        st.sampled_from(("a", "A", "b", " a")),
    )
    return asked | asked.map(lambda said: said | {"ignore_case": True}) | _present()


ASKED = {
    "event": _texts().filter(lambda said: said not in ({"present": True}, {"present": False})),
    "who": _texts(),
    "about": _texts(),
    "plan": _texts(),
    "page": _texts(),
    "side": _texts(),
    "hour": _whole(),
    "dice": _whole(),
    "shop": _texts(),
    "level": _texts(),
    "size": _texts(),
    "kind": _texts(),
    "whole": _texts(),
    "both": _texts(),
    "deep": _texts(),
    "total": _numbers(),
    "count": _numbers(),
    "member": st.sampled_from((True, False, {"is_not": True})) | _present(),
    "groups": _sets(),
    "consent": st.builds(
        lambda word, purpose: {word: purpose},
        st.sampled_from(("granted", "refused", "unknown")),
        st.sampled_from(PURPOSES),
    ),
}


def _join(names: list[str]) -> st.SearchStrategy[Model]:
    some = st.lists(st.sampled_from(names), min_size=1, max_size=3)
    return st.dictionaries(st.sampled_from(("all_of", "any_of", "none_of")), some, min_size=1, max_size=2)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Triggers over a few variables, four tags, rules and guarantees."""
    used = draw(st.lists(st.sampled_from(sorted(ASKED)), min_size=1, max_size=3, unique=True))
    names: list[str] = []
    triggers: Model = {}
    for number in range(draw(st.integers(2, 6))):
        lines = {name: draw(ASKED[name]) for name in draw(st.lists(st.sampled_from(used), max_size=2, unique=True))}
        joins = draw(_join(names)) if names and (not lines or draw(st.booleans())) else {}
        triggers[f"t{number}"] = lines | joins or {"event": "a"}
        names.append(f"t{number}")
    joins = st.sampled_from(names) | _join(names)
    tags = st.lists(st.sampled_from(("alpha", "beta", "gamma")), max_size=2, unique=True)
    rule = st.builds(_rule, joins, tags, tags).filter(lambda said: len(said) > 2)
    return {
        "triggers": triggers,
        "sends": {name: draw(joins) for name in TAGS},
        "shared": draw(st.booleans()),
        "rules": draw(st.lists(rule, max_size=3)),
        "remember": draw(st.none() | joins),
        "verified": draw(st.booleans()),
        "guarantees": draw(st.lists(_guarantee(joins), min_size=1, max_size=3)),
    }


def _rule(when: Any, attach: list[str], hashed: list[str]) -> Model:
    hashed = [tag for tag in hashed if tag not in attach]
    forms = {word: tags for word, tags in (("attach", attach), ("hash", hashed)) if tags}
    return {"when": when, "consent": "not_needed"} | forms


def _guarantee(joins: st.SearchStrategy[Any]) -> st.SearchStrategy[Model]:
    acts = st.lists(st.sampled_from([act.value for act in Act if act is not Act.REMEMBER]), min_size=1, max_size=2)
    to = st.just("all") | st.lists(st.sampled_from(sorted(TAGS)), min_size=1, max_size=2, unique=True)
    unless = st.just({}) | st.builds(lambda join: {"unless": join}, joins)
    of_tags = st.builds(lambda never, to, unless: {"never": never, "to": to} | unless, acts, to, unless)
    return of_tags | st.builds(lambda unless: {"never": "remember"} | unless, unless)


def _sections(model: Model) -> Map:
    user: Model = {"from": "who"}
    if model["verified"]:
        user["verified_by"] = {"token": "proof", "key": {"secret": "login_key"}}
    user |= {"hash_with": {"secret": "user_id_key"}, "rules": model["rules"], "otherwise": "drop"}
    group = {"hash_group": "together"} if model["shared"] else {}
    tags = {
        name: {
            "type": kind,
            "send_when": model["sends"][name],
            "consent": "not_needed",
            "settings": {"url": f"https://{name}.example.com/"},
            **(group if name in ("alpha", "gamma") else {}),
        }
        for name, kind in TAGS.items()
    }
    return as_map(
        {
            "version": 1,
            "site": {"name": "Drawn", "domains": ["shop.example.com"]},
            "consent": {"from": {"cookie": "choice"}, "purposes": {purpose: purpose for purpose in PURPOSES}},
            "visitor": {"remember_when": model["remember"], "consent": "not_needed"} if model["remember"] else {},
            "variables": VARIABLES,
            "triggers": model["triggers"],
            "tags": tags,
            "user_id": user,
            "guarantees": model["guarantees"],
            "tests": [],
        }
    )


def parts_of(model: Model) -> Parts:
    """The parts of a model."""
    parts, problems = read(_sections(model), TYPES | {"script": SCRIPT})
    assert not errors(problems), problems
    return parts


class Everything:
    """A container, and every hit that its matchers can tell apart."""

    def __init__(self, scenes: Scenes) -> None:
        self.container: Container = build(scenes, "drawn", "drawn.yaml", "0" * 16)
        self.asked: dict[str, list[Matcher]] = {}
        for trigger in self.container.triggers.values():
            for line in trigger.lines:
                self.asked.setdefault(line.variable, []).extend(line.matchers)
        self.asked.pop("consent", None)
        self.asked.setdefault("event", [])
        self.purposes = {
            str(matcher.wanted)
            for trigger in self.container.triggers.values()
            for line in trigger.lines
            if line.variable == "consent"
            for matcher in line.matchers
        }
        self.asked.setdefault("who", [])
        for name, twin in TWINS.items():
            if twin in self.asked:
                self.asked.setdefault(name, [])
        self._works = computed(self.container.variables)
        self._built = [name for name, _ in self._works if name in self.asked]
        for name in _below(self.container, self._built):
            self.asked.setdefault(name, [])
        said = [name for name in self.asked if name not in (*self._built, *TWINS.values(), "shop")]
        self.ways = {name: self._ways(name) for name in said}

    @property
    def count(self) -> int:
        """How many hits there are."""
        count = 3 ** len(self.purposes) * (2 if self.container.user_id and self._verifies else 1)
        for ways in self.ways.values():
            count *= len(ways)
        return count

    @property
    def _verifies(self) -> bool:
        return self.container.user_id is not None and self.container.user_id.verified_by is not None

    def _ways(self, name: str) -> list[Value | str | None]:
        """One value for each way in which the matchers can answer; None: absent; "?": nobody can tell."""
        kind = self.container.variables[name].type if name in self.container.variables else "text"
        asked = [*self.asked[name], *self.asked.get(TWINS.get(name, ""), ())]
        tests = [predicate(matcher) for matcher in asked]
        follows = self._follows(name)
        found: dict[tuple[object, ...], Value] = {}
        for value in map(float, WHOLE[name]) if name in WHOLE else _values(kind):
            found.setdefault((*(test(value) for test in tests), *follows(value)), value)
        values: list[Value | str | None] = list(found.values())
        if name == "event":
            return values
        return [*values, "?", None]

    def _follows(self, name: str) -> Callable[[Value], Iterator[object]]:
        """What matchers say of the variables that are built from this one."""
        works = [(built, work) for built, work in self._works if name in _below(self.container, [built])]
        asked = {b: [predicate(m) for m in self.asked[b]] for b, _ in works if b in self._built}
        others = [self._others(member=member) for member in (True, False)] if asked else []

        def follows(value: Value) -> Iterator[object]:
            for other in others:
                readings = {**other, name: value}
                for built, work in works:
                    readings[built] = work(readings)
                for built, tests in asked.items():
                    seen = readings[built]
                    yield seen is ABSENT or tuple(test(seen) for test in tests)

        return follows

    def _others(self, *, member: bool) -> dict[str, Reading]:
        """What is read while another variable changes."""
        readings: dict[str, Reading] = dict.fromkeys(self.container.variables, ABSENT)
        readings |= {"event": "x", "shop": "ab", "member": member, "plan": "x"}
        for built, work in self._works:
            readings[built] = work(readings)
        return readings

    def hits(self) -> Iterator[Hit]:
        """Every one, and what the real decision makes of it."""
        decider = Decider(self.container)
        states = [dict(zip(self.purposes, state, strict=True)) for state in product(Consent, repeat=len(self.purposes))]
        for values in product(*self.ways.values()):
            said = dict(zip(self.ways, values, strict=True))
            for consent, signed in product(states, (True, False) if self._verifies else (True,)):
                given = self._given(said, consent, signed=signed)
                facts = suppose(self.container, given)
                decision, hit = decider.answered(facts)
                yield given, decision, {name: ask(hit) for name, ask in self.container.program.triggers.items()}

    def _given(self, said: Mapping[str, Any], consent: Mapping[str, Consent], *, signed: bool) -> Given:
        values = {}
        said = {**said, **{twin: said[name] for name, twin in TWINS.items() if name in said}}
        for name, value in said.items():
            if name != "event" and value is not None and value != "?":
                comma = self.container.variables[name].decimal_comma
                values[name] = spelled(value, decimal_comma=comma)
        return Given(
            event=str(said["event"]),
            values=values,
            cannot_tell=tuple(name for name, value in said.items() if name != "event" and value == "?"),
            consent={purpose: state for purpose, state in consent.items() if state is not Consent.UNKNOWN},
            signed=signed,
        )


def _below(container: Container, built: list[str]) -> set[str]:
    """The variables that these are built from, and that are not built themselves."""
    parts = {part for name in built for part in container.variables[name].parts}
    deeper = [name for name in parts if name != "event" and container.variables[name].parts]
    return {name for name in parts if name not in deeper} | (_below(container, deeper) if deeper else set())


@cache
def _values(kind: str) -> tuple[Value, ...]:
    if kind == "number":
        return tuple(NUMBERS)
    if kind == "true_false":
        return (True, False)
    if kind == "set":
        some = LETTERS
        return tuple(frozenset(pick) for size in range(1, len(some) + 1) for pick in combinations(some, size))
    return tuple("".join(word) for length in range(1, LONGEST + 1) for word in product(LETTERS, repeat=length))


def words(container: Container, given: Given) -> int:
    """How many words are needed to say a hit, its event aside."""
    said = {
        name
        for name, value in given.values.items()
        if (default := container.variables[name].default) is None
        or spelled(default, decimal_comma=container.variables[name].decimal_comma) != value
    }
    return len(said) + len(given.cannot_tell) + len(given.consent) + (not given.signed)


def happens(container: Container, act: Act, to: tuple[str, ...], hit: Hit, ever: frozenset[str]) -> bool:
    """Whether this is done by a hit to one of these tags; `ever`: the tags that get any hit at all."""
    given, decision, _ = hit
    if act is Act.REMEMBER:
        return decision.remember
    sent = {tag.tag: tag.form for tag in decision.tags if tag.sent}
    if act is Act.SEND:
        return not sent.keys().isdisjoint(to)
    if act is Act.HASH:
        return any(sent.get(name) is Form.PSEUDONYM for name in to)
    if act is Act.ATTACH:
        nobody = "who" not in given.values and "who" not in given.cannot_tell
        return any(sent.get(name) is Form.RAW for name in to) or ("window" in to and "window" in sent and not nobody)
    pairs = [pair for pair in combinations(container.tags.values(), 2) if pair[0].key_name == pair[1].key_name]
    return any(
        {one.name, other.name} <= ever
        and not {one.name, other.name}.isdisjoint(to)
        and not {one.name, other.name}.isdisjoint(sent)
        for one, other in pairs
    )


def broken(tried: Everything, guarantee: Guarantee, hits: list[Hit]) -> list[Hit]:
    """The hits that a guarantee forbids, read off the contract."""
    container = tried.container
    to = tuple(container.tags) if guarantee.to is None else guarantee.to
    ever = frozenset(tag.tag for _, decision, _ in hits for tag in decision.tags if tag.sent)
    return [
        hit
        for hit in hits
        if any(happens(container, act, to, hit, ever) for act in guarantee.never) and not _excused(guarantee, hit[2])
    ]


def _excused(guarantee: Guarantee, answers: Mapping[str, Answer]) -> bool:
    join = guarantee.unless
    if join is None:
        return False
    parts = [answers[name] for name in join.all_of]
    parts += [max(answers[name] for name in join.any_of)] if join.any_of else []
    parts += [Answer(2 - max(answers[name] for name in join.none_of))] if join.none_of else []
    return min(parts) is Answer.YES
