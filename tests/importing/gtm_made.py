"""Hand-made exports of Google Tag Manager that together hold every word of its vocabulary."""

from typing import Any

import msgspec

from gateway.importing.gtm_tags import TAGS, TRIGGERS
from gateway.importing.gtm_words import BUILT_IN, FILTERS, VARIABLES

SECRET = "EAAGm0PX4ZCpsBA0123456789abcdefGHIJ"
ALL_PAGES = "2147479553"
STREAM = "G-ABC1234567"


def parameter(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "BOOLEAN", "key": key, "value": "true" if value else "false"}
    if isinstance(value, list):
        rows = [{"type": "MAP", "map": [parameter(name, said) for name, said in row.items()]} for row in value]
        return {"type": "LIST", "key": key, "list": rows}
    return {"type": "TEMPLATE", "key": key, "value": value}


def parameters(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [parameter(key, value) for key, value in said.items()]


def condition(kind: str, variable: str, wanted: str, **more: bool) -> dict[str, Any]:
    return {"type": kind, "parameter": parameters({"arg0": "{{" + variable + "}}", "arg1": wanted, **more})}


def trigger(number: int, kind: str, *filters: Any, event: Any = None, **said: Any) -> dict[str, Any]:
    out = {"triggerId": str(number), "name": f"{kind} {number}", "type": kind, "filter": list(filters)}
    if event:
        out["customEventFilter"] = [event if isinstance(event, dict) else condition("EQUALS", "_event", event)]
    return {**out, "parameter": parameters(said)}


def tag(name: str, kind: str, fires: list[Any], blocks: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "parameter": parameters(more.pop("said", {})),
        "firingTriggerId": [str(one) for one in fires],
        "blockingTriggerId": [str(one) for one in blocks or []],
        "tagFiringOption": "ONCE_PER_EVENT",
        "consentSettings": {"consentStatus": "NOT_SET"},
        **more,
    }


def event(
    name: str, fires: list[Any], blocks: list[Any] | None = None, called: str = "cta", **more: Any
) -> dict[str, Any]:
    said = {"eventName": called, "measurementIdOverride": STREAM, **more.pop("said", {})}
    return tag(name, "gaawe", fires, blocks, said=said, **more)


def variable(name: str, kind: str, /, **said: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "parameter": parameters(said), "formatValue": {}}


def needs(*types: str) -> dict[str, Any]:
    listed = [{"type": "TEMPLATE", "value": one} for one in types]
    return {"consentStatus": "NEEDED", "consentType": {"type": "LIST", "list": listed}}


def export(**lists: Any) -> bytes:
    container = {"name": "www.shop.example", "publicId": "GTM-ABC1234", "usageContext": ["WEB"]}
    return msgspec.json.encode({"exportFormatVersion": 2, "containerVersion": {"container": container, **lists}})


CONFIG = tag("Google Tag", "googtag", [ALL_PAGES], said={"tagId": STREAM})


def _every_tag() -> bytes:
    said = {
        "googtag": {"tagId": STREAM},
        "gaawc": {"measurementId": STREAM, "sendPageView": False},
        "gaawe": {"eventName": "page_view", "measurementId": "Tag gaawc"},
        "img": {"url": "//pixel.example/p.gif", "useCacheBuster": True},
        "html": {"html": f"<script>fbq('init', '{SECRET}')</script>"},
    }
    tags = [tag(f"Tag {kind}", kind, [ALL_PAGES], said=said.get(kind, {})) for kind in TAGS]
    tags += [
        tag("Own", "cvt_123_4", [ALL_PAGES]),
        tag("Odd", "zzz", [ALL_PAGES]),
        tag("Ads", "googtag", [1], said={"tagId": "AW-1"}),
    ]
    return export(
        tag=tags,
        customTemplate=[{"name": "Matomo template", "templateData": "___INFO___"}],
        folder=[{"name": "Ads folder"}],
        zone=[{"name": "A zone"}],
    )


def _every_trigger() -> bytes:
    said = {
        "ELEMENT_VISIBILITY": {
            "selectorType": "ID",
            "elementId": "prices",
            "firingFrequency": "ONCE",
            "onScreenRatio": "30",
        },
        "SCROLL_DEPTH": {"verticalThresholdOn": True, "verticalThresholdsPercent": "25,50, 75"},
        "TIMER": {"interval": "3000", "limit": "1"},
    }
    triggers = [
        trigger(number, kind, event="order" if kind == "CUSTOM_EVENT" else None, **said.get(kind, {}))
        for number, kind in enumerate(TRIGGERS, 1)
    ]
    triggers += [
        trigger(90, "SCROLL_DEPTH", verticalThresholdsPixels="100"),
        trigger(91, "CUSTOM_EVENT", event=condition("MATCH_REGEX", "_event", "^(a|b)$")),
        trigger(92, "CUSTOM_EVENT", event=condition("STARTS_WITH", "_event", "shop.", ignore_case=True)),
        trigger(93, "CUSTOM_EVENT", event=condition("EQUALS", "_event", "x", negate=True)),
        trigger(94, "CUSTOM_EVENT"),
        trigger(95, "ELEMENT_VISIBILITY", selectorType="CSS_SELECTOR", elementSelector=".prices"),
        trigger(96, "NEW_ONE"),
    ]
    tags = [event(f"On {one['name']}", [one["triggerId"]]) for one in triggers]
    return export(tag=[CONFIG, *tags], trigger=triggers)


def _every_variable() -> bytes:
    table = [{"key": "^a$", "value": "1"}, {"key": "b|c", "value": "2"}]
    said: dict[str, dict[str, Any]] = {
        "v": {"name": "page.kind", "dataLayerVersion": "2", "setDefaultValue": True, "defaultValue": "none"},
        "k": {"name": "plan", "decodeCookie": True},
        "u": {"component": "QUERY", "queryKey": "src"},
        "f": {"component": "HOST"},
        "j": {"name": "shop.plan"},
        "jsm": {"javascript": "function () { return {{Var v}}; }"},
        "c": {"value": "shop"},
        "d": {"selectorType": "ID", "elementId": "price", "attributeName": "data-price"},
        "aev": {"varType": "CLASSES"},
        "smm": {"input": "{{Var v}}", "map": table, "setDefaultValue": True, "defaultValue": "none"},
        "remm": {"input": "{{Page Path}}", "map": table, "fullMatch": False},
    }
    variables = [variable(f"Var {kind}", kind, **said.get(kind, {})) for kind in VARIABLES]
    variables += [
        variable("Template", "cvt_1_2"),
        variable("New", "zzz"),
        variable("Port", "u", component="PORT"),
        variable("Other address", "u", component="PATH", customUrlSource="{{Click URL}}"),
        variable("No name", "v"),
        variable("Old layer", "v", name="a.b", dataLayerVersion="1"),
        variable("Attribute", "aev", varType="ATTRIBUTE", attribute="data-x"),
        variable("Two inputs", "smm", input="{{Var v}}{{Var k}}", map=table),
    ]
    built_in = [
        {"type": kind, "name": f"Built {kind}"} for kind in (*BUILT_IN, "AMP_TITLE", "APP_ID", "PLATFORM", "NEW_ONE")
    ]
    names = [*(one["name"] for one in variables), *(one["name"] for one in built_in)]
    fields = [{"parameter": f"p{number}", "parameterValue": "{{" + name + "}}"} for number, name in enumerate(names)]
    page = tag("Page", "googtag", [ALL_PAGES], said={"tagId": STREAM, "configSettingsTable": fields})
    return export(tag=[page], variable=variables, builtInVariable=built_in)


def _every_filter() -> bytes:
    triggers = []
    for kind in (*FILTERS, "NEW_ONE"):
        for more in ({}, {"negate": True}, {"ignore_case": True}):
            name = "Click Element" if kind == "CSS_SELECTOR" else "Kind"
            wanted = "a.buy" if kind == "CSS_SELECTOR" else "7"
            what = "CLICK" if kind == "CSS_SELECTOR" else "CUSTOM_EVENT"
            asked = condition(kind, name, wanted, **more)
            triggers.append(trigger(len(triggers) + 1, what, asked, event=None if what == "CLICK" else "order"))
    more = [
        condition("EQUALS", "Kind", "undefined"),
        condition("EQUALS", "Kind", "{{Page Path}}"),
        condition("EQUALS", "Nowhere", "a"),
        condition("GREATER", "Kind", "many"),
        condition("CSS_SELECTOR", "Kind", "a"),
        condition("EQUALS", "Event", "order"),
        {"type": "EQUALS", "parameter": parameters({"arg0": "x", "arg1": "y"})},
    ]
    triggers += [trigger(100 + number, "CUSTOM_EVENT", asked, event="order") for number, asked in enumerate(more)]
    tags = [event(f"With {one['name']}", [one["triggerId"]]) for one in triggers]
    return export(tag=[CONFIG, *tags], trigger=triggers, variable=[variable("Kind", "v", name="kind")])


def _shop() -> bytes:
    """Consent, a User ID, settings variables, blocks, dates, and what never becomes a file."""
    settings = [
        {"parameter": "user_id", "parameterValue": "{{User ID}}"},
        {"parameter": "server_container_url", "parameterValue": "https://sst.example"},
    ]
    variables = [
        variable("User ID", "v", name="user.id"),
        variable("Value", "v", name="ecommerce.value"),
        variable("Mail", "v", name="user.email"),
        variable("Stream", "c", value=STREAM),
        variable("CAPI token", "c", value=SECRET),
        variable("Settings", "gtcs", configSettingsTable=settings),
        variable("More", "gtes", eventSettingsTable=[{"parameter": "plan", "parameterValue": "{{Cookie}}"}]),
        {**variable("Cookie", "k", name="plan"), "formatValue": {"caseConversionType": "LOWERCASE"}},
    ]
    triggers = [
        trigger(1, "CUSTOM_EVENT", condition("GREATER", "Value", "0"), event="purchase"),
        trigger(2, "PAGEVIEW", condition("CONTAINS", "Page Path", "/intern")),
        trigger(3, "CLICK", condition("EQUALS", "Click ID", 'bu"y'), condition("CONTAINS", "Click Text", "Buy")),
        trigger(4, "CUSTOM_EVENT", event="opt_out"),
    ]
    purchase = [
        {"name": "value", "value": "{{Value}}"},
        {"name": "email", "value": "{{Mail}}"},
        {"name": "token", "value": "{{CAPI token}}"},
        {"name": "label", "value": "{{Page Path}} of {{Page Hostname}}"},
    ]
    both = needs("analytics_storage", "ad_storage")
    tags = [
        tag(
            "Google Tag",
            "googtag",
            [ALL_PAGES],
            [2],
            said={"tagId": "{{Stream}}", "configSettingsVariable": "{{Settings}}"},
        ),
        event(
            "Purchase",
            [1],
            [4],
            "purchase",
            consentSettings=needs("analytics_storage"),
            said={"eventParameters": purchase, "measurementIdOverride": "{{Stream}}", "sendEcommerceData": True},
        ),
        event(
            "Buy", [3], None, "{{Event}}", said={"eventSettingsVariable": "{{More}}"}, tagFiringOption="ONCE_PER_LOAD"
        ),
        event("Both", [1], None, "{{Cookie}}", consentSettings=both),
        event("Dated", [1], scheduleStartMs="1767225600000", scheduleEndMs="1798761599000"),
        event("Paused", [1], paused=True),
        event("Page again", [ALL_PAGES], None, "page_view", setupTag=[{"tagName": "Google Tag"}]),
        event("Not here", [ALL_PAGES], None, "scroll"),
    ]
    return export(
        tag=tags, trigger=triggers, variable=variables, builtInVariable=[{"type": "pagePath", "name": "Page Path"}]
    )


MADE = {
    "every tag": _every_tag(),
    "every trigger": _every_trigger(),
    "every variable": _every_variable(),
    "every filter": _every_filter(),
    "shop": _shop(),
}
