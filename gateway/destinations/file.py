"""JSON lines in a local file: the shape of `shape.py`, one object a line."""

from collections.abc import Mapping, Sequence

from gateway.destinations.called import DETAILS
from gateway.destinations.protocol import THREE_DAYS, Example, Target
from gateway.destinations.shape import SENDS, shape
from gateway.destinations.status import classify
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.model import Append, Delivery, Form, Json, Reply, Verdict

REASONS = {403: "file_denied", 404: "file_missing", 504: "file_hangs", 507: "file_not_written"}
"""The transport's answers for a file that cannot be written, as metric labels."""


EXAMPLES = (
    Example(
        name="Two hits, the second with a pseudonym",
        settings={"path": "/var/lib/taggate/hits.jsonl"},
        deliveries=(
            Delivery(id="00" * 16, event="page_view", at=1_779_999_999_000, title="Zoë\nand co"),
            Delivery(id="11" * 16, event="sign_up", at=1_779_999_999_001, form=Form.PSEUDONYM, user="cafe" * 16),
        ),
        request=Append(
            "/var/lib/taggate/hits.jsonl",
            '{"id":"00000000000000000000000000000000","event":"page_view","at":"2026-05-28T20:26:39.000Z",'
            '"page":{"title":"Zoë\\nand co"}}\n'
            '{"id":"11111111111111111111111111111111","event":"sign_up","at":"2026-05-28T20:26:39.001Z",'
            '"user":{"form":"hash",'
            '"id":"cafecafecafecafecafecafecafecafecafecafecafecafecafecafecafecafe"}}\n'.encode(),
        ),
    ),
)


class File:
    """A file that is only appended to; each batch is on disk before it counts as delivered."""

    type = TagType(
        name="file",
        description="One JSON object a line, appended to a local file",
        settings={
            "path": Setting(
                kind=SettingKind.PATH,
                required=True,
                description="The file; made with mode 0600 in a folder that is there",
                example="/var/lib/taggate/hits.jsonl",
            ),
        },
        address=("path",),
        sends=SENDS,
        details=DETAILS,
        deletes=None,
    )
    batch = 500
    timeout = 15.0
    oldest = THREE_DAYS
    examples: tuple[Example, ...] = EXAMPLES

    def render(self, deliveries: Sequence[Delivery], target: Target, now: float) -> Append:
        """A line for each delivery, in order."""
        return Append(target.settings["path"], b"".join(shape(delivery) + b"\n" for delivery in deliveries))

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        """All or none: a write that fails leaves nothing in the file."""
        verdict = classify(reply)
        return [Verdict(verdict.outcome, REASONS.get(reply.status, verdict.reason))] * len(deliveries)

    def exclusive(self, settings: Mapping[str, Json]) -> str | None:
        """One writer a file."""
        return f"file {settings['path']}"
