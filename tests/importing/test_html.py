"""HTML of somebody's own: one script by its address is carried over, anything else is left for a person."""

import pytest

from gateway.importing import gtm, matomo
from gateway.importing.assemble import assemble
from gateway.importing.html import one_script
from gateway.importing.report import Fate
from tests.importing import gtm_made, matomo_made
from tests.importing.proving import LOADER, TYPES, imported

URL = "https://chat.example/w.js"
DIGEST = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        (f'<script src="{URL}"></script>', {"url": URL}),
        (f"\n<!-- chat -->\n<SCRIPT async defer SRC='{URL}' type=text/javascript nonce=a></SCRIPT>\n", {"url": URL}),
        ('<script src="//chat.example/w.js?a=1&amp;b=2"></script>', {"url": "https://chat.example/w.js?a=1&b=2"}),
        (
            f'<script src="{URL}" integrity="{DIGEST}" crossorigin="anonymous" data-site="7"></script>',
            {"url": URL, "integrity": DIGEST, "attributes": {"crossorigin": "anonymous", "data-site": "7"}},
        ),
        (f'<script type="module" src="{URL}"></script>', {"url": URL, "attributes": {"type": "module"}}),
    ],
)
def test_one_script(said: str, settings: dict[str, object]) -> None:
    found = one_script(said).receiver
    assert found is not None
    assert (found.type, found.settings) == ("script", settings)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hello",
        "<script>run()</script>",
        f'<script src="{URL}">run()</script>',
        f'<script src="{URL}"></script><script src="{URL}"></script>',
        f'<script src="{URL}"></script><img src="https://p.example/">',
        f'<script src="{URL}" onload="run()"></script>',
        f'<script src="{URL}" id></script>',
        f'<script src="{URL}" type="text/template"></script>',
        f'<script src="{URL}" style="a"></script>',
        f'<img src="{URL}">',
        "<script src></script>",
        f'<script src="{URL}?key=0123456789abcdef0123456789abcdef"></script>',
        f'<script src="{URL}" data-token="abc"></script>',
    ],
)
def test_anything_else_is_left_for_a_person(said: str) -> None:
    made = one_script(said)
    assert made.receiver is None
    assert made.why


@pytest.mark.parametrize("src", [URL, "http://chat.example/w.js", "/w.js", "javascript:run()"])
def test_a_script_and_a_pixel_of_both_tag_managers(src: str) -> None:
    html = f'<script src="{src}"></script>'
    tags = [
        matomo_made.tag("Chat", "CustomHtml", [1], parameters={"customHtml": html}),
        matomo_made.tag("Pixel", "CustomImage", [1], parameters={"customImageSrc": "https://p.example/p.gif?a=1"}),
    ]
    there = matomo_made.export(tags, [matomo_made.trigger(1, "PageView")], [matomo_made.configuration()])
    others = [
        gtm_made.tag("Chat", "html", [gtm_made.ALL_PAGES], said={"html": html}),
        gtm_made.tag("Pixel", "img", [gtm_made.ALL_PAGES], said={"url": "//p.example/p.gif?a=1"}),
    ]
    for export in (matomo.read(there), gtm.read(gtm_made.export(tag=others))):
        made = imported(export)
        assert made.container.tags["pixel"].settings == {"url": "https://p.example/p.gif?a=1"}
        assert ("chat" in made.container.tags) == (src == URL)
        if src == URL:
            assert made.container.tags["chat"].send_when.all_of[:2] == ("analytics_ok", "marketing_ok")
        else:
            assert "Chat" in {entry.name for entry in made.report.of(Fate.NOT_POSSIBLE)}


def test_what_is_promised_of_the_others_is_not_promised_of_a_script() -> None:
    user = {"userId": "{{User}}"}
    tags = [
        matomo_made.matomo("Views", [1], kind="pageview"),
        matomo_made.tag("Chat", "CustomHtml", [1], parameters={"customHtml": f'<script src="{URL}"></script>'}),
    ]
    variables = [
        matomo_made.configuration(**user),
        matomo_made.variable("User", "DataLayer", {"dataLayerName": "user.id"}),
    ]
    export = matomo.read(matomo_made.export(tags, [matomo_made.trigger(1, "PageView")], variables))
    made = assemble(export, LOADER, TYPES)
    assert made.container.user_id is not None
    assert "{ never: attach, to: [views] }" in made.text
