"""A script in the page: one of somebody else by its address, or code of the website's own."""

from collections.abc import Mapping
from typing import Any

from gateway.destinations.page_tag import WHOLE_IP, PageExample, address
from gateway.language.tag_types import Fixed, Setting, SettingKind, TagType
from gateway.model import Delivery, Form, Json

ATTRIBUTE = r"^(data-[a-z0-9-]+|id|type|charset|crossorigin|referrerpolicy|fetchpriority)$"

EXAMPLES = (
    PageExample(
        name="A chat of somebody else, which gets what is listed as data- attributes",
        settings={"url": "https://chat.example.com/widget.js", "async": True},
        delivery=Delivery(
            id="00" * 16,
            event="page_view",
            at=1_779_999_999_000,
            form=Form.PSEUDONYM,
            user="cafe" * 16,
            url="https://shop.example.com/",
            fields={"plan": "gold"},
        ),
        told={"data": {"plan": "gold", "user-id": "cafe" * 16}},
    ),
    PageExample(
        name="Code of one's own, for somebody whose User ID is attached",
        settings={"code": "window.greeted = tag.user.id;\n"},
        delivery=Delivery(
            id="11" * 16,
            event="sign_up",
            at=1_779_999_999_000,
            form=Form.RAW,
            user="alice",
            account="acme",
            fields={"total": 99.5},
        ),
        told={
            "event": "sign_up",
            "fields": {"total": 99.5},
            "user": {"form": "attach", "id": "alice"},
            "account": "acme",
        },
    ),
    PageExample(
        name="The same where the User ID is dropped",
        settings={"code": "window.greeted = tag.user.id;\n"},
        delivery=Delivery(id="22" * 16, event="page_view", at=1_779_999_999_000),
        told={"event": "page_view", "fields": {}},
    ),
)


class Script:
    """It can read the page, so that it counts as attach whenever somebody may be signed in (containers.md)."""

    type = TagType(
        name="script",
        description="A script that runs in the page: somebody else's by its address, or code of your own",
        settings={
            "url": address(
                "The address of somebody else's script; what is under fields becomes its data- attributes",
                "https://chat.example.com/widget.js",
            ),
            "code": Setting(
                kind=SettingKind.CODE,
                description="JavaScript of your own, behind `|` on lines of its own; it has `tag.event`, `tag.fields`, "
                "`tag.user` and `tag.account`",
                example="document.body.dataset.plan = tag.fields.plan;",
            ),
            "integrity": Setting(
                kind=SettingKind.TEXT,
                description="What the script must be, or the browser refuses it",
                example="sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
                pattern=r"^sha(256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}$",
                advice="Write sha384- and the digest in base64, as on the page that offers the script.",
                beside="url",
            ),
            "async": Setting(
                kind=SettingKind.FLAG,
                description="`no`: scripts that wait for one another run in the order in which they were asked for",
                example="no",
                beside="url",
            ),
            "attributes": Setting(
                kind=SettingKind.TEXTS,
                description="Attributes that never change: `data-…`, `id`, `type`, `charset`, `crossorigin`, "
                "`referrerpolicy`, `fetchpriority`",
                example="{ data-site: shop }",
                pattern=ATTRIBUTE,
                advice="Possible are data-…, id, type, charset, crossorigin, referrerpolicy and fetchpriority.",
                beside="url",
            ),
            "once_per_page": Setting(
                kind=SettingKind.FLAG,
                description="`yes`: once until the page is loaded anew, though more hits ask for it",
                example="yes",
            ),
        },
        address=("url", "code"),
        fields=("[a-z][a-z0-9_-]*",),
        identifiers=(),
        sends=("whatever it reads in the page and says to whomever it likes", "address and user agent of the browser"),
        one_of=("url", "code"),
        fixed={"ip": WHOLE_IP, "page": Fixed("url", "What runs in the page can read its address.")},
        by_browser=True,
        in_page=True,
        deletes=None,
    )
    examples: tuple[PageExample, ...] = EXAMPLES

    def tell(self, delivery: Delivery, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """`data` for a script by its address, or what its code gets as `tag`."""
        known = delivery.form is not Form.NONE
        user, account = (delivery.user, delivery.account) if known else (None, None)
        if "url" in settings:
            who = {"user-id": user, "account": account}
            return {"data": {**delivery.fields, **{name: said for name, said in who.items() if said}}}
        told: dict[str, Any] = {"event": delivery.event, "fields": dict(delivery.fields)}
        if user:
            told["user"] = {"form": delivery.form.word, "id": user}
        return told | ({"account": account} if account else {})
