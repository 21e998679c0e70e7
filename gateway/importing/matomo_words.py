"""The vocabulary of Matomo Tag Manager's triggers, variables and comparisons, one row each: what becomes of it here."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.importing.words import Compared, Read

_AS_NUMBERS = "numbers are compared as numbers here; there texts were compared letter by letter"

COMPARISONS: Mapping[str, Compared] = MappingProxyType(
    {
        "equals": Compared("is", ignore_case=True),
        "equals_exactly": Compared("is"),
        "contains": Compared("contains", ignore_case=True),
        "starts_with": Compared("starts_with", ignore_case=True),
        "ends_with": Compared("ends_with", ignore_case=True),
        "lower_than": Compared("less_than", changed=_AS_NUMBERS),
        "lower_than_or_equals": Compared("at_most", changed=_AS_NUMBERS),
        "greater_than": Compared("more_than", changed=_AS_NUMBERS),
        "greater_than_or_equals": Compared("at_least", changed=_AS_NUMBERS),
        "regexp": Compared("matches", changed="the pattern is RE2 here"),
        "regexp_ignore_case": Compared("matches", ignore_case=True, changed="the pattern is RE2 here"),
        "match_css_selector": Compared("selector"),
    }
)
NOT = "not_"


_CODE = "it is JavaScript, which is not run here; let the page put the value into its data layer"
_URL_PARTS = {
    "href": ("url", "href"),
    "host": ("url", "host"),
    "hostname": ("url", "host"),
    "pathname": ("url", "path"),
    "search": ("url", "query"),
    "hash": ("url", "hash"),
}
_REFERRER_PARTS = {
    "href": ("page", "referrer"),
    "host": ("page", "referrer_host"),
    "hostname": ("page", "referrer_host"),
}

VARIABLES: Mapping[str, Read] = MappingProxyType(
    {
        "Constant": Read(kind="constant", parameter="constantValue"),
        "DataLayer": Read(kind="data_layer", parameter="dataLayerName"),
        "Cookie": Read(kind="cookie", parameter="cookieName"),
        "UrlParameter": Read(kind="query", parameter="parameterName"),
        "Url": Read(parameter="urlPart", parts=_URL_PARTS, why="this part of the address cannot be read here"),
        "ReferrerUrl": Read(
            parameter="urlPart",
            parts=_REFERRER_PARTS,
            why="of the referrer only the address and the host can be read here",
        ),
        "MetaContent": Read(kind="meta", parameter="metaName"),
        "JavaScript": Read(kind="js", parameter="variableName", changed="what is not there is absent here, not a text"),
        "DomElement": Read(kind="element", parameter="cssSelector"),
        "ClickDataAttribute": Read(why="attributes of what was clicked are not read here; give it an id or a class"),
        "ClickHtmlAttribute": Read(why="attributes of what was clicked are not read here; give it an id or a class"),
        "TimeSinceLoad": Read(why="the time since the page was loaded is not read here; an event with timer may do"),
        "CustomJsFunction": Read(why=_CODE),
        "CustomRequestProcessing": Read(why=_CODE + "; requests are made by the gateway"),
        "EtrackerConfiguration": Read(why="there is no receiver of the type etracker"),
        "MatomoConfiguration": Read(),
    }
)
CONFIGURATION = "MatomoConfiguration"


def _of_event(field: str) -> Read:
    return Read(kind="event", source=field)


_NO_FIELD = "events do not carry this here"
_MANAGER = "it says something about the tag manager itself, which is no longer there"
_SCROLL = "how far it was scrolled is a field of an event with scroll, as a percentage"

PRECONFIGURED: Mapping[str, Read] = MappingProxyType(
    {
        "BrowserLanguage": Read(kind="page", source="language"),
        "ScreenHeight": Read(kind="screen", source="height"),
        "ScreenHeightAvailable": Read(why="only the whole screen is measured here: ScreenHeight"),
        "ScreenWidth": Read(kind="screen", source="width"),
        "ScreenWidthAvailable": Read(why="only the whole screen is measured here: ScreenWidth"),
        "UserAgent": Read(why="the user agent is only read as agent: browser, os, device or bot"),
        "ClickButton": _of_event("button"),
        "ClickClasses": _of_event("classes"),
        "ClickDestinationUrl": _of_event("href"),
        "ClickElement": Read(is_element=True, why="an element is no value; its id, text and classes are"),
        "ClickId": _of_event("id"),
        "ClickNodeName": _of_event("element"),
        "ClickText": _of_event("text"),
        "FormElement": Read(is_element=True, why="an element is no value; the form's id, name and classes are"),
        "ContainerId": Read(why=_MANAGER),
        "ContainerRevision": Read(why=_MANAGER),
        "ContainerVersion": Read(why=_MANAGER),
        "Environment": Read(why=_MANAGER + "; each environment has a gateway of its own"),
        "PreviewMode": Read(why=_MANAGER),
        "DnsLookupTime": Read(why="of the page's timings load, ttfb, lcp, cls and inp are read here"),
        "PageLoadTimeTotal": Read(kind="performance", source="load"),
        "PageRenderTime": Read(why="of the page's timings load, ttfb, lcp, cls and inp are read here"),
        "ErrorLine": _of_event("line"),
        "ErrorMessage": _of_event("message"),
        "ErrorUrl": _of_event("href"),
        "FirstDirectory": Read(
            kind="url", source="directory", other=True, changed="all directories of the path here, only the first there"
        ),
        "PageHash": Read(kind="url", source="hash"),
        "PageHostname": Read(kind="url", source="host"),
        "PageOrigin": Read(why="the origin is not read here; PageHostname is"),
        "PagePath": Read(kind="url", source="path"),
        "PageTitle": Read(kind="page", source="title"),
        "PageUrl": Read(kind="url", source="href"),
        "Referrer": Read(kind="page", source="referrer"),
        "FormClasses": _of_event("classes"),
        "FormDestination": _of_event("href"),
        "FormId": _of_event("id"),
        "FormName": _of_event("name"),
        "HistoryHashNewPath": Read(why=_NO_FIELD + "; the whole new address is there"),
        "HistoryHashNewSearch": Read(why=_NO_FIELD + "; the whole new address is there"),
        "HistoryHashNewUrl": _of_event("new"),
        "HistoryHashNew": Read(kind="url", source="hash"),
        "HistoryHashOldPath": Read(why=_NO_FIELD + "; the whole old address is there"),
        "HistoryHashOldSearch": Read(why=_NO_FIELD + "; the whole old address is there"),
        "HistoryHashOldUrl": _of_event("old"),
        "HistoryHashOld": Read(why=_NO_FIELD + "; the whole old address is there"),
        "HistorySource": Read(
            kind="event",
            source="action",
            other=True,
            changed="push, replace, pop or hash here; pushState and its like there",
        ),
        "IsoDate": Read(kind="time", source="date", other=True, changed="only the date, by the site's time zone"),
        "LocalDate": Read(kind="time", source="date", changed="by the site's time zone, not the visitor's"),
        "LocalHour": Read(kind="time", source="hour", changed="by the site's time zone, not the visitor's"),
        "LocalTime": Read(why="only the hour and the date are read here"),
        "UtcDate": Read(kind="time", source="date", changed="by the site's time zone"),
        "Weekday": Read(kind="time", source="weekday", changed="by the site's time zone, not the visitor's"),
        "RandomNumber": Read(
            kind="random",
            source="100",
            other=True,
            changed="0 to 99, drawn once a visit; there each page drew a large one",
        ),
        "ScrollHorizontalPercentage": Read(why=_SCROLL),
        "ScrollLeftPixel": Read(why=_SCROLL),
        "ScrollSource": Read(why=_SCROLL),
        "ScrollTopPixel": Read(why=_SCROLL),
        "ScrollVerticalPercentage": _of_event("percent"),
        "SeoCanonicalUrl": Read(kind="element", source='link[rel="canonical"]'),
        "SeoNumH1": Read(why="elements are not counted here"),
        "SeoNumH2": Read(why="elements are not counted here"),
        "VisibleElementClasses": _of_event("classes"),
        "VisibleElementId": _of_event("id"),
        "VisibleElementNodeName": _of_event("element"),
        "VisibleElementText": _of_event("text"),
        "VisibleElementUrl": _of_event("href"),
    }
)
