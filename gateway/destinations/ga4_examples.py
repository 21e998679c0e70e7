"""Worked examples of GA4 requests: its golden tests and its documentation."""

from typing import Any

from gateway.destinations.protocol import Example
from gateway.model import Delivery, Form, Request

STREAM = {"measurement_id": "G-ABC1234567"}
SECRETS = {"api_secret": "s3cret+secret"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64)"
PSEUDONYM = "46f0ec9b07f1cf898dcd53b9496980dbac03cea55a9c3ef83cbdb41c29334229"
NOW = 1_780_000_000
SHOE = {"sku": "S1", "name": "Shoe", "category": ["Men", "Shoes"], "price": 99.5, "quantity": 1}

SESSION = '"session_id":"1779932355","engagement_time_msec":1'
"""The parameters of every event made by `_example`."""


def _request(body: str, host: str = "www.google-analytics.com") -> Request:
    url = f"https://{host}/mp/collect?measurement_id=G-ABC1234567&api_secret=s3cret%2Bsecret"
    return Request(url=url, headers={"content-type": "application/json"}, body=body.encode())


def _example(name: str, event: str, said: str, **told: Any) -> Example:
    delivery = Delivery(id="00" * 16, event=event, at=NOW * 1000 - 1000, visitor="c3" * 32, **told)
    head = '"client_id":"3284386756.3284386756","timestamp_micros":1779999999000000'
    request = _request(f'{{{head},"events":[{said}]}}')
    return Example(name=name, settings=STREAM, secrets=SECRETS, deliveries=(delivery,), request=request)


EXAMPLES = (
    Example(
        name="A page view with a pseudonym, collected in the EU",
        settings={**STREAM, "url": "https://region1.google-analytics.com/"},
        secrets=SECRETS,
        deliveries=(
            Delivery(
                id="00" * 16,
                event="page_view",
                at=NOW * 1000 - 750,
                form=Form.PSEUDONYM,
                user=PSEUDONYM,
                account="f00d",
                visitor="a1" * 32,
                url="https://shop.example.com/a?b=c",
                title="Zoë & Co",
                referrer="https://example.org/",
                language="de-DE",
                user_agent=AGENT,
                ip="203.0.113.0",
                fields={"plan": "pro", "value": "12.50"},
                details={"category": "Docs"},
            ),
        ),
        request=_request(
            f'{{"client_id":"2711724450.2711724450","user_id":"{PSEUDONYM}","timestamp_micros":1779999999250000,'
            f'"user_agent":"{AGENT}","ip_override":"203.0.113.0","events":[{{"name":"page_view","params":{{'
            '"session_id":"1779929249","engagement_time_msec":1,"page_location":"https://shop.example.com/a?b=c",'
            '"page_referrer":"https://example.org/","page_title":"Zoë & Co","language":"de-DE",'
            '"content_group":"Docs","plan":"pro","value":12.5}}]}',
            "region1.google-analytics.com",
        ),
    ),
    Example(
        name="An event of four days ago, as of 71 hours ago; the User ID attached",
        settings=STREAM,
        secrets=SECRETS,
        deliveries=(
            Delivery(
                id="00" * 16,
                event="sign-up!",
                at=(NOW - 4 * 86_400) * 1000,
                form=Form.RAW,
                user="alice",
                visitor="c3" * 32,
                details={"category": "Account", "name": "form", "value": 3},
            ),
        ),
        request=_request(
            '{"client_id":"3284386756.3284386756","user_id":"alice","timestamp_micros":1779744400000000,'
            '"events":[{"name":"sign_up_","params":{"session_id":"1779673155","engagement_time_msec":1,'
            '"event_category":"Account","event_label":"form","value":3}}]}'
        ),
    ),
    _example(
        "A page view to which a campaign led",
        "page_view",
        f'{{"name":"campaign_details","params":{{{SESSION},"campaign":"spring sale","source":"news"}}}},'
        f'{{"name":"page_view","params":{{{SESSION},'
        '"page_location":"https://shop.example.com/?utm_source=news&utm_campaign=spring+sale"}}',
        url="https://shop.example.com/?utm_source=news&utm_campaign=spring+sale",
    ),
    _example(
        "A purchase",
        "purchase",
        f'{{"name":"purchase","params":{{{SESSION},"transaction_id":"4711","value":118.4,"currency":"EUR",'
        '"items":[{"item_id":"S1","item_name":"Shoe","item_category":"Men","item_category2":"Shoes","price":99.5,'
        '"quantity":1}],"tax":18.9}}',
        details={"order_id": 4711, "value": 118.4, "tax": "18.90", "currency": "eur", "items": [SHOE]},
    ),
    _example(
        "A cart",
        "cart_update",
        f'{{"name":"view_cart","params":{{{SESSION},"value":99.5,"items":[{{"item_name":"Shoe"}}]}}}}',
        details={"value": 99.5, "items": [{"name": "Shoe"}, {"price": 3}]},
    ),
    _example(
        "A product that was taken out of the cart",
        "cart_update",
        f'{{"name":"remove_from_cart","params":{{{SESSION},"currency":"EUR","items":[{{"item_id":"S1","quantity":1}}]}}}}',
        details={"action": "remove", "currency": "EUR", "items": [{"sku": "S1", "quantity": 1}]},
    ),
    _example(
        "A product",
        "product_view",
        f'{{"name":"view_item","params":{{{SESSION},"value":99.5,"items":[{{"item_id":"S1","price":99.5}}]}}}}',
        details={"sku": "S1", "price": 99.5},
    ),
    _example(
        "A search",
        "search",
        f'{{"name":"search","params":{{{SESSION},"search_term":"shoes"}}}}',
        details={"term": "shoes"},
    ),
    _example(
        "A link to elsewhere",
        "outlink",
        f'{{"name":"click","params":{{{SESSION},"link_url":"https://example.org/?a=b","outbound":"true"}}}}',
        details={"href": "https://example.org/?a=b"},
    ),
    _example(
        "A download that was told with a category, a name and a value",
        "download",
        f'{{"name":"file_download","params":{{{SESSION},"link_url":"https://shop.example.com/a.pdf",'
        '"event_category":"Files","event_label":"Manual","value":3}}',
        details={"href": "https://shop.example.com/a.pdf", "category": "Files", "name": "Manual", "value": 3},
    ),
    _example(
        "An event that is only called like a download: no file was told",
        "download",
        f'{{"name":"download","params":{{{SESSION},"event_category":"Files","event_label":"Manual","value":3}}}}',
        details={"category": "Files", "name": "Manual", "value": 3},
    ),
    _example(
        "An event whose name GA4 keeps for itself",
        "session_start",
        f'{{"name":"site_session_start","params":{{{SESSION}}}}}',
    ),
)
