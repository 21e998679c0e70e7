"""What a trigger asks of a value that is another here than there: it could fire where it did not, so it is left out."""

from typing import Any

import pytest

from gateway.importing import gtm, matomo
from gateway.importing.assemble import NothingLeft
from gateway.importing.report import Fate
from gateway.importing.source import Export
from tests.importing import gtm_made, matomo_made
from tests.importing.proving import imported, told

RANDOM = gtm_made.variable("Dice", "r")
PLAN = gtm_made.variable("Plan", "v", name="user.plan")
LOUD = gtm_made.variable("Loud", "v", name="user.plan") | {"formatValue": {"caseConversionType": "LOWERCASE"}}
OLD = gtm_made.variable("Old", "v", name="user.plan", dataLayerVersion="1")
CHOICE = gtm_made.variable("Choice", "k", name="CookieConsent")


def _table(name: str, kind: str, rows: dict[str, str], of: str = "Plan", **more: Any) -> dict[str, Any]:
    default = {"setDefaultValue": True, "defaultValue": "other"}
    return gtm_made.variable(
        name, kind, input="{{" + of + "}}", map=[{"key": k, "value": v} for k, v in rows.items()], **default, **more
    )


EXACT = _table("Exact", "smm", {"gold": "paying", "free": "guest"})
FOLDED = _table("Folded", "remm", {"gold": "paying", "GOLD": "never", "free": "guest"})
SHADOWED = _table("Shadowed", "remm", {"go.*": "paying", "gold": "never", "free": "guest"}, fullMatch=True)
ONLY_PATTERNS = _table("Only patterns", "remm", {"statistics:true": "true"}, "Choice", fullMatch=False)
OUTER = _table("Outer", "smm", {"paying": "yes"}, "Folded")
VARIABLES = [RANDOM, PLAN, LOUD, OLD, CHOICE, EXACT, FOLDED, SHADOWED, ONLY_PATTERNS, OUTER]


def _google(filters: list[Any], blocks: list[Any] | None = None) -> Export:
    triggers = [gtm_made.trigger(1, "CUSTOM_EVENT", *filters, event="go")]
    triggers.append(gtm_made.trigger(2, "CUSTOM_EVENT", *(blocks or []), event="go"))
    tags = [gtm_made.CONFIG, gtm_made.event("T", [1], [2] if blocks else [], "go")]
    return gtm.read(gtm_made.export(tag=tags, trigger=triggers, variable=VARIABLES))


SAME = {
    "a row": ("EQUALS", "Exact", "paying", {}),
    "the default of a table that is as it was": ("EQUALS", "Exact", "other", {}),
    "not a row of a table that is as it was": ("EQUALS", "Exact", "paying", {"negate": True}),
    "a row of one that compared without capitals": ("EQUALS", "Folded", "paying", {}),
    "a row below one that was left out": ("STARTS_WITH", "Shadowed", "gue", {}),
}
OTHER = {
    "a number of another size": ("LESS", "Dice", "214748364", {}),
    "capital letters made small": ("EQUALS", "Loud", "gold", {}),
    "a name that is a path here": ("EQUALS", "Old", "gold", {}),
    "the default of a table that compared in another way": ("EQUALS", "Folded", "other", {}),
    "not a row of one": ("EQUALS", "Folded", "paying", {"negate": True}),
    "a number of one": ("GREATER", "Folded", "1", {}),
    "a table of one": ("EQUALS", "Outer", "yes", {}),
    "a table without a row": ("EQUALS", "Only patterns", "true", {}),
}


@pytest.mark.parametrize("asked", SAME.values(), ids=list(SAME))
def test_a_tag_fires_on_what_is_the_same_here(asked: Any) -> None:
    kind, variable, wanted, more = asked
    assert "t" in imported(_google([gtm_made.condition(kind, variable, wanted, **more)])).container.tags


@pytest.mark.parametrize("asked", OTHER.values(), ids=list(OTHER))
def test_a_tag_does_not_fire_on_what_is_another_here(asked: Any) -> None:
    kind, variable, wanted, more = asked
    made = imported(_google([gtm_made.condition(kind, variable, wanted, **more)]))
    assert "t" not in made.container.tags
    assert {"T", variable} <= told(made)


def test_what_blocks_a_tag_blocks_it_wherever_it_did() -> None:
    same = imported(_google([], [gtm_made.condition("EQUALS", "Exact", "paying")]))
    assert same.container.tags["t"].send_when.none_of
    for variable in ("Folded", "Loud"):
        made = imported(_google([], [gtm_made.condition("EQUALS", variable, "paying")]))
        assert "t" not in made.container.tags
        said = {entry.name: entry.said for entry in made.report.of(Fate.NOT_POSSIBLE)}
        assert "without that it would send more" in said["T"]


def test_a_row_below_a_pattern_that_takes_its_text_is_left_out() -> None:
    container = imported(_google([gtm_made.condition("EQUALS", "Shadowed", "guest")])).container
    assert container.variables["shadowed"].table == {"free": "guest"}
    folded = imported(_google([gtm_made.condition("EQUALS", "Folded", "guest")])).container
    assert folded.variables["folded"].table == {"gold": "paying", "free": "guest"}


def test_where_nothing_is_left_the_report_still_names_everything() -> None:
    data = gtm_made.export(
        tag=[gtm_made.tag("Own", "html", [1])],
        trigger=[gtm_made.trigger(1, "PAGEVIEW"), gtm_made.trigger(2, "TRIGGER_GROUP")],
        variable=VARIABLES,
        folder=[{"name": "Folder"}],
    )
    with pytest.raises(NothingLeft) as caught:
        imported(gtm.read(data))
    named = {entry.name for fate in Fate for entry in caught.value.report.of(fate)}
    assert {"Own", "PAGEVIEW 1", "TRIGGER_GROUP 2", "Folder", *(one["name"] for one in VARIABLES)} <= named


def _matomo(wanted: str, comparison: str = "equals", *, blocks: bool = False) -> Export:
    rows = [
        ("regexp", "^no", "denied"),
        ("contains", "mumble", "odd"),
        ("zzz", "x", "never"),
        ("not_equals", "x", "never"),
    ]
    plain = [("equals", "YES", "granted"), ("equals", "yes", "never"), ("equals_exactly", "nope", "never")]
    said = {
        "Consent state": [*plain[:2], *rows[:1], plain[2]],
        "Odd": [*rows, plain[0]],
        "Numbers": [("greater_than", "1", "many"), ("equals", "2", "two")],
    }
    variables = [
        matomo_made.variable(name, "Cookie", {"cookieName": "consent"})
        | {
            "lookup_table": [{"comparison": c, "match_value": key, "out_value": out} for c, key, out in table],
            "default_value": "denied",
        }
        for name, table in said.items()
    ]
    ask = (("Consent state", comparison, wanted),)
    triggers = [
        matomo_made.trigger(1, "CustomEvent", *(() if blocks else ask), eventName="go"),
        matomo_made.trigger(2, "PageView", *(ask if blocks else ())),
    ]
    triggers.append(matomo_made.trigger(3, "CustomEvent", eventName="always"))
    tags = [matomo_made.matomo("T", [1], [2] if blocks else []), matomo_made.matomo("Always", [3])]
    return matomo.read(matomo_made.export(tags, triggers, [matomo_made.configuration(), *variables]))


def test_in_matomo_what_is_in_no_row_stays_as_it_was() -> None:
    made = imported(_matomo("granted"))
    assert made.container.variables["consent_state"].table == {"YES": "granted"}
    assert "t" in made.container.tags
    assert "t" not in imported(_matomo("denied")).container.tags
    assert "t" not in imported(_matomo("granted", "not_equals")).container.tags
    assert "t" not in imported(_matomo("granted", blocks=True)).container.tags
