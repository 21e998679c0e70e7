"""The section guarantees."""

from gateway.language.container import Act
from gateway.language.schema.build import Schema, choice, join, name, one_list, one_map

_ACTS = tuple(act.value for act in Act)
_ID = "Write [attach, hash]: attach is the User ID as it is, hash a pseudonym of it."
_COOKIE = "Write remember, if the visitor's cookie is meant."
_WORDS = {
    **dict.fromkeys(("user_id", "userid", "uid", "id", "ids", "account", "identify"), _ID),
    **dict.fromkeys(("cookie", "cookies", "set_cookie", "recognise", "recognize"), _COOKIE),
    **dict.fromkeys(("email", "identifiers", "personal"), "Write attach: what is personal goes along with it alone."),
    **dict.fromkeys(("all", "any", "anything", "everything"), "Write send: then the tag gets no hit at all."),
    "drop": "To drop is to send no User ID. Write attach or hash for what must not go out, send for the whole hit.",
}
"""What people write for one of them."""
_UNLESS = (
    "Write unless: with the trigger that must say yes for it to happen; for never where staff says yes, "
    "unless: { none_of: [staff] }."
)
_KEYS = {
    **dict.fromkeys(("when", "if", "except", "without", "until", "only_if", "only_when"), _UNLESS),
    **dict.fromkeys(("tags", "tag", "for", "from", "in", "receivers"), "Write to: all, or to: [⟨tag:crm⟩]."),
    **dict.fromkeys(
        ("always", "only", "may", "allow", "must"),
        "A guarantee says what never happens: write { never: attach, to: [⟨tag:crm⟩], unless: ⟨ok:marketing_ok⟩ }.",
    ),
}
"""What people write for one of the keys."""


def guarantee() -> Schema:
    """One thing that never happens."""
    about = "What never happens; a list says that none of these does."
    never = one_list(choice("What never happens.", _ACTS) | {"x-instead": _WORDS}, about, at_least=1) | {
        "type": ["string", "array"],
        "pattern": f"^({'|'.join(_ACTS)})$",
        "examples": list(_ACTS),
        "x-say": "a word or a list",
        "x-advice": f"Write one or more of: {', '.join(_ACTS)}.",
        "x-instead": _WORDS,
        "x-words": _ACTS,
    }
    to = one_list(name("A tag's name.", "a tag's name"), "The tags; all means every tag, also one added later.", 1) | {
        "type": ["string", "array"],
        "pattern": "^all$",
        "examples": ["all"],
        "x-say": "all, or a list of tags",
        "x-advice": "Write all, or the tags in brackets: [⟨tag:crm⟩].",
    }
    unless = join("It may happen when this says yes.")
    properties = {"never": never, "to": to, "unless": unless}
    return one_map(properties, ["never"], "What never happens, to which tags, unless what says yes.") | {
        "x-wrap": "Write one like {{ never: attach, to: [⟨tag:crm⟩] }}.",
        "x-instead": _KEYS,
    }
