"""What a trigger wants and its variable never is, and what to write instead."""

import pytest

from tests.language.small import changed, load

VARIABLES = """  page: { url: path }
  folder: { url: directory }
  href: { url: href }
  asked: { url: query }
  anchor: { url: hash }
  host: { url: host }
  from_host: { page: referrer_host }
  tongue: { page: language }
  title: { page: title }
  land: { ip: country }
  browser: { agent: browser }
  system: { agent: os }
  device: { agent: device }
  date: { time: date }
  day: { time: weekday }
  hour: { time: hour }
  late: { time: hour, default: 99 }
  other: { url: path, default: none }
  worth: { event: worth, type: number }
  bot: { agent: bot }
"""


def said(asks: str) -> list[str]:
    """Message and hint of each warning about what never is."""
    text = changed(("  plan: {", f"{VARIABLES}  plan: {{"), ("{ event: page_view }", f"{{ event: page_view, {asks} }}"))
    return [f"{one.message} {one.hint}" for one in load(text).problems if one.code == "never-so"]


@pytest.mark.parametrize(
    "asks",
    [
        "page: /search",
        "page: { starts_with: /sea }",
        "page: { like: '/sh?es/*' }",
        "page: { like: '*/shoes' }",
        "page: { matches: '^/(de|en)/?$' }",
        "page: { contains: shoes, not_ends_with: .pdf }",
        "page: { is: Shoes, ignore_case: true }",
        "page: '/*/b'",
        "folder: /shoes/",
        "folder: /",
        "href: https://shop.example.com/a?b=c",
        "href: { starts_with: 'https:' }",
        "asked: { contains: 'q=' }",
        "anchor: reviews",
        "host: shop.example.com",
        "host: { ends_with: .example.com }",
        "from_host: www.search.example",
        "tongue: { starts_with: de }",
        "tongue: de-AT",
        "title: not /shoes",
        "title: a | b",
        "land: { one_of: [DE, AT] }",
        "browser: Safari",
        "browser: Netscape",
        "system: Windows",
        "device: { starts_with: p }",
        "date: '2026-12-24'",
        "date: { starts_with: 2026-1 }",
        "day: { contains: day }",
        "hour: { at_least: 22 }",
        "hour: { more_than: 8, less_than: 10 }",
        "hour: 7",
        "late: { more_than: 30 }",
        "other: none",
        "worth: { more_than: 1, less_than: 2 }",
        "worth: { at_least: 2, at_most: 2 }",
        "bot: true",
    ],
)
def test_what_can_be(asks: str) -> None:
    if asks.startswith("title: not"):
        asks = asks.replace("not /shoes", "'not /shoes'")
    assert said(asks) == []


PATH = "A path begins with / and ends before ? and #; what follows ? is asked with a variable like { query: q }."


@pytest.mark.parametrize(
    ("asks", "message"),
    [
        ("page: search", f'"page" is never like "search". Write /search. {PATH}'),
        ("page: 'https://shop.example.com/a?b=c'", f"Write /a. {PATH}"),
        ("page: { like: '/search?q=*' }", f"Write /search. {PATH}"),
        ("page: { like: 'search*' }", f"Write /search*. {PATH}"),
        ("page: { like: '/a*#b' }", f"Write /a*. {PATH}"),
        ("page: { contains: '?q=' }", f'"page" is never like "?q=". {PATH}'),
        ("page: { matches: '/search?q=' }", PATH),
        (
            "page: { matches: '/search/i' }",
            "Write 'search', and beside it ignore_case: true if capitals do not matter.",
        ),
        ("page: /a or /b", "Write { one_of: [/a, /b] }."),
        ("page: { one_of: [/a, b] }", f"Write /b. {PATH}"),
        ("page: not /a", "Write { is_not: /a }."),
        ("title: not mine", "Write { is_not: mine }."),
        ("folder: /shoes", PATH),
        ("href: shop.example.com/a", "It is the whole address: https://shop.example.com/suche?q=x."),
        ("asked: '?q=1'", "Write q=1. It is what follows ?, without it."),
        ("asked: { contains: '?q' }", "It is what follows ?, without it."),
        ("anchor: '#reviews'", "Write reviews. It is what follows #, without it."),
        ("host: https://shop.example.com/", "Write shop.example.com. It is the host alone, in small letters."),
        (
            "host: m.example.com",
            "The site's domains are shop.example.com: pages elsewhere send nothing here.",
        ),
        ("from_host: Search.example/a", "Write search.example. It is the host alone, in small letters."),
        ("tongue: Deutsch", "A language is a short name like de or de-AT."),
        ("land: de", "Write DE. A country is two capital letters: DE, AT, CH."),
        ("land: { one_of: [Germany] }", "A country is two capital letters: DE, AT, CH."),
        ("browser: Google Chrome", "Write Chrome."),
        ("system: windows 10", "Write Windows."),
        ("system: macOS", "Write Mac OS X."),
        ("date: 24.12.2026", "Write 2026-12-24. A date is year, month and day: 2026-12-24."),
        ("date: { starts_with: '24.12' }", "A date is year, month and day: 2026-12-24."),
        ("day: { contains: tag }", "It is one of monday, tuesday, wednesday, thursday, friday, saturday, sunday."),
        ("hour: { less_than: 25 }", 'Every value of "hour" is so. It is a whole number from 0 to 23.'),
        ("hour: { more_than: 23 }", 'No value of "hour" is so. It is a whole number from 0 to 23.'),
        (
            "hour: { at_least: 22, less_than: 6 }",
            'No "hour" is both: at_least: 22 and less_than: 6. Make two triggers, one with { at_least: 22 } and one '
            "with { less_than: 6 }, and join them with any_of.",
        ),
        ("hour: { more_than: 8, less_than: 9 }", 'No "hour" is both: more_than: 8 and less_than: 9.'),
        ("worth: { more_than: 2, less_than: 2 }", 'No "worth" is both: more_than: 2 and less_than: 2.'),
    ],
)
def test_what_never_is(asks: str, message: str) -> None:
    (found,) = said(asks)
    assert message in found
