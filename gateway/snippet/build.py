"""Container → its snippet: the modules it uses and one JSON object, ready to be served in every encoding."""

import gzip
import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import brotli
from msgspec import Struct

from gateway.language.container import Container
from gateway.model import Json
from gateway.shipped import folder as shipped
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import Module, in_order, read_modules


class Snippet(Struct, frozen=True, kw_only=True):
    """What `GET /t/{container}.js` answers. `body` is ASCII; `etag` is that of the body, quotes included."""

    body: bytes
    etag: str
    gzip: bytes
    brotli: bytes


def build(container: Container, folder: Path | None = None) -> Snippet:
    """The snippet of a container, byte for byte the same each time; `folder` holds the modules.
    Raises what `read_modules` and `in_order` raise."""
    modules = read_modules(folder or shipped("static") / "snippet")
    body = script(in_order(modules, choose(container)), configuration(container)).encode("ascii")
    return Snippet(
        body=body,
        etag=f'"{sha256(body).hexdigest()[:32]}"',
        gzip=gzip.compress(body, 9, mtime=0),
        brotli=brotli.compress(body, mode=brotli.MODE_TEXT, quality=11),
    )


def script(modules: Iterable[Module], config: Json) -> str:
    """One function around all modules. Nothing of ours may end in the page's error handler."""
    code = "\n".join(module.code for module in modules)
    return f'(function (config) {{\n"use strict";\ntry {{\n{code}\n}} catch {{}}\n}})({literal(config)});\n'


def literal(value: Json) -> str:
    """A JavaScript literal that is safe wherever a script may stand."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
