"""The section variables, and which of them are personal."""

from gateway.language.container import Variable
from gateway.language.nodes import child, entries, key_place, place, text
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.names import Names
from gateway.language.texts import FLAGS
from gateway.language.values import cast
from gateway.language.variables import KINDS, PRIVATE_HEADERS, RESERVED, overlap
from gateway.model import ABSENT, CannotTell, Value
from gateway.problems import quoted

Source = tuple[str, str]


def read_variables(node: Node | None, user_id: Node | None, names: Names) -> dict[str, Variable]:
    """Every variable; those that share a source with a personal one or with who is signed in are personal too."""
    user = text(child(user_id, "from"))
    roles = {user, text(child(user_id, "account")), names.proof}
    sources = [_source(value) for key, value in entries(node) if key.text in roles or _says_personal(value)]
    for key, _ in entries(node):
        _reserved(key, user, names)
    return {
        key.text: _variable(key, value, names, any(overlap(_source(value), source) for source in sources))
        for key, value in entries(node)
    }


def _says_personal(node: Node) -> bool:
    return FLAGS.get(text(child(node, "personal")), False)


def _source(node: Node) -> Source:
    return next((key.text, text(value)) for key, value in entries(node) if key.text in KINDS)


def _reserved(key: Text, user: str, names: Names) -> None:
    if key.text in RESERVED:
        hint = f"Call it something else, for instance site_{key.text}."
        names.say(key.place, "reserved-name", f"{quoted(key.text)} already means something here.", hint)
    if key.text == "user_id" and user != "user_id":
        # What may leave a browser is listed by variable, and under user_id for what identify gave.
        message = "Only the variable under from: in the section user_id can be called user_id."
        names.say(key.place, "reserved-name", message, "Call it something else, for instance site_user_id.")


def _variable(key: Text, node: Node, names: Names, personal: bool) -> Variable:
    kind, source = _source(node)
    comma = child(node, "decimal") is not None
    value_type = text(child(node, "type"), KINDS[kind].type_of(source))
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
        attribute=text(child(node, "attribute")) or None,
        type=value_type,
        default=_default(child(node, "default"), value_type, comma, names),
        decimal_comma=comma,
        personal=personal,
        place=key.place,
    )


def _default(node: Node | None, value_type: str, comma: bool, names: Names) -> Value | None:
    if node is None:
        return None
    value = cast(text(node), value_type, decimal_comma=comma)
    if isinstance(value, CannotTell) or value is ABSENT:
        message = f"The default {quoted(text(node))} is not a {value_type.replace('_', '/')}."
        names.say(node.place, "wrong-type", message, "Change the default, or the variable's type.")
        return None
    return value
