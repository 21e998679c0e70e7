"""One slip of the finger."""

import pytest

from gateway.language.slips import alike, one_slip


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("purchase", "purchsae", True),
        ("purchase", "purchas", True),
        ("newsletter_signup", "newsleter_signup", True),
        ("page_view", "page_views", True),
        ("login", "lagin", True),
        ("login", "login", False),
        ("login", "logout", False),
        ("video_start", "video_stop", False),
        ("step_1", "step_2", False),
        ("step_1", "step_11", False),
        ("step_12", "step_21", False),
        ("abcd", "adcb", False),
    ],
)
def test_one_slip(one: str, other: str, slip: bool) -> None:
    assert one_slip(one, other) is one_slip(other, one) is slip


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("page_view", "PageView", True),
        ("page_view", "page-view", True),
        ("page_view", "page_views", True),
        ("page_view", "page_view", False),
        ("step_1", "step_2", False),
    ],
)
def test_alike(one: str, other: str, is_alike: bool) -> None:
    assert alike(one, other) is alike(other, one) is is_alike
