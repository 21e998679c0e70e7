"""`exempt: cnil`: what such a tag gets less than others."""

import pytest

from gateway.decide.address import cut_ip
from gateway.decide.exempt import exempted, without_campaigns
from gateway.language.exempt import CAMPAIGN
from gateway.model import Delivery

PAGE = "https://shop.example.com/sale?utm_source=news&size=42&gclid=abc#/app?UTM_Campaign=x&tab=2"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (PAGE, "https://shop.example.com/sale?size=42#/app?tab=2"),
        ("https://shop.example.com/?%75tm_source=a", "https://shop.example.com/"),
        ("https://shop.example.com/?mtm_campaign[x]=a&page=2", "https://shop.example.com/?page=2"),
        ("https://shop.example.com/#pk_campaign=a", "https://shop.example.com/"),
        ("https://shop.example.com/utm_source=a", "https://shop.example.com/utm_source=a"),
        ("https://shop.example.com/?a=b", "https://shop.example.com/?a=b"),
        ("", ""),
        (None, None),
    ],
)
def test_no_campaign_and_no_click_stands_in_an_address(given: str | None, expected: str | None) -> None:
    assert without_campaigns(given) == expected


@pytest.mark.parametrize("name", ["utm_id", "fbclid", "MSCLKID", "mc_eid", "hsa_kw", "clickid", "affiliate_id", "xtor"])
def test_names_of_campaigns_and_clicks(name: str) -> None:
    assert CAMPAIGN.fullmatch(name)


@pytest.mark.parametrize("name", ["page", "q", "size", "lang", "category", "attr", "pkg"])
def test_names_of_neither(name: str) -> None:
    assert not CAMPAIGN.fullmatch(name)


def test_order_values_and_free_fields_are_left_out() -> None:
    free = {"cvar": {"1": ["a"]}, "_rcn": "summer", "_rck": "shoes"}
    delivery = Delivery(
        id="1",
        event="purchase",
        at=5,
        url=PAGE,
        referrer="https://ads.example/?gclid=1",
        fields={"plan": "gold", "link": "https://a.example/?gclid=1&b=2", "colours": ["red"]},
        details={"value": 9, "items": [1], "order_id": "7", "category": "shoes", "href": PAGE, **free},
    )
    found = exempted(delivery)
    assert found.url == "https://shop.example.com/sale?size=42#/app?tab=2"
    assert found.referrer == "https://ads.example/"
    assert found.fields == {"plan": "gold", "link": "https://a.example/?b=2", "colours": ["red"]}
    assert found.details == {"category": "shoes", "href": found.url}


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("203.0.113.7", "203.0.0.0"),
        ("2001:db8:1:2::7", "2001:db8::"),
        ("::ffff:203.0.113.7", "203.0.0.0"),
        ("2002:cb00:7107::1", "2002:cb00::"),
    ],
)
def test_the_address_is_cut_to_two_bytes(ip: str, expected: str) -> None:
    assert cut_ip(ip, "two_bytes") == expected
