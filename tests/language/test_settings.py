"""Settings that are allowed and seldom meant."""

import pytest

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
