"""A browser's or server's requests, straight into the ASGI application: no sockets, no ports."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from starlette.types import ASGIApp


@dataclass(frozen=True)
class Answer:
    """What came back. Header names in lower case; of a name that stands twice, the last one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    set_cookies: tuple[str, ...]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"])


Body = bytes | str | Mapping[str, Any] | list[Any] | Iterable[bytes]


def encoded(body: Any) -> list[bytes]:
    """The chunks of a body."""
    if isinstance(body, bytes):
        return [body]
    if isinstance(body, str):
        return [body.encode()]
    if isinstance(body, dict):
        return [json.dumps(body).encode()]
    return list(body)


class Asgi:
    """Asks an application. `ip` and `scheme` are the connection's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = b"",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        *,
        ip: str = "203.0.113.9",
        scheme: str = "http",
        disconnects: bool = False,
    ) -> Answer:
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        plain, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": scheme,
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
            "client": (ip, 40000),
            "server": ("tg.example.com", 80),
        }
        chunks = encoded(body)
        coming: list[dict[str, Any]] = [
            {"type": "http.request", "body": chunk, "more_body": disconnects or at < len(chunks) - 1}
            for at, chunk in enumerate(chunks)
        ]
        if disconnects:
            coming.append({"type": "http.disconnect"})
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            if coming:
                return coming.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return _answer(sent)


def _answer(sent: list[Any]) -> Answer:
    raw = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    return Answer(
        status=sent[0]["status"],
        headers=dict(raw),
        body=b"".join(message.get("body", b"") for message in sent[1:]),
        set_cookies=tuple(value for name, value in raw if name == "set-cookie"),
    )


def jar(answer: Answer) -> dict[str, Any]:
    """Cookie name → its morsel."""
    found: dict[str, Any] = {}
    for line in answer.set_cookies:
        found.update(SimpleCookie(line))
    return found
