"""The nginx that config/README.md describes, in front of a real `taggate serve`, with pages in Chromium."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from browser.conftest import CHROMIUM, FLAGS
from playwright.async_api import async_playwright
from process import Gateway, free_port, until
from receivers import WebhookReceiver

README = Path(__file__).resolve().parents[2] / "config" / "README.md"
HOST = "shop.example.com"
CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: {{ from: {{ cookie: choice }}, purposes: {{ analytics: statistics }} }}
visitor: {{ remember_when: analytics_ok }}
triggers:
  any_event: {{ event: {{ present: true }} }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
tags:
  hook:
    type: webhook
    send_when: {{ all_of: [any_event, analytics_ok] }}
    settings: {{ url: "{hooks}/hook" }}
tests: []
"""
PAGE = '<title>Shop</title><script>document.cookie = "choice=statistics"</script><script async src="{script}"></script>'
SITE = """\
daemon off; master_process off; pid {at}/pid; error_log {at}/own-error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u;
  scgi_temp_path {at}/s; types {{ text/html html; }}
  {format}
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {at}/cert; ssl_certificate_key {at}/key; root {at}/pages;
    {locations}
  }}
}}
"""


def nginx(folder: Path) -> str:
    """The program; Debian's package unpacked here where it is not installed."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        return found
    # Not installed: that would start it as a service of this machine.
    for command in (["apt-get", "update", "-qq"], ["apt-get", "download", "-qq", "nginx"]):
        subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=300)
    for package in folder.glob("nginx_*.deb"):
        subprocess.run(["dpkg", "-x", package, folder], check=True)
    if not (folder / "usr/sbin/nginx").exists():
        (pytest.skip if os.geteuid() else pytest.fail)("nginx is missing: apt-get install nginx-light")
    return str(folder / "usr/sbin/nginx")


class Site:
    """A website behind nginx, and what stands behind it."""

    def __init__(self, at: Path, gateway: Gateway, hooks: WebhookReceiver) -> None:
        self.at, self.gateway, self.hooks = at, gateway, hooks
        self.port = free_port()
        self.url = f"https://{HOST}:{self.port}"

    def write(self) -> None:
        """What config/README.md says, with this machine's places in it."""
        blocks = re.findall(r"^```nginx\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        shared, own, coffee = (self._here(block) for block in blocks)
        (self.at / "taggate.conf").write_text(shared)
        found = re.fullmatch(r"(?P<format>log_format .*?)server \{(?P<locations>.*)\}\s*", own, re.DOTALL)
        assert found
        settings = {"at": self.at, "port": self.port, "format": found["format"]}
        (self.at / "nginx.conf").write_text(SITE.format(locations=found["locations"] + coffee, **settings))
        (self.at / "pages").mkdir()
        for name, script in (("own", "/t/shop.js"), ("coffee", "/coffee/beans.js")):
            (self.at / "pages" / f"{name}.html").write_text(PAGE.format(script=script))
        made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key -out cert"
        subprocess.run([*made.split(), "-subj", f"/CN={HOST}"], cwd=self.at, check=True, capture_output=True)

    def _here(self, block: str) -> str:
        places = {
            "/etc/nginx/taggate.conf": f"{self.at}/taggate.conf",
            "/var/log/nginx/": f"{self.at}/",
            "http://127.0.0.1:8080": self.gateway.url,
        }
        for written, here in places.items():
            block = block.replace(written, here)
        return block

    def logged(self) -> str:
        """All that nginx wrote of what it passed on."""
        return "".join(path.read_text() for path in self.at.glob("tg*.log"))

    @asynccontextmanager
    async def asking(self, address: str = "127.0.0.1") -> AsyncIterator[aiohttp.ClientSession]:
        """Requests from this address to this host."""
        local = aiohttp.TCPConnector(local_addr=(address, 0), ssl=_trusting_all())
        async with aiohttp.ClientSession(f"https://127.0.0.1:{self.port}", connector=local) as session:
            session.headers["Host"] = f"{HOST}:{self.port}"
            session.headers["Origin"] = self.url
            yield session


def _trusting_all() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    program = nginx(tmp_path)
    async with WebhookReceiver() as hooks:
        gateway = Gateway(tmp_path, {"shop": CONTAINER.format(hooks=hooks.url)})
        with (tmp_path / "config" / "gateway.yaml").open("a") as config:
            config.write("trusted_proxies: [127.0.0.1/32]\n")
        (tmp_path / "nginx").mkdir()
        site = Site(tmp_path / "nginx", gateway, hooks)
        site.write()
        await gateway.start()
        running = await asyncio.create_subprocess_exec(program, "-p", site.at, "-c", site.at / "nginx.conf")
        await until(lambda: _listens(site, running))
        yield site
        running.terminate()
        await running.wait()
        await gateway.stop()


async def _listens(site: Site, running: asyncio.subprocess.Process) -> bool:
    assert running.returncode is None, (site.at / "own-error.log").read_text()
    try:
        async with site.asking() as asking, asking.get("/own.html") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def hit(number: int) -> dict[str, Any]:
    return {"event": "page_view", "id": f"{number:032x}", "url": f"https://{HOST}/", "consent": {"analytics": True}}


@pytest.mark.browser
async def test_pages_under_both_addresses(site: Site) -> None:
    async with async_playwright() as playwright:
        flags = [*FLAGS, f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for name, script in (("own", "/t/shop.js"), ("coffee", "/coffee/beans.js")):
            context = await chromium.new_context(ignore_https_errors=True)
            page = await context.new_page()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url.removeprefix(site.url)))
            async with page.expect_request_finished(lambda request: "/collect/" in request.url):
                await page.goto(f"{site.url}/{name}.html?from=letter")
            (cookie,) = [one for one in await context.cookies() if one["name"] != "choice"]
            assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
            before = script.rpartition("/")[0].removesuffix("/t")
            assert [path for path in asked if "favicon" not in path] == [
                f"/{name}.html?from=letter",
                script,
                f"{before}/collect/shop",
            ]
        await chromium.close()
    await until(lambda: len(site.hooks.events) == 2)
    pages = sorted(event["page"]["url"].removeprefix(site.url) for event in site.hooks.events)
    assert pages == ["/coffee.html?from=letter", "/own.html?from=letter"]


async def test_whose_address_it_is_and_what_is_logged(site: Site) -> None:
    async with site.asking("127.5.6.7") as asking:
        lied = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "http"}
        async with asking.post("/collect/shop?for=alice", json=hit(1), headers=lied) as answer:
            assert answer.status == 204
            assert "secure" in answer.headers["set-cookie"].lower()
        async with asking.get("/t/shop.js?for=alice", headers={"Accept-Encoding": "br"}) as answer:
            assert (answer.status, answer.headers["content-encoding"]) == (200, "br")
        for path in ("/metrics", "/readyz", "/coffee/metrics", "/coffee/readyz"):
            async with asking.get(path) as answer:
                assert answer.status == 404, path
        async with asking.post("/collect/shop", data=b"x" * 300_000) as answer:
            assert answer.status == 413
        await until(lambda: len(site.hooks.events) == 1)
        assert site.hooks.events[0]["ip"] == "127.5.6.0"
        await site.gateway.stop()
        async with asking.post("/collect/shop?for=alice", json=hit(2)) as answer:
            assert answer.status == 502
        await site.gateway.start()
        async with asking.post("/collect/shop?for=alice", json=hit(2)) as answer:
            assert answer.status == 204
    await until(lambda: len(site.hooks.events) == 2)
    logged = site.logged()
    assert '"POST /collect/shop" 204' in logged
    assert '"POST /collect/shop" 502' in logged
    assert "127.5." not in logged
    assert "alice" not in logged
