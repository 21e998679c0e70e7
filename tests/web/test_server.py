"""The gateway as a process's heart: start, reload, stop (durability.md). In this loop, on ports of its own."""

import ast
import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from receivers import MatomoReceiver, WebhookReceiver, status
from structlog.testing import capture_logs

from gateway.language.load import Loaded, Loader
from gateway.outbox.protocol import DiskLow
from gateway.secrets import DayKey
from gateway.settings import Limits, Listen, Settings
from gateway.store.folder import FolderInUse, FolderLock
from gateway.store.protocol import StoreError
from gateway.store.version import mark
from gateway.web.extras import Extras, StartFailed
from gateway.web.fleet import Status
from gateway.web.server import Server
from gateway.web.upkeep import DAY_MS, FORGET_DAYS, keep_up

from .gate import ENVIRONMENT, GRANTED, LOCAL, REFUSED, START, shop, until

HERE = {"origin": "https://shop.example.com"}


class Site:
    """An operator's folders, and the gateway on them."""

    def __init__(self, folder: Path, matomo: MatomoReceiver, hooks: WebhookReceiver) -> None:
        self.folder, self.matomo, self.hooks = folder, matomo, hooks
        self.tags = folder / "tags"
        self.tags.mkdir()
        self.statuses: list[Status] = []
        self.port = 0
        self.write()

    def text(self, **told: str) -> str:
        return shop(self.matomo.url + "/", self.hooks.url, **told)

    def write(self, name: str = "shop", text: str | None = None) -> Path:
        """As careful editors do: a new file in the old one's place."""
        path = self.tags / f"{name}.yaml"
        fresh = path.with_suffix(".tmp")
        fresh.write_text(self.text() if text is None else text)
        return fresh.rename(path)

    def settings(self, **told: Any) -> Settings:
        usual = {
            "listen": Listen("127.0.0.1", self.port),
            "containers": self.tags,
            "data": self.folder / "data",
            "secrets": self.folder / "secrets",
            "allowed_networks": LOCAL,
            "limits": Limits(per_address=0, per_container=0, disk_reserve=0),
        }
        return Settings(**{**usual, **told})

    @contextlib.asynccontextmanager
    async def up(self, **told: Any) -> AsyncIterator[Server]:
        workers = told.pop("workers", 1)
        server = Server(self.settings(**told), Extras(on_status=self.statuses.append), workers)
        running = asyncio.create_task(server.run())
        waiting = asyncio.create_task(server.started.wait())
        async with asyncio.timeout(20):
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running.done():
            running.result()
        self.client = aiohttp.ClientSession(f"http://127.0.0.1:{server.port}")
        try:
            yield server
        finally:
            await self.client.close()
            server.stop()
            async with asyncio.timeout(20):
                assert await running

    async def refused(self, **told: Any) -> str:
        """Why it does not start."""
        with pytest.raises(StartFailed) as caught:
            async with self.up(**told):
                raise AssertionError
        return str(caught.value)

    async def ready(self) -> dict[str, Any]:
        async with self.client.get("/readyz") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def until_ready(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while not condition(found := await self.ready()):
                pass
        return found

    async def hit(self, path: str = "/collect/shop", **told: Any) -> int:
        body = {"event": "page_view", **told}
        async with self.client.post(path, json=body, headers=HERE) as answer:
            return answer.status

    async def metric(self, line: str) -> bool:
        async with self.client.get("/metrics") as answer:
            return line in (await answer.text()).splitlines()


@pytest.fixture
async def site(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    async with MatomoReceiver() as matomo, WebhookReceiver() as hooks:
        yield Site(quick_path, matomo, hooks)


async def test_it_starts_serves_and_stops(site: Site) -> None:
    async with site.up() as server:
        ready = await site.ready()
        assert (ready["ready"], ready["degraded"], list(ready["containers"])) == (True, [], ["shop"])
        assert await site.hit(consent=GRANTED, user_id="alice") == 204
        await site.hooks.arrived(3)
        await site.matomo.arrived(1)
        server.stop()
        assert server.troubles()[0] == ["stopping"]
    assert (site.folder / "data").stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in (site.folder / "data").iterdir())


async def test_every_metric_is_documented_and_all_that_is_documented_is_there(site: Site) -> None:
    page = (Path(__file__).parents[2] / "config/README.md").read_text("utf-8")
    documented = set(re.findall(r"`(taggate_[a-z_]+)`", page.partition("## Metrics")[2].partition("\n## ")[0]))
    async with site.up():
        assert await site.hit(consent=GRANTED, user_id="alice") == 204
        async with site.client.get("/metrics") as answer:
            text = await answer.text()
    names = set(re.findall(r"^# TYPE (taggate_\S+) ", text, re.MULTILINE))
    assert documented == names
    assert "process_resident_memory_bytes" in text
    # Said of each, though nothing has happened yet: an alarm on what is missing is none.
    assert 'taggate_sender_phase{container="shop",phase="paused",tag="crm"} 0.0' in text
    assert 'taggate_container_current{container="shop"} 1.0' in text
    assert "taggate_ready 1.0" in text


async def test_what_is_queued_survives_a_restart_and_keeps_its_names(site: Site) -> None:
    site.hooks.answers(status(503))
    async with site.up():
        assert await site.hit(page="p" * 32, consent=GRANTED, user_id="alice") == 204
        await site.hooks.arrived(3)
    before = {request.path: request.json for request in site.hooks.requests}
    site.hooks.answers(None)
    async with site.up():
        await until(lambda: len(site.hooks.events) == 3)
        await until(lambda: site.metric('taggate_delivered_total{container="shop",tag="crm"} 1.0'))
    assert {request.path: request.json for request in site.hooks.requests[-3:]} == before


async def test_stopping_lets_what_is_in_flight_finish(site: Site) -> None:
    gone = asyncio.Event()

    async def slowly(receiver: Any, received: Any) -> Any:
        await gone.wait()
        return await status(204)(receiver, received)

    site.hooks.answers(slowly)
    async with site.up() as server:
        await site.hit()
        await site.hooks.arrived(1)
        server.stop()
        gone.set()
    came = len(site.hooks.requests)
    async with site.up():
        assert await site.metric('taggate_delivered_total{container="shop",tag="plain"} 1.0')
    assert len(site.hooks.requests) == came


# reload


async def test_a_new_version_runs_while_hits_come_in(site: Site) -> None:
    async with site.up():
        first = (await site.ready())["containers"]["shop"]
        done = asyncio.Event()

        async def flow() -> list[int]:
            answers = []
            while not done.is_set():
                answers.append(await site.hit())
            return answers

        flowing = [asyncio.create_task(flow()) for _ in range(3)]
        for days in (30, 60):
            site.write(text=site.text().replace("days: 390", f"days: {days}"))
            second = await site.until_ready(lambda found, first=first: found["containers"]["shop"] != first)  # type: ignore[misc]
            first = second["containers"]["shop"]
        done.set()
        answers = [answer for task in flowing for answer in await task]
    assert set(answers) == {204}


LESS = "    identifiers: { email: email }\n"


@pytest.mark.parametrize(
    ("changes", "leaves"),
    [
        ({LESS: "", "attach: [crm]": "hash: [crm]"}, False),
        ({LESS: "", "    - { when: customer, attach: [crm] }\n": ""}, False),
        # Who withdraws says another word now, which finds nothing that rests on the old one.
        ({"marketing": "advertising"}, False),
        ({LESS: ""}, True),
        ({"days: 390": "days: 30"}, True),
    ],
)
async def test_what_waits_leaves_no_wider_than_the_version_that_runs_allows(
    site: Site, changes: dict[str, str], leaves: bool
) -> None:
    stricter = site.text()
    for old, new in changes.items():
        stricter = stricter.replace(old, new)
    async with site.up():
        first = (await site.ready())["containers"]["shop"]
        site.hooks.answers(status(503))
        assert await site.hit(consent=GRANTED, user_id="alice-4711", traits={"email": "a@b.example"}) == 204
        await site.hooks.arrived(3)
        site.write(text=stricter)
        await site.until_ready(lambda found: found["containers"]["shop"] != first)
        site.hooks.answers(None)
        await until(lambda: site.metric('taggate_pending{container="shop",tag="crm"} 0.0'), within=30)
        assert await site.metric('taggate_dead{container="shop",tag="crm"} 1.0') != leaves
    attached = [event for event in site.hooks.events if event.get("user", {}).get("form") == "attach"]
    mails = None if LESS in changes else {"email": "a@b.example"}
    assert [event.get("identifiers") for event in attached] == [mails] * leaves


async def test_a_version_with_errors_does_not_replace_a_good_one(site: Site) -> None:
    async with site.up():
        first = (await site.ready())["containers"]
        broken = {
            "half a file": site.text()[:700],
            "a misspelt trigger": site.text().replace("when: known,", "when: knwon,"),
            "no YAML": "\t{{{",
            "empty": "",
            "a test that fails": site.text().replace(
                "tests: []", "tests:\n  - name: x\n    given: { event: page_view }\n    expect: {}"
            ),
        }
        for name, text in broken.items():
            with capture_logs() as logs:
                site.write(text=text)
                found = await site.until_ready(lambda found: bool(found["degraded"]))
                await until(lambda: not site.statuses[-1].ok)
            assert found["ready"], name
            assert found["containers"] == first
            assert "shop.yaml" in found["degraded"][0]
            assert "the one before keeps running" in found["degraded"][0]
            assert {"container_refused", "container_problem"} <= {line["event"] for line in logs}
            assert await site.hit() == 204
            site.write()
            await site.until_ready(lambda found: not found["degraded"])
            await until(lambda: site.statuses[-1].ok)
    refused = [status for status in site.statuses if not status.ok]
    assert len(refused) == len(broken)
    assert 'There is no trigger called "knwon"' in refused[1].report[0]


async def test_files_come_and_go(site: Site) -> None:
    async with site.up():
        assert await site.hit("/collect/blog") == 404
        site.write("blog", site.text().replace("shop.example.com", "shop.example.com, blog.example.com"))
        await site.until_ready(lambda found: "blog" in found["containers"])
        assert await site.hit("/collect/blog") == 204
        (site.tags / "blog.yaml").unlink()
        await site.until_ready(lambda found: "blog" not in found["containers"])
        assert await site.hit("/collect/blog") == 404
        assert await site.hit() == 204
        site.write("bad", "version: 1\n")
        found = await site.until_ready(lambda found: bool(found["degraded"]))
        assert "the container does not run" in found["degraded"][0]
        assert await site.hit("/collect/bad") == 503
        async with site.client.get("/t/bad.js") as script, site.client.get("/t/worse.js") as unknown:
            assert (script.status, unknown.status) == (503, 404)
        (site.tags / "bad.yaml").unlink()
        await site.until_ready(lambda found: not found["degraded"])
        (site.tags / "shop.yaml").unlink()
        found = await site.until_ready(lambda found: not found["containers"])
        assert found["unready"] == ["no container runs"]
        site.write()
        await site.until_ready(lambda found: found["ready"])


async def test_another_folder_may_take_the_place_of_theirs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.web.changes.LOOK", 50)
    current, fresh, old = (site.folder / name for name in ("current", "fresh", "old"))
    current.symlink_to(site.tags)
    async with site.up(containers=current):
        revision = (await site.ready())["containers"]["shop"]
        next_tags = site.folder / "next"
        next_tags.mkdir()
        (next_tags / "shop.yaml").write_text(site.text().replace("name: Acme Shop", "name: Another"))
        fresh.symlink_to(next_tags)
        fresh.rename(current)
        found = await site.until_ready(lambda found: found["containers"].get("shop") != revision)
        assert found["containers"].keys() == {"shop"}
        next_tags.rename(old)
        next_tags.mkdir()
        (next_tags / "blog.yaml").write_text(site.text())
        await site.until_ready(lambda found: found["containers"].keys() == {"blog"})


async def test_a_site_number_that_two_containers_claim_is_told(site: Site) -> None:
    claiming = site.text().replace("accept:\n", "accept:\n  matomo: { site_ids: [7] }\n")
    assert claiming != site.text()
    site.write(text=claiming)
    async with site.up():
        assert (await site.ready())["degraded"] == []
        site.write("blog", claiming)
        found = await site.until_ready(lambda found: bool(found["degraded"]))
        assert found["ready"]
        assert found["degraded"] == [
            "site 7 of Matomo's clients is claimed by blog, shop: what comes for it is refused"
        ]
        (site.tags / "blog.yaml").unlink()
        await site.until_ready(lambda found: not found["degraded"])


async def test_hits_of_a_container_that_was_removed_are_told_until_it_is_back(site: Site) -> None:
    site.hooks.answers(status(503))
    site.write("blog")
    async with site.up():
        assert await site.hit("/collect/blog") == 204
        await site.hooks.arrived(1)
    (site.tags / "blog.yaml").unlink()
    say = "deliveries wait for blog/plain, which is no tag any more: put it back, or "
    async with site.up():
        found = await site.ready()
        assert found["ready"]
        assert say + "taggate outbox drop blog/plain --pending" in found["degraded"]
        site.hooks.answers(None)
        site.write("blog")
        await site.until_ready(lambda found: not found["degraded"])
        await until(lambda: site.metric('taggate_delivered_total{container="blog",tag="plain"} 1.0'))


class Breaking(list[Status]):
    """Breaks the second time it is told."""

    def append(self, status: Status) -> None:
        super().append(status)
        if len(self) == 2:
            raise NotImplementedError


async def test_where_looking_for_changes_breaks_it_is_told_and_the_rest_goes_on(site: Site) -> None:
    site.statuses = Breaking()
    with capture_logs() as logs:
        async with site.up():
            site.write(text=site.text().replace("name: Acme Shop", "name: Another"))
            told = "looking for files that change broke"
            found = await site.until_ready(lambda found: any(line.startswith(told) for line in found["degraded"]))
            assert found["ready"]
            assert await site.hit(consent=GRANTED) == 204
            site.write("blog")
            os.kill(os.getpid(), signal.SIGHUP)
            await site.until_ready(lambda found: "blog" in found["containers"])
    assert [one["work"] for one in logs if one["event"] == "work_broke"] == ["looking for files that change"]


async def test_hangup_reads_files_and_secrets_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = site.folder / "secrets"
    secrets.mkdir(mode=0o700)
    monkeypatch.delenv("TAGGATE_SECRET_MATOMO_TOKEN")
    token = secrets / "matomo_token"
    token.write_text("first")
    async with site.up():
        token.write_text("")
        os.kill(os.getpid(), signal.SIGHUP)
        found = await site.until_ready(lambda found: bool(found["degraded"]))
        assert (found["ready"], "the one before keeps running" in found["degraded"][0]) == (True, True)
        token.write_text(ENVIRONMENT["TAGGATE_SECRET_MATOMO_TOKEN"])
        os.kill(os.getpid(), signal.SIGHUP)
        await site.until_ready(lambda found: not found["degraded"])
        assert await site.hit(consent=GRANTED, page="p" * 32) == 204
        await site.matomo.arrived(1)
        away = site.tags.rename(site.folder / "away")
        os.kill(os.getpid(), signal.SIGHUP)
        found = await site.until_ready(lambda found: bool(found["degraded"]))
        assert found["degraded"][0].startswith(
            f"{site.tags} cannot be read (No such file or directory): what runs goes on"
        )
        assert await site.hit() == 204
        away.rename(site.tags)
        os.kill(os.getpid(), signal.SIGHUP)
        await site.until_ready(lambda found: not found["degraded"])


async def test_a_version_whose_secret_is_missing_stays_out(site: Site) -> None:
    secrets = site.folder / "secrets"
    secrets.mkdir()
    async with site.up():
        site.write(text=site.text().replace("secret: matomo_token", "secret: new_token"))
        found = await site.until_ready(lambda found: bool(found["degraded"]))
        assert found["ready"]
        assert "the newest version names what is no usable secret (new_token), the one before" in found["degraded"][0]
        await until(lambda: not site.statuses[-1].ok)
        refused = site.statuses[-1]
        assert "new_token" in refused.report[0]
        (secrets / "new_token").write_text("t0ken-that-nobody-may-see\n")
        site.write(text=site.text().replace("secret: matomo_token", "secret: new_token"))
        await site.until_ready(lambda found: not found["degraded"])
        assert await site.hit() == 204
        await until(lambda: any(b"t0ken-that-nobody-may-see" in one.body for one in site.matomo.requests))


async def test_a_secret_that_goes_missing_disturbs_no_other_container(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("blog", site.text().replace("secret: matomo_token", "secret: blog_token"))
    monkeypatch.setenv("TAGGATE_SECRET_BLOG_TOKEN", "a token of the blog")
    async with site.up():
        monkeypatch.delenv("TAGGATE_SECRET_BLOG_TOKEN")
        for days in (10, 20):
            first = (await site.ready())["containers"]["shop"]
            site.write(text=site.text().replace("days: 390", f"days: {days}"))
            await site.until_ready(lambda found, first=first: found["containers"]["shop"] != first)  # type: ignore[misc]
        assert await site.hit("/collect/blog") == 204
        await site.matomo.arrived(1)


async def test_a_file_that_cannot_be_read_stays_out(site: Site) -> None:
    async with site.up():
        (site.tags / "folder.yaml").mkdir()
        found = await site.until_ready(lambda found: bool(found["degraded"]))
        assert "folder.yaml" in found["degraded"][0]
        site.write("Not-A-Name")
        found = await site.until_ready(lambda found: len(found["degraded"]) == 2)
        (site.tags / "notes.txt").write_text("x")
        assert await site.hit() == 204


async def test_what_is_decided_by_a_new_version_is_not_held_to_the_one_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go = asyncio.Event(), threading.Event()
    loop, load = asyncio.get_running_loop(), Loader.load

    def slow(loader: Loader, path: Path) -> Loaded:
        if path.stem == "zoo":
            loop.call_soon_threadsafe(reading.set)
            go.wait(20)
        return load(loader, path)

    less = site.text().replace("    identifiers: { email: email }\n", "").replace(ATTACHED, "")
    site.write(text=less)
    site.write("zoo")
    async with site.up():
        before = (await site.ready())["containers"]["shop"]
        monkeypatch.setattr(Loader, "load", slow)
        site.write()
        site.write("zoo", site.text() + "# new\n")
        async with asyncio.timeout(20):
            await reading.wait()
        assert await site.hit(values={"account_id": "alice"}, consent=GRANTED, page="p" * 20) == 204
        await until(lambda: site.metric('taggate_pending{container="shop",tag="crm"} 0.0'))
        go.set()
        await site.until_ready(lambda found: found["containers"]["shop"] != before)
        assert await site.metric('taggate_delivered_total{container="shop",tag="crm"} 1.0')


ATTACHED = "    - { when: customer, attach: [crm] }\n"


# what keeps it from starting


async def test_a_container_with_errors_does_not_keep_the_others_from_running(site: Site) -> None:
    site.write("blog", "version: 2\n")
    async with site.up():
        found = await site.ready()
        assert (list(found["containers"]), len(found["degraded"])) == (["shop"], 1)


async def test_a_tag_that_has_no_folder_to_write_into_is_told(site: Site) -> None:
    writes = site.text().replace("  plain:\n    type: webhook", "  plain:\n    type: file")
    site.write("blog", writes.replace(f'{{ url: "{site.hooks.url}/plain" }}', "{ path: gateway_secret/hits.jsonl }"))
    async with site.up():
        assert list((await site.ready())["containers"]) == ["shop"]
        (said,) = [status.report for status in site.statuses if status.name == "blog"]
        folder = site.folder / "data" / "gateway_secret"
        told = f"There is no folder for what a tag is to write, and it cannot be made: {folder}: "
        assert told in said[0]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("instead", ["version: 2\n", None], ids=["errors", "gone"])
async def test_who_refuses_while_the_container_does_not_run_is_heard(
    site: Site, workers: int, instead: str | None
) -> None:
    """What waits goes on once it runs again."""
    site.write("blog")
    page = "p" * 20

    async def choose(name: str, **choice: Any) -> int:
        async with site.client.post(f"/consent/{name}", json=choice, headers={"origin": "https://x.example"}) as answer:
            return answer.status

    async with site.up():
        site.hooks.answers(status(503))
        assert await site.hit("/collect/blog", consent=GRANTED, page=page) == 204
        assert await site.hit("/collect/blog", consent=GRANTED, page="q" * 20) == 204
        await site.hooks.arrived(1)
    if instead:
        site.write("blog", instead)
    else:
        (site.tags / "blog.yaml").unlink()
    async with site.up(workers=workers):
        away = 503 if instead else 404
        assert await site.hit("/collect/blog", consent=REFUSED, page=page) == away
        assert await choose("blog", consent=GRANTED, page=page) == away
        assert await choose("news", consent=REFUSED, page=page) == 404
        assert await choose("blog", consent={"No purpose": False}, page=page) == 400
        assert await choose("blog", consent=dict.fromkeys(map("p{}".format, range(101)), False), page=page) == 400
        assert await choose("blog", consent={"marketing": False, "analytics": True}, page=page, user_id="alice") == 204
        assert await choose("blog", consent={"analytics": False}, page=page) == 204
        assert await site.metric('taggate_dropped_total{container="blog",reason="consent_withdrawn",tag="crm"} 1.0')
        assert await site.metric('taggate_pending{container="blog",tag="crm"} 1.0')
        site.write("blog")
        await site.until_ready(lambda found: "blog" in found["containers"])
        # Nor does a page that claims what was agreed to before bring it back.
        assert await site.hit("/collect/blog", consent=GRANTED, page=page) == 204
        assert await site.metric('taggate_pending{container="blog",tag="crm"} 1.0')
        assert await site.metric('taggate_withdrawals_total{container="blog"} 2.0')


@pytest.mark.parametrize("workers", [1, 2])
async def test_who_refuses_after_the_container_was_taken_out_is_heard(site: Site, workers: int) -> None:
    site.write("blog")
    page = "p" * 20
    async with site.up(workers=workers):
        site.hooks.answers(status(503))
        assert await site.hit("/collect/blog", consent=GRANTED, page=page) == 204
        (site.tags / "blog.yaml").unlink()
        await site.until_ready(lambda found: "blog" not in found["containers"])
        assert await site.hit("/consent/blog", event="x") == 400
        async with site.client.post("/consent/blog", json={"consent": REFUSED, "page": page}) as answer:
            assert answer.status == 204
        assert await site.metric('taggate_pending{container="blog",tag="crm"} 0.0')


async def test_without_a_container_it_does_not_start(site: Site) -> None:
    (site.tags / "shop.yaml").unlink()
    assert "There is no container in" in await site.refused()
    site.write(text="version: 2\n")
    assert "shop.yaml:1:10" in await site.refused()
    said = await site.refused(containers=site.folder / "nowhere")
    assert f"cannot be read: {site.folder / 'nowhere'}: No such file or directory. Set containers:" in said


async def test_without_a_secret_it_does_not_start(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAGGATE_SECRET_MATOMO_TOKEN")
    site.write("other", site.text().replace("secret: matomo_token", "secret: login_key"))
    said = await site.refused()
    assert "matomo_token" in said
    assert "TAGGATE_SECRET_MATOMO_TOKEN" in said
    monkeypatch.setenv("TAGGATE_SECRET_MATOMO_TOKEN", os.fsdecode(b"\xff\xfe"))
    assert '"matomo_token"' in await site.refused()
    monkeypatch.setenv("TAGGATE_SECRET_MATOMO_TOKEN", "t")
    monkeypatch.setenv("TAGGATE_SECRET_USER_ID_KEY", "short")
    said = await site.refused()
    assert '"user_id_key" is too short' in said
    assert "shop.yaml" in said


async def test_a_folder_that_is_in_use_is_not_taken(site: Site) -> None:
    async with site.up():
        assert "is in use by another taggate" in await site.refused()


async def test_in_a_folder_of_somebody_elses_it_makes_nothing(site: Site) -> None:
    other = site.folder / "other"
    other.mkdir(mode=0o755)
    (other / "letters").touch(mode=0o644)
    assert f"letters is in {other}, so it is not the gateway's." in await site.refused(data=other)
    assert (other.stat().st_mode & 0o777, [path.name for path in other.iterdir()]) == (0o755, ["letters"])
    (other / "post").mkdir(mode=0o755)
    assert f"post is a folder in {other}, where nothing but secrets may be." in await site.refused(secrets=other)
    assert {path.stat().st_mode & 0o077 for path in other.rglob("*")} == {0o044, 0o055}
    assert "Set containers:" in await site.refused(data=site.folder / "new", containers=site.folder / "nowhere")
    assert not (site.folder / "new").exists()


async def test_its_own_secret_that_it_cannot_read_is_not_called_damaged(site: Site) -> None:
    (site.folder / "data" / "gateway_secret").mkdir(parents=True)
    assert "Is a directory" in await site.refused()


async def test_why_it_cannot_listen(site: Site) -> None:
    for host, why in (
        ("nohost.invalid", "no address has this name"),
        ("192.0.2.1", "this machine has no such address"),
    ):
        assert why in await site.refused(listen=Listen(host, 0))


async def test_a_port_that_is_in_use_is_named(site: Site) -> None:
    site.port = site.hooks.port
    assert f"127.0.0.1:{site.port} cannot be listened on" in await site.refused()
    site.port = 0
    async with site.up():
        assert await site.hit() == 204


async def test_a_secret_that_was_replaced_is_noticed_and_may_be_replaced_on_purpose(site: Site) -> None:
    data = site.folder / "data"
    async with site.up():
        pass
    secret, check = (data / "gateway_secret").read_text(), (data / "gateway_secret.check").read_bytes()
    assert stat.S_IMODE((data / "gateway_secret.check").stat().st_mode) == 0o600
    changed = secret.replace(secret[7], "0" if secret[7] != "0" else "1", 1)
    (data / "gateway_secret").write_text(changed)
    said = await site.refused()
    assert "is not the one that state.db and queue.db were written with" in said
    assert secret[:8] not in said
    (data / "state.db").rename(data / "state.away")
    assert "is not the one" in await site.refused()
    (data / "state.away").rename(data / "state.db")
    (data / "gateway_secret").write_text(secret)
    async with site.up():
        assert (data / "gateway_secret.check").read_bytes() == check
    for path in data.glob("*.db*"):
        path.unlink()
    (data / "gateway_secret").unlink()
    for _ in range(2):
        async with site.up():
            assert await site.hit() == 204
    assert (data / "gateway_secret.check").read_bytes() != check


async def test_a_data_folder_that_is_damaged_is_not_used(site: Site) -> None:
    data = site.folder / "data"
    async with site.up():
        pass
    secret = (data / "gateway_secret").read_text()
    (data / "gateway_secret").write_text("damaged")
    assert "gateway_secret is damaged" in await site.refused()
    (data / "gateway_secret").unlink()
    assert "Without it nobody's refusal is found any more" in await site.refused()
    assert not (data / "gateway_secret").exists()
    (data / "gateway_secret").write_text(secret)
    with contextlib.closing(sqlite3.connect(data / "queue.db")) as connection:
        mark(connection, 99)
    assert "made by a later taggate" in await site.refused()
    file = site.folder / "file"
    file.write_text("")
    said = await site.refused(data=file)
    assert f"cannot be used: {file}: Not a directory." in said


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(per_address=0, per_container=0, disk_reserve=1 << 60), "too little disk is free"),
        (Limits(per_address=0, per_container=0, disk_reserve=0, queue=1), "the queue has reached its size limit"),
    ],
)
async def test_it_is_not_ready_while_there_is_no_room(site: Site, limits: Limits, why: str) -> None:
    async with site.up(limits=limits):
        assert await site.hit() in {204, 503}
        assert await site.hit() == 503
        found = await site.ready()
        assert (found["ready"], found["unready"]) == (False, [why])
        assert await site.metric("taggate_ready 0.0")


async def test_a_folder_that_cannot_be_looked_at_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with site.up() as server:

        def fail(_: object) -> None:
            raise PermissionError

        with monkeypatch.context() as patch:
            patch.setattr("gateway.outbox.disk.os.statvfs", fail)
            assert server.troubles()[0] == ["the data folder cannot be looked at"]
            assert server.seen().space is None
        assert server.troubles()[0] == []


async def test_receivers_that_are_down_do_not_make_it_unready(site: Site) -> None:
    await site.hooks.down()
    site.matomo.answers(status(401))
    async with site.up():
        assert await site.hit(consent=GRANTED, user_id="alice") == 204
        found = await site.until_ready(lambda found: len(found["degraded"]) == 4)
        assert found["ready"]
        assert "tag shop/matomo is paused: http_401" in found["degraded"]
        assert "tag shop/crm is waiting: no_connection" in found["degraded"]


def test_every_reason_is_documented() -> None:
    root = Path(__file__).parents[2]
    page = (root / "config/README.md").read_text("utf-8").partition("## Health")[2].partition("\n## ")[0]
    parts = [
        node
        for function in ast.walk(ast.parse((root / "gateway/web/server.py").read_text("utf-8")))
        if isinstance(function, ast.FunctionDef) and function.name in {"troubles", "_narrow", "_slow_tags"}
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ast.get_docstring(function)
    ]
    said = [word for word in (part.value.strip(" :/") for part in parts) if word]
    assert len(said) >= 10
    assert [word for word in said if word not in page] == []


@pytest.mark.parametrize("name", ["queue.db", "state.db"])
async def test_files_of_another_version_are_left_alone_and_said(site: Site, name: str) -> None:
    async with site.up():
        pass
    path = site.folder / "data" / name
    good = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        mark(connection, 99)
    assert f"{name} has schema 99, made by a later taggate" in await site.refused()
    assert path.read_bytes()[60:64] == (99).to_bytes(4)
    assert not list(path.parent.glob("*.damaged-*"))
    path.write_bytes(good)
    async with site.up():
        assert await site.hit() == 204


async def test_a_damaged_queue_is_set_aside_and_said(site: Site) -> None:
    async with site.up():
        pass
    (site.folder / "data" / "queue.db").write_bytes(b"no database" * 1000)
    async with site.up():
        found = await site.ready()
        assert (found["ready"], found["degraded"]) == (True, ["a damaged queue was set aside at start"])


async def test_a_damaged_state_is_not_ready_and_lets_nothing_in(site: Site) -> None:
    async with site.up():
        pass
    (site.folder / "data" / "state.db").write_bytes(b"no database" * 1000)
    async with site.up():
        assert (await site.ready())["unready"] == ["identity and consent cannot be read"]
        assert await site.hit(page="p" * 32) == 503
        assert await site.hit(user_id="alice") == 503


async def test_a_state_that_was_taken_away_is_said_until_the_next_start(site: Site) -> None:
    said = "state.db was missing at start: who refused is forgotten"
    async with site.up():
        assert said not in (await site.ready())["degraded"]
    (site.folder / "data" / "state.db").unlink()
    for degraded in ([said], []):
        async with site.up():
            found = await site.ready()
            assert (found["ready"], found["degraded"]) == (True, degraded)


async def test_folders_others_can_read_are_tightened(site: Site) -> None:
    secrets = site.folder / "secrets"
    secrets.mkdir(mode=0o755)
    (secrets / "x").write_text("x")
    (secrets / "x").chmod(0o644)
    with capture_logs() as logs:
        async with site.up():
            pass
    assert (secrets / "x").stat().st_mode & 0o077 == 0
    assert any(line["event"] == "folder_tightened" for line in logs)


async def test_a_folder_that_stays_open_is_not_told_as_tightened(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = site.folder / "secrets"
    secrets.mkdir(mode=0o755)
    secrets.chmod(0o755)

    change = Path.chmod

    def refuse(path: Path, mode: int) -> None:
        if path == secrets:
            raise PermissionError
        change(path, mode)

    monkeypatch.setattr(Path, "chmod", refuse)
    with capture_logs() as logs:
        async with site.up():
            pass
    assert [line["files"] for line in logs if line["event"] == "folder_open"] == [1]
    assert not any(line["event"] == "folder_tightened" for line in logs)


async def test_a_receiver_that_is_down_makes_nothing_unready(site: Site) -> None:
    site.hooks.answers(status(401))
    async with site.up():
        await site.hit()
        found = await site.until_ready(lambda found: bool(found["degraded"]))
        assert found["ready"]
        assert any(line.startswith("tag shop/plain is paused") for line in found["degraded"])


async def test_storage_that_fails_ends_the_process_badly(site: Site) -> None:
    server = Server(site.settings())
    running = asyncio.create_task(server.run())
    await server.started.wait()
    server._fail("fsync")
    assert server.troubles()[0][:2] == ["stopping", "storage: fsync"]
    assert await running is False


# the lock, the upkeep


def test_the_folders_lock(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "a" / "b")
    lock.take()
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    with pytest.raises(FolderInUse, match="in use by another taggate"):
        FolderLock(tmp_path / "a" / "b").take()
    lock.release()
    lock.release()
    again = FolderLock(tmp_path / "a" / "b")
    again.take()
    again.release()
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        FolderLock(tmp_path / "file").take()


class Failing:
    """Stands in for a queue and a store whose disk is full."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def purge(self, now: int) -> int:
        self.asked.append(now)
        raise DiskLow("x")

    async def forget(self, older_than: int) -> int:
        self.asked.append(older_than)
        raise StoreError("x")

    async def remove(self, now: int) -> int:
        self.asked.append(-now)
        raise PermissionError("x")


async def test_the_upkeep_goes_on_where_the_days_key_cannot_be_renewed(tmp_path: Path) -> None:
    key = DayKey(tmp_path)
    key.of(date(2026, 5, 27))
    (tmp_path / "day_key").unlink()
    (tmp_path / "day_key").mkdir()
    asked = []

    async def chore(moment: int) -> int:
        asked.append(moment)
        return 0

    async def wait(_: float) -> None:
        raise asyncio.CancelledError

    failing = Failing()
    with pytest.raises(asyncio.CancelledError), capture_logs() as logs:
        await keep_up(failing, failing, [chore], key, lambda: START, wait=wait)  # type: ignore[arg-type]
    assert asked == [START]
    assert [line["error"] for line in logs] == ["IsADirectoryError", "DiskLow", "StoreError"]


async def test_the_upkeep_goes_on_after_a_failure_and_destroys_old_keys(tmp_path: Path) -> None:
    key = DayKey(tmp_path)
    yesterday = key.of(date(2026, 5, 27))
    failing, rounds = Failing(), iter(range(2))

    async def wait(seconds: float) -> None:
        assert seconds == 3600.0
        if next(rounds):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError), capture_logs() as logs:
        await keep_up(failing, failing, [failing.remove], key, lambda: START, wait=wait)  # type: ignore[arg-type]
    assert failing.asked == [START, START - FORGET_DAYS * DAY_MS, -START] * 2
    assert [line["error"] for line in logs] == ["DiskLow", "StoreError", "PermissionError"] * 2
    assert yesterday.hex() not in (tmp_path / "day_key").read_text()
    assert (tmp_path / "day_key").read_text().startswith(f"{datetime.fromtimestamp(START / 1000, UTC).date()} ")
