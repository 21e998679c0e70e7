"""`taggate worker`: what `taggate serve --workers N` starts; nobody else does."""

import asyncio
import socket
from typing import Annotated

import typer
import uvloop

from gateway.cli.output import PROBLEMS, wrong_use
from gateway.web.logs import set_up
from gateway.web.workers.worker import Worker


def worker(link: Annotated[int, typer.Argument(help="The link to the keeper, as a file descriptor.")]) -> None:
    """One process of `taggate serve --workers N`, started by it."""
    set_up()
    try:
        end = socket.socket(fileno=link)
    except OSError:
        raise wrong_use("A worker is started by `taggate serve --workers N`") from None

    async def work() -> bool:
        return await Worker(end).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        well = runner.run(work())
    if not well:
        raise typer.Exit(PROBLEMS)
