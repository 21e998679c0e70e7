"""The kinds of variable, one row each: check, editor schema and docs derive from this table."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class Reader(StrEnum):
    """Who reads a kind."""

    BROWSER = "browser"
    GATEWAY = "gateway"


Steps = tuple[str, ...]


def _whole(source: str) -> Steps:
    return (source,)


def _dotted(source: str) -> Steps:
    return tuple(source.split("."))


def _any_case(source: str) -> Steps:
    return (source.lower(),)


def _url(source: str) -> Steps:
    return {"href": (), "directory": ("path", "directory")}.get(source, (source,))


def _query(source: str) -> Steps:
    return ("query", source)


def _page(source: str) -> Steps:
    return ("referrer", "host") if source == "referrer_host" else (source,)


class VariableKind(Struct, frozen=True, kw_only=True):
    """One way to read a value. `pattern`: what its source may be (a JSON Schema pattern); `choices`: all that
    it may be; `advice`: what to write instead of a source that does not fit."""

    name: str
    reader: Reader
    description: str
    example: str
    pattern: str = r"^.+$"
    choices: tuple[str, ...] = ()
    advice: str = ""
    tells_who: bool = False
    """Whether the User ID, its account and its proof are looked for in it."""
    root: str = ""
    """The thing it reads a part of; its own name if not said."""
    steps: Callable[[str], Steps] = _whole
    """The way from the root to the source: a parent's is the beginning of its parts'."""


_PATH = r"^[^.\s\[\]]+(\.[^.\s\[\]]+)*$"
_COOKIE = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

KINDS: dict[str, VariableKind] = {
    kind.name: kind
    for kind in (
        VariableKind(
            name="data_layer",
            reader=Reader.BROWSER,
            description="A value in the page's data layer (dataLayer, _mtm, digitalData), by its path.",
            example="user.id",
            pattern=_PATH,
            advice="Write the names with dots between them: user.id.",
            tells_who=True,
            steps=_dotted,
        ),
        VariableKind(
            name="cookie",
            reader=Reader.BROWSER,
            description="A cookie of the website, by its name.",
            example="plan",
            pattern=_COOKIE,
            advice="Write the cookie's name as the browser shows it, without spaces.",
            tells_who=True,
        ),
        VariableKind(
            name="trait",
            reader=Reader.BROWSER,
            description="A trait of the last identify call, by its name.",
            example="email",
            pattern=_PATH,
            advice="Write the trait's name as the page gives it: email.",
            steps=_dotted,
        ),
        VariableKind(
            name="event",
            reader=Reader.BROWSER,
            description="A field of the event, by its name.",
            example="value",
            pattern=_PATH,
            advice="Write the field's name as the page gives it: value.",
            steps=_dotted,
        ),
        VariableKind(
            name="url",
            reader=Reader.GATEWAY,
            description="The page's address or a part of it.",
            example="path",
            choices=("href", "host", "path", "query", "hash", "directory"),
            steps=_url,
        ),
        VariableKind(
            name="query",
            reader=Reader.GATEWAY,
            description="A parameter of the page's address, by its name.",
            example="utm_source",
            root="url",
            steps=_query,
        ),
        VariableKind(
            name="page",
            reader=Reader.GATEWAY,
            description="Something about the page.",
            example="title",
            choices=("title", "language", "referrer", "referrer_host"),
            steps=_page,
        ),
        VariableKind(
            name="header",
            reader=Reader.GATEWAY,
            description="A header of the visitor's request, by its name; private headers are refused.",
            example="X-Internal-Traffic",
            pattern=r"^[A-Za-z0-9-]+$",
            advice="Write the header's name as in X-Internal-Traffic.",
            steps=_any_case,
        ),
        VariableKind(
            name="constant",
            reader=Reader.GATEWAY,
            description="Always this text.",
            example="shop",
        ),
    )
}

LATER_KINDS = (
    "local_storage",
    "session_storage",
    "element",
    "meta",
    "js",
    "screen",
    "performance",
    "ip",
    "agent",
    "time",
    "lookup",
    "text",
    "random",
)

PRIVATE_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-forwarded-for",
        "x-real-ip",
        "forwarded",
        "x-api-key",
        "x-auth-token",
        "x-csrf-token",
        "cf-connecting-ip",
        "true-client-ip",
    }
)

RESERVED = frozenset({"event", "consent", "granted", "refused", "gpc", "signed", "all_of", "any_of", "none_of"})
"""Words that mean something in triggers or tests and therefore cannot be variables."""


def overlap(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether a kind and source reads the same place as another, or a parent or a part of it."""
    way, another = _way(*one), _way(*other)
    shared = min(len(way), len(another))
    return way[:shared] == another[:shared]


def _way(kind: str, source: str) -> Steps:
    row = KINDS[kind]
    return (row.root or kind, *row.steps(source))
