"""The section variables, and which of them are personal."""

from collections.abc import Mapping

from gateway.language.container import Variable
from gateway.language.nodes import child, entries, key_place, place, text
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.built import check_keys, check_parts, read_table
from gateway.language.read.names import Names
from gateway.language.read.sources import doubt_source
from gateway.language.texts import FLAGS
from gateway.language.values import called, cast
from gateway.language.variables import KINDS, PRIVATE_HEADERS, RESERVED, overlap
from gateway.model import ABSENT, CannotTell, Value
from gateway.problems import quoted

Source = tuple[str, str]
_NEEDED = {"table": "Add table: { gold: paying, free: guest }, each value and what it becomes."}


def read_variables(node: Node | None, user_id: Node | None, names: Names) -> dict[str, Variable]:
    """Every variable; those that share a source with a personal one, with an identifier or with who is signed in, and
    those that are built from one, are personal too."""
    user = text(child(user_id, "from"))
    for key, _ in entries(node):
        _reserved(key, user, names)
    _clock(node, names)
    names.impersonal = frozenset(key.text for key, value in entries(node) if _says_personal(value) is False)
    roles = {user, text(child(user_id, "account")), names.proof}
    names.personal = frozenset(_personal(node, roles))
    personal = _personal(node, {*roles, *names.identified})
    types = {"event": "text", **{key.text: _type(value) for key, value in entries(node)}}
    found = {key.text: _variable(key, value, types, personal, names) for key, value in entries(node)}
    for key, value in entries(node):
        check_parts(found[key.text], child(value, found[key.text].kind), found, names)
        if found[key.text].kind == "lookup":
            check_keys(found[key.text], child(value, "table"), found, names)
    return found


def _clock(node: Node | None, names: Names) -> None:
    clocks = [key for key, value in entries(node) if child(value, "time")]
    if clocks and not names.zone_given:
        message = f"{quoted(clocks[0].text)} goes by the clock of UTC, since the site says no time zone."
        names.warn(clocks[0].place, "no-timezone", message, "Add timezone: Europe/Berlin under site; or timezone: UTC.")


def _personal(node: Node | None, roles: set[str]) -> set[str]:
    """The names of all that are."""
    sources = [_source(value) for key, value in entries(node) if key.text in roles or _says_personal(value)]
    given = [(key.text, *_source(value)) for key, value in entries(node)]
    found = {name for name, *source in given if any(overlap((source[0], source[1]), one) for one in sources)}
    built = {name: KINDS[kind].parts(source) for name, kind, source in given}
    while more := {name for name, parts in built.items() if name not in found and not found.isdisjoint(parts)}:
        found |= more
    return found


def _says_personal(node: Node) -> bool | None:
    return FLAGS.get(text(child(node, "personal")))


def _source(node: Node) -> Source:
    return next((key.text, text(value)) for key, value in entries(node) if key.text in KINDS)


def _type(node: Node) -> str:
    kind, source = _source(node)
    return text(child(node, "type"), KINDS[kind].type_of(source))


def _reserved(key: Text, user: str, names: Names) -> None:
    if key.text in RESERVED:
        hint = f"Call it something else, for instance site_{key.text}."
        names.say(key.place, "reserved-name", f"{quoted(key.text)} already means something here.", hint)
    if key.text == "user_id" and user != "user_id":
        # What may leave a browser is listed by variable, and under user_id for what identify gave.
        message = "Only the variable under from: in the section user_id can be called user_id."
        names.say(key.place, "reserved-name", message, "Call it something else, for instance site_user_id.")


def _variable(key: Text, node: Node, types: Mapping[str, str], personal: set[str], names: Names) -> Variable:
    kind, source = _source(node)
    value_type = types[key.text]
    comma = child(node, "decimal") is not None
    _own_options(key, kind, node, names)
    doubt_source(kind, node, names)
    if kind == "header" and source.lower() in PRIVATE_HEADERS:
        where = place(child(node, "header"))
        message = f"The header {source} is private and cannot be read."
        names.say(where, "private-header", message, "Let the website say it in the data layer instead.")
    if kind == "constant":
        _fitting(child(node, "constant"), "constant", value_type, names)
    if comma and value_type != "number":
        message = "decimal: is for numbers only."
        names.say(key_place(node, "decimal"), "decimal", message, "Add type: number, or delete decimal.")
    return Variable(
        name=key.text,
        kind=kind,
        source=source,
        attribute=text(child(node, "attribute")) or None,
        parts=KINDS[kind].parts(source),
        table=read_table(child(node, "table"), types.get(source, "text"), value_type, names),
        type=value_type,
        default=_fitting(child(node, "default"), "default", value_type, names, comma=comma),
        decimal_comma=comma,
        personal=key.text in personal,
        place=key.place,
    )


def _own_options(variable: Text, kind: str, node: Node, names: Names) -> None:
    """What belongs to one kind of variable stands beside it and beside no other."""
    owners = {option: row.name for row in KINDS.values() for option in row.options}
    for key, _ in entries(node):
        if key.text in owners and key.text not in KINDS[kind].options:
            hint = f"It is for {owners[key.text]}: delete it."
            names.say(key.place, "unknown-key", f"{quoted(key.text)} does not belong here.", hint)
    for option in KINDS[kind].needs:
        if child(node, option) is None:
            names.say(variable.place, "missing-key", f"{quoted(option)} is missing.", _NEEDED[option])


def _fitting(node: Node | None, word: str, value_type: str, names: Names, *, comma: bool = False) -> Value | None:
    if node is None:
        return None
    value = cast(text(node), value_type, decimal_comma=comma)
    if isinstance(value, CannotTell) or value is ABSENT:
        message = f"The {word} {quoted(text(node))} is not a {called(value_type)}."
        names.say(node.place, "wrong-type", message, f"Change the {word}, or the variable's type.")
        return None
    return value
