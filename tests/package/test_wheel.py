"""The wheel, built and installed into an empty environment elsewhere, has all it needs to run the demo."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from process import free_port, until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the commands of an environment with nothing but the wheel in it."""
    base = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(base), str(ROOT))
    venv.create(base / "venv", with_pip=False)
    wheel, python = next(base.glob("*.whl")), str(base / "venv/bin/python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", str(wheel))
    yield base / "venv" / "bin"


def run(*command: str, cwd: Path | None = None) -> str:
    """Its output; fails with it."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_commands_work_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    taggate = str(installed / "taggate")
    assert "gateway" in run(taggate, "--help", cwd=tmp_path)
    assert re.fullmatch(r"taggate [0-9.]+\n", run(taggate, "--version", cwd=tmp_path))
    assert '"$schema"' in run(taggate, "schema", cwd=tmp_path)
    for name in ("shop.yaml", "demo.yaml"):
        (tmp_path / name).write_bytes((ROOT / "tags" / name).read_bytes())
        assert "fine" in run(taggate, "check", name, cwd=tmp_path)


async def test_the_demo_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    shop, receivers = free_port(), free_port()
    demo = await asyncio.create_subprocess_exec(
        str(installed / "taggate"),
        "demo",
        "--port",
        str(shop),
        "--receivers-port",
        str(receivers),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert demo.stdout is not None
    try:
        opened = await asyncio.wait_for(demo.stdout.readline(), 30)
        assert opened.decode().split() == ["Open", f"http://127.0.0.1:{shop}/"]
        async with aiohttp.ClientSession(f"http://127.0.0.1:{shop}") as session:
            async with session.get("/") as page:
                assert page.status == 200
                addresses = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg))"', await page.text())
            assert "/t/demo.js" in addresses
            for address in addresses:
                async with session.get(address) as answer:
                    assert answer.status == 200, address
            await until(lambda: _delivers(session, shop), within=15)
    finally:
        demo.send_signal(signal.SIGTERM)
        said = (await demo.stdout.read()).decode()
        assert await demo.wait() == 0, said
    assert "Traceback" not in said, said


async def _delivers(session: aiohttp.ClientSession, shop: int) -> bool:
    hit = {"event": "page_view", "url": f"http://127.0.0.1:{shop}/", "id": "0b5f2d7c-3f59-4a35-9d3b-6f3a9a3b1c11"}
    async with session.post("/collect/demo", json=hit, headers={"Origin": f"http://127.0.0.1:{shop}"}) as answer:
        assert answer.status == 204
    async with session.get("/metrics") as metrics:
        return 'taggate_delivered_total{container="demo",tag="matomo"} 1.0' in await metrics.text()
