"""`taggate serve`: the gateway."""

import asyncio

import typer
import uvloop

from gateway.cli.configured import Config, configured
from gateway.cli.output import PROBLEMS
from gateway.settings import Settings
from gateway.web.logs import set_up
from gateway.web.server import Extras, Server, StartFailed


def serve(config: Config = None) -> None:
    """Run the gateway."""
    set_up()
    settings = configured(config)
    typer.echo(f"taggate serves {settings.containers} on {settings.listen.host}:{settings.listen.port}", err=True)
    run(settings)


def run(settings: Settings, extras: Extras | None = None) -> None:
    """Until the process is told to stop; exits 1 when it cannot start or ends badly."""

    async def work() -> bool:
        return await Server(settings, extras).run()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            well = runner.run(work())
    except StartFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(PROBLEMS) from None
    if not well:
        raise typer.Exit(PROBLEMS)
