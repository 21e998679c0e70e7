"""Worked examples of Segment batches: its golden tests and its documentation."""

from typing import Any

from gateway.destinations.protocol import Example
from gateway.model import Delivery, Form, Request

SECRETS = {"write_key": "abc123"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64)"
PSEUDONYM = "847d9b7eaf09d0a739f97f22d0af6865a288090402453237dc3d4edbb94aeb6c"
NOW = 1_780_000_000
ID = "00" * 16
VISITOR = "c3" * 32
SHOE = {"sku": "S1", "name": "Shoe", "category": ["Men", "Shoes"], "price": 99.5, "quantity": 1}

COMMON = (
    f'"messageId":"{ID}","timestamp":"2026-05-28T20:26:39.000Z","anonymousId":"{VISITOR}",'
    '"context":{"library":{"name":"taggate","version":"1"}}'
)
"""What stands in every call made by `_hit`."""


def _batch(*calls: str, host: str = "api.segment.io") -> Request:
    headers = {"content-type": "application/json", "authorization": "Basic YWJjMTIzOg=="}
    body = '{"batch":[' + ",".join(f"{{{call}}}" for call in calls) + '],"sentAt":"2026-05-28T20:26:40.000Z"}'
    return Request(url=f"https://{host}/v1/batch", headers=headers, body=body.encode())


def _hit(event: str, **told: Any) -> Delivery:
    return Delivery(id=ID, event=event, at=NOW * 1000 - 1000, visitor=VISITOR, **told)


EXAMPLES = (
    Example(
        name="Page views in the EU, of somebody whose User ID is attached and of somebody whose is hashed",
        settings={"url": "https://events.eu1.segmentapis.com/"},
        secrets=SECRETS,
        deliveries=(
            _hit(
                "page_view",
                form=Form.RAW,
                user="alice",
                account="acme",
                url="https://shop.example.com/a?b=c",
                title="Zoë & Co",
                referrer="https://example.org/",
                language="de-DE",
                user_agent=AGENT,
                ip="203.0.113.0",
                fields={"plan": "pro"},
                details={"category": "Docs"},
                identifiers={"email": "alice@example.com"},
            ),
            _hit("page_view", form=Form.PSEUDONYM, user=PSEUDONYM, url="https://shop.example.com"),
        ),
        request=_batch(
            '"type":"page","properties":{"url":"https://shop.example.com/a?b=c","title":"Zoë & Co",'
            '"referrer":"https://example.org/","path":"/a","search":"?b=c","category":"Docs","plan":"pro"},'
            f'"messageId":"{ID}","timestamp":"2026-05-28T20:26:39.000Z","userId":"alice","anonymousId":"{VISITOR}",'
            '"context":{"library":{"name":"taggate","version":"1"},"page":{"url":"https://shop.example.com/a?b=c",'
            '"title":"Zoë & Co","referrer":"https://example.org/","path":"/a","search":"?b=c"},"ip":"203.0.113.0",'
            f'"userAgent":"{AGENT}","locale":"de-DE","groupId":"acme","traits":{{"email":"alice@example.com"}}}}',
            '"type":"page","properties":{"url":"https://shop.example.com"},'
            f'"messageId":"{ID}","timestamp":"2026-05-28T20:26:39.000Z","userId":"{PSEUDONYM}",'
            f'"anonymousId":"{VISITOR}","context":{{"library":{{"name":"taggate","version":"1"}},'
            '"page":{"url":"https://shop.example.com"}}',
            host="events.eu1.segmentapis.com",
        ),
    ),
    Example(
        name="An order, a cart, a product that was put into it, a product",
        settings={},
        secrets=SECRETS,
        deliveries=(
            _hit(
                "purchase",
                details={"order_id": 4711, "value": 118.4, "tax": "18.90", "currency": "EUR", "items": [SHOE]},
            ),
            _hit("cart_update", details={"value": 99.5, "items": [{"name": "Shoe"}, {"price": 3}]}),
            _hit("cart_update", details={"action": "add", "value": 99.5, "items": [SHOE]}),
            _hit("product_view", details={"sku": "S1", "price": 99.5, "currency": "EUR"}),
        ),
        request=_batch(
            '"type":"track","event":"Order Completed","properties":{"order_id":"4711","total":118.4,"tax":18.9,'
            '"currency":"EUR","products":[{"product_id":"S1","sku":"S1","name":"Shoe","category":"Men/Shoes",'
            f'"price":99.5,"quantity":1}}]}},{COMMON}',
            '"type":"track","event":"Cart Viewed","properties":{"value":99.5,"products":[{"name":"Shoe"}]},' + COMMON,
            '"type":"track","event":"Product Added","properties":{"value":99.5,"product_id":"S1","sku":"S1",'
            f'"name":"Shoe","category":"Men/Shoes","price":99.5,"quantity":1}},{COMMON}',
            '"type":"track","event":"Product Viewed","properties":{"product_id":"S1","sku":"S1","price":99.5,'
            f'"currency":"EUR"}},{COMMON}',
        ),
    ),
    Example(
        name="A page with a name, to which a campaign led",
        settings={},
        secrets=SECRETS,
        deliveries=(_hit("page_view", url="https://shop.example.com/?utm_source=news", details={"name": "Home"}),),
        request=_batch(
            '"type":"page","name":"Home","properties":{"url":"https://shop.example.com/?utm_source=news","path":"/",'
            f'"search":"?utm_source=news","name":"Home"}},{COMMON[:-1]},"page":{{'
            '"url":"https://shop.example.com/?utm_source=news","path":"/","search":"?utm_source=news"},'
            '"campaign":{"source":"news"}}',
        ),
    ),
    Example(
        name="A search and an event of the site's own",
        settings={},
        secrets=SECRETS,
        deliveries=(
            _hit("search", details={"term": "shoes", "results": 0}),
            _hit("newsletter", details={"value": 5}, fields={"members": True, "tags": ["a", "b"]}),
        ),
        request=_batch(
            f'"type":"track","event":"Products Searched","properties":{{"query":"shoes","results":0}},{COMMON}',
            f'"type":"track","event":"newsletter","properties":{{"value":5,"members":true,"tags":["a","b"]}},{COMMON}',
        ),
    ),
    Example(
        name="Events that are only called like a search, an order, a download: they tell a category, a name, a value",
        settings={},
        secrets=SECRETS,
        deliveries=(
            _hit("search", details={"category": "Help", "name": "opened", "value": 1}),
            _hit("purchase", details={"category": "Shop", "name": "Pay now", "value": 5}),
            _hit("download", details={"category": "Files", "name": "Manual", "value": 3}),
        ),
        request=_batch(
            '"type":"track","event":"search","properties":{"category":"Help","name":"opened","value":1},' + COMMON,
            '"type":"track","event":"purchase","properties":{"value":5,"category":"Shop","name":"Pay now"},' + COMMON,
            '"type":"track","event":"download","properties":{"category":"Files","name":"Manual","value":3},' + COMMON,
        ),
    ),
    Example(
        name="Who somebody is: identify, and group with an account that is hashed",
        settings={},
        secrets=SECRETS,
        deliveries=(
            _hit("identify", fields={"plan": "pro"}),
            _hit("group", form=Form.PSEUDONYM, user=PSEUDONYM, account="f00d"),
        ),
        request=_batch(
            f'"type":"identify","traits":{{"plan":"pro"}},{COMMON}',
            f'"type":"group","groupId":"f00d","messageId":"{ID}","timestamp":"2026-05-28T20:26:39.000Z",'
            f'"userId":"{PSEUDONYM}","anonymousId":"{VISITOR}",'
            '"context":{"library":{"name":"taggate","version":"1"},"groupId":"f00d"}',
        ),
    ),
)
