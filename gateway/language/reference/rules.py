"""The chapter of the rules of the file."""

from collections.abc import Iterator, Mapping

from gateway.language.order import MOST_LEVELS
from gateway.language.pattern import LONGEST as LONGEST_PATTERN
from gateway.language.pattern import MOST_REPEATED
from gateway.language.plain_yaml import MAX_BYTES, MAX_LEVELS
from gateway.language.reference.page import table
from gateway.language.schema import MOST_TAGS, MOST_TRIGGERS
from gateway.language.schema.site import MOST_PURPOSES
from gateway.language.tag_types import TagType
from gateway.language.values import LONGEST

_RULES = """\
- UTF-8, spaces and no tabs; maps, lists, texts, numbers, true and false. No `&names`, `*names`, `!tags`, `<<` or second
  documents, no key twice; the file ends with a line end.
- What a value means follows from where it stands, not from how it looks: `007`, `1.10`, `12:30`, `NO` and `on` stay the
  text that was typed. Where true or false belongs, `yes` and `no` will do.
- Names are small letters, digits and `_`, and begin with a letter.
- A secret is only ever `{ secret: name }`.
- `tests` is the last section, and `otherwise: drop` the last line of `user_id`."""


def rules(_: Mapping[str, TagType]) -> Iterator[str]:
    """What holds in every section, and how much there may be."""
    yield "## The file"
    yield _RULES
    yield table(
        ("limit", "at most"),
        (
            ("the file", f"{MAX_BYTES >> 20} MiB, {MAX_LEVELS} levels"),
            ("triggers, variables", f"{MOST_TRIGGERS:,} each"),
            ("tags", f"{MOST_TAGS:,}"),
            ("purposes", f"{MOST_PURPOSES}"),
            ("triggers that join triggers", f"{MOST_LEVELS} levels"),
            (
                "a pattern of `matches` or `like`",
                f"{LONGEST_PATTERN:,} characters; a part {MOST_REPEATED} times",
            ),
            ("a text that is looked at", f"{LONGEST:,} characters; a longer one cannot be told"),
        ),
    )
