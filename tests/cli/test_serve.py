"""`taggate serve` as a process of its own: what it prints, how it ends, what a restart finds again."""

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest
from receivers import MatomoReceiver, WebhookReceiver, status
from web.gate import ENVIRONMENT, GRANTED, SECRETS, shop, until

COMMAND = [sys.executable, "-c", "from gateway.cli import main; main()"]
CONFIG = """\
version: 1
listen: 127.0.0.1:{port}
containers: ../tags
data: ../data
networks: {{ allow: [127.0.0.0/8] }}
limits: {{ disk_reserve: 1MiB, per_address: 0/s, per_container: 0/s }}
"""


class Process:
    """A gateway in a folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = ENVIRONMENT) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment}
        self.lines: list[str] = []
        self.port = 0

    async def __aenter__(self) -> Self:
        command = [*COMMAND, "serve", "--config", str(self.folder / "config" / "gateway.yaml")]
        self.process = await asyncio.create_subprocess_exec(
            *command,
            env=self.environment,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self.reading = asyncio.create_task(self._read())
        return self

    async def listening(self) -> aiohttp.ClientSession:
        """A client, once it answers."""
        await until(lambda: bool(self.port) or self.reading.done())
        assert self.port, self.lines
        return aiohttp.ClientSession(f"http://127.0.0.1:{self.port}", headers={"origin": "https://shop.example.com"})

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for raw in self.process.stdout:
            line = raw.decode().rstrip("\n")
            self.lines.append(line)
            if '"listening"' in line:
                self.port = json.loads(line)["port"]

    async def ended(self) -> int:
        """Its exit code."""
        async with asyncio.timeout(30):
            await self.reading
            return await self.process.wait()

    async def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return await self.ended()

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.ended()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
async def receivers() -> AsyncIterator[tuple[MatomoReceiver, WebhookReceiver]]:
    async with MatomoReceiver(token=SECRETS["MATOMO_TOKEN"]) as matomo, WebhookReceiver() as hooks:
        yield matomo, hooks


@pytest.fixture
def folder(tmp_path: Path, receivers: tuple[MatomoReceiver, WebhookReceiver]) -> Path:
    matomo, hooks = receivers
    for name in ("config", "tags"):
        (tmp_path / name).mkdir()
    (tmp_path / "config" / "gateway.yaml").write_text(CONFIG.format(port=0))
    (tmp_path / "tags" / "shop.yaml").write_text(shop(matomo.url + "/", hooks.url))
    return tmp_path


async def test_a_hangup_while_it_starts_does_not_end_it(folder: Path) -> None:
    async with Process(folder) as gateway:
        await until(lambda: bool(gateway.lines) or gateway.reading.done())
        gateway.process.send_signal(signal.SIGHUP)
        async with await gateway.listening():
            assert await gateway.stop() == 0


async def test_the_contract_over_the_wire(folder: Path, receivers: tuple[MatomoReceiver, WebhookReceiver]) -> None:
    canary = "canary5ae1f"
    async with Process(folder) as gateway, await gateway.listening() as client:
        assert any("taggate serves" in line for line in gateway.lines)

        async def post(data: Any, path: str = "/collect/shop", **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
            async with client.post(path, data=data, headers=headers) as answer:
                return answer.status, await answer.read(), answer.headers

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(300):
                yield canary.encode() * 200

        hit = {"event": "page_view", "page": "p" * 32, "consent": GRANTED, "user_id": "alice", "id": "0" * 31 + "1"}
        good, bad, origin, big, key = await asyncio.gather(
            post(json.dumps(hit)),
            post(f'{{"event": "{canary}'),
            post(json.dumps(hit), origin="https://notshop.example.com"),
            post(io.BytesIO(canary.encode() * 100_000)),
            post(json.dumps(hit), authorization=f"Bearer {canary}"),
        )
        assert [one[0] for one in (good, bad, origin, big, key)] == [204, 400, 403, 413, 401]
        assert "HttpOnly" in good[2]["set-cookie"]
        # The connection may be closed while the rest is still being sent.
        with contextlib.suppress(aiohttp.ClientOSError):
            assert (await post(chunks()))[0] == 413
        assert (await post("{}", path="/collect/nope"))[0] == 404
        async with client.get("/collect/shop", data=canary) as answer:
            assert (answer.status, set(answer.headers["allow"].split(", "))) == (405, {"OPTIONS", "POST"})
        async with client.get("/t/shop.js") as answer:
            etag = answer.headers["etag"]
            assert (answer.status, answer.headers["content-encoding"] in ("br", "gzip")) == (200, True)
        async with client.get("/t/shop.js", headers={"if-none-match": etag}) as answer:
            assert answer.status == 304
        async with client.get("/readyz") as answer:
            assert (await answer.json())["ready"]
        await receivers[0].arrived(1)
        await receivers[1].arrived(3)
        async with client.get("/metrics") as answer:
            metrics = await answer.text()
        assert 'taggate_hits_total{container="shop"} 1.0' in metrics
        assert not any(canary.encode() in one[1] + repr(dict(one[2])).encode() for one in (good, bad, origin, big, key))
        assert canary not in metrics
        assert await gateway.stop() == 0
        assert receivers[0].recorded[0]["uid"] == "alice"
    for secret in (canary, "alice", "127.0.0.1:4", *SECRETS.values()):
        assert secret not in gateway.said
    assert all(line.startswith("{") for line in gateway.lines[1:])


async def test_what_is_in_flight_is_delivered_before_the_end(
    folder: Path, receivers: tuple[MatomoReceiver, WebhookReceiver]
) -> None:
    _, hooks = receivers
    go = asyncio.Event()

    async def slowly(receiver: Any, received: Any) -> Any:
        await go.wait()
        return await status(204)(receiver, received)

    hooks.answers(slowly)
    async with Process(folder) as gateway, await gateway.listening() as client:
        async with client.post("/collect/shop", json={"event": "x"}) as answer:
            assert answer.status == 204
        await hooks.arrived(1)
        gateway.process.send_signal(signal.SIGTERM)
        await until(lambda: '"stopping"' in gateway.said)
        go.set()
        assert await gateway.ended() == 0
    hooks.answers(None)
    async with Process(folder) as gateway, await gateway.listening() as client:
        async with client.get("/metrics") as answer:
            assert 'taggate_delivered_total{container="shop",tag="plain"} 1.0' in await answer.text()
        assert await gateway.stop(signal.SIGINT) == 0
    assert len(hooks.requests) == 1


async def test_a_restart_keeps_the_queue_and_two_do_not_share_it(
    folder: Path, receivers: tuple[MatomoReceiver, WebhookReceiver]
) -> None:
    _, hooks = receivers
    hooks.answers(status(503))
    async with Process(folder) as gateway, await gateway.listening() as client:
        for number in range(20):
            async with client.post("/collect/shop", json={"event": f"event{number}"}) as answer:
                assert answer.status == 204
        async with Process(folder) as second:
            assert await second.ended() == 1
            assert "is in use by another taggate" in second.said
            assert "Traceback" not in second.said
        assert await gateway.stop(signal.SIGKILL) == -9
    hooks.answers(None)
    async with Process(folder) as gateway, await gateway.listening():
        await hooks.arrived(len(hooks.requests) + 20)
        assert await gateway.stop() == 0
    assert sorted({event["event"] for event in hooks.events}) == sorted(f"event{number}" for number in range(20))
