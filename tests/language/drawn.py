"""Containers and hits drawn at random, and a second, plain reading of what their triggers mean.

The model is dicts as in YAML. `Truth` knows nothing of the code it is compared with: three words for the answers,
a table for each matcher, and the sentences of the contract, one by one.
"""

import re
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from gateway.language.container import Container
from gateway.language.load import build
from gateway.language.plain_yaml import List, Map, Node, Text
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts, read
from gateway.language.values import NOT_SENT
from gateway.model import ABSENT, Consent, Facts, Identity, Reading, Signed
from gateway.problems import Place, errors
from tests.language.small import TYPES

HERE = Place(1, 1)

PURPOSES = ("analytics", "marketing")
EVENTS = ("page_view", "purchase", "Purchase", "search")
VARIABLES: dict[str, dict[str, Any]] = {
    "account_id": {"data_layer": "user.id"},
    "company": {"data_layer": "user.company"},
    "proof": {"data_layer": "user.proof"},
    "email": {"trait": "email", "personal": True},
    "age": {"event": "age", "type": "number", "personal": True},
    "plan": {"cookie": "plan"},
    "total": {"event": "value", "type": "number"},
    "member": {"data_layer": "member", "type": "true_false"},
    "groups": {"data_layer": "groups", "type": "set"},
}
TYPE = {name: said.get("type", "text") for name, said in VARIABLES.items()}
WHO = ("account_id", "company", "proof")
TEXTS = ("gold", "Gold", "golden", "old", "silver")
NUMBERS = (0.0, 1.0, 1.5, -2.0)
SETS = (frozenset({"gold"}), frozenset({"Gold", "old"}), frozenset({"silver", "gold"}))
VALUES: dict[str, tuple[Any, ...]] = {"text": TEXTS, "number": NUMBERS, "true_false": (True, False), "set": SETS}
YES, NO, CANNOT_TELL = "yes", "no", "cannot tell"

Model = dict[str, Any]


def matchers(kind: str) -> list[Any]:
    """Bare values and maps of a matcher or two, all that a type can be asked."""
    present = [{"present": True}, {"present": False}]
    if kind == "set":
        return present + _folding([{word: "gold"} for word in ("contains", "not_contains")])
    values = VALUES[kind]
    exact = [{word: value} for word in ("is", "is_not") for value in values]
    if kind == "true_false":
        return [*values, *present, *exact]
    some = [{word: [*pair]} for word in ("one_of", "not_one_of") for pair in combinations(values, 2)]
    if kind == "number":
        ranges = [{word: value} for word in ("at_least", "at_most", "more_than", "less_than") for value in values]
        return [*values, *present, *exact, *some, *ranges, {"at_least": 0.0, "less_than": 1.5}]
    words = [f"{no}{word}" for no in ("", "not_") for word in ("contains", "starts_with", "ends_with")]
    parts = [{word: value} for word in words for value in ("gold", "Old", "d")]
    like = [{word: pattern} for word in ("like", "not_like") for pattern in ("g*", "?old", "*", "GO?d*")]
    patterns = [{word: pattern} for word in ("matches", "not_matches") for pattern in ("^g", "ld$", "[gs].l", "^Go")]
    both = [{"starts_with": "go", "not_ends_with": "d"}, {"contains": "old", "is_not": "gold"}]
    return [*values, *present, *_folding([*exact, *some, *parts, *like, *patterns, *both])]


def _folding(words: list[Model]) -> list[Model]:
    return [*words, *(said | {"ignore_case": True} for said in words)]


EVENT = [{"is": event, "ignore_case": True} for event in EVENTS] + [{"starts_with": "p"}, {"not_like": "p*"}]
ASKED = {name: st.sampled_from(matchers(kind)) for name, kind in TYPE.items()}
ASKED["event"] = st.sampled_from([*EVENTS, *EVENTS, *EVENT, *matchers("text")])


def _lines(draw: st.DrawFn, consent_words: tuple[str, ...]) -> Model:
    lines: Model = {}
    for name in draw(st.lists(st.sampled_from(("consent", "consent", *ASKED)), max_size=2)):
        if name == "consent":
            lines[name] = {draw(st.sampled_from(consent_words)): draw(st.sampled_from(PURPOSES))}
        else:
            lines[name] = draw(ASKED[name])
    return lines


def _join(names: list[str]) -> st.SearchStrategy[Model]:
    some = st.lists(st.sampled_from(names), min_size=1, max_size=3)
    part = st.sampled_from(("all_of", "any_of", "none_of"))
    return st.dictionaries(part, some, min_size=1, max_size=2)


@st.composite
def models(draw: st.DrawFn, consent_words: tuple[str, ...] = ("granted", "refused", "unknown")) -> Model:
    """Triggers, two tags and their User ID rules, as in YAML."""
    triggers: Model = {
        "agreed0": {"consent": {consent_words[0]: "analytics"}},
        "agreed1": {"consent": {consent_words[-1]: "marketing"}},
    }
    for number in range(draw(st.integers(1, 6))):
        lines = _lines(draw, consent_words)
        more = draw(_join(list(triggers))) if not lines or draw(st.booleans()) else {}
        triggers[f"t{number}"] = lines | more
    joins = _join(list(triggers))
    rule = st.builds(
        lambda when, one, other: {"when": when, "consent": "not_needed"} | _forms(one, other),
        joins,
        st.sampled_from(("attach", "hash")),
        st.sampled_from(("attach", "hash", None)),
    )
    return {
        "triggers": triggers,
        "sends": {"one": draw(joins), "other": draw(joins)},
        "rules": draw(st.lists(rule, max_size=3)),
        "remember": draw(st.none() | joins),
    }


def _forms(one: str, other: str | None) -> Model:
    forms: Model = {one: ["one"]}
    if other:
        forms[other] = [*forms.get(other, []), "other"]
    return forms


def sections(model: Model) -> Model:
    """The model as all sections of a file."""
    tags = {
        name: {
            "type": "webhook" if name == "one" else "list",
            "send_when": send,
            "consent": "not_needed",
            "settings": {"url": f"https://{name}.example.com/"},
            "identifiers": {"mail": "email"} if name == "one" else {},
        }
        for name, send in model["sends"].items()
    }
    return {
        "version": 1,
        "site": {"name": "Drawn", "domains": ["shop.example.com"]},
        "consent": {"from": {"cookie": "choice"}, "purposes": {"analytics": "statistics", "marketing": "ads"}},
        "visitor": {"remember_when": model["remember"], "consent": "not_needed"} if model["remember"] else {},
        "variables": VARIABLES,
        "triggers": model["triggers"],
        "tags": tags,
        "user_id": {
            "from": "account_id",
            "verified_by": {"token": "proof", "key": {"secret": "login_key"}},
            "account": "company",
            "hash_with": {"secret": "user_id_key"},
            "rules": model["rules"],
            "otherwise": "drop",
        },
        "tests": [],
    }


def parts_of(model: Model) -> Parts:
    """The model's parts; the way over a text is slower, and tested elsewhere."""
    parts, problems = read(as_map(sections(model)), TYPES)
    assert not errors(problems), problems
    return parts


def built(model: Model) -> Container:
    """The model's container."""
    return build(Scenes(parts_of(model)), "drawn", "drawn.yaml", "0" * 16)


def as_map(said: Model) -> Map:
    return Map(tuple((Text(key, HERE), _node(value)) for key, value in said.items()), HERE)


def _node(value: Any) -> Node:
    if isinstance(value, dict):
        return as_map(value)
    if isinstance(value, list):
        return List(tuple(_node(item) for item in value), HERE)
    return Text(str(value).lower() if isinstance(value, bool) else str(value), HERE)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """A hit as rules see it: every variable is there, absent, or nobody can tell."""
    readings: dict[str, Reading] = {"event": draw(st.sampled_from((*EVENTS, "gold", "never_named")))}
    for name, kind in TYPE.items():
        readings[name] = draw(st.sampled_from((*VALUES[kind], ABSENT, NOT_SENT)))
    found = readings["account_id"]
    identity = Identity(Signed.VERIFIED, found) if isinstance(found, str) else Identity(Signed.NOBODY)
    consent = {purpose: draw(st.sampled_from(Consent)) for purpose in PURPOSES}
    return Facts(event=str(readings["event"]), readings=readings, consent=consent, identity=identity)


class Truth:
    """What the triggers of a model answer, read off the contract."""

    def __init__(self, model: Model, seen: Facts) -> None:
        self.triggers = model["triggers"]
        self.seen = seen

    def trigger(self, name: str) -> str:
        """Several lines: no if one is no, else cannot tell if one is, else yes."""
        said = self.triggers[name]
        lines = [self.line(key, value) for key, value in said.items() if key not in ("all_of", "any_of", "none_of")]
        return _every([*lines, self.join(said)])

    def join(self, said: Model) -> str:
        """all_of, any_of, none_of; all three must hold."""
        any_of = [self.trigger(name) for name in said.get("any_of", ())]
        none_of = [self.trigger(name) for name in said.get("none_of", ())]
        parts = [self.trigger(name) for name in said.get("all_of", ())]
        if any_of:
            parts.append(_some(any_of))
        if none_of:
            parts.append({YES: NO, NO: YES, CANNOT_TELL: CANNOT_TELL}[_some(none_of)])
        return _every(parts)

    def line(self, variable: str, said: Any) -> str:
        """One variable and what it must be."""
        words = said if isinstance(said, dict) else {"is": said}
        if variable == "consent":
            return _every([self.purpose(word, purpose) for word, purpose in words.items()])
        fold = words.get("ignore_case", False)
        asked = [(word, wanted) for word, wanted in words.items() if word != "ignore_case"]
        return _every([_matcher(self.seen.readings[variable], word, wanted, fold) for word, wanted in asked])

    def purpose(self, word: str, purpose: str) -> str:
        """refused and unknown can always be answered; granted is cannot tell while unknown."""
        state = self.seen.consent[purpose]
        if word == "granted" and state is Consent.UNKNOWN:
            return CANNOT_TELL
        return YES if state.value == word else NO


def _every(answers: list[str]) -> str:
    return NO if NO in answers else CANNOT_TELL if CANNOT_TELL in answers else YES


def _some(answers: list[str]) -> str:
    return YES if YES in answers else CANNOT_TELL if CANNOT_TELL in answers else NO


def _matcher(seen: Reading, word: str, wanted: Any, fold: bool) -> str:
    if seen is ABSENT:
        return YES if word == "present" and wanted is False else NO
    if seen is NOT_SENT:
        return CANNOT_TELL
    if word == "present":
        return YES if wanted else NO
    bare = word if word == "is_not" else word.removeprefix("not_")
    true = TABLE[bare](_fold(seen, fold), _fold(wanted, fold))
    return YES if true is not (word != bare) else NO


def _fold(value: Any, fold: bool) -> Any:
    if isinstance(value, list | frozenset):
        return type(value)(_fold(part, fold) for part in value)
    return value.casefold() if fold and isinstance(value, str) else value


TABLE = {
    "is": lambda seen, wanted: seen == wanted,
    "is_not": lambda seen, wanted: seen != wanted,
    "one_of": lambda seen, wanted: seen in wanted,
    "contains": lambda seen, wanted: wanted in seen,
    "starts_with": lambda seen, wanted: seen[: len(wanted)] == wanted,
    "ends_with": lambda seen, wanted: seen[-len(wanted) :] == wanted,
    "like": fnmatchcase,
    "matches": lambda seen, wanted: re.search(wanted, seen) is not None,
    "at_least": lambda seen, wanted: seen >= wanted,
    "at_most": lambda seen, wanted: seen <= wanted,
    "more_than": lambda seen, wanted: seen > wanted,
    "less_than": lambda seen, wanted: seen < wanted,
}
