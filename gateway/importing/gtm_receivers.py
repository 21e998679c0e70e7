"""A tag of Google Tag Manager → where it sends to, and what with it."""

import re
from collections.abc import Callable, Iterable, Mapping

from gateway.importing.exported import Constants, named, text
from gateway.importing.gtm_parts import Parameters, is_on, pairs, parameters, value
from gateway.importing.html import NOT_ONE, one_script
from gateway.importing.made import GA4_SECRET, UNKNOWN_PLACE, Made
from gateway.importing.secretive import secretive
from gateway.importing.source import Receiver, SourceVariable
from gateway.importing.templates import template
from gateway.importing.words import TagWord
from gateway.model import Json

STREAMS = ("googtag", "gaawc")
USER = "user_id"
_CONFIGURING = frozenset(
    {
        "send_page_view",
        "server_container_url",
        "transport_url",
        "first_party_collection",
        "cookie_domain",
        "cookie_flags",
    }
)
_FIELD = re.compile(r"[A-Za-z]\w{0,39}")


class Receivers:
    """The receivers of one export."""

    def __init__(self, export: Json, variables: Iterable[SourceVariable], constants: Constants) -> None:
        self._constants = constants
        self.used: set[str] = set()
        """Variables that are now the settings of the tags that named them."""
        self._events = {variable.name for variable in variables if variable.is_event}
        self._settings = {one["name"]: parameters(one) for one in named(export, "variable")}
        self._tags = {one["name"]: parameters(one) for one in named(export, "tag") if text(one, "type") in STREAMS}
        self._readers: Mapping[str, Callable[[Parameters], Made]] = {
            "stream": self._stream,
            "event": self._event,
            "image": self._image,
            "html": self._html,
        }

    def of(self, tag: Json, row: TagWord) -> Made:
        """What a tag of this type becomes."""
        return self._readers[row.reader](parameters(tag)) if row.reader else Made(why=row.why)

    def _stream(self, said: Parameters) -> Made:
        stream = self._stream_id(said)
        if stream is None:
            return Made(why=UNKNOWN_PLACE)
        if not stream.upper().startswith("G-"):
            return Made(why="only tags of Google Analytics 4 (G-…) have a receiver here")
        told = self._told(said)
        if told.get("send_page_view") == "false" or ("sendPageView" in said and not is_on(said, "sendPageView")):
            return Made(why="it sends nothing by itself: it only prepares Google's script, which is not needed here")
        return Made(
            receiver=_ga4(stream), pages=True, fields=_fields(told), user=told.get(USER, ""), changed=_server(told)
        )

    def _event(self, said: Parameters) -> Made:
        stream, config = self._stream_of_event(said)
        if stream is None or not stream.upper().startswith("G-"):
            return Made(why="the export does not say to which GA4 stream it belongs")
        told = self._told(said)
        named_so = template(value(said, "eventName")).only
        name = "" if named_so in self._events else self._constants.text(value(said, "eventName"))
        changed = ["e-commerce data comes out of the event's own fields"] if is_on(said, "sendEcommerceData") else []
        if name is None:
            changed.append("the receiver gets the event by its own name, not by one worked out in the page")
        if self._has_properties(said):
            changed.append("user properties are sent as parameters of the event")
        user = told.get(USER) or self._told(config).get(USER, "")
        return Made(
            receiver=_ga4(stream),
            fields=_fields(told),
            pages=name == "page_view",
            event_name=name or "",
            user=user,
            changed=tuple(changed),
        )

    def _stream_id(self, said: Parameters) -> str | None:
        return self._constants.text(value(said, "tagId") or value(said, "measurementId")) or None

    def _stream_of_event(self, said: Parameters) -> tuple[str | None, Parameters]:
        """The stream, and the tag that configures it: named here, else the only one there is."""
        override = self._constants.text(value(said, "measurementIdOverride")) or None
        by_name = self._tags.get(value(said, "measurementId"))
        if by_name is not None:
            return override or self._stream_id(by_name), by_name
        direct = self._constants.text(value(said, "measurementId")) or ""
        wanted = override or (direct if direct.upper().startswith("G-") else None)
        alike = [config for config in self._tags.values() if wanted in (None, self._stream_id(config))]
        if wanted is None:
            streams = {self._stream_id(config) for config in alike}
            wanted = next(iter(streams)) if len(streams) == 1 else None
        return wanted, alike[0] if alike else {}

    def _told(self, said: Parameters) -> dict[str, str]:
        """All that a tag sends beside the event: its own tables, and those of the variables it names."""
        out: dict[str, str] = {}
        for key in ("configSettingsVariable", "eventSettingsVariable"):
            if (name := template(value(said, key)).only or "") in self._settings:
                self.used.add(name)
                out |= self._tables(self._settings[name])
        return out | self._tables(said)

    def _has_properties(self, said: Parameters) -> bool:
        named_here = template(value(said, "eventSettingsVariable")).only or ""
        return any(pairs(one, "userProperties") for one in (said, self._settings.get(named_here, {})))

    def _tables(self, said: Parameters) -> dict[str, str]:
        out: dict[str, str] = {}
        for key in ("fieldsToSet", "configSettingsTable", "eventParameters", "eventSettingsTable", "userProperties"):
            out |= pairs(said, key)
        return out

    def _image(self, said: Parameters) -> Made:
        url = self._constants.text(value(said, "url"))
        if not url:
            return Made(why="its address has variables in it; an address built in the page can hold who somebody is")
        if secretive("", url):
            return Made(why="its address holds what looks like a secret")
        place = f"https:{url}" if url.startswith("//") else url
        return Made(receiver=Receiver("pixel", {"url": place}), any_event=True)

    def _html(self, said: Parameters) -> Made:
        html = self._constants.text(value(said, "html"))
        return one_script(html) if html else Made(why=NOT_ONE)


def _ga4(stream: str) -> Receiver:
    return Receiver("ga4", {"measurement_id": stream}, {"api_secret": GA4_SECRET})


def _fields(told: Mapping[str, str]) -> dict[str, str]:
    kept = {name: said for name, said in told.items() if name not in _CONFIGURING | {USER} and said}
    return {name: said for name, said in kept.items() if _FIELD.fullmatch(name)}


def _server(told: Mapping[str, str]) -> tuple[str, ...]:
    if told.keys() & {"server_container_url", "transport_url"}:
        return ("it went through a server container; here it goes to Google straight from the gateway",)
    return ()
