"""Real Chromium, a real `taggate serve`, and a receiver that speaks Matomo's bulk API: who is told what."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page
from process import KEY, Gateway, until
from receivers import MatomoReceiver

from gateway.decide.pseudonym import PseudonymKey

from .stub import Stub

POLICIES = ("attach", "hash", "drop")
CHOICES = {"granted": '{"statistics":true}', "refused": '{"statistics":false}', "unknown": None}

CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [127.0.0.1] }}
consent:
  from: {{ cookie: cookie_consent }}
  purposes: {{ analytics: statistics }}
  while_unknown: {while_unknown}
visitor: {{ remember_when: analytics_ok }}
variables:
  account_id: {{ data_layer: user.id }}
triggers:
  any_event: {{ event: {{ present: true }} }}
  signed_in: {{ account_id: {{ present: true }} }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
  member: {{ all_of: [signed_in, analytics_ok] }}
tags:
  matomo:
    type: matomo
    send_when: any_event
    consent: not_needed
    settings: {{ url: {matomo}/, site_id: {site}, token: {{ secret: matomo_token }} }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  rules: {rules}
  otherwise: drop
tests: []
"""
RULES = {
    "attach": "[{ when: member, attach: [matomo] }]",
    "hash": "[{ when: member, hash: [matomo] }]",
    "drop": "[]",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matomo() -> AsyncIterator[MatomoReceiver]:
    async with MatomoReceiver(sites=range(1, 9), token=KEY) as receiver:
        yield receiver


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(matomo: MatomoReceiver, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One container for each policy, and one that holds hits before the answer."""
    sending = {
        policy: CONTAINER.format(while_unknown="send", matomo=matomo.url, site=site, rules=RULES[policy])
        for site, policy in enumerate(POLICIES, 1)
    }
    holding = CONTAINER.format(while_unknown="hold", matomo=matomo.url, site=5, rules=RULES["attach"])
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), {**sending, "hold": holding})
    await gateway.start()
    yield gateway
    assert await gateway.stop() == 0


def serve_page(stub: Stub, gateway: Gateway, container: str, path: str = "/") -> str:
    """A page that embeds the real snippet."""
    return stub.page(path, f'<script async src="{gateway.url}/t/{container}.js"></script>', container=None)


async def choose(context: BrowserContext, origin: str, value: str | None) -> None:
    if value is not None:
        await context.add_cookies([{"name": "cookie_consent", "value": quote(value), "url": origin}])


async def arrive(matomo: MatomoReceiver, site: int, marker: str) -> dict[str, str]:
    """The entry of the event with this name."""

    def found() -> list[dict[str, str]]:
        return [
            e for e in matomo.recorded if e["idsite"] == str(site) and marker in (e.get("e_a"), e.get("action_name"))
        ]

    await until(lambda: bool(found()), within=15)
    assert len(found()) == 1
    return found()[0]


def encodings(value: str) -> set[str]:
    """Every way in which a value may hide in a text."""
    raw = value.encode()
    return {
        value,
        quote(value, safe=""),
        quote(quote(value, safe=""), safe=""),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        hashlib.md5(raw).hexdigest(),
        hashlib.sha1(raw).hexdigest(),
        hashlib.sha256(raw).hexdigest(),
    }


async def places(gateway: Gateway, matomo: MatomoReceiver, site: int) -> dict[str, str]:
    """Everything an ID could have got into: what Matomo got, the log, the metrics, the files."""
    async with aiohttp.ClientSession() as session, session.get(gateway.url + "/metrics") as answer:
        metrics = await answer.text()
    got = [entry for entry in matomo.recorded if entry["idsite"] == str(site)]
    files = {str(path): path.read_bytes().decode("latin-1") for path in gateway.data.rglob("*") if path.is_file()}
    addresses = " ".join(request.path for request in matomo.requests)
    return {
        "matomo": json.dumps(got),
        "addresses": addresses,
        "metrics": metrics,
        "log": gateway.log.read_text(),
        **files,
    }


async def sign(page: Page, person: str | None, then: str) -> None:
    """In or out, then an event."""
    await page.evaluate("(id) => dataLayer.push({ user: { id } })", person)
    await page.evaluate("(name) => taggate('event', name)", then)


async def spill(page: Page, person: str | None, name: str) -> None:
    """A careless page writes the ID where it does not belong: address, title, an event's fields."""
    await page.evaluate(
        """([id, name]) => {
            const said = id || 'nobody';
            document.title = `Hello ${said}`;
            const mail = `${encodeURIComponent(said)}&again=${encodeURIComponent(encodeURIComponent(said))}`;
            history.pushState({}, '', `/account/${name}?token=${btoa(said)}&mail=${mail}#${said}`);
            taggate('event', `spilt_${name}`, { name: said, category: `of ${said.toLowerCase()}` });
        }""",
        [person, name],
    )


async def arrived_from(matomo: MatomoReceiver, site: int, path: str) -> None:
    """The page view of this address has come."""

    def there() -> bool:
        return any(
            entry["idsite"] == str(site) and path in entry.get("url", "") and "action_name" in entry
            for entry in matomo.recorded
        )

    await until(there, within=15)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("choice", CHOICES)
async def test_every_cell(
    context: BrowserContext, page: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, policy: str, choice: str
) -> None:
    """Consent × policy, and in each: guest, signed in, other person, signed out, without a page load between."""
    site = POLICIES.index(policy) + 1
    ada, ben = f"Ada+{policy}@{choice}.example", f"ben-{policy}-{choice}-0042"
    address = serve_page(stub, gateway, policy, f"/{choice}")
    await choose(context, stub.origin, CHOICES[choice])
    await page.add_init_script("window.dataLayer = window.dataLayer || [{ user: { id: null } }];")
    await page.goto(address)
    await page.wait_for_function("window.taggate && window.taggate.containers")
    steps: dict[str, dict[str, str]] = {"guest": await arrive(matomo, site, f"Page /{choice}")}
    for step, person in (("signed_in", ada), ("other", ben), ("signed_out", None)):
        name = f"{step}_{choice}"
        await sign(page, person, name)
        steps[step] = await arrive(matomo, site, name)
        await spill(page, person, name)
        await arrive(matomo, site, f"spilt_{name}")
        await arrived_from(matomo, site, f"/account/{name}")

    form = policy if choice == "granted" else "drop"
    key = PseudonymKey(KEY.encode(), "user-id", 1, policy, "matomo")
    named = {"attach": {ada: ada, ben: ben}, "hash": {ada: key.of(ada), ben: key.of(ben)}, "drop": {}}[form]
    assert steps["guest"].get("uid") is None
    assert steps["signed_in"].get("uid") == named.get(ada)
    assert steps["other"].get("uid") == named.get(ben)
    assert steps["signed_out"].get("uid") is None

    assert all("_id" not in entry and len(entry["cid"]) == 16 for entry in steps.values())
    if form != "drop":
        assert steps["signed_in"]["new_visit"] == "1"
    assert "new_visit" not in steps["guest"]
    if form != "drop":
        assert len({entry["cid"] for entry in steps.values()}) == 4
    for before, after in (("signed_in", "other"), ("other", "signed_out")):
        assert steps[after]["cid"] != steps[before]["cid"]
        assert steps[after]["new_visit"] == "1"

    cookies = [cookie["name"] for cookie in await context.cookies()]
    assert (f"tg_{policy}" in cookies) is (choice == "granted")
    if form != "attach":
        for where, text in (await places(gateway, matomo, site)).items():
            for person in (ada, ben):
                hidden = [form for form in encodings(person) if form.lower() in text.lower()]
                assert hidden == [], f"{person} is in {where}"


async def test_under_attach_the_id_is_in_no_other_parameter_of_a_guest_and_never_in_an_address(
    context: BrowserContext, page: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    await choose(context, stub.origin, CHOICES["granted"])
    address = serve_page(stub, gateway, "attach", "/members")
    await page.add_init_script("window.dataLayer = window.dataLayer || [{ user: { id: 'member-77-zz' } }];")
    await page.goto(address)
    assert (await arrive(matomo, 1, "Page /members"))["uid"] == "member-77-zz"
    await sign(page, None, "left_members")
    await page.evaluate("history.pushState({}, '', '/members/next')")
    left = await arrive(matomo, 1, "left_members")
    assert "member-77-zz" not in json.dumps(left)
    # The next page's referrer may name the person who left.
    await page.evaluate("taggate('event', 'after', {})")
    assert "member-77-zz" not in json.dumps(await arrive(matomo, 1, "after"))
    assert all("member-77-zz" not in request.path for request in matomo.requests)
    assert "member-77-zz" not in gateway.log.read_text()


async def test_before_consent_nothing_is_stored_and_nothing_is_sent(
    context: BrowserContext, page: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    serve_page(stub, gateway, "hold", "/quiet/two")
    address = serve_page(stub, gateway, "hold", "/quiet")
    await page.add_init_script("window.dataLayer = window.dataLayer || [{ user: { id: 'quiet-person-1' } }];")
    await page.goto(address)
    await page.wait_for_function("window.taggate && window.taggate.containers")
    await page.evaluate("taggate('event', 'quiet_one'); history.pushState({}, '', '/quiet/two')")
    await page.evaluate("taggate('identify', 'quiet-person-1', { traits: { email: 'q@example.com' } })")
    await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await page.reload()
    await page.wait_for_function("window.taggate && window.taggate.containers")
    assert [url for url in asked if url.startswith(gateway.url)] == [f"{gateway.url}/t/hold.js"] * 2
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert [entry for entry in matomo.recorded if entry["idsite"] == "5"] == []


async def test_held_hits_carry_the_identity_of_their_own_moment_but_of_nobody_who_left(
    context: BrowserContext, page: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    address = serve_page(stub, gateway, "hold", "/held")
    await page.add_init_script("window.dataLayer = window.dataLayer || [{ user: { id: null } }];")
    await page.goto(address)
    await page.wait_for_function("window.taggate && window.taggate.containers")
    await sign(page, "held-person-1", "held_in")
    await sign(page, None, "held_out")
    await sign(page, "held-person-2", "held_other")
    await page.evaluate(
        "document.cookie = 'cookie_consent=' + encodeURIComponent('{\"statistics\":true}') + '; path=/'"
    )
    await page.evaluate("taggate('event', 'after_consent')")
    guest = await arrive(matomo, 5, "Page /held")
    entries = [await arrive(matomo, 5, name) for name in ("held_in", "held_out", "held_other")]
    assert [entry.get("uid") for entry in (guest, *entries)] == [None, None, None, "held-person-2"]
    assert guest["cid"] == entries[0]["cid"] != entries[1]["cid"] != entries[2]["cid"]
    assert entries[1]["new_visit"] == entries[2]["new_visit"] == "1"
    last = await arrive(matomo, 5, "after_consent")
    assert last["cid"] == entries[2]["cid"]
    times = [entry["cdt"] for entry in (guest, *entries, last)]
    assert times == sorted(times)
