"""The section tags."""

import re
from collections.abc import Container, Mapping

from gateway.language.container import Tag
from gateway.language.nodes import child, entries, text
from gateway.language.persons import looks_personal
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.exempt import check_exempt
from gateway.language.read.names import Names
from gateway.language.read.schedule import read_schedule
from gateway.language.read.settings import doubt_setting
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.language.texts import FLAGS
from gateway.language.units import amount
from gateway.model import Json
from gateway.problems import did_you_mean, quoted

_FIXED = "For a text that never changes write a variable like { constant: shop }."


def read_tag(key: Text, node: Node, types: Mapping[str, TagType], names: Names) -> Tag:
    """One receiver."""
    kind = types[text(child(node, "type"))]
    settings = {name.text: value for name, value in entries(child(node, "settings"))}
    check_exempt(node, kind, names)
    for name, value in settings.items():
        doubt_setting(value, kind.settings[name], names)
    secrets = {name for name in settings if kind.settings[name].kind is SettingKind.SECRET}
    return Tag(
        name=key.text,
        type=kind,
        send_when=names.join(child(node, "send_when")),
        settings={name: _setting(v, kind.settings[name]) for name, v in settings.items() if name not in secrets},
        secrets={name: text(child(settings[name], "secret")) for name in sorted(secrets)},
        fields=_fields(child(node, "fields"), kind, names),
        identifiers=_identifiers(child(node, "identifiers"), kind, names),
        consent_not_needed=child(node, "consent") is not None,
        ip=text(child(node, "ip"), _default(kind, "ip", "anonymous")),
        page=text(child(node, "page"), _default(kind, "page", "url")),
        hash_group=_hash_group(child(node, "hash_group"), names),
        purpose=text(child(node, "purpose")) or None,
        schedule=read_schedule(child(node, "schedule"), names),
        sample=_sample(child(node, "sample"), names),
        exempt=child(node, "exempt") is not None,
        place=key.place,
    )


def _default(kind: TagType, option: str, usual: str) -> str:
    fixed = kind.fixed.get(option)
    return fixed.value if fixed else usual


def _setting(node: Node, setting: Setting) -> Json:
    if setting.kind is SettingKind.WHOLE_NUMBER:
        return int(text(node))
    if setting.kind is SettingKind.FLAG:
        return FLAGS[text(node)]
    if setting.kind is SettingKind.TEXTS:
        return {key.text: text(value) for key, value in entries(node)}
    if setting.kind is SettingKind.GOALS:
        return {key.text: int(text(value)) for key, value in entries(node)}
    return text(node)


def _sample(node: Node | None, names: Names) -> float | None:
    if node is None:
        return None
    share = amount(text(node))
    if not 0 < share <= 100:
        small = "Nobody is in a sample of 0%."
        message = f"{text(node)} is too large." if share else small
        names.say(node.place, "out-of-range", message, "Write more than 0% and at most 100%.")
    return share


def _hash_group(node: Node | None, names: Names) -> str | None:
    if isinstance(node, Text) and node.text in names.tags:
        message = f"{quoted(node.text)} is the name of a tag, so it cannot be a hash_group."
        names.say(node.place, "hash-group-name", message, f"Call it {free_group(node.text, names.tags)}.")
    return text(node) or None


def free_group(wanted: str, tags: Container[str]) -> str:
    """A name for a hash_group that no tag has."""
    return free_group(f"{wanted}_group", tags) if wanted in tags else wanted


def _fields(node: Node | None, kind: TagType, names: Names) -> dict[str, str]:
    for field, value in entries(node):
        _field_name(field, kind, kind.fields, "fields", names)
        swapped = f" If {text(value)} is the receiver's field, it stands first: {text(value)}: {field.text}."
        variable = names.variable(value, _FIXED + swapped * (field.text in names.variables))
        if variable and names.variables[variable.text].personal:
            message = f"{quoted(variable.text)} says who somebody is, so it cannot go out under fields."
            hint = _instead_of_field(variable.text, kind, names)
            line = names.identified.get(variable.text)
            if line and variable.text not in names.personal:
                wrong = f"Line {line} says so, under identifiers: if that is wrong, move it under fields there"
                hint = f"{wrong}; if it is right, {hint[0].lower()}{hint[1:]}"
            names.say(variable.place, "personal-field", message, hint)
        elif variable and _looks_personal(variable.text, names):
            message = (
                f"{quoted(variable.text)} looks as if it says who somebody is, and goes out whatever the rules say."
            )
            move = "delete this line" if kind.identifiers == () else "move this line under identifiers"
            hint = f"Write personal: true into the variable, and {move}; or personal: false, if it does not."
            names.warn(variable.place, "looks-personal", message, hint)
    return {field.text: text(value) for field, value in entries(node)}


def _looks_personal(name: str, names: Names) -> bool:
    """By what it reads, or by what stands in its text."""
    seen, rest = set[str](), [name]
    while rest:
        variable = names.variables.get(rest.pop())
        if variable is None or variable.name in seen | names.impersonal or variable.type == "true_false":
            continue
        if looks_personal(variable.kind, variable.source):
            return True
        seen.add(variable.name)
        rest += variable.parts if variable.kind == "text" else ()
    return False


def _instead_of_field(variable: str, kind: TagType, names: Names) -> str:
    if variable == names.user:
        return "Delete this line: the User ID goes by the rules in the section user_id."
    if variable == names.proof:
        return "Delete this line: it proves who is signed in, and goes to nobody."
    if variable == names.account and any("account" in said for said in kind.sends):
        return "Delete this line: the account goes along with the User ID, in its form."
    if kind.identifiers == ():
        return f"Delete this line: a {kind.name} tag takes nothing that says who somebody is."
    return "Move the line under identifiers: it is sent only when the decision is attach."


def _identifiers(node: Node | None, kind: TagType, names: Names) -> dict[str, str]:
    for field, value in entries(node):
        _field_name(field, kind, kind.identifiers, "identifiers", names)
        variable = names.variable(value)
        if variable and variable.text == names.proof:
            message = f"{quoted(variable.text)} proves who is signed in, so it goes to nobody."
            names.say(variable.place, "proof-identifier", message, "Delete this line.")
        elif variable and names.variables[variable.text].type == "set":
            message = f"{quoted(variable.text)} is a set; an identifier is one value."
            names.say(variable.place, "wrong-type", message, "Name a variable that holds one value.")
    return {field.text: text(value) for field, value in entries(node)}


def _field_name(field: Text, kind: TagType, allowed: tuple[str, ...] | None, where: str, names: Names) -> None:
    if allowed is None or any(re.fullmatch(pattern, field.text) for pattern in allowed):
        return
    if not allowed:
        message = f"A {kind.name} tag takes no {where}."
        names.say(field.place, f"no-{where}", message, "Delete this line.")
        return
    message = f"A {kind.name} tag has no field called {quoted(field.text)}."
    plain = re.sub(r"[^A-Za-z0-9]+", "_", field.text).lower()
    if plain in ("user_id", "uid", "userid"):
        rules = "Delete this line: the User ID goes by the rules in the section user_id."
        names.say(field.place, "unknown-field", message, rules)
        return
    spelled = (plain, plain.replace("_", ""))
    if good := next((name for name in spelled if any(re.fullmatch(pattern, name) for pattern in allowed)), ""):
        names.say(field.place, "unknown-field", message, f"Did you mean {quoted(good)}?")
        return
    readable = [_readable(pattern, field.text) for pattern in allowed if not pattern.startswith("[")]
    hint = did_you_mean(field.text, readable) if readable else "Write small letters, digits, - and _: plan."
    if readable and field.text != "*" and (own := kind.details.get(field.text)):
        event = f"It is an event of its own: send {quoted(field.text)} with {quoted(own[0])}"
        hint = f"{event}; for a value of yours take a field like {readable[0]}."
    names.say(field.place, "unknown-field", message, hint)


def _readable(pattern: str, typed: str) -> str:
    """A pattern as one name that fits it, with the number that was typed."""
    begins = re.sub(r"[^A-Za-z_].*", "", pattern)
    numbered = begins + typed[len(typed.rstrip("0123456789")) :]
    return next((name for name in (begins, numbered, f"{begins}1") if re.fullmatch(pattern, name)), f"{begins}…")
