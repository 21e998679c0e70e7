"""`--config`: the operator's file, for every command that works on a gateway."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.nearby import unreadable
from gateway.cli.output import PROBLEMS, wrong_use
from gateway.settings import BadSettings, Settings, defaults, read_settings

DEFAULT = Path("config/gateway.yaml")
WRONG_PLACE = "If there is one elsewhere: --config names its file."

Config = Annotated[
    Path | None, typer.Option("--config", help="The operator's file; config/gateway.yaml where it is there.")
]


def configured(config: Path | None) -> Settings:
    """What the file says, or the defaults where there is none; ends the command when it is wrong."""
    if config is None and not DEFAULT.exists():
        return defaults(Path())
    path = config or DEFAULT
    try:
        return read_settings(path)
    except BadSettings as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(PROBLEMS) from None
    except OSError as error:
        raise wrong_use(unreadable(path, error)) from None
