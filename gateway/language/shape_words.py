"""The keywords of the schema → mistakes in plain words; each function yields what one keyword finds wrong."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import ValidationError
from jsonschema.protocols import Validator

from gateway.language import spans
from gateway.language.advice import advice
from gateway.language.hints import (
    comma_missing,
    cut_list,
    cut_value,
    extra_hint,
    joined,
    kinds_of,
    listed,
    name_hint,
    plain_name,
    shape_hint,
)
from gateway.language.matchers import comparison
from gateway.language.mistake import Mistake
from gateway.language.schema.build import NAME, Schema
from gateway.language.texts import WHOLE, fits
from gateway.language.units import rewritten
from gateway.problems import did_you_mean, quoted

Mistakes = Iterator[ValidationError]
_KEY_IN_AN_ADDRESS = re.compile(
    r"^\w+://[^/?#]*@|[?&;#][^=&]*(token|key|secret|pass|pwd|auth|sig)[^=&]*=", re.IGNORECASE
)

_COMPARED = re.compile(r"([a-z][a-z0-9_]*) *([<>=!].*)")
_CHANGES = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
_LONG, _MANY = 16, 5
"""From so many characters and changes between letters and digits on a name looks like a secret itself."""


def _type(validator: Validator, wanted: Any, instance: Any, schema: Schema) -> Mistakes:
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if not any(validator.is_type(instance, kind) for kind in kinds):
        yield _wrong_type(instance, schema, kinds)


def _wrong_type(instance: Any, schema: Schema, kinds: Sequence[str]) -> Mistake:
    if schema.get("x-secret") and instance != "":
        hint = "Write { secret: name } and put the value into the operator's secrets folder."
        if isinstance(instance, str) and "_" in instance and fits(NAME, instance) and not _is_drawn(instance):
            hint = f"If that is the secret's name, write {{ secret: {instance} }}; if it is the value, {_lower(hint)}"
        return Mistake("literal-secret", "A secret's value never stands in this file.", hint)
    if isinstance(instance, list) and "x-join" in schema:
        names = listed(instance)
        if len(instance) == 1 and isinstance(instance[0], str) and (meant := joined(instance[0])):
            return Mistake("bare-list", "A bare list does not say how its triggers are joined.", meant)
        hint = f"Write {{ all_of: [{names}] }} if every one must say yes, {{ any_of: [{names}] }} if one is enough."
        return Mistake("bare-list", "A bare list does not say how its triggers are joined.", hint)
    if isinstance(instance, list) and "x-list" in schema:
        hint = schema["x-list"].format(listed(instance)) + spans.of_list(instance, schema.get("x-span", ""))
        return Mistake("bare-list", "One value belongs here, not a list.", hint)
    if instance == "":
        return _no_value(schema)
    return Mistake("wrong-type", f"This must be {schema['x-say']}.", shape_hint(instance, schema, kinds))


def _lower(hint: str) -> str:
    """A sentence as the end of another one."""
    return hint[0].lower() + hint[1:]


def _properties(validator: Any, properties: Mapping[str, Schema], instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, dict):
        return
    for key, value in instance.items():
        if key in properties:
            for mistake in validator.descend(value, properties[key], path=key, schema_path=key):
                if len(mistake.path) == 1 and (whole := cut_list(key, properties, instance)):
                    mistake.hint = whole
                yield mistake


def _extra_keys(validator: Any, extra: Any, instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, dict):
        return
    properties = schema.get("properties", {})
    for key in instance:
        if key in properties:
            continue
        if isinstance(extra, dict):
            yield from _extra_value(validator, extra, key, instance, schema)
        elif key in schema.get("x-later", ()):
            yield _not_yet(key, kinds_of(schema) or list(properties), key=key)
        else:
            yield Mistake(
                "unknown-key", f"{quoted(key)} does not belong here.", extra_hint(key, schema, instance), key=key
            )


def _extra_value(validator: Any, extra: Schema, key: str, instance: Any, schema: Schema) -> Mistakes:
    """What is wrong with the value behind a name that the file gives."""
    if joins := _joins_conditions(key, instance[key], schema):
        yield joins
        return
    if instance[key] == "" and not fits(schema.get("propertyNames", {}).get("pattern", ""), key):
        return  # That it is no name says enough.
    for mistake in validator.descend(instance[key], extra, path=key):
        if instance[key] == "" and (whole := cut_value(key, instance, extra)):
            mistake.hint = f"{mistake.hint} If it is a value too, {_lower(whole)}"
        if key.isdigit() and mistake.code == "wrong-type" and fits(NAME, str(instance[key])):
            mistake.hint = f"Write it the other way round: {instance[key]}: {key}."
        yield mistake


def _joins_conditions(key: str, value: Any, schema: Schema) -> Mistake | None:
    """For `not: { staff: yes }`, where names of triggers belong."""
    join = schema.get("x-joined", {}).get(key)
    first = next(iter(value), "") if isinstance(value, dict) else ""
    if not join or not first or first in schema["additionalProperties"]["properties"]:
        return None
    asked = value[first] if isinstance(value[first], str) else "…"
    own = f"my_{first}: {{ {first}: {asked} }}"
    hint = f"Make what is asked a trigger of its own, like {own}; write here {join}: [my_{first}]."
    return Mistake("unknown-key", f"{quoted(key)} does not belong here.", hint, key=key)


def _not_yet(word: str, possible: Sequence[str], key: str = "") -> Mistake:
    hint = f"Possible now: {', '.join(possible)}." if possible else "Delete it."
    return Mistake("not-available-yet", f"{quoted(word)} is not available yet.", hint, key=key)


def _required(_: Validator, required: Any, instance: Any, schema: Schema) -> Mistakes:
    properties = schema["properties"]
    # A schema behind `if` says nothing to anybody: there a misspelt key is simply not there.
    speaks = "type" in schema
    for key in required if isinstance(instance, dict) else ():
        if key not in instance and not (
            speaks and (_misspelt(key, instance, properties) or _told(key, instance, schema))
        ):
            hint = _missing_hint(key, properties.get(key, {}), alone=not instance and len(required) == 1)
            yield Mistake("missing-key", f"{quoted(key)} is missing.", hint, at_key=True, lacks=(key,))


def _missing_hint(key: str, schema: Schema, *, alone: bool) -> str:
    """`alone`: the map is empty, and nothing else must be in it."""
    if len(schema.get("enum", ())) == 1:
        return f"Add the line {key}: {schema['enum'][0]}"
    about = schema.get("description", "")
    start = f"Add a line that begins with {key}:"
    if schema.get("x-secret"):
        start = f"{key}: {{ secret: {schema['properties']['secret']['examples'][0]} }}"
        start = f"Write {{ {start} }}" if alone else f"Add {start}"
    return start + (f" ({about[0].lower()}{about[1:-1]})." if about else "")


def _misspelt(key: str, instance: Mapping[str, Any], properties: Mapping[str, Schema]) -> bool:
    """Whether a key that does not belong there is meant, which is said where it stands."""
    return any(word not in properties and did_you_mean(word, [key]).startswith("Did") for word in instance)


def _told(key: str, instance: Mapping[str, Any], schema: Schema) -> bool:
    """Whether a key that does not belong there is answered with this one."""
    properties, instead = schema["properties"], schema.get("x-instead", {})
    return any(word not in properties and f"{key}:" in instead.get(word, "") for word in instance)


def _enum(_: Validator, choices: Any, instance: Any, schema: Schema) -> Mistakes:
    texts = [str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in choices]
    if isinstance(instance, str) and instance in texts:
        return
    always = schema.get("x-advice", "")
    if isinstance(instance, str) and instance in schema.get("x-later", ()):
        yield _not_yet(instance, texts)
    elif instance == "":
        yield Mistake("no-value", "A value is missing here.", f"Possible here: {', '.join(texts)}.", at_key=True)
    elif isinstance(instance, str):
        said = schema.get("x-instead", {}).get(instance)
        hint = said or f"{did_you_mean(instance, texts)} {always}".rstrip()
        yield Mistake("unknown-value", f"{quoted(instance)} is not possible here.", hint)
    else:
        hint = shape_hint(instance, schema, ())
        yield Mistake("wrong-type", f"One word belongs here: {', '.join(texts)}.", hint)


def _pattern(_: Validator, pattern: str, instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, str):
        return
    if fits(pattern, instance):
        if "x-unsaid" in schema and _is_drawn(instance):
            yield _no_secrets_name(schema["examples"][0], drawn=True)
        return
    if said := comma_missing(instance, schema):
        yield Mistake("bad-format", f"{quoted(instance)} does not fit here.", said)
    elif instance == "":
        if "minLength" not in schema:
            yield _no_value(schema)
    elif schema.get("x-name"):
        yield _bad_name(instance, schema=schema)
    elif "x-unit" in schema:
        yield Mistake(
            "bad-format",
            f"{quoted(instance)} does not fit here.",
            rewritten(schema["x-unit"], instance, schema["examples"][0]),
        )
    elif "x-key" in schema and _KEY_IN_AN_ADDRESS.search(instance):
        yield Mistake("bad-format", "A password or key has no place in an address.", schema["x-key"])
    else:
        yield Mistake("bad-format", f"{quoted(instance)} does not fit here.", advice(instance, schema))


def _min_length(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, str) and len(instance) < least:
        yield _no_value(schema)


def _no_value(schema: Schema) -> Mistake:
    say = schema.get("x-say", "text")
    hint = schema.get("x-empty", "Write it behind the colon, or below it.")
    return Mistake("no-value", f"A value is missing here: {say}.", hint, at_key=True)


def _bad_name(name: str, key: str = "", schema: Schema | None = None) -> Mistake:
    if schema and schema.get("x-unsaid"):
        return _no_secrets_name(schema["examples"][0])
    say = f"{quoted(name)} is not a name: names have small letters, digits and _, and begin with a letter."
    return Mistake("bad-name", say, name_hint(name, schema or {}), key=key)


def _is_drawn(name: str) -> bool:
    """Whether a name looks as if no person had chosen it."""
    return len(name) >= _LONG and len(_CHANGES.findall(name)) >= _MANY


def _no_secrets_name(example: str, *, drawn: bool = False) -> Mistake:
    """Says nothing of what stands there: it may be the secret itself. `drawn`: it could be a name by its letters."""
    say = f"A secret's name belongs here, like {example}: small letters, digits and _, and a letter first."
    if drawn:
        say = f"This looks like a secret itself; its name belongs here, like {example}."
    hint = "If this is the secret itself, take it out of the file and make a new one."
    return Mistake("bad-name", say, f"{hint} If not, take a name that says what it is for." if drawn else hint)


def _names(_: Validator, names: Any, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, dict):
        for key in instance:
            if instance[key] == "" and (found := _COMPARED.fullmatch(key)) and comparison(found[2]):
                hint = f"Write {found[1]}: {comparison(found[2])}."
                yield Mistake("bad-name", "Comparisons are words here.", hint, key=key)
            elif not fits(names["pattern"], key) and "x-keys" in schema:
                yield Mistake("unknown-key", f"{quoted(key)} does not belong here.", schema["x-keys"], key=key)
            elif not fits(names["pattern"], key):
                mistake = _bad_name(
                    key, key, {"x-bad": say} if (say := _of_a_key(key, instance[key], schema)) else None
                )
                if instance[key] == "" and (whole := cut_value(key, instance, schema.get("additionalProperties", {}))):
                    mistake.hint = whole
                yield mistake


def _of_a_key(key: str, value: Any, schema: Schema) -> str:
    """What to say of a key that is no name here."""
    is_header = key.lower().startswith("x-")
    said = str(schema.get("x-bad-header" if is_header else "x-bad-key", schema.get("x-bad-key", "")))
    ours = value if isinstance(value, str) and fits(NAME, value) else plain_name(key)
    return said.replace("OURS", ours)


def _minimum(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, str) and WHOLE.fullmatch(instance) and int(instance) < least:
        yield Mistake("out-of-range", f"{instance} is too small.", f"Write {schema['x-say']}.")


def _maximum(_: Validator, most: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, str) and WHOLE.fullmatch(instance) and int(instance) > most:
        yield Mistake("out-of-range", f"{instance} is too large.", f"Write {schema['x-say']}.")


def _min_items(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, list) and len(instance) < least:
        yield Mistake("empty", "This list is empty.", "Write at least one, or delete the line.", at_key=True)


def _min_keys(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, dict) and len(instance) < least:
        yield Mistake("empty", "Nothing is said here.", f"This must be {schema['x-say']}.", at_key=True)


def _max_keys(_: Validator, most: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, dict) and len(instance) > most:
        message = f"There are {len(instance)} here; {most} are possible."
        yield Mistake("too-many", message, "Delete those that nothing uses, or make two of this file.", at_key=True)


def _one_kind(_: Validator, kinds: Any, instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, dict):
        return
    names = kinds_of(schema)
    said = [key for key in instance if key in names]
    extra = [key for key in instance if key not in schema["properties"]]
    if len(said) > 1:
        message = f"Two kinds in one: {said[0]} and {said[1]}."
        yield Mistake("two-kinds", message, f"Keep {said[0]} or {said[1]}.", key=said[1])
    elif not said and not extra:
        message = f"No {schema['x-kind']} is said here."
        yield Mistake("no-kind", message, f"Say one of: {', '.join(names)}.", at_key=True)


def _beside(_: Validator, wanted: Mapping[str, list[str]], instance: Any, schema: Schema) -> Mistakes:
    for key in instance if isinstance(instance, dict) else ():
        for other in wanted.get(key, ()):
            if other not in instance:
                message = f"{quoted(key)} means nothing without {quoted(other)}."
                yield Mistake("lone-setting", message, f"Delete this line, or add {other}.", key=key)


def _any_required(_: Validator, options: Any, instance: Any, schema: Schema) -> Mistakes:
    names = [option["required"][0] for option in options]
    if not isinstance(instance, dict) or any(name in instance for name in names):
        return
    if not any(_misspelt(name, instance, schema["properties"]) or _told(name, instance, schema) for name in names):
        message = f"One of these is missing: {' or '.join(names)}."
        yield Mistake("missing-key", message, schema["x-any"], at_key=True, lacks=names)


KEYWORDS: Mapping[str, Callable[..., Mistakes]] = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _extra_keys,
    "required": _required,
    "enum": _enum,
    "pattern": _pattern,
    "propertyNames": _names,
    "minimum": _minimum,
    "maximum": _maximum,
    "minLength": _min_length,
    "minItems": _min_items,
    "minProperties": _min_keys,
    "maxProperties": _max_keys,
    "oneOf": _one_kind,
    "dependentRequired": _beside,
    "anyOf": _any_required,
}
