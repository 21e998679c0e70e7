"""The address of a pixel, with what is told in its query."""

import pytest

from gateway.destinations.pixel import Pixel
from gateway.model import Delivery, Json


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a & b/ä", "a+%26+b%2F%C3%A4"),
        (True, "true"),
        (None, "null"),
        (0, "0"),
        (99.0, "99"),
        (0.5, "0.5"),
        (["a", None, 2.0, [False]], "a%2C%2C2%2Cfalse"),
        ({"a": 1}, "%7B%22a%22%3A1%7D"),
    ],
)
def test_a_value_as_a_page_would_write_it(value: Json, written: str) -> None:
    delivery = Delivery(id="00" * 16, event="page_view", at=1, fields={"w": value})
    assert Pixel().tell(delivery, {"url": "https://p.example/"}) == {"url": f"https://p.example/?w={written}"}
