"""The options of a Matomo configuration that a container has no place for: when one is on, this is said of it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gateway.importing.exported import flag, maps, text
from gateway.model import Json

_LATER = "add it to the section events"
_GATEWAY = "the gateway sends the requests"

SAID: Mapping[str, str] = MappingProxyType(
    {
        "enableLinkTracking": f"outgoing links and downloads are not counted by themselves: {_LATER}, as "
        "outlink: { link: outbound } and download: { link: download }, and into send_when",
        "enableFileTracking": "pages opened from a disk are not counted",
        "enableCrossDomainLinking": "visitors are not recognised across domains",
        "enableDoNotTrack": "Do Not Track is not read; Global Privacy Control is, under gpc_refuses",
        "disablePerformanceTracking": "the snippet measures no timings",
        "enableJSErrorTracking": f"errors of scripts are not sent by themselves: {_LATER}, as error: true",
        "enableHeartBeatTimer": f"there is no heartbeat: {_LATER}, as {{ timer: 15s, repeat: true }}",
        "trackAllContentImpressions": "content is not tracked by itself; the page can send content_impression",
        "trackVisibleContentImpressions": "content is not tracked by itself; the page can send content_impression",
        "trackBots": "bots are not marked for Matomo",
        "requireCookieConsent": "who refused cookies was counted there all the same; here that needs "
        "consent: not_needed in the tag, and while_unknown: send",
        "setSecureCookie": "the visitor's cookie is the gateway's, and always secure on https",
        "disableBrowserFeatureDetection": "the snippet does not ask for the browser's features",
        "disableCampaignParameters": "campaigns are read by Matomo out of the address; drop_query can take them out",
        "alwaysUseSendBeacon": _GATEWAY,
        "disableAlwaysUseSendBeacon": _GATEWAY,
        "forceRequestMethod": _GATEWAY,
        "enableFormAnalytics": "FormAnalytics is a program of Matomo's in the page",
        "enableMediaAnalytics": "MediaAnalytics is a program of Matomo's in the page",
    }
)
FILLED: Mapping[str, str] = MappingProxyType(
    {
        "appendToTrackingUrl": "what was appended to the tracking address is not",
        "customRequestProcessing": "requests are not changed by JavaScript: the gateway makes them",
        "cookieDomain": "the visitor's cookie is the gateway's",
        "cookiePath": "the visitor's cookie is the gateway's",
    }
)


def options(parameters: Json) -> Iterator[str]:
    """What is to be said of one configuration."""
    told = [said for name, said in SAID.items() if flag(parameters, name)]
    told += [said for name, said in FILLED.items() if text(parameters, name).strip()]
    yield from dict.fromkeys(told)


def domains(parameters: Json) -> Iterator[str]:
    """The site's domains, as far as it names them."""
    return (said for one in maps(parameters, "domains") if (said := text(one, "domain")))
