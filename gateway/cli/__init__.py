"""The command `taggate`: one file a command group, thin."""

import typer

from gateway.cli.check import check
from gateway.cli.demo import demo
from gateway.cli.doctor import doctor
from gateway.cli.importing import importing
from gateway.cli.outbox import outbox
from gateway.cli.schema import schema
from gateway.cli.serve import serve
from gateway.cli.snippet import snippet
from gateway.cli.suppose import try_it
from gateway.cli.worker import worker

app = typer.Typer(
    name="taggate",
    help="A tracking gateway that decides, for each hit and each receiver, whether the User ID is "
    "attached, hashed or dropped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(serve)
app.command()(check)
app.command("try")(try_it)
app.command()(schema)
app.command()(snippet)
app.command()(doctor)
app.command(hidden=True)(worker)
app.add_typer(importing, name="import")
app.add_typer(outbox, name="outbox")


def main() -> None:
    """The entry point. Exit 0 fine, 1 problems found, 2 wrong use."""
    app()
