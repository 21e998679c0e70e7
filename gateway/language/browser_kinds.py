"""The kinds of variable that are read in the browser, one row each.

What the cases see is a piece of a page that holds the value, so that it can be tried in a browser.
"""

import re

from gateway.language.variable_kind import Case, Reader, Steps, VariableKind

PATH = r"^[^.\s\[\]]+(\.[^.\s\[\]]+)*$"
COOKIE = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_LINE = r"^\S(.*\S)?$"
_STORES = r"(^|\.)(localStorage|sessionStorage|cookieStore|indexedDB|document\.cookie)(\.|$)"
_JS = rf"^(?!.*{_STORES.replace('(', '(?:')})[A-Za-z_$][\w$]*(\.([A-Za-z_$][\w$]*|[0-9]+))*$"
_WINDOW = frozenset({"window", "self", "globalThis", "top", "parent", "frames"})
_PAGES: dict[Steps, Steps] = {
    ("digitalData",): ("data_layer",),
    ("document", "referrer"): ("page", "referrer"),
    ("document", "title"): ("page", "title"),
    ("document", "URL"): ("url",),
    ("document", "documentURI"): ("url",),
    ("document",): ("element",),
}
"""What a property path reads that another kind reads too; the first that fits. What follows are the steps of both."""
_WHOLE: dict[Steps, Steps] = {
    ("taggateData",): ("data_layer",),
    ("dataLayer",): ("data_layer",),
    ("_mtm",): ("data_layer",),
    ("location",): ("url",),
    ("document", "location"): ("url",),
}
"""The same where the steps differ: whatever follows may be any part of it."""


def _dotted(source: str) -> Steps:
    # What a page pushes with an event is in its data layer and in the event's fields.
    return ("data_layer", *source.split("."))


def _trait(source: str) -> Steps:
    return ("trait", *source.split("."))


def _css(source: str) -> Steps:
    """`nav .user` is a part of `nav`; of unlike selectors nobody can tell without the page."""
    steps = re.split(r"\s*>\s*|\s+", source.strip())
    return ("element", *(step for step in steps if step not in ("html", "body", ":root", "*")))


def _property(source: str) -> Steps:
    steps = tuple(source.split("."))
    while steps and steps[0] in _WINDOW:
        steps = steps[1:]
    for begin, way in _WHOLE.items():
        if steps[: len(begin)] == begin:
            return way
    for begin, way in _PAGES.items():
        if steps[: len(begin)] == begin:
            return (*way, *(steps[len(begin) :] if way == ("data_layer",) else ()))
    return ("js", *steps)


BROWSER_KINDS: tuple[VariableKind, ...] = (
    VariableKind(
        name="data_layer",
        reader=Reader.BROWSER,
        description="A value in the page's data layer (taggateData, dataLayer, _mtm, digitalData), by its path.",
        example="user.id",
        pattern=rf"^(?!(dataLayer|_mtm|digitalData|taggateData|window)\.){PATH.removeprefix('^')}",
        advice="Write the names with dots between them, without the data layer's own: user.id.",
        tells_who=True,
        way=_dotted,
        cases=(
            Case("user.id", '<script>dataLayer = [{ user: { id: "c-4711" } }];</script>', "c-4711"),
            Case("user.id", "<script>dataLayer = [{ user: { id: null } }];</script>", None),
            Case("user.id", "<script>digitalData = { user: { id: 7 } };</script>", "7"),
        ),
    ),
    VariableKind(
        name="cookie",
        reader=Reader.BROWSER,
        description="A cookie of the website, by its name; out of the request where the browser sends it along.",
        example="plan",
        pattern=COOKIE,
        advice="Write the cookie's name as the browser shows it, without spaces.",
        tells_who=True,
        way=lambda source: ("cookie", source),
        cases=(
            Case("plan", '<script>document.cookie = "plan=gold";</script>', "gold"),
            Case("plan", '<script>document.cookie = "Plan=gold";</script>', None),
        ),
    ),
    VariableKind(
        name="local_storage",
        reader=Reader.BROWSER,
        description="What the website keeps in the browser's localStorage, by its key.",
        example="plan",
        pattern=_LINE,
        advice="Write the key as the browser's tools show it.",
        tells_who=True,
        way=lambda source: ("local_storage", source),
        cases=(
            Case("plan", '<script>localStorage.setItem("plan", "gold");</script>', "gold"),
            Case("plan", "<script>localStorage.clear();</script>", None),
        ),
    ),
    VariableKind(
        name="session_storage",
        reader=Reader.BROWSER,
        description="What the website keeps in the browser's sessionStorage, by its key.",
        example="step",
        pattern=_LINE,
        advice="Write the key as the browser's tools show it.",
        tells_who=True,
        way=lambda source: ("session_storage", source),
        cases=(
            Case("step", '<script>sessionStorage.setItem("step", "2");</script>', "2"),
            Case("step", "<script>sessionStorage.clear();</script>", None),
        ),
    ),
    VariableKind(
        name="element",
        reader=Reader.BROWSER,
        description="The text of the first element that this CSS selector finds, or its attribute:.",
        example="#price",
        pattern=_LINE,
        advice="Write a CSS selector: #price.",
        options=("attribute",),
        tells_who=True,
        way=_css,
        cases=(
            Case("#price", '<b id="price"> 19.90 </b>', "19.90"),
            Case("#price, attribute: data-cents", '<b id="price" data-cents="1990">19.90</b>', "1990"),
            Case("#price", "<b>19.90</b>", None),
        ),
    ),
    VariableKind(
        name="meta",
        reader=Reader.BROWSER,
        description="The content of the page's <meta> with this name or property.",
        example="section",
        pattern=r"^\S+$",
        advice='Write the name as in <meta name="section" content="…">.',
        tells_who=True,
        way=lambda source: ("meta", source.lower()),
        cases=(
            Case("section", '<meta name="section" content="news">', "news"),
            Case("og:type", '<meta property="og:type" content="article">', "article"),
            Case("section", '<meta name="author" content="Zoe">', None),
        ),
    ),
    VariableKind(
        name="js",
        reader=Reader.BROWSER,
        description="A value in the page's memory, by the path of its property; never code.",
        example="window.shop.plan",
        pattern=_JS,
        advice="Write names with dots between them: window.shop.plan. "
        "What is stored is read with cookie, local_storage or session_storage.",
        tells_who=True,
        way=_property,
        cases=(
            Case("window.shop.plan", '<script>var shop = { plan: "gold" };</script>', "gold"),
            Case("shop.prices.0", "<script>var shop = { prices: [5, 7] };</script>", "5"),
            Case("shop.plan", "<script>var shop = {};</script>", None),
        ),
    ),
    VariableKind(
        name="trait",
        reader=Reader.BROWSER,
        shared=True,
        description="A trait of the last identify call, by its name.",
        example="email",
        pattern=PATH,
        advice="Write the trait's name as the page gives it: email.",
        way=_trait,
        cases=(
            Case(
                "email",
                """<script>taggate("identify", "7", { traits: { email: "a@b.example" } });</script>""",
                "a@b.example",
            ),
            Case("email", """<script>taggate("identify", "7", { traits: {} });</script>""", None),
        ),
    ),
    VariableKind(
        name="event",
        reader=Reader.BROWSER,
        shared=True,
        description="A field of the event, by its name.",
        example="value",
        pattern=PATH,
        advice="Write the field's name as the page gives it: value.",
        way=_dotted,
        cases=(
            Case("value", '<script>taggate("event", "purchase", { value: 59.90 });</script>', "59.9"),
            Case("value", '<script>taggate("event", "search", { query: "shoes" });</script>', None),
        ),
    ),
    VariableKind(
        name="screen",
        reader=Reader.BROWSER,
        description="How wide or high the visitor's screen is, in CSS pixels; a number by itself.",
        example="width",
        choices=("width", "height"),
        types={"*": "number"},
        way=lambda source: ("screen", source),
        cases=(Case("width", "a screen of 1920 × 1080", "1920"), Case("height", "a screen of 1920 × 1080", "1080")),
    ),
    VariableKind(
        name="performance",
        reader=Reader.BROWSER,
        description="How fast the page is, as far as it is known when the event happens: load (until it is loaded), "
        "ttfb (until its first byte), lcp, inp in milliseconds, cls as a score; a number by itself.",
        example="lcp",
        choices=("load", "ttfb", "lcp", "cls", "inp"),
        types={"*": "number"},
        way=lambda source: ("performance", source),
        cases=(
            Case("load", "a page that was loaded after 1.25 s", "1250"),
            Case("load", "a page that still loads", None),
        ),
    ),
)
