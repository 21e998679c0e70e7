"""One signed JSON object per POST: the shape of `shape.py`, signed as Standard Webhooks says."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from gateway.destinations.called import DETAILS
from gateway.destinations.protocol import THREE_DAYS, Example, Target
from gateway.destinations.shape import SENDS, shape
from gateway.destinations.status import classify
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.model import Delivery, Form, Json, Reply, Request, Verdict

PREFIX = "whsec_"


def signature(key: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`."""
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(key), signed, hashlib.sha256)).decode()


EXAMPLES = (
    Example(
        name="A purchase of somebody whose User ID is attached, signed",
        settings={"url": "https://hooks.example.com/track"},
        secrets={"signing_key": "whsec_dGFnZ2F0ZS10YWdnYXRlLXRhZ2dhdGU="},
        deliveries=(
            Delivery(
                id="5f0c6a8e0f8b4f5d9d5a3f2b1c0d9e8f",
                event="purchase",
                at=1_779_999_999_250,
                form=Form.RAW,
                user="alice",
                account="acme",
                visitor="9b" * 32,
                url="https://shop.example.com/thanks",
                title="Thank you",
                referrer="https://shop.example.com/cart",
                language="de-DE",
                user_agent="Mozilla/5.0 (X11; Linux x86_64)",
                ip="203.0.113.0",
                details={
                    "order_id": 4711,
                    "value": "99.50",
                    "currency": "EUR",
                    "items": [{"sku": "S1", "name": "Shoe", "price": 99.5, "quantity": 1, "for": "Zoë"}],
                },
                fields={"total": 99.5, "plan": "pro", "newsletter": False},
                identifiers={"email": "alice@example.com"},
            ),
        ),
        request=Request(
            url="https://hooks.example.com/track",
            headers={
                "content-type": "application/json",
                "webhook-id": "5f0c6a8e0f8b4f5d9d5a3f2b1c0d9e8f",
                "webhook-timestamp": "1780000000",
                "webhook-signature": "v1,xWfXKZQetkVe7UX1d0XG6GZFOGsckTs6/m8Ldo7OQHs=",
            },
            body=(
                b'{"id":"5f0c6a8e0f8b4f5d9d5a3f2b1c0d9e8f","event":"purchase","at":"2026-05-28T20:26:39.250Z",'
                b'"page":{"url":"https://shop.example.com/thanks","title":"Thank you",'
                b'"referrer":"https://shop.example.com/cart"},"language":"de-DE",'
                b'"user_agent":"Mozilla/5.0 (X11; Linux x86_64)","ip":"203.0.113.0",'
                b'"visitor":"9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b",'
                b'"user":{"form":"attach","id":"alice"},"account":"acme","identifiers":{"email":"alice@example.com"},'
                b'"details":{"order_id":"4711","value":99.5,"currency":"EUR",'
                b'"items":[{"sku":"S1","name":"Shoe","price":99.5,"quantity":1}]},'
                b'"fields":{"total":99.5,"plan":"pro","newsletter":false}}'
            ),
        ),
    ),
    Example(
        name="A page view without User ID, unsigned",
        settings={"url": "https://hooks.example.com/track"},
        deliveries=(Delivery(id="00" * 16, event="page_view", at=1_779_999_999_000, url="https://shop.example.com/"),),
        request=Request(
            url="https://hooks.example.com/track",
            headers={"content-type": "application/json", "webhook-id": "00" * 16, "webhook-timestamp": "1780000000"},
            body=(
                b'{"id":"00000000000000000000000000000000","event":"page_view","at":"2026-05-28T20:26:39.000Z",'
                b'"page":{"url":"https://shop.example.com/"}}'
            ),
        ),
    ),
)


class Webhook:
    """A receiver of the operator's own, such as a CRM. Any 2xx means that it was taken."""

    type = TagType(
        name="webhook",
        description="One JSON object per hit, by POST, signed as Standard Webhooks says",
        settings={
            "url": Setting(
                kind=SettingKind.URL,
                required=True,
                description="Where the objects are posted",
                example="https://hooks.example.com/track",
            ),
            "signing_key": Setting(
                kind=SettingKind.SECRET,
                description="Signs each request; whsec_ and base64, or any text",
                example="crm_key",
            ),
        },
        address=("url",),
        sends=SENDS,
        details=DETAILS,
        deletes=None,
    )
    batch = 1
    timeout = 15.0
    oldest = THREE_DAYS
    examples: tuple[Example, ...] = EXAMPLES

    def render(self, deliveries: Sequence[Delivery], target: Target, now: float) -> Request:
        """One delivery; the id is the same in every attempt, so that a repeat can be told."""
        (delivery,) = deliveries
        body = shape(delivery)
        headers = {"content-type": "application/json", "webhook-id": delivery.id, "webhook-timestamp": str(int(now))}
        if key := target.secrets.get("signing_key"):
            headers["webhook-signature"] = signature(key, delivery.id, int(now), body)
        return Request(url=target.settings["url"], headers=headers, body=body)

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        """By the status alone."""
        return [classify(reply)] * len(deliveries)

    def exclusive(self, settings: Mapping[str, Json]) -> str | None:
        """Webhooks may be called side by side."""
        return None


def _key(key: str) -> bytes:
    # A key that is no base64 is used as it is: the receiver then refuses the signature, the tag is paused and
    # no hit is lost, where an error here would make a dead letter of each.
    if key.startswith(PREFIX):
        coded = key.removeprefix(PREFIX)
        try:
            return base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
        except binascii.Error:
            return key.encode()
    return key.encode()
