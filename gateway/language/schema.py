"""Tables → one JSON Schema of a container. The check of the shape and every editor read the same one.

Words beginning with `x-` are for the check alone: what is wanted in plain words, what comes later.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.language.matchers import CONSENT_WORDS, LATER_WORDS, Wants, split, words
from gateway.language.matchers import KINDS as MATCHERS
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.language.values import TYPES
from gateway.language.variables import KINDS as VARIABLES
from gateway.language.variables import LATER_KINDS

Schema = dict[str, Any]

SECTIONS = (
    "version",
    "site",
    "accept",
    "consent",
    "visitor",
    "events",
    "variables",
    "triggers",
    "tags",
    "user_id",
    "guarantees",
    "tests",
)
NAME = r"^[a-z][a-z0-9_]*$"
LATER_TYPES = (
    "ga4",
    "segment",
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
    "script",
    "pixel",
)
LATER_SOURCES = ("local_storage", "tcf", "google_consent_mode", "banner")
LATER_OPTIONS = ("schedule", "sample", "purpose", "exempt")


def schema(types: Mapping[str, TagType]) -> Schema:
    """The schema of a container whose tags are of these types."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://taggate.example/container.schema.json",
        "title": "A taggate container",
        "type": "object",
        "properties": {
            "version": {"enum": [1], "description": "The version of the language: 1.", "x-say": "1"},
            "site": _site(),
            "accept": _accept(),
            "consent": _consent(),
            "visitor": _visitor(),
            "variables": _named(_variable(), "What may be read, and from where.", at_most=2000),
            "triggers": _named(_trigger(), "Named questions about a hit; every line must hold.", at_most=2000),
            "tags": _named(_tag(types), "Who receives what; only what is listed is sent.", at_least=1, at_most=500),
            "user_id": _user_id(),
            "tests": _list(_test(), "What must come out; a tag not listed under expect must receive nothing."),
        },
        "required": ["version", "site", "consent", "tags", "tests"],
        "additionalProperties": False,
        "x-later": ["events", "guarantees"],
    }


def for_editors(types: Mapping[str, TagType]) -> Schema:
    """The schema without the words that only the check reads."""
    cleaned: Schema = _without_ours(schema(types))
    return cleaned


def _without_ours(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _without_ours(value) for key, value in part.items() if not str(key).startswith("x-")}
    return [_without_ours(item) for item in part] if isinstance(part, list | tuple) else part


def _text(description: str, pattern: str = "", say: str = "text", advice: str = "", example: str = "") -> Schema:
    out: Schema = {"type": ["string", "number", "boolean"], "minLength": 1, "description": description, "x-say": say}
    if pattern:
        out |= {"pattern": pattern, "x-advice": advice}
    return out | ({"examples": [example]} if example else {})


def _name(description: str, say: str = "a name") -> Schema:
    return {"type": "string", "pattern": NAME, "description": description, "x-say": say, "x-name": True}


def _choice(description: str, choices: Iterable[str], later: Iterable[str] = ()) -> Schema:
    return {"enum": list(choices), "description": description, "x-later": list(later)}


def _flag(description: str) -> Schema:
    return {"enum": [True, False, "yes", "no"], "description": description, "x-say": "true or false"}


def _whole(description: str, least: int, most: int) -> Schema:
    say = f"a whole number from {least} to {most}"
    return {"type": "integer", "minimum": least, "maximum": most, "description": description, "x-say": say}


def _list(items: Schema, description: str, at_least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": at_least, "description": description, "x-say": "a list"}


def _map(properties: Schema, required: Iterable[str], description: str, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        "description": description,
        "x-say": "a map",
        **more,
    }


def _named(value: Schema, description: str, at_least: int = 0, at_most: int = 1000) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": value,
        "minProperties": at_least,
        "maxProperties": at_most,
        "description": description,
        "x-say": "a map of names",
    }


def _secret(description: str) -> Schema:
    secret = _name("The secret's name: a file in the operator's secrets folder.", "a secret's name")
    return _map({"secret": secret}, ["secret"], description, **{"x-secret": True})


def _names(description: str) -> Schema:
    return _list(_name("A trigger's name.", "a trigger's name"), description, at_least=1)


def _join_parts() -> Schema:
    return {
        "all_of": _names("Every one of these triggers must say yes."),
        "any_of": _names("At least one of these triggers must say yes."),
        "none_of": _names("Each of these triggers must say no."),
    }


def _join(description: str) -> Schema:
    """A trigger's name, or all_of, any_of and none_of."""
    return {
        "type": ["string", "object"],
        "pattern": NAME,
        "properties": _join_parts(),
        "additionalProperties": False,
        "minProperties": 1,
        "description": description,
        "x-say": "a trigger's name, or all_of, any_of, none_of with lists of them",
        "x-join": True,
        "x-name": True,
    }


def _not_needed(description: str) -> Schema:
    return _choice(description, ["not_needed"])


def _site() -> Schema:
    host = r"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"
    domain = _text("A host of the site, without https:// and path; *. stands for every subdomain.", host)
    domain |= {"x-advice": 'Write the host alone, like shop.example.com or "*.example.com".', "x-say": "a host"}
    zone = _text("The site's time zone.", example="Europe/Berlin")
    return _map(
        {
            "name": _text("The site's name, for people."),
            "domains": _list(domain, "The hosts whose pages may send hits.", at_least=1),
            "timezone": zone,
            "drop_query": _list(
                _text("A parameter's name."), "Parameters taken out of every address before anything else."
            ),
        },
        ["name", "domains"],
        "The website this container is for.",
    )


def _accept() -> Schema:
    server = _map(
        {"key": _secret("The key your own backend shows as Bearer.")}, ["key"], "POST /collect from a server."
    )
    return _map(
        {"server": server}, [], "Other senders that may speak for this site.", **{"x-later": ["matomo", "segment"]}
    )


def _consent() -> Schema:
    sources: Schema = {
        "cookie": _text("The cookie in which the banner keeps the choice.", example="cookie_consent"),
        "data_layer": _text("The data layer path where the banner puts the choice.", example="consent.choice"),
        "api": {"enum": [True], "description": "Only taggate('consent', …) tells.", "x-say": "true"},
    }
    source = _map(sources, [], "Where the visitor's choice is kept.", **_one_key(sources, "place", LATER_SOURCES))
    purposes = _named(_text("The banner's word for it."), "Our word for a purpose: the banner's word.", 1, 8)
    body = _map(
        {
            "from": source,
            "purposes": purposes,
            "while_unknown": _choice("What the page does before the visitor answers.", ["hold", "send"]),
            "gpc_refuses": _list(_name("A purpose."), "What a Global Privacy Control signal refuses; else everything."),
        },
        ["from", "purposes"],
        "Where the visitor's choice is kept; or: consent: not_needed.",
    )
    return body | {
        "type": ["object", "string"],
        "pattern": "^not_needed$",
        "x-say": "a map with from: and purposes:, or not_needed",
        "x-advice": "Write not_needed, or from: and purposes: below it.",
    }


def _visitor() -> Schema:
    return _map(
        {
            "remember_when": _join("When the visitor may be remembered with a cookie; without it never."),
            "consent": _not_needed("Said aloud: the cookie may be set without any consent."),
            "days": _whole("How long the cookie is kept, from its first day.", 1, 400),
            "without_cookie": _choice("What stands in for a cookie.", ["day_number", "none"]),
        },
        [],
        "The anonymous ID.",
    )


def _one_key(kinds: Iterable[str], what: str, later: Iterable[str]) -> Schema:
    return {"oneOf": [{"required": [kind]} for kind in kinds], "x-kind": what, "x-later": list(later)}


def _variable() -> Schema:
    sources: Schema = {
        kind.name: _choice(kind.description, kind.choices)
        if kind.choices
        else _text(kind.description, kind.pattern, advice=kind.advice, example=kind.example)
        for kind in VARIABLES.values()
    }
    options: Schema = {
        "type": _choice("What its value is; text if not said.", TYPES),
        "default": _text("What stands in when it was looked for and not found."),
        "decimal": _choice("comma for numbers like 1.299,00.", ["comma"]),
        "personal": _flag("true: it says who somebody is; it goes out only under identifiers."),
    }
    return _map(
        sources | options, [], "A named value that may be read.", **_one_key(sources, "kind of variable", LATER_KINDS)
    )


def _wanted(word: str) -> Schema:
    kind = MATCHERS[split(word)[0]]
    if kind.wants is Wants.LIST:
        return _list(_text("One of the values."), kind.description, at_least=1)
    if kind.wants is Wants.FLAG:
        return _flag(kind.description)
    if kind.wants is Wants.NUMBER:
        return {"type": "number", "description": kind.description, "x-say": "a number"}
    return _text(kind.description) | {"x-list": "one_of"}


def _matcher() -> Schema:
    properties = {word: _wanted(word) for word in words()}
    properties["ignore_case"] = _flag("true: capital and small letters are the same.")
    return {
        "type": ["string", "number", "boolean", "object"],
        "minLength": 1,
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "description": "What the value must be: a bare value, or a word like at_least with what it wants.",
        "x-say": "a value, or a map of matchers",
        "x-list": "one_of",
        "x-later": list(LATER_WORDS),
    }


def _trigger() -> Schema:
    about = "The purpose must be {}."
    consent = _map(
        {word: _name(about.format(word), "a purpose") for word in CONSENT_WORDS},
        [],
        "The visitor's choice: granted, refused or unknown, with a purpose.",
        minProperties=1,
    )
    return {
        "type": "object",
        "properties": _join_parts() | {"consent": consent},
        "propertyNames": {"pattern": NAME},
        "additionalProperties": _matcher(),
        "minProperties": 1,
        "description": "Every line must hold: a variable and what it must be, or other triggers.",
        "x-say": "a map of variables and what they must be",
        "x-trigger": True,
    }


def _setting(setting: Setting) -> Schema:
    about = setting.description
    if setting.kind is SettingKind.SECRET:
        return _secret(about)
    if setting.kind is SettingKind.WHOLE_NUMBER:
        return _whole(about, 1, 2**31 - 1)
    if setting.kind is SettingKind.GOALS:
        return {
            "type": "object",
            "additionalProperties": _whole("The goal's number.", 1, 2**31 - 1),
            "description": about,
            "x-say": "a map of event and goal number",
        }
    if setting.kind is SettingKind.URL:
        advice = "Write the whole address: https://stats.example.com/."
        return _text(about, r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", "an address", advice, setting.example)
    return _text(about, example=setting.example)


def _settings(kind: TagType) -> Schema:
    properties = {name: _setting(setting) for name, setting in kind.settings.items()}
    required = [name for name, setting in kind.settings.items() if setting.required]
    return _map(properties, required, f"The settings of a {kind.name} tag.")


def _tag(types: Mapping[str, TagType]) -> Schema:
    variable = _name("A variable's name.", "a variable's name")
    about_fields = "The receiver's field: the variable whose value it gets."
    about_identifiers = "The receiver's field: a personal variable; sent only when the decision is attach."
    any_name: Schema = {"type": "object", "additionalProperties": variable, "x-say": "a map of field and variable"}
    return _map(
        {
            "type": _choice("What kind of receiver it is.", types, LATER_TYPES),
            "send_when": _join("When it gets the hit."),
            "consent": _not_needed("Said aloud: this tag may send without any consent."),
            "settings": {"type": "object", "description": "Where the receiver is.", "x-say": "a map"},
            "fields": any_name | {"description": about_fields},
            "identifiers": any_name | {"description": about_identifiers},
            "ip": _choice("How much of the visitor's address it gets.", ["none", "anonymous", "full"]),
            "page": _choice("How much of the page's address it gets.", ["url", "path", "none"]),
            "hash_group": _name("Tags of one group see the same pseudonyms."),
        },
        ["type", "send_when", "settings"],
        "One receiver: what it gets, and when.",
        allOf=[_when_type(kind) for kind in types.values()],
        **{"x-later": list(LATER_OPTIONS)},
    )


def _when_type(kind: TagType) -> Schema:
    return {
        "if": {"properties": {"type": {"enum": [kind.name]}}, "required": ["type"]},
        "then": {"properties": {"settings": _settings(kind)}},
    }


def _user_id() -> Schema:
    variable = _name("A variable's name.", "a variable's name")
    proofs: Schema = {"token": variable, "signature": variable}
    proof = _map(
        proofs | {"key": _secret("The key that checks the proof.")},
        ["key"],
        "The proof of who is signed in.",
        **_one_key(proofs, "kind of proof", ()),
    )
    tags = _list(_name("A tag's name.", "a tag's name"), "Tags.", at_least=1)
    rule = _map(
        {
            "when": _join("When this rule is true."),
            "attach": tags | {"description": "These tags get the User ID as it is."},
            "hash": tags | {"description": "These tags get a pseudonym."},
            "consent": _not_needed("Said aloud: this rule may be true without any consent."),
        },
        ["when"],
        "One rule: when it is true, what the tags it names get.",
        anyOf=[{"required": ["attach"]}, {"required": ["hash"]}],
    )
    return _map(
        {
            "from": variable | {"description": "The variable that holds the User ID."},
            "verified_by": proof,
            "account": variable | {"description": "The variable that holds the person's organisation."},
            "hash_with": _secret("The key of the pseudonyms: 32 bytes or more."),
            "at_login": _choice("new_visit: nothing anonymous becomes the person's.", ["new_visit", "same_visit"]),
            "at_logout": _choice("new_visitor: the next hit is somebody new.", ["new_visitor", "same_visitor"]),
            "rules": _list(rule, "For each tag, the first true rule that names it decides."),
            "otherwise": {"enum": ["drop"], "description": "When no rule is true: drop.", "x-say": "drop"},
        },
        ["from", "otherwise"],
        "Where the User ID comes from, and which tag gets it in which form.",
        **{"x-last": "otherwise"},
    )


def _test() -> Schema:
    purposes = _list(_name("A purpose.", "a purpose"), "Purposes.")
    given: Schema = {
        "type": "object",
        "properties": {
            "event": _text("What happened."),
            "consent": purposes | {"description": "The granted purposes, all others refused; left out: unknown."},
            "granted": purposes | {"description": "These purposes are granted."},
            "refused": purposes | {"description": "These purposes are refused."},
            "gpc": _flag("yes: the browser sends Global Privacy Control."),
            "signed": _flag("no: the User ID comes without valid proof."),
        },
        "additionalProperties": {
            "type": ["string", "number", "boolean", "array"],
            "items": _text("One of the set."),
            "x-say": "a value",
        },
        "required": ["event"],
        "x-say": "a map with event: and variables",
    }
    expect: Schema = {
        "type": "object",
        "additionalProperties": _choice("What becomes of the User ID.", ["attach", "hash", "drop"]),
        "x-say": "a map of tag and attach, hash or drop",
    }
    return _map(
        {"name": _text("What this test shows, for people."), "given": given, "expect": expect},
        ["name", "given", "expect"],
        "One hit and what each tag must get.",
    )
