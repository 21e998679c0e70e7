"""Code that stands in a container → a JavaScript module of its own, which the page imports when it is to run: no eval,
and what a strict policy of the page trusts because it trusts the snippet."""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from gateway.language.container import Container, Tag
from gateway.language.tag_types import SettingKind
from gateway.model import Json

_TOLD = {"pixel": ("url", "user_id")}
"""Settings that the gateway has used when a page hears of the tag."""


def codes(container: Container) -> Mapping[str, bytes]:
    """By `{tag}.{version}`."""
    return dict(_codes(container))


def in_browser(tag: Tag) -> Mapping[str, Json]:
    """The settings of a tag as the snippet knows them: of code only its version; of a pixel no address, which comes
    with the answer; what a script must be is one of its attributes, and is compared only with what is asked for across
    origins."""
    told = _TOLD.get(tag.type.name, ())
    known: dict[str, Json] = {
        name: version(said) if _is_code(tag, name) else said for name, said in tag.settings.items() if name not in told
    }
    if must_be := known.pop("integrity", None):
        known["attributes"] = {"crossorigin": "anonymous", **known.get("attributes", {}), "integrity": must_be}
    return known


def version(code: str) -> str:
    """12 hex digits of the SHA-256 of the module."""
    return sha256(_module(code)).hexdigest()[:12]


def _codes(container: Container) -> Iterator[tuple[str, bytes]]:
    for tag in container.tags.values():
        for name, said in tag.settings.items():
            if _is_code(tag, name):
                yield f"{tag.name}.{version(said)}", _module(said)


def _is_code(tag: Tag, setting: str) -> bool:
    return tag.type.settings[setting].kind is SettingKind.CODE


def _module(code: str) -> bytes:
    # A line end, so that a comment at the end of the code ends there too.
    return f"export default async (tag) => {{\n{code}\n}};\n".encode()
