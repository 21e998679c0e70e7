"""Settings that are allowed and seldom meant."""

from pathlib import Path

import pytest

from gateway.cli.output import loader
from tests.language.small import changed, codes

URL = "url: https://hooks.example.com/"


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("hooks.example.com", True),
        ("203.0.113.9.example.com:8080", True),
        ("8.8.8.8", True),
        ("[2606:4700::1111]:80", True),
        ("localhost:8080", False),
        ("127.0.0.1:8080", False),
        ("10.0.0.7", False),
        ("[::1]", False),
        ("[fd00::7]:81", False),
        ("matomo", False),
        ("matomo.analytics.svc", False),
        ("stats.local", False),
        ("Stats.Internal", False),
    ],
)
def test_who_is_asked_in_plain_text_over_other_peoples_networks(host: str, warned: bool) -> None:
    assert ("not-encrypted" in codes(changed((URL, f'url: "http://{host}/"')))) is warned
    assert "not-encrypted" not in codes(changed((URL, f'url: "https://{host}/"')))


@pytest.mark.parametrize(
    ("setting", "warned"),
    [
        ("measurement_id: G-XXXXXXXXXX", True),
        ("measurement_id: G-XX12345678", False),
        ("measurement_id: G-ABC1234567, url: https://www.googletagmanager.com/gtag/js", True),
        ("measurement_id: G-ABC1234567, url: https://www.google-analytics.com/g/collect", True),
        ("measurement_id: G-ABC1234567, url: https://www.google-analytics.com/mp/collect", False),
        ("measurement_id: G-ABC1234567, url: https://region1.google-analytics.com", False),
    ],
)
def test_what_is_hardly_meant_for_ga4(setting: str, warned: bool) -> None:
    text = (Path(__file__).parent / "complete.yaml").read_text("utf-8")
    assert "measurement_id: G-ABC1234567" in text
    text = text.replace("measurement_id: G-ABC1234567", setting, 1)
    problems = loader().compile(text.encode(), "shop", "shop.yaml").problems
    assert ["odd-value"] * warned == [problem.code for problem in problems if problem.code == "odd-value"]


@pytest.mark.parametrize(
    ("path", "warned"),
    [
        ("", False),
        ("matomo/", False),
        ("matomo.php", False),
        ("piwik.php", False),
        ("matomo.js", True),
        ("analytics/index.php", True),
    ],
)
def test_what_is_hardly_meant_for_matomo(path: str, warned: bool) -> None:
    text = (Path(__file__).parent / "complete.yaml").read_text("utf-8")
    assert "https://stats.example.com/" in text
    text = text.replace("https://stats.example.com/", f"https://stats.example.com/{path}", 1)
    problems = loader().compile(text.encode(), "shop", "shop.yaml").problems
    assert ["odd-value"] * warned == [problem.code for problem in problems if problem.code == "odd-value"]
