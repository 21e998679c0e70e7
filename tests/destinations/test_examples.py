"""Every tag type's worked examples, rendered as they say."""

import pytest

from gateway.destinations import TABLE
from gateway.destinations.protocol import THREE_DAYS, Destination, Example, Target
from gateway.model import Append, Request

CASES = [
    pytest.param(destination, example, id=f"{name}: {example.name}")
    for name, destination in TABLE.items()
    for example in destination.examples
]


@pytest.mark.parametrize(("destination", "example"), CASES)
def test_renders_as_the_example_says(destination: Destination, example: Example) -> None:
    target = Target(container="shop", tag="t", settings=example.settings, secrets=example.secrets)
    made = destination.render(example.deliveries, target, example.now)
    if isinstance(made, Append):
        assert isinstance(example.request, Append)
        assert (made.path, made.lines.decode()) == (example.request.path, example.request.lines.decode())
        return
    assert isinstance(example.request, Request)
    assert made.url == example.request.url
    assert made.body.decode() == example.request.body.decode()
    assert made.headers == example.request.headers
    assert made.method == "POST"


@pytest.mark.parametrize("name", TABLE)
def test_is_described_whole(name: str) -> None:
    destination = TABLE[name]
    assert destination.type.name == name
    assert destination.examples
    assert destination.batch >= 1
    assert destination.timeout > 0
    assert 0 < destination.oldest <= THREE_DAYS
    assert set(destination.type.address) <= set(destination.type.settings)
    for setting in destination.type.settings.values():
        assert setting.description
        assert setting.example


def test_a_target_never_shows_its_secrets() -> None:
    target = Target(container="shop", tag="crm", settings={"url": "https://u:p@x"}, secrets={"token": "s3cret"})
    assert repr(target) == "Target(shop/crm)"
