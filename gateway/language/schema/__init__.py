"""Tables → one JSON Schema of a container. The check of the shape and every editor read the same one.

Words beginning with `x-` are for the check alone: what is wanted in plain words, what comes later.
"""

from collections.abc import Mapping
from typing import Any

from gateway.language.schema.build import NAME, Schema, one_list
from gateway.language.schema.build import named_map as _named_map
from gateway.language.schema.events import event
from gateway.language.schema.guarantees import guarantee
from gateway.language.schema.site import accept, consent, site, visitor
from gateway.language.schema.tags import tag
from gateway.language.schema.tests import test
from gateway.language.schema.triggers import trigger
from gateway.language.schema.user_id import user_id
from gateway.language.schema.variables import variable
from gateway.language.tag_types import TagType

__all__ = ["NAME", "OWN_SECTIONS", "SECTIONS", "Schema", "for_editors", "schema"]

_SETTINGS = "It belongs to the gateway's own settings, no container: taggate doctor --config gateway.yaml checks them."
_OF_SETTINGS = (
    *("listen", "public_url", "containers", "data", "secrets", "store", "environment"),
    *("trusted_proxies", "networks", "limits", "keep", "admin"),
)
_EXPORT = "This is an export of another tag manager: taggate import {} export.json makes a container of it."
MOST_EVENTS = 500
MOST_TRIGGERS = 2000
MOST_TAGS = 500
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
OWN_SECTIONS = tuple(name for name in SECTIONS if name != "version")
"""That no other file has."""


def schema(types: Mapping[str, TagType]) -> Schema:
    """The schema of a container whose tags are of these types."""
    about = "Named questions about a hit; every line must hold."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://taggate.example/container.schema.json",
        "title": "A taggate container",
        "type": "object",
        "properties": {
            "version": {"enum": [1], "description": "The version of the language: 1.", "x-say": "1"},
            "site": site(),
            "accept": accept(),
            "consent": consent(),
            "visitor": visitor(),
            "events": _named_map(event(), "What the pages listen for, besides page views.", at_most=MOST_EVENTS),
            "variables": _named_map(variable(), "What may be read, and from where.", at_most=MOST_TRIGGERS),
            "triggers": _named_map(trigger(), about, at_most=MOST_TRIGGERS),
            "tags": _named_map(tag(types), "Who receives what; only what is listed is sent.", 1, MOST_TAGS),
            "user_id": user_id(),
            "guarantees": one_list(guarantee(), "What never happens: proved for every possible hit."),
            "tests": one_list(test(), "What must come out; a tag not listed under expect must receive nothing."),
        },
        "required": ["version", "site", "consent", "tags", "tests"],
        "additionalProperties": False,
        "x-instead": dict.fromkeys(("exportFormatVersion", "exportTime", "containerVersion"), _EXPORT.format("gtm"))
        | dict.fromkeys(("idcontainer", "idcontainerversion", "idsite"), _EXPORT.format("matomo"))
        | dict.fromkeys(_OF_SETTINGS, _SETTINGS),
    }


def for_editors(types: Mapping[str, TagType]) -> Schema:
    """The schema without the words that only the check reads; its keys are sorted."""
    cleaned: Schema = _without_ours(schema(types))
    return cleaned


def _without_ours(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _without_ours(value) for key, value in sorted(part.items()) if not key.startswith("x-")}
    return [_without_ours(item) for item in part] if isinstance(part, list | tuple) else part
