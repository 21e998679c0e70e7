"""What the gateway reads or works out, by the cases of the table's own rows."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from people.shops import container

from gateway.decide.observe import Observer
from gateway.decide.readers import Around, clock
from gateway.decide.suppose import suppose
from gateway.language.container import Given
from gateway.language.gateway_kinds import GATEWAY_KINDS
from gateway.language.values import LONGEST, cast
from gateway.language.variable_kind import Case
from gateway.model import ABSENT, CannotTell, Hit, Reading

CASES = [(kind.name, case) for kind in GATEWAY_KINDS if kind.name != "random" for case in kind.cases]
COUNTRIES = Around(country={"203.0.113.77": "DE"}.get)
PARTS = "  plan: { data_layer: plan }\n  section: { data_layer: section }\n"


def tried(
    variables: str, around: Around = COUNTRIES, timezone: str = "Europe/Berlin"
) -> Callable[..., dict[str, Reading]]:
    """Hits → what is read of them."""
    asked = [line.split(":")[0].strip() for line in variables.strip().split("\n")]
    used = "  used: { " + ", ".join(f"{name}: {{ present: true }}" for name in asked) + " }"
    made = container(variables, used, timezone=timezone)
    observer = Observer(made, None, around)

    def read(**told: Any) -> dict[str, Reading]:
        hit = Hit(**{"container": "shop", "event": "page_view", "at": 0, "arrived": 0, **told})
        return dict(observer.observe(hit, observer.identify(hit), {}, []).readings)

    return read


def _told(kind: str, case: Case) -> dict[str, Any]:
    """What a case sees, as a hit tells it."""
    said = re.match(r"(\S+ \S+) in Berlin", case.seen)
    at = datetime.fromisoformat(said[1]).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp() if said else 0
    name, _, value = case.seen.partition(": ")
    values = dict(re.findall(r"(\w+) is (gold|news)", case.seen)) or {"plan": case.seen}
    page = {"referrer_host": "referrer"}.get(case.source, case.source)
    return {
        "url": {"url": case.seen},
        "query": {"url": case.seen},
        "page": {page: case.seen},
        "header": {"headers": {name: value} if value else {}},
        "ip": {"ip": case.seen},
        "agent": {"user_agent": case.seen},
        "time": {"at": int(at * 1000)},
        "lookup": {"values": values},
        "text": {"values": {"plan": None, "section": None, **values}},
        "constant": {},
    }[kind]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}-{case.source}-{case.value}" for kind, case in CASES])
def test_the_cases_of_the_table(kind: str, case: Case) -> None:
    source = f'"{case.source}"' if "{plan}" in case.source else case.source
    read = tried(f"{PARTS}  asked: {{ {kind}: {source} }}")
    value = read(**_told(kind, case))["asked"]
    by_itself = type(value).__name__
    expected = {"float": "number", "bool": "true_false"}.get(by_itself, "text")
    assert value == (ABSENT if case.value is None else cast(case.value, expected))


def test_an_address_that_is_not_told_or_none_cannot_be_told() -> None:
    read = tried("  net: { ip: anonymous }\n  land: { ip: country }")
    for told in ({}, {"ip": "nowhere"}):
        assert isinstance(read(**told)["net"], CannotTell)
    assert isinstance(read()["land"], CannotTell)
    assert read(ip="nowhere")["land"] is ABSENT


def test_a_country_is_known_from_a_proxy_first() -> None:
    read = tried("  land: { ip: country, default: XK }")
    assert read(ip="203.0.113.77", country="FR")["land"] == "FR"
    assert read(ip="203.0.113.77", country="")["land"] == "XK"
    assert read(ip="203.0.113.78")["land"] == "XK"


def test_without_anything_that_knows_countries_nothing_can_be_told() -> None:
    read = tried("  land: { ip: country, default: XK }", Around())
    assert isinstance(read(ip="203.0.113.77")["land"], CannotTell)
    assert read(ip="203.0.113.77", country="FR")["land"] == "FR"


def test_a_browser_that_says_nothing_and_a_server_that_says_nothing() -> None:
    read = tried("  name: { agent: browser }\n  bot: { agent: bot }")
    assert read()["name"] is ABSENT
    assert read(user_agent="")["bot"] is ABSENT
    assert isinstance(read(trusted=True)["name"], CannotTell)
    assert read(trusted=True, user_agent="curl/8.1")["name"] == "curl"
    assert read(user_agent="nonsense")["name"] is ABSENT


@pytest.mark.parametrize(
    ("timezone", "hour", "weekday", "date"),
    [
        ("UTC", 23.0, "saturday", "2026-10-24"),
        ("Europe/Berlin", 1.0, "sunday", "2026-10-25"),
        ("Pacific/Auckland", 12.0, "sunday", "2026-10-25"),
    ],
)
def test_the_time_is_the_sites(timezone: str, hour: float, weekday: str, date: str) -> None:
    read = tried(
        "  h: { time: hour }\n  w: { time: weekday }\n  d: { time: date }\n  t: { time: hour, type: text }",
        timezone=timezone,
    )
    seen = read(at=int(datetime(2026, 10, 24, 23, 15, tzinfo=ZoneInfo("UTC")).timestamp() * 1000))
    assert (seen["h"], seen["w"], seen["d"]) == (hour, weekday, date)
    assert seen["t"] == f"{hour:.0f}"


# built from others

BUILT = """\
  plan:   { data_layer: plan }
  total:  { data_layer: total, type: number }
  member: { data_layer: member, type: true_false }
  groups: { data_layer: groups, type: set }
  label:  { text: "{rank}: { total } {member} {groups}." }
  rank:   { lookup: plan, table: { gold: 1, silver: 2.0, 007: 7 }, type: number, default: 9 }
  paid:   { lookup: member, table: { yes: paying, no: guest } }
  sum:    { lookup: total, table: { 1: one, 1.50: more } }
  what:   { lookup: event, table: { page_view: seen } }
  number: { text: "{plan}0", type: number }
  longer: { text: "{plan}{plan}", default: none }"""


def test_what_is_built_from_others() -> None:
    read = tried(BUILT)
    seen = read(values={"plan": "gold", "total": 1.5, "member": True, "groups": ["b", "a"]})
    assert seen["label"] == "1: 1.5 true a,b."
    assert (seen["rank"], seen["paid"], seen["sum"], seen["what"]) == (1.0, "paying", "more", "seen")
    assert isinstance(seen["number"], CannotTell)
    assert seen["longer"] == "goldgold"
    assert read(values={"plan": "007", "total": 1, "member": "0", "groups": "a"})["label"] == "7: 1 false a."
    assert read(values={"plan": "5"})["number"] == 50.0


def test_a_default_stands_in_for_what_is_not_there_only() -> None:
    read = tried(BUILT)
    gone = read(values={"plan": None, "total": None, "member": None, "groups": None}, event="other")
    assert (gone["rank"], gone["longer"]) == (9.0, "none")
    assert {gone[name] for name in ("paid", "sum", "what", "label", "number")} == {ABSENT}
    unsaid = read()
    for name in ("rank", "paid", "sum", "label", "number", "longer"):
        assert isinstance(unsaid[name], CannotTell)
    half = read(values={"total": None, "plan": "gold", "member": True})
    assert isinstance(half["label"], CannotTell)


def test_what_is_built_is_there_however_long_it_gets() -> None:
    longer = tried(BUILT)(values={"plan": "x" * LONGEST})["longer"]
    assert isinstance(longer, str)
    assert len(longer) > LONGEST


def test_a_supposed_hit_is_built_the_same_way() -> None:
    made = container(BUILT)
    values = {"plan": "gold", "total": "1.50", "member": "yes", "groups": ("a",)}
    readings = suppose(made, Given(event="page_view", values=values)).readings
    assert (readings["label"], readings["paid"], readings["what"]) == ("1: 1.5 true a.", "paying", "seen")
    assert suppose(made, Given(event="e")).readings["rank"] == 9.0


def test_a_constant_has_its_type() -> None:
    assert tried("  rate: { constant: 1.50, type: number }")()["rate"] == 1.5


def drawn(variables: str, visit: str, key: bytes = b"k" * 32) -> dict[str, Reading]:
    """What is drawn for a visit."""
    names = [line.split(":")[0].strip() for line in variables.strip().split("\n")]
    made = container(variables, f"  used: {{ {', '.join(f'{name}: {{ present: true }}' for name in names)} }}")
    hit = Hit(container="shop", event="e", at=0, arrived=0)
    observer = Observer(made, None, Around(draw=key))
    assert observer.draws
    return dict(observer.observe(hit, observer.identify(hit), {}, [], visit=visit).readings)


def test_what_is_drawn_depends_on_visit_variable_and_key_alone() -> None:
    two = "  a: { random: 999999 }\n  b: { random: 999999 }"
    seen = drawn(two, "one")
    assert seen == drawn(two, "one")
    assert len({seen["a"], seen["b"], drawn(two, "other")["a"], drawn(two, "one", b"other")["a"]}) == 4


def test_every_number_is_drawn_about_as_often() -> None:
    made = [drawn("  a: { random: 4 }\n  b: { random: 2, type: text }", str(number)) for number in range(200)]
    counts = [sum(seen["a"] == number for seen in made) for number in range(4)]
    assert sum(counts) == 200
    assert min(counts) > 25
    assert {seen["b"] for seen in made} == {"0", "1"}


def test_where_no_visit_is_known_nothing_is_drawn() -> None:
    assert isinstance(drawn("  a: { random: 4 }", "")["a"], CannotTell)


def test_the_clock_at_a_moment_in_a_tests_words() -> None:
    made = container(
        "  hour: { time: hour }\n  day: { time: weekday }\n  plan: { data_layer: plan }",
        "  used: { hour: 9, day: monday, plan: gold }",
        timezone="Europe/Berlin",
    )
    at = int(datetime(2026, 7, 31, 22, 30, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)
    assert clock(made, at) == {"hour": "0", "day": "saturday"}
