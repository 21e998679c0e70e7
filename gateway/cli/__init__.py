"""The command `taggate`: one file a command group, thin."""

import sys
from importlib import import_module
from typing import Annotated

import typer

from gateway.cli.streams import make_usable, until_full

COMMANDS = {
    "demo": "demo:demo",
    "serve": "serve:serve",
    "check": "check:check",
    "explain": "explain:explain",
    "try": "suppose:try_it",
    "schema": "schema:schema",
    "snippet": "snippet:snippet",
    "preview": "preview:preview",
    "doctor": "doctor:doctor",
    "worker": "worker:worker",
    "import": "importing:importing",
    "outbox": "outbox:outbox",
}
"""Where each is; only what is asked for is loaded, which is half of the time that some of them take."""
HIDDEN = ("worker",)
MEANT = {
    **dict.fromkeys(("test", "validate", "lint", "verify", "proof"), "check"),
    **dict.fromkeys(("run", "start"), "serve"),
    **dict.fromkeys(("simulate", "debug"), "try"),
    **dict.fromkeys(("import google", "import gtag", "import google_tag_manager", "import ga4"), "import gtm"),
    **dict.fromkeys(("import piwik", "import mtm"), "import matomo"),
    **dict.fromkeys(("version", "-v", "-V"), "--version"),
    **dict.fromkeys(("help", "-h"), "--help"),
}
"""What people type → the command that does it."""
_DELETE = (
    "To delete somebody, tell the gateway that the person withdraws, then delete what receivers have (taggate explain "
    'says where): tags/README.md, "Your own server".'
)
_PUBLISH = "A container's file that changes is taken at once, if it passes taggate check."
_KEPT = "A secret is a file in the folder of secrets: config/README.md."
NOT_YET = {
    **dict.fromkeys(("person", "forget", "erase", "delete"), _DELETE),
    **dict.fromkeys(("publish", "versions", "rollback"), _PUBLISH),
    **dict.fromkeys(("keys", "secret", "secrets"), _KEPT),
    "replay": "To see what a new version changes for whom: taggate explain --diff OLD NEW.",
}
"""Commands that there will be, or that people look for → what to do meanwhile."""
GROUPS = ("import", "outbox")


def application(*names: str) -> typer.Typer:
    """With these commands, or with all."""
    app = typer.Typer(
        name="taggate",
        help="A tracking gateway that decides, for each hit and each receiver, whether the User ID is "
        "attached, hashed or dropped.",
        epilog="Exit codes: 0 fine, 1 problems found, 2 wrong use. To see it all at work: taggate demo",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # With a single command typer would take its name for an argument.
    app.callback()(_taggate)
    for name in names or COMMANDS:
        module, _, attribute = COMMANDS[name].partition(":")
        found = getattr(import_module(f"gateway.cli.{module}"), attribute)
        if name in GROUPS:
            app.add_typer(found, name=name)
        else:
            app.command(name, hidden=name in HIDDEN)(found)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        # Here, since reading what is installed takes a thirtieth of a second of every other command.
        typer.echo(f"taggate {import_module('importlib.metadata').version('taggate')}")
        raise typer.Exit


def _taggate(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is, and exit.")
    ] = False,
) -> None:
    pass


def __getattr__(name: str) -> typer.Typer:
    """`app`: all commands, loaded when somebody asks for it."""
    if name != "app":
        raise AttributeError(name)
    return application()


def main() -> None:
    """The entry point. Exit 0 fine, 1 problems found, 2 wrong use."""
    make_usable()
    for words in (sys.argv[1:2], sys.argv[1:3]):
        typed = " ".join(words)
        if typed in MEANT:
            typer.echo(f'There is no command "{typed}". Did you mean taggate {MEANT[typed]}?', err=True)
            raise SystemExit(2)
    if said := NOT_YET.get(" ".join(sys.argv[1:2])):
        typer.echo(f'There is no command "{sys.argv[1]}" yet. {said}', err=True)
        raise SystemExit(2)
    until_full(application(*[name for name in sys.argv[1:2] if name in COMMANDS]))
