"""Countries: from a database, and from a proxy that is believed."""

from pathlib import Path
from typing import Any

import pytest
from mmdb import written

from gateway.web.countries import NoCountries, countries

from .gate import GRANTED, Gate, shop

RECORDS = {
    "203.0.113.0/24": {"country": {"iso_code": "DE"}, "continent": {"code": "EU"}},
    "198.51.100.0/24": {"country": "FR"},
    "192.0.2.0/24": {"country_code": "at", "country": "Austria"},
    "233.252.0.0/24": {"city": "Nowhere"},
    "100.64.0.0/10": {"country": {"names": {"en": "Nowhere"}}},
}


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(written(tmp_path / "countries.mmdb", RECORDS))


@pytest.mark.parametrize(
    ("ip", "country"),
    [
        ("203.0.113.77", "DE"),
        ("198.51.100.1", "FR"),
        ("192.0.2.1", "AT"),
        ("233.252.0.1", None),
        ("100.64.0.1", None),
        ("8.8.8.8", None),
        ("2001:db8::1", None),
        ("fe80::1%eth0", None),
        ("nowhere", None),
    ],
)
def test_an_address_is_found_as_providers_write_it(database: str, ip: str, country: str | None) -> None:
    find = countries(database)
    assert find
    assert find(ip) == country


def test_without_a_database_nobody_knows() -> None:
    assert countries("") is None


def test_a_file_that_is_no_database_is_told_the_operator(tmp_path: Path) -> None:
    (tmp_path / "a.mmdb").write_text("no database")
    for name, why in (("a.mmdb", "it is no database in the format MMDB"), ("b.mmdb", "No such file or directory")):
        with pytest.raises(NoCountries) as caught:
            countries(str(tmp_path / name))
        assert str(caught.value) == f"country.database: {tmp_path / name} cannot be read ({why})."


def landed(text: str) -> str:
    """The shop, in which the tag plain also gets the country."""
    text = text.replace("triggers:\n", "  land: { ip: country, default: none }\ntriggers:\n")
    return text.replace("section: section }", "section: section, land: land }")


async def lands(gate: Gate) -> list[Any]:
    return [event.get("fields", {}).get("land") for event in await gate.got("plain")]


@pytest.mark.parametrize(
    ("said", "country"),
    [("de", "DE"), (" FR ", "FR"), ("XX", "none"), ("T1", "none"), ("Germany", "none"), ("", "none")],
)
async def test_a_trusted_proxy_tells_the_country(gate: Gate, said: str, country: str) -> None:
    await gate.load(landed(shop(gate.matomo.url + "/", gate.hooks.url)))
    browser = gate.browser(consent=GRANTED, ip="10.0.0.1")
    await browser.send(browser.hit(), extra={"cf-ipcountry": said, "x-forwarded-for": "203.0.113.9"})
    assert await lands(gate) == [country]


async def test_nobody_else_is_believed(gate: Gate) -> None:
    await gate.load(landed(shop(gate.matomo.url + "/", gate.hooks.url)))
    browser = gate.browser(consent=GRANTED)
    await browser.send(browser.hit(), extra={"cf-ipcountry": "DE"})
    behind = gate.browser(consent=GRANTED, ip="10.0.0.1")
    await behind.send(behind.hit())
    assert await lands(gate) == [None, None]
