"""A small container in which nothing is wrong or doubtful, tag types that do not change, and ways to load a text."""

from gateway.decide.suppose import judge
from gateway.destinations.pixel import Pixel
from gateway.destinations.script import Script
from gateway.language.container import Container
from gateway.language.load import Loaded, Loader
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.model import ABSENT, Consent, Facts, Form, Identity, Reading, Signed

URL = Setting(kind=SettingKind.URL, required=True, description="Where it is", example="https://stats.example.com/")
SECRET = Setting(kind=SettingKind.SECRET, description="Shown to the receiver", example="crm_token")
TYPES = {
    kind.name: kind
    for kind in (
        TagType(
            name="webhook", description="One object a hit", settings={"url": URL, "token": SECRET}, address=("url",)
        ),
        TagType(
            name="matomo",
            description="A site in Matomo",
            settings={
                "url": URL,
                "site_id": Setting(
                    kind=SettingKind.WHOLE_NUMBER, required=True, description="The site's number", example="3"
                ),
                "goals": Setting(kind=SettingKind.GOALS, description="Conversions", example="{ newsletter: 3 }"),
                "token": SECRET,
            },
            address=("url", "site_id"),
            endings=("/matomo.php",),
            fields=("dimension[1-9]", "revenue"),
            details={"search": ("term",)},
            identifiers=(),
            ip_needs="token",
        ),
        TagType(
            name="counter",
            description="Counts, and knows nobody",
            settings={
                "path": Setting(kind=SettingKind.PATH, required=True, description="The file", example="hits.txt")
            },
            address=("path",),
            forms=frozenset({Form.NONE}),
            fields=(),
            identifiers=(),
        ),
        TagType(
            name="list",
            description="People only",
            settings={"url": URL},
            address=("url",),
            without_id=False,
        ),
    )
} | {"script": Script.type, "pixel": Pixel.type}
LOADER = Loader(TYPES, judge)
TEXT = """\
version: 1
site: { name: Shop, domains: [shop.example.com] }
consent:
  from: { cookie: choice }
  purposes: { analytics: statistics, marketing: ads }
visitor: { remember_when: analytics_ok }
variables:
  account_id: { data_layer: user.id }
  proof: { data_layer: user.proof }
  plan: { cookie: plan }
  total: { event: value, type: number }
triggers:
  page_view: { event: page_view }
  big_order: { event: purchase, total: { at_least: 100 } }
  signed_in: { account_id: { present: true } }
  analytics_ok: { consent: { granted: analytics } }
tags:
  crm:
    type: webhook
    send_when: { all_of: [analytics_ok], any_of: [page_view, big_order] }
    settings: { url: https://hooks.example.com/ }
    fields: { plan: plan }
user_id:
  from: account_id
  verified_by: { token: proof, key: { secret: login_key } }
  hash_with: { secret: user_id_key }
  rules:
    - { when: { all_of: [signed_in, analytics_ok] }, attach: [crm] }
  otherwise: drop
tests:
  - name: Signed in and agreed
    given: { event: page_view, account_id: 007, consent: [analytics] }
    expect: { crm: attach }
  - name: Said no
    given: { event: page_view, account_id: 007, consent: [] }
    expect: {}
  - name: Has not answered
    given: { event: page_view, account_id: 007 }
    expect: {}
"""


def load(text: str | bytes, name: str = "small") -> Loaded:
    """What becomes of a text."""
    source = text.encode() if isinstance(text, str) else text
    return LOADER.compile(source, name, f"{name}.yaml")


def container(text: str) -> Container:
    """The container of a text in which nothing is wrong."""
    loaded = load(text)
    assert loaded.container, "\n".join(loaded.report())
    return loaded.container


def changed(*pairs: tuple[str, str]) -> str:
    """The small container with these pieces replaced, each of which must be there."""
    text = TEXT
    for old, new in pairs:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def codes(text: str | bytes) -> list[str]:
    """What is wrong with a text, in the order of the file."""
    return [problem.code for problem in load(text).problems]


def seen(plan: Reading = ABSENT, who: str | None = "007", **consent: Consent) -> Facts:
    """A page view of the small container, signed in and agreed to everything unless said."""
    readings = {"event": "page_view", "account_id": who or ABSENT, "proof": ABSENT, "plan": plan, "total": ABSENT}
    granted = dict.fromkeys(("analytics", "marketing"), Consent.GRANTED)
    identity = Identity(Signed.VERIFIED, who) if who else Identity(Signed.NOBODY)
    return Facts(event="page_view", readings=readings, consent=granted | consent, identity=identity)
