"""Matomo: always a bulk, in the body of a POST, so that neither an ID nor the token ever stands in an address."""

from collections.abc import Mapping, Sequence

import msgspec

from gateway.destinations import matomo_answer
from gateway.destinations.called import OWN
from gateway.destinations.matomo_entry import DIMENSIONS, FIELDS, PASSED, entry
from gateway.destinations.matomo_examples import EXAMPLES
from gateway.destinations.protocol import THREE_DAYS, Example, Target
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.model import Delivery, Json, Reply, Request, Verdict

SCRIPTS = ("/matomo.php", "/piwik.php")

SETTINGS = {
    "url": Setting(
        kind=SettingKind.URL,
        required=True,
        description="Matomo's address, without matomo.php",
        example="https://stats.example.com/",
        odd={
            r"/(?!(?:matomo|piwik)\.php$)[^/]+\.(?:php|js|html?)$": (
                "Write Matomo's address alone, up to the last /: matomo.php is put behind it."
            )
        },
    ),
    "site_id": Setting(
        kind=SettingKind.WHOLE_NUMBER,
        required=True,
        description="The site's number in Matomo",
        example="3",
    ),
    "token": Setting(
        kind=SettingKind.SECRET,
        description="token_auth with write access: for the visitor's address and hits older than a day",
        example="matomo_token",
    ),
    "goals": Setting(
        kind=SettingKind.GOALS,
        description="Events that are conversions: the event's name and the goal's number",
        example="{ newsletter: 3 }",
    ),
}

DETAILS = {
    "page_view": ("title", "category"),
    "search": ("term", "results", *OWN),
    "outlink": ("href", *OWN),
    "download": ("href", *OWN),
    "goal": ("goal", *OWN),
    "purchase": ("order_id", "value", "subtotal", "tax", "shipping", "discount", "items", "category", "name"),
    "cart_update": ("action", "value", "items"),
    "product_view": ("title", "sku", "name", "category", "price"),
    "content_impression": ("content", "piece", "target", *OWN),
    "content_interaction": ("content", "piece", "target", "interaction", *OWN),
    "heartbeat": (),
    "identify": (),
    "group": (),
    "alias": (),
    "*": OWN,
}


def tracker(url: str) -> str:
    """The tracking address of a Matomo."""
    base = url.rstrip("/")
    return base if base.endswith(SCRIPTS) else base + SCRIPTS[0]


class Matomo:
    """Matomo 4 and 5, with or without QueuedTracking."""

    type = TagType(
        name="matomo",
        description="A site in Matomo, by its Tracking API",
        settings=SETTINGS,
        address=("url", "site_id"),
        endings=SCRIPTS,
        fields=FIELDS,
        identifiers=(),
        sends=(
            "address and referrer of the page, its title with page views",
            "the event's time; without `token` one of more than 23 hours ago as of 23 hours ago",
            "language",
            "user agent",
            "address (as `ip` says; only with `token`)",
            "the receiver's own visitor ID and page-view ID",
            "User ID in the form decided",
            "the event by its name, with the details that Matomo has a place for",
            "timings, resolution, plug-ins, client hints, custom variables and dimensions that a Matomo client told, "
            "and the campaign that it names (`_rcn`, `_rck`); also that bots count (`bots=1`)",
        ),
        details={event: (*own, *PASSED, DIMENSIONS) for event, own in DETAILS.items()},
        deletes=(
            "By the User ID in the form it was sent: PrivacyManager.findDataSubjects, then deleteDataSubjects; "
            "needs a token with admin access to the site."
        ),
        ip_needs="token",
    )
    batch = 200
    timeout = 30.0
    oldest = THREE_DAYS
    examples: tuple[Example, ...] = EXAMPLES

    def render(self, deliveries: Sequence[Delivery], target: Target, now: float) -> Request:
        """A bulk, also of one. Not `send_image: 0` in the body: Matomo would then not say what it tracked."""
        bulk: dict[str, Json] = {"requests": [entry(delivery, target, now) for delivery in deliveries]}
        if token := target.secrets.get("token"):
            bulk["token_auth"] = token
        headers = {"content-type": "application/json"}
        return Request(url=tracker(target.settings["url"]), headers=headers, body=msgspec.json.encode(bulk))

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        """By what Matomo says that it tracked."""
        return matomo_answer.interpret(deliveries, reply)

    def exclusive(self, settings: Mapping[str, Json]) -> str | None:
        """Bulks of one site side by side deadlock in Matomo and split visits."""
        return f"matomo {tracker(settings['url'])} {settings['site_id']}"
