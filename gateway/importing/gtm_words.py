"""The vocabulary of Google Tag Manager's filters, variables and built-in variables, one row each."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.importing.words import Compared, Read, unknown

FILTERS: Mapping[str, Compared] = MappingProxyType(
    {
        "EQUALS": Compared("is"),
        "CONTAINS": Compared("contains"),
        "STARTS_WITH": Compared("starts_with"),
        "ENDS_WITH": Compared("ends_with"),
        "MATCH_REGEX": Compared("matches", changed="the pattern is RE2 here"),
        "MATCHES_REGEX": Compared("matches", changed="the pattern is RE2 here"),
        "GREATER": Compared("more_than"),
        "GREATER_OR_EQUALS": Compared("at_least"),
        "LESS": Compared("less_than"),
        "LESS_OR_EQUALS": Compared("at_most"),
        "CSS_SELECTOR": Compared("selector"),
        "URL_MATCHES": Compared("matches", changed="the pattern is RE2 here, on the whole address"),
    }
)

_CODE = "it is JavaScript, which is not run here; let the page put the value into its data layer"
_HASH = "what stands behind # in the address belongs to it here"
_MANAGER = "it says something about the tag manager itself, which is no longer there"
_DEBUG = Read(kind="constant", source="false", changed="it is always false: nobody previews the tag manager here")
_GOOGLE = "it holds settings for Google's own script, which is not used here"
_ADDRESS = "of the address href, host, path, query, hash and directory can be read here"
_REFERRER = "of the referrer only the address and the host can be read here"

URL_PARTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "URL": ("url", "href"),
        "HOST": ("url", "host"),
        "PATH": ("url", "path"),
        "QUERY": ("url", "query"),
        "FRAGMENT": ("url", "hash"),
    }
)
REFERRER_PARTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"URL": ("page", "referrer"), "HOST": ("page", "referrer_host")}
)
AUTO_EVENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "CLASSES": ("event", "classes"),
        "ID": ("event", "id"),
        "TEXT": ("event", "text"),
        "URL": ("event", "href"),
        "HISTORY_NEW_URL_FRAGMENT": ("url", "hash"),
        "HISTORY_CHANGE_SOURCE": ("event", "action"),
    }
)

VARIABLES: Mapping[str, Read] = MappingProxyType(
    {
        "v": Read(kind="data_layer", parameter="name"),
        "k": Read(kind="cookie", parameter="name"),
        "u": Read(parameter="component", parts=URL_PARTS, why=_ADDRESS),
        "f": Read(parameter="component", parts=REFERRER_PARTS, why=_REFERRER),
        "j": Read(kind="js", parameter="name"),
        "jsm": Read(why=_CODE),
        "c": Read(kind="constant", parameter="value"),
        "d": Read(kind="element", parameter="elementSelector"),
        "e": Read(kind="text", source="{event}", is_event=True),
        "aev": Read(parameter="varType", parts=AUTO_EVENTS, why="events do not carry this here"),
        "r": Read(
            kind="random",
            source="100",
            other=True,
            changed="0 to 99, drawn once a visit; there each event drew a large one",
        ),
        "smm": Read(kind="lookup"),
        "remm": Read(kind="lookup", changed="rows of its table that are more than a text are left out"),
        "vis": Read(why="whether an element is in view is not a value here; an event with visible may do"),
        "gas": Read(why="Universal Analytics takes no more data"),
        "gtcs": Read(why=_GOOGLE),
        "gtes": Read(why=_GOOGLE),
        "awec": Read(why="it says who somebody is; such values go out only under identifiers"),
        "uv": Read(why="it is always undefined; ask for present: false"),
        "cid": Read(why=_MANAGER),
        "ctv": Read(why=_MANAGER),
        "dbg": _DEBUG,
        "ev": Read(why=_MANAGER),
        "hid": Read(why=_MANAGER),
        "gtmv": Read(why=_MANAGER),
    }
)


def _of_event(field: str) -> Read:
    return Read(kind="event", source=field)


_ELEMENT = Read(is_element=True, why="an element is no value; its id, text and classes are")
_MEDIA = "of videos inside other pages nothing can be read here; an event with media tells of the page's own"
_SCROLLED = "how far it was scrolled is a field of an event with scroll, as a percentage"
_SEEN = "how long an element was in view is not measured here"

BUILT_IN: Mapping[str, Read] = MappingProxyType(
    {
        "PAGE_URL": Read(kind="url", source="href", changed=_HASH),
        "PAGE_HOSTNAME": Read(kind="url", source="host"),
        "PAGE_PATH": Read(kind="url", source="path"),
        "REFERRER": Read(kind="page", source="referrer"),
        "EVENT": Read(kind="text", source="{event}", is_event=True),
        "CLICK_ELEMENT": _ELEMENT,
        "CLICK_CLASSES": _of_event("classes"),
        "CLICK_ID": _of_event("id"),
        "CLICK_TARGET": Read(why="where a link opens is not read here"),
        "CLICK_URL": _of_event("href"),
        "CLICK_TEXT": _of_event("text"),
        "FIRST_PARTY_SERVING_URL": Read(why=_MANAGER),
        "FORM_ELEMENT": _ELEMENT,
        "FORM_CLASSES": _of_event("classes"),
        "FORM_ID": _of_event("id"),
        "FORM_TARGET": Read(why="where a form opens is not read here"),
        "FORM_URL": _of_event("href"),
        "FORM_TEXT": Read(why="what stands in a form is not read here"),
        "ERROR_MESSAGE": _of_event("message"),
        "ERROR_URL": _of_event("href"),
        "ERROR_LINE": _of_event("line"),
        "NEW_HISTORY_URL": _of_event("new"),
        "OLD_HISTORY_URL": _of_event("old"),
        "NEW_HISTORY_FRAGMENT": Read(kind="url", source="hash"),
        "OLD_HISTORY_FRAGMENT": Read(why="of the address before only the whole is there: OLD_HISTORY_URL"),
        "NEW_HISTORY_STATE": Read(why="the state object is not read here"),
        "OLD_HISTORY_STATE": Read(why="the state object is not read here"),
        "HISTORY_SOURCE": Read(
            kind="event",
            source="action",
            other=True,
            changed="push, replace, pop or hash here; pushState and its like there",
        ),
        "CONTAINER_VERSION": Read(why=_MANAGER),
        "DEBUG_MODE": _DEBUG,
        "RANDOM_NUMBER": Read(
            kind="random",
            source="100",
            other=True,
            changed="0 to 99, drawn once a visit; there each event drew a large one",
        ),
        "CONTAINER_ID": Read(why=_MANAGER),
        "HTML_ID": Read(why=_MANAGER),
        "ENVIRONMENT_NAME": Read(why=_MANAGER + "; each environment has a gateway of its own"),
        "LANGUAGE": Read(kind="page", source="language"),
        "RESOLUTION": Read(why="the screen's width and height are two variables here: screen"),
        "VIDEO_PROVIDER": Read(why=_MEDIA),
        "VIDEO_URL": Read(why=_MEDIA),
        "VIDEO_TITLE": Read(why=_MEDIA),
        "VIDEO_DURATION": Read(why=_MEDIA),
        "VIDEO_PERCENT": Read(why=_MEDIA),
        "VIDEO_VISIBLE": Read(why=_MEDIA),
        "VIDEO_STATUS": Read(why=_MEDIA),
        "VIDEO_CURRENT_TIME": Read(why=_MEDIA),
        "SCROLL_DEPTH_THRESHOLD": _of_event("percent"),
        "SCROLL_DEPTH_UNITS": Read(why=_SCROLLED),
        "SCROLL_DEPTH_DIRECTION": Read(why=_SCROLLED),
        "ELEMENT_VISIBILITY_RATIO": _of_event("percent"),
        "ELEMENT_VISIBILITY_TIME": Read(why=_SEEN),
        "ELEMENT_VISIBILITY_FIRST_TIME": Read(why=_SEEN),
        "ELEMENT_VISIBILITY_RECENT_TIME": Read(why=_SEEN),
        "ANALYTICS_CLIENT_ID": Read(why="Google's own ID of the visitor is not read here"),
        "ANALYTICS_SESSION_ID": Read(why="Google's own number of the session is not read here"),
        "ANALYTICS_SESSION_NUMBER": Read(why="Google's own number of the session is not read here"),
    }
)
ELSEWHERE = "it belongs to an app, an AMP page or a server container"
FAMILIES = ("AMP_", "APP_", "FIREBASE_", "SERVER_PAGE_", "ADVERTISE", "ADVERTISING_")
SINGLES = frozenset(
    {
        *("DEVICE_NAME", "OS_VERSION", "PLATFORM", "SDK_VERSION", "EVENT_NAME", "QUERY_STRING", "REQUEST_METHOD"),
        *("REQUEST_PATH", "CLIENT_NAME", "VISITOR_REGION", "ENVIRONMENT"),
    }
)


def built_in(kind: str) -> Read:
    """What becomes of a built-in variable; those of apps, AMP pages and servers are known by their families."""
    if kind in BUILT_IN:
        return BUILT_IN[kind]
    if kind.startswith(FAMILIES) or kind in SINGLES:
        return Read(why=ELSEWHERE)
    return Read(why=unknown("built-in variable"))
