"""Container → the script of its preview: the same modules with one more, as a JavaScript module that is handed what it
is to tell."""

from pathlib import Path

from gateway.language.container import Container
from gateway.shipped import folder as shipped
from gateway.snippet.build import literal, script
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import in_order, read_modules

MODULE = "preview"
KEEPS = "retry"
"""What keeps unsent hits for the next page: those of visits that are real."""


def preview(container: Container, *, published: bool, folder: Path | None = None) -> bytes:
    """A module that exports `run`. Raises what `build` raises."""
    names = [name for name in choose(container) if published or name != KEEPS]
    modules = in_order(read_modules(folder or shipped("static") / "snippet"), (MODULE, *names))
    whole = script(modules, "CONFIGURATION").removesuffix('("CONFIGURATION");\n')
    return f"export const run=more=>{whole}({{...{literal(configuration(container))},...more}});\n".encode("ascii")
