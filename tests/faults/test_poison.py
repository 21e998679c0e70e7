"""Hits that nobody can store, in the same group commits as good ones: each culprit is told, the good ones are stored,
nobody gets a 5xx.

Every fsync of the queue is made to take a while, so that what comes meanwhile shares the next one; strace counts them.
Needs strace, not root."""

import asyncio
import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from faults.clients import url_of
from faults.rig import ONE_OR_TWO, Scene
from faults.test_kill import ORIGIN
from faults.tools import need

SLOW = "200ms"
ROUNDS = 5
GOOD = 20
"""Good hits of a round that come alone; with each poison that can be told from its neighbours come two more."""


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


ALONE: Mapping[str, bytes] = {
    "no JSON": b'{"event": "purchase"',
    "nothing": b"",
    "no UTF-8": b'{"event": "purchase", "title": "\xff\xfe"}',
    "UTF-16": '{"event": "purchase"}'.encode("utf-16"),
    "a key twice": b'{"event": "purchase", "event": "purchase"}',
    "NUL": b'{"event": "purchase", "title": "\\u0000"}',
    "half a surrogate pair": b'{"event": "purchase", "title": "\\ud83d"}',
    "half a surrogate pair as a key": b'{"event": "purchase", "fields": {"\\udc00": 1}}',
    "too deep": b'{"event": "purchase", "fields": {"a": %s}}' % deep(33).encode(),
    "deep enough to end a parser": b'{"event": "purchase", "fields": {"a": %s}}' % deep(50_000).encode(),
    "NaN": b'{"event": "purchase", "at": NaN}',
    "a number beyond a float": b'{"event": "purchase", "at": 1e999}',
    "a number beyond 64 bits": b'{"event": "purchase", "fields": {"a": 18446744073709551616}}',
    "a number of ten thousand digits": b'{"event": "purchase", "fields": {"a": %s}}' % (b"9" * 10_000),
    "no hits": b'{"hits": []}',
    "too many hits": json.dumps({"hits": [{"event": "purchase"}] * 101}).encode(),
    "larger than may be": b'{"event": "purchase", "title": "%s"}' % (b"x" * (257 << 10)),
}
"""Bodies that cannot be read at all."""

AMONG: Mapping[str, object] = {
    "no object": 7,
    "no event": {"title": "a"},
    "an event without a name": {"event": ""},
    "an event too long": {"event": "e" * 8193},
    "an event that is a list": {"event": ["purchase"]},
    "a key that is not known": {"event": "purchase", "admin": True},
    "a key of servers": {"event": "purchase", "ip": "192.0.2.1"},
    "an id that is none": {"event": "purchase", "id": "'; DROP TABLE parcels; --"},
    "a time that is a text": {"event": "purchase", "at": "yesterday"},
    "consent that is a text": {"event": "purchase", "consent": {"analytics": "yes"}},
    "fields that are a list": {"event": "purchase", "fields": [1, 2]},
    "too many fields": {"event": "purchase", "fields": {f"f{n}": n for n in range(101)}},
    "a page too long": {"event": "purchase", "page": "p" * 129},
}
"""Hits that cannot be read; their neighbours in a body can."""

ODD: Mapping[str, dict[str, object]] = {
    "an address that is none": {"referrer": "http://[::1"},
    "a referrer of nothing but blanks": {"referrer": " \t\n"},
    "a time long ago": {"at": -1e300},
    "a time to come": {"at": 1e300, "consent_at": 1e300},
    "the largest number": {"fields": {"a": 2**64 - 1, "b": -(2**63), "c": 1e308}},
    "every character that might mean something": {"title": "\x01\x1b[31m'\"<>&;\\\u2028\ufeff\ufffe\U0010ffff"},
    "a user ID that is none": {"user_id": [{"a": None}], "account": {"b": []}, "traits": {"email": 7}},
    "a text of a quarter of a megabyte": {"title": "x" * (250 << 10)},
    "keys of every kind": {"fields": {"": 1, "a.b[0]": 2, "ключ": 3, "\U0001f600": 4}},
}
"""Hits that look like poison and are to be stored."""


def good(more: Mapping[str, object] | None = None) -> dict[str, object]:
    number = uuid.uuid4()
    return {"event": "purchase", "id": str(number), "url": url_of(number), **(more or {})}


class Round:
    """One of each, at the same time."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, f"{url}/collect/shop"
        self.stored: list[str] = []
        self.wrong: list[str] = []

    async def run(self) -> None:
        tasks = [self._refused(name, body) for name, body in ALONE.items()]
        tasks += [self._refused(name, json.dumps(hit).encode()) for name, hit in AMONG.items()]
        tasks += [self._between(name, hit) for name, hit in AMONG.items()]
        tasks += [self._taken(name, more) for name, more in ODD.items()]
        tasks += [self._taken("a good one", {}) for _ in range(GOOD)]
        await asyncio.gather(*tasks)

    async def _post(self, body: bytes) -> tuple[int, dict[str, object]]:
        async with self._session.post(self._url, data=body, headers=ORIGIN) as answer:
            told = await answer.read()
            return answer.status, json.loads(told) if told else {}

    async def _refused(self, name: str, body: bytes) -> None:
        status, told = await self._post(body)
        if status not in (400, 413) or not re.fullmatch("[a-z0-9_]+", str(told.get("error"))):
            self.wrong.append(f"{name}: {status} {told}")

    async def _between(self, name: str, hit: object) -> None:
        """The body is taken without it, and says which it was."""
        before, after = good(), good()
        status, told = await self._post(json.dumps({"hits": [before, hit, after]}).encode())
        self.stored += [str(before["url"]), str(after["url"])]
        rejected = told.get("rejected")
        if status != 200 or not isinstance(rejected, list) or [one["index"] for one in rejected] != [1]:
            self.wrong.append(f"{name} between two: {status} {told}")

    async def _taken(self, name: str, more: Mapping[str, object]) -> None:
        hit = good(more)
        status, told = await self._post(json.dumps(hit).encode())
        self.stored.append(str(hit["url"]))
        if status != 204:
            self.wrong.append(f"{name}: {status} {told}")


def commits(scene: Scene) -> int:
    """fsyncs of the queue's log."""
    return (scene.gateway.base / "strace").read_text().count("fdatasync(")


@pytest.mark.parametrize("workers", ONE_OR_TWO)
async def test_poison_in_a_group_commit_is_told_and_its_neighbours_are_stored(tmp_path: Path, workers: int) -> None:
    need("strace")
    async with Scene(tmp_path, clients=0, workers=workers) as scene:
        record = ("-o", str(tmp_path / "strace"), "-P", str(scene.gateway.data / "queue.db-wal"))
        slow = ("-e", "trace=fdatasync", "-e", f"inject=fdatasync:delay_enter={SLOW}")
        scene.gateway.through = ("strace", "-D", "-q", "-f", "--seccomp-bpf", *record, *slow)
        await scene.gateway.start()
        wrong: list[str] = []
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            for receiver in scene.receivers:
                await receiver.down()
            before = commits(scene)
            for _ in range(ROUNDS):
                one = Round(session, scene.gateway.url)
                await one.run()
                scene.load.stored |= dict.fromkeys(one.stored, 0.0)
                wrong += one.wrong
            shared = commits(scene) - before
        assert wrong == []
        stored = len(scene.load.stored)
        kinds = len(ALONE) + len(AMONG)
        print(f"{ROUNDS} × {kinds} kinds of poison; {stored} hits in about {shared} commits")
        assert stored > 5 * shared, "they shared commits"
        assert await scene.gateway.stop() == 0
        scene.gateway.through = ()
        for receiver in scene.receivers:
            await receiver.up()
        await scene.gateway.start()
        print(await scene.settled())
        assert "Traceback" not in scene.gateway.log.read_text()
