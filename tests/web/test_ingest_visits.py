"""What is drawn once a visit, from a browser's request to what receivers get."""

import asyncio
from pathlib import Path
from typing import Any

from .gate import GRANTED, HOUR, REFUSED, Gate, shop

DRAWN = '  one: { random: 1000 }\n  other: { random: 1000 }\n  group: { text: "{one}-{other}" }\n'


def drawing(text: str) -> str:
    """The shop, in which the tag plain also gets what was drawn."""
    changed = text.replace("triggers:\n", f"{DRAWN}triggers:\n").replace(
        "section: section }", "section: section, group: group }"
    )
    assert changed.count("group: group") == 1
    return changed


async def load(gate: Gate, **told: str) -> None:
    await gate.load(drawing(shop(gate.matomo.url + "/", gate.hooks.url, **told)))


async def groups(gate: Gate) -> list[Any]:
    return [event["fields"]["group"] for event in await gate.got("plain")]


async def test_it_stays_as_long_as_the_visit(gate: Gate) -> None:
    await load(gate)
    browser = gate.browser(consent=GRANTED)
    for _ in range(3):
        await browser.see()
        browser.new_page()
    gate.clock.now += HOUR // 4
    await browser.see()
    gate.clock.now += HOUR
    await browser.see()
    first, *same, later = await groups(gate)
    assert same == [first] * 3
    assert later != first
    one, other = first.split("-")
    assert one != other
    assert 0 <= int(one) < 1000


async def test_a_guest_is_known_by_address_and_browser(gate: Gate) -> None:
    await load(gate)
    browser = gate.browser(consent=REFUSED)
    await browser.see()
    browser.new_page()
    await browser.see()
    await gate.browser(consent=REFUSED, agent="Chrome").see()
    first, same, other = await groups(gate)
    assert first == same != other


async def test_who_agrees_stays_in_the_visit(gate: Gate) -> None:
    await load(gate)
    browser = gate.browser()
    await browser.see()
    await browser.choose(GRANTED)
    await browser.see()
    browser.new_page()
    await browser.see()
    neighbour = gate.browser(consent=GRANTED)
    neighbour.cookies = dict(browser.cookies)
    await neighbour.see()
    assert len(set(await groups(gate))) == 1


async def test_without_a_day_number_a_guest_is_known_for_one_page(quick_path: Path) -> None:
    async with Gate(quick_path, without_cookie="none") as gate:
        await load(gate, without_cookie="none")
        browser = gate.browser(consent=REFUSED)
        await browser.see()
        await browser.see()
        browser.new_page()
        await browser.see()
        hit = browser.hit()
        del hit["page"]
        await browser.send(hit)
        first, same, *others = await groups(gate)
        assert first == same
        assert len({first, *others}) == 3


async def test_hits_at_the_same_moment_are_in_one_visit(gate: Gate) -> None:
    await load(gate)
    browser = gate.browser(consent=REFUSED)
    answers = await asyncio.gather(*(browser.send(browser.hit()) for _ in range(6)))
    assert {answer.status for answer in answers} == {204}
    assert len(set(await groups(gate))) == 1
