"""A pixel: one GET by the visitor's browser, with what is listed in its query."""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from gateway.destinations.page_tag import WHOLE_IP, PageExample, address
from gateway.language.tag_types import Fixed, Setting, SettingKind, TagType
from gateway.model import Delivery, Form, Json

USER = "user_id"

EXAMPLES = (
    PageExample(
        name="A purchase, with a pseudonym",
        settings={"url": "https://pixel.example.com/buy?shop=12", "user_id": "u"},
        delivery=Delivery(
            id="00" * 16,
            event="purchase",
            at=1_779_999_999_000,
            form=Form.PSEUDONYM,
            user="cafe" * 16,
            account="beef" * 16,
            url="https://shop.example.com/thanks",
            fields={"total": 99.5, "groups": ["a", "b"]},
        ),
        told={"url": f"https://pixel.example.com/buy?shop=12&total=99.5&groups=a%2Cb&u={'cafe' * 16}"},
    ),
    PageExample(
        name="A page view of a guest",
        settings={"url": "https://pixel.example.com/seen"},
        delivery=Delivery(id="11" * 16, event="page_view", at=1_779_999_999_000),
        told={"url": "https://pixel.example.com/seen"},
    ),
)


class Pixel:
    """Addresses end up in logs, so that a User ID goes into one as a pseudonym at most."""

    type = TagType(
        name="pixel",
        description="One request by the visitor's browser, with what is under fields in the address",
        settings={
            "url": address(
                "The pixel's address; what is under fields is added to it",
                "https://pixel.example.com/p.gif?shop=12",
                required=True,
            ),
            "user_id": Setting(
                kind=SettingKind.TEXT,
                description=f"The parameter that gets the User ID's pseudonym, if not {USER}",
                example="uid",
                pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$",
                advice="Write the parameter's name, like uid.",
            ),
            "cookies": Setting(
                kind=SettingKind.FLAG,
                description="`yes`: the browser sends along what cookies the receiver has set in it",
                example="yes",
            ),
        },
        address=("url",),
        forms=frozenset({Form.NONE, Form.PSEUDONYM}),
        identifiers=(),
        sends=("address, user agent and language of the browser, never the page's address",),
        fixed={
            "ip": WHOLE_IP,
            "page": Fixed("none", "The browser does not say on which page it is; name a variable under fields."),
        },
        by_browser=True,
        deletes=None,
    )
    examples: tuple[PageExample, ...] = EXAMPLES

    def tell(self, delivery: Delivery, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """`url`: the whole address."""
        hashed = delivery.form is Form.PSEUDONYM and delivery.user
        user = {settings.get("user_id", USER): delivery.user} if hashed else {}
        query = urlencode({name: _text(value) for name, value in {**delivery.fields, **user}.items()})
        place = str(settings["url"])
        return {"url": f"{place}{'&' if '?' in place else '?'}{query}" if query else place}


def _text(value: Json) -> str:
    """As a page would write it; a list's items with commas between them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ",".join("" if part is None else _text(part) for part in value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return msgspec.json.encode(value).decode()
