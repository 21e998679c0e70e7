"""What a site's own server sends, and tags that could never get it."""

import pytest

from tests.language.small import changed, codes

ACCEPT = ("consent:\n", "accept:\n  server: { key: { secret: shop_server } }\nconsent:\n")
HEADER = ("  total: {", "  internal: { header: X-Internal }\n  total: {")
TRIGGERS = (
    "  analytics_ok: {",
    "  staff: { internal: yes }\n"
    "  visitors: { none_of: [staff] }\n"
    "  pages: { event: page_view, none_of: [staff] }\n"
    "  paid: { event: paid }\n"
    "  analytics_ok: {",
)
SENDS = "all_of: [analytics_ok], any_of: [page_view, big_order]"


def said(*pairs: tuple[str, str], sends: str = SENDS) -> list[str]:
    return [code for code in codes(changed(*pairs, (SENDS, sends))) if not code.startswith("unused")]


@pytest.mark.parametrize(
    "accept",
    [
        "matomo: { site_ids: [1], server_token: { secret: shop_token } }",
        "segment: { server_key: { secret: shop_segment } }",
    ],
)
def test_servers_that_speak_as_other_tools_do(accept: str) -> None:
    sender = ("consent:\n", f"accept:\n  {accept}\nconsent:\n")
    assert "server-never" in said(sender, HEADER, TRIGGERS, sends="all_of: [analytics_ok], any_of: [pages]")


@pytest.mark.parametrize(
    "sends",
    [
        "all_of: [analytics_ok, page_view], none_of: [staff]",
        "all_of: [analytics_ok, visitors, pages]",
        "all_of: [analytics_ok], any_of: [pages]",
    ],
)
def test_of_a_header_no_server_tells(sends: str) -> None:
    assert "server-never" in said(ACCEPT, HEADER, TRIGGERS, sends=sends)
    assert "server-never" not in said(HEADER, TRIGGERS, sends=sends)


def test_what_a_page_runs_is_no_matter_of_servers() -> None:
    script = "type: script\n    send_when: { all_of: [analytics_ok, pages] }\n    settings: { code: go() }\n"
    chat = ("user_id:\n", f"  chat:\n    {script}user_id:\n")
    assert "server-never" not in said(ACCEPT, HEADER, TRIGGERS, chat)


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ("event: page_view, cannot_tell: [internal]", False),
        ("event: page_view", True),
        ("event: signup, cannot_tell: [internal]", True),
        ("event: paid, cannot_tell: [internal]", True),
    ],
)
def test_a_test_shows_that_it_is_meant(given: str, warned: bool) -> None:
    shown = ("tests:\n", f"tests:\n  - {{ name: From a server, given: {{ {given} }}, expect: {{}} }}\n")
    told = said(ACCEPT, HEADER, TRIGGERS, shown, sends="all_of: [analytics_ok], any_of: [pages]")
    assert ("server-never" in told) is warned


def test_where_an_event_of_the_server_is_asked_for_besides_it_gets_through() -> None:
    assert "server-never" not in said(ACCEPT, HEADER, TRIGGERS, sends="all_of: [analytics_ok], any_of: [pages, paid]")
    assert said(ACCEPT) == []
    assert said(ACCEPT, sends="all_of: [analytics_ok, page_view], none_of: [page_view]") != ["server-never"]


def test_where_something_else_is_wrong_nothing_is_said_of_it() -> None:
    assert said(ACCEPT, HEADER, TRIGGERS, sends="all_of: [analytics_ok, nowhere, visitors]") == ["unknown-trigger"]
