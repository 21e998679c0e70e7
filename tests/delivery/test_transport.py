"""The transport against real servers and real sockets."""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from receivers import Receiver, drip, endless, garbage, hang, redirect, reset, status

from gateway.delivery.addresses import ForbiddenAddress, Guard
from gateway.delivery.http import LONGEST_ANSWER
from gateway.delivery.transport import Transport, look_up
from gateway.model import Append, Fault, Reply, Request

LOCAL = (ip_network("127.0.0.0/8"),)
NOW = 1_780_000_000.0


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as made:
        yield made


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    made = Transport(LOCAL, agent="taggate/test", clock=lambda: NOW)
    yield made
    await made.close()


def post(url: str, body: bytes = b"{}") -> Request:
    return Request(url=url, body=body, headers={"content-type": "application/json"})


async def test_posts_the_body_and_little_else(
    receiver: Receiver, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    receiver.answers(status(200, "fine", {"X-Thing": "a", "set-cookie": "a=b; Path=/"}))
    for _ in range(2):
        reply = await transport.send(post(f"{receiver.url}/in?a=b", b'{"a":1}'), 5)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body, reply.headers["x-thing"]) == (200, b"fine", "a")
    for got in receiver.requests:
        assert (got.method, got.path, got.body) == ("POST", "/in?a=b", b'{"a":1}')
        assert got.headers["user-agent"] == "taggate/test"
        assert got.headers["accept-encoding"] == "identity"
        assert got.headers["content-type"] == "application/json"
        assert not {"cookie", "referer", "accept-language", "authorization"} & got.headers.keys()


async def test_an_answer_without_a_date_gets_one(transport: Transport, receiver: Receiver) -> None:
    receiver.answers(garbage(b"HTTP/1.1 503 no\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n"))
    reply = await transport.send(post(receiver.url), 5)
    assert reply == Reply(503, {"retry-after": "5", "content-length": "0", "date": "Thu, 28 May 2026 20:26:40 GMT"})


async def test_a_redirect_is_not_followed(receiver: Receiver, transport: Transport) -> None:
    receiver.answers(redirect(f"{receiver.url}/elsewhere", 307))
    reply = await transport.send(post(receiver.url), 5)
    assert isinstance(reply, Reply)
    assert reply.status == 307
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "answer", [hang(), drip(), reset(), garbage(), garbage(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")]
)
async def test_sent_and_no_full_answer(receiver: Receiver, transport: Transport, answer: object) -> None:
    receiver.answers(answer)  # type: ignore[arg-type]
    assert await transport.send(post(receiver.url), 0.5) is Fault.NO_ANSWER
    assert len(receiver.requests) == 1


async def test_an_answer_that_is_still_coming_when_its_receiver_ends_is_none(
    receiver: Receiver, transport: Transport
) -> None:
    receiver.answers(drip())
    sending = asyncio.create_task(transport.send(post(receiver.url), 5))
    await receiver.arrived(1)
    await receiver.down()
    assert await sending is Fault.NO_ANSWER


async def test_no_more_than_64_kib_are_read(receiver: Receiver, transport: Transport) -> None:
    for answer in (endless(), status(200, b"x" * LONGEST_ANSWER), status(200, b"x" * (LONGEST_ANSWER + 1))):
        receiver.answers(answer)
        reply = await transport.send(post(receiver.url), 5)
        assert isinstance(reply, Reply)
        assert reply.body == b"x" * LONGEST_ANSWER


async def test_nothing_is_unpacked(receiver: Receiver, transport: Transport) -> None:
    receiver.answers(status(200, b"\x1f\x8b", {"content-encoding": "gzip"}))
    reply = await transport.send(post(receiver.url), 5)
    assert isinstance(reply, Reply)
    assert reply.body == b"\x1f\x8b"


async def test_nobody_listens(transport: Transport, receiver: Receiver) -> None:
    await receiver.down()
    assert await transport.send(post(receiver.url), 5) is Fault.NO_CONNECTION


async def test_no_such_name() -> None:
    def lookup(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    transport = Transport(lookup=lookup)
    assert await transport.send(post("https://nowhere.example/"), 5) is Fault.NO_CONNECTION
    await transport.close()


async def test_a_connection_that_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.delivery.http.CONNECT", 0.05)
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def lookup(host: str, port: int) -> list[str]:
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
        return ["127.0.0.1"]

    transport = Transport(LOCAL, lookup=lookup)
    assert await transport.send(post("http://slow.example/"), 5) is Fault.NO_CONNECTION
    gate.set()
    await transport.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "127.1", "0x7f.1",
     "0.0.0.0", "169.254.169.254", "10.0.0.1", "[fe80::1]", "[fd00::1]"],
)  # fmt: skip
async def test_private_addresses_are_refused(receiver: Receiver, host: str) -> None:
    transport = Transport()
    assert await transport.send(post(f"http://{host}:{receiver.port}/"), 5) is Fault.FORBIDDEN_ADDRESS
    await transport.close()
    assert receiver.requests == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1", "127.0.0.1", "::1"]])
async def test_a_name_that_stands_for_a_private_address(receiver: Receiver, addresses: list[str]) -> None:
    transport = Transport(lookup=lambda host, port: addresses)
    assert await transport.send(post(f"http://public.example:{receiver.port}/"), 5) is Fault.FORBIDDEN_ADDRESS
    await transport.close()
    assert receiver.requests == []


async def test_a_name_of_an_allowed_network(receiver: Receiver) -> None:
    transport = Transport(LOCAL, lookup=lambda host, port: ["10.0.0.1", "127.0.0.1", "127.0.0.1"])
    reply = await transport.send(post(f"http://inside.example:{receiver.port}/"), 5)
    assert isinstance(reply, Reply)
    assert receiver.requests[0].headers["host"] == f"inside.example:{receiver.port}"
    await transport.close()


@pytest.mark.parametrize("url", ["ftp://example.com/", "nothing", "http:///x", "file:///etc/passwd", "http://[::1/"])
async def test_what_is_no_web_address(transport: Transport, url: str) -> None:
    assert await transport.send(post(url), 5) is Fault.FORBIDDEN_ADDRESS


async def test_a_certificate_nobody_vouches_for(transport: Transport, tmp_path: Path) -> None:
    async with Receiver(tls=self_signed(tmp_path)) as receiver:
        assert await transport.send(post(receiver.url), 5) is Fault.TLS
        assert receiver.requests == []


async def test_tls_to_what_speaks_none(transport: Transport, receiver: Receiver) -> None:
    assert await transport.send(post(f"https://127.0.0.1:{receiver.port}/"), 5) is Fault.TLS


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "both.pem").write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, secret)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".example"])
async def test_a_name_that_no_resolver_takes_is_for_a_person_to_put_right(transport: Transport, host: str) -> None:
    assert await transport.send(post(f"http://{host}/"), 5) is Fault.FORBIDDEN_ADDRESS


async def test_a_name_that_hangs_holds_up_neither_others_nor_the_end(receiver: Receiver) -> None:
    go = Event()

    def lookup(host: str, port: int) -> list[str]:
        if host.startswith("hangs"):
            go.wait(20)
        return ["127.0.0.1"]

    transport = Transport(LOCAL, lookup=lookup)
    try:
        hanging = [asyncio.create_task(transport.send(post(f"http://hangs{n}.example/"), 20)) for n in range(80)]
        await asyncio.sleep(0)
        reply = await transport.send(post(f"http://fine.example:{receiver.port}/"), 5)
        assert isinstance(reply, Reply)
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()
        await transport.close()
        assert all(thread.daemon for thread in enumerate_threads() if thread.name == "lookup")
    finally:
        go.set()


async def test_a_file_is_appended_to(transport: Transport, tmp_path: Path) -> None:
    for _ in range(2):
        assert await transport.send(Append(str(tmp_path / "a"), b"{}\n"), 5) == Reply(201)
    assert (tmp_path / "a").read_bytes() == b"{}\n{}\n"


def test_the_systems_names() -> None:
    assert "127.0.0.1" in look_up("127.0.0.1", 80)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::1", True),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.0.0.1", False),
        ("192.0.0.192", False),
        ("168.63.129.16", False),
        ("168.63.129.17", True),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("192.168.0.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_addresses(address: str, allowed: bool) -> None:
    assert Guard().permits(address) is allowed


def test_the_operators_networks() -> None:
    guard = Guard(map(ip_network, ("10.1.0.0/16", "fd00::/8")))
    assert guard.permits("10.1.2.3")
    assert guard.permits("::ffff:10.1.2.3")
    assert guard.permits("fd00::1")
    assert not guard.permits("10.2.0.1")
    assert not guard.permits("127.0.0.1")


def test_the_refusal_names_nothing() -> None:
    with pytest.raises(ForbiddenAddress) as caught:
        Guard().socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.9.8.7", 80)))
    assert "10.9" not in str(caught.value)
