"""The section triggers."""

from gateway.language.matchers import CONSENT_WORDS, KINDS, SIGNS, Wants, split, words
from gateway.language.schema.build import NAME, Schema, flag, join_parts, name, one_list, one_map, text

_MISSING = dict.fromkeys(
    (
        *("not_present", "absent", "exists", "missing", "empty", "not_empty", "is_empty", "non_empty", "not_null"),
        *("is_set", "isset", "not_set", "is_present", "is_defined", "is_null", "null"),
    ),
    "Write present: true if a value must be there, present: false if none may be.",
) | {
    "between": "Write both ends: { at_least: 10, at_most: 50 }.",
    "not": "Write is_not for one value; else not_ before the word, like not_starts_with.",
}
"""Words for a value that is not there, or is."""
_THERE = {"is": "false, if nothing may be there", "is_not": "true, if something must be there"}
JOINED = {"not": "none_of", "none": "none_of", "unless": "none_of", "and": "all_of", "or": "any_of"}
"""What people write for a join."""
_DAYS = (
    "No number is asked of a date: name each day, { one_of: [2026-12-24, 2026-12-25] }; for a tag that sends only from "
    "a day on, write schedule: { from: 2026-12-24 } into the tag."
)


def trigger() -> Schema:
    """One trigger: lines of matchers, and joins."""
    return {
        "type": "object",
        "properties": join_parts() | {"event": _matcher(), "consent": _consent()},
        "propertyNames": {"pattern": NAME},
        "additionalProperties": _matcher(),
        "minProperties": 1,
        "description": "Every line must hold: a variable and what it must be, or other triggers.",
        "x-say": "a map like { event: page_view }",
        "x-join": True,
        "x-joined": JOINED,
        "x-bad-header": "Read the header under variables, like staff: {{ header: {0} }}; ask here about staff.",
        "x-asked": "Write {{ {0}: {1} }}.",
        "x-wrap": "Write {{ event: {0} }} if an event is meant, {{ all_of: [{0}] }} if a trigger is.",
    }


def _consent() -> Schema:
    alone = {"x-list": "Write one purpose; ask for each in a trigger of its own and join them with all_of."}
    purposes = {word: name(f"The purpose must be {word}.", "one purpose") | alone for word in CONSENT_WORDS}
    about = "The visitor's choice: granted, refused or unknown, with a purpose."
    flags = dict.fromkeys(("yes", "true", "granted"), "Write { granted: ⟨purpose:analytics⟩ }.")
    flags |= dict.fromkeys(("no", "false", "refused", "denied"), "Write { refused: ⟨purpose:analytics⟩ }.")
    more = {"x-wrap": "Write {{ granted: {0} }}.", "x-instead": flags}
    say = "a map like { granted: analytics }"
    return one_map(purposes, [], about, minProperties=1, **more) | {"x-say": say, "x-swap": True}


def _matcher() -> Schema:
    properties = {word: _wanted(word) for word in words()}
    properties["ignore_case"] = flag("true: capital and small letters are the same.")
    return {
        "type": ["string", "number", "boolean", "object"],
        "minLength": 1,
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "description": "What the value must be: a bare value, or a word like at_least with what it wants.",
        "examples": ["page_view", {"at_least": 1}],
        "x-say": "a value, or a map like { at_least: 1 }",
        "x-list": "Write {{ one_of: [{0}] }}.",
        "x-span": "if all between are meant, {{ at_least: {0}, less_than: {1} }}, which leaves {1} itself out.",
        "x-instead": {sign: f"Write {word}." for sign, word in SIGNS.items()} | _MISSING,
        "x-empty": "Write the value behind the colon; { present: false } asks for what is not there.",
    }


def _wanted(word: str) -> Schema:
    kind = KINDS[split(word)[0]]
    example = kind.cases[0][0].partition(",")[0]
    if kind.wants is Wants.LIST:
        return one_list(text("One of the values.", example=example), kind.description, at_least=1)
    if kind.wants is Wants.FLAG:
        return flag(kind.description)
    if kind.wants is Wants.NUMBER:
        return {"type": "number", "description": kind.description, "x-say": "a number", "x-day": _DAYS}
    exact = f"Write {'not_' if word == 'is_not' else ''}one_of: [{{0}}] in its place."
    part = "Write one_of: [{0}] for whole texts; else one trigger for each, joined with any_of."
    there = (
        {"x-empty": f"Write it behind the colon; or, in place of this, present: {_THERE[word]}."}
        if word in _THERE
        else {}
    )
    return text(kind.description, example=example) | {"x-list": exact if kind.wants is Wants.VALUE else part} | there
