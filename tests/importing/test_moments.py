"""What fires or blocks at one moment there does so here: nothing is told oftener, and no exception comes to nothing."""

from typing import Any

import pytest

from gateway.decide.sample import agreed
from gateway.decide.suppose import judge
from gateway.importing import gtm, matomo
from gateway.importing.assemble import Imported
from gateway.importing.report import Fate
from gateway.language.container import Given
from tests.importing import gtm_made, matomo_made
from tests.importing.gtm_made import CONFIG, condition, event, export, trigger
from tests.importing.proving import imported

PDF = condition("ENDS_WITH", "Click URL", ".pdf")
QUIET = condition("CONTAINS", "Click Classes", "quiet")
BUTTON = condition("CONTAINS", "Click Classes", "button")
INSIDE = condition("CSS_SELECTOR", "Click Element", ".menu *")


def _google(*triggers: dict[str, Any], blocks: list[int] | None = None, **lists: Any) -> Imported:
    return imported(gtm.read(export(tag=[CONFIG, event("T", [1], blocks)], trigger=list(triggers), **lists)))


def _matomo(kind: str, **said: Any) -> Imported:
    triggers = [matomo_made.trigger(1, kind, **said), matomo_made.trigger(2, "CustomEvent", eventName="go")]
    tags = [matomo_made.matomo("T", [1], trackingType="event"), matomo_made.matomo("U", [2], trackingType="event")]
    return imported(matomo.read(matomo_made.export(tags, triggers, [matomo_made.configuration()])))


def _sent(made: Imported, event: str, **values: str) -> bool:
    hit = Given(event=event, values=values, consent=agreed(made.container))
    return "t" in judge(made.container)(hit)


def _refused(made: Imported) -> str:
    assert "t" not in made.container.tags
    return next(one.said for one in made.report.of(Fate.NOT_POSSIBLE) if (one.what, one.name) == ("tag", "T"))


def test_an_exception_of_the_same_click_blocks_it() -> None:
    made = _google(trigger(1, "LINK_CLICK"), trigger(2, "LINK_CLICK", PDF), blocks=[2])
    assert _sent(made, "link_click_1", click_url="https://shop.example/prices")
    assert not _sent(made, "link_click_1", click_url="https://shop.example/prices.pdf")


def test_an_exception_by_what_a_selector_says_blocks_it_too() -> None:
    made = _google(trigger(1, "CLICK", BUTTON), trigger(2, "CLICK", QUIET), blocks=[2])
    assert _sent(made, "click_1", click_classes="button")
    assert not _sent(made, "click_1", click_classes="button quiet")


EXCEPTIONS = {
    "an element": [trigger(1, "CLICK", BUTTON), trigger(2, "CLICK", INSIDE)],
    "every click": [trigger(1, "CLICK", BUTTON), trigger(2, "CLICK")],
    "another depth": [
        trigger(n, "SCROLL_DEPTH", verticalThresholdOn=True, verticalThresholdsPercent=said)
        for n, said in ((1, "25,50"), (2, "50"))
    ],
}


@pytest.mark.parametrize("triggers", EXCEPTIONS.values(), ids=list(EXCEPTIONS))
def test_what_an_exception_that_cannot_be_said_blocks_is_left_out(triggers: list[dict[str, Any]]) -> None:
    assert "without that it would send more" in _refused(_google(*triggers, blocks=[2]))


def test_an_exception_of_another_kind_of_click_blocks_nothing_as_there() -> None:
    made = _google(trigger(1, "CLICK", BUTTON), trigger(2, "LINK_CLICK"), blocks=[2])
    assert _sent(made, "click_1", click_classes="button")


def test_a_timer_runs_out_no_oftener_than_there() -> None:
    four = {"interval": {"value": "15000"}, "limit": {"value": "4"}}
    told = {"google": _google({**trigger(1, "TIMER"), **four}), "matomo": _matomo("Timer", triggerLimit=4)}
    for made in told.values():
        [name] = made.container.events
        assert [_sent(made, name, count=str(n)) for n in (1, 4, 5)] == [True, True, False]


LEAVING = {"WindowLeave": {}, "Fullscreen": {"triggerLimit": 1}}


@pytest.mark.parametrize(("kind", "said"), LEAVING.items())
def test_what_is_told_once_there_is_told_once_here(kind: str, said: dict[str, Any]) -> None:
    [heard] = _matomo(kind, **said).container.events.values()
    assert heard.limit == "once_per_page"


@pytest.mark.parametrize("said", [{"triggerLimit": 3}, {"triggerLimit": 1, "triggerAction": "exit"}])
def test_what_is_told_some_times_there_is_left_out(said: dict[str, Any]) -> None:
    assert "not so many times" in _refused(_matomo("Fullscreen", **said))


def test_only_what_begins_to_fill_the_screen_counts_where_only_that_did() -> None:
    made = _matomo("Fullscreen", triggerAction="enter")
    [name] = made.container.events
    assert _sent(made, name, action="enter")
    assert not _sent(made, name, action="exit")


SEEN = {"selectorType": "CSS_SELECTOR", "elementSelector": ".price"}


def test_elements_that_are_told_once_each_are_told_once_a_page() -> None:
    google = _google(trigger(1, "ELEMENT_VISIBILITY", **SEEN, firingFrequency="ONCE_PER_ELEMENT"))
    matomo = _matomo(
        "ElementVisibility", selectionMethod="cssSelector", cssSelector=".price", fireTriggerWhen="onceElement"
    )
    for made in (google, matomo):
        [heard] = made.container.events.values()
        assert heard.limit == "once_per_page"
        assert any("once for each element" in one.said for one in made.report.of(Fate.CHANGED))


NOT_HEARD = {
    "in view": trigger(1, "ELEMENT_VISIBILITY", **SEEN, useOnScreenDuration=True, onScreenDuration="5000"),
    "percent": trigger(
        1,
        "SCROLL_DEPTH",
        verticalThresholdOn=True,
        verticalThresholdUnits="PIXELS",
        verticalThresholdsPercent="10",
        verticalThresholdsPixels="500",
    ),
}


@pytest.mark.parametrize(("said", "found"), NOT_HEARD.items())
def test_what_would_be_told_sooner_is_left_out(said: str, found: dict[str, Any]) -> None:
    assert said in _refused(_google(found))


def test_a_part_of_the_address_of_a_link_is_not_the_whole_one() -> None:
    outbound = gtm_made.variable("Outbound", "aev", varType="URL", component="IS_OUTBOUND")
    asked = condition("EQUALS", "Outbound", "true", negate=True)
    assert "only the whole" in _refused(_google(trigger(1, "LINK_CLICK", asked), variable=[outbound]))


def test_consent_that_is_asked_for_beside_google_s_own_is_asked_for_beside_it() -> None:
    page = gtm_made.tag("T", "googtag", [gtm_made.ALL_PAGES], said={"tagId": gtm_made.STREAM})
    made = imported(gtm.read(export(tag=[page | {"consentSettings": gtm_made.needs("ad_storage")}])))
    assert made.container.tags["t"].send_when.all_of[:2] == ("analytics_ok", "marketing_ok")


REGEX = "MATCH_REGEX"
ANY = condition(REGEX, "_event", ".*")
QUIET_PAGE = condition("CONTAINS", "Page Path", "/intern")
STARTS = {
    "its name": trigger(2, "CUSTOM_EVENT", QUIET_PAGE, event="gtm.js"),
    "a filter": trigger(2, "CUSTOM_EVENT", QUIET_PAGE, condition("EQUALS", "Event", "gtm.dom"), event=ANY),
}


@pytest.mark.parametrize("block", STARTS.values(), ids=list(STARTS))
def test_an_exception_by_google_s_name_of_a_page_s_beginning_blocks_its_page_view(block: dict[str, Any]) -> None:
    page = gtm_made.tag("T", "googtag", [gtm_made.ALL_PAGES], [2], said={"tagId": gtm_made.STREAM})
    made = imported(gtm.read(export(tag=[page], trigger=[block])))
    assert _sent(made, "page_view", page_path="/shop")
    assert not _sent(made, "page_view", page_path="/intern")
    assert any("comes with the page view" in one.said for one in made.report.of(Fate.CHANGED))


OTHERWISE = {
    "one of Google's": (condition("EQUALS", "_event", "gtm.linkClick"), "gtm"),
    "some of Google's": (condition(REGEX, "_event", "gtm\\.(js|dom)|go"), "gtm"),
    "none of Google's": (condition("STARTS_WITH", "_event", "gtm.", negate=True), "names of those events"),
}


@pytest.mark.parametrize(("asked", "said"), OTHERWISE.values(), ids=list(OTHERWISE))
def test_what_is_asked_of_google_s_names_is_left_out(asked: dict[str, Any], said: str) -> None:
    assert said in _refused(_google(trigger(1, "CUSTOM_EVENT", event=asked)))
    go = trigger(1, "CUSTOM_EVENT", event="go")
    assert said in _refused(_google(go, trigger(2, "CUSTOM_EVENT", event=asked), blocks=[2]))


SCRIPT = {"html": '<script src="https://chat.example.com/w.js"></script>'}
PIXEL = {"url": "https://pixel.example/p.gif"}


@pytest.mark.parametrize(("kind", "once"), [("PAGEVIEW", True), ("HISTORY_CHANGE", None)])
def test_a_script_of_a_page_s_beginning_runs_once_in_a_page(kind: str, once: bool | None) -> None:
    tags = [gtm_made.tag("T", "html", [gtm_made.ALL_PAGES, 1], said=SCRIPT)]
    made = imported(gtm.read(export(tag=tags, trigger=[trigger(1, kind)])))
    assert made.container.tags["t"].settings.get("once_per_page") is once


SAID = {
    "changes its own address": gtm_made.tag("T", "img", [gtm_made.ALL_PAGES], said=PIXEL),
    "parameters of the event": event("T", [1], said={"userProperties": [{"name": "plan", "value": "{{Page Path}}"}]}),
}


@pytest.mark.parametrize(("said", "tag"), SAID.items())
def test_what_a_tag_does_otherwise_is_said(said: str, tag: dict[str, Any]) -> None:
    made = imported(gtm.read(export(tag=[tag, CONFIG], trigger=[trigger(1, "CUSTOM_EVENT", event="go")])))
    assert said in next(one.said for one in made.report.of(Fate.CHANGED) if (one.what, one.name) == ("tag", "T"))


def test_that_forms_count_which_the_page_stopped_is_said() -> None:
    made = _google({**trigger(1, "FORM_SUBMISSION"), "checkValidation": {"type": "BOOLEAN", "value": "true"}})
    assert any("what the page itself stopped" in one.said for one in made.report.of(Fate.CHANGED))


@pytest.mark.parametrize(("second", "said"), [("LINK_CLICK", True), ("CLICK", False)])
def test_that_one_click_of_two_triggers_is_sent_twice_is_said(second: str, said: bool) -> None:
    found = [trigger(1, "LINK_CLICK", PDF), trigger(2, second, condition("CONTAINS", "Click URL", "/download"))]
    made = imported(gtm.read(export(tag=[CONFIG, event("T", [1, 2])], trigger=found)))
    entry = next(one for one in made.report.of(Fate.CHANGED) if (one.what, one.name) == ("tag", "T"))
    assert ("there it was sent once" in entry.said) is said
