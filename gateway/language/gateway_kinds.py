"""The kinds of variable that the gateway reads or works out, one row each."""

from gateway.language.variable_kind import Case, Reader, Steps, VariableKind

_URL = "https://shop.example.com/women/shoes/red.html?size=38&utm_source=mail#reviews"


def _url(source: str) -> Steps:
    return ("url", *{"href": (), "directory": ("path", "directory")}.get(source, (source,)))


def _page(source: str) -> Steps:
    return ("page", *(("referrer", "host") if source == "referrer_host" else (source,)))


GATEWAY_KINDS: tuple[VariableKind, ...] = (
    VariableKind(
        name="url",
        reader=Reader.GATEWAY,
        description="The page's address or a part of it, without what drop_query takes out.",
        example="path",
        choices=("href", "host", "path", "query", "hash", "directory"),
        way=_url,
        cases=(
            Case("href", _URL, _URL),
            Case("host", _URL, "shop.example.com"),
            Case("path", _URL, "/women/shoes/red.html"),
            Case("query", _URL, "size=38&utm_source=mail"),
            Case("hash", _URL, "reviews"),
            Case("directory", _URL, "/women/shoes/"),
            Case("hash", "https://shop.example.com/", None),
        ),
    ),
    VariableKind(
        name="query",
        reader=Reader.GATEWAY,
        description="A parameter of the page's address, by its name.",
        example="utm_source",
        way=lambda source: ("url", "query", source),
        cases=(Case("utm_source", _URL, "mail"), Case("utm_campaign", _URL, None)),
    ),
    VariableKind(
        name="page",
        reader=Reader.GATEWAY,
        description="The page's title, its language, or the address that led to it (referrer) and that one's host.",
        example="title",
        choices=("title", "language", "referrer", "referrer_host"),
        way=_page,
        cases=(
            Case("title", "Red shoes", "Red shoes"),
            Case("language", "de-AT", "de-AT"),
            Case("referrer", "https://search.example/?q=shoes", "https://search.example/?q=shoes"),
            Case("referrer_host", "https://search.example/?q=shoes", "search.example"),
            Case("referrer", "", None),
        ),
    ),
    VariableKind(
        name="header",
        reader=Reader.GATEWAY,
        description="A header of the visitor's request, by its name; private headers are refused.",
        example="X-Internal-Traffic",
        pattern=r"^[A-Za-z0-9-]+$",
        advice="Write the header's name as in X-Internal-Traffic.",
        way=lambda source: ("header", source.lower()),
        cases=(Case("X-Internal-Traffic", "x-internal-traffic: on", "on"), Case("X-Internal-Traffic", "", None)),
    ),
    VariableKind(
        name="constant",
        reader=Reader.GATEWAY,
        description="Always this text.",
        example="shop",
        way=lambda source: ("constant", source),
        cases=(Case("shop", "", "shop"),),
    ),
)
