"""What a receiver would get, without anybody's keys and secrets."""

from pathlib import Path

import msgspec
import pytest

from gateway.decide.decide import Decider
from gateway.decide.recorded import supposed
from gateway.decide.suppose import suppose
from gateway.destinations import PAGE_TAGS, TABLE
from gateway.destinations.preview import HIDDEN, Previewer
from gateway.language.container import Container, Given
from gateway.model import Consent
from tests.decide.test_suggest import LOADER

SHOP = Path(__file__).parents[2] / "tags" / "shop.yaml"
ALL = """\
version: 1
site: { name: Shop, domains: [shop.example] }
consent: not_needed
variables:
  account_id: { data_layer: user.id }
triggers:
  all: { event: page_view }
tags:
  a: { type: ga4, send_when: all, settings: { measurement_id: G-1, api_secret: { secret: ga4_secret } } }
  b: { type: segment, send_when: all, settings: { write_key: { secret: segment_key } } }
  c: { type: webhook, send_when: all, settings: { url: https://x.example/, signing_key: { secret: crm_key } } }
  d: { type: file, send_when: all, settings: { path: hits.jsonl } }
  e: { type: matomo, send_when: all, settings: { url: https://m.example/, site_id: 1, token: { secret: token } } }
  f: { type: pixel, send_when: all, settings: { url: https://p.example/ } }
  g: { type: script, send_when: all, settings: { code: "run()" } }
user_id:
  from: account_id
  hash_with: { secret: user_id_key }
  rules: [{ when: all, attach: [a, b], hash: [c, d, e, f, g], consent: not_needed }]
  otherwise: drop
tests: []
"""


def preview(container: Container, given: Given, *hide: str) -> dict[str, object]:
    facts = suppose(container, given)
    tags = Decider(container).decide(facts).tags
    found = Previewer(container, TABLE, PAGE_TAGS).of(supposed(container, given, 1_780_000_000_000), facts, tags, hide)
    return {name: one.json for name, one in found.items()}


def everybody() -> Container:
    loaded = LOADER.compile(ALL.encode(), "shop", "shop.yaml")
    assert loaded.container, "\n".join(loaded.report())
    return loaded.container


def test_every_type_of_tag_shows_its_request_with_the_names_of_secrets() -> None:
    found = preview(everybody(), Given(event="page_view", values={"account_id": "c-999"}))
    said = msgspec.json.encode(found).decode()
    assert list(found) == ["a", "b", "c", "d", "e", "f", "g"]
    assert found["f"] == {
        "method": "RUN",
        "to": "https://p.example/",
        "headers": {},
        "body": {"url": "https://p.example/?user_id=(pseudonym)"},
    }
    assert '"to":"the code in the file"' in said
    assert "api_secret=SECRET-ga4_secret" in said
    assert '"authorization":"(secret)"' in said
    assert '"webhook-signature":"(signature)"' in said
    assert '"token_auth":"SECRET-token"' in said
    assert said.count("(pseudonym)") == 5
    assert "uid=(pseudonym)" in said


def test_what_nobody_typed_is_covered_however_it_is_written() -> None:
    found = msgspec.json.encode(
        preview(everybody(), Given(event="page_view", values={"account_id": 'a@b "c"'}), 'a@b "c"')
    )
    assert b"a@b" not in found
    assert b"a%40b" not in found
    assert HIDDEN.encode() in found


@pytest.mark.parametrize("consent", [{}, {"analytics": Consent.REFUSED, "marketing": Consent.REFUSED}])
def test_only_what_is_sent_is_shown(consent: dict[str, Consent]) -> None:
    container = LOADER.load(SHOP).container
    assert container
    found = preview(container, Given(event="page_view", values={"account_id": "c-999"}, consent=consent))
    assert list(found) == ["matomo"]
    assert "c-999" not in str(found)


def test_a_line_for_a_file() -> None:
    found = preview(everybody(), Given(event="page_view"))
    line = msgspec.json.encode(found["d"])
    assert msgspec.json.decode(line)["to"] == "hits.jsonl"
    assert msgspec.json.decode(line)["body"]["event"] == "page_view"
