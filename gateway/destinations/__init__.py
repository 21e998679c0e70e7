"""Tag types: deliveries → Request → Verdicts. A new type is one file here and one row in TABLE."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.destinations.file import File
from gateway.destinations.ga4 import GA4
from gateway.destinations.matomo import Matomo
from gateway.destinations.protocol import Destination
from gateway.destinations.segment import Segment
from gateway.destinations.webhook import Webhook

TABLE: Mapping[str, Destination] = MappingProxyType(
    {destination.type.name: destination for destination in (Matomo(), GA4(), Segment(), Webhook(), File())}
)
