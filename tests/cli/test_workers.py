"""`taggate serve --workers 2` from outside: real processes, real connections, killed and stopped in every way."""

import asyncio
import json
import os
import re
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest
from process import KEY, Gateway, free_port, until
from receivers import MatomoReceiver, WebhookReceiver, status

SHOP = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: {{ from: {{ cookie: cookie_consent }}, purposes: {{ analytics: statistics }} }}
visitor: {{ remember_when: analytics_ok }}
variables:
  account_id: {{ data_layer: user.id }}
triggers:
  purchase:     {{ event: purchase }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
  signed_in:    {{ account_id: {{ present: true }} }}
  known:        {{ all_of: [signed_in, analytics_ok] }}
tags:
  matomo:
    type: matomo
    send_when: purchase
    consent: not_needed
    settings: {{ url: {matomo}/, site_id: 1, token: {{ secret: matomo_token }} }}
  crm:
    type: webhook
    send_when: {{ all_of: [purchase, analytics_ok] }}
    settings: {{ url: {crm}/hook }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  rules:
    - {{ when: known, attach: [matomo, crm] }}
  otherwise: drop
tests: []
"""
ORIGIN = {"Origin": "https://shop.example.com"}
Receivers = tuple[MatomoReceiver, WebhookReceiver]


class Line:
    """One connection, kept; `worker` is the process at its other end."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.cookie: str | None = None

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.gateway.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        sent = json.dumps(body).encode() if body is not None else b""
        head = [f"{method} {path} HTTP/1.1", "Host: tg", "Origin: https://shop.example.com"]
        head += [f"Content-Length: {len(sent)}", *([f"Cookie: {self.cookie}"] if self.cookie else [])]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + sent)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        if found := re.search(r"set-cookie: (tg_shop=[^;]*)", answer, re.IGNORECASE):
            self.cookie = found[1]
        size = re.search(r"content-length: (\d+)", answer, re.IGNORECASE)
        text = await self._reader.readexactly(int(size[1]) if size else 0)
        return int(answer.split()[1]), text

    async def send(self, user: Any = None, **more: Any) -> int:
        """A purchase of a visitor who agreed."""
        values = {} if user is None else {"account_id": user or None}
        hit = {"event": "purchase", "consent": {"analytics": True}, "values": values, **more}
        return (await self.ask("POST", "/collect/shop", hit))[0]

    @property
    def worker(self) -> int:
        """Once it answered something: whose socket the connection's other end is (proc_net_tcp, proc_pid_fd)."""
        own = self._writer.get_extra_info("sockname")[1]
        ends = f":{self.gateway.port:04X} ", f":{own:04X} "
        lines = Path("/proc/net/tcp").read_text().splitlines()
        inode = next(line.split()[9] for line in lines if ends[0] in line[:22] and ends[1] in line[20:36])
        return next(pid for pid in workers(self.gateway) if f"socket:[{inode}]" in held(pid))


def held(pid: int) -> list[str]:
    """What a process has open."""
    found = []
    # It may end meanwhile.
    with suppress(OSError):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.append(str(path.readlink()))
    return found


def workers(gateway: Gateway) -> list[int]:
    """The processes that answer."""
    assert gateway.process is not None
    keeper = gateway.process.pid
    return [int(pid) for pid in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()]


class Lines:
    """Connections to a gateway; all are closed in the end."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def one(self) -> Line:
        line = await self._stack.enter_async_context(Line(self._gateway))
        assert (await line.ask("GET", "/healthz"))[0] == 200
        return line

    async def two(self) -> tuple[Line, Line]:
        """To different workers."""
        first = await self.one()
        while (second := await self.one()).worker == first.worker:
            pass
        return first, second


class Load:
    """Clients that send single hits, each over a new connection, until told to stop; `stored` were answered 2xx."""

    def __init__(self, gateway: Gateway, clients: int = 6) -> None:
        self.stored: list[str] = []
        self.statuses: set[int] = set()
        self._gateway = gateway
        self._stop = asyncio.Event()
        self._tasks = [asyncio.create_task(self._client()) for _ in range(clients)]

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _client(self) -> None:
        while not self._stop.is_set():
            number = uuid.uuid4()
            url = f"https://shop.example.com/order-{number}"
            try:
                async with Line(self._gateway) as line:
                    answered = await line.send(id=str(number), url=url)
            except (OSError, asyncio.IncompleteReadError):
                continue
            self.statuses.add(answered)
            if answered == 204:
                self.stored.append(url)

    async def more(self, number: int = 40) -> None:
        """Returns when so many more are stored."""
        wanted = len(self.stored) + number
        await until(lambda: len(self.stored) >= wanted, within=30)


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with MatomoReceiver(token=KEY) as matomo, WebhookReceiver() as crm:
        yield matomo, crm


@pytest.fixture
async def gateway(tmp_path: Path, receivers: Receivers) -> AsyncIterator[Gateway]:
    made = Gateway(tmp_path, {"shop": shop(receivers)}, workers=2)
    await made.start()
    yield made
    await made.kill()


@pytest.fixture
async def lines(gateway: Gateway) -> AsyncIterator[Lines]:
    async with Lines(gateway) as made:
        yield made


def shop(receivers: Receivers) -> str:
    matomo, crm = receivers
    return SHOP.format(matomo=matomo.url, crm=crm.url)


def events(gateway: Gateway) -> list[str]:
    return re.findall(r'"event": "(\w+)"', gateway.log.read_text())


async def arrive(load: Load, receivers: Receivers) -> None:
    """Returns when all that was stored is at both receivers."""
    matomo, crm = receivers

    def all_there() -> bool:
        stored = set(load.stored)
        there = {entry["url"] for entry in matomo.recorded}, {event["page"]["url"] for event in crm.events}
        return stored <= there[0] and stored <= there[1]

    await until(all_there, within=60)


async def ended(gateway: Gateway, pids: list[int]) -> None:
    """Returns when these processes are gone."""
    await until(lambda: not any(map(there, pids)), within=30)


def there(pid: int) -> bool:
    """Whether a process is there."""
    return Path(f"/proc/{pid}").exists()


async def test_both_workers_answer_and_speak_for_all(gateway: Gateway, lines: Lines, receivers: Receivers) -> None:
    many = [await lines.one() for _ in range(16)]
    assert [await line.send() for line in many for _ in range(3)] == [204] * 48
    assert {line.worker for line in many} == set(workers(gateway))
    assert (await many[0].ask("POST", "/collect/shop", {"event": "purchase"}))[0] == 204
    assert (await many[1].ask("POST", "/collect/shop", {}))[0] == 400
    for line in many:
        _, text = await line.ask("GET", "/metrics")
        assert b'taggate_hits_total{container="shop"} 49.0' in text
        assert b'taggate_accepted_total{container="shop",tag="matomo"} 49.0' in text
        ready = json.loads((await line.ask("GET", "/readyz"))[1])
        assert (ready["ready"], ready["unready"], ready["degraded"], list(ready["containers"])) == (
            True,
            [],
            [],
            ["shop"],
        )
    await until(lambda: delivered(gateway, 49))
    # Only the keeper has the data folder open.
    data = str(gateway.data)
    assert not any(path.startswith(data) for pid in workers(gateway) for path in held(pid))
    assert events(gateway).count("container_loaded") == events(gateway).count("listening") == 1


async def delivered(gateway: Gateway, number: int) -> bool:
    """Whether the books balance with so many delivered to Matomo."""
    found = await gateway.metrics()
    books = {
        name: int(found.get(f'taggate_{name}{{container="shop",tag="matomo"}}', 0))
        for name in ("accepted_total", "delivered_total", "dead", "pending")
    }
    assert books["accepted_total"] == books["delivered_total"] + books["dead"] + books["pending"]
    return books["delivered_total"] == number


async def test_a_visitor_over_both_workers_is_one(gateway: Gateway, lines: Lines, receivers: Receivers) -> None:
    one, other = await lines.two()
    assert await one.send("") == 204
    other.cookie = one.cookie
    for line, user in ((other, "alice"), (one, "alice"), (other, ""), (one, None)):
        cookie = line.cookie
        assert await line.send(user) == 204
        if line.cookie != cookie:
            one.cookie = other.cookie = line.cookie
    await until(lambda: len(receivers[0].recorded) == 5)
    entries = receivers[0].recorded
    assert [entry.get("uid") for entry in entries] == [None, "alice", "alice", None, None]
    assert [entry.get("new_visit") for entry in entries] == [None, "1", None, "1", None]
    assert [entry["cid"] == entries[at - 1]["cid"] for at, entry in enumerate(entries)][1:] == [
        False,
        True,
        False,
        True,
    ]


async def test_a_hit_is_withdrawn_over_the_other_worker(gateway: Gateway, lines: Lines, receivers: Receivers) -> None:
    receivers[1].answers(status(503))
    one, other = await lines.two()
    assert [await one.send("alice") for _ in range(3)] == [204] * 3
    other.cookie = one.cookie
    answer, _ = await other.ask("POST", "/consent/shop", {"consent": {"analytics": False}})
    assert answer == 204
    found = await gateway.metrics()
    assert found['taggate_dropped_total{container="shop",reason="consent_withdrawn",tag="crm"}'] == 3
    assert found['taggate_withdrawals_total{container="shop"}'] == 1
    receivers[1].answers(None)
    hit = {"event": "purchase", "values": {"account_id": "alice"}}
    assert (await one.ask("POST", "/collect/shop", hit))[0] == 204
    assert (await gateway.metrics())['taggate_accepted_total{container="shop",tag="crm"}'] == 3


async def test_a_hit_sent_again_to_the_other_worker_is_one(gateway: Gateway, lines: Lines) -> None:
    one, other = await lines.two()
    number = str(uuid.uuid4())
    for line in (one, other, one, other):
        assert await line.send("alice", id=number) == 204
    assert (await gateway.metrics())['taggate_accepted_total{container="shop",tag="matomo"}'] == 1


async def test_a_killed_worker_loses_nothing_and_is_there_again(gateway: Gateway, receivers: Receivers) -> None:
    load = Load(gateway)
    before = 0.0
    for at in range(3):
        await load.more()
        victim, survivor = workers(gateway)
        os.kill(victim, signal.SIGKILL)
        await load.more()
        await until(lambda victim=victim: len(set(workers(gateway)) - {victim}) == 2, within=20)
        assert survivor in workers(gateway)

        async def whole(ends: int = at + 1) -> bool:
            return events(gateway).count("worker_ended") == ends and await degraded(gateway) == []

        await until(whole, within=20)
        counted = (await gateway.metrics())['taggate_hits_total{container="shop"}']
        assert counted >= before + 80 - len(load._tasks)
        before = counted
    await load.stop()
    assert load.statuses == {204}
    await arrive(load, receivers)
    assert await gateway.stop() == 0


async def degraded(gateway: Gateway) -> list[str]:
    with suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session, session.get(gateway.url + "/readyz") as answer:
            found: list[str] = (await answer.json())["degraded"]
            return found
    return ["no answer"]


async def test_a_killed_keeper_loses_nothing_and_its_workers_end(gateway: Gateway, receivers: Receivers) -> None:
    load = Load(gateway)
    for _ in range(2):
        await load.more()
        left = workers(gateway)
        await gateway.kill()
        await ended(gateway, left)
        await gateway.start()
    await load.more()
    await load.stop()
    assert load.statuses <= {204, 503}
    await arrive(load, receivers)
    assert await gateway.stop() == 0
    assert "Traceback" not in gateway.log.read_text()


@pytest.mark.parametrize("to_all", [False, True], ids=["to the keeper", "to all at once"])
async def test_sigterm_under_load_ends_well(gateway: Gateway, receivers: Receivers, to_all: bool) -> None:
    load = Load(gateway)
    await load.more()
    pids = workers(gateway)
    assert gateway.process is not None
    for pid in (gateway.process.pid, *(pids if to_all else ())):
        os.kill(pid, signal.SIGTERM)
    assert await asyncio.wait_for(gateway.process.wait(), 30) == 0
    assert not any(map(there, pids))
    gateway.process = None
    await gateway.start()
    await load.more()
    await load.stop()
    await arrive(load, receivers)
    assert not {"worker_ended", "worker_failed", "keeper_gone", "library"} & set(events(gateway))
    assert "Traceback" not in gateway.log.read_text()


async def test_a_worker_told_to_end_is_followed_by_another(gateway: Gateway) -> None:
    load = Load(gateway)
    await load.more()
    victim, _ = workers(gateway)
    os.kill(victim, signal.SIGTERM)
    await ended(gateway, [victim])
    await until(lambda: len(workers(gateway)) == 2, within=20)
    await load.more()
    await load.stop()
    assert load.statuses == {204}


async def test_a_new_version_runs_everywhere_and_a_bad_one_nowhere(
    gateway: Gateway, lines: Lines, receivers: Receivers
) -> None:
    one, other = await lines.two()
    path = gateway.base / "tags" / "shop.yaml"

    async def revision() -> str:
        found: str = json.loads((await one.ask("GET", "/readyz"))[1])["containers"]["shop"]
        return found

    def write(text: str) -> None:
        path.with_suffix(".tmp").write_text(text)
        path.with_suffix(".tmp").rename(path)

    async def changed(first: str) -> bool:
        return await revision() != first

    first = await revision()
    write(shop(receivers).replace("purchase:     { event: purchase }", "purchase:     { event: sale }"))
    await until(lambda: changed(first))
    for line in (one, other):
        assert await line.send(event="sale") == 204
        assert await line.send() == 204
    assert await accepted(gateway) == 2
    write(shop(receivers) + "nonsense: true\n")
    await until(lambda: "container_refused" in events(gateway))
    for line in (one, other):
        assert await line.send(event="sale") == 204
        ready = json.loads((await line.ask("GET", "/readyz"))[1])
        assert (ready["ready"], len(ready["degraded"])) == (True, 1)
    assert await accepted(gateway) == 4
    assert events(gateway).count("container_refused") == events(gateway).count("container_problem") == 1
    # One that starts now runs what all run.
    victim = one.worker
    os.kill(victim, signal.SIGKILL)
    await until(lambda: set(workers(gateway)) - {victim, other.worker} != set(), within=20)

    async def only_the_file() -> bool:
        return len(await degraded(gateway)) == 1

    await until(only_the_file, within=20)
    for line in [await lines.one() for _ in range(8)]:
        assert await line.send(event="sale") == 204
    assert await accepted(gateway) == 12


async def accepted(gateway: Gateway) -> float:
    return (await gateway.metrics())['taggate_accepted_total{container="shop",tag="matomo"}']


async def test_limits_hold_for_all_workers_together(tmp_path: Path, receivers: Receivers) -> None:
    gateway = Gateway(tmp_path, {"shop": shop(receivers)}, workers=2)
    config = gateway.base / "config" / "gateway.yaml"
    config.write_text(config.read_text().replace("per_container: 0/s", "per_container: 20/s"))
    try:
        await gateway.start()
        async with Lines(gateway) as lines:
            one, other = await lines.two()
            # By itself the other one would let its first 40 pass.
            answers: list[int] = []
            while 429 not in answers and len(answers) < 39:
                for _ in range(40):
                    await one.send()
                answers.append(await other.send())
        assert 429 in answers
    finally:
        await gateway.kill()


async def test_an_address_in_use_is_told(gateway: Gateway, tmp_path: Path, receivers: Receivers) -> None:
    (tmp_path / "second").mkdir()
    second = Gateway(tmp_path / "second", {"shop": shop(receivers)}, workers=2)
    config = second.base / "config" / "gateway.yaml"
    config.write_text(config.read_text().replace(str(second.port), str(gateway.port)))
    with pytest.raises(AssertionError):
        second.port = free_port()
        await second.start()
    assert "cannot be listened on" in second.log.read_text()
    assert "Traceback" not in second.log.read_text()


async def test_a_worker_is_not_for_people(tmp_path: Path) -> None:
    from process import TAGGATE

    said = await asyncio.create_subprocess_exec(*TAGGATE, "worker", "99", stderr=asyncio.subprocess.PIPE)
    _, error = await said.communicate()
    assert (said.returncode, error.decode()) == (2, "A worker is started by `taggate serve --workers N`\n")
    helped = await asyncio.create_subprocess_exec(*TAGGATE, "--help", stdout=asyncio.subprocess.PIPE)
    out, _ = await helped.communicate()
    assert b"worker" not in out
