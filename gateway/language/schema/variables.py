"""The section variables."""

from gateway.language.schema.build import Schema, choice, flag, one_key, one_map, text
from gateway.language.schema.elsewhere import VARIABLES
from gateway.language.values import TYPES
from gateway.language.variable_kind import VariableKind
from gateway.language.variables import KINDS

_OWN: Schema = {
    "attribute": text(
        "The attribute to read of the element; without it its text.",
        r"^[A-Za-z_:][\w:.-]*$",
        advice="Write the attribute's name: data-price.",
        example="data-price",
    ),
    "table": {
        "type": "object",
        "additionalProperties": text("What it becomes.", example="paying"),
        "minProperties": 1,
        "maxProperties": 1000,
        "description": "Of a lookup: each value of the other variable, and what it becomes.",
        "x-say": "a map like { gold: paying, free: guest }",
        "x-items": "Write for each value what it becomes: { gold: paying, free: guest }.",
    },
}
"""What belongs to some kinds alone (`VariableKind.options`)."""
_ADDRESS = {"url": "The page's address is { url: href }; without ? and what follows { url: path }."}


def variable() -> Schema:
    """One variable: the key says the kind, its value says where."""
    sources: Schema = {kind.name: _source(kind) for kind in KINDS.values()}
    own = {name: _OWN[name] for kind in KINDS.values() for name in kind.options}
    kinds = one_key(sources, "kind of variable")
    say = "a map like { data_layer: user.id }"
    return one_map(sources | own | options(), [], "A named value that may be read.", **kinds) | {
        "x-say": say,
        "x-wrap": "Say where it is: {{ data_layer: {0} }}, {{ cookie: plan }}, {{ url: path }} or what else is meant; "
        "a text that never changes is {{ constant: {0} }}.",
        "x-instead": VARIABLES,
    }


def options() -> Schema:
    """What may stand beside every kind."""
    return {
        "type": choice("What its value is; text if not said, but for what is a number by itself.", TYPES),
        "default": text("What stands in when it was looked for and not found.", example="free"),
        "decimal": choice("comma for numbers like 1.299,00.", ["comma"]),
        "personal": flag(
            "true: it says who somebody is; it goes out only under identifiers. "
            "false: it does not, though what it reads is called like something that does."
        ),
    }


def _source(kind: VariableKind) -> Schema:
    if kind.choices:
        others = {word: f"Write {{ {other.name}: {word} }}." for other in KINDS.values() for word in other.choices}
        elsewhere = {word: said for word, said in (others | _ADDRESS).items() if word not in kind.choices}
        return choice(kind.description, kind.choices) | {"examples": [kind.example], "x-instead": elsewhere}
    mend = {"x-mend": "path"} if kind.name in ("data_layer", "js") else {}
    return text(kind.description, kind.pattern, advice=kind.advice, example=kind.example) | mend
