"""The chapter of events."""

from collections.abc import Iterator, Mapping

from gateway.language.events import KINDS, LIMITS, EventKind
from gateway.language.reference.page import code, codes, table
from gateway.language.tag_types import TagType


def happenings(_: Mapping[str, TagType]) -> Iterator[str]:
    """Every kind of event, and what it carries."""
    yield "## Events"
    yield (
        "`page_view` is always there, and so is whatever the page tells itself. In the section `events` one key says "
        "what to listen for. A field is read with `{ event: name }`."
    )
    yield table(("kind", "happens when", "fields"), (_row(kind) for kind in KINDS.values()))
    yield "Beside every kind may stand `delay:` and `limit:`:"
    yield table(("limit", "it counts"), ((code(limit), about) for limit, about in LIMITS.items()))


def _row(kind: EventKind) -> tuple[str, str, str]:
    beside = f" Beside it may stand {codes(f'{option}:' for option in kind.options)}." if kind.options else ""
    example = f'"{kind.example}"' if kind.example[0] in "#[." else kind.example
    fields = "; ".join(f"{code(name)}: {meaning}" for name, meaning in kind.fields.items())
    return code(f"{kind.name}: {example}"), kind.description + beside, fields
