"""A gateway seen from outside, through all that may go wrong with words in it: none of them gets into its log."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from delivery.test_transport import self_signed
from process import KEY, Gateway, until
from receivers import Received, Receiver, WebhookReceiver, garbage

USER = "canary-user-5ae1f0"
WORD = "canary5ae1f0"
"""In everything else that a client says."""

CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
accept: {{ server: {{ key: {{ secret: shop_server }} }} }}
consent: not_needed
visitor: {{ remember_when: all_hits }}
variables:
  account_id: {{ data_layer: user.id }}
  email: {{ trait: email, personal: true }}
triggers:
  all_hits:  {{ event: {{ not_one_of: [nothing] }} }}
  signed_in: {{ account_id: {{ present: true }} }}
tags:
{tags}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  rules:
    - {{ when: signed_in, attach: [{names}] }}
  otherwise: drop
tests: []
"""
TAG = """\
  {name}:
    type: {type}
    send_when: all_hits
    settings: {settings}
    identifiers: {{ email: email }}
"""


WRONG = (
    ("settings: { url", f"settings: {{ {WORD}: 1, url"),
    ("url: ", f"url: https://hooks.example.com/?{WORD} #"),
    ("send_when: all_hits", f"send_when: {WORD}"),
    (
        "tests: []",
        f"tests: [{{ name: a, given: {{ event: login, data_layer: {{ user: {{ id: {WORD} }} }} }}, expect: {{}} }}]",
    ),
    ("version: 1", f"version: 1\n{WORD}: {{"),
)
"""What an operator may get wrong in a container."""


def who(received: Received) -> str:
    """Whose hit it is."""
    return str(received.json.get("user", {}).get("id", WORD))


async def echo(receiver: Receiver, received: Received) -> Any:
    """400, and in its body and its headers what came."""
    from aiohttp import web

    said = received.body.decode()
    return web.Response(status=400, text=said, headers={"x-error": said[:200].replace("\n", " ")}, reason=USER)


async def away(receiver: Receiver, received: Received) -> Any:
    """A redirect that carries the ID along."""
    from aiohttp import web

    return web.Response(status=302, headers={"location": f"{receiver.url}/?user={who(received)}"})


async def throttled(receiver: Receiver, received: Received) -> Any:
    """429 with words where seconds should be."""
    from aiohttp import web

    return web.Response(status=429, headers={"retry-after": who(received)}, text=USER)


@pytest.fixture
async def receivers(tmp_path: Path) -> AsyncIterator[dict[str, Receiver]]:
    made = {
        "echo": Receiver(usual=echo),
        "away": Receiver(usual=away),
        "slow": Receiver(usual=throttled),
        "odd": Receiver(usual=garbage(f"HTTP/1.1 {USER}\r\n\r\n".encode())),
        "tls": WebhookReceiver(tls=self_signed(tmp_path)),
        "gone": WebhookReceiver(),
        "fine": WebhookReceiver(),
    }
    for receiver in made.values():
        await receiver.up()
    await made["gone"].down()
    yield made
    for receiver in made.values():
        await receiver.down()


def container(receivers: dict[str, Receiver], folder: Path) -> str:
    settings = {name: ("webhook", f'{{ url: "{one.url}/{WORD}" }}') for name, one in receivers.items()}
    settings |= {"nowhere": ("webhook", '{ url: "http://a..b/" }')}
    settings |= {"file": ("file", f'{{ path: "{folder}/{WORD}/hits" }}')}
    tags = "".join(TAG.format(name=name, type=kind, settings=told) for name, (kind, told) in settings.items())
    return CONTAINER.format(tags=tags, names=", ".join(settings))


async def bad_requests(client: aiohttp.ClientSession, gateway: Gateway) -> list[int]:
    """Whatever a client may get wrong, with a word of its own in each place."""
    answers = []
    for method, path, told in (
        ("POST", "/collect/shop", {"data": f'{{"event": "{WORD}'}),
        ("POST", "/collect/shop", {"data": json.dumps({"event": WORD, "user_id": {WORD: WORD}, "at": WORD})}),
        ("POST", "/collect/shop", {"data": "{}", "headers": {"origin": f"https://{WORD}.example"}}),
        ("POST", "/collect/shop", {"data": "{}", "headers": {"authorization": f"Bearer {WORD}"}}),
        ("POST", "/collect/shop", {"data": WORD * 30_000}),
        ("POST", f"/collect/{WORD}", {"data": "{}"}),
        ("GET", f"/{WORD}?{WORD}={WORD}", {}),
        ("PUT", f"/collect/shop?{WORD}", {"data": WORD}),
        ("POST", "/consent/shop", {"data": json.dumps({"consent": WORD})}),
        ("GET", "/collect/shop.gif", {"headers": {"referer": f"https://shop.example.com/{WORD}", "cookie": WORD}}),
        ("GET", f"/t/{WORD}.js", {}),
    ):
        async with client.request(method, gateway.url + path, **told) as answer:  # type: ignore[arg-type]
            answers.append(answer.status)
            assert WORD.encode() not in await answer.read()
    return answers


def raw(port: int, data: bytes) -> None:
    """Bytes that are no HTTP."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        connection.recv(1000)


NAMES = {
    *(
        "event",
        "level",
        "timestamp",
        "host",
        "port",
        "environment",
        "folder",
        "files",
        "logger",
        "at",
        "error",
        "where",
    ),
    *("container", "tag", "phase", "outcome", "reason", "revision", "problems", "problem", "kept"),
}
"""All that a line may say."""


async def test_no_value_gets_into_the_log(tmp_path: Path, receivers: dict[str, Receiver]) -> None:
    gateway = Gateway(tmp_path, {"shop": container(receivers, tmp_path)})
    await gateway.start()
    headers = {"origin": "https://shop.example.com", "user-agent": f"Mozilla {WORD}"}
    try:
        async with aiohttp.ClientSession(headers=headers) as client:
            hit = {
                "event": "login",
                "url": f"https://shop.example.com/?token={WORD}",
                "values": {"account_id": USER},
                "traits": {"email": f"{WORD}@example.com"},
            }
            for one in ({"event": "page_view"}, hit, {**hit, "event": "logout", "reset": True}):
                async with client.post(f"{gateway.url}/collect/shop", json=one) as answer:
                    assert answer.status == 204
            assert set(await bad_requests(client, gateway)) <= {200, 400, 401, 403, 404, 405, 413}
            for data in (f"GET {WORD} HTTP/9\r\n\r\n".encode(), b"\x16\x03\x01" + WORD.encode() * 20):
                await asyncio.to_thread(raw, gateway.port, data)
            broken = tmp_path / "tags" / "broken.yaml"
            text = container(receivers, tmp_path)
            for number, wrong in enumerate(WRONG):
                broken.write_text(text.replace(*wrong))
                await until(lambda: gateway.log.read_text().count("container_refused") > number)  # noqa: B023
            for name in ("echo", "away", "slow", "odd"):
                await receivers[name].arrived(1)
            await until(lambda: {"http_302", "http_429", "tls", "no_answer", "no_connection", "forbidden_address",
                                 "file_missing"} <= reasons(gateway))  # fmt: skip
            assert any(USER in repr(event) for event in receivers["fine"].events)  # type: ignore[attr-defined]
    finally:
        code = await gateway.stop()
    assert code == 0
    log = gateway.log.read_text()
    for value in (USER, WORD, KEY, "127.0.0.1:" + str(receivers["fine"].port), "Mozilla", "Traceback"):
        assert value not in log, value
    lines = [json.loads(line) for line in log.splitlines()[1:]]
    assert {"listening", "sender", "container_refused", "stopping"} <= {line["event"] for line in lines}
    assert {name for line in lines for name in line} <= NAMES


def reasons(gateway: Gateway) -> set[str]:
    """Of the senders' lines so far."""
    lines = gateway.log.read_text().splitlines()
    return {json.loads(line).get("reason", "") for line in lines if line.startswith("{") and line.endswith("}")}
