"""The section tags."""

from collections.abc import Mapping

from gateway.language.schema.build import (
    Schema,
    choice,
    flag,
    join,
    name,
    not_needed,
    one_key,
    one_map,
    quantity,
    secret,
    text,
    variable,
    whole,
)
from gateway.language.schema.elsewhere import SETTINGS, TAGS
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.language.units import Unit

LATER_TYPES = (
    "rudderstack",
    "posthog",
    "plausible",
    "umami",
    "snowplow",
    "amplitude",
    "mixpanel",
    "hubspot",
    "salesforce",
    "meta",
    "warehouse",
)
_PUBLIC = "Write the value itself; everybody can read what stands in a page, so no secret belongs there."
_NO_VARIABLE = (
    "A variable's name belongs here; for a text that never changes write a variable like {{ constant: {0} }}, "
    "and its name here."
)
_CLOCK = (
    "An hour or a weekday is asked about in a trigger, like { hour: { at_least: 8, at_most: 17 } }, "
    "of a variable, like hour: { time: hour } or day: { time: weekday }."
)
_META = "It will be called meta, and is not available yet: what runs in the page is a tag of type script or pixel."
_LINES = "Write type:, send_when: and settings: on the lines below it, two spaces further in."
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2})?$"
LARGEST = 2**31 - 1


def tag(types: Mapping[str, TagType]) -> Schema:
    """One receiver of one of these types."""
    about_fields = "The receiver's field: the variable whose value it gets."
    about_identifiers = "The receiver's field: a personal variable; sent only when the decision is attach."
    settings: Schema = {"type": "object", "description": "Where the receiver is.", "x-say": "a map"}
    return one_map(
        {
            "type": choice("What kind of receiver it is.", types, LATER_TYPES)
            | {"x-instead": dict.fromkeys(("facebook", "facebook_pixel", "meta_pixel", "fb"), _META)},
            "send_when": join("When it gets the hit."),
            "consent": not_needed("Said aloud: this tag may send without any consent."),
            "settings": settings,
            "fields": _fields(about_fields, "{ total: order_value }"),
            "identifiers": _fields(about_identifiers, "{ email: email }"),
            "ip": choice("How much of the visitor's address it gets.", ["none", "anonymous", "full"])
            | {"default": "anonymous"},
            "page": choice("How much of the page's address it gets.", ["url", "path", "none"]) | {"default": "url"},
            "hash_group": name("Tags of one group see the same pseudonyms."),
            "purpose": text("What it is for, for the record of processing.", example="audience measurement"),
            "schedule": _schedule(),
            "sample": quantity("Of how many visitors it gets the hits, the same ones each time.", Unit.PERCENT, "10%"),
            "exempt": choice("cnil: audience measurement without consent, within what France's CNIL allows.", ["cnil"]),
        },
        ["type", "send_when", "settings"],
        "One receiver: what it gets, and when.",
        allOf=[_when_type(kind) for kind in types.values()],
        **{"x-instead": TAGS, "x-wrap": _LINES},
    )


def _schedule() -> Schema:
    advice = "Write a day, or a day and a time, by the site's clock: 2026-12-24, 2026-12-24 18:00. " + _CLOCK
    moment = {"say": "a day like 2026-12-24", "advice": advice, "example": "2026-12-24"}
    times = {
        "from": text("The first day, or the time from which on it may send.", _TIME, **moment) | {"x-date": True},
        "until": text("The last day, or the time until which it may send.", _TIME, **moment) | {"x-date": True},
    }
    say = "a map like { from: 2026-12-01, until: 2026-12-24 }"
    about = "When it may send, by the site's clock; outside of that it sends nothing."
    wrap = "Write {{ from: {0} }} or {{ until: {0} }}; for one day alone both."
    instead = dict.fromkeys(("hour", "hours", "time", "day", "days", "weekday", "weekdays"), _CLOCK)
    return one_map(times, [], about, minProperties=1) | {"x-say": say, "x-wrap": wrap, "x-instead": instead}


def _fields(description: str, example: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": variable("A variable's name.") | {"x-bad": _NO_VARIABLE},
        "description": description,
        "x-say": f"a map like {example}: the receiver's field, then the variable",
        "x-items": f"Write for each the receiver's field, and behind it the variable: {example}.",
    }


def _when_type(kind: TagType) -> Schema:
    options = {name: choice(fixed.why, [fixed.value], advice=fixed.why) for name, fixed in kind.fixed.items()}
    return {
        "if": {"properties": {"type": {"enum": [kind.name]}}, "required": ["type"]},
        "then": {"properties": {"settings": _settings(kind), **options}},
    }


def _settings(kind: TagType) -> Schema:
    properties = {called: _setting(setting) for called, setting in kind.settings.items()}
    for called, setting in kind.settings.items():
        if setting.kind is SettingKind.URL:
            properties[called]["x-key"] = _key_elsewhere(kind, called)
    required = [called for called, setting in kind.settings.items() if setting.required]
    more = one_key(kind.one_of, f"source of a {kind.name} tag") if kind.one_of else {}
    if beside := {called: [setting.beside] for called, setting in kind.settings.items() if setting.beside}:
        more["dependentRequired"] = beside
    return one_map(properties, required, f"The settings of a {kind.name} tag.", **more) | {"x-instead": SETTINGS}


def _key_elsewhere(kind: TagType, address: str) -> str:
    """Where a key belongs that somebody wrote into an address."""
    secrets = [(called, one.example) for called, one in kind.settings.items() if one.kind is SettingKind.SECRET]
    beside = " or ".join(f"{called}: {{ secret: {example} }}" for called, example in secrets)
    if not beside:
        return f"Write {address} without it; a {kind.name} tag has no setting for a key."
    folder = "The key itself goes into the operator's secrets folder: make a new one."
    return f"Write {address} without it, and beside it {beside}. {folder}"


def _setting(setting: Setting) -> Schema:
    about = f"{setting.description}."
    if setting.kind is SettingKind.FLAG:
        return flag(about)
    if setting.kind is SettingKind.TEXTS:
        return {
            "type": "object",
            "propertyNames": {"pattern": setting.pattern},
            "additionalProperties": text("Its value.", example="standard") | {"x-map": _PUBLIC},
            "description": about,
            "x-say": f"a map like {setting.example}",
            "x-keys": setting.advice,
        }
    if setting.kind is SettingKind.SECRET:
        return secret(about, setting.example)
    if setting.kind is SettingKind.WHOLE_NUMBER:
        return whole(about, 1, LARGEST)
    if setting.kind is SettingKind.GOALS:
        return {
            "type": "object",
            "additionalProperties": whole("The goal's number.", 1, LARGEST),
            "description": about,
            "x-say": f"a map like {setting.example}: the event, then the goal's number",
            "x-items": f"Write for each goal the event, and behind it the goal's number: {setting.example}.",
        }
    if setting.kind is SettingKind.CODE:
        advice = "Write it behind |, on lines of its own below, two spaces further in."
        alone = "Write the JavaScript alone, without <script> before it and </script> behind it."
        return text(about, r"^\s*[^<\s]", "code", alone, setting.example) | {"x-map": advice, "x-empty": advice}
    if setting.kind is SettingKind.URL:
        advice = f"Write the whole address, without ? and what follows: {setting.example}."
        return text(about, r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", "an address", advice, setting.example) | {
            "x-mend": "address"
        }
    return text(about, setting.pattern, setting.say, setting.advice, setting.example)
