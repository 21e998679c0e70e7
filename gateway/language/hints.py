"""What to type in place of something that has not the right shape, for the words of shape_words.py."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from gateway.language import spans
from gateway.language.advice import days
from gateway.language.schema.build import Schema
from gateway.language.texts import fits
from gateway.problems import did_you_mean

INDENTATION = "If it belongs to something above, check the spaces before it."
DASHES = 'It is a map now: put "- " before its first key and two spaces more before the others.'
NUMBER = "Write digits only; a point before decimals: 49.90."
COMMA = "A comma ends a value here: write a point before decimals and nothing before thousands, 1249.90."
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"(?:[A-Z]{3}|[€$£])? ?([0-9][0-9 .,'’\u202f]*?)(?:,-|\.-)? ?(?:[A-Z]{3}|Fr\.|[€$£])?")
_EQUALS = re.compile(r"([a-z][a-z0-9_]*) *={1,3} *([^=].*)")
_GLUED = re.compile(r"-(\w+)")
_BETWEEN = re.compile(r"\s*[;|]\s*|\s+")
_PARTS = re.compile(r"\s*[,;|]\s*")
_JOINED = re.compile(r"\s+(?:(and|&&|\+)|(or|\|\||/))\s+|\s*,\s*", re.IGNORECASE)
_YES = frozenset({"yes", "true", "on", "1", "granted"})
_NO = frozenset({"no", "false", "off", "0", "refused", "denied"})
_NEGATED = re.compile(r"(?:not\s+|!\s*)(\w+)", re.IGNORECASE)
_JOINING = frozenset({"and", "or", "not", "no"})
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "å": "a", "ł": "l"})


def shape_hint(instance: Any, schema: Schema, kinds: Sequence[str]) -> str:
    """For a value that is a map, a list or a text where something else belongs."""
    if isinstance(instance, dict):
        if "array" in kinds and schema["items"].get("type") == "object":
            return DASHES
        if schema.get("x-agreed") and _YES.union(_NO).issuperset(map(str, instance.values())):
            agreed = ", ".join(name for name, said in instance.items() if said in _YES)
            return f"Write [{agreed}]: the purposes' names alone." if agreed else "Write [], which names no purpose."
        return str(schema.get("x-map", "It is a map now: check the spaces before the lines below it."))
    if isinstance(instance, list):
        return str(schema.get("x-items", "It is a list now: take the - or the [ ] away."))
    if instance in schema.get("x-instead", {}):
        return str(schema["x-instead"][instance])
    return _text_hint(instance, schema, kinds)


def _text_hint(instance: str, schema: Schema, kinds: Sequence[str]) -> str:
    if "object" in kinds and (colon := _colon_missing(instance, schema)):
        return colon
    if "x-wrap" in schema:
        return _wrapped(instance, schema)
    if "array" in kinds:
        return _bracketed(instance, schema["items"].get("pattern", ""))
    if "object" in kinds and "x-items" in schema:
        return str(schema["x-items"])
    if "object" in kinds:
        return "Put its keys on the lines below it, two spaces further in."
    if "x-days" in schema and (said := days(instance, schema["maximum"])):
        return said
    if "integer" in kinds:
        return str(schema.get("x-advice", "Write digits only: 3."))
    if _DAY.match(instance):
        return str(schema.get("x-day", NUMBER))
    return f"Write {plain}." if (plain := plain_number(instance)) else NUMBER


def _colon_missing(text: str, schema: Schema) -> str:
    """For `event page_view`, which begins with a key that belongs there."""
    key, _, value = text.partition(" ")
    said = value.strip(" :=")
    is_one = said and " " not in said and key in schema.get("properties", {})
    return f"Write {{ {key}: {said} }}: a colon parts the two." if is_one else ""


def _wrapped(text: str, schema: Schema) -> str:
    """With what belongs around it; where it is nothing that can stand there, what can."""
    first: Schema = next(iter(schema.get("properties", {}).values()), {})
    if "{0}" in schema["x-wrap"] and "x-advice" in first and not fits(first["pattern"], text):
        return str(first["x-advice"])
    if "x-asked" in schema and (found := _EQUALS.fullmatch(text)):
        return str(schema["x-asked"].format(*found.groups()))
    return str(schema["x-wrap"].format(text))


def _bracketed(text: str, pattern: str) -> str:
    """A text as a list. `pattern`: of an item."""
    if found := _GLUED.match(text):
        return f"A space is missing behind the -: write - {found[1]}, and so on."
    alone = re.split(r"[\s,;|]+(?:-\s+)*", text)
    if pattern and len(alone) > 1 and all(fits(pattern, one) for one in alone):
        return f"Write [{', '.join(alone)}]."
    inner = text[1:-1] if text[0] + text[-1] in ("()", "{}") else text
    return f"Write [{spans.weekdays(inner) or ', '.join(_PARTS.split(inner))}]."


def extra_hint(key: str, schema: Schema, instance: Mapping[str, Any]) -> str:
    """For a key of this map that does not belong there."""
    properties: Mapping[str, Schema] = schema.get("properties", {})
    home = _home(key, schema, instance)
    if key in schema.get("x-instead", {}) and not home:
        return str(schema["x-instead"][key])
    if key.isdigit():
        return _torn(key, instance)
    if "x-swap" in schema and isinstance(instance[key], str) and instance[key] in properties:
        return f"Write {{ {instance[key]}: {key} }}."
    if "x-swap" in schema and str(instance[key]) in _YES.union(_NO):
        return f"Write {{ {'granted' if str(instance[key]) in _YES else 'refused'}: {key} }}."
    kinds = kinds_of(schema)
    first = next(iter(instance)) == key and not any(kind in instance for kind in kinds)
    if cut := _cut_off(key, properties, instance):
        return cut
    near = did_you_mean(key, kinds if kinds and first else properties)
    if near.startswith("Did"):
        return near
    if home:
        return f"It belongs under {home}: write {home}: {{ {key}: … }}."
    return f"{near} {schema.get('x-extra', INDENTATION)}"


def plain_number(text: str) -> str:
    """A number without its currency and with a point before decimals; nothing where nobody can tell what is meant."""
    found = _AMOUNT.fullmatch(text)
    if not found:
        return ""
    digits = re.sub(r"(?<=[0-9])[ '’\u202f](?=[0-9]{3})", "", found[1])
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,2}|[0-9]+,([0-9]{1,2}|[0-9]{4,})", digits):
        digits = digits.replace(".", "").replace(",", ".")
    return digits if re.fullmatch(r"[0-9]+(\.[0-9]+)?", digits) and digits != text else ""


def _torn(key: str, instance: Mapping[str, Any]) -> str:
    """For `1,50` between braces, where 50 became a key."""
    names = list(instance)
    whole = instance[names[names.index(key) - 1]]
    is_one = isinstance(whole, str) and whole.isdigit() and instance[key] == ""
    return f"A comma ends a value here: write {whole}.{key}, with a point." if is_one else COMMA


def cut_list(key: str, properties: Mapping[str, Schema], instance: Mapping[str, Any]) -> str:
    """For `{ key: a, b }`, where a list belongs behind the key."""
    cut: list[str] = []
    names = list(instance)
    for name in names[names.index(key) + 1 :]:
        if name in properties or instance[name] != "":
            break
        cut.append(name)
    wanted = "array" in properties.get(key, {}).get("type", "")
    is_cut = wanted and cut and instance[key] and isinstance(instance[key], str)
    inner = ", ".join([instance[key], *cut]) if is_cut else ""
    if inner[:1] + inner[-1:] == "()":
        inner = inner[1:-1]
    return f"Write {key}: [{inner}]." if inner else ""


def cut_value(key: str, instance: Mapping[str, Any], schema: Schema) -> str:
    """For `{ plan: gold, silver }`, where the key is `silver` and a map with a list belongs behind plan."""
    names = list(instance)
    first = next((name for name in reversed(names[: names.index(key)]) if instance[name] != ""), "")
    if "x-list" not in schema or not isinstance(instance.get(first), str):
        return ""
    cut = takewhile(lambda name: instance[name] == "", names[names.index(first) + 1 :])
    whole = str(schema["x-list"].format(", ".join([instance[first], *cut])))
    return whole.replace("Write ", f"Write {first}: ", 1)


def _cut_off(key: str, properties: Mapping[str, Schema], instance: Mapping[str, Any]) -> str:
    """The same for a key that is `b`."""
    names = list(instance)
    before = [name for name in names[: names.index(key)] if name in properties]
    return cut_list(before[-1], properties, instance) if before and instance[key] == "" else ""


def comma_missing(text: str, schema: Schema) -> str:
    """For `[a b]`: the items of a list with the comma between them."""
    parts = _BETWEEN.split(text)
    whole = schema.get("x-item") and len(parts) > 1 and all(fits(schema["pattern"], part) for part in parts)
    return f"Write {', '.join(parts)}: a comma is missing." if whole and not _JOINING.intersection(parts) else ""


def _home(key: str, schema: Schema, instance: Mapping[str, Any]) -> str:
    """The key of this map under which another one belongs, in a tag by its type."""
    said = instance.get("type")
    types = [(branch["if"]["properties"]["type"]["enum"], branch["then"]) for branch in schema.get("allOf", ())]
    branches = [then for names, then in types if said in names]
    for part in (schema, *branches):
        for name, below in part.get("properties", {}).items():
            if key in below.get("properties", {}):
                return str(name)
    return ""


def name_hint(name: str, schema: Schema) -> str:
    """For a text that is no name."""
    if "x-dotted" in schema and "." in name:
        return str(schema["x-dotted"])
    if found := _NEGATED.fullmatch(name.strip()):
        return f"Write none_of: [{found[1].lower()}] if the opposite is meant."
    if "x-join" in schema and (said := joined(name)):
        return said
    if schema.get("x-item") and (signs := list(_JOINED.finditer(name))):
        word = "all_of: " if all(sign[1] for sign in signs) else "any_of: " if all(sign[2] for sign in signs) else ""
        return f"Each name stands alone: {word}[{_JOINED.sub(', ', name)}]."
    if "x-bad" in schema and "{" not in name:
        return str(schema["x-bad"].format(name))
    good = plain_name(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name))
    return f"Write {good}." if good else "Write a name like page_view."


def plain_name(text: str) -> str:
    """A text as a name: small letters, digits and _; nothing where none are left."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text.lower()).translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_").lstrip("0123456789_")


def joined(text: str) -> str:
    """`a and b` in the language's own words."""
    signs = list(_JOINED.finditer(text))
    if not signs:
        return ""
    parts = [part for part in _JOINED.sub("\n", text).split("\n") if part]
    if negated := [found[1] for part in parts if (found := _NEGATED.fullmatch(part))]:
        return _with_negated([part for part in parts if not _NEGATED.fullmatch(part)], negated, signs)
    names = ", ".join(parts)
    both = f"{{ all_of: [{names}] }} if every one must say yes, {{ any_of: [{names}] }} if one is enough"
    if all(sign[1] for sign in signs):
        return f"Write {{ all_of: [{names}] }}."
    return f"Write {{ any_of: [{names}] }}." if all(sign[2] for sign in signs) else f"Write {both}."


def _with_negated(parts: Sequence[str], negated: Sequence[str], signs: Sequence[re.Match[str]]) -> str:
    """`a and not b`, and what else has a `not` in it."""
    if parts and all(sign[1] for sign in signs):
        return f"Write {{ all_of: [{', '.join(parts)}], none_of: [{', '.join(negated)}] }}."
    first = negated[0]
    return f"Give what must not be a trigger of its own, like not_{first}: {{ none_of: [{first}] }}, and join that."


def listed(items: Sequence[Any]) -> str:
    """The texts of a list, as they may be written between brackets."""
    return ", ".join(item for item in items if isinstance(item, str)) or "…"


def kinds_of(schema: Schema) -> list[str]:
    """The keys of which exactly one must be there."""
    return [kind["required"][0] for kind in schema.get("oneOf", ())]
