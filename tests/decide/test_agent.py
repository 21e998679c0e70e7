"""What a browser says it is."""

import pytest

from gateway.decide.agent import LONGEST, Agent, agent

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}", Agent("Chrome", "Windows", "desktop", False)),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/126.0", Agent("Edge", "Windows", "desktop", False)),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI.replace('Mobile/15E148 ', '')}",
            Agent("Safari", "Mac OS X", "desktop", False),
        ),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {SAFARI}", Agent("Safari", "iOS", "phone", False)),
        (f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {SAFARI}", Agent("Safari", "iOS", "tablet", False)),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {CHROME.replace('Safari', 'Mobile Safari')}",
            Agent("Chrome", "Android", "phone", False),
        ),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X700) {CHROME}", Agent("Chrome", "Android", "tablet", False)),
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
            Agent("Firefox", "Android", "phone", False),
        ),
        (
            "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 76.0/6.0 TV Safari/537.36",
            Agent("Safari", "Tizen", "tv", False),
        ),
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            Agent("Googlebot", None, None, True),
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Firefox/128.0",
            Agent("Firefox", "Linux", "desktop", False),
        ),
        ("curl/8.1", Agent("curl", None, None, False)),
        ("Mobile", Agent(None, None, None, False)),
        ("nonsense", Agent(None, None, None, False)),
    ],
)
def test_what_it_says(said: str, expected: Agent) -> None:
    assert agent(said) == expected


def test_only_the_beginning_is_looked_at() -> None:
    assert agent("x" * LONGEST + "Firefox/128.0").browser is None
