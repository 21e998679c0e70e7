"""Worked examples of Matomo entries: its golden tests and its documentation."""

from typing import Any

from gateway.destinations.protocol import Example
from gateway.model import Delivery, Form, Request

SITE = {"url": "https://stats.example.com/", "site_id": 3}
SECRETS = {"token": "0123456789abcdef0123456789abcdef"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64)"
PSEUDONYM = "847d9b7eaf09d0a739f97f22d0af6865a288090402453237dc3d4edbb94aeb6c"
NOW = 1_780_000_000
ID = "00" * 16
SHOE = {"sku": "S1", "name": "Shoe", "category": "Men", "price": 99.5, "quantity": 1}


def _bulk(*entries: str, rest: str = "") -> Request:
    body = '{"requests":[' + ",".join(f'"{entry}"' for entry in entries) + "]" + rest + "}"
    headers = {"content-type": "application/json"}
    return Request(url="https://stats.example.com/matomo.php", headers=headers, body=body.encode())


def _hit(event: str, **told: Any) -> Delivery:
    return Delivery(id=ID, event=event, **{"at": NOW * 1000 - 1000, "visitor": "c3" * 32, **told})


HIT = "?idsite=3&rec=1&apiv=1&cid=c3c3c3c3c3c3c3c3&cdt=2026-05-28%2020%3A26%3A39&send_image=0"
"""What stands in the entry of every hit made by `_hit`."""

EXAMPLES = (
    Example(
        name="Page views with the User ID attached and hashed, with the token",
        settings=SITE,
        secrets=SECRETS,
        deliveries=(
            _hit(
                "page_view",
                form=Form.RAW,
                user="alice",
                visitor="a1" * 32,
                new_visit=True,
                page_view="5e" * 16,
                url="https://shop.example.com/a?b=c&d=%C3%A9",
                title="Zoë & Co",
                referrer="https://example.org/",
                language="de-DE",
                user_agent=AGENT,
                ip="203.0.113.0",
                fields={"dimension1": "pro", "revenue": 12.5},
            ),
            _hit("page_view", form=Form.PSEUDONYM, user=PSEUDONYM, visitor="b2" * 32, at=(NOW - 3 * 86_400) * 1000),
        ),
        request=_bulk(
            "?idsite=3&rec=1&apiv=1&cid=a1a1a1a1a1a1a1a1&uid=alice&new_visit=1&cdt=2026-05-28%2020%3A26%3A39"
            "&cip=203.0.113.0&ua=Mozilla%2F5.0%20%28X11%3B%20Linux%20x86_64%29&lang=de-DE"
            "&url=https%3A%2F%2Fshop.example.com%2Fa%3Fb%3Dc%26d%3D%25C3%25A9&urlref=https%3A%2F%2Fexample.org%2F"
            "&pv_id=5e5e5e&send_image=0&action_name=Zo%C3%AB%20%26%20Co&dimension1=pro&revenue=12.5",
            f"?idsite=3&rec=1&apiv=1&cid=b2b2b2b2b2b2b2b2&uid={PSEUDONYM}&cdt=2026-05-25%2020%3A26%3A40&send_image=0",
            rest=',"token_auth":"0123456789abcdef0123456789abcdef"',
        ),
    ),
    Example(
        name="Without the token: no visitor's address, and no time more than 23 hours ago",
        settings=SITE,
        deliveries=(_hit("page_view", ip="203.0.113.0", at=(NOW - 30 * 3600) * 1000),),
        request=_bulk("?idsite=3&rec=1&apiv=1&cid=c3c3c3c3c3c3c3c3&cdt=2026-05-27%2021%3A26%3A40&send_image=0"),
    ),
    Example(
        name="Events of the site's own, one of them a goal",
        settings={**SITE, "goals": {"newsletter": 3}},
        deliveries=(
            _hit("buy_click", details={"name": "red shoe", "value": 19.9}),
            _hit("newsletter", details={"value": 5}),
            _hit("goal", details={"goal": 7}),
        ),
        request=_bulk(
            f"{HIT}&e_c=shop&e_a=buy_click&e_n=red%20shoe&e_v=19.9&ca=1",
            f"{HIT}&idgoal=3&revenue=5",
            f"{HIT}&idgoal=7",
        ),
    ),
    Example(
        name="Search, links and time on the page",
        settings=SITE,
        deliveries=(
            _hit("search", details={"term": "shoes", "category": "men", "results": 0}),
            _hit("outlink", details={"href": "https://example.org/?a=b"}),
            _hit("download", details={"href": "https://shop.example.com/a.pdf"}),
            _hit("heartbeat"),
        ),
        request=_bulk(
            f"{HIT}&search=shoes&search_cat=men&search_count=0",
            f"{HIT}&link=https%3A%2F%2Fexample.org%2F%3Fa%3Db",
            f"{HIT}&download=https%3A%2F%2Fshop.example.com%2Fa.pdf",
            f"{HIT}&ping=1",
        ),
    ),
    Example(
        name="An order, a purchase without an order's number, a cart, a product",
        settings=SITE,
        deliveries=(
            _hit("purchase", details={"order_id": "4711", "value": 99.5, "tax": 15.89, "items": [SHOE]}),
            _hit("purchase", details={"value": 99.5}),
            _hit("cart_update", details={"value": 99.5}),
            _hit("product_view", title="Shoe", details={"sku": "S1", "category": ["Men", "Shoes"], "price": 99.5}),
        ),
        request=_bulk(
            f"{HIT}&idgoal=0&ec_id=4711&revenue=99.5&ec_tx=15.89"
            "&ec_items=%5B%5B%22S1%22%2C%22Shoe%22%2C%22Men%22%2C99.5%2C1%5D%5D",
            f"{HIT}&e_c=shop&e_a=purchase&e_v=99.5&ca=1",
            f"{HIT}&idgoal=0&revenue=99.5",
            f"{HIT}&action_name=Shoe&_pks=S1&_pkc=%5B%22Men%22%2C%22Shoes%22%5D&_pkp=99.5",
        ),
    ),
    Example(
        name="Content that was seen and used",
        settings=SITE,
        deliveries=(
            _hit("content_impression", details={"content": "Banner", "piece": "b.png", "target": "/sale"}),
            _hit("content_interaction", details={"content": "Banner", "interaction": "tap"}),
        ),
        request=_bulk(f"{HIT}&c_n=Banner&c_p=b.png&c_t=%2Fsale&ca=1", f"{HIT}&c_n=Banner&ca=1&c_i=tap"),
    ),
)
