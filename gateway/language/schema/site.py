"""The sections site, accept, consent and visitor."""

from collections.abc import Callable

from gateway.language.choices import BANNERS, SourceKind
from gateway.language.choices import KINDS as SOURCES
from gateway.language.schema.build import (
    Schema,
    choice,
    flag,
    join,
    name,
    named_map,
    not_needed,
    one_key,
    one_list,
    one_map,
    secret,
    text,
    whole,
)
from gateway.language.schema.elsewhere import SITE
from gateway.language.variables import KINDS

MOST_PURPOSES = 8
_OTHER_BANNER = "Of another banner name the cookie in which it keeps the choice: { cookie: cookie_consent }."
_WHOLE = dict.fromkeys(("yes", "true", "on", "1"), "Write {} in its place: that alone says yes.")
"""For a map that may be empty."""
_KEY = r"^[A-Za-z0-9_-]{1,100}$"
_HOST = r"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"


_NO_BANNERS = {"x-instead": dict.fromkeys(("tcf", "iab"), "Write { tcf: { purpose: [1, 8] } } in place of banner.")}


def site() -> Schema:
    """The website a container is for."""
    domain = text("A host of the site, without https://, port and path; *. stands for every subdomain.", _HOST)
    domain |= {"examples": ["shop.example.com", "*.example.com"]} | {
        "x-advice": 'Write the host alone, like shop.example.com or "*.example.com"; ü and its like as xn--….',
        "x-mend": "host",
    }
    parameter = text("A parameter's name.", example="reset_token")
    return one_map(
        {
            "name": text("The site's name, for people.", example="Acme Shop"),
            "domains": one_list(domain, "The hosts whose pages may send hits.", at_least=1),
            "timezone": text("The site's time zone.", example="Europe/Berlin") | {"default": "UTC"},
            "drop_query": one_list(parameter, "Parameters taken out of every address before anything else."),
        },
        ["name", "domains"],
        "The website this container is for.",
        **{"x-instead": SITE},
    )


def accept() -> Schema:
    """Who else may send."""
    key = secret("The key your own backend shows as Bearer.", "shop_server")
    calls = "so `_paq`, `Matomo` and `Piwik` in the pages keep working"
    purpose = name("The purpose that the consent calls of `_paq` grant and refuse.", "a purpose")
    site = whole("The number by which Matomo's clients name this site.", 1, 2**31 - 1, "Write the number alone: [1].")
    browser = text("The write key that stands in pages and is no secret.", _KEY, example="shop-web")
    browser |= {"x-advice": "Letters, digits, _ and - only."}
    apps = flag("true: also from apps, which are no page of the site; so anybody may send.")
    matomo = one_map(
        {
            "site_ids": one_list(site, "Takes Matomo's Tracking API for these sites, at /matomo.php.", at_least=1),
            "server_token": secret("What servers show as token_auth.", "shop_token"),
            "consent_purpose": purpose,
            "apps": apps,
        },
        [],
        f"Matomo's own calls: {calls}; and with `site_ids` its Tracking API.",
        **{"x-instead": _WHOLE},
    )
    segment = one_map(
        {
            "browser_key": browser,
            "server_key": secret("The write key of your own servers.", "shop_server"),
            "apps": apps,
        },
        [],
        "Segment's own calls: so `analytics` in the pages keeps working; and with a key its HTTP API, at /v1.",
        **{"x-instead": _WHOLE},
    )
    about = "Google's own calls: so `gtag` and its e-commerce in the pages keep working."
    gtag = one_map({}, [], about, **{"x-instead": _WHOLE})
    return one_map(
        {
            "matomo": matomo,
            "segment": segment,
            "gtag": gtag,
            "server": one_map({"key": key}, ["key"], "POST /collect from a server.")
            | {"x-wrap": "Write {{ key: {{ secret: shop_server }} }}."},
        },
        [],
        "Other senders that may speak for this site, and calls of other tools that its pages keep.",
    )


def consent() -> Schema:
    """Where the visitor's choice is kept, or that none is needed."""
    banner = text("The banner's word for it.", example="statistics")
    purposes = named_map(banner, "Our word for a purpose: the banner's word.", 1, MOST_PURPOSES)
    purposes |= {"x-say": "a map of our word and the banner's word, like { analytics: statistics }"}
    purposes |= {
        "x-items": "Write for each our word and the banner's word: { analytics: statistics, marketing: ads }.",
        "x-bad-key": "Our word stands first, in small letters, then the banner's: {{ OURS: {0} }}.",
    }
    gpc = "What a Global Privacy Control signal refuses; every purpose if not said."
    body = one_map(
        {
            "from": _source(),
            "purposes": purposes,
            "while_unknown": choice("What the page does before the visitor answers.", ["hold", "send"])
            | {"default": "hold"},
            "gpc_refuses": one_list(name("A purpose.", "a purpose"), gpc)
            | {"x-wrap": "Write a list of purposes: [⟨purpose:marketing⟩]; without this line it refuses every one."},
        },
        ["from", "purposes"],
        "Where the visitor's choice is kept; or: consent: not_needed.",
    )
    return body | {
        "type": ["object", "string"],
        "pattern": "^not_needed$",
        "examples": ["not_needed", {"from": {"cookie": "cookie_consent"}, "purposes": {"analytics": "statistics"}}],
        "x-say": "a map with from: and purposes:, or not_needed",
        "x-advice": "Write not_needed, or from: and purposes: below it.",
    }


def _source() -> Schema:
    makers: dict[str, Callable[[SourceKind], Schema]] = {
        "tcf": _tcf,
        "google_consent_mode": _google,
        "banner": lambda kind: choice(kind.description, BANNERS, advice=_OTHER_BANNER) | _NO_BANNERS,
        "api": lambda kind: {"enum": [True, "yes"], "description": kind.description, "x-say": "true"},
    }
    sources: Schema = {kind.name: makers.get(kind.name, _named)(kind) for kind in SOURCES.values()}
    say = "a map like { cookie: cookie_consent }"
    about = "Where the visitor's choice is kept."
    return one_map(sources, [], about, **one_key(sources, "place")) | {
        "x-say": say,
        "x-wrap": "Write {{ cookie: {0} }} if a cookie is called so, or local_storage, data_layer in place of cookie.",
        "x-instead": {name: f"Write {{ {name}: … }} with what it is called there." for name in SOURCES}
        | {name: f"Write {{ banner: {name} }}." for name in BANNERS},
    }


def _named(kind: SourceKind) -> Schema:
    row = KINDS.get(kind.name)
    return text(kind.description, row.pattern if row else "", advice=row.advice if row else "", example=kind.example)


def _tcf(kind: SourceKind) -> Schema:
    numbers = one_list(whole("A TCF purpose.", 1, len(kind.words)), "What must be agreed to in any case.", at_least=1)
    return _with_purpose(kind, numbers)


def _google(kind: SourceKind) -> Schema:
    return _with_purpose(kind, choice("What must be agreed to in any case.", kind.words))


def _with_purpose(kind: SourceKind, purpose: Schema) -> Schema:
    escaped = kind.example.replace("{", "{{").replace("}", "}}")
    return one_map({"purpose": purpose}, ["purpose"], kind.description) | {
        "x-say": f"a map like {kind.example}",
        "x-wrap": f"Write {escaped}.",
    }


def visitor() -> Schema:
    """When a visitor may be remembered."""
    return one_map(
        {
            "remember_when": join("When the visitor may be remembered with a cookie; without it never."),
            "consent": not_needed("Said aloud: the cookie may be set without any consent."),
            "days": whole("How long the cookie is kept, from its first day.", 1, 400, "Write the days alone: 390.")
            | {"default": 390, "x-days": True},
            "without_cookie": choice("What stands in for a cookie.", ["day_number", "none"])
            | {"default": "day_number"},
        },
        [],
        "The anonymous ID.",
    )
