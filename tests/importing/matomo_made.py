"""Hand-made exports of Matomo Tag Manager that together hold every word of its vocabulary."""

from typing import Any

import msgspec

from gateway.importing.matomo_tags import TAGS, TRIGGERS
from gateway.importing.matomo_words import COMPARISONS, CONFIGURATION, PRECONFIGURED, VARIABLES

CONFIG = "Matomo Configuration"
SECRET = "0123456789abcdef0123456789abcdef"
PARAMETERS: dict[str, dict[str, Any]] = {
    "Constant": {"constantValue": "shop"},
    "DataLayer": {"dataLayerName": "page.kind"},
    "Cookie": {"cookieName": "plan"},
    "UrlParameter": {"parameterName": "src"},
    "Url": {"urlPart": "pathname"},
    "ReferrerUrl": {"urlPart": "host"},
    "MetaContent": {"metaName": "keywords"},
    "JavaScript": {"variableName": "shop.plan"},
    "DomElement": {"selectionMethod": "elementId", "elementId": "price", "attributeName": "data-price"},
    "CustomJsFunction": {"jsFunction": "function () { return {{DataLayer}}; }"},
}
EVENTS: dict[str, dict[str, Any]] = {
    "ElementVisibility": {"selectionMethod": "elementId", "elementId": "prices", "fireTriggerWhen": "oncePage"},
    "Fullscreen": {"triggerAction": "enter"},
    "ScrollReach": {"scrollType": "verticalpercentage", "percentage": 50},
    "Timer": {"triggerInterval": 3000, "triggerLimit": 0},
    "CustomEvent": {"eventName": "order"},
}


def variable(name: str, kind: str, parameters: Any = None, **more: Any) -> dict[str, Any]:
    said = PARAMETERS.get(kind, {}) if parameters is None else parameters
    return {"type": kind, "name": name, "parameters": said or [], "lookup_table": [], "default_value": "", **more}


def configuration(**more: Any) -> dict[str, Any]:
    return variable(
        CONFIG, CONFIGURATION, {"matomoUrl": "https://stats.example.com", "idSite": "3", "userId": "", **more}
    )


def trigger(number: int, kind: str, *conditions: tuple[str, str, str], **parameters: Any) -> dict[str, Any]:
    return {
        "idtrigger": number,
        "type": kind,
        "name": f"{kind} {number}",
        "parameters": parameters or EVENTS.get(kind, []),
        "conditions": [{"actual": a, "comparison": c, "expected": e} for a, c, e in conditions],
    }


def tag(name: str, kind: str, fires: list[int], blocks: list[int] | None = None, **more: Any) -> dict[str, Any]:
    parameters = more.pop("parameters", None)
    return {
        "type": kind,
        "name": name,
        "parameters": parameters or {},
        "fire_trigger_ids": fires,
        "block_trigger_ids": blocks or [],
        "fire_limit": "unlimited",
        "fire_delay": 0,
        "start_date": None,
        "end_date": None,
        **more,
    }


def matomo(
    name: str, fires: list[int], blocks: list[int] | None = None, kind: str = "event", **more: Any
) -> dict[str, Any]:
    own = more.pop("parameters", {})
    parameters = {"matomoConfig": "{{" + CONFIG + "}}", "trackingType": kind, **own}
    return tag(name, "Matomo", fires, blocks, parameters=parameters, **more)


def export(tags: list[Any], triggers: list[Any], variables: list[Any], **more: Any) -> bytes:
    whole = {"context": "web", "name": "Made", "tags": tags, "triggers": triggers, "variables": variables, **more}
    return msgspec.json.encode(whole)


def _every_tag() -> bytes:
    own = {
        "CustomImage": {"customImageSrc": "https://pixel.example/p.gif"},
        "FacebookPixel": {"pixelId": "12345"},
        "GoogleAnalytics4": {"measurementId": "G-ABC1234567"},
        "GoogleAnalytics4Event": {"eventName": "cta", "eventParameters": [{"name": "kind", "value": "{{PageTitle}}"}]},
        "GoogleTag": {"googleTagId": "G-ABC1234567"},
        "Matomo": {"matomoConfig": "{{" + CONFIG + "}}", "trackingType": "pageview"},
        "Bugsnag": {"apiKey": SECRET},
        "SentryRaven": {"sentryDSN": f"https://{SECRET}@sentry.example/1"},
    }
    tags = [tag(f"Tag {kind}", kind, [1], parameters=own.get(kind)) for kind in TAGS]
    return export(tags, [trigger(1, "PageView")], [configuration()])


def _every_trigger() -> bytes:
    triggers = [trigger(number, kind) for number, kind in enumerate(TRIGGERS, 1)]
    tags = [matomo(f"On {one['type']}", [one["idtrigger"]]) for one in triggers]
    pages = [matomo(f"Page on {one['type']}", [one["idtrigger"]], kind="pageview") for one in triggers]
    return export([*tags, *pages], triggers, [configuration()])


def _every_variable() -> bytes:
    names = [variable(kind, kind) for kind in VARIABLES if kind != CONFIGURATION]
    used = [*(one["name"] for one in names), *PRECONFIGURED]
    dimensions = [{"index": str(number), "value": "{{" + name + "}}"} for number, name in enumerate(used, 1)]
    page = matomo("Page", [1], kind="pageview", parameters={"customDimensions": dimensions})
    return export([page], [trigger(1, "PageView")], [configuration(), *names])


def _every_comparison() -> bytes:
    wanted = {"match_css_selector": "a.buy"}
    numbers = {name for name in COMPARISONS if name.startswith(("lower", "greater"))}
    triggers = []
    for comparison in COMPARISONS:
        for word in (comparison, f"not_{comparison}"):
            actual = "ClickElement" if comparison in wanted else f"Kind {comparison}"
            expected = wanted.get(comparison) or ("7" if comparison in numbers else "shop")
            kind = "AllElementsClick" if comparison in wanted else "CustomEvent"
            triggers.append(trigger(len(triggers) + 1, kind, (actual, word, expected)))
    tags = [matomo(f"With {one['name']}", [one["idtrigger"]]) for one in triggers]
    kinds = [variable(f"Kind {one}", "DataLayer", {"dataLayerName": f"kind.{one}"}) for one in COMPARISONS]
    return export(tags, triggers, [configuration(), *kinds])


def _members() -> bytes:
    """Everything that can be said of when a tag fires, and a User ID."""
    rows = [
        {"match_value": "p1", "comparison": "equals", "out_value": "pro"},
        {"match_value": "f", "comparison": "starts_with", "out_value": "free"},
    ]
    variables = [
        configuration(userId="{{User ID}}", requireConsent=True, domains=[{"domain": "https://shop.example.com/x"}]),
        variable("User ID", "DataLayer", {"dataLayerName": "user.id"}, default_value="anonymous"),
        variable("Mail", "DataLayer", {"dataLayerName": "user.mail_address"}),
        variable("E-mail", "DataLayer", {"dataLayerName": "user.email"}),
        variable("Plan", "DataLayer", {"dataLayerName": "user.plan"}, lookup_table=rows, default_value="none"),
        variable("API token", "Constant", {"constantValue": SECRET}),
        variable("Staff", "Cookie", {"cookieName": "staff"}),
    ]
    triggers = [
        trigger(1, "PageView"),
        trigger(2, "CustomEvent", ("PagePath", "not_contains", "/intern"), ("Plan", "not_equals", "free")),
        trigger(3, "PageView", ("Staff", "equals", "yes")),
        trigger(4, "CustomEvent", ("Staff", "equals", "yes"), ("Staff", "contains", "y")),
        trigger(5, "AllElementsClick", ("ClickClasses", "contains", "cta"), ("ClickText", "equals", "Buy")),
        trigger(6, "PageView"),
    ]
    dimensions = [{"index": "1", "value": "{{E-mail}}"}, {"index": "2", "value": "{{API token}}"}]
    goal = {"idGoal": "4", "goalCustomRevenue": "12.50"}
    tags = [
        matomo("Pages", [1], [3], kind="pageview", parameters={"documentTitle": "{{PageTitle}} at {{PageHostname}}"}),
        matomo("Orders", [2], [4], fire_limit="once_page", fire_delay=200),
        matomo(
            "Clicks", [5], fire_limit="once_lifetime", start_date="2026-01-01 00:00:00", end_date="2027-12-31 23:59:59"
        ),
        matomo(
            "Goal",
            [4, 1],
            kind="goal",
            parameters={**goal, "customDimensions": dimensions},
        ),
        matomo("Never", [1], [6], kind="pageview"),
        matomo("Paused", [1], kind="pageview", status="paused"),
        matomo("Tracker", [1], kind="initialise"),
        matomo("Gone", [99], kind="pageview"),
    ]
    return export(tags, triggers, variables)


MADE = {
    "every tag": _every_tag(),
    "every trigger": _every_trigger(),
    "every variable": _every_variable(),
    "every comparison": _every_comparison(),
    "members": _members(),
}
