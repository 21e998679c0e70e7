"""Tag types. A new one is a file here and a row: in TABLE where the gateway sends (deliveries → Request → Verdicts), in
PAGE_TAGS where the visitor's browser runs it (Delivery → what the page is told)."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.destinations.file import File
from gateway.destinations.ga4 import GA4
from gateway.destinations.matomo import Matomo
from gateway.destinations.page_tag import PageTag
from gateway.destinations.pixel import Pixel
from gateway.destinations.protocol import Destination
from gateway.destinations.script import Script
from gateway.destinations.segment import Segment
from gateway.destinations.webhook import Webhook
from gateway.language.tag_types import TagType

TABLE: Mapping[str, Destination] = MappingProxyType(
    {destination.type.name: destination for destination in (Matomo(), GA4(), Segment(), Webhook(), File())}
)
PAGE_TAGS: Mapping[str, PageTag] = MappingProxyType({tag.type.name: tag for tag in (Script(), Pixel())})
TYPES: Mapping[str, TagType] = MappingProxyType(
    {name: row.type for name, row in TABLE.items()} | {name: row.type for name, row in PAGE_TAGS.items()}
)
"""All of them, as the language knows them."""
