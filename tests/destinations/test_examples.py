"""Every tag type's worked examples, rendered as they say."""

import pytest

from gateway.destinations import PAGE_TAGS, TABLE, TYPES
from gateway.destinations.page_tag import PageExample, PageTag
from gateway.destinations.protocol import THREE_DAYS, Destination, Example, Target
from gateway.language.tag_types import SettingKind
from gateway.model import Append, Request
from gateway.shipped import folder

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


TOLD = [
    pytest.param(tag, example, id=f"{name}: {example.name}")
    for name, tag in PAGE_TAGS.items()
    for example in tag.examples
]


@pytest.mark.parametrize(("tag", "example"), TOLD)
def test_tells_the_page_what_the_example_says(tag: PageTag, example: PageExample) -> None:
    assert tag.tell(example.delivery, example.settings) == example.told


@pytest.mark.parametrize("name", PAGE_TAGS)
def test_what_the_page_runs_is_said_to_be_run_there(name: str) -> None:
    kind = PAGE_TAGS[name].type
    assert (kind.name, kind.by_browser, set(kind.fixed)) == (name, True, {"ip", "page"})
    assert PAGE_TAGS[name].examples
    # What goes to a page is no secret any more, and personal values have no place in an address or an attribute.
    assert not [setting for setting in kind.settings.values() if setting.kind is SettingKind.SECRET]
    assert kind.identifiers == ()
    assert (folder("static") / "snippet" / f"{name}.js").is_file()


@pytest.mark.parametrize("name", TYPES)
def test_its_settings_are_described(name: str) -> None:
    kind = TYPES[name]
    assert set(kind.address) <= set(kind.settings)
    for setting in kind.settings.values():
        assert setting.description
        assert setting.example


@pytest.mark.parametrize("name", TABLE)
def test_is_described_whole(name: str) -> None:
    destination = TABLE[name]
    assert destination.type.name == name
    assert not destination.type.by_browser
    assert destination.examples
    assert destination.batch >= 1
    assert destination.timeout > 0
    assert 0 < destination.oldest <= THREE_DAYS


def test_a_target_never_shows_its_secrets() -> None:
    target = Target(container="shop", tag="crm", settings={"url": "https://u:p@x"}, secrets={"token": "s3cret"})
    assert repr(target) == "Target(shop/crm)"
