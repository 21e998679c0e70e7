"""Hits of one visitor that come to two workers at the same moment: the keeper lets nobody act on what is outdated."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.model import Form, Hit, Life
from gateway.outbox.protocol import Full
from gateway.people.visits import VISIT_MS, Track
from gateway.store.protocol import StoreError
from gateway.web.desk import Change, Look, Stale
from gateway.web.ingest import TRIES
from gateway.web.workers.remote import FarDesk

from .gate import GRANTED, HOUR, REFUSED, SECRETS, Gate
from .office import Place

pytestmark = pytest.mark.parametrize("workers", [2], indirect=True, ids=["two workers"])


@pytest.fixture(autouse=True)
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request by itself, so that it can be held between its look and its store."""
    monkeypatch.setattr(Gate, "together", getattr(request, "param", False))


def places(gate: Gate) -> list[Place]:
    assert gate.office is not None
    return gate.office.places


def looks_before_any_stores(gate: Gate, monkeypatch: pytest.MonkeyPatch, hits: int = 2) -> list[int]:
    """The first looks of all workers wait for one another; how often each worker looked."""
    barrier = asyncio.Barrier(hits)
    looked = [0] * len(places(gate))

    def hold(at: int, place: Place) -> None:
        look = place.desk.look

        async def held(*told: Any, **more: Any) -> Look:
            found = await look(*told, **more)
            looked[at] += 1
            if looked[at] == 1:
                await barrier.wait()
            return found

        monkeypatch.setattr(place.desk, "look", held)

    for at, place in enumerate(places(gate)):
        hold(at, place)
    return looked


async def test_two_logins_at_once_begin_one_visit(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=None)
    gate.clock.now += 1000
    looked = looks_before_any_stores(gate, monkeypatch)
    answers = await asyncio.gather(*(browser.send(browser.hit(user="alice")) for _ in range(2)))
    assert [answer.status for answer in answers] == [204, 204]
    assert sorted(looked) == [1, 2]
    _, one, other = await gate.tracked()
    assert one["uid"] == other["uid"] == "alice"
    assert one["cid"] == other["cid"]
    assert sorted([one.get("new_visit", ""), other.get("new_visit", "")]) == ["", "1"]


async def test_a_login_and_a_logout_at_once_end_with_one_of_them(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    gate.clock.now += 1000
    looks_before_any_stores(gate, monkeypatch)
    cookies = dict(browser.cookies)
    hits = [browser.hit(user="bob"), browser.hit(user=None)]
    answers = await asyncio.gather(*(browser.post("/collect/shop", hit) for hit in hits))
    assert [answer.status for answer in answers] == [204, 204]
    browser.cookies = cookies
    await browser.see()
    entries = await gate.tracked()
    # Nobody's hit is in the visit of somebody else, and what came after the logout is nobody's.
    names = [entry.get("uid", "") for entry in entries]
    assert sorted(names[1:3]) == ["", "bob"]
    assert names[3] == ""
    for one in entries:
        for other in entries:
            assert (one["cid"] == other["cid"]) <= (one.get("uid") == other.get("uid"))


async def test_first_hits_at_once_begin_their_named_visit_once(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = gate.browser(consent=GRANTED)
    looks_before_any_stores(gate, monkeypatch)
    await asyncio.gather(*(browser.send(browser.hit(user="alice")) for _ in range(2)))
    one, other = await gate.tracked()
    assert one["cid"] == other["cid"]
    assert sorted([one.get("new_visit", ""), other.get("new_visit", "")]) == ["", "1"]


async def test_a_hit_sent_twice_at_once_to_two_workers_is_one(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = gate.browser(consent=GRANTED)
    hit = browser.hit(user="alice", id="0" * 32)
    looks_before_any_stores(gate, monkeypatch)
    answers = await asyncio.gather(*(browser.send(hit) for _ in range(2)))
    assert [answer.status for answer in answers] == [204, 204]
    assert len(await gate.tracked()) == 1
    assert 'taggate_hits_total{container="shop"} 1.0' in await gate.text_of_metrics()


async def test_a_refusal_overtakes_hits_that_looked_before_it(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    # What still waits would be withdrawn with the rest.
    await gate.delivered()
    crm = await gate.accepted("crm")
    go, looked = asyncio.Event(), asyncio.Event()
    desk = places(gate)[1].desk
    look = desk.look

    async def held(*told: Any, **more: Any) -> Look:
        found = await look(*told, **more)
        looked.set()
        await go.wait()
        return found

    monkeypatch.setattr(desk, "look", held)
    slow = asyncio.create_task(browser.post("/collect/shop", browser.hit(user="alice")))
    await looked.wait()
    assert (await browser.choose(REFUSED)).status == 204
    go.set()
    assert (await slow).status == 204
    await gate.delivered()
    assert await gate.accepted("crm") == crm
    assert sum(b'"alice"' in request.body for request in gate.hooks.requests) == 1


async def test_choices_made_at_once_are_all_kept(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    gate.clock.now += 1000
    looks_before_any_stores(gate, monkeypatch)
    said = [
        {"consent": {"analytics": False}, "page": browser.page},
        {"consent": {"marketing": False}, "page": browser.page},
    ]
    answers = await asyncio.gather(*(browser.post("/consent/shop", body) for body in said))
    assert [answer.status for answer in answers] == [204, 204]
    partner, crm = await gate.accepted("partner"), await gate.accepted("crm")
    browser.consent = None
    await browser.see()
    assert (await gate.accepted("partner"), await gate.accepted("crm")) == (partner, crm)


async def test_a_visitor_whom_everybody_changes_is_503_and_nothing_is_kept(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=None)
    before = await gate.accepted("plain")
    tries = []

    async def stale(*_: Any) -> Sequence[bool]:
        tries.append(1)
        raise Stale

    for place in places(gate):
        monkeypatch.setattr(place.desk, "store", stale)
    answer = await browser.send(browser.hit(user="alice"))
    assert (answer.status, answer.error, len(tries)) == (503, "cannot_promise", TRIES)
    refusal = await browser.post("/consent/shop", {"consent": REFUSED, "page": browser.page})
    assert (refusal.status, len(tries)) == (503, 2 * TRIES)
    assert await gate.accepted("plain") == before


@pytest.mark.parametrize("together", [False, True], indirect=True, ids=["each by itself", "together"])
async def test_many_hits_of_few_visitors_at_once(gate: Gate) -> None:
    """Whoever is named in a visit is the only one named in it, and nothing is lost."""
    browsers = [gate.browser(ip=f"203.0.113.{at}", consent=GRANTED) for at in range(4)]
    for browser in browsers:
        await browser.see(user=None)

    async def live(at: int) -> None:
        browser = browsers[at % len(browsers)]
        for step in range(12):
            gate.clock.now += 10
            user = (None, "alice", "bob")[(at + step) % 3]
            answer = await browser.post("/collect/shop", browser.hit(user=user))
            assert answer.status in (204, 503)
            sent[answer.status] += 1

    sent = {204: 4, 503: 0}
    await asyncio.gather(*(live(at) for at in range(12)))
    entries = await gate.tracked()
    assert len(entries) == sent[204]
    named: dict[str, set[str]] = {}
    for entry in entries:
        named.setdefault(entry["cid"], set()).add(entry.get("uid", ""))
    assert all(len(who) == 1 for who in named.values())
    assert sent[503] <= sent[204] / 10


# one desk's look, and what comes between it and the store


def keys(gate: Gate) -> list[bytes]:
    return [gate.runtimes["shop"].keys.lookup.page("p" * 32)]


async def test_a_look_is_outdated_by_what_others_keep_under_its_keys(gate: Gate) -> None:
    one, other = (place.desk for place in places(gate))
    runtime = gate.runtimes["shop"]
    mine = await one.look(runtime, keys(gate))
    life = Life(session=b"s" * 16, since=1)
    theirs = await other.look(runtime, keys(gate))
    await other.store(theirs, Change(container="shop", lives={keys(gate)[0]: life}))
    with pytest.raises(Stale):
        await one.store(mine, Change(container="shop", lives={keys(gate)[0]: Life(session=b"t" * 16, since=2)}))
    again = await one.look(runtime, keys(gate))
    assert again.known.lives == {keys(gate)[0]: life}
    elsewhere = await one.look(runtime, [b"another key"])
    await other.store(again, Change(container="shop", lives={keys(gate)[0]: life}))
    await one.store(elsewhere, Change(container="shop", lives={b"another key": life}))


async def test_who_saw_what_could_not_be_kept_looks_again(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (place.desk for place in places(gate))
    runtime, life = gate.runtimes["shop"], Life(session=b"s" * 16, since=1)
    keeping, fail = asyncio.Event(), asyncio.Event()

    async def fails(*_: Any) -> None:
        keeping.set()
        await fail.wait()
        raise StoreError("cannot be written")

    mine = await one.look(runtime, keys(gate))
    with monkeypatch.context() as patched:
        patched.setattr(gate.store, "keep", fails)
        failing = asyncio.create_task(one.store(mine, Change(container="shop", lives={keys(gate)[0]: life})))
        await keeping.wait()
        theirs = await other.look(runtime, keys(gate))
        assert theirs.known.lives == {keys(gate)[0]: life}
        fail.set()
        with pytest.raises(StoreError):
            await failing
    with pytest.raises(Stale):
        await other.store(theirs, Change(container="shop", lives={b"other": life}))
    assert (await other.look(runtime, keys(gate))).known.lives == {}


async def test_nothing_to_keep_is_nothing_to_ask(gate: Gate) -> None:
    desk = places(gate)[0].desk
    look = await desk.look(gate.runtimes["shop"], keys(gate))
    places(gate)[0].worker.close()
    assert await desk.store(look, Change(container="shop")) == ()


@pytest.mark.parametrize(
    ("before", "then", "outdated"),
    [
        (Form.NONE, Form.PSEUDONYM, True),
        (Form.NONE, Form.NONE, False),
        (Form.PSEUDONYM, Form.NONE, False),
        (None, Form.PSEUDONYM, True),
        (None, Form.NONE, False),
    ],
)
@pytest.mark.parametrize("form", [Form.NONE, Form.PSEUDONYM])
async def test_who_came_from_an_address_outdates_only_what_needs_it(
    gate: Gate, before: Form | None, then: Form, outdated: bool, form: Form
) -> None:
    """A guest begins a visit after somebody with an ID: once that is seen, it holds whatever comes."""
    one, other = (place.desk for place in places(gate))

    async def saw(desk: FarDesk, form: Form) -> tuple[Look, bool]:
        hit = _hit(gate)
        look = await desk.look(gate.runtimes["shop"], [], [hit])
        browser = look.visits.fingerprint(hit.ip, hit.user_agent)
        track = Track("shop", None, browser, hit.arrived, late=False, changed=False, named=True)
        return look, look.visits.trail(track).begins("matomo", "v", form)

    def change(key: bytes) -> Change:
        return Change(container="shop", hits=[_hit(gate)], lives={key: Life(session=b"", since=0)})

    if before is not None:
        await other.store((await saw(other, before))[0], change(b"k"))
    look, begins = await saw(one, form)
    assert begins == (form is Form.PSEUDONYM or before is Form.PSEUDONYM)
    await other.store((await saw(other, then))[0], change(b"l"))
    if outdated and form is Form.NONE:
        with pytest.raises(Stale):
            await one.store(look, change(b"mine"))
    else:
        await one.store(look, change(b"mine"))


def _hit(gate: Gate) -> Hit:
    browser = gate.browser()
    now = gate.clock.now
    return Hit(container="shop", event="x", at=now, arrived=now, ip=browser.ip, user_agent=browser.agent)


async def test_what_could_not_be_stored_was_not_seen_by_any_worker(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> Any:
        raise Full("x")

    browser = gate.browser(consent=GRANTED)
    with monkeypatch.context() as patched:
        patched.setattr(gate.outbox, "put", full)
        assert (await browser.send(browser.hit(user="alice"))).status == 503
    assert (await browser.send(browser.hit(user="alice"))).status == 204
    assert (await browser.send(browser.hit(user="alice"))).status == 204
    assert [entry.get("new_visit") for entry in await gate.tracked()] == ["1", None]


async def test_a_visit_that_is_over_is_over_at_all_workers(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    for _ in range(2):
        await browser.see(user="alice")
    gate.clock.now += VISIT_MS + HOUR
    for _ in range(2):
        await browser.see(user="alice")
    assert [entry.get("new_visit") for entry in await gate.tracked()] == ["1", None, "1", None]


async def test_a_store_that_cannot_be_read_is_told(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> Any:
        raise StoreError("cannot be read")

    monkeypatch.setattr(gate.store, "know", fails)
    with pytest.raises(StoreError, match="cannot be read"):
        await places(gate)[0].desk.look(gate.runtimes["shop"], keys(gate))


async def test_a_day_key_that_cannot_be_kept_is_503(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> bytes:
        raise OSError(28, "no space")

    assert gate.office is not None
    monkeypatch.setattr(gate.office._front._day_key, "of", fails)
    browser = gate.browser()
    assert (await browser.send(browser.hit())).status == 503


async def test_when_the_keeper_is_gone_all_is_503(gate: Gate) -> None:
    for place in places(gate):
        place.keeper.close()
        await place.gone.wait()
    browser = gate.browser(consent=GRANTED)
    for path, body in (("/collect/shop", browser.hit()), ("/consent/shop", {"consent": REFUSED, "page": browser.page})):
        answer = await browser.post(path, body)
        assert (answer.status, answer.error) == (503, "cannot_promise")
        assert answer.headers["retry-after"]
    for path in ("/readyz", "/metrics"):
        assert (await gate.web.ask("GET", path)).status == 503
    assert (await gate.web.ask("GET", "/healthz")).status == 200
    key = {"authorization": f"Bearer {SECRETS['SHOP_SERVER']}"}
    assert (await gate.web.ask("POST", "/collect/shop", {"event": "x"}, key)).status == 503
