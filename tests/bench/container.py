"""Containers of a size, made so that every trigger is asked for each hit.

The triggers are of mixed kinds on ten variables, and joins of them, and joins of joins. Most do not hold for the hit
of hit.lua. Each is in the send_when of a tag, in a rule, or in a join that is; what decides stands last, so that no
list is answered by its first name.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from msgspec import Struct

FIRST = 5
NOWHERE = "http://127.0.0.1:9"
"""A receiver that is down."""
LINES = (
    ("{{ plan: gold{n} }}", False),
    ("{{ event: page_view, path: {{ starts_with: /sale{n}/ }} }}", False),
    ("{{ amount: {{ at_least: {n}00 }} }}", False),
    ("{{ country: de, section: {{ one_of: [hats{n}, bags{n}] }} }}", False),
    ("any", False),
    ("{{ consent: {{ granted: analytics }}, campaign: ads{n} }}", False),
    ("{{ referrer: {{ not_contains: partner{n} }}, stock: {{ present: false }} }}", True),
    ("{{ event: purchase, amount: {{ more_than: {n} }} }}", False),
    ("{{ country: {{ not_one_of: [fr{n}, it{n}, de] }} }}", False),
    ("none", True),
    ("{{ consent: {{ granted: marketing }}, variant: b{n} }}", False),
    ("{{ title: {{ contains: sale {n} }}, variant: {{ is_not: c{n} }} }}", False),
    ("{{ path: {{ like: '/shoes/*/{n}00?' }}, plan: gold }}", False),
    ("any", False),
)
"""A trigger's text, and whether it holds for the hit; `any` and `none` join what came before."""


class Triggers(Struct):
    """Their lines, and the names that nobody joins yet, by what they answer."""

    lines: list[str]
    false: list[str]
    true: list[str]


MATOMO = "accept: { matomo: { site_ids: [1], server_token: { secret: matomo_token }, consent_purpose: analytics } }"
TOLD = {
    "data_layer: user.plan": "event: dimensions.1",
    "data_layer: page.section": "event: dimensions.2",
    "data_layer: page.country": "event: dimensions.3",
    "data_layer: test.variant": "event: dimensions.4",
    "data_layer: page.stock": "event: dimensions.5",
}
"""What a page keeps in its data layer, and where a client of Matomo's tells the same."""


def of_matomo() -> str:
    """The usual container, for hits of Matomo's clients."""
    text = container()
    for page, client in TOLD.items():
        text = text.replace(page, client)
    return text.replace("consent:", f"{MATOMO}\nconsent:", 1)


def container(triggers: int = 20, tags: int = 3, receiver: str = NOWHERE) -> str:
    """So many triggers and tags; the tags attach, hash and drop in turn."""
    made = _triggers(triggers)
    return "\n".join(
        [
            "version: 1",
            "site: { name: Bench, domains: [shop.example.com], drop_query: [gclid] }",
            "consent: { from: { cookie: cookie_consent }, purposes: { analytics: statistics, marketing: ads } }",
            "visitor: { remember_when: analytics_ok }",
            "variables:",
            "  account_id: { data_layer: user.id }",
            "  plan: { data_layer: user.plan }",
            "  section: { data_layer: page.section }",
            "  country: { data_layer: page.country }",
            "  variant: { data_layer: test.variant }",
            "  stock: { data_layer: page.stock, type: number }",
            "  amount: { event: value, type: number }",
            "  path: { url: path }",
            "  campaign: { query: utm_source }",
            "  referrer: { page: referrer }",
            "  title: { page: title }",
            "triggers:",
            *made.lines,
            "tags:",
            *(line for number in range(tags) for line in _tag(number, tags, made, receiver)),
            "user_id:",
            "  from: account_id",
            "  hash_with: { secret: user_id_key }",
            "  rules:",
            *_rules(tags, made),
            "  otherwise: drop",
            "tests: []",
            "",
        ]
    )


def _triggers(number: int) -> Triggers:
    made = Triggers(
        lines=[
            "  page_view: { event: page_view }",
            "  signed_in: { account_id: { present: true } }",
            "  analytics_ok: { consent: { granted: analytics } }",
            "  marketing_ok: { consent: { granted: marketing } }",
            "  member: { all_of: [signed_in, analytics_ok] }",
        ],
        false=[],
        true=[],
    )
    for index, (text, holds) in enumerate(islice(cycle(LINES), number - FIRST), 1):
        told = {"any": _any, "none": _none}.get(text)
        made.lines.append(f"  t{index}: {told(made) if told else text.format(n=index)}")
        (made.true if holds else made.false).append(f"t{index}")
    return made


def _any(made: Triggers) -> str:
    # The oldest name may be a join itself.
    joined = [made.false.pop(0), made.false.pop(), made.false.pop()]
    return f"{{ any_of: [{', '.join(joined)}] }}"


def _none(made: Triggers) -> str:
    return f"{{ all_of: [{made.true.pop()}], none_of: [{made.false.pop(0)}, {made.false.pop()}] }}"


def _tag(number: int, tags: int, made: Triggers, receiver: str) -> Iterator[str]:
    share = _share(made.false, number, tags)
    half = len(share) // 2
    wanted, unwanted = [*share[:half], "page_view"], share[half:]
    always = _share(made.true, number, tags) or ["page_view"]
    yield f"  tag{number}:"
    yield "    type: matomo"
    yield f"    send_when: {{ all_of: {_list(always)}, any_of: {_list(wanted)}, none_of: {_list(unwanted)} }}"
    yield "    consent: not_needed"
    yield f"    settings: {{ url: '{receiver}/{number}/', site_id: {number + 1}, token: {{ secret: matomo_token }} }}"
    yield "    fields: { dimension1: plan, dimension2: section, dimension3: country }"


def _share(names: Sequence[str], number: int, tags: int) -> list[str]:
    """This tag's part: two names at least, and each name is some tag's."""
    size = min(len(names), max(2, -(-len(names) // tags)))
    return list(islice(cycle(names), number * size % max(len(names), 1), number * size % max(len(names), 1) + size))


def _rules(tags: int, made: Triggers) -> Iterator[str]:
    named = [f"tag{number}" for number in range(tags)]
    attach, hash_ = named[0::3], named[1::3]
    yield f"    - {{ when: {{ all_of: [member], any_of: {_list(made.false[-2:])} }}, hash: {_list(attach)} }}"
    yield f"    - {{ when: {{ all_of: [marketing_ok, member] }}, attach: {_list(attach + hash_)} }}"
    yield f"    - {{ when: member, attach: {_list(attach)} }}"
    if hash_:
        yield f"    - {{ when: member, hash: {_list(hash_)} }}"


def _list(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"
