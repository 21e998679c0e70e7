"""Whatever is sent to the addresses of other tools is answered, never with 5xx, and a good hit at the same moment is
stored."""

import asyncio
import gzip
import json
from base64 import b64encode
from random import Random
from typing import Any

import pytest

from .gate import DIALECTS, SECRETS, Gate

TOKEN = SECRETS["SHOP_TOKEN"]
KEY = b64encode(SECRETS["SEGMENT_KEY"].encode() + b":").decode()
ORIGIN = "https://shop.example.com"
MATOMO = ("/matomo.php", "/piwik.php", "/js/tracker.php")
SEGMENT = tuple(f"/v1/{word}" for word in ("identify", "track", "page", "screen", "group", "alias", "batch", "b"))
QUERY = "idsite=1&rec=1&url=https%3A%2F%2Fshop.example.com%2F&uid=alice&_id=0123456789abcdef&e_c=a&e_a=b&cdt=1780000000"
BULK = json.dumps({"requests": ["?" + QUERY, {"idsite": 1, "rec": 1}], "token_auth": TOKEN, "send_image": 0})
CALL = {
    "type": "track",
    "event": "Order Completed",
    "userId": "alice",
    "anonymousId": "a",
    "messageId": "m",
    "timestamp": "2026-05-28T20:25:40Z",
    "properties": {"products": [{"sku": "s", "price": 1}], "total": 1},
    "context": {"page": {"url": ORIGIN}, "consent": {"categoryPreferences": {"statistics": True}}, "traits": {"a": 1}},
}
BATCH = json.dumps({"writeKey": "shop-web", "batch": [CALL, CALL], "sentAt": "2026-05-28T20:25:41Z", **CALL})
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    2**63,
    "",
    " ",
    "\u202e",
    "\ud83d",
    "%",
    "%zz",
    "a" * 5000,
    [],
    [[]],
    {},
    {"": {}},
)
PIECES = (b"%00", b"\x00", b"\xff", b"%", b"&", b"=", b'"', b"{", b"[", b"\\ud800", b"1e999", b"NaN", b"[]", b"[", b";")


def mangled(text: str, random: Random) -> bytes:
    """The same with something cut out of it, put into it or turned round."""
    body = bytearray(text.encode())
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(body) or 1)
        what = random.randrange(4)
        if what == 0:
            del body[at : at + random.randint(1, 40)]
        elif what == 1:
            body[at:at] = random.choice(PIECES)
        elif what == 2:
            body = body[: random.randrange(len(body) or 1)]
        elif body:
            body[at % len(body)] = random.randrange(256)
    return bytes(body)


def replaced(value: Any, random: Random) -> Any:
    """The same with odd values in odd places."""
    if random.random() < 0.15:
        return random.choice(ODD)
    if isinstance(value, dict):
        return {name: replaced(item, random) for name, item in value.items()}
    return [replaced(item, random) for item in value] if isinstance(value, list) else value


def odd_request(random: Random) -> tuple[str, str, bytes, dict[str, str]]:
    """Method, path, body, headers."""
    matomo = random.random() < 0.5
    text = random.choice((QUERY, BULK)) if matomo else BATCH
    if random.random() < 0.5 and text is not QUERY:
        body = json.dumps(replaced(json.loads(text), random)).encode()
    else:
        body = mangled(text, random)
    path = random.choice(MATOMO if matomo else SEGMENT)
    if matomo and random.random() < 0.5:
        path += "?" + mangled(QUERY, random).decode("latin-1").replace("?", "")
    headers = {"origin": ORIGIN} if random.random() < 0.7 else {}
    if not matomo and random.random() < 0.5:
        headers["authorization"] = f"Basic {KEY}"
    if random.random() < 0.2:
        headers["content-encoding"] = random.choice(("gzip", "br", "identity", ""))
        body = gzip.compress(body) if random.random() < 0.7 else body
    return random.choice(("POST", "POST", "POST", "GET", "PUT", "HEAD", "OPTIONS")), path, body, headers


@pytest.mark.parametrize("seed", range(5))
async def test_odd_requests_are_answered_and_good_ones_beside_them_stored(gate: Gate, seed: int) -> None:
    await gate.load(accept=DIALECTS)
    random = Random(seed)
    good = f"/matomo.php?idsite=5&rec=1&send_image=0&e_c=good&e_a=good&token_auth={TOKEN}&cip=192.0.2.7"
    for _ in range(20):
        odd = [odd_request(random) for _ in range(10)]
        asked = [gate.web.ask(method, path, body, headers) for method, path, body, headers in odd]
        first, *answers = await asyncio.gather(gate.web.ask("GET", good), *asked)
        assert first.status == 204
        for (method, path, body, _), answer in zip(odd, answers, strict=True):
            assert answer.status < 500, (method, path, body)
            if answer.status >= 400 and answer.headers.get("content-type") == "application/json":
                assert b"alice" not in answer.body
                assert TOKEN.encode() not in answer.body
    assert sum(entry.get("e_a") == "good" for entry in await gate.tracked()) == 20
