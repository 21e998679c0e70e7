"""Schedule, sample and exempt, from a browser's request to what receivers get."""

from .gate import GRANTED, HOUR, REFUSED, Gate, shop


async def load(gate: Gate, option: str) -> None:
    """The shop with this option in the tag plain."""
    line = f'    settings: {{ url: "{gate.hooks.url}/plain" }}\n'
    text = shop(gate.matomo.url + "/", gate.hooks.url)
    assert line in text
    await gate.load(text.replace(line, f"{line}    {option}\n"))


async def test_outside_its_schedule_a_tag_sends_nothing(gate: Gate) -> None:
    await load(gate, "schedule: { until: 2026-05-28 }")
    browser = gate.browser(consent=GRANTED)
    await browser.see("inside")
    before = gate.clock.now
    gate.clock.now += 4 * HOUR
    await browser.see("outside")
    await browser.see("late", at=before)
    assert {event["event"] for event in await gate.got("plain")} == {"inside", "late"}
    assert {event["event"] for event in await gate.got("crm")} == {"inside", "outside", "late"}
    last = gate.taken[-2].decision.tags[3]
    assert (last.tag, last.held) == ("plain", "outside its schedule (until 2026-05-28)")
    assert 'decision="none",tag="plain"} 1.0' in await gate.text_of_metrics()


async def test_a_sample_is_the_same_visitors_each_time(gate: Gate) -> None:
    await load(gate, "sample: 50%")
    for number in range(24):
        browser = gate.browser(consent=GRANTED if number % 2 else REFUSED, ip=f"203.0.113.{number}")
        for page in range(2):
            await browser.see(f"of_{number}")
            if page:
                browser.new_page()
    seen = [event["event"] for event in await gate.got("plain")]
    assert 2 < len(set(seen)) < 22
    assert all(seen.count(event) == 2 for event in seen)


async def test_an_exempt_tag_gets_less(gate: Gate) -> None:
    text = shop(gate.matomo.url + "/", gate.hooks.url).replace(
        "fields: { value: value, section: section }", "exempt: cnil"
    )
    await gate.load(text)
    await gate.browser(consent=REFUSED).see(url="https://shop.example.com/?utm_source=a&b=1", user="alice")
    [event] = await gate.got("plain")
    assert (event["ip"], event["page"]["url"]) == ("203.0.0.0", "https://shop.example.com/?b=1")
    assert "alice" not in str(event)
