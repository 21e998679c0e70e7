"""The section variables."""

from gateway.language.schema.build import Schema, choice, flag, one_key, one_map, text
from gateway.language.values import TYPES
from gateway.language.variables import KINDS, LATER_KINDS, VariableKind


def variable() -> Schema:
    """One variable: the key says the kind, its value says where."""
    sources: Schema = {kind.name: _source(kind) for kind in KINDS.values()}
    options: Schema = {
        "type": choice("What its value is; text if not said.", TYPES),
        "default": text("What stands in when it was looked for and not found."),
        "decimal": choice("comma for numbers like 1.299,00.", ["comma"]),
        "personal": flag("true: it says who somebody is; it goes out only under identifiers."),
    }
    kinds = one_key(sources, "kind of variable", LATER_KINDS)
    say = "a map like { data_layer: user.id }"
    return one_map(sources | options, [], "A named value that may be read.", **kinds) | {"x-say": say}


def _source(kind: VariableKind) -> Schema:
    if kind.choices:
        return choice(kind.description, kind.choices)
    return text(kind.description, kind.pattern, advice=kind.advice, example=kind.example)
