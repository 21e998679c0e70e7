"""Segment's HTTP API, which RudderStack's clients speak too: POST /v1/track and its like."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from functools import partial

from msgspec import json

from gateway.intake.segment import CALLS, Calls, read_calls, read_hits
from gateway.intake.snippet import Rejected, rejections
from gateway.web.answers import Answer, as_json, failed
from gateway.web.asked import Asked
from gateway.web.dialects import Reception, Speak, beside, preflight
from gateway.web.runtime import Runtime

PATHS = {f"/v1/{word}": called for short, called in CALLS.items() for word in (short, called)}
"""Each call has a long and a short address."""
METHODS = b"POST, OPTIONS"


class SegmentApi:
    """Calls in; the answer once they are on disk."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._door = reception.door

    async def answer(self, called: str, asked: Asked, _: bytes) -> Answer:
        """Of POST /v1/{called}."""
        if asked.method == "OPTIONS":
            return preflight(asked, METHODS, self._reception.directory.speaking(matomo=False))
        if asked.method != "POST":
            headers = {"Allow": METHODS.decode()}
            return failed(405, "wrong_method", "this address does not take this method", headers)
        return _told(await self._reception.take(asked, partial(self._read, called, asked)))

    async def _read(self, called: str, asked: Asked, body: bytes) -> Answer:
        said = read_calls(body, called)
        found = self._reception.directory.key(_basic(asked) or said.key)
        if found is None:
            headers = {"WWW-Authenticate": "Bearer"}
            return failed(401, "wrong_key", "there is not one container with this write key", headers)
        name, trusted = found
        return await self._door.answer(asked, name, partial(self._take, said, trusted), admitted=True)

    async def _take(self, said: Calls, trusted: bool, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        gateway, door = self._door.gateway, self._door
        sender = door.seen(asked, runtime, ip, trusted=trusted, apps=runtime.container.dialects.segment_apps)
        read = partial(read_hits, said, runtime.container, sender, beside(asked, trusted=trusted))
        taken = await gateway.ingest.read(runtime, read, page=False)
        for one in taken.rejected:
            gateway.metrics.rejected(runtime.container.name, one.error.code)
        return door.with_cookie(_done(taken.rejected), asked, runtime, taken.cookie)


def _basic(asked: Asked) -> str:
    """The write key as the name in Basic authentication, with no password."""
    kind, _, said = (asked.header(b"authorization") or "").partition(" ")
    try:
        return b64decode(said).decode().partition(":")[0] if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _told(answer: Answer) -> Answer:
    """An error in the words of Segment's too: its clients look for them, and send again where they find none."""
    if answer.status < 400:
        return answer
    said = json.decode(answer.body)
    body = json.encode({"success": False, "code": said["error"], "message": said["detail"], **said})
    return Answer(answer.status, body, answer.headers)


def _done(rejected: Sequence[Rejected]) -> Answer:
    told: dict[str, object] = {"success": True}
    if rejected:
        told["rejected"] = rejections(rejected)
    return as_json(told)


def addresses(reception: Reception) -> dict[str, Speak]:
    """Path → what answers there."""
    api = SegmentApi(reception)
    return {path: partial(api.answer, called) for path, called in PATHS.items()}
