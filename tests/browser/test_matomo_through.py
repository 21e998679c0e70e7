"""A page with Matomo's inline snippet → the real gateway → Matomo: the parameters that matomo.js would have sent."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Page
from process import KEY, Gateway, until
from receivers import MatomoReceiver

from .matomo_page import INLINE
from .stub import Stub

CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [127.0.0.1] }}
accept: {{ matomo: {{}} }}
consent: not_needed
variables:
  account_id: {{ data_layer: user.id }}
triggers:
  any_event: {{ event: {{ present: true }} }}
  signed_in: {{ account_id: {{ present: true }} }}
tags:
  matomo:
    type: matomo
    send_when: any_event
    settings: {{ url: {matomo}/, site_id: 1, token: {{ secret: matomo_token }} }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  rules: [{{ when: signed_in, attach: [matomo] }}]
  otherwise: drop
tests: []
"""
CALLS = """
_paq.push(['setUserId', 'ada'], ['setCustomDimension', 2, 'gold'], ['setCustomVariable', 1, 'plan', 'pro', 'visit']);
"""
LATER = """
_paq.push(['trackEvent', 'Film', 'play', 'Title', 2.5], ['trackEvent', 'Film', 'download', 'f.pdf', '3'],
  ['trackSiteSearch', 'shoes', 'men', 3], ['trackGoal', 4, 9.5],
  ['trackLink', 'https://x.example/', 'link'], ['trackContentImpression', 'Ad', 'a.jpg', '/to'],
  ['setEcommerceView', 's1', 'Shoe', 'Men', 50], ['setCustomUrl', '/shoe'], ['trackPageView', 'A shoe'],
  ['addEcommerceItem', 's1', 'Shoe', 'Men', 50, 2], ['trackEcommerceCartUpdate', 100],
  ['trackEcommerceOrder', 'o1', 110, 100, 8, 2], ['resetUserId'], ['deleteCustomVariables', 'visit'],
  ['trackEvent', 'test', 'end'])
"""
SHARED = {"dimension2": "gold"}
MATOMO = [
    {"action_name": "Page /"},
    {"e_c": "Film", "e_a": "play", "e_n": "Title", "e_v": "2.5", "ca": "1"},
    {"e_c": "Film", "e_a": "download", "e_n": "f.pdf", "e_v": "3", "ca": "1"},
    {"search": "shoes", "search_cat": "men", "search_count": "3"},
    {"idgoal": "4", "revenue": "9.5"},
    {"link": "https://x.example/"},
    {"c_n": "Ad", "c_p": "a.jpg", "c_t": "/to", "ca": "1"},
    {"action_name": "A shoe", "_pks": "s1", "_pkn": "Shoe", "_pkc": "Men", "_pkp": "50"},
    {"idgoal": "0", "revenue": "100", "ec_items": [["s1", "Shoe", "Men", 50, 2]]},
    {
        "idgoal": "0",
        "ec_id": "o1",
        "revenue": "110",
        "ec_st": "100",
        "ec_tx": "8",
        "ec_sh": "2",
        "ec_items": [["s1", "Shoe", "Men", 50, 2]],
    },
    {"e_c": "test", "e_a": "end", "ca": "1"},
]
"""What Matomo's documentation says of each of these calls."""
OURS = {"idsite", "rec", "apiv", "cdt", "cip", "ua", "lang", "send_image", "cid", "new_visit", "uid", "pv_id", "url"}


@pytest_asyncio.fixture(loop_scope="session")
async def matomo() -> AsyncIterator[MatomoReceiver]:
    async with MatomoReceiver(sites=range(1, 2), token=KEY) as receiver:
        yield receiver


async def test_matomo_is_told_the_same(page: Page, stub: Stub, matomo: MatomoReceiver, tmp_path_factory: Any) -> None:
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), {"shop": CONTAINER.format(matomo=matomo.url)})
    await gateway.start()
    head = INLINE % (CALLS, gateway.url.removeprefix("http://"))
    await page.goto(stub.page("/", head, container=None))
    await page.evaluate(LATER)
    await until(lambda: any(entry.get("e_a") == "end" for entry in matomo.recorded), within=15)
    found = []
    for entry in matomo.recorded:
        told = {name: value for name, value in entry.items() if name not in OURS}
        if "ec_items" in told:
            told["ec_items"] = json.loads(told["ec_items"])
        found.append(told)
    visit = {**SHARED, "_cvar": '{"1":["plan","pro"]}'}
    assert found == [*({**one, **visit} for one in MATOMO[:-1]), {**MATOMO[-1], **SHARED}]
    assert [entry.get("uid") for entry in matomo.recorded] == ["ada"] * (len(MATOMO) - 1) + [None]
    assert {entry["url"] for entry in matomo.recorded} == {stub.origin + "/", stub.origin + "/shoe"}
    assert await gateway.stop() == 0
