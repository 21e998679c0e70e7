"""The hit of hit.lua in Python, as bytes of HTTP; and visitors with cookies."""

import asyncio
import re
import time
import uuid
from pathlib import Path

from .sides import ORIGIN, Side

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
TOGETHER = 32
DAY = 86_400_000


def body(visitor: int, number: int, page: str) -> bytes:
    """One page view."""
    now = int(time.time() * 1000)
    return (
        f'{{"event":"page_view","id":"{uuid.uuid4()}","at":{now},'
        f'"url":"https://shop.example.com/shoes/running/{number % 97}?utm_source=mail&utm_medium=x",'
        f'"title":"Running shoes, page {number % 97} of the catalogue",'
        '"referrer":"https://www.search.example/results?q=shoes","language":"en-GB",'
        f'"fields":{{"category":"shoes","name":"model {number % 31}","value":59.9}},'
        f'"values":{{"account_id":"member-{visitor:05d}","plan":"gold","section":"shoes","country":"de",'
        f'"variant":"b","stock":null}},"page":"{page}",'
        f'"consent":{{"analytics":true,"marketing":false}},"consent_at":{now // DAY * DAY}}}'
    ).encode()


def request(content: bytes, cookie: str = "") -> bytes:
    """A POST as a browser sends it."""
    shown = f"Cookie: {cookie}\r\n" if cookie else ""
    head = (
        f"POST /collect/bench HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {ORIGIN}\r\nContent-Type: text/plain\r\n"
        f"User-Agent: {AGENT}\r\n{shown}Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def visitors(side: Side, path: Path, number: int = 1000) -> Path:
    """A file with the cookies of so many visitors, signed in, each after one hit."""
    cookies = [""] * number
    asyncio.run(_visit(side, cookies))
    path.write_text("\n".join(cookies) + "\n")
    return path


async def _visit(side: Side, cookies: list[str]) -> None:
    left = iter(range(len(cookies)))

    async def some() -> None:
        host, _, port = side.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        for visitor in left:
            writer.write(request(body(visitor, visitor, uuid.uuid4().hex)))
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            found = re.search(r"^set-cookie: ([^;\r]+)", answer, re.MULTILINE | re.IGNORECASE)
            if not found:
                raise SystemExit(f"a first hit got no cookie: {answer}")
            cookies[visitor] = found[1]
        writer.close()

    await asyncio.gather(*(some() for _ in range(TOGETHER)))
