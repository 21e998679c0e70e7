"""`taggate snippet`: what a website embeds for a container."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.configured import Config, configured
from gateway.cli.output import PROBLEMS, Format, console, load, print_json, print_report
from gateway.snippet.build import Snippet, build

FILE = Annotated[Path, typer.Argument(help="The container.")]
FORMAT = Annotated[Format, typer.Option("--format", help="text or json.")]


def snippet(file: FILE, config: Config = None, format: FORMAT = Format.TEXT) -> None:
    """Print the script tags for a website: one that follows the container, one for this very version."""
    settings = configured(config)
    loaded = load(file)
    if loaded.container is None:
        print_report(loaded)
        raise typer.Exit(PROBLEMS)
    built = build(loaded.container)
    gateway = settings.public_url or f"http://{settings.listen.host}:{settings.listen.port}"
    address = f"{gateway}/t/{loaded.container.name}"
    if format is Format.JSON:
        print_json(
            {
                "address": f"{address}.js",
                "version_address": f"{address}.{built.version}.js",
                "integrity": built.integrity,
                "bytes": {"plain": len(built.body), "gzip": len(built.gzip), "brotli": len(built.brotli)},
            }
        )
    else:
        console().print(_for_people(address, built), markup=False)


def _for_people(address: str, built: Snippet) -> str:
    return f"""\
<script async src="{address}.js"></script>

{len(built.brotli):,} bytes as browsers get it (brotli; gzip {len(built.gzip):,}).

Or this version only. The browser refuses any other script; after a change of the container the page needs the new tag:

<script async crossorigin src="{address}.{built.version}.js" integrity="{built.integrity}"></script>"""
