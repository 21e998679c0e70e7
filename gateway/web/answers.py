"""The answers of the public addresses, with what browsers on other hosts need to read them."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, json
from starlette.responses import Response
from starlette.types import Send

from gateway.intake.snippet import BadHit
from gateway.model import Json
from gateway.web.asked import Asked
from gateway.web.runtime import Runtime

RETRY_AFTER = "2"
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""The 43-byte transparent GIF that Matomo answers with too."""

Headers = Sequence[tuple[bytes, bytes]]


class Answer(Struct, frozen=True, gc=False):
    """Header names in lower case."""

    status: int = 204
    body: bytes = b""
    headers: Headers = ()

    def and_headers(self, more: Headers) -> "Answer":
        """The same with these too."""
        return Answer(self.status, self.body, (*self.headers, *more)) if more else self

    async def send(self, send: Send) -> None:
        """As ASGI messages."""
        headers = list(self.headers)
        if self.body or self.status not in _WITHOUT_BODY:
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


_WITHOUT_BODY = (204, 304)
UNKEPT = (b"cache-control", b"no-store")
"""Of all answers but scripts: caches keep also what says nothing of it, errors most of all."""
JSON = ((b"content-type", b"application/json"), UNKEPT)
STORED = Answer(headers=(UNKEPT,))
PIXEL = Answer(200, GIF, ((b"content-type", b"image/gif"), UNKEPT))


def as_json(told: Json, status: int = 200) -> Answer:
    """What a program reads."""
    return Answer(status, json.encode(told), JSON)


def failed(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An error as JSON; `detail` never holds a value of the request."""
    again = {"retry-after": RETRY_AFTER} if status in (429, 503) else {}
    told = {**again, **(headers or {})}
    body = json.encode({"error": code, "detail": detail})
    return Answer(status, body, [*JSON, *((name.lower().encode(), value.encode()) for name, value in told.items())])


def absent(name: str, broken: Collection[str]) -> Answer:
    """Of a container that does not run; those that are broken have a file."""
    if name in broken:
        # Who is told that there is none does not try again.
        return failed(503, "container_does_not_run", "the container has errors, and does not run right now")
    return failed(404, "unknown_container", "there is no such container")


def unreadable(error: BadHit) -> Answer:
    """400 for a body that cannot be read."""
    return failed(400, error.code, error.detail)


def plain(answer: Answer) -> Response:
    """For routes of Starlette."""
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers)


def shared(answer: Answer, asked: Asked, runtime: Runtime) -> Answer:
    """With the headers that let a page of the site read the answer."""
    return answer.and_headers(runtime.origins.headers(asked.header(b"origin")))


def preflight() -> Answer:
    """The answer to OPTIONS."""
    return Answer(
        headers=(
            UNKEPT,
            (b"allow", b"POST, OPTIONS"),
            (b"access-control-allow-methods", b"POST"),
            (b"access-control-allow-headers", b"Content-Type, Authorization"),
            (b"access-control-max-age", b"86400"),
        )
    )
