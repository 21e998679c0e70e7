"""The small parts that every section's schema is built of."""

from collections.abc import Iterable, Sequence
from typing import Any

from gateway.language.units import Unit, pattern

Schema = dict[str, Any]

NAME = r"^[a-z][a-z0-9_]*$"
_KEPT = "Write { secret: matomo_token }: a name of yours, which is that of a file in the operator's secrets folder."
_NAMES = {
    "a trigger's name": "page_view",
    "a variable's name": "account_id",
    "a tag's name": "statistics",
    "a secret's name": "login_key",
    "a purpose": "analytics",
    "one purpose": "analytics",
    "a name": "together",
}
"""What kind of name it is: an example."""


def text(description: str, pattern: str = "", say: str = "text", advice: str = "", example: str = "") -> Schema:
    """A text; the field decides the type, so what looks like a number is one too."""
    out: Schema = {"type": ["string", "number", "boolean"], "minLength": 1, "description": description, "x-say": say}
    if pattern:
        out |= {"pattern": pattern, "x-advice": advice}
    return out | ({"examples": [example]} if example else {})


def name(description: str, say: str = "a name") -> Schema:
    """A name the file gives, or one that it uses."""
    shown: Schema = {"description": description, "examples": [_NAMES[say]]}
    if say in ("a purpose", "one purpose"):
        shown["x-bad"] = "Write our word for the purpose: what stands before the colon under purposes."
    return {"type": "string", "pattern": NAME, **shown, "x-say": say, "x-name": True}


def variable(description: str) -> Schema:
    """The name of a variable."""
    about = (
        "Read it under a name in the section variables, like account_id: { data_layer: user.id }; write the name here."
    )
    return name(description, "a variable's name") | {"x-map": about, "x-dotted": about}


def choice(description: str, choices: Iterable[str], later: Iterable[str] = (), advice: str = "") -> Schema:
    """One word of several."""
    return {"enum": list(choices), "description": description, "x-later": list(later), "x-advice": advice}


def flag(description: str) -> Schema:
    """true, false, yes or no."""
    return {"enum": [True, False, "yes", "no"], "description": description, "x-say": "true or false"}


def whole(description: str, least: int, most: int, advice: str = "Write digits only: 3.") -> Schema:
    """A whole number within bounds."""
    say = f"a whole number from {least} to {most}"
    bounds = {"minimum": least, "maximum": most}
    return {"type": "integer", **bounds, "description": description, "x-say": say, "x-advice": advice}


def quantity(description: str, unit: Unit, example: str) -> Schema:
    """A number with its unit, like 30s."""
    say = f"a number with its unit, like {example}"
    return text(description, pattern(unit), say, example=example) | {"x-unit": unit}


def one_list(items: Schema, description: str, at_least: int = 0) -> Schema:
    """A list."""
    item = items | {"x-item": True}
    return {"type": "array", "items": item, "minItems": at_least, "description": description, "x-say": "a list"}


def one_map(properties: Schema, required: Sequence[str], description: str, **more: Any) -> Schema:
    """A map with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        "description": description,
        "x-say": "a map",
        **more,
    }


def named_map(value: Schema, description: str, at_least: int = 0, at_most: int = 1000) -> Schema:
    """A map whose keys are names that the file gives."""
    return {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": value,
        "minProperties": at_least,
        "maxProperties": at_most,
        "description": description,
        "x-say": "a map of names",
    }


def secret(description: str, example: str) -> Schema:
    """Only ever the name of a secret, never its value."""
    called = name("The secret's name: a file in the operator's secrets folder.", "a secret's name")
    called |= {"examples": [example], "x-unsaid": True}
    instead = dict.fromkeys(("env", "name", "key", "value", "file", "from_env", "token"), _KEPT)
    return one_map({"secret": called}, ["secret"], description, **{"x-secret": True, "x-instead": instead})


def not_needed(description: str) -> Schema:
    """`consent: not_needed`, said aloud."""
    advice = "Consent is asked for with a trigger like { consent: { granted: ⟨purpose:analytics⟩ } }."
    return choice(description, ["not_needed"], advice=advice)


def one_key(kinds: Iterable[str], what: str) -> Schema:
    """Exactly one of these keys, which says the kind."""
    return {"oneOf": [{"required": [kind]} for kind in kinds], "x-kind": what}


def join_parts() -> Schema:
    """all_of, any_of and none_of."""
    return {
        "all_of": _triggers("Every one of these triggers must say yes."),
        "any_of": _triggers("At least one of these triggers must say yes."),
        "none_of": _triggers("Each of these triggers must say no."),
    }


def join(description: str) -> Schema:
    """A trigger's name, or all_of, any_of and none_of."""
    return {
        "type": ["string", "object"],
        "pattern": NAME,
        "properties": join_parts(),
        "additionalProperties": False,
        "minProperties": 1,
        "description": description,
        "examples": ["page_view", {"all_of": ["page_view", "analytics_ok"]}],
        "x-say": "a trigger's name, or all_of, any_of, none_of with lists of them",
        "x-extra": "A condition is written into the section triggers, under a name; that name belongs here.",
        "x-instead": {"not": "Write none_of, with a list of the triggers that must say no."},
        "x-join": True,
        "x-name": True,
    }


def _triggers(description: str) -> Schema:
    about = (
        "Give what is asked here a name of its own in the section triggers, like purchase: { event: purchase }; "
        "write the name here."
    )
    return one_list(name("A trigger's name.", "a trigger's name") | {"x-map": about}, description, at_least=1)
