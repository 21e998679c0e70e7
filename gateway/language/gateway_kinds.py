"""The kinds of variable that the gateway reads or works out, one row each."""

from gateway.language import template
from gateway.language.variable_kind import Case, Reader, Steps, VariableKind

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DEVICES = ("desktop", "phone", "tablet", "tv")
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
_CRAWLER = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
_URL = "https://shop.example.com/women/shoes/red.html?size=38&utm_source=mail#reviews"


def _url(source: str) -> Steps:
    return ("url", *{"href": (), "directory": ("path", "directory")}.get(source, (source,)))


def _header(source: str) -> Steps:
    """What a browser calls the referrer of its request is the page's address."""
    return ("url",) if source.lower() == "referer" else ("header", source.lower())


def _page(source: str) -> Steps:
    return ("page", *(("referrer", "host") if source == "referrer_host" else (source,)))


GATEWAY_KINDS: tuple[VariableKind, ...] = (
    VariableKind(
        name="url",
        reader=Reader.GATEWAY,
        shared=True,
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
        shared=True,
        description="A parameter of the page's address, by its name.",
        example="utm_source",
        way=lambda source: ("url", "query", source),
        cases=(Case("utm_source", _URL, "mail"), Case("utm_campaign", _URL, None)),
    ),
    VariableKind(
        name="page",
        reader=Reader.GATEWAY,
        shared=True,
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
        shared=True,
        description="A header of the visitor's request, by its name; private headers are refused.",
        example="X-Internal-Traffic",
        pattern=r"^[A-Za-z0-9-]+$",
        advice="Write the header's name as in X-Internal-Traffic.",
        way=_header,
        cases=(Case("X-Internal-Traffic", "x-internal-traffic: on", "on"), Case("X-Internal-Traffic", "", None)),
    ),
    VariableKind(
        name="ip",
        reader=Reader.GATEWAY,
        shared=True,
        description="The visitor's network (anonymous: the address without its end, as tags get it), or the country "
        "it is in (two letters, where the operator says from what the gateway knows it).",
        example="country",
        choices=("anonymous", "country"),
        way=lambda source: ("ip", source),
        cases=(
            Case("anonymous", "203.0.113.77", "203.0.113.0"),
            Case("anonymous", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            Case("country", "203.0.113.77", "DE"),
            Case("country", "192.0.2.1", None),
        ),
    ),
    VariableKind(
        name="agent",
        reader=Reader.GATEWAY,
        shared=True,
        description="What the visitor's browser says it is: the browser's name, the system's name (os), the device, "
        "or whether it is a known crawler (bot, true/false by itself).",
        example="device",
        choices=("browser", "os", "device", "bot"),
        types={"bot": "true_false"},
        values={"device": DEVICES},
        way=lambda source: ("agent", source),
        cases=(
            Case("browser", _FIREFOX, "Firefox"),
            Case("os", _FIREFOX, "Linux"),
            Case("device", _FIREFOX, "desktop"),
            Case("bot", _FIREFOX, "false"),
            Case("browser", _IPHONE, "Safari"),
            Case("os", _IPHONE, "iOS"),
            Case("device", _IPHONE, "phone"),
            Case("bot", _CRAWLER, "true"),
            Case("device", _CRAWLER, None),
        ),
    ),
    VariableKind(
        name="time",
        reader=Reader.GATEWAY,
        shared=True,
        description="When it happened, by the clock of the site's timezone: the hour (0 to 23, a number by itself), "
        "the weekday, or the date.",
        example="hour",
        choices=("hour", "weekday", "date"),
        types={"hour": "number"},
        values={"weekday": WEEKDAYS},
        numbers=lambda source: range(24) if source == "hour" else None,
        way=lambda source: ("time", source),
        cases=(
            Case("hour", "2026-07-31 23:30 in Berlin", "23"),
            Case("weekday", "2026-07-31 23:30 in Berlin", "friday"),
            Case("date", "2026-07-31 23:30 in Berlin", "2026-07-31"),
        ),
    ),
    VariableKind(
        name="lookup",
        reader=Reader.GATEWAY,
        description="What stands in the table: beside the value of another variable (or of event).",
        example="plan",
        pattern=r"^[a-z][a-z0-9_]*$",
        advice="Write a variable's name.",
        options=("table",),
        needs=("table",),
        parts=lambda source: (source,),
        way=lambda source: ("lookup", source),
        cases=(
            Case("plan, table: { gold: paying, free: guest }", "gold", "paying"),
            Case("plan, table: { gold: paying, free: guest }", "silver", None),
            Case("plan, table: { gold: paying, free: guest }", "", None),
        ),
    ),
    VariableKind(
        name="text",
        reader=Reader.GATEWAY,
        description="A text with the values of other variables (or of event) in it, each in braces.",
        example="{plan}/{section}",
        pattern=r"^[^{}]*(\{[^{}]*\}[^{}]*)+$",
        advice="Write each variable's name in one pair of braces: {plan}/{section}. What never changes is a constant.",
        parts=template.names,
        way=lambda source: ("text", source),
        cases=(
            Case("{plan}/{section}", "plan is gold, section is news", "gold/news"),
            Case("{plan}/{section}", "plan is gold, section is not there", None),
        ),
    ),
    VariableKind(
        name="random",
        reader=Reader.GATEWAY,
        description="A number from 0 to one less than this, drawn once a visit; each variable has a draw of its own.",
        example="100",
        pattern=r"^([2-9]|[1-9][0-9]{1,5})$",
        advice="Write how many numbers there are: random: 100 draws one of 0 to 99.",
        types={"*": "number"},
        numbers=lambda source: range(int(source)),
        way=lambda source: ("random", source),
        cases=(Case("100", "a visit", "42"), Case("2", "a visit", "1")),
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
