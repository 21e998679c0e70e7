"""The plug of a tag type that the visitor's browser runs: Delivery → what the page is told. Pure; no I/O."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from gateway.language.tag_types import Fixed, Setting, SettingKind, TagType
from gateway.model import Delivery, Json

ADDRESS = r"^(https://[^\s/?#@]+|http://(localhost|127\.0\.0\.1)(:[0-9]+)?)(/[^\s?#]*)?(\?[^\s#]*)?$"
"""With what follows `?`; without TLS only on one's own machine."""
WHOLE_IP = Fixed("full", "The visitor's own browser asks for it, so who is asked sees the whole address.")


def address(description: str, example: str, *, required: bool = False) -> Setting:
    """The setting for an address that a visitor's browser asks for."""
    return Setting(
        kind=SettingKind.TEXT,
        required=required,
        description=description,
        example=example,
        pattern=ADDRESS,
        say="an address",
        advice="Write the whole address with https://, without # and what follows.",
    )


class PageExample(Struct, frozen=True, kw_only=True):
    """A worked example: the tag type's golden test and its documentation."""

    name: str
    settings: Mapping[str, Json]
    delivery: Delivery
    told: Mapping[str, Json]


class PageTag(Protocol):
    """One file a tag type, and a module of the same name in static/snippet, which runs it."""

    type: TagType
    examples: tuple[PageExample, ...]

    def tell(self, delivery: Delivery, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """What the page is told beside which tag it is: no secret, and nobody's ID but in the form decided."""
        ...
