"""What a tag with `exempt: cnil` gets less than others: no campaigns, no clicks, no order values."""

import re
from urllib.parse import unquote_plus

from msgspec import structs

from gateway.decide.address import cut_url
from gateway.language.exempt import CAMPAIGN, FREE, ORDER
from gateway.model import Delivery, Json

_NAME = re.compile(r"(?:^|[?&;#])([^=&;#?]+)")


def without_campaigns(url: str | None) -> str | None:
    """An address that was cut already, without the parameters that tell a campaign or a click."""
    if not url:
        return url
    named = (unquote_plus(name).partition("[")[0] for name in _NAME.findall(url))
    return cut_url(url, "url", frozenset(name for name in named if CAMPAIGN.fullmatch(name)))


def exempted(delivery: Delivery) -> Delivery:
    """The delivery as an exempt tag may have it."""
    details = {name: value for name, value in delivery.details.items() if name not in ORDER and name not in FREE}
    return structs.replace(
        delivery,
        url=without_campaigns(delivery.url),
        referrer=without_campaigns(delivery.referrer),
        fields={name: _plain(value) for name, value in delivery.fields.items()},
        details={name: _plain(value) for name, value in details.items()},
    )


def _plain(value: Json) -> Json:
    return without_campaigns(value) if isinstance(value, str) and "://" in value else value
