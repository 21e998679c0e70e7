"""The section guarantees."""

from gateway.language.container import Act
from gateway.language.schema.build import Schema, choice, join, name, one_list, one_map

_ACTS = tuple(act.value for act in Act)


def guarantee() -> Schema:
    """One thing that never happens."""
    about = "What never happens; a list says that none of these does."
    never = one_list(choice("What never happens.", _ACTS), about, at_least=1) | {
        "type": ["string", "array"],
        "pattern": f"^({'|'.join(_ACTS)})$",
        "examples": list(_ACTS),
        "x-say": "a word or a list",
        "x-advice": f"Write one or more of: {', '.join(_ACTS)}.",
    }
    to = one_list(name("A tag's name.", "a tag's name"), "The tags; all means every tag, also one added later.", 1) | {
        "type": ["string", "array"],
        "pattern": "^all$",
        "examples": ["all"],
        "x-say": "all, or a list of tags",
        "x-advice": "Write all, or the tags in brackets: [crm].",
    }
    unless = join("It may happen when this says yes.")
    properties = {"never": never, "to": to, "unless": unless}
    return one_map(properties, ["never"], "What never happens, to which tags, unless what says yes.") | {
        "x-wrap": "Write one like {{ never: attach, to: [crm] }}.",
        "x-instead": {"when": "Write unless: with the trigger that must say yes for it to happen."},
    }
