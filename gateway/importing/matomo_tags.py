"""The vocabulary of Matomo Tag Manager's tags and triggers, one row each: what becomes of it here."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.importing.words import TagWord, TriggerWord

_IN_PAGE = "it is a program that runs in the page, not a receiver of hits; load it from the page itself"
_BANNER = "it loads the consent banner; keep loading it from the page itself"
_ADS = ("marketing",)
_ALL = ("analytics", "marketing")
"""What a script does is for its author to know: it waits until everything is granted."""

MATOMO = "Matomo"
TAGS: Mapping[str, TagWord] = MappingProxyType(
    {
        "AddThis": TagWord(why=_IN_PAGE, purposes=_ADS),
        "Axeptio": TagWord(why=_BANNER, banner="axeptio"),
        "BingUET": TagWord(why="there is no receiver of the type Bing Ads", purposes=_ADS),
        "Bugsnag": TagWord(why=_IN_PAGE),
        "CookieYes": TagWord(why=_BANNER, banner="cookieyes"),
        "Cookiebot": TagWord(why=_BANNER, banner="cookiebot"),
        "CustomHtml": TagWord(reader="html", type="script", purposes=_ALL),
        "CustomImage": TagWord(reader="image", type="pixel", purposes=_ADS),
        "Drift": TagWord(why=_IN_PAGE),
        "Emarsys": TagWord(why="there is no receiver of the type Emarsys; a webhook may do", purposes=_ADS),
        "Etracker": TagWord(why="there is no receiver of the type etracker; a webhook may do"),
        "FacebookPixel": TagWord(reader="meta", type="meta", purposes=_ADS),
        "GoogleAdsConversion": TagWord(why="there is no receiver of the type Google Ads", purposes=_ADS),
        "GoogleAnalytics4Event": TagWord(reader="ga4_event", type="ga4"),
        "GoogleAnalytics4": TagWord(reader="ga4", type="ga4"),
        "GoogleAnalyticsUniversal": TagWord(why="Universal Analytics takes no more data; use GA4"),
        "GoogleTag": TagWord(reader="ga4", type="ga4"),
        "Honeybadger": TagWord(why=_IN_PAGE),
        "Hotjar": TagWord(why=_IN_PAGE),
        "LinkedinInsight": TagWord(why="there is no receiver of the type LinkedIn", purposes=_ADS),
        "LivezillaDynamic": TagWord(why=_IN_PAGE),
        MATOMO: TagWord(reader="matomo", type="matomo"),
        "OneTrust": TagWord(why=_BANNER, banner="onetrust"),
        "PingdomRUM": TagWord(why=_IN_PAGE),
        "Raygun": TagWord(why=_IN_PAGE),
        "SentryRaven": TagWord(why=_IN_PAGE),
        "Shareaholic": TagWord(why=_IN_PAGE, purposes=_ADS),
        "TawkTo": TagWord(why=_IN_PAGE),
        "ThemeColor": TagWord(why="it changes how the page looks; write the colour into the page itself"),
        "VisualWebsiteOptimizer": TagWord(why=_IN_PAGE),
        "ZendeskChat": TagWord(why=_IN_PAGE),
    }
)


_WITH_PAGE = "it comes with the page view here"

TRIGGERS: Mapping[str, TriggerWord] = MappingProxyType(
    {
        "PageView": TriggerWord(event="page_view", page_start=True),
        "DomReady": TriggerWord(event="page_view", page_start=True, changed=_WITH_PAGE),
        "WindowLoaded": TriggerWord(event="page_view", page_start=True, changed=_WITH_PAGE),
        "WindowUnload": TriggerWord(listens={"unload": True}),
        "WindowLeave": TriggerWord(reader="leave"),
        "UserInteraction": TriggerWord(listens={"interaction": True}),
        "AllElementsClick": TriggerWord(reader="click"),
        "AllLinksClick": TriggerWord(reader="click"),
        "AllDownloadsClick": TriggerWord(
            listens={"link": "download"}, changed="which endings count as downloads is fixed here"
        ),
        "FormSubmit": TriggerWord(reader="click"),
        "ElementVisibility": TriggerWord(reader="visible"),
        "Fullscreen": TriggerWord(reader="fullscreen"),
        "HistoryChange": TriggerWord(listens={"history": True}),
        "JavaScriptError": TriggerWord(listens={"error": True}),
        "ScrollReach": TriggerWord(reader="scroll"),
        "Timer": TriggerWord(reader="timer"),
        "CustomEvent": TriggerWord(reader="own_event"),
    }
)
CLICKED = {"AllElementsClick": ("click", "*"), "AllLinksClick": ("click", "a"), "FormSubmit": ("submit", "form")}
"""What is listened for, and on which elements where nothing narrows them down."""
