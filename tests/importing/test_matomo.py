"""Exports of Matomo Tag Manager: the real one, and hand-made ones that hold its whole vocabulary."""

from pathlib import Path

import msgspec
import pytest

from gateway.importing import matomo
from gateway.importing.assemble import NothingLeft
from gateway.importing.dates import schedule
from gateway.importing.matomo_tags import TAGS, TRIGGERS
from gateway.importing.matomo_words import COMPARISONS, PRECONFIGURED, VARIABLES
from gateway.importing.report import Fate
from gateway.importing.source import BadExport
from tests.importing.matomo_made import EVENTS, MADE, SECRET, configuration, export, trigger, variable
from tests.importing.matomo_made import matomo as matomo_tag
from tests.importing.proving import imported, names, told

REAL = (Path(__file__).parent / "matomo_export.json").read_bytes()


def test_the_vocabulary_is_whole() -> None:
    counts = [len(table) for table in (TAGS, TRIGGERS, VARIABLES, PRECONFIGURED, COMPARISONS)]
    assert counts == [31, 17, 16, 66, 12]


@pytest.mark.parametrize("data", [REAL, *MADE.values()], ids=["real", *MADE])
def test_nothing_is_dropped_without_a_line_in_the_report(data: bytes) -> None:
    made = imported(matomo.read(data))
    assert names(msgspec.json.decode(data), "tags", "triggers", "variables") <= told(made)


def test_every_preconfigured_variable_has_an_answer() -> None:
    made = imported(matomo.read(MADE["every variable"]))
    assert set(PRECONFIGURED) <= told(made)


def test_every_type_of_tag_has_an_answer() -> None:
    made = imported(matomo.read(MADE["every tag"]))
    fates = {entry.name: fate for fate in reversed(Fate) for entry in made.report.of(fate) if entry.what == "tag"}
    assert {name for name, fate in fates.items() if fate in (Fate.CARRIED, Fate.CHANGED)} == {
        "Tag CustomImage",
        "Tag Matomo",
        "Tag GoogleAnalytics4",
        "Tag GoogleTag",
    }
    assert {name for name, fate in fates.items() if fate is Fate.NOT_YET} == {"Tag FacebookPixel"}
    assert "no longer fires" not in made.text


def test_the_real_export() -> None:
    made = imported(matomo.read(REAL))
    container = made.container
    assert container.site.domains == ("*.example.test",)
    assert {"matomo_pageview", "matomo_event_login", "matomo_event_logout", "matomo_goal_order"} <= set(container.tags)
    assert {tag.hash_group for tag in container.tags.values()} == {"matomo_group"}
    assert container.tags["matomo_goal_order"].settings["goals"] == {"order": 1}
    assert container.user_id is not None
    assert (container.user_id.variable, container.user_id.rules) == ("user_id_from_data_layer", ())
    impossible = {entry.name for entry in made.report.of(Fate.NOT_POSSIBLE)}
    assert {"Custom HTML on shop", "Pixel to a partner", "UserIdIfConsented"} <= impossible
    assert {entry.name for entry in made.report.of(Fate.NO_CONSENT)} >= {"Matomo pageview", "Matomo goal: order"}
    assert [entry.name for entry in made.report.of(Fate.SECRET)] == ["matomo_token"]


def test_a_member_site_hashes_under_consent_and_asks_no_more_of_anybody() -> None:
    made = imported(matomo.read(MADE["members"]))
    container = made.container
    assert container.user_id is not None
    assert container.variables[container.user_id.variable].default is None
    assert container.site.domains == ("shop.example.com",)
    assert made.report.of(Fate.NO_CONSENT) == ()
    said = {entry.name: entry.said for fate in reversed(Fate) for entry in made.report.of(fate) if entry.what == "tag"}
    assert "blocks it on every page" in said["Never"]
    assert "paused" in said["Paused"]
    assert "prepares" in said["Tracker"]
    assert "not in the export" in said["Gone"]
    assert "dimension1: it seems to say who somebody is" in said["Goal"]
    assert "dimension2: it looks like a secret" in said["Goal"]


@pytest.mark.parametrize("data", [REAL, *MADE.values()], ids=["real", *MADE])
def test_no_secret_is_in_the_file_or_in_the_report(data: bytes) -> None:
    made = imported(matomo.read(data))
    assert SECRET not in made.text
    assert SECRET not in msgspec.json.encode(made.report.json()).decode()


def test_a_token_in_the_address_becomes_a_secret_to_set() -> None:
    address = f"https://me:{SECRET}@stats.example.com/matomo/?token_auth={SECRET}"
    variables = [configuration(matomoUrl=address, appendToTrackingUrl=f"token_auth={SECRET}")]
    made = imported(
        matomo.read(export([matomo_tag("Pages", [1], kind="pageview")], [trigger(1, "PageView")], variables))
    )
    assert SECRET not in made.text
    assert "url: https://stats.example.com/matomo/, site_id: 3, token: { secret: matomo_token }" in made.text
    assert SECRET not in msgspec.json.encode(made.report.json()).decode()


def test_an_address_that_nobody_can_read_is_none() -> None:
    variables = [configuration(matomoUrl="https://[stats.example.com/")]
    read = matomo.read(export([matomo_tag("Pages", [1], kind="pageview")], [trigger(1, "PageView")], variables))
    with pytest.raises(NothingLeft):
        imported(read)


def test_what_is_missing_differs_there_and_so_it_does_here() -> None:
    triggers = [{**trigger(1, "CustomEvent", ("Staff", "not_equals", "yes")), "name": "Open"}]
    staff = [configuration(), variable("Staff", "Cookie", {"cookieName": "staff"})]
    made = imported(matomo.read(export([matomo_tag("Opened", [1])], triggers, staff)))
    assert "staff_missing: { staff: { present: false } }" in made.text
    assert "open_staff_differs: { staff: { is_not: yes, ignore_case: true } }" in made.text.replace('"', "")
    assert "open_staff: { any_of: [open_staff_differs, staff_missing] }" in made.text


def test_a_block_at_the_beginning_of_a_page_is_asked_at_every_hit() -> None:
    made = imported(matomo.read(MADE["members"]))
    pages = made.container.tags["pages"]
    assert pages.send_when.none_of
    blocks = made.container.triggers[pages.send_when.none_of[0]]
    assert [line.variable for line in blocks.lines] == ["staff"]
    entry = next(entry for entry in made.report.of(Fate.CHANGED) if entry.name == "PageView 3")
    assert "there it blocked the rest of the page" in entry.said


def test_dates_never_last_longer_than_they_did() -> None:
    said = {"from": "2026-01-01 00:00:00", "until": "2026-12-31 23:59:59"}
    assert schedule(said) == {"from": "2026-01-01", "until": "2026-12-31"}
    said = {"from": "2026-01-01 12:00:30", "until": "2026-12-31 00:00:00"}
    assert schedule(said) == {"from": "2026-01-01 12:01", "until": "2026-12-31 00:00"}
    assert schedule({"until": "soon"}) == {"until": "soon"}


def test_a_trigger_about_consent_that_blocks_is_the_consent_that_is_asked_for() -> None:
    triggers = [
        trigger(1, "PageView"),
        {**trigger(2, "CustomEvent", eventName="consent.withdrawn"), "name": "Withdrawn"},
    ]
    triggers.append(trigger(3, "CustomEvent", eventName="checkout"))
    tags = [matomo_tag("Kept", [1], [2], kind="pageview"), matomo_tag("Gone", [1], [3], kind="pageview")]
    made = imported(matomo.read(export(tags, triggers, [configuration()])))
    assert set(made.container.tags) == {"kept"}
    assert not made.container.tags["kept"].send_when.none_of
    assert "for all of the page" in next(one.said for one in made.report.of(Fate.NOT_POSSIBLE) if one.name == "Gone")


def test_clicks_are_narrowed_down_in_the_page() -> None:
    asked = [
        ("ClickId", "equals_exactly", "it's"),
        ("ClickClasses", "not_contains", "x"),
        ("ClickText", "equals", "Buy"),
    ]
    triggers = [
        trigger(1, "AllElementsClick", *asked),
        trigger(2, "FormSubmit", ("FormElement", "match_css_selector", "#a, #b")),
    ]
    tags = [matomo_tag("Click", [1]), matomo_tag("Form", [2])]
    made = imported(matomo.read(export(tags, triggers, [configuration()])))
    assert [event.source for event in made.container.events.values()] == ["[id='it\\'s']", "form:is(#a, #b)"]
    clicked = made.container.triggers["all_elements_click_1"]
    assert [line.variable for line in clicked.lines] == ["event", "click_text"]
    assert clicked.join.all_of == ("all_elements_click_1_click_classes",)


def test_what_is_not_clicked_is_asked_of_what_was_clicked() -> None:
    """`:not(.x)` would be true of the page around it; of a link there is nothing around that is another."""
    triggers = [
        trigger(1, "AllElementsClick", ("ClickClasses", "not_contains", "x")),
        trigger(2, "AllElementsClick", ("ClickElement", "not_match_css_selector", ".x")),
        trigger(3, "AllLinksClick", ("ClickElement", "not_match_css_selector", ".x")),
    ]
    tags = [matomo_tag("One", [1]), matomo_tag("Two", [2]), matomo_tag("Three", [3])]
    made = imported(matomo.read(export(tags, triggers, [configuration()])))
    assert {name: event.source for name, event in made.container.events.items()} == {
        "all_elements_click_1": "*",
        "all_links_click_3": "a:is(:not(.x))",
    }
    assert set(made.container.tags) == {"one", "three"}


@pytest.mark.parametrize(("tags", "said"), [("AB", True), ("A", False)])
def test_what_several_tags_of_one_site_mean_for_visits_of_members_is_said(tags: str, said: bool) -> None:
    variables = [configuration(userId="{{User}}"), variable("User", "DataLayer", {"dataLayerName": "user.id"})]
    found = export([matomo_tag(name, [1], kind="pageview") for name in tags], [trigger(1, "PageView")], variables)
    entries = imported(matomo.read(found)).report.of(Fate.DECIDE)
    assert ("several tags of one site" in [entry.name for entry in entries]) == said


EACH_TIME = "it is sent each time, not once"


def test_an_event_that_is_counted_before_it_is_asked_has_no_limit() -> None:
    """A click elsewhere would be the one that counts."""
    triggers = [
        trigger(1, "AllElementsClick", ("ClickText", "contains", "Buy")),
        trigger(2, "AllElementsClick", ("ClickId", "equals_exactly", "buy")),
        trigger(3, "ScrollReach", ("PagePath", "starts_with", "/shop"), **EVENTS["ScrollReach"]),
        trigger(4, "FormSubmit", ("PagePath", "starts_with", "/shop")),
    ]
    page, visit = {"fire_limit": "once_page"}, {"fire_limit": "once_24hours"}
    tags = [matomo_tag("A", [1], **page), matomo_tag("B", [2], **visit), matomo_tag("C", [3], **page)]
    made = imported(matomo.read(export([*tags, matomo_tag("D", [4], **visit)], triggers, [configuration()])))
    assert [event.limit for event in made.container.events.values()] == [
        *("every_time", "once_per_visit", "once_per_page", "every_time"),
    ]
    said = {entry.name: entry.said for entry in made.report.of(Fate.CHANGED) if entry.what == "tag"}
    assert [EACH_TIME in said.get(name, "") for name in "ABCD"] == [True, False, False, True]
    assert ["once in 24 hours there" in said.get(name, "") for name in "BD"] == [True, False]


@pytest.mark.parametrize("first", [0, 1])
def test_a_limit_or_a_delay_of_one_tag_does_not_bind_another(first: int) -> None:
    tags = [matomo_tag("Once", [1], fire_limit="once_page", fire_delay=500), matomo_tag("Always", [1])]
    triggers = [trigger(1, "Fullscreen")]
    made = imported(matomo.read(export(tags[first:] + tags[:first], triggers, [configuration()])))
    (event,) = made.container.events.values()
    assert (event.limit, event.delay) == ("every_time", 0)
    said = next(entry.said for entry in made.report.of(Fate.CHANGED) if entry.name == "Once")
    assert EACH_TIME in said
    assert "without its delay" in said


def test_a_text_may_be_put_together_of_what_was_looked_up() -> None:
    rows = [{"match_value": "blog", "comparison": "equals_exactly", "out_value": "Blog"}]
    variables = [configuration(), variable("Section", "DataLayer", lookup_table=rows)]
    own = {"eventName": "{{Section}} of {{PageHostname}}"}
    made = imported(matomo.read(export([matomo_tag("E", [1], parameters=own)], [trigger(1, "Fullscreen")], variables)))
    assert made.container.tags["e"].fields["e_n"] == "e_e_n"
    assert made.container.variables["e_e_n"].source == "{section} of {page_hostname}"


def test_cookies_that_were_refused_did_not_keep_visitors_from_being_counted() -> None:
    found = export(
        [matomo_tag("P", [1], kind="pageview")], [trigger(1, "PageView")], [configuration(requireCookieConsent=True)]
    )
    said = next(
        entry.said for entry in imported(matomo.read(found)).report.of(Fate.CARRIED) if "settings" in entry.said
    )
    assert "consent: not_needed" in said


def test_a_page_that_changes_its_own_address_is_counted_once() -> None:
    triggers = [trigger(1, "PageView"), trigger(2, "HistoryChange")]
    tags = [matomo_tag("Both", [1, 2], kind="pageview"), matomo_tag("Only", [2])]
    made = imported(matomo.read(export(tags, triggers, [configuration()])))
    assert made.container.tags["both"].send_when.all_of == ("analytics_ok", "page_view_1")
    assert not made.container.tags["both"].send_when.any_of
    assert "history_change_2" in made.container.tags["only"].send_when.all_of


BAD = {
    b"": "is not JSON",
    b"{": "is not JSON",
    b"\xff": "is not JSON",
    b"[]": "must be an object",
    b"[" * 100_000: "nested too deep",
    b"{}": "neither tags nor triggers nor variables",
    b'{"containerVersion": {}}': "taggate import gtm",
    b'{"tags": [], "context": "android"}': "only containers for the web",
    msgspec.json.encode({"tags": [{}] * 4000}): "more than 3000",
    b'{"tags": [{"type": "Hotjar", "name": "H"}]}': "No tag of this export can be carried over",
    b'{"tags": [1, null, {"name": 7, "type": {}, "parameters": [], "fire_trigger_ids": {}}]}': "No tag of this export",
}


@pytest.mark.parametrize(("data", "said"), BAD.items(), ids=list(BAD.values()))
def test_what_cannot_be_read_is_said_plainly(data: bytes, said: str) -> None:
    with pytest.raises(BadExport, match=said):
        imported(matomo.read(data))


def test_names_with_spaces_around_and_a_matomo_by_another_name() -> None:
    variables = [
        configuration(),
        variable(" Kind ", "Constant", {"constantValue": "shop"}),
        variable("Label ", "DataLayer", {"dataLayerName": "page.label"}),
    ]
    triggers = [trigger(1, "CustomEvent", ("Label ", "equals_exactly", "{{Kind }}"), eventName="go")]
    tags = [matomo_tag("T ", [1]) | {"type": "Our own analytics"}, {**matomo_tag("Odd", [1]), "parameters": []}]
    tags[1]["type"] = "Our own chat"
    made = imported(matomo.read(export(tags, triggers, variables)))
    assert made.container.tags["t"].type.name == "matomo"
    assert "label: shop" in made.text
    said = "the importer does not know this type of tag"
    assert {(entry.name, entry.said) for entry in made.report.of(Fate.NOT_POSSIBLE)} == {("Odd", said)}
