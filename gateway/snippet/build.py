"""Container → its snippet: the modules it uses and one JSON object, ready to be served in every encoding."""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256, sha384
from itertools import accumulate
from pathlib import Path

import brotli
from msgspec import Struct

from gateway.language.container import Container
from gateway.model import Json
from gateway.shipped import folder as shipped
from gateway.snippet.choose import choose
from gateway.snippet.codes import codes
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import Module, in_order, read_modules

# An element with that name could stand in for `currentScript`, and MooTools has a `Document` of its own. A page that is
# rendered ahead counts when it is seen.
_BEGIN = (
    # Most of it runs at once: where a browser knows this word, nothing is read twice.
    "//# allFunctionsCalledOnLoad\n"
    '(function($,$s=Reflect.get(HTMLDocument.prototype,"currentScript",document),'
    # Before the file's folder, or before `/t/`.
    r"$b=$s.src.split(/(\/t)?\/[^/?#]*([?#]|$)/)[0]"
    "){let a=(function(){try{"
)
# A preview is loaded for those who ask for it, in the address or in their tab; where it has none, all goes on as ever.
_END = (
    '}catch{}}),$p=e=>import($b+"/preview/"+$.n).then(t=>t.run(a,e),a);'
    '(location.href+window.name).includes("taggate_preview")?$p():'
    'document.prerendering?document.addEventListener("prerenderingchange",a):a()})'
)


class Snippet(Struct, frozen=True, kw_only=True):
    """What `GET /t/{container}.js` answers. `body` is ASCII; `etag` is that of the body, quotes included."""

    body: bytes
    etag: str
    version: str
    """12 hex digits of the body's SHA-256: `/t/{container}.{version}.js` is this very script for ever."""
    integrity: str
    """For the `integrity` of a script tag that names the version."""
    gzip: bytes
    brotli: bytes
    source_map: bytes
    codes: Mapping[str, bytes] = {}
    """Code of the container's own tags, by `{tag}.{version}`: `/t/{container}.{tag}.{version}.js` is this for ever."""


def build(container: Container, folder: Path | None = None) -> Snippet:
    """The snippet of a container, byte for byte the same each time; `folder` holds the modules.
    Raises what `read_modules` and `in_order` raise."""
    modules = in_order(read_modules(folder or shipped("static") / "snippet"), choose(container))
    body = script(modules, configuration(container)).encode("ascii")
    digest = sha256(body).hexdigest()
    return Snippet(
        body=body,
        etag=f'"{digest[:32]}"',
        version=digest[:12],
        integrity=f"sha384-{base64.b64encode(sha384(body).digest()).decode()}",
        gzip=gzip.compress(body, 9, mtime=0),
        brotli=compressed(body),
        source_map=source_map(modules),
        codes=codes(container),
    )


def compressed(body: bytes) -> bytes:
    """As it goes to a browser."""
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=11)
    return packed


def script(modules: Sequence[Module], config: Mapping[str, Json]) -> str:
    """One function around all modules. No error of ours may reach the page's handlers."""
    return f"{_BEGIN}{''.join(module.code for module in modules)}{_END}({settings(config)});\n"


def source_map(modules: Sequence[Module]) -> bytes:
    """For the developer tools of a browser: a section for each module."""
    ends = accumulate((len(module.code) for module in modules), initial=len(_BEGIN.partition("\n")[2]))
    sections = [
        {
            "offset": {"line": 1, "column": column},
            "map": {
                "version": 3,
                "sources": [f"taggate/{module.name}.js"],
                "sourcesContent": [module.source],
                "names": [],
                "mappings": module.mappings,
            },
        }
        for column, module in zip(ends, modules, strict=False)
    ]
    return json.dumps({"version": 3, "sections": sections}, separators=(",", ":")).encode()


def settings(config: Mapping[str, Json]) -> str:
    """The configuration as JavaScript: its names are letters, which need no quotation marks."""
    return f"{{{','.join(f'{name}:{literal(value)}' for name, value in sorted(config.items()))}}}"


def literal(value: Json) -> str:
    """A JavaScript literal that is safe wherever a script may stand."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
