"""What may stand in a tag beside where it sends: schedule, sample, purpose, exempt; and which receivers are one."""

import pytest

from gateway.language.container import Tag
from gateway.language.given import BadGiven, read_moment
from tests.language.small import TEXT, changed, codes, container

SETTINGS = "    settings: { url: https://hooks.example.com/ }\n"
DAY = 86_400_000


def text(*options: str) -> str:
    """The small container whose tag has these options."""
    return changed((SETTINGS, SETTINGS + "".join(f"    {option}\n" for option in options)))


def tag(*options: str) -> Tag:
    return container(text(*options)).tags["crm"]


def test_what_is_not_said_limits_nothing() -> None:
    plain = container(TEXT).tags["crm"]
    assert (plain.purpose, plain.schedule, plain.sample, plain.exempt) == (None, None, None, False)


def test_the_options_are_read() -> None:
    found = tag("purpose: audience measurement", "sample: 12.5%", "schedule: { from: 1970-01-02, until: 1970-01-03 }")
    assert (found.purpose, found.sample) == ("audience measurement", 12.5)
    assert found.schedule
    assert (found.schedule.begins, found.schedule.ends) == (DAY, 3 * DAY)
    assert found.schedule.text == "from 1970-01-02 until 1970-01-03"
    assert [found.schedule.covers(day * DAY) for day in range(4)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ("sample: 0%", "out-of-range"),
        ("sample: 101%", "out-of-range"),
        ("sample: 0.1", "bad-format"),
        ("schedule: { from: 24.12.2026 }", "bad-format"),
        ("schedule: { from: 2026-02-30 }", "unknown-day"),
        ("schedule: { until: 9999-12-31 }", "unknown-day"),
        ("schedule: { from: 2026-12-24, until: 2026-12-23 }", "empty-schedule"),
        ("schedule: { from: 2026-12-24 18:00, until: 2026-12-24 18:00 }", "empty-schedule"),
        ("schedule: {}", "empty"),
        ("schedule: 2026-12-24", "wrong-type"),
        ("exempt: gdpr", "unknown-value"),
    ],
)
def test_options_that_cannot_be_meant(option: str, code: str) -> None:
    assert codes(text(option)) == [code]


def test_a_time_is_read_by_the_sites_clock() -> None:
    berlin = container(changed(("name: Shop", "name: Shop, timezone: Europe/Berlin")))
    assert read_moment("1970-01-02 01:00", berlin) == DAY
    assert read_moment("1970-01-03", container(TEXT)) == 2 * DAY
    for typed in ("christmas", "2026-02-30"):
        with pytest.raises(BadGiven, match="is not a time"):
            read_moment(typed, berlin)


# exempt

EXEMPT = (
    ("{ all_of: [signed_in, analytics_ok] }, attach: [crm]", "{ all_of: [signed_in, analytics_ok] }, attach: [other]"),
    (
        "user_id:\n",
        "  other: { type: list, send_when: { all_of: [page_view, analytics_ok] },\n"
        "    settings: { url: https://o.example/ } }\nuser_id:\n",
    ),
    ("expect: { crm: attach }", "expect: { crm: drop, other: attach }"),
    ("    fields: { plan: plan }\n", ""),
    ("  plan: { cookie: plan }", "  mail: { trait: email, personal: true }\n  plan: { cookie: plan }"),
)


def exempt(
    *options: str, variable: str = "plan: { cookie: plan }", more: tuple[tuple[str, str], ...] = ()
) -> list[str]:
    """What is wrong with an exempt tag; of what nothing uses nothing is said."""
    said = "".join(f"    {option}\n" for option in ("exempt: cnil", *options))
    source = changed((SETTINGS, SETTINGS + said), *EXEMPT, ("plan: { cookie: plan }", variable), *more)
    return [code for code in codes(source) if not code.startswith("unused")]


def test_an_exempt_tag_needs_no_consent() -> None:
    assert exempt() == []
    assert exempt(more=(("send_when: { all_of: [analytics_ok], any_of", "send_when: { any_of"),)) == ["test-failed"] * 2
    assert exempt("ip: none", "fields: { plan: plan }") == []


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("ip: full", ""),
        ("ip: anonymous", ""),
        ("identifiers: { email: mail }", ""),
        ("fields: { a: plan }", "plan: { query: utm_campaign }"),
        ("fields: { a: plan }", "plan: { url: href }"),
        ("fields: { a: plan }", "plan: { page: referrer }"),
        ("fields: { a: plan }", "plan: { event: items.0.price }"),
        ("fields: { revenue: plan }", ""),
        ("fields: { a: plan }", "plan: { js: location.href }"),
        ("fields: { a: plan }", "plan: { js: document.referrer }"),
        ("fields: { a: plan }", "plan: { header: Referer }"),
        ("fields: { a: plan }", "plan: { data_layer: order.total }"),
        ("fields: { a: plan }", "plan: { data_layer: ecommerce.purchase.revenue }"),
        ("fields: { a: plan }", "plan: { cookie: _gcl_aw }"),
        ("fields: { a: plan }", "plan: { local_storage: utm_source }"),
        ("fields: { a: plan }", "plan: { lookup: way, table: { x: y } }\n  way: { query: gclid }"),
        ("fields: { a: plan }", 'plan: { text: "{more}!" }\n  more: { text: "{way}?" }\n  way: { page: referrer }'),
    ],
)
def test_what_does_not_go_with_exempt(option: str, variable: str) -> None:
    assert exempt(option, variable=variable or "plan: { cookie: plan }") == ["exempt"]


@pytest.mark.parametrize(
    "variable",
    [
        "plan: { url: path }",
        "plan: { query: size }",
        "plan: { js: shop.plan }",
        "plan: { header: X-Plan }",
        "plan: { data_layer: page.kind }",
        "plan: { js: document.title }",
    ],
)
def test_what_goes_with_exempt(variable: str) -> None:
    assert exempt("fields: { a: plan }", variable=variable) == []


def test_variables_that_are_built_from_themselves_are_gone_through_once() -> None:
    found = exempt("fields: { a: plan }", variable='plan: { text: "{plan}{way}{nowhere}" }\n  way: { query: gclid }')
    assert {"exempt", "variable-loop"} <= set(found)


def test_an_unknown_variable_is_said_once() -> None:
    assert exempt("fields: { a: plam }") == ["unknown-variable"]


def test_an_exempt_tag_gets_the_user_id_in_no_form() -> None:
    assert "exempt" in codes(text("exempt: cnil"))


def test_the_cookie_may_live_for_13_months() -> None:
    days = ("{ remember_when: analytics_ok }", "{ remember_when: analytics_ok, days: 396 }")
    assert exempt(more=(days,)) == ["exempt"]
    assert codes(changed(days)) == []
    assert exempt(more=((days[0], days[1].replace("396", "395")),)) == []


def test_an_exempt_tag_shares_its_pseudonyms_only_with_its_like() -> None:
    alone = ("type: list,", "type: list, hash_group: pair,")
    assert exempt("hash_group: pair", more=(alone,)) == ["exempt"]
    assert exempt("hash_group: pair") == []


# groups

PAIR = """\
  other: {{ type: webhook, send_when: page_view, consent: not_needed, settings: {{ url: {url} }}{more} }}
user_id:
"""


def pair(first: str, second: str, url: str = "https://o.example/") -> list[str]:
    """What is said of two tags with these options."""
    more = f", {second}" if second else ""
    source = text(*filter(None, [first])).replace("user_id:\n", PAIR.format(url=url, more=more))
    found = ("same-receiver", "group-of-purposes")
    return [code for code in codes(source) if code in found]


@pytest.mark.parametrize(
    ("first", "second", "doubtful"),
    [
        ("purpose: a, hash_group: g", "purpose: b, hash_group: g", True),
        ("purpose: a, hash_group: g", "purpose: a, hash_group: g", False),
        ("purpose: a, hash_group: g", "hash_group: g", False),
        ("purpose: a, hash_group: g", "purpose: b, hash_group: h", False),
        ("purpose: a", "purpose: b", False),
    ],
)
def test_a_group_over_several_purposes_is_doubtful(first: str, second: str, doubtful: bool) -> None:
    lines = first.replace(", ", "\n    ")
    assert pair(lines, second) == (["group-of-purposes"] if doubtful else [])


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://hooks.example.com", True),
        ("https://HOOKS.example.com:443/", True),
        ("https://hooks.example.com./", True),
        ("http://hooks.example.com:80/", False),
        ("https://hooks.example.com:8443/", False),
        ("https://hooks.example.com/matomo.php", False),
        ("https://hooks.example.com/A", False),
    ],
)
def test_two_spellings_of_one_address_are_one_receiver(url: str, same: bool) -> None:
    assert pair("", "", url) == (["same-receiver"] if same else [])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://x.example/", "https://x.example/matomo.php", True),
        ("https://x.example/matomo.php", "https://x.example", True),
        ("https://x.example/a/matomo.php", "https://x.example/a/", True),
        ("https://x.example/amatomo.php", "https://x.example/a", False),
    ],
)
def test_a_matomo_with_and_without_its_script_is_one(one: str, other: str, same: bool) -> None:
    tags = "".join(
        f"  m{number}: {{ type: matomo, send_when: page_view, consent: not_needed, ip: none, "
        f"settings: {{ url: {url}, site_id: 1 }} }}\n"
        for number, url in enumerate((one, other))
    )
    assert ("same-receiver" in codes(changed(("user_id:\n", tags + "user_id:\n")))) is same
