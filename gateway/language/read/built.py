"""Variables that are built from others: `lookup:` and `text:`."""

from collections.abc import Mapping

from gateway.language.container import Variable
from gateway.language.formats import FORMATS
from gateway.language.matchers import comparison
from gateway.language.nodes import entries, text
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.names import Names
from gateway.language.values import called, cast
from gateway.model import ABSENT, CannotTell, Value
from gateway.problems import Place, quoted

_VALUES = "its answer is no value; name the variable that it asks about."


def read_table(node: Node | None, key_type: str, value_type: str, names: Names) -> dict[Value, Value]:
    """A lookup's table: what the other variable is, and what that becomes."""
    out: dict[Value, Value] = {}
    for key, value in entries(node):
        if key_type == "set":
            break
        found = _value(key, key_type, "the variable that is looked up", names)
        becomes = _value(value, value_type, "this variable", names)
        if found in out and isinstance(key, Text):
            message = f"{quoted(key.text)} is a {called(key_type)} that stands here already, written in another way."
            names.say(key.place, "duplicate-key", message, "Keep one of the two.")
        elif found is not None and becomes is not None:
            out[found] = becomes
    return out


def _value(node: Node, value_type: str, whose: str, names: Names) -> Value | None:
    value = cast(text(node), value_type)
    if isinstance(value, CannotTell) or value is ABSENT:
        message = f"{quoted(text(node))} is not a {called(value_type)}, and {whose} is."
        hint = "Change the value, or the variable's type."
        if said := comparison(text(node)):
            hint = f"A table knows no ranges: ask in a trigger, with {said}."
        names.say(node.place, "wrong-type", message, hint)
        return None
    return value


def check_parts(variable: Variable, node: Node | None, variables: Mapping[str, Variable], names: Names) -> None:
    """What a variable is built from must be there, and must not say who somebody is."""
    for name in variable.parts:
        part = variables.get(name)
        word = _word(node, name)
        if name == "event":
            continue
        if part is None:
            instead = f"It is a trigger: {_VALUES}" if name in names.triggers else ""
            names.unknown(word, "variable", ("event", *variables), instead=instead)
        elif part.personal:
            message = f"{quoted(name)} says who somebody is, so nothing can be built from it."
            names.say(
                word.place,
                "personal-part",
                message,
                "It goes out alone: as the User ID, as the account, or under identifiers.",
            )
        elif part.type == "set" and variable.kind == "lookup":
            message = f"{quoted(name)} is a set; one value can be looked up."
            names.say(word.place, "wrong-type", message, "Name a variable that holds one value.")


def check_keys(variable: Variable, table: Node | None, variables: Mapping[str, Variable], names: Names) -> None:
    """What stands in a table must be what the other variable can be."""
    part = variables.get(variable.source)
    form = FORMATS.get((part.kind, part.source)) if part else None
    if part is None or form is None:
        return
    for key, _ in entries(table):
        if key.text != part.default and form.never("is", key.text):
            message = f"{quoted(part.name)} is never like {quoted(key.text)}."
            names.warn(key.place, "never-so", message, form.hint("is", key.text))


def _word(node: Node | None, name: str) -> Text:
    """A name within a text, at its own place where that can be told."""
    place = node.place if node else Place(1, 1)
    if not isinstance(node, Text) or node.text == name:
        return Text(name, place)
    before = node.text.find(name, node.text.find("{"))
    # An escape or a second line, and the columns are not those of the characters.
    plain = place.width == len(node.text) + 2 * node.quoted
    return Text(name, Place(place.line, place.column + node.quoted + before, len(name)) if plain else place)
