"""A collector that writes down what a browser sends, and serves the pages of a test."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import uvicorn
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Json = Any
DEADLINE = 10.0
FAILS = (204, {"access-control-allow-origin": "null"})
"""What a page of another origin takes for no answer. A connection that is cut, browsers try again by themselves."""
COUNTED = """<script>
asked = answered = 0;
const ask = fetch;
fetch = (...given) => {
  asked++;
  const answer = ask(...given);
  const heard = () => { answered++ };
  answer.then(heard, heard);
  return answer;
};
</script>"""
"""A page that knows how often its gateway was asked, and has answered."""
KEPT = f"{COUNTED}<script>addEventListener('pageshow', e => {{ window.kept = e.persisted }})</script>"
"""And whether it was kept while another one was shown: none is that still waits for an answer."""
ANSWERED = "asked === answered"
HTML = "text/html; charset=utf-8"


class Call(Struct, frozen=True, kw_only=True):
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """Its body."""
        return json.loads(self.body)

    @property
    def hits(self) -> list[dict[str, Json]]:
        """The hits of a body, one or a batch."""
        found = self.json
        hits: list[dict[str, Json]] = found.get("hits", [found])
        return hits


class Page(Struct, frozen=True):
    """What a GET answers."""

    body: bytes
    headers: Mapping[str, str]


class Stub:
    """One origin (127.0.0.1, also reachable as localhost) with pages, snippets and a recorder."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: deque[tuple[int, Mapping[str, str]]] = deque()
        """What the next POSTs are answered with, then 204."""
        self.pages: dict[str, Page] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        """While it is clear, POSTs wait for their answer."""
        self.first = ""
        """What stands before all else in every page."""
        self.origin = ""
        self.elsewhere = ""

    def page(self, path: str = "/", head: str = "", container: str | None = "shop", **headers: str) -> str:
        """Serves a page with this in its head, and the snippet of a container; its address."""
        script = f'<script async src="{self.origin}/t/{container}.js"></script>' if container else ""
        self.html(
            path,
            f"<!doctype html><html lang=en><head><title>Page {bare(path)}</title>{head}{script}</head><body></body>",
        )
        kept = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[bare(path)] = Page(self.pages[bare(path)].body, {"content-type": HTML, **kept})
        return self.origin + path

    def html(self, path: str, html: str, content_type: str = HTML) -> str:
        """Serves this text; its address."""
        self.pages[bare(path)] = Page(
            html.encode("utf-8" if "utf-8" in content_type else "latin-1"), {"content-type": content_type}
        )
        return self.origin + path

    def script(self, name: str, body: bytes) -> None:
        """Serves a container's snippet."""
        headers = {"content-type": "text/javascript", "cross-origin-resource-policy": "cross-origin"}
        self.pages[f"/t/{name}.js"] = Page(body, headers)

    def posts(self, start: str) -> list[Call]:
        """The POSTs whose path begins so."""
        return [call for call in self.calls if call.method == "POST" and call.path.startswith(start)]

    @property
    def hits(self) -> list[dict[str, Json]]:
        """All hits so far, in order of arrival."""
        return [hit for call in self.posts("/collect/") for hit in call.hits]

    @property
    def events(self) -> list[str]:
        """Their names."""
        return [hit["event"] for hit in self.hits]

    @property
    def choices(self) -> list[Json]:
        """All bodies sent to /consent, without the time of sending that each of them has."""
        found = [call.json for call in self.posts("/consent/")]
        assert all(abs(body.pop("sent_at") - time.time() * 1000) < 60_000 for body in found)
        return found

    async def until(self, condition: Callable[[], object], message: str = "") -> None:
        """Waits until the condition holds."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not condition():  # noqa: ASYNC110 - it may ask anything
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(
                f"{message or 'waited in vain'}; got {[(c.method, c.path, c.body[:600]) for c in self.calls]}"
            ) from None

    async def hit(self, event: str) -> dict[str, Json]:
        """The first hit of that name, waited for."""
        await self.until(lambda: event in self.events, f"no hit {event}")
        return next(hit for hit in self.hits if hit["event"] == event)

    async def count(self, number: int) -> list[dict[str, Json]]:
        """The hits, once there are at least so many."""
        await self.until(lambda: len(self.hits) >= number, f"not {number} hits")
        return self.hits

    async def answer(self, request: Request) -> Response:
        """Starlette's endpoint for everything."""
        path, body = request.url.path, await request.body()
        cors = {
            "access-control-allow-origin": request.headers.get("origin", "*"),
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "Retry-After",
        }
        self.calls.append(Call(method=request.method, path=path, headers=dict(request.headers), body=body))
        if request.method == "POST":
            status, headers = self.answers.popleft() if self.answers else (204, {})
            await self.gate.wait()
            return Response(status_code=status, headers={**cors, **headers})
        page = self.pages.get(path)
        if page is None:
            return Response(status_code=404)
        first = self.first.encode() if page.headers["content-type"] == HTML else b""
        return Response(
            re.sub(b"(<!doctype html>)?", lambda found: found[0] + first, page.body, count=1),
            headers={**page.headers, **cors},
        )


def bare(path: str) -> str:
    """A path without query and fragment."""
    return path.partition("#")[0].partition("?")[0]


async def serve(stub: Stub) -> Callable[[], Awaitable[None]]:
    """Starts it on a free port; what stops it again."""
    app = Starlette(routes=[Route("/{path:path}", stub.answer, methods=["GET", "POST", "OPTIONS"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    stub.origin, stub.elsewhere = f"http://127.0.0.1:{port}", f"http://localhost:{port}"

    async def stop() -> None:
        stub.gate.set()
        server.should_exit = server.force_exit = True
        await task

    return stop
