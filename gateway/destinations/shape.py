"""Delivery → the one JSON object that webhooks and files get. Stable: others' programs read it."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.model import Delivery, Form, Json

SENDS = (
    "the event's name, id and time",
    "the page's address, title and referrer",
    "language",
    "user agent",
    "address (as `ip` says)",
    "the receiver's own visitor ID",
    "User ID and account in the form decided",
)
"""What every object holds when it is known; `fields` and `identifiers` hold what the container lists."""


def shape(delivery: Delivery) -> bytes:
    """The object as compact JSON in UTF-8; whatever is empty is left out.

    {"id": …, "event": …, "at": "2026-05-28T20:26:40.000Z", "page": {"url", "title", "referrer"}, "language",
    "user_agent", "ip", "visitor", "user": {"form": "attach" | "hash", "id"}, "account",
    "identifiers": {}, "fields": {}}
    """
    told = {
        "id": delivery.id,
        "event": delivery.event,
        "at": instant(delivery.at),
        "page": _full({"url": delivery.url, "title": delivery.title, "referrer": delivery.referrer}),
        "language": delivery.language,
        "user_agent": delivery.user_agent,
        "ip": delivery.ip,
        "visitor": delivery.visitor,
        **_identity(delivery),
        "fields": {name: _whole(value) for name, value in delivery.fields.items()},
    }
    return msgspec.json.encode(_full(told))


def instant(at: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000, tzinfo=None)
    return moment.isoformat(timespec="milliseconds") + "Z"


def _identity(delivery: Delivery) -> dict[str, Any]:
    # A form of none says that nothing of the identity leaves, whatever else stands in the delivery.
    if delivery.form is Form.NONE:
        return {}
    user = {"form": delivery.form.word, "id": delivery.user} if delivery.user else None
    personal = dict(delivery.identifiers) if delivery.form is Form.RAW else {}
    return {"user": user, "account": delivery.account, "identifiers": personal}


def _whole(value: Json) -> Json:
    # 7.0 is read as a whole number by few; from 2**53 on it would seem more exact than it is.
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _full(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in (None, "", {}, [])}
