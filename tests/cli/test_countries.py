"""`taggate serve` with a database of countries: real processes, one and several."""

import uuid
from pathlib import Path

import aiohttp
import pytest
from mmdb import written
from process import Gateway
from receivers import WebhookReceiver

SHOP = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: not_needed
variables:
  land: {{ ip: country }}
triggers:
  from_here: {{ event: page_view, land: DE }}
tags:
  crm: {{ type: webhook, send_when: from_here, settings: {{ url: {crm}/hook }}, fields: {{ land: land }} }}
tests: []
"""


def gateway(base: Path, crm: str, workers: int) -> Gateway:
    made = Gateway(base, {"shop": SHOP.format(crm=crm)}, workers=workers)
    config = base / "config" / "gateway.yaml"
    config.write_text(config.read_text() + "country: { database: ../countries.mmdb }\n")
    return made


@pytest.mark.parametrize("workers", [1, 2])
async def test_an_address_has_a_country_in_every_process(tmp_path: Path, workers: int) -> None:
    written(tmp_path / "countries.mmdb", {"127.0.0.0/8": {"country": {"iso_code": "DE"}}})
    async with WebhookReceiver() as crm:
        one = gateway(tmp_path, crm.url, workers)
        await one.start()
        hits = [{"event": "page_view", "id": uuid.uuid4().hex} for _ in range(8)]
        for hit in hits:
            async with (
                aiohttp.ClientSession() as session,
                session.post(
                    f"{one.url}/collect/shop", json=hit, headers={"Origin": "https://shop.example.com"}
                ) as said,
            ):
                assert said.status == 204
        await crm.arrived(len(hits))
        assert await one.stop() == 0
        assert {request.json["fields"]["land"] for request in crm.requests} == {"DE"}


async def test_without_its_database_it_does_not_start(tmp_path: Path) -> None:
    one = gateway(tmp_path, "http://127.0.0.1:1", 1)
    with pytest.raises(AssertionError, match=r"countries.mmdb cannot be read \(No such file or directory\)"):
        await one.start()
    await one.stop()
