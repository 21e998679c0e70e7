"""The section tests."""

from gateway.language.schema.build import Schema, choice, flag, name, one_list, one_map, text

NOTHING = ("nothing", "none", "nobody", "no", "null")
"""What people write for {}."""
_EVERY = ("all", "every", "everything", "any", "yes", "true", "granted")
_GETS = ("yes", "true", "send", "sent", "hit", "anonymous", "without")
_HIT = "Write drop, if it gets the hit without a User ID; attach or hash, if with one."
_FORMS = ("attach", "hash", "drop")


def test() -> Schema:
    """One hit and what each tag must get."""
    return one_map(
        {
            "name": text("What this test shows, for people.", example="Signed in and said no"),
            "given": _given(),
            "expect": _expect(),
        },
        ["name", "given", "expect"],
        "One hit and what each tag must get.",
    )


def _given() -> Schema:
    return {
        "type": "object",
        "properties": {
            "event": text("What happened.", example="page_view"),
            "consent": _purposes("The granted purposes, all others refused; left out: unknown."),
            "granted": _purposes("These purposes are granted."),
            "refused": _purposes("These purposes are refused."),
            "gpc": flag("yes: the browser sends Global Privacy Control."),
            "cannot_tell": one_list(name("A variable.", "a variable's name"), "What the sender did not say."),
            "signed": flag("no: the User ID comes without valid proof."),
        },
        "additionalProperties": {
            "type": ["string", "number", "boolean", "array"],
            "items": text("One of the set.", example="red"),
            "description": "A variable and its value; one that is left out is not there.",
            "examples": ["007"],
            "x-say": "a value",
            "x-map": "Write a variable's name and its value alone, like plan: gold; the section variables says where "
            "it is read.",
        },
        "required": ["event"],
        "description": "The hit: its event, the variables by name, the visitor's choice.",
        "x-say": "a map like { event: page_view, consent: [] }",
        "x-wrap": "Write its parts between braces, each with a colon: {{ event: page_view, consent: [] }}.",
    }


def _purposes(description: str) -> Schema:
    wrap = (
        "Write a list of purposes: [⟨purpose:analytics⟩]. [] refuses every one; who has not answered has no such line."
    )
    return one_list(name("A purpose.", "a purpose"), description) | {
        "x-wrap": wrap,
        "x-map": wrap,
        "x-agreed": True,
        "x-instead": dict.fromkeys(_EVERY, "Write each by its name: [⟨purposes:analytics, marketing⟩]."),
    }


def _expect() -> Schema:
    advice = "A tag that must receive nothing is left out."
    return {
        "type": "object",
        "additionalProperties": choice("What becomes of the User ID.", _FORMS, advice=advice)
        | {"x-instead": dict.fromkeys(_GETS, _HIT)},
        "description": "For each tag what becomes of the User ID; a tag left out must receive nothing.",
        "x-say": "a map of tag and attach, hash or drop; {} when nobody must receive anything",
        "x-items": "Write behind each tag what becomes of the User ID: { ⟨tag:statistics⟩: drop }.",
        "x-instead": dict.fromkeys(NOTHING, "Write {}.")
        | {form: f"Write the tag too: {{ ⟨tag:statistics⟩: {form} }}." for form in _FORMS},
        "x-wrap": "Write {{ {0}: drop }}, or hash or attach in place of drop.",
    }
