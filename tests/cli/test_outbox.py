"""`taggate outbox` from outside: on a real gateway that runs, and on its folder after it was killed."""

import asyncio
import json
import os
import pty
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from process import TAGGATE, Gateway, until
from receivers import WebhookReceiver, status
from typer.testing import CliRunner

from gateway.cli import app, errand, outbox_text
from gateway.store.folder import FolderLock
from gateway.store.version import mark

HERE = {"origin": "https://shop.example.com"}
SHOP = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: not_needed
variables: {{ account_id: {{ data_layer: user.id }} }}
triggers: {{ view: {{ event: page_view }} }}
tags:
  crm:
    type: webhook
    send_when: {{ all_of: [view] }}
    settings: {{ url: "{url}/crm" }}
{more}user_id:
  from: account_id
  rules:
    - {{ when: view, attach: [crm] }}
  otherwise: drop
tests: []
"""
STATS = """\
  stats:
    type: webhook
    send_when: { all_of: [view] }
    settings: { url: "URL/stats" }
"""


class Shop:
    """A gateway with two tags, and the command beside it."""

    def __init__(self, base: Path, hooks: WebhookReceiver) -> None:
        self.hooks = hooks
        self.gateway = Gateway(base, {"shop": self.text(STATS)})

    def text(self, more: str = "") -> str:
        return SHOP.format(url=self.hooks.url, more=more.replace("URL", self.hooks.url))

    def write(self, text: str) -> None:
        fresh = self.gateway.base / "tags" / "shop.new"
        fresh.write_text(text)
        fresh.rename(self.gateway.base / "tags" / "shop.yaml")

    async def hits(self, number: int) -> None:
        async with aiohttp.ClientSession(self.gateway.url, headers=HERE) as client:
            for _ in range(number):
                hit = {"event": "page_view", "values": {"account_id": "alice5ae1f"}}
                async with client.post("/collect/shop", json=hit) as answer:
                    assert answer.status == 204, await answer.text()

    async def say(self, *words: str, code: int | None = 0) -> str:
        """What `taggate outbox` prints; it must exit with `code`, if one is given."""
        config = self.gateway.base / "config" / "gateway.yaml"
        command = ["outbox", *words, "--config", str(config)]
        result = await asyncio.to_thread(CliRunner().invoke, app, command)
        assert "alice" not in result.output
        assert code in (None, result.exit_code), result.output
        return result.output

    async def tag(self, name: str) -> dict[str, Any]:
        answer = json.loads(await self.say("status", "--format", "json", code=None))
        found: dict[str, Any] = next(tag for tag in answer["tags"] if tag["tag"] == name)
        return found

    async def ready(self) -> dict[str, Any]:
        async with aiohttp.ClientSession(self.gateway.url) as client, client.get("/readyz") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def dead(self, number: int) -> None:
        async def all_dead() -> bool:
            metrics = await self.gateway.metrics()
            return metrics.get('taggate_dead{container="shop",tag="crm"}') == number

        await until(all_dead)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with WebhookReceiver() as hooks:
        made = Shop(tmp_path, hooks)
        await made.gateway.start()
        yield made
        await made.gateway.kill()


async def test_dead_letters_of_a_gateway_that_runs_are_seen_and_sent_again(shop: Shop) -> None:
    shop.hooks.answers(status(400))
    await shop.hits(3)
    await shop.dead(3)
    said = await shop.say("dead")
    assert [line.split() for line in said.splitlines()[1:3]] == [
        ["shop/crm", "http_400", "3"],
        ["shop/stats", "http_400", "3"],
    ]
    assert said.count("attach") == 3
    assert said.count(" drop") == 3
    assert "the newest 1 of 3" in await shop.say("dead", "shop/crm", "--limit", "1")
    assert "title=dead-letters::shop/crm: 3 dead letters, http_400" in await shop.say("dead", "--format", "github")
    assert "will be sent again" not in await shop.say("retry", "shop/crm", "--reason", "too_old")
    shop.hooks.answers(None)
    before = len(shop.hooks.events)
    assert await shop.say("retry", "shop/crm", "--all") == "shop/crm: 3 dead letters will be sent again.\n"
    await until(lambda: len(shop.hooks.events) == before + 3)
    answer = json.loads(
        await shop.say("drop", "shop/stats", "--dead", "--reason", "http_400", "--yes", "--format", "json")
    )
    assert answer == {"dropped": 3, "being_sent": 0, "counted_as": "dropped_by_operator"}
    stats = await shop.tag("stats")
    assert (stats["dead"], stats["dropped"], stats["balanced"]) == (0, {"dropped_by_operator": 3}, True)
    assert "There are no dead letters." in await shop.say("dead", "shop/stats")
    said = await shop.say("status")
    assert "A gateway runs." in said
    assert "dropped of shop/stats: dropped_by_operator 3" in said


async def test_a_tag_that_was_removed_is_told_and_has_an_end(shop: Shop) -> None:
    shop.hooks.answers(status(401))
    await shop.hits(2)
    await shop.hooks.arrived(2)
    shop.write(shop.text())

    async def told() -> bool:
        return any("shop/stats, which is no tag any more" in line for line in (await shop.ready())["degraded"])

    await until(told)
    said = await shop.say("status", code=1)
    assert "shop/stats: 2 deliveries wait for a tag that is not there any more." in said
    assert "→ Put the tag back, or: taggate outbox drop shop/stats --pending" in said
    assert "shop/crm is paused (http_401)" in said
    assert "::error title=no-such-tag::shop/stats" in await shop.say("status", "--format", "github", code=1)
    assert "no such tag any more" in await shop.say("retry", "shop/stats", "--all", code=1)
    said = await shop.say("drop", "shop/stats", "--pending", "--yes")
    assert said == "shop/stats: 2 dropped, counted as tag_removed.\n"
    assert not any("stats" in line for line in (await shop.ready())["degraded"])


async def test_without_a_gateway_the_command_does_it_itself(shop: Shop) -> None:
    shop.hooks.answers(status(400))
    await shop.hits(2)
    await shop.dead(2)
    await shop.gateway.kill()
    files = sorted(file.name for file in shop.gateway.data.iterdir())
    said = await shop.say("status")
    assert "No gateway runs: nothing is sent." in said
    assert (await shop.say("dead")).count("http_400") == 6
    assert sorted(file.name for file in shop.gateway.data.iterdir()) == files
    tags = shop.gateway.base / "tags"
    tags.rename(tags.with_name("elsewhere"))
    assert "tags cannot be read (No such file or directory)" in await shop.say("status", code=1)
    tags.with_name("elsewhere").rename(tags)
    shop.write(shop.text())
    assert "no such tag any more" in await shop.say("retry", "shop/stats", "--all", code=1)
    assert "counted as tag_removed" in await shop.say("drop", "shop/stats", "--dead", "--yes")
    assert await shop.say("drop", "shop/stats", "--dead", "--yes") == "There was nothing to drop of shop/stats.\n"
    assert "2 dead letters will be sent again" in await shop.say("retry", "shop/crm", "--all")
    shop.hooks.answers(None)
    before = len(shop.hooks.events)
    await shop.gateway.start()
    await until(lambda: len(shop.hooks.events) == before + 2)
    assert (await shop.tag("crm"))["retried"] == 2


async def test_what_cannot_be_used_is_left_alone_and_said(shop: Shop) -> None:
    assert await shop.gateway.stop() == 0
    queue = shop.gateway.data / "queue.db"
    with closing(sqlite3.connect(queue)) as connection:
        mark(connection, 99)
    for words in (("status",), ("retry", "shop/crm", "--all")):
        assert "has schema 99, made by a later taggate" in await shop.say(*words, code=1)
    for words in (("dead",), ("drop", "shop/crm", "--dead", "--yes")):
        queue.write_bytes(b"no database" * 1000)
        assert "file is not a database" in await shop.say(*words, code=1)
        assert not list(shop.gateway.data.glob("*.damaged-*"))
    queue.unlink()
    assert "no gateway has run there yet. If there is one elsewhere: --config" in await shop.say("status", code=2)
    assert json.loads(await shop.say("status", "--format", "json", code=2))["code"] == "no-queue"


async def test_a_folder_that_is_held_by_something_that_does_not_answer(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await shop.gateway.stop() == 0
    monkeypatch.setattr(errand, "STARTING", 0.1)
    lock = FolderLock(shop.gateway.data)
    lock.take()
    said = await shop.say("status", code=1)
    lock.release()
    assert "does not answer on control.sock" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
async def test_root_does_not_leave_files_that_the_gateway_cannot_open(shop: Shop) -> None:
    assert await shop.gateway.stop() == 0
    os.chown(shop.gateway.data, 65534, 65534)
    said = await shop.say("status", code=1)
    os.chown(shop.gateway.data, 0, 0)
    assert "belongs to user 65534: run this command as that user" in said


def test_a_table_is_not_cut_where_the_terminal_is_dumb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("FORCE_COLOR", "1")
    outbox_text.show_dead({"now": 0, "reasons": [_KIND], "letters": [_LETTER] * 2})
    said = capsys.readouterr().out
    assert said.count("shop/a_tag_with_a_long_name") == 3
    assert "…" not in said


_KIND = {"container": "shop", "tag": "a_tag_with_a_long_name", "reason": "a_reason_that_is_long", "number": 2}
_LETTER = {**_KIND, "died_at": 0, "attempts": 1, "at": 0, "form": "attach"}
WRONG = {
    ("retry", "shop/crm"): "--reason REASON, or --all",
    ("retry", "shop/crm", "--all", "--reason", "x"): "--reason REASON, or --all",
    ("retry", "shop", "--all"): "CONTAINER/TAG",
    ("retry", "shop/crm/x", "--all"): "CONTAINER/TAG",
    ("retry", "shop/cmr", "--all"): 'Did you mean "shop/crm"?',
    ("drop", "shop/crm", "--yes"): "--dead or --pending",
    ("drop", "shop/crm", "--dead", "--pending"): "--dead or --pending",
    ("drop", "shop/crm", "--pending", "--reason", "x"): "goes with --dead",
    ("drop", "shop/crm", "--dead"): "say --yes",
    ("dead", "/crm"): "CONTAINER/TAG",
}


async def test_wrong_use_is_said_and_does_nothing(shop: Shop) -> None:
    for words, wanted in WRONG.items():
        assert wanted in await shop.say(*words, code=2), words


async def test_on_a_terminal_it_asks_first(shop: Shop) -> None:
    shop.hooks.answers(status(400))
    await shop.hits(2)
    await shop.dead(2)
    config = str(shop.gateway.base / "config" / "gateway.yaml")
    for typed, number in ((b"n\n", 2), (b"y\n", 0)):
        ours, theirs = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            *TAGGATE,
            *("outbox", "drop", "shop/crm", "--dead", "--config", config),
            stdin=theirs,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        os.write(ours, typed)
        _, asked = await process.communicate()
        os.close(ours)
        os.close(theirs)
        assert b"Drop 2 dead letters of shop/crm for good? [y/N]" in asked
        assert process.returncode == (0 if number == 0 else 1)
        assert (await shop.tag("crm"))["dead"] == number
