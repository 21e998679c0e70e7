"""`taggate doctor`: each finding on its own, and the whole on a gateway that runs and on one that does not."""

import asyncio
import errno
import json
import os
import socket
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from ipaddress import ip_network
from pathlib import Path

import pytest
from delivery.test_transport import self_signed
from msgspec import structs
from process import Gateway
from receivers import Receiver, WebhookReceiver
from typer.testing import CliRunner
from web.gate import shop

from gateway.cli import app
from gateway.cli.doctor import durable, examine, folder, logs, queue, setup, trust
from gateway.cli.doctor.durable import Mount, latency, mount_of, settings_of_sqlite, sqlite_version
from gateway.cli.doctor.finding import Finding, Level
from gateway.cli.doctor.reach import Reach
from gateway.delivery.senders import Route
from gateway.destinations import TABLE
from gateway.destinations.protocol import Target
from gateway.settings import Country, Limits, Settings
from gateway.store.folder import REPLACED, settle
from gateway.store.sqlite import SCHEMA

LOCAL = (ip_network("127.0.0.0/8"),)
NOW = 1_780_000_000.0
MOUNTINFO = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 22 0:25 / {base}/memory rw,nosuid - tmpfs tmpfs rw,size=1g
31 22 0:26 / {base}/cut rw,relatime - ext4 /dev/sdb1 rw,nobarrier
32 22 0:27 / {base}/with\\040space rw - nfs4 server:/x rw
33 22 0:28 / {base}/memory/disk rw - xfs /dev/sdc1 rw
34 22 0:29 / {base}/layer rw - overlay overlay rw,lowerdir=a,volatile
35 22 0:30 / {base}/odd rw - fuseblk /dev/sdd1
"""


def levels(found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(one.level.value, one.about) for one in found]


# where it lies


@pytest.mark.parametrize(
    ("place", "kind", "wanted"),
    [
        ("plain", "ext4", ["ok"]),
        ("memory/data", "tmpfs", ["problem"]),
        ("memory/disk/data", "xfs", ["ok"]),
        ("memories", "ext4", ["ok"]),
        ("cut", "ext4", ["ok", "problem"]),
        ("with space/data", "nfs4", ["problem"]),
        ("layer", "overlay", ["warning", "problem"]),
        ("odd", "fuseblk", ["warning"]),
    ],
)
def test_the_file_system_is_the_one_that_the_folder_lies_on(
    tmp_path: Path, place: str, kind: str, wanted: list[str]
) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTINFO.format(base=tmp_path))
    mount = mount_of(tmp_path / place, tmp_path / "mountinfo")
    assert mount is not None
    assert mount.kind == kind
    assert [one.level.value for one in durable._file_system(mount)] == wanted


def test_where_the_kernel_does_not_say_nobody_knows(tmp_path: Path) -> None:
    assert mount_of(tmp_path, tmp_path / "nowhere") is None
    (tmp_path / "empty").touch()
    assert mount_of(tmp_path, tmp_path / "empty") is None
    assert levels(durable._file_system(None)) == [("warning", "file-system")]
    assert isinstance(mount_of(tmp_path, durable.MOUNTS), Mount | None)


def test_a_real_write_is_tried_and_leaves_nothing(tmp_path: Path) -> None:
    found = list(durable._writes(tmp_path))
    assert [one.about for one in found] == ["sqlite", "fsync"]
    assert "journal_mode=wal, synchronous=FULL" in found[0].says
    assert list(tmp_path.iterdir()) == []
    [found] = durable._writes(tmp_path / "nowhere")
    assert (found.level, found.about) == (Level.PROBLEM, "write")


def test_what_the_numbers_mean() -> None:
    assert [latency([ms]).level for ms in (0.01, 0.3, 80)] == [Level.WARNING, Level.OK, Level.WARNING]
    assert sqlite_version((3, 51, 3)).says == "SQLite is 3.51.3."
    assert "taggate is the only one" in sqlite_version((3, 51, 2)).says
    for journal, synchronous, level in (
        ("wal", 2, Level.OK),
        ("wal", 3, Level.OK),
        ("wal", 1, Level.PROBLEM),
        ("delete", 2, Level.PROBLEM),
    ):
        assert settings_of_sqlite("x", "a file", journal, synchronous).level is level
    assert "synchronous=9" in settings_of_sqlite("x", "a file", "wal", 9).says
    assert queue.clock(None, 5).level is Level.OK
    assert queue.clock(10_000, 6000).level is Level.OK
    late = queue.clock(3_700_000, 0)
    assert (late.level, "1 h after now" in late.says) == (Level.PROBLEM, True)


# the folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("data", "secrets", "tags"):
        (tmp_path / name).mkdir(mode=0o700)
    return Settings(
        containers=tmp_path / "tags",
        data=tmp_path / "data",
        secrets=tmp_path / "secrets",
        limits=Limits(disk_reserve=1, queue=1 << 20),
        allowed_networks=LOCAL,
    )


def test_files_that_others_can_open_are_named(settings: Settings) -> None:
    assert levels(folder._modes("data", settings.data)) == [("ok", "modes")]
    for number in range(5):
        (settings.data / f"f{number}").touch(mode=0o600)
        (settings.data / f"f{number}").chmod(0o640)
    (settings.data / "link").symlink_to("/etc/passwd")
    [found] = folder._modes("data", settings.data)
    assert (found.level, "f0, f1, f2 and 2 more" in found.says) == (Level.WARNING, True)


def test_nobody_is_told_to_close_a_folder_that_is_not_ours(settings: Settings) -> None:
    (settings.secrets / "html").mkdir(parents=True)
    found = next(one for one in folder.look(settings, NOW) if one.about == "modes" and "secrets" in one.says)
    assert (found.level, "html is a folder in " in found.says, "chmod" in found.hint) == (Level.PROBLEM, True, False)
    other = settings.data.with_name("www")
    other.mkdir(mode=0o755)
    (other / "index.html").touch()
    first = next(examine(structs.replace(settings, data=other), NOW))
    assert first.says.startswith(f"index.html is in {other}, so it is not the gateway's.")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_files_of_another_user_are_named(settings: Settings) -> None:
    (settings.data / "queue.db-wal").touch(mode=0o600)
    os.chown(settings.data / "queue.db-wal", 65534, 65534)
    [found] = folder._modes("data", settings.data)
    assert (found.level, found.says.startswith("queue.db-wal in ")) == (Level.PROBLEM, True)


def test_a_secret_that_is_lost_is_told(settings: Settings) -> None:
    (settings.data / "state.db").touch(mode=0o600)
    assert ("problem", "secret") in levels(folder.look(settings, NOW))
    (settings.data / "gateway_secret").write_text("ab" * 32)
    assert ("problem", "secret") not in levels(folder.look(settings, NOW))
    (settings.data / "gateway_secret").write_text("ab")
    [found] = [one for one in folder.look(settings, NOW) if one.about == "secret"]
    assert "gateway_secret is damaged: it holds 64 hex digits" in found.says


def test_a_secret_that_was_replaced_is_told(settings: Settings) -> None:
    def told() -> list[str]:
        return [one.says for one in folder.look(settings, NOW) if one.about == "secret"]

    (settings.data / "gateway_secret").write_text("ab" * 32)
    settle(settings.data, bytes.fromhex("ab" * 32))
    (settings.data / "queue.db").touch(mode=0o600)
    assert told() == []
    (settings.data / "gateway_secret").write_text("ab" * 31 + "aa")
    assert told() == [REPLACED.format(settings.data)]
    (settings.data / "gateway_secret.check").unlink()
    assert told() == []


def test_logs_without_their_file_or_too_large_are_told(settings: Settings) -> None:
    log = settings.data / "state.db-wal"
    assert levels(logs.look(settings.data)) == [("ok", "log")]
    log.write_bytes(b"7")
    [found] = logs.look(settings.data)
    assert (found.level, found.says.split(":")[0]) == (
        Level.PROBLEM,
        "state.db is gone, though its log state.db-wal is there",
    )
    (settings.data / "state.db").touch()
    assert levels(logs.look(settings.data)) == [("ok", "log")]
    os.truncate(log, logs.LARGE + (1 << 20))
    [found] = logs.look(settings.data)
    assert (found.level, "state.db-wal has 65 MiB" in found.says) == (Level.WARNING, True)
    log.unlink()
    log.mkdir()
    (settings.data / "state.db").unlink()
    [found] = logs.look(settings.data)
    assert found.says == f"{log} cannot be read: Is a directory."


def test_what_cannot_be_looked_at_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.data / "gateway_secret").mkdir()
    [found] = [one for one in folder.look(settings, NOW) if one.about == "secret"]
    assert found.says == f"{settings.data / 'gateway_secret'} cannot be read: Is a directory."
    inside = settings.data / "warehouse" / "hits.jsonl"

    def lstat(path: Path) -> os.stat_result:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(inside))

    monkeypatch.setattr(Path, "lstat", lstat)
    [found] = folder._modes("data", settings.data)
    assert (found.level, found.says) == (Level.PROBLEM, f"{inside} cannot be looked at: Permission denied.")


def test_room_and_what_is_held_back(settings: Settings) -> None:
    assert levels(folder._room(settings)) == [("ok", "disk")]
    path = settings.data / "queue.db"
    path.write_bytes(bytes(1 << 20))
    bare = [("warning", "ballast")] * 2
    assert levels(folder._room(settings)) == [("ok", "disk"), ("warning", "queue-size"), *bare]
    path.write_bytes(b"")
    for name in ("queue.db.ballast", "state.db.ballast"):
        path.with_name(name).write_bytes(b"x" * 4096)
    assert levels(folder._room(settings)) == [("ok", "disk"), ("ok", "queue-size")]
    free = folder.free_in(settings.data)
    for reserve, level in ((2 * free, "problem"), (free * 2 // 3, "warning")):
        tight = Settings(
            containers=settings.containers,
            data=settings.data,
            secrets=settings.secrets,
            limits=Limits(disk_reserve=reserve),
        )
        assert levels(folder._room(tight))[0] == (level, "disk")


def test_copies_and_damaged_files_are_told_with_their_ages(settings: Settings) -> None:
    for name in ("queue.db.version-1", "queue.db.damaged-1", "queue.db.damaged-1-wal"):
        (settings.data / name).touch()
    found = list(folder._kept(settings, time.time() + 2 * 86_400 + 60))
    assert levels(found) == [("ok", "copies"), ("warning", "set-aside")]
    assert all("2 d ago" in one.says for one in found)
    assert "after 30 days" in found[1].says
    assert "is not used" in found[1].says
    (settings.data / "queue.db.damaged-1.saved").touch()
    (_, told) = folder._kept(settings, time.time())
    assert "was taken over" in told.says


# containers, secrets


def test_containers_and_secrets(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TAGGATE_SECRET_")]:
        monkeypatch.delenv(name)
    assert levels(setup.look(settings).findings) == [("problem", "containers")]
    (settings.containers / "bad.yaml").write_text("version: 1\n")
    (settings.containers / "shop.yaml").write_text(shop())
    found = setup.look(settings)
    missing = [("problem", "secrets")] * 3
    assert levels(found.findings) == [("problem", "containers"), ("ok", "containers"), *missing]
    assert found.routes == []
    for name in ("shop_server", "user_id_key", "login_key", "matomo_token"):
        (settings.secrets / name).write_text("k" * 32)
    found = setup.look(settings)
    assert levels(found.findings)[1:] == [("ok", "containers"), ("ok", "secrets")]
    assert len(found.routes) == 5
    (settings.secrets / "matomo_token").write_bytes(b"\xff" * 32)
    told = setup.look(settings).findings[-1]
    assert (told.level, told.says) == (Level.PROBLEM, 'shop: The secret "matomo_token" is no text in UTF-8.')
    for file in settings.containers.iterdir():
        file.unlink()
    settings.containers.rmdir()
    assert levels(setup.look(settings).findings) == [("problem", "containers")]


def test_files_that_are_overlooked_or_cannot_be_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("shop_server", "user_id_key", "login_key", "matomo_token"):
        monkeypatch.setenv(f"TAGGATE_SECRET_{name.upper()}", "k" * 32)
    (settings.containers / "shop.yaml").write_text(shop())
    (settings.containers / "blog.yml").write_text(shop())
    (settings.containers / "odd.yaml").mkdir()
    (settings.containers / "old shop.YAML").touch()
    (settings.containers / "a (1).yaml").touch()
    found = setup.look(settings)
    assert levels(found.findings) == [
        ("warning", "containers"),
        ("warning", "containers"),
        ("problem", "containers"),
        ("problem", "containers"),
        ("ok", "containers"),
        ("ok", "secrets"),
    ]
    assert found.findings[0].says == "blog.yml is not read: the file of a container ends in .yaml."
    assert found.findings[1].says.startswith("old shop.YAML is not read")
    assert found.findings[2].hint == f"taggate check '{settings.containers}/a (1).yaml'"
    assert found.findings[3].says.endswith("odd.yaml: The file cannot be read: Is a directory.")


def test_who_is_believed_and_where_tags_may_send(settings: Settings) -> None:
    everybody = (ip_network("0.0.0.0/0"),)

    def said(**told: object) -> list[str]:
        return [one.says.split(":")[0] for one in trust.look(structs.replace(settings, **told))]

    assert (
        said() == said(public_url="https://x", trusted_proxies=LOCAL) == ["Proxies and networks are named one by one."]
    )
    assert said(public_url="https://x") == ["public_url is https"]
    assert said(country=Country("CF-IPCountry")) == ["Nobody is believed who says CF-IPCountry"]
    database = trust.look(structs.replace(settings, country=Country(database="none.mmdb")))
    assert [(one.level, "No such file" in one.says) for one in database][1:] == [(Level.PROBLEM, True)]
    assert said(trusted_proxies=everybody) == ["trusted_proxies names every address"]
    assert said(allowed_networks=everybody) == ["networks"]


# receivers


def hook(url: str, kind: str = "webhook") -> Route:
    name = "url" if kind == "webhook" else "path"
    return Route(Target(container="shop", tag="crm", settings={name: url}), TABLE[kind])


async def reached(route: Route, data: Path, **told: object) -> Finding:
    usual = {"allow": LOCAL, "data": data, "patience": 5.0, **told}
    [found] = await Reach(**usual).all([route], NOW)  # type: ignore[arg-type]
    return found


async def test_a_receiver_that_is_there_gets_no_hit(tmp_path: Path) -> None:
    async with WebhookReceiver() as hooks:
        found = await reached(hook(f"{hooks.url}/crm?key=s3cret"), tmp_path)
        assert (found.level, found.says) == (
            Level.OK,
            f"shop/crm: {hooks.url.removeprefix('http://')} takes connections. No hit was sent.",
        )
        assert hooks.requests == []


async def test_receivers_that_cannot_be_reached(tmp_path: Path) -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    refused = await reached(hook(f"http://127.0.0.1:{port}/"), tmp_path)
    assert refused.says == f"shop/crm: 127.0.0.1:{port} cannot be reached: Connection refused."
    unknown = await reached(hook("https://hooks.example.com/x"), tmp_path, lookup=nobody)
    assert unknown.says == "shop/crm: hooks.example.com:443 has a name that nobody knows."
    private = await reached(hook("http://hooks.example.com/x"), tmp_path, lookup=lambda *_: ["10.0.0.7", "::1"])
    assert "hooks.example.com:80 is a private address" in private.says
    both = await reached(
        hook(f"http://hooks.example.com:{port}/"), tmp_path, lookup=lambda *_: ["127.0.0.2", "127.0.0.1", "10.0.0.7"]
    )
    assert "Connection refused" in both.says
    assert {one.level for one in (refused, unknown, private, both)} == {Level.PROBLEM}


async def test_tls_is_looked_at(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    async with Receiver(tls=tls) as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        found = await reached(hook(url), tmp_path, lookup=lambda *_: ["127.0.0.1"])
        assert (found.level, "no TLS that can be trusted: self-signed certificate" in found.says) == (
            Level.PROBLEM,
            True,
        )
        trusting = ssl.create_default_context(cafile=str(tmp_path / "both.pem"))
        trusting.check_hostname = False
        found = await reached(hook(url), tmp_path, lookup=lambda *_: ["127.0.0.1"], tls=trusting)
        assert "takes connections with TLS" in found.says


async def test_one_that_speaks_no_tls_has_no_certificate_to_look_at(tmp_path: Path) -> None:
    async with WebhookReceiver() as hooks:
        found = await reached(hook(hooks.url.replace("http:", "https:")), tmp_path)
        where = hooks.url.removeprefix("http://")
    assert found.says == f"shop/crm: {where} makes no connection with TLS: WRONG_VERSION_NUMBER."
    assert found.hint == "Does it speak TLS? Look at http: or https: in the tag's settings, and at the port."


async def test_one_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        found = await reached(hook(f"https://127.0.0.1:{port}/"), tmp_path, patience=0.05)
    assert found.says == f"shop/crm: 127.0.0.1:{port} does not answer within 0.05 s."


async def test_a_file_must_be_writable(tmp_path: Path) -> None:
    assert (await reached(hook("hits.jsonl", "file"), tmp_path)).level is Level.OK
    assert (await reached(hook("nowhere/hits.jsonl", "file"), tmp_path)).level is Level.PROBLEM
    broken = Route(Target(container="shop", tag="crm", settings={}), TABLE["file"])
    assert "cannot make a request (KeyError)" in (await reached(broken, tmp_path)).says


# the command


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with WebhookReceiver() as hooks:
        made = Gateway(tmp_path, {"shop": shop(hooks.url + "/", hooks.url)})
        made.secret("matomo_token", "t")
        yield made
        await made.kill()


async def told(gateway: Gateway, *words: str, code: int) -> str:
    command = ["doctor", "--config", str(gateway.base / "config" / "gateway.yaml"), *words]
    result = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert result.exit_code == code, result.output
    return result.output


async def test_before_the_first_start(gateway: Gateway) -> None:
    said = await told(gateway, code=1)
    assert f"problem There is no folder {gateway.data} yet." in said
    assert "ok      shop has every secret that it names." in said
    gateway.data.mkdir(mode=0o700)
    assert "There is no queue in" in await told(gateway, code=0)


async def test_while_it_runs_and_after_it_was_killed(gateway: Gateway) -> None:
    await gateway.start()
    files = sorted(gateway.data.iterdir())
    said = await told(gateway, code=0)
    for wanted in (
        "A gateway runs.",
        "SQLite says of the queue: journal_mode=wal, synchronous=FULL",
        "for each of 5 tags",
    ):
        assert wanted in said
    assert said.splitlines()[-1].startswith("0 problems, ")
    assert sorted(gateway.data.iterdir()) == files
    assert await gateway._ready()
    await gateway.kill()
    said = await told(gateway, code=0)
    for wanted in ("No gateway runs.", "queue.db is whole.", "state.db is whole."):
        assert f"ok      {wanted}" in said
    # SQLite would take all of it for what a power cut left.
    log = gateway.data / "queue.db-wal"
    content = log.read_bytes()
    log.write_bytes(content[:10] + bytes([content[10] ^ 1]) + content[11:])
    said = await told(gateway, code=1)
    assert "problem the log of queue.db is damaged." in said
    assert "ok      state.db is whole." in said
    log.write_bytes(content)
    (gateway.base / "tags" / "bad.yaml").write_text("version: 1\n")
    said = await told(gateway, "--format", "github", code=1)
    assert "::error title=containers::bad has 4 errors and does not run." in said
    found = json.loads(await told(gateway, "--format", "json", code=1))
    assert {"level": "ok", "about": "running", "says": "No gateway runs.", "hint": ""} in found


async def test_a_queue_whose_numbers_do_not_add_up_or_that_is_damaged(gateway: Gateway) -> None:
    await gateway.start()
    assert await gateway.stop() == 0
    path = gateway.data / "queue.db"
    other = sqlite3.connect(path)
    other.execute("INSERT INTO counts VALUES ('shop', 'crm', 'accepted', 3)")
    future = int((time.time() + 7200) * 1000)
    other.execute("INSERT INTO seen VALUES ('shop', 'an id', ?)", (future,))
    other.commit()
    other.close()
    said = await told(gateway, code=1)
    assert "problem shop/crm: accepted is not delivered + dead + dropped + pending." in said
    assert "problem The newest hit came 1 h after now" in said
    assert "accepted = delivered" not in said
    path.write_bytes(b"no database" * 1000)
    said = await told(gateway, code=1)
    assert "problem The queue cannot be used: queue.db: file is not a database." in said
    assert path.exists()


def test_a_file_of_another_user_is_not_told_as_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(queue, "check_left_log", refuse)
    path = tmp_path / "state.db"
    assert queue._file(path, SCHEMA) == Finding(
        Level.PROBLEM,
        "files",
        f"{path} cannot be read: Permission denied.",
        "Give it to the user that the gateway runs as (chown).",
    )
