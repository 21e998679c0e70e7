"""Segment's HTTP Tracking API, in batches (source: vendor's documentation)."""

import base64
from collections.abc import Mapping, Sequence

import msgspec

from gateway.destinations.protocol import THREE_DAYS, Example, Target
from gateway.destinations.segment_call import TAKEN, call
from gateway.destinations.segment_examples import EXAMPLES
from gateway.destinations.shape import instant
from gateway.destinations.status import classify
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.model import Delivery, Json, Reply, Request, Verdict

PATH = "/v1/batch"
EVERYWHERE = "https://api.segment.io"

LARGEST_CALL = 32_000
LARGEST_BATCH = 500_000
"""Bytes. Segment says KB and not which; these are the smaller ones."""

SETTINGS = {
    "write_key": Setting(
        kind=SettingKind.SECRET,
        required=True,
        description="The write key of the source; Segment says nothing when it is wrong",
        example="segment_key",
    ),
    "url": Setting(
        kind=SettingKind.URL,
        description=(
            f"Segment's address, if not {EVERYWHERE}; the example stands for workspaces in the EU, "
            "whose data vanishes without an error when it is sent elsewhere"
        ),
        example="https://events.eu1.segmentapis.com",
    ),
}


def endpoint(settings: Mapping[str, Json]) -> str:
    """Where batches are posted."""
    base = str(settings.get("url") or EVERYWHERE).rstrip("/")
    return base.removesuffix(PATH).removesuffix("/v1") + PATH


class Segment:
    """A source in Segment. The delivery's id is the message's, which Segment takes only once a day or longer."""

    type = TagType(
        name="segment",
        description="A source in Segment, by its HTTP Tracking API",
        settings=SETTINGS,
        address=("url", "write_key"),
        sends=(
            "address, path, query, title and referrer of the page; the campaign that its utm_ or mtm_ parameters name",
            "the event's id and time",
            "language",
            "user agent",
            "address (as `ip` says)",
            "the receiver's own visitor ID, as anonymousId",
            "User ID (userId) and account (context.groupId) in the form decided",
            "the event by Segment's name for it, with its details; `fields` are properties, with identify and group "
            "traits; `identifiers` are context.traits",
        ),
        details=TAKEN,
        deletes=(
            "By the User ID in the form it was sent, at most 5,000 a request: a regulation of the Public API "
            "(SUPPRESS_WITH_DELETE, or DELETE_ONLY where new data may come); Segment passes it on to some of its "
            "destinations without a promise. Hits without User ID cannot be deleted by person."
        ),
    )
    batch = 50
    timeout = 15.0
    oldest = THREE_DAYS
    examples: tuple[Example, ...] = EXAMPLES

    def render(self, deliveries: Sequence[Delivery], target: Target, now: float) -> Request:
        """A batch, also of one. Raises ValueError where Segment would refuse it for its size."""
        calls = [msgspec.json.encode(call(delivery, now)) for delivery in deliveries]
        if any(len(one) > LARGEST_CALL for one in calls):
            raise ValueError("a call that is too large")
        batch = {"batch": [msgspec.Raw(one) for one in calls], "sentAt": instant(int(now * 1000))}
        body = msgspec.json.encode(batch)
        if len(body) > LARGEST_BATCH:
            raise ValueError("a batch that is too large")
        key = base64.b64encode(f"{target.secrets['write_key']}:".encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
        return Request(url=endpoint(target.settings), headers=headers, body=body)

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        """By the status alone: 200 also stands for a wrong key, and 400 for the size or the form of the batch."""
        return [classify(reply)] * len(deliveries)

    def exclusive(self, settings: Mapping[str, Json]) -> str | None:
        """Requests of one source may be in flight side by side: each call has its time."""
        return None
