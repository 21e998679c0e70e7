"""What one tag of an export becomes."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.importing.source import Receiver

GA4_SECRET = "ga4_secret"  # noqa: S105  a name
UNKNOWN_PLACE = "where it sends to is worked out in the page, and a container must say it"


class Made(Struct, frozen=True, kw_only=True):
    """What one tag becomes, as far as it alone can tell."""

    receiver: Receiver | None = None
    why: str = ""
    fields: Mapping[str, str] = {}
    pages: bool = False
    any_event: bool = False
    goal: str = ""
    event_name: str = ""
    user: str = ""
    asked: bool = False
    changed: tuple[str, ...] = ()
