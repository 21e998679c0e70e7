"""The section variables, and which of them are personal."""

from gateway.language.container import Variable
from gateway.language.nodes import child, entries, key_place, place, text
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.names import Names
from gateway.language.shape import FLAGS
from gateway.language.values import cast
from gateway.language.variables import PRIVATE_HEADERS, RESERVED
from gateway.model import ABSENT, CannotTell, Value
from gateway.problems import quoted

OPTIONS = ("type", "default", "decimal", "personal")
Source = tuple[str, str]


def read_variables(node: Node | None, user_id: Node | None, names: Names) -> dict[str, Variable]:
    """Every variable; those that share a source with the User ID, its account or its proof are personal."""
    roles = {text(child(user_id, "from")), text(child(user_id, "account"))}
    roles |= {text(child(user_id, "verified_by", kind)) for kind in ("token", "signature")}
    sources = [_source(value) for key, value in entries(node) if key.text in roles]
    return {
        key.text: _variable(key, value, names, any(overlap(_source(value), source) for source in sources))
        for key, value in entries(node)
    }


def overlap(one: Source, other: Source) -> bool:
    """Whether one reads the same place as the other, or a parent or a part of it."""
    if one[0] != other[0]:
        return False
    return one[1] == other[1] or one[1].startswith(other[1] + ".") or other[1].startswith(one[1] + ".")


def _source(node: Node) -> Source:
    return next((key.text, text(value)) for key, value in entries(node) if key.text not in OPTIONS)


def _variable(key: Text, node: Node, names: Names, personal: bool) -> Variable:
    kind, source = _source(node)
    comma = child(node, "decimal") is not None
    value_type = text(child(node, "type"), "text")
    if key.text in RESERVED:
        hint = f"Call it something else, for instance site_{key.text}."
        names.say(key.place, "reserved-name", f"{quoted(key.text)} already means something here.", hint)
    if kind == "header" and source.lower() in PRIVATE_HEADERS:
        where = place(child(node, "header"))
        message = f"The header {source} is private and cannot be read."
        names.say(where, "private-header", message, "Let the website say it in the data layer instead.")
    if comma and value_type != "number":
        message = "decimal: is for numbers only."
        names.say(key_place(node, "decimal"), "decimal", message, "Add type: number, or delete decimal.")
    return Variable(
        name=key.text,
        kind=kind,
        source=source,
        type=value_type,
        default=_default(child(node, "default"), value_type, comma, names),
        decimal_comma=comma,
        personal=personal or FLAGS.get(text(child(node, "personal")), False),
        place=key.place,
    )


def _default(node: Node | None, value_type: str, comma: bool, names: Names) -> Value | None:
    if node is None:
        return None
    value = cast(text(node), value_type, decimal_comma=comma)
    if isinstance(value, CannotTell) or value is ABSENT:
        message = f"The default {quoted(text(node))} is not a {value_type.replace('_', '/')}."
        names.say(node.place, "wrong-type", message, "Change the default or the type.")
        return None
    return value
