"""`taggate preview`: a token with which a page shows what the gateway makes of one's own visit."""

import re
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from msgspec import Struct

from gateway.cli.configured import WRONG_PLACE, Config, configured
from gateway.cli.nearby import unreadable
from gateway.cli.output import PROBLEMS, Format, console, load, loader, print_json, print_report, visible, wrong_use
from gateway.language.container import Container
from gateway.language.load import containers_in
from gateway.problems import did_you_mean
from gateway.secrets import SecretError, own_secret
from gateway.settings import Settings
from gateway.store.folder import closed, foreign
from gateway.web.preview.drafts import LONGEST_SECONDS, put
from gateway.web.preview.token import RUNNING, Leave, Seal, Token

UNITS = {"s": 1, "m": 60, "h": 3600}
_FOR = re.compile(r"([0-9]{1,6})([smh])")


class Made(Struct, frozen=True, kw_only=True):
    """A token, and what it is for."""

    token: Token
    leave: Leave
    running: Container
    file: str | None


def preview(
    container: Annotated[str, typer.Argument(help="The container's name: shop for tags/shop.yaml.")],
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="An unpublished version of it, which is shown instead.")
    ] = None,
    lasts: Annotated[str, typer.Option("--for", help="How long the token is good: 30m, 2h; at most 24h.")] = "2h",
    config: Config = None,
    format: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Print an address that shows, in the page, what the gateway makes of each hit and why."""
    settings = configured(config)
    running = _running(settings, container)
    seconds = _seconds(lasts)
    until = int(time.time() * 1000) + seconds * 1000
    own = _own(settings)
    version = _handed_over(settings, container, file) if file else RUNNING
    leave = Leave(version, until)
    made = Made(
        token=Token(container, Seal(own, container).write(leave)),
        leave=leave,
        running=running,
        file=str(file) if file else None,
    )
    if format is Format.JSON:
        print_json(_as_json(made))
    else:
        console().print(_for_people(made), markup=False)


def _running(settings: Settings, name: str) -> Container:
    path = settings.containers / f"{name}.yaml"
    if why := closed(settings.containers):
        _refuse(why)
    if not path.is_file():
        names = [found.stem for found in containers_in(settings.containers)]
        hint = f"Write its name alone: {Path(name).stem}." if Path(name).stem in names else did_you_mean(name, names)
        raise wrong_use(f'There is no container "{name}" in {settings.containers}. {hint or WRONG_PLACE}')
    loaded = load(path, None)
    if loaded.container is None:
        print_report(loaded)
        raise typer.Exit(PROBLEMS)
    return loaded.container


def _seconds(said: str) -> int:
    found = _FOR.fullmatch(said.strip())
    seconds = int(found[1]) * UNITS[found[2]] if found else 0
    if not 0 < seconds <= LONGEST_SECONDS:
        raise wrong_use(f'--for: "{said}" is no time up to 24h. Write it like 30m or 2h.')
    return seconds


def _own(settings: Settings) -> bytes:
    if why := closed(settings.data):
        _refuse(why)
    if not (settings.data / "gateway_secret").exists():
        _refuse(f"There is no gateway in {settings.data} yet: start it once with taggate serve.")
    try:
        return own_secret(settings.data, "gateway_secret")
    except (SecretError, OSError) as error:
        _refuse(f"The gateway's secret cannot be read: {error}. Does the gateway run as another user?")


def _handed_over(settings: Settings, name: str, file: Path) -> str:
    """The revision of a file that has no errors, which the gateway finds in its data folder from now on."""
    try:
        source = file.read_bytes()
    except OSError as error:
        raise wrong_use(unreadable(file, error, container=True)) from None
    loaded = loader().compile(source, name, str(file))
    if loaded.container is None:
        print_report(loaded)
        raise typer.Exit(PROBLEMS)
    # What root writes here the gateway could not read.
    if why := foreign(settings.data):
        _refuse(why)
    try:
        put(settings.data, name, loaded.container.revision, source)
    except OSError as error:
        _refuse(f"{settings.data} cannot be written: {error.strerror}.")
    return loaded.container.revision


def _refuse(message: str) -> NoReturn:
    typer.echo(visible(message), err=True)
    raise typer.Exit(PROBLEMS)


def _as_json(made: Made) -> dict[str, str | int | bool]:
    return {
        "container": made.token.container,
        "revision": made.leave.version or made.running.revision,
        "published": made.leave.version == RUNNING,
        "until": made.leave.until,
        "token": str(made.token),
        "address": _address(made),
    }


def _address(made: Made) -> str:
    return f"https://{made.running.site.domains[0].removeprefix('*.')}/?taggate_preview={made.token}"


def _for_people(made: Made) -> str:
    until = datetime.fromtimestamp(made.leave.until / 1000).astimezone()
    if made.file:
        what = (
            f"It shows {made.file} (revision {made.leave.version}). Nothing is sent to any receiver, nothing is kept."
        )
    else:
        what = "It shows the version that runs. Your hits are real: they are sent as ever."
    return f"""\
{_address(made)}

Open this, or put ?taggate_preview=… behind any other address of the website.
{what}
Good until {until:%Y-%m-%d %H:%M}, for everybody who has it: do not pass it on. The panel's button ends it."""
