"""What people know by another name or in another place, from other tag managers: what to write here."""

from collections.abc import Mapping

_QUERY = "Write query: and the name of the parameter: { query: q }."
_EVENT = "Of what the event itself tells write { event: value }; for what is always the same { constant: large }."
_TRIGGER = "A trigger is no value: name it where something waits for it, in send_when or in another trigger."

VARIABLES: Mapping[str, str] = {
    **dict.fromkeys(
        ("url_parameter", "query_string", "query_parameter", "parameter", "param", "get", "utm", "campaign"), _QUERY
    ),
    **{word: f"Write {{ time: {word} }}." for word in ("hour", "weekday", "date")},
    **dict.fromkeys(("value", "revenue", "price", "total"), _EVENT),
    **dict.fromkeys(("trigger", "condition", "when"), _TRIGGER),
    **dict.fromkeys(("javascript", "javascript_variable", "global", "window"), "Write { js: shop.cart.total }."),
    **dict.fromkeys(
        ("dom_element", "css", "selector"), 'Write { element: "#price" } with the element\'s CSS selector.'
    ),
    **dict.fromkeys(("lookup_table", "regex_table"), "Write lookup: with the variable, and table: beside it."),
    **{word: f"Write {{ agent: {word} }}." for word in ("browser", "os", "device")},
    **{word: f"Write {{ page: {word} }}." for word in ("title", "referrer")},
    "name": "The kind is the key, and behind it stands what is read: { data_layer: user.plan }.",
    "user_agent": "Write { agent: browser }.",
    "country": "Write { ip: country }.",
}
"""Kinds of variables."""

_RULES = (
    "Say in the section user_id, under rules, what becomes of the User ID, with this tag's name behind attach or hash."
)
_SECTION = "It is a section of its own: write it below the tags, with no spaces before it."
_NONE_OF = "Name the trigger in send_when: send_when: { all_of: [⟨event:page_view⟩], none_of: [staff] }."
_SEND_WHEN = "Name the trigger in send_when: send_when: { all_of: [⟨event:page_view⟩, ⟨ok:analytics_ok⟩] }."
_FIELDS = "Name the receiver's field and the variable under fields: fields: { dimension1: plan }."

_ALWAYS_ON = (
    "What stands in the file is at work: delete the tag, or put # before each of its lines; schedule says from when."
)
TAGS: Mapping[str, str] = {
    **dict.fromkeys(("user_id", "attach", "hash", "drop", "rules"), _RULES),
    **dict.fromkeys(("guarantees", "tests"), _SECTION),
    **dict.fromkeys(
        (
            "blocking_trigger",
            "blocking_triggers",
            "block",
            "exception",
            "exceptions",
            "blockingTriggerId",
            "blockTriggerIds",
            "block_trigger_ids",
        ),
        _NONE_OF,
    ),
    **dict.fromkeys(
        ("firing_trigger", "firing_triggers", "fire_on", "firingTriggerId", "fireTriggerIds", "fire_trigger_ids"),
        _SEND_WHEN,
    ),
    **dict.fromkeys(("enabled", "disabled", "active", "inactive", "paused", "status"), _ALWAYS_ON),
    **dict.fromkeys(("dimension", "dimension1", "custom_dimension", "custom_dimensions", "metric"), _FIELDS),
    "account": "The account goes with the User ID: write account: into the section user_id.",
    "cookie": "It belongs to the section visitor: a cookie is set when remember_when: says yes, and else never.",
}
"""Keys of a tag or of its settings."""

_BESIDE = "It belongs to the tag itself: write it on a line of its own, with the same spaces as settings."
_OPTIONS = ("send_when", "consent", "fields", "identifiers", "ip", "page", "hash_group", "schedule", "sample", "exempt")
SETTINGS: Mapping[str, str] = {**TAGS, **dict.fromkeys(_OPTIONS, _BESIDE)}
"""Keys of a tag's settings alone."""

SITE: Mapping[str, str] = {
    word: f"It belongs to a tag, under its settings: settings: {{ {word}: … }}."
    for word in ("site_id", "measurement_id", "token", "url")
}
