"""`taggate serve`: the gateway."""

import asyncio
import signal
from typing import Annotated

import typer
import uvloop

from gateway.cli.configured import Config, configured
from gateway.cli.output import PROBLEMS
from gateway.cli.streams import tell
from gateway.settings import Settings
from gateway.web.extras import StartFailed
from gateway.web.logs import LOG, set_up
from gateway.web.server import Server


def serve(
    config: Config = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that answer; above 1 one more keeps the data.")
    ] = 1,
) -> None:
    """Run the gateway."""
    # Until the gateway hears it itself.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    set_up()
    settings = configured(config)
    tell(f"taggate serves {settings.containers} on {settings.listen.host}:{settings.listen.port}")
    run(settings, workers)


def run(settings: Settings, workers: int = 1) -> None:
    """Until the process is told to stop; exits 1 when it cannot start or ends badly."""

    async def work() -> bool:
        return await Server(settings, workers=workers).run()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            well = runner.run(work())
    except StartFailed as error:
        LOG.flush()
        tell(str(error))
        raise typer.Exit(PROBLEMS) from None
    if not well:
        raise typer.Exit(PROBLEMS)
