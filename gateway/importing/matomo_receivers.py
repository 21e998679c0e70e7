"""A tag of Matomo Tag Manager → where it sends to, and what with it."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

from gateway.importing.exported import Constants, flag, maps, named, text
from gateway.importing.html import NOT_ONE, one_script
from gateway.importing.made import GA4_SECRET, UNKNOWN_PLACE, Made
from gateway.importing.secretive import secretive
from gateway.importing.source import Receiver
from gateway.importing.templates import template
from gateway.importing.words import TagWord
from gateway.model import Json

_DIMENSION = re.compile(r"[1-9][0-9]{0,2}")


class Receivers:
    """The receivers of one export."""

    def __init__(self, export: Json, configurations: Mapping[str, Json], constants: Constants) -> None:
        self._configurations = configurations
        self._constants = constants
        streams = {self._ga4_id(one.get("parameters")) for one in named(export, "tags") if _is_stream(one)}
        self._stream = next(iter(streams)) if len(streams) == 1 else None
        self._readers: Mapping[str, Callable[[Json], Made]] = {
            "matomo": self._matomo,
            "ga4": self._ga4,
            "ga4_event": self._ga4_event,
            "image": self._image,
            "html": self._html,
            "meta": self._meta,
        }

    def of(self, tag: Json, word: TagWord) -> Made:
        """What a tag of this type becomes."""
        return self._readers[word.reader](tag.get("parameters")) if word.reader else Made(why=word.why)

    def _matomo(self, found: Json) -> Made:
        name = template(text(found, "matomoConfig")).only
        if name is None or name not in self._configurations:
            return Made(why="its Matomo configuration is not in the export")
        config, kind = self._configurations[name], text(found, "trackingType")
        if kind == "initialise":
            return Made(why="it only prepares Matomo's tracker in the page, which is not needed here")
        receiver = self._site(config)
        if isinstance(receiver, str):
            return Made(why=receiver)
        fields, changed = dict(_dimensions(config)) | dict(_dimensions(found)), []
        if (title := text(found, "documentTitle")) and template(title).only != "PageTitle" and kind == "pageview":
            fields["action_name"] = title
        if (url := text(found, "customUrl")) and template(url).only != "PageUrl":
            changed.append("the page's own address is sent, not the custom one")
        if flag(found, "isEcommerceView"):
            changed.append("a product view is sent when the page says taggate('event', 'product_view', { sku: … })")
        if kind == "event":
            told = {"e_c": "eventCategory", "e_n": "eventName", "e_v": "eventValue"}
            fields |= {field: said for field, parameter in told.items() if (said := text(found, parameter))}
        if kind == "goal" and (revenue := text(found, "goalCustomRevenue")):
            fields["revenue"] = revenue
        return Made(
            receiver=receiver,
            fields=fields,
            pages=kind == "pageview",
            goal=text(found, "idGoal") if kind == "goal" else "",
            event_name=text(found, "eventAction") if kind == "event" else "",
            user=text(config, "userId"),
            asked=flag(config, "requireConsent") or flag(config, "requireCookieConsent"),
            changed=tuple(changed),
        )

    def _site(self, config: Json) -> Receiver | str:
        url, site = self._constants.text(text(config, "matomoUrl")), self._constants.text(text(config, "idSite"))
        if not url or not site:
            return UNKNOWN_PLACE
        try:
            parts = urlsplit(url if "//" in url else f"https://{url.lstrip('/')}")
        except ValueError:
            return UNKNOWN_PLACE
        host = parts.netloc.rpartition("@")[2]
        script = "piwik.php" if text(config, "trackingEndpoint") == "piwik.php" else ""
        path = parts.path if parts.path.endswith("/") or parts.path.endswith(".php") else f"{parts.path}/"
        # What follows ? may hold a token, and a tracker's address has none.
        place = urlunsplit((parts.scheme, host, path + (script if path.endswith("/") else ""), "", ""))
        return Receiver("matomo", {"url": place, "site_id": site}, {"token": "matomo_token"})

    def _ga4_id(self, found: Json) -> str | None:
        said = text(found, "measurementId") or text(found, "googleTagId")
        return self._constants.text(said) or None

    def _ga4(self, found: Json) -> Made:
        stream = self._ga4_id(found)
        if stream is None:
            return Made(why=UNKNOWN_PLACE)
        if not stream.upper().startswith("G-"):
            return Made(why="only tags of Google Analytics 4 (G-…) have a receiver here")
        return Made(receiver=_stream(stream), pages=True)

    def _ga4_event(self, found: Json) -> Made:
        if not self._stream:
            return Made(why="the export does not say to which GA4 stream it belongs")
        rows = [[text(row, key) for key in row][:2] for row in maps(found, "eventParameters")]
        fields = {row[0]: row[1] for row in rows if len(row) == 2 and re.fullmatch(r"[A-Za-z]\w{0,39}", row[0])}
        return Made(receiver=_stream(self._stream), fields=fields, event_name=text(found, "eventName"))

    def _image(self, found: Json) -> Made:
        url = self._constants.text(text(found, "customImageSrc"))
        if not url:
            return Made(why="its address has variables in it; an address built in the page can hold who somebody is")
        if secretive("", url):
            return Made(why="its address holds what looks like a secret")
        return Made(receiver=Receiver("pixel", {"url": url}), any_event=True)

    def _html(self, found: Json) -> Made:
        said = self._constants.text(text(found, "customHtml"))
        return one_script(said) if said else Made(why=NOT_ONE)

    def _meta(self, found: Json) -> Made:
        pixel = self._constants.text(text(found, "pixelId"))
        if not pixel:
            return Made(why=UNKNOWN_PLACE)
        return Made(receiver=Receiver("meta", {"pixel_id": pixel}, {"access_token": "meta_token"}), pages=True)


def _is_stream(tag: Json) -> bool:
    return text(tag, "type") in ("GoogleAnalytics4", "GoogleTag")


def _stream(measurement_id: str) -> Receiver:
    return Receiver("ga4", {"measurement_id": measurement_id}, {"api_secret": GA4_SECRET})


def _dimensions(found: Json) -> list[tuple[str, str]]:
    rows = [(text(one, "index"), text(one, "value")) for one in maps(found, "customDimensions")]
    return [(f"dimension{index}", said) for index, said in rows if _DIMENSION.fullmatch(index) and said]
