"""Who is signed in: stamped when a hit happens, never gained later, gone after logout."""

from typing import Any

import pytest
from playwright.async_api import Page
from snippet.tiny import GRANTED, USER, container, known_person, variable

from .conftest import Install
from .stub import Stub

YES = "<script>document.cookie = 'choice=statistics'</script>"
NO = "<script>document.cookie = 'choice=none'</script>"


async def opened(page: Page, stub: Stub, head: str = YES) -> dict[str, Any]:
    """The first page view."""
    await page.goto(stub.page("/a", head))
    return await stub.hit("page_view")


async def sent(page: Page, stub: Stub, script: str) -> list[dict[str, Any]]:
    """The hits that this script causes."""
    before = len(stub.hits)
    await page.evaluate(script + "; taggate('event', 'end')")
    await stub.hit("end")
    return stub.hits[before:]


async def test_identify(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub)
    given = "{proof: 'jwt', account: 'acme', traits: {email: 'a@x.org', level: 'gold', secret: 'no'}}"
    (hit,) = await sent(page, stub, f"taggate('identify', ' alice ', {given})")
    assert (hit["user_id"], hit["proof"], hit["account"]) == ("alice", "jwt", "acme")
    assert hit["traits"] == {"email": "a@x.org", "level": "gold"}
    assert "account_id" not in hit["values"], "an empty variable beside identify would be a conflict"
    assert "reset" not in hit


async def test_nothing_personal_leaves_when_it_may_not(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub, NO)
    given = "{proof: 'jwt-text', account: 'acme', traits: {email: 'a@x.org', level: 'gold'}}"
    await sent(page, stub, f"taggate('identify', 'alice', {given}); dataLayer = [{{user: {{id: 'alice'}}}}]")
    assert stub.hits[-1]["traits"] == {"level": "gold"}
    assert stub.hits[-1]["values"] == {"plan": None}
    for text in (b"alice", b"jwt-text", b"acme", b"a@x.org"):
        assert not any(text in call.body for call in stub.calls)


async def test_the_variable_and_nobody(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    first = await opened(page, stub)
    assert first["user_id"] is None
    assert first["values"] == {"account_id": None, "company_id": None, "proof": None, "plan": None}
    script = "window.dataLayer = [{user: {id: 7, company: 'acme', proof: 'jwt'}}]"
    (hit,) = await sent(page, stub, script)
    assert hit["values"] == {"account_id": 7, "company_id": "acme", "proof": "jwt", "plan": None}
    assert "user_id" not in hit
    assert "reset" not in hit


async def test_a_container_that_looks_for_nobody_says_nothing(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    assert "user_id" not in await opened(page, stub)


JUNK = (
    "'', null, undefined, 'undefined', ' NULL ', '0', 0, -1, 'Guest', 'anonymous', NaN, false, true, {},"
    "'[object Object]','{{ user.id }}', '${id}', '0000', '00000000-0000-0000-0000-000000000000',"
    "'x'.repeat(201), 'a\\u0007b', 1.5, 2**53"
)


async def test_junk_is_nobody(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub)
    hits = await sent(page, stub, f"[{JUNK}].forEach(id => {{ taggate('identify', id); taggate('event', 'e') }})")
    assert len(hits) == 24
    assert all(hit["user_id"] is None and "reset" not in hit for hit in hits)


async def test_junk_after_somebody_is_a_logout(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub)
    await sent(page, stub, "taggate('identify', 'alice'); taggate('event', 'one'); taggate('identify', 'null')")
    assert (stub.hits[-1]["user_id"], stub.hits[-1]["reset"]) == (None, True)


async def test_a_hit_queued_before_login_never_gains_an_id(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.goto(stub.page("/a", ""))
    await page.wait_for_function("window.taggate && taggate.containers")
    calls = (
        "taggate('event', 'before'); taggate('identify', 'alice'); taggate('event', 'during');"
        "document.cookie = 'choice=statistics'; taggate('event', 'agreed'); taggate('reset'); taggate('event', 'end')"
    )
    await page.evaluate(calls)
    await stub.hit("end")
    assert [(hit["event"], hit["user_id"], hit.get("reset")) for hit in stub.hits] == [
        ("page_view", None, None),
        ("before", None, None),
        ("during", "alice", None),
        ("agreed", "alice", None),
        ("end", None, True),
    ]


LEAVING = (
    ("taggate('identify', 'alice', {traits: {email: 'alice@x.org'}})", "taggate('reset')"),
    ("dataLayer = [{user: {id: 'alice'}}]", "dataLayer.push({user: {id: null}})"),
    ("taggate('identify', 'alice')", "taggate('identify', 'bob')"),
)


@pytest.mark.parametrize(("login", "logout"), LEAVING)
async def test_who_left_before_anybody_agreed_is_not_told(
    page: Page, stub: Stub, install: Install, login: str, logout: str
) -> None:
    install(known_person())
    await page.goto(stub.page("/a", ""))
    await page.wait_for_function("window.taggate && taggate.containers")
    await page.evaluate(f"{login}; taggate('event', 'hers'); history.replaceState({{}}, '', '/of/alice')")
    await page.evaluate(f"taggate('event', 'there'); {logout}; taggate('event', 'next')")
    await page.evaluate("document.cookie = 'choice=statistics'; taggate('event', 'end')")
    await stub.hit("end")
    assert {"hers", "there", "next"} <= set(stub.events)
    assert not [call for call in stub.calls if "alice" in call.body.decode()]
    assert [hit["event"] for hit in stub.hits if hit.get("reset")] == ["next"]
    assert len({hit["page"] for hit in stub.hits}) == 1


async def test_logout_leaves_what_stands_in_the_page(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(
        page, stub, YES + "<script>dataLayer = [{user: {id: 'alice', company: 'acme', proof: 'jwt'}}]</script>"
    )
    script = "taggate('reset'); taggate('event', 'one'); taggate('event', 'two'); dataLayer.push({user: {id: 'bob'}})"
    one, two, end = await sent(page, stub, script)
    assert (one["reset"], one["user_id"]) == (True, None)
    assert one["values"] == {"account_id": None, "company_id": None, "proof": None, "plan": None}
    assert ("reset" in two, two["user_id"], two["values"]["account_id"]) == (False, None, None)
    assert ("reset" in end, "user_id" in end, end["values"]["account_id"]) == (False, False, "bob")


async def test_a_logout_that_is_told_twice(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub, YES + "<script>dataLayer = [{user: {id: 'alice'}}]</script>")
    for hit in await sent(page, stub, "taggate('reset'); taggate('event', 'one'); taggate('reset')"):
        assert hit["values"]["account_id"] is None
        assert hit["user_id"] is None


async def test_the_same_id_again_after_it_was_gone_is_a_login(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub, YES + "<script>dataLayer = [{user: {id: 'alice'}}]</script>")
    await sent(
        page, stub, "taggate('reset'); dataLayer.push({user: {id: null}}); dataLayer.push({user: {id: 'alice'}})"
    )
    assert stub.hits[-1]["values"]["account_id"] == "alice"


AWAY = ("{user: {id: null}}", "{user: {id: 'bob'}}", "{user: null}", "{user: undefined}", "{'user.id': 'guest'}")


@pytest.mark.parametrize("head", [YES, NO])
async def test_logout_and_switch_are_noticed_also_when_the_id_may_not_leave(
    page: Page, stub: Stub, install: Install, head: str
) -> None:
    install(known_person())
    await opened(page, stub, head + "<script>dataLayer = []</script>")
    steps = (
        f"dataLayer.push({{'user.id': 'alice'}}); taggate('event', 'in'); dataLayer.push({to}); taggate('event', 'out')"
        for to in AWAY
    )
    hits = await sent(page, stub, "; ".join(steps))
    # From bob to alice is a switch too.
    assert [hit["event"] for hit in hits if hit.get("reset")] == ["out", "out", "in", "out", "out", "out"]


async def test_out_and_in_again_between_two_hits(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub, YES + "<script>dataLayer = [{user: {id: 'alice'}}]</script>")
    (hit,) = await sent(page, stub, "dataLayer.push({user: {id: null}}); dataLayer.push({user: {id: 'alice'}})")
    assert hit["reset"] is True


async def test_identify_another(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub)
    script = "taggate('identify', 'a1', {traits: {level: 'x'}}); taggate('event', 'one'); taggate('identify', 'b2')"
    one, end = await sent(page, stub, script)
    assert (one["user_id"], one["traits"]["level"], "reset" in one) == ("a1", "x", False)
    assert (end["user_id"], end["traits"]["level"], end["reset"]) == ("b2", None, True)


async def test_what_is_looked_for_too_early_says_nothing(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    pushed = "<script>dataLayer = [{event: 'one'}, {user: {id: 'alice'}}, {event: 'two'}]</script>"
    await opened(page, stub, YES + pushed)
    await stub.hit("two")
    assert stub.events == ["page_view", "one", "two"]
    assert [hit["values"].get("account_id", "unsaid") for hit in stub.hits] == ["alice", "unsaid", "alice"]
    assert not any("user_id" in hit or "reset" in hit for hit in stub.hits)


async def test_a_personal_cookie_is_not_even_read(page: Page, stub: Stub, install: Install) -> None:
    account = variable("account_id", "cookie", "uid", personal=True)
    source = known_person()
    install(container(account, consent=source.consent, user_id=USER, may_leave={"account_id": GRANTED}))
    spy = "<script>document.cookie = 'uid=alice'; document.cookie = 'choice=ads'</script>"
    first = await opened(page, stub, spy)
    assert "values" not in first
    assert "user_id" not in first, "nobody looked"
    (hit,) = await sent(page, stub, "document.cookie = 'choice=statistics'")
    assert hit["values"] == {"account_id": "alice"}


async def test_personal_fields_of_events(page: Page, stub: Stub, install: Install) -> None:
    mail = variable("mail", "event", "email", personal=True)
    source = known_person()
    install(container(mail, consent=source.consent, may_leave={"mail": GRANTED}, events=("page_view", "signup")))
    await opened(page, stub, NO)
    one, _ = await sent(page, stub, "taggate('event', 'signup', {email: 'a@x.org', plan: 'pro'})")
    assert one["fields"] == {"plan": "pro"}
    await page.evaluate(
        "document.cookie = 'choice=statistics'; taggate('event', 'again', {email: 'a@x.org', plan: 'pro'})"
    )
    assert (await stub.hit("again"))["fields"] == {"email": "a@x.org", "plan": "pro"}
