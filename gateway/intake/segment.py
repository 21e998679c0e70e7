"""Segment's HTTP API → Hits. The body of a call or a batch in; what the calls mean here out (events.md)."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import UNSET, Struct

from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit, Rejected, corrected, read_body
from gateway.intake.wording import Beside, known, moment, numbered, own_event, own_fields
from gateway.language.container import ConsentSource, Container
from gateway.language.user_id import Refusal, normalise
from gateway.language.values import plain
from gateway.model import Hit, Json

Told = Mapping[str, Any]
Fields = dict[str, Json]
Meaning = tuple[str, Fields]

MOST_CALLS = 250
"""What the largest of Segment's libraries puts into a batch."""
LONGEST_ID = 200
CALLS = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch"}
"""The last word of an address where it is short: what is called."""
PLACE = frozenset({"url", "title", "referrer", "path", "search", "keywords"})
"""Properties of a page view that tell where it was."""
NOTHING: Told = {}


class Calls(Struct, frozen=True):
    """What a body holds: the calls, the write key, and for all of them the time of sending (as it was said) and the
    context."""

    calls: list[Json]
    key: str
    sent_at: Json
    context: Told


def read_calls(body: bytes, called: str) -> Calls:
    """`called`: as in the address. Raises BadHit."""
    found = read_body(body)
    if not isinstance(found, dict):
        raise BadHit("not_an_object", "the body must be an object")
    calls = found.get("batch") if called == "batch" else [{**found, "type": called}]
    if not isinstance(calls, list) or not 1 <= len(calls) <= MOST_CALLS:
        raise BadHit("bad_batch", f"batch must be a list of 1 to {MOST_CALLS} calls")
    return Calls(calls, _text(found.get("writeKey")) or "", found.get("sentAt"), _map(found.get("context")))


def read_hits(said: Calls, container: Container, sender: Sender, beside: Beside) -> tuple[list[Hit], list[Rejected]]:
    """The hits that can be read, in order, and the calls that cannot. Raises BadHit when there is none."""
    good: list[Hit] = []
    bad: list[Rejected] = []
    for index, call in enumerate(said.calls):
        try:
            if not isinstance(call, dict):
                raise BadHit("not_an_object", "a call must be an object")
            context = {**said.context, **_map(call.get("context"))}
            sent_at = moment(_text(call.get("sentAt") or said.sent_at) or "")
            good.append(_hit(call, context, sent_at, container=container, sender=sender, beside=beside))
        except BadHit as error:
            bad.append(Rejected(index, error))
    if not good:
        raise bad[0].error
    return good, bad


def _hit(
    call: Told, context: Told, sent_at: int | None, *, container: Container, sender: Sender, beside: Beside
) -> Hit:
    meaning = MEANINGS.get(_text(call.get("type")) or "")
    if meaning is None:
        raise BadHit("unknown_call", "a call is identify, track, page, screen, group or alias")
    event, fields = meaning(call)
    trusted = sender.trusted
    page = {**_map(context.get("page")), **(_map(call.get("properties")) if event == "page_view" else NOTHING)}
    traits = _map(call.get("traits") if event == "identify" else context.get("traits"))
    said_at = moment(_text(call.get("originalTimestamp") or call.get("timestamp")) or "")
    number, url = _text(call.get("messageId")), _text(page.get("url"))
    return Hit(
        container=container.name,
        event=event,
        at=sender.arrived if said_at is None else corrected(said_at, sent_at, sender.arrived),
        arrived=sender.arrived,
        id=numbered("segment", number) if number else None,
        url=beside.url if url is None else url,
        title=_text(page.get("title") or (call.get("name") if call["type"] == "screen" else None)),
        referrer=_text(page.get("referrer")),
        language=_text(context.get("locale")) or beside.language,
        fields=own_fields(fields, container),
        consent=_consent(context, container.consent),
        user_id=call.get("userId", UNSET),
        proof=_text(traits.get("proof")),
        account=call.get("groupId", context.get("groupId", UNSET)),
        traits=known({name: value for name, value in traits.items() if name != "proof"}) if traits else None,
        trusted=trusted,
        ip=_text(context.get("ip")) if trusted else sender.ip,
        user_agent=_text(context.get("userAgent")) if trusted else sender.user_agent,
        country=sender.country,
        headers=sender.headers,
        cookies=sender.cookies,
        gpc=sender.gpc,
        cookie=sender.cookie,
        visitor=_visitor(call),
        before=_before(call) if event == "alias" else None,
    )


def _visitor(call: Told) -> str | None:
    """A claim."""
    said = _text(call.get("anonymousId"))
    return f"segment:{said}" if said and len(said) <= LONGEST_ID else None


def _before(call: Told) -> str | None:
    """What is as good as no ID at all is found everywhere, and says nothing of anybody."""
    said = plain(call.get("previousId"))
    return said if said and not isinstance(normalise(said), Refusal) and said != plain(call.get("userId")) else None


def _consent(context: Told, source: ConsentSource | None) -> dict[str, bool]:
    """By our word or the banner's; a refusal in either wins. A word that is ours means what it means here."""
    said = _map(_map(context.get("consent")).get("categoryPreferences"))
    found: dict[str, bool] = {}
    for purpose, word in source.purposes.items() if source and said else ():
        names = {purpose, word if word not in source.purposes else purpose} if source else ()
        claims = [said[name] for name in names if isinstance(said.get(name), bool)]
        if claims:
            found[purpose] = all(claims)
    return found


# what happened


def _page(call: Told) -> Meaning:
    told = {name: value for name, value in _map(call.get("properties")).items() if name not in PLACE}
    return "page_view", {**told, **known({"category": call.get("category"), "name": call.get("name")})}


def _track(call: Told) -> Meaning:
    name, told = _text(call.get("event")) or "", _map(call.get("properties"))
    return NAMES[name](told) if name in NAMES else (own_event(name), dict(told))


def _identify(_: Told) -> Meaning:
    return "identify", {}


def _group(call: Told) -> Meaning:
    return "group", dict(_map(call.get("traits")))


def _alias(_: Told) -> Meaning:
    """The ID before may leave in no form."""
    return "alias", {}


MEANINGS: Mapping[str, Callable[[Told], Meaning]] = {
    "track": _track,
    "page": _page,
    "screen": _page,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}


SALE = ("order_id", "subtotal", "tax", "shipping", "discount", "currency")


def _sale(event: str, action: str | None = None) -> Callable[[Told], Meaning]:
    def meaning(told: Told) -> Meaning:
        value = next((told[name] for name in ("total", "value", "revenue") if told.get(name) is not None), None)
        same = {name: told.get(name) for name in SALE}
        # One product that comes or goes is the event's own.
        rows = _items(told) if action is None or told.get("products") else [_item(told)]
        return event, {"action": action, "value": value, **same, "items": rows}

    return meaning


def _product(told: Told) -> Meaning:
    return "product_view", {**_item(told), "currency": told.get("currency")}


def _search(told: Told) -> Meaning:
    return "search", {"term": told.get("query")}


NAMES: Mapping[str, Callable[[Told], Meaning]] = {
    "Order Completed": _sale("purchase"),
    "Checkout Started": _sale("begin_checkout"),
    "Cart Viewed": _sale("cart_update"),
    "Product Added": _sale("cart_update", "add"),
    "Product Removed": _sale("cart_update", "remove"),
    "Product Viewed": _product,
    "Products Searched": _search,
}
"""Events of Segment's e-commerce vocabulary that have a meaning here."""


def _items(told: Told) -> list[Json]:
    products = told.get("products")
    return [_item(each) for each in products if isinstance(each, dict)] if isinstance(products, list) else []


def _item(told: Told) -> Fields:
    same = {name: told.get(name) for name in ("name", "category", "price", "quantity")}
    return known({"sku": told.get("sku") or told.get("product_id"), **same})


def _map(said: Json) -> Told:
    return said if isinstance(said, dict) else NOTHING


def _text(said: Json) -> str | None:
    return said if isinstance(said, str) else None
