"""Google Analytics 4 by its Measurement Protocol, web streams. What it takes, and that it never says whether it
took it: source: vendor's documentation."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from gateway.destinations.ga4_event import DETAILS, FIELDS, events
from gateway.destinations.ga4_examples import EXAMPLES
from gateway.destinations.ga4_words import known
from gateway.destinations.matomo_words import text
from gateway.destinations.protocol import Example, Target
from gateway.destinations.status import classify
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.model import Delivery, Form, Json, Reply, Request, Verdict

PATH = "/mp/collect"
EVERYWHERE = "https://www.google-analytics.com"

OLDEST = 71 * 3600.0
"""Seconds. GA4 takes 72 hours; an hour is left for clocks that differ."""
LONGEST_USER_ID = 256
LONGEST_AGENT = 512

SETTINGS = {
    "measurement_id": Setting(
        kind=SettingKind.TEXT,
        required=True,
        description="The measurement ID of the web stream; GA4 says nothing when it is wrong",
        example="G-ABC1234567",
        pattern="^G-[A-Z0-9]+$",
        say="the ID of a web stream like G-ABC1234567",
        advice="It begins with G-, and stands in Google Analytics under Admin, Data streams. A UA- belongs to "
        "Universal Analytics, which takes no more data; AW-, GT- and GTM- are no streams.",
        odd={"^G-X+$": "It stands for your own, which Google Analytics shows under Admin, Data streams."},
    ),
    "api_secret": Setting(
        kind=SettingKind.SECRET,
        required=True,
        description="A Measurement Protocol API secret of the web stream; GA4 says nothing when it is wrong",
        example="ga4_secret",
    ),
    "url": Setting(
        kind=SettingKind.URL,
        description=f"Where hits are collected, if not {EVERYWHERE}; the example stands for the EU",
        example="https://region1.google-analytics.com",
        odd={
            "/gtag/js$|/g/collect$|^https?://[^/]*googletagmanager": "That is where pages load or send something by "
            "themselves. Delete the line, or write the host alone: https://region1.google-analytics.com.",
        },
    ),
}


def endpoint(settings: Mapping[str, Json], secret: str) -> str:
    """The address that GA4 wants: which stream, and the secret that lets write to it. Nothing of a person."""
    base = str(settings.get("url") or EVERYWHERE).rstrip("/").removesuffix(PATH)
    return f"{base}{PATH}?{urlencode({'measurement_id': settings['measurement_id'], 'api_secret': secret})}"


def client_id(visitor: str) -> str:
    """Two positive numbers joined by a dot, out of the receiver's own visitor ID."""
    return f"{int(visitor[:8], 16) + 1}.{int(visitor[8:16], 16) + 1}"


class GA4:
    """A web stream of a Google Analytics 4 property.

    Without idempotence, but that GA4 counts a `transaction_id` once: a repeat after an ambiguous attempt is a second
    event. A `consent` is never sent: GA4 then applies what it knows of the client.
    """

    type = TagType(
        name="ga4",
        description="A web stream in Google Analytics 4, by the Measurement Protocol",
        settings=SETTINGS,
        address=("measurement_id",),
        fields=FIELDS,
        identifiers=(),
        sends=(
            "address, referrer and title of the page",
            "the event's time; one of more than 71 hours ago as of 71 hours ago",
            "language",
            "user agent",
            "address (as `ip` says), from which GA4 takes where the visitor is",
            "the receiver's own visitor ID, as client ID",
            "a session: one for a visitor's day",
            "with page views the campaign that utm_ or mtm_ parameters of the address name (campaign_details)",
            "User ID in the form decided; Google's terms allow nothing by which Google could know a person, such as an "
            "e-mail address: hash it",
            "the event by its name, with the details that GA4 has a place for; other characters than letters, digits "
            "and _ become _, a name that GA4 keeps for itself begins with site_",
            "at most 25 parameters: these first, then `fields` in their order; texts cut to 100 characters (address "
            "1000, referrer 420, title 300)",
        ),
        details=DETAILS,
        deletes=(
            "By the User ID in the form it was sent, and by client ID: submitUserDeletion of the Google Analytics "
            "Admin API (v1alpha). Deletes what was there when asked; who comes back is measured again."
        ),
    )
    # Client ID, User ID, user agent and address stand once in a request, so that only hits of one visitor could share
    # one; what lies next to each other in the queue is hits of many, and a request must carry all that it is given.
    batch = 1
    timeout = 15.0
    oldest = OLDEST
    examples: tuple[Example, ...] = EXAMPLES

    def render(self, deliveries: Sequence[Delivery], target: Target, now: float) -> Request:
        """One delivery. Raises ValueError where it has no visitor: GA4 would drop it without a word."""
        (delivery,) = deliveries
        if len(delivery.visitor) < 24:
            raise ValueError("a delivery without a visitor")
        at = max(min(delivery.at, int(now * 1000)), int((now - OLDEST) * 1000))
        told = {
            "client_id": client_id(delivery.visitor),
            "user_id": _user_id(delivery),
            "timestamp_micros": at * 1000,
            "user_agent": text(delivery.user_agent, LONGEST_AGENT),
            "ip_override": text(delivery.ip, 45),
            "events": events(delivery, at // 1000),
        }
        url = endpoint(target.settings, target.secrets["api_secret"])
        headers = {"content-type": "application/json"}
        return Request(url=url, headers=headers, body=msgspec.json.encode(known(told)))

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        """By the status alone: a 2xx says that the request came in, and GA4 never says more."""
        return [classify(reply)] * len(deliveries)

    def exclusive(self, settings: Mapping[str, Json]) -> str | None:
        """Requests of one stream may be in flight side by side."""
        return None


def _user_id(delivery: Delivery) -> str:
    # One that is too long is left out, not cut: two people must not become one.
    user = delivery.user or "" if delivery.form is not Form.NONE else ""
    return user if len(user) <= LONGEST_USER_ID else ""
