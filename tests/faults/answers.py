"""Answers of receivers that are not what they seem."""

import itertools
import json
from collections.abc import Iterator

from aiohttp import web
from receivers import Answer, Received, Receiver


def after_taking(answer: Answer) -> Answer:
    """The hit is taken as usual, and then this is the answer."""

    async def taken(receiver: Receiver, received: Received) -> web.StreamResponse:
        await receiver.usual(receiver, received)
        return await answer(receiver, received)

    return taken


def short(less: int) -> Answer:
    """A bulk of which Matomo skips the last entries without a word."""

    async def answer(receiver: Receiver, received: Received) -> web.StreamResponse:
        entries = received.json["requests"]
        kept = entries[: max(0, len(entries) - less)]
        body = json.dumps({**received.json, "requests": kept}).encode()
        return await receiver.usual(
            receiver, Received("POST", received.path, received.headers, body, received.connection)
        )

    return answer


def in_turn(*answers: Answer | None) -> Answer:
    """One after another, for ever; None: as usual."""
    turns: Iterator[Answer | None] = itertools.cycle(answers)

    async def answer(receiver: Receiver, received: Received) -> web.StreamResponse:
        return await (next(turns) or receiver.usual)(receiver, received)

    return answer
