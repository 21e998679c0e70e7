"""How large snippets are, in brotli as they are served:  python -m tests.snippet.sizes"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.cli.output import loader
from gateway.language.container import Container
from gateway.model import Json
from gateway.shipped import folder
from gateway.snippet.build import compressed, script
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import Module, in_order, read_modules

HERE = Path(__file__).parent / "sizes"
MODULES = read_modules(folder("static") / "snippet")
EVERYTHING, WITH_CALLS = "everything", "with_calls"
CALLS = frozenset({"calls", "gtag", "matomo", "matomo_consent", "matomo_content", "matomo_links", "segment"})
"""What lets a page keep the calls of other tools."""
PREVIEW = frozenset({"preview"})
"""What no ordinary snippet has."""
GOALS = {"core": 2_560, "typical": 4_096, EVERYTHING: 8_192, WITH_CALLS: 8_192 + 5_120}


def of(modules: tuple[Module, ...], config: Json) -> int:
    """Bytes of these modules with this configuration."""
    return len(compressed(script(modules, config).encode("ascii")))


def snippet(name: str) -> tuple[tuple[Module, ...], Mapping[str, Json]]:
    """A container's modules and configuration; `everything` has that of `typical`."""
    container = read(name if name in ("core", "typical") else "typical")
    wanted = {EVERYTHING: set(MODULES) - CALLS - PREVIEW, WITH_CALLS: set(MODULES) - PREVIEW}.get(
        name, choose(container)
    )
    return in_order(MODULES, wanted), configuration(container)


def read(name: str) -> Container:
    """A container beside this file."""
    loaded = loader().load(HERE / f"{name}.yaml")
    assert loaded.container, loaded.report()
    return loaded.container


def sizes() -> dict[str, int]:
    """What each of the three has."""
    return {name: of(*snippet(name)) for name in GOALS}


def table() -> Iterator[str]:
    """Lines for people."""
    for name, size in sizes().items():
        yield f"{name:24} {size:6,}  goal {GOALS[name]:,}"
    everything, config = snippet(WITH_CALLS)
    whole = of(everything, config)
    yield ""
    yield f"{'module':24} {'minified':>8}  what everything would be smaller without it"
    for module in everything:
        rest = tuple(other for other in everything if other is not module)
        yield f"{module.name:24} {len(module.code):8,}  {whole - of(rest, config):,}"


if __name__ == "__main__":
    print("\n".join(table()))
