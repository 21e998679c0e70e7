"""What reads as if it said who somebody is."""

import pytest

from gateway.language.persons import looks_personal
from tests.language.small import changed, codes

PLAN = "plan: { cookie: plan }"


@pytest.mark.parametrize(
    ("kind", "source", "looks"),
    [
        ("data_layer", "user.email", True),
        ("data_layer", "userEmail", True),
        ("data_layer", "order.e_mail_address", True),
        ("data_layer", "user.phone", True),
        ("event", "customer.firstName", True),
        ("event", "tel", True),
        ("data_layer", "user.member_id", True),
        ("data_layer", "user.userID", True),
        ("cookie", "customer_id", True),
        ("query", "email", True),
        ("trait", "name", True),
        ("js", "window.member.birthDate", True),
        ("data_layer", "user.address.street", True),
        ("js", "window.customer.number", True),
        ("cookie", "kundennummer", True),
        ("event", "customer_no", True),
        ("data_layer", "kunde.mailadresse", True),
        ("event", "order_number", False),
        ("data_layer", "product.name", False),
        ("data_layer", "user.plan", False),
        ("data_layer", "user.has_email", False),
        ("data_layer", "device.mobile", False),
        ("event", "order_id", False),
        ("event", "id", False),
        ("event", "phone_model", False),
        ("query", "mail", False),
        ("url", "path", False),
        ("header", "X-Email", False),
    ],
)
def test_what_looks_personal(kind: str, source: str, looks: bool) -> None:
    assert looks_personal(kind, source) is looks


def test_a_text_that_is_built_from_itself_and_a_variable_that_is_not_there_look_like_nobody() -> None:
    looped = changed((PLAN, 'plan: { text: "{plan}-{nothing}" }'))
    assert "looks-personal" not in codes(looped)
    assert "variable-loop" in codes(looped)
