"""What an older version decided, and the one that runs lets leave."""

import pytest
from msgspec import structs
from people.shops import container, with_user

from gateway.decide.bounds import Bounds
from gateway.language.container import Container
from gateway.model import Delivery, Form

MORE = "  plan:  { data_layer: plan }\n  email: { trait: email, personal: true }\n"
USED = "  used: { plan: x, email: x }"
LISTED = "    fields: { plan: plan }\n    identifiers: { mail: email }"
AGREED = ("analytics",)
MADE = Delivery(
    id="1",
    event="purchase",
    at=5,
    form=Form.RAW,
    user="alice-4711",
    url="https://shop.example.com/p?q=shoes&session=s3cret#top",
    title="Shoes",
    referrer="https://shop.example.com/?session=s3cret",
    ip="203.0.113.0",
    fields={"plan": "gold"},
    details={"value": 9, "email": "a@b.example"},
    identifiers={"mail": "a@b.example"},
)


def bounds(form: str = "attach", tag: str = LISTED, **told: str) -> Bounds:
    return of(with_user(form, variables=MORE, tag=tag, triggers=USED, **told))


def of(shop: Container) -> Bounds:
    return Bounds.of(shop, shop.tags["hook"])


def cut(tag: str, **told: str) -> Delivery:
    made = bounds(tag=tag, **told).within(MADE, AGREED)
    assert made is not None
    return made


def test_one_of_the_same_version_stays_as_it_is() -> None:
    made = structs.replace(MADE, details={})
    assert bounds().within(made, AGREED) is made


@pytest.mark.parametrize(
    ("made", "now", "leaves"),
    [
        (Form.RAW, "attach", True),
        (Form.PSEUDONYM, "attach", True),
        (Form.NONE, "attach", True),
        (Form.RAW, "hash", False),
        (Form.PSEUDONYM, "hash", True),
        (Form.NONE, "hash", True),
    ],
)
def test_no_stronger_form_than_any_rule_gives_it(made: Form, now: str, leaves: bool) -> None:
    delivery = structs.replace(MADE, form=made, details={}, identifiers={})
    tag = LISTED if now == "attach" else "    fields: { plan: plan }"
    assert (bounds(now, tag).within(delivery, AGREED) is delivery) == leaves


@pytest.mark.parametrize(("form", "leaves"), [(Form.RAW, False), (Form.PSEUDONYM, False), (Form.NONE, True)])
def test_where_no_user_id_is_left(form: Form, leaves: bool) -> None:
    delivery = structs.replace(MADE, form=form, fields={}, details={}, identifiers={})
    assert (of(container()).within(delivery, AGREED) is not None) == leaves


def test_what_rests_on_a_purpose_that_nobody_can_withdraw_any_more() -> None:
    assert bounds().within(MADE, AGREED)
    assert bounds().within(MADE, ("analytics", "statistics")) is None


def test_what_needs_a_consent_now_that_was_not_asked_for_when_it_came() -> None:
    nameless = structs.replace(MADE, form=Form.NONE, details={}, identifiers={})
    for form in (Form.PSEUDONYM, Form.RAW):
        assert bounds().within(structs.replace(nameless, form=form), ()) is None
    assert bounds().within(nameless, ()) is nameless
    asking = of(container(sends="view, analytics_ok"))
    nameless = structs.replace(nameless, fields={})
    assert asking.within(nameless, ()) is None
    assert asking.within(nameless, AGREED) is nameless


def test_less_of_it() -> None:
    assert cut("    fields: { plan: plan }").identifiers == {}
    assert cut("    identifiers: { mail: email }").fields == {}
    path = cut(f"{LISTED}\n    page: path")
    assert (path.url, path.referrer, path.title) == (
        "https://shop.example.com/p",
        "https://shop.example.com/",
        "Shoes",
    )
    none = cut(f"{LISTED}\n    page: none\n    ip: none")
    assert (none.url, none.referrer, none.title, none.ip) == (None, None, None, None)
    full = structs.replace(MADE, ip="203.0.113.9")
    found = bounds().within(full, AGREED)
    assert found is not None
    assert found.ip == "203.0.113.0"
    kept = bounds(tag=f"{LISTED}\n    ip: full").within(full, AGREED)
    assert kept is not None
    assert kept.ip == "203.0.113.9"
    nowhere = bounds().within(structs.replace(MADE, url=None, ip=None), AGREED)
    assert nowhere is not None
    assert (nowhere.url, nowhere.ip) == (None, None)


def test_parameters_that_are_taken_out_since() -> None:
    shop = with_user("attach", variables=MORE, tag=LISTED, triggers=USED)
    stricter = structs.replace(shop, site=structs.replace(shop.site, drop_query=frozenset({"session"})))
    found = of(stricter).within(MADE, AGREED)
    assert found is not None
    assert found.url == "https://shop.example.com/p?q=shoes#top"
    assert found.referrer == "https://shop.example.com/"


def test_audience_measurement_without_consent_since() -> None:
    exempt = structs.replace(of(container()), exempt=True)
    made = structs.replace(MADE, form=Form.NONE, url="https://shop.example.com/?utm_source=x&q=1")
    found = exempt.within(made, ())
    assert found is not None
    assert found.url == "https://shop.example.com/?q=1"


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        ("purchase", {"value": 9}),
        ("login", {"value": 9, "email": "a@b.example"}),
        ("page_view", {"email": "a@b.example"}),
    ],
)
def test_details_by_event(event: str, kept: dict[str, object]) -> None:
    named = {"purchase": frozenset({"value"}), "login": frozenset({"value", "email"}), "*": frozenset({"email"})}
    found = structs.replace(bounds(), details=named).within(structs.replace(MADE, event=event), AGREED)
    assert found is not None
    assert found.details == kept
