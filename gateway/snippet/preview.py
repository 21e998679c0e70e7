"""Container → the script of its preview: the same modules with one more, as a JavaScript module that is handed what it
is to tell."""

from pathlib import Path

from gateway.language.container import Container
from gateway.shipped import folder as shipped
from gateway.snippet.build import settings
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import in_order, read_modules

MODULE = "preview"
UNPUBLISHED = ".preview"
"""Behind the name of a container that is not published: what real visits keep in the browser is another's."""


def called(container: Container, *, published: bool) -> str:
    """What its script calls itself."""
    return container.name if published else container.name + UNPUBLISHED


def preview(container: Container, *, published: bool, folder: Path | None = None) -> bytes:
    """A module that exports `run`. Raises what `build` raises."""
    modules = in_order(read_modules(folder or shipped("static") / "snippet"), (MODULE, *choose(container)))
    config = {**configuration(container), "n": called(container, published=published), "r": int(published)}
    code = "".join(module.code for module in modules)
    start = f"$=>{{try{{{code}}}catch{{}}}}"
    # The script's element, where it came from, and what a call of `preview` does, are those of the module.
    given = f"{{...{settings(config)},...more}}"
    return f"export const run=({{script:$s,base:$b,again:$p,...more}})=>({start})({given});\n".encode("ascii")
