"""Nodes × schema → problems of shape, in plain words. jsonschema walks; the words are ours."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, ValidationError, validators
from jsonschema.protocols import Validator

from gateway.language.plain_yaml import List, Map, Node
from gateway.language.schema import Schema
from gateway.problems import Place, Problem, did_you_mean, in_order, quoted

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
FLAGS = {"true": True, "yes": True, "false": False, "no": False}


class Mistake(ValidationError):
    """A problem on its way up. `key`: the key within the place that is meant, `at_key`: the place's own key."""

    def __init__(self, code: str, message: str, hint: str = "", key: str = "", *, at_key: bool = False) -> None:
        super().__init__(message)
        self.code, self.hint, self.key, self.at_key = code, hint, key, at_key


Mistakes = Iterator[ValidationError]


def check_shape(root: Map, schema: Schema, sections: Sequence[str] = ()) -> tuple[Problem, ...]:
    """Every problem of shape, sorted by place. `sections`: the order in which the top keys must stand."""
    walker = _Walker(schema)
    problems = [_problem(error, root) for error in walker.iter_errors(plain(root))]
    return in_order([*problems, *_order(root, sections)])


def plain(node: Node) -> Any:
    """A node as dicts, lists and the texts as typed."""
    if isinstance(node, Map):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, List):
        return [plain(item) for item in node.items]
    return node.text


def place_of(root: Node, path: Sequence[str | int], key: str = "", *, at_key: bool = False) -> Place:
    """The place of the value at a path; of one of its keys; or of the key that leads to it."""
    node: Node = root
    leading: Place | None = None
    for step in path:
        if isinstance(node, Map) and isinstance(step, str):
            word = node.key(step)
            leading = word.place if word else leading
            node = node.get(step) or node
        elif isinstance(node, List) and isinstance(step, int):
            node = node.items[step]
            leading = node.place
    if key and isinstance(node, Map) and (found := node.key(key)):
        return found.place
    return leading if at_key and leading else node.place


def _problem(error: ValidationError, root: Map) -> Problem:
    path = list(error.absolute_path)
    if not isinstance(error, Mistake):
        raise TypeError(f"the schema uses {error.validator}, which has no words")
    place = place_of(root, path, error.key, at_key=error.at_key)
    return Problem(place=place, code=error.code, message=error.message, hint=error.hint)


def _order(root: Map, sections: Sequence[str]) -> Iterator[Problem]:
    known = [key for key, _ in root.entries if key.text in sections]
    highest = -1
    for key in known:
        rank = sections.index(key.text)
        if rank < highest:
            yield Problem(
                place=key.place,
                code="section-order",
                message=f"{quoted(key.text)} must stand above {quoted(sections[highest])}.",
                hint=f"Move it up; the order is: {', '.join(sections)}.",
            )
        highest = max(highest, rank)


def _is_text(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str)


def _is_number(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str) and NUMBER.fullmatch(instance) is not None


def _is_whole(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str) and re.fullmatch(r"[+-]?\d{1,18}", instance) is not None


def _is_flag(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str) and instance in FLAGS


def _type(validator: Validator, wanted: Any, instance: Any, schema: Schema) -> Mistakes:
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if any(validator.is_type(instance, kind) for kind in wanted):
        return
    yield _wrong_type(instance, schema)


def _wrong_type(instance: Any, schema: Schema) -> Mistake:
    say = schema.get("x-say", "something else")
    if isinstance(instance, list) and schema.get("x-join"):
        names = ", ".join(str(item) for item in instance) or "…"
        hint = f"Write {{ all_of: [{names}] }} if every one must say yes, {{ any_of: [{names}] }} if one is enough."
        return Mistake("bare-list", "A bare list does not say how its triggers are joined.", hint)
    if isinstance(instance, list) and schema.get("x-list"):
        values = ", ".join(str(item) for item in instance)
        return Mistake("bare-list", "One value belongs here, not a list.", f"Write {{ one_of: [{values}] }}.")
    if schema.get("x-secret"):
        hint = "Write { secret: name } and put the value into the operator's secrets folder."
        return Mistake("literal-secret", "A secret's value never stands in this file.", hint)
    if instance == "":
        return _no_value(schema)
    if isinstance(instance, str) and "array" in _types(schema):
        return Mistake("wrong-type", f"This must be {say}.", f"Write [{instance}].")
    return Mistake("wrong-type", f"This must be {say}.", _shape_hint(instance))


def _types(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _shape_hint(instance: Any) -> str:
    if isinstance(instance, dict):
        return "It is a map now: check the indentation of the lines below."
    return "It is a list now." if isinstance(instance, list) else ""


def _extra_keys(validator: Any, extra: Any, instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, dict):
        return
    properties = schema.get("properties", {})
    for key in instance:
        if key in properties:
            continue
        if isinstance(extra, dict):
            yield from validator.descend(instance[key], extra, path=key)
        elif key in schema.get("x-later", ()):
            yield _not_yet(key, list(properties), key=key)
        else:
            hint = did_you_mean(key, properties)
            yield Mistake("unknown-key", f"{quoted(key)} does not belong here.", hint, key=key)


def _not_yet(word: str, possible: Sequence[str], key: str = "") -> Mistake:
    hint = f"Possible now: {', '.join(possible)}."
    return Mistake("not-available-yet", f"{quoted(word)} is not available yet.", hint, key=key)


def _required(_: Validator, required: Any, instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, dict):
        return
    for key in required:
        if key not in instance:
            about = schema.get("properties", {}).get(key, {}).get("description", "")
            yield Mistake("missing-key", f"{quoted(key)} is missing.", _missing_hint(key, about), at_key=True)


def _missing_hint(key: str, about: str) -> str:
    return f"Add a line {key}: {about}" if about else f"Add a line {key}:"


def _enum(_: Validator, choices: Any, instance: Any, schema: Schema) -> Mistakes:
    texts = [str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in choices]
    if isinstance(instance, str) and instance in texts:
        return
    if isinstance(instance, str) and instance in schema.get("x-later", ()):
        yield _not_yet(instance, texts)
    elif instance == "":
        hint = f"Possible here: {', '.join(texts)}."
        yield Mistake("no-value", "A value is missing here.", hint, at_key=True)
    elif isinstance(instance, str):
        yield Mistake("unknown-value", f"{quoted(instance)} is not possible here.", did_you_mean(instance, texts))
    else:
        yield Mistake("wrong-type", f"One word belongs here: {', '.join(texts)}.", _shape_hint(instance))


def _pattern(_: Validator, pattern: str, instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, str) or re.search(pattern, instance):
        return
    if instance == "":
        if "minLength" not in schema:
            yield _no_value(schema)
    elif schema.get("x-name"):
        yield _bad_name(instance)
    else:
        yield Mistake("bad-format", f"{quoted(instance)} does not fit here.", schema.get("x-advice", ""))


def _min_length(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, str) and len(instance) < least:
        yield _no_value(schema)


def _no_value(schema: Schema) -> Mistake:
    say = schema.get("x-say", "text")
    return Mistake("no-value", f"A value is missing here: {say}.", "Write it behind the colon.", at_key=True)


def _bad_name(name: str, key: str = "") -> Mistake:
    good = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", name.lower())).strip("_").lstrip("0123456789_")
    hint = f"Write {good}." if good else "Write a name like page_view."
    say = f"{quoted(name)} is not a name: names have small letters, digits and _, and begin with a letter."
    return Mistake("bad-name", say, hint, key=key)


def _names(_: Validator, names: Any, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, dict):
        for key in instance:
            if not re.search(names["pattern"], key):
                yield _bad_name(key, key=key)


def _minimum(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if _is_whole(TypeChecker(), instance) and int(instance) < least:
        yield Mistake("out-of-range", f"{instance} is too small: this must be {schema['x-say']}.")


def _maximum(_: Validator, most: int, instance: Any, schema: Schema) -> Mistakes:
    if _is_whole(TypeChecker(), instance) and int(instance) > most:
        yield Mistake("out-of-range", f"{instance} is too large: this must be {schema['x-say']}.")


def _min_items(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, list) and len(instance) < least:
        yield Mistake("empty", "This list is empty.", "Write at least one, or delete the line.", at_key=True)


def _min_keys(_: Validator, least: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, dict) and len(instance) < least:
        yield Mistake("empty", "Nothing is said here.", f"This must be {schema['x-say']}.", at_key=True)


def _max_keys(_: Validator, most: int, instance: Any, schema: Schema) -> Mistakes:
    if isinstance(instance, dict) and len(instance) > most:
        yield Mistake("too-many", f"There are {len(instance)} here; {most} are possible.", at_key=True)


def _one_kind(_: Validator, kinds: Any, instance: Any, schema: Schema) -> Mistakes:
    if not isinstance(instance, dict):
        return
    names = [kind["required"][0] for kind in kinds]
    said = [key for key in instance if key in names]
    extra = [key for key in instance if key not in schema["properties"]]
    if len(said) > 1:
        message = f"Two kinds in one: {said[0]} and {said[1]}."
        yield Mistake("two-kinds", message, "Keep one; a second value is a second entry.", key=said[1])
    elif not said and not extra:
        message = f"No {schema['x-kind']} is said here."
        yield Mistake("no-kind", message, f"Say one of: {', '.join(names)}.", at_key=True)


def _any_required(_: Validator, options: Any, instance: Any, schema: Schema) -> Mistakes:
    names = [option["required"][0] for option in options]
    if isinstance(instance, dict) and not any(name in instance for name in names):
        message = f"One of these is missing: {' or '.join(names)}."
        yield Mistake("missing-key", message, f"Add a line {names[0]}: with a list of tags.", at_key=True)


_Walker: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={
        "type": _type,
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
        "anyOf": _any_required,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"string": _is_text, "number": _is_number, "integer": _is_whole, "boolean": _is_flag}
    ),
)
