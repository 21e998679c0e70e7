"""`taggate demo`: everything on one machine, with nothing to set up."""

import asyncio
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer
import uvloop

from gateway.cli.output import PROBLEMS, wrong_use
from gateway.settings import Listen, Settings
from gateway.shipped import folder
from gateway.web import demo as page
from gateway.web import receivers
from gateway.web.extras import Extras, StartFailed
from gateway.web.fleet import Status
from gateway.web.listening import CannotListen, listening
from gateway.web.live import Live
from gateway.web.logs import set_up
from gateway.web.messages import of_exchange, of_hit, of_status
from gateway.web.server import Server

HOST = "127.0.0.1"
PORT, RECEIVERS_PORT = 8080, 8090
SECRETS = ("demo_matomo_token", "demo_crm_key", "demo_user_id_key")


def demo(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where the shop is.")] = PORT,
    receivers_port: Annotated[
        int, typer.Option("--receivers-port", min=0, max=65535, help="Where the receivers are.")
    ] = RECEIVERS_PORT,
    data: Annotated[Path | None, typer.Option("--data", help="Keep the data in this folder.")] = None,
) -> None:
    """Run a shop, the gateway and its receivers on this machine."""
    set_up(level=logging.WARNING)
    with _folder(data) as base:
        try:
            container = _container(base, receivers_port)
            settings = _settings(base, container, port)
        except OSError as error:
            raise wrong_use(f"{error.filename or base} cannot be used: {error.strerror}.") from None
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                well = runner.run(_run(settings, container, receivers_port))
        except (StartFailed, CannotListen) as error:
            typer.echo(f"{error}\nChoose others: taggate demo --port 8180 --receivers-port 8190", err=True)
            raise typer.Exit(PROBLEMS) from None
    if not well:
        raise typer.Exit(PROBLEMS)


async def _run(settings: Settings, container: Path, receivers_port: int) -> bool:
    live = Live()

    def say_status(status: Status) -> None:
        live.publish(of_status(status))
        for line in status.report:
            typer.echo(line, err=True)

    extras = Extras(
        only=container.stem,
        routes=page.routes(folder("static"), live),
        watch=lambda runtime, taken: live.publish(of_hit(runtime, taken)),
        on_status=say_status,
        on_exchange=lambda target, _, reply: live.publish(of_exchange(target, reply)),
    )
    keys = {"crm": _secret(settings.secrets, "demo_crm_key")}
    token = _secret(settings.secrets, "demo_matomo_token")
    server = Server(settings, extras)
    async with listening(receivers.app(live, keys=keys, token=token), HOST, receivers_port):
        running = asyncio.create_task(server.run())
        waiting = asyncio.create_task(server.started.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if server.started.is_set():
            _welcome(server.port, container)
        stopping = asyncio.create_task(server.stopping.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        live.close()
        waiting.cancel()
        stopping.cancel()
        return await running


def _welcome(port: int, container: Path) -> None:
    typer.echo(f"Open      http://{HOST}:{port}/")
    typer.echo(f"Change    {container}  (it is taken at once; a mistake is shown and the version before keeps running)")
    typer.echo("Stop      Ctrl+C")


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The data folder: a temporary one unless it is to be kept."""
    if data is not None:
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise wrong_use(f"{data} cannot be made: {error.strerror}.") from None
        yield data.resolve()
        return
    made = Path(tempfile.mkdtemp(prefix="taggate-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _container(base: Path, receivers_port: int) -> Path:
    """The demo's container: the one in tags/ beside us, else a copy of the one that comes with the package."""
    here = Path("tags/demo.yaml").resolve()
    if here.exists() and receivers_port == RECEIVERS_PORT:
        return here
    copy = base / "tags" / "demo.yaml"
    copy.parent.mkdir(exist_ok=True)
    text = (copy if copy.exists() else folder("tags") / "demo.yaml").read_text("utf-8")
    # Also of a copy that was kept: the receivers may have been elsewhere.
    copy.write_text(re.sub(rf"(http://{re.escape(HOST)}:)\d+", rf"\g<1>{receivers_port}", text), "utf-8")
    return copy


def _settings(base: Path, container: Path, port: int) -> Settings:
    secrets = base / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    for name in SECRETS:
        if not (secrets / name).exists():
            (secrets / name).touch(mode=0o600)
            (secrets / name).write_text(token_hex(16) + "\n")
    return Settings(
        listen=Listen(HOST, port),
        containers=container.parent,
        data=base / "data",
        secrets=secrets,
        environment="demo",
        allowed_networks=(ip_network(f"{HOST}/32"),),
    )


def _secret(secrets: Path, name: str) -> str:
    return os.environ.get(f"TAGGATE_SECRET_{name.upper()}") or (secrets / name).read_text().strip()
