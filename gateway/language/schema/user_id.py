"""The section user_id."""

from gateway.language.schema.build import (
    Schema,
    choice,
    join,
    name,
    not_needed,
    one_key,
    one_list,
    one_map,
    secret,
    variable,
)

_SEND = "When a tag gets hits is said by its send_when; a rule says attach: or hash:, what becomes of the User ID."
_ACCOUNT = "Write account: with the variable that holds the organisation."


def user_id() -> Schema:
    """Where the User ID comes from, and which tag gets it in which form."""
    return one_map(
        {
            "from": variable("The variable that holds the User ID."),
            "verified_by": _proof(),
            "account": variable("The variable that holds the person's organisation."),
            "hash_with": secret("The key of the pseudonyms: 32 bytes or more.", "user_id_key"),
            "at_login": choice("new_visit: nothing anonymous becomes the person's.", ["new_visit", "same_visit"])
            | {"default": "new_visit"},
            "at_logout": choice("new_visitor: the next hit is somebody new.", ["new_visitor", "same_visitor"])
            | {"default": "new_visitor"},
            "rules": one_list(_rule(), "For each tag, the first true rule that names it decides."),
            "otherwise": choice("When no rule is true: drop.", ["drop"]),
        },
        ["from", "otherwise"],
        "Where the User ID comes from, and which tag gets it in which form.",
        **{"x-instead": dict.fromkeys(("group", "company", "organisation", "organization", "team"), _ACCOUNT)},
    )


def _proof() -> Schema:
    kinds: Schema = {
        "token": variable("The variable that holds a signed token (JWT)."),
        "signature": variable("The variable that holds the signature of the User ID."),
    }
    key = {"key": secret("The key that checks the proof.", "login_key")}
    about = "The proof of who is signed in."
    say = "a map like { token: proof, key: { secret: login_key } }"
    return one_map(kinds | key, ["key"], about, **one_key(kinds, "kind of proof")) | {
        "x-say": say,
        "x-wrap": "Write {{ token: {0}, key: {{ secret: login_key }} }}.",
    }


def _rule() -> Schema:
    return one_map(
        {
            "when": join("When this rule is true."),
            "attach": _tags("These tags get the User ID as it is."),
            "hash": _tags("These tags get a pseudonym."),
            "consent": not_needed("Said aloud: this rule may be true without any consent."),
        },
        ["when"],
        "One rule: when it is true, what the tags it names get.",
        anyOf=[{"required": ["attach"]}, {"required": ["hash"]}],
        **{
            "x-any": "Add attach: or hash: with a list of tags.",
            "x-wrap": "Write one like {{ when: ⟨ok:signed_in⟩, attach: [⟨tag:crm⟩] }}.",
            "x-instead": {
                **dict.fromkeys(("send", "send_to"), _SEND),
                "drop": "otherwise: drop already does it: take the tag out of the rules instead.",
                "otherwise": "It is no rule: write it without the -, with the same spaces as rules.",
            },
        },
    )


def _tags(description: str) -> Schema:
    each = dict.fromkeys(
        ("all", "every", "everything", "any"), "Write the names of the tags: [⟨tags:statistics, crm⟩]."
    )
    return one_list(name("A tag's name.", "a tag's name"), description, at_least=1) | {"x-instead": each}
