"""Exports of Google Tag Manager, hand-made, that hold its whole vocabulary."""

import msgspec
import pytest

from gateway.importing import gtm
from gateway.importing.gtm_tags import TAGS
from gateway.importing.report import Fate
from gateway.importing.source import BadExport
from tests.importing.gtm_made import CONFIG, MADE, SECRET, condition, event, export, tag, trigger
from tests.importing.proving import imported, names, told

LISTS = ("tag", "trigger", "variable", "builtInVariable", "customTemplate", "folder", "zone")


@pytest.mark.parametrize("data", MADE.values(), ids=list(MADE))
def test_nothing_is_dropped_without_a_line_in_the_report(data: bytes) -> None:
    made = imported(gtm.read(data))
    assert names(msgspec.json.decode(data)["containerVersion"], *LISTS) <= told(made)


@pytest.mark.parametrize("data", MADE.values(), ids=list(MADE))
def test_no_secret_is_in_the_file_or_in_the_report(data: bytes) -> None:
    made = imported(gtm.read(data))
    assert SECRET not in made.text
    assert SECRET not in msgspec.json.encode(made.report.json()).decode()


def test_every_type_of_tag_has_an_answer() -> None:
    made = imported(gtm.read(MADE["every tag"]))
    assert set(made.container.tags) == {"tag_googtag", "tag_gaawe", "tag_img"}
    assert made.report.of(Fate.NOT_YET) == ()
    impossible = {entry.name for entry in made.report.of(Fate.NOT_POSSIBLE) if entry.what == "tag"}
    assert impossible == {*(f"Tag {kind}" for kind in TAGS), "Own", "Odd", "Ads"} - {
        "Tag googtag",
        "Tag gaawe",
        "Tag img",
    }


def test_a_shop() -> None:
    made = imported(gtm.read(MADE["shop"]))
    container = made.container
    assert container.site.domains == ("www.shop.example",)
    assert {tag.type.name for tag in container.tags.values()} == {"ga4"}
    assert {tag.hash_group for tag in container.tags.values()} == {"ga4_group"}
    assert container.tags["purchase"].fields == {"value": "value", "label": "purchase_label"}
    assert container.variables["purchase_label"].source == "{page_path} of {page_hostname}"
    assert container.tags["both"].send_when.all_of[:2] == ("analytics_ok", "marketing_ok")
    assert container.user_id is not None
    assert container.user_id.variable == "user_id"
    sure = {"google_tag", "purchase", "both", "page_again", "buy", "dated"}
    assert {name for rule in container.user_id.rules for name in rule.forms} == sure
    said = {entry.name: entry.said for fate in reversed(Fate) for entry in made.report.of(fate) if entry.what == "tag"}
    assert "server container" in said["Google Tag"]
    assert "token: it looks like a secret" in said["Purchase"]
    assert "email: it seems to say who somebody is" in said["Purchase"]
    assert "not by one worked out in the page" in said["Both"]
    assert "page view" in said["Not here"]
    assert {entry.name for entry in made.report.of(Fate.NO_CONSENT)} >= {"Google Tag", "Page again"}
    assert not {"Purchase", "Both"} & {entry.name for entry in made.report.of(Fate.NO_CONSENT)}
    assert [entry.name for entry in made.report.of(Fate.SECRET)] == ["ga4_secret", "user_id_key"]


def test_a_value_that_is_said_to_be_undefined_is_asked_for_as_missing() -> None:
    made = imported(gtm.read(MADE["every filter"]))
    assert "custom_event_100: { event: order, kind: { present: false } }" in made.text


def test_what_blocks_in_the_preview_only_blocks_nobody() -> None:
    everything = condition("MATCH_REGEX", "_event", ".*")
    debug = trigger(2, "CUSTOM_EVENT", condition("EQUALS", "Debug Mode", "true"), event=everything)
    live = trigger(3, "CUSTOM_EVENT", condition("EQUALS", "Debug Mode", "false"), event="live")
    tags = [CONFIG, event("Both", [1, 3], [2], "{{Event}}")]
    made = imported(gtm.read(export(tag=tags, trigger=[trigger(1, "CUSTOM_EVENT", event="go"), debug, live])))
    send = made.container.tags["both"].send_when
    assert (len(send.any_of), len(send.none_of)) == (2, 1)
    assert "nobody previews" in next(e.said for e in made.report.of(Fate.CHANGED) if e.name == "Debug Mode")


@pytest.mark.parametrize(("option", "once"), [("ONCE_PER_LOAD", True), ("ONCE_PER_EVENT", None)])
def test_a_script_that_runs_once_in_a_page_does_so_here(option: str, once: bool | None) -> None:
    html = {"html": '<script src="https://chat.example.com/w.js"></script>'}
    chat = tag("Chat", "html", [1], said=html, tagFiringOption=option)
    made = imported(gtm.read(export(tag=[chat], trigger=[trigger(1, "CUSTOM_EVENT", event="go")])))
    assert made.container.tags["chat"].settings.get("once_per_page") is once
    assert "Chat" in {entry.name for entry in made.report.of(Fate.CARRIED)}


def test_a_built_in_variable_without_a_name_has_its_english_one() -> None:
    tags = [
        CONFIG,
        event("Page", [1], called="{{Event}}", said={"eventParameters": [{"name": "at", "value": "{{Page Path}}"}]}),
    ]
    listed = [{"type": "PAGE_PATH"}, {"type": "EVENT", "name": " Event "}]
    made = imported(
        gtm.read(export(tag=tags, trigger=[trigger(1, "CUSTOM_EVENT", event="go")], builtInVariable=listed))
    )
    assert made.container.tags["page"].fields == {"at": "page_path"}
    assert not [entry for entry in made.report.of(Fate.UNUSED) if "no name" in entry.name]


BAD = {
    b"nothing": "is not JSON",
    "{}".encode("utf-16"): "not UTF-8 but UTF-16",
    b"{}": "no containerVersion",
    b'{"tags": []}': "taggate import matomo",
    b'{"idcontainer": "x"}': "taggate import matomo",
    b'{"containerVersion": {}}': "format \\(none\\)",
    b'{"exportFormatVersion": 1.3, "containerVersion": {}}': "format 1.3",
    b'{"exportFormatVersion": 2, "containerVersion": {"container": {"usageContext": ["SERVER"]}}}': "not for the web",
    b'{"exportFormatVersion": 2, "containerVersion": {}}': "No tag of this export",
    b'{"exportFormatVersion": 2, "containerVersion": {"tag": [{"type": "gaawe"}, 1], "trigger": {}}}': "No tag",
}


@pytest.mark.parametrize(("data", "said"), BAD.items(), ids=list(BAD.values()))
def test_what_cannot_be_read_is_said_plainly(data: bytes, said: str) -> None:
    with pytest.raises(BadExport, match=said):
        imported(gtm.read(data))
