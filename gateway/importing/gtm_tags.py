"""The vocabulary of Google Tag Manager's tags and triggers, one row each: what becomes of it here."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.importing.gtm_events import WITH_PAGE
from gateway.importing.words import TagWord, TriggerWord, unknown

_ADS = ("marketing",)
_ALL = ("analytics", "marketing")
"""What a script does is for its author to know: it waits until everything is granted."""
_IN_PAGE = "it is a program that runs in the page, not a receiver of hits; load it from the page itself"
_LISTENER = TagWord(why="it only listens for an event; the section events does that here")

_NO_RECEIVER: Mapping[str, str] = {
    "awct": "Google Ads",
    "awcc": "Google Ads (calls)",
    "awud": "Google Ads (user-provided data)",
    "awcr": "Google Ads (call reporting)",
    "sp": "Google Ads remarketing",
    "gclidw": "Google's conversion linker",
    "flc": "Floodlight",
    "fls": "Floodlight",
    "gcs": "Google Customer Surveys",
    "ac360": "Audience Center 360",
    "baut": "Microsoft Advertising",
    "bzi": "LinkedIn",
    "twitter_website_tag": "X (Twitter)",
    "pntr": "Pinterest",
    "qpx": "Quora",
    "crto": "Criteo",
    "adm": "Adometry",
    "asp": "AdRoll",
    "awc": "Awin (conversions)",
    "awj": "Awin (journey)",
    "bb": "Bizrate Insights",
    "bsa": "Bizrate Insights",
    "csm": "comScore",
    "dstag": "Dstillery",
    "m6d": "Dstillery",
    "ela": "Eulerian",
    "mpm": "Mediaplex",
    "mpr": "Mediaplex",
    "ms": "Marin Software",
    "ndcr": "Nielsen",
    "nudge": "Nudge",
    "okt": "Oktopost",
    "omc": "Optimise Media",
    "pa": "Perfect Audience",
    "placedPixel": "Placed",
    "qcm": "Quantcast",
    "fxm": "FoxMetrics",
    "scp": "SaleCycle",
    "sca": "Intent Media",
    "sfc": "SearchForce",
    "sfl": "SearchForce",
    "sfr": "SearchForce",
    "tdlc": "Tradedoubler",
    "tdsc": "Tradedoubler",
    "ta": "Tapad",
    "tc": "Turn",
    "tdc": "Turn",
    "ts": "Google Trusted Stores",
    "uslt": "Upsellit",
    "uspt": "Upsellit",
    "veip": "Ve Interactive",
    "vdc": "VisualDNA",
}
_PROGRAMS = (
    *("abtGeneric", "cts", "cegg", "hjtc", "infinity", "k50Init", "ll", "ljs", "messagemate", "mf", "opt", "pc"),
    *("pijs", "scjs", "svw", "shareaholic", "vei", "xpsh", "yieldify", "zone"),
)
_LISTENERS = ("cl", "evl", "fsl", "hl", "jel", "lcl", "sdl", "tl", "ytl", "tg")

TAGS: Mapping[str, TagWord] = MappingProxyType(
    {
        "ua": TagWord(why="Universal Analytics takes no more data; use GA4"),
        "gaawc": TagWord(reader="stream", type="ga4"),
        "googtag": TagWord(reader="stream", type="ga4"),
        "gaawe": TagWord(reader="event", type="ga4"),
        "html": TagWord(reader="html", type="script", purposes=_ALL),
        "img": TagWord(reader="image", type="pixel", purposes=_ADS),
        **{
            kind: TagWord(why=f"there is no receiver of the type {name}", purposes=_ADS)
            for kind, name in _NO_RECEIVER.items()
        },
        **{kind: TagWord(why=_IN_PAGE) for kind in _PROGRAMS},
        **dict.fromkeys(_LISTENERS, _LISTENER),
        "paused": TagWord(why="it is paused there"),
    }
)
OWN_TEMPLATE = TagWord(why="it is a template of your own or of the gallery: JavaScript, which is not run here")
UNKNOWN = TagWord(why=unknown("type of tag"))

TRIGGERS: Mapping[str, TriggerWord] = MappingProxyType(
    {
        "PAGEVIEW": TriggerWord(event="page_view", page_start=True),
        "INIT": TriggerWord(event="page_view", page_start=True, changed=WITH_PAGE),
        "CONSENT_INIT": TriggerWord(event="page_view", page_start=True, changed=WITH_PAGE),
        "DOM_READY": TriggerWord(event="page_view", page_start=True, changed=WITH_PAGE),
        "WINDOW_LOADED": TriggerWord(event="page_view", page_start=True, changed=WITH_PAGE),
        "CUSTOM_EVENT": TriggerWord(reader="own_event"),
        "CLICK": TriggerWord(reader="click"),
        "LINK_CLICK": TriggerWord(reader="click"),
        "FORM_SUBMISSION": TriggerWord(reader="click"),
        "ELEMENT_VISIBILITY": TriggerWord(reader="visible"),
        "SCROLL_DEPTH": TriggerWord(reader="scroll"),
        "HISTORY_CHANGE": TriggerWord(listens={"history": True}),
        "JS_ERROR": TriggerWord(listens={"error": True}),
        "TIMER": TriggerWord(reader="timer"),
        "YOU_TUBE_VIDEO": TriggerWord(
            why="films inside other pages cannot be listened to; media listens to the page's own"
        ),
        "TRIGGER_GROUP": TriggerWord(
            why="it waits until several events have happened; here every hit is asked by itself"
        ),
        "ALWAYS": TriggerWord(why="it is of a server container"),
        "SERVER_PAGEVIEW": TriggerWord(why="it is of a server container"),
        "AMP_CLICK": TriggerWord(why="it is for AMP pages"),
        "AMP_TIMER": TriggerWord(why="it is for AMP pages"),
        "AMP_SCROLL": TriggerWord(why="it is for AMP pages"),
        "AMP_VISIBILITY": TriggerWord(why="it is for AMP pages"),
        "FIREBASE_APP_EXCEPTION": TriggerWord(why="it is for apps"),
        "FIREBASE_APP_UPDATE": TriggerWord(why="it is for apps"),
        "FIREBASE_CAMPAIGN": TriggerWord(why="it is for apps"),
        "FIREBASE_FIRST_OPEN": TriggerWord(why="it is for apps"),
        "FIREBASE_IN_APP_PURCHASE": TriggerWord(why="it is for apps"),
        "FIREBASE_NOTIFICATION_DISMISS": TriggerWord(why="it is for apps"),
        "FIREBASE_NOTIFICATION_FOREGROUND": TriggerWord(why="it is for apps"),
        "FIREBASE_NOTIFICATION_OPEN": TriggerWord(why="it is for apps"),
        "FIREBASE_NOTIFICATION_RECEIVE": TriggerWord(why="it is for apps"),
        "FIREBASE_OS_UPDATE": TriggerWord(why="it is for apps"),
        "FIREBASE_SESSION_START": TriggerWord(why="it is for apps"),
        "FIREBASE_USER_ENGAGEMENT": TriggerWord(why="it is for apps"),
    }
)
CLICKED = {"CLICK": ("click", "*"), "LINK_CLICK": ("click", "a"), "FORM_SUBMISSION": ("submit", "form")}
"""What is listened for, and on which elements where nothing narrows them down."""
ALWAYS_THERE = {
    "2147479553": ("All Pages", "PAGEVIEW"),
    "2147479572": ("Consent Initialization - All Pages", "CONSENT_INIT"),
    "2147479573": ("Initialization - All Pages", "INIT"),
}
"""Triggers that every container has and no export lists."""
PURPOSES = {
    "analytics_storage": "analytics",
    "ad_storage": "marketing",
    "ad_user_data": "marketing",
    "ad_personalization": "marketing",
    "functionality_storage": "functionality",
    "personalization_storage": "personalization",
    "security_storage": "security",
}
"""A type of consent → our purpose."""
BANNER_WORDS = {
    "analytics": "analytics_storage",
    "marketing": "ad_storage",
    "functionality": "functionality_storage",
    "personalization": "personalization_storage",
    "security": "security_storage",
}
