"""A hit that was not sent → the request that each receiver would get, or what the page would be told: with keys that
are made up, without secrets."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from urllib.parse import quote, quote_plus

import msgspec
from msgspec import Struct

from gateway.decide.keys import Keys
from gateway.decide.prepare import Comer, Preparer, no_visit
from gateway.destinations.page_tag import PageTag
from gateway.destinations.protocol import Destination, Target
from gateway.language.container import Container, Tag
from gateway.model import Append, Delivery, Facts, Form, Hit, Json, Request, TagDecision

MADE_UP = b"taggate try: no key of anybody's"
PSEUDONYM = "(pseudonym)"
HIDDEN = "(personal)"
MASKED = {"authorization": "(secret)", "webhook-signature": "(signature)"}
"""Headers that are made with a secret, and what stands in their place."""
SHORTEST_HIDDEN = 2
RUN, IN_FILE = "RUN", "the code in the file"


class Preview(Struct, frozen=True, kw_only=True):
    """A request, lines for a file (`to` is its path), or what a page runs (`to` is its address, if it has one)."""

    method: str
    to: str
    headers: Mapping[str, str] = {}
    body: str

    @property
    def json(self) -> Json:
        """For programs; a body that is JSON as what it says."""
        try:
            body: Json = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            body = self.body
        return {"method": self.method, "to": self.to, "headers": dict(self.headers), "body": body}


class Previewer:
    """Of one container. `hide`: texts that must not be shown, because nobody typed them."""

    def __init__(
        self, container: Container, table: Mapping[str, Destination], page_tags: Mapping[str, PageTag]
    ) -> None:
        self._container, self._table, self._page_tags = container, table, page_tags
        self._preparer = Preparer(container, Keys.of(container, MADE_UP, _key), MADE_UP)

    def of(self, hit: Hit, facts: Facts, tags: Iterable[TagDecision], hide: Iterable[str] = ()) -> dict[str, Preview]:
        """By tag, of those that are sent."""
        comer = Comer(visitor=MADE_UP[:16], session=MADE_UP[:16], number=hit.id or "")
        sheet = self._preparer.sheet(hit, facts, comer)
        hidden = covers(hide)
        out = {}
        for tag in tags:
            if tag.sent:
                delivery, _ = sheet.delivery(tag, no_visit)
                instead = {**hidden, **_pseudonyms(delivery)}
                out[tag.tag] = self._render(tag.tag, delivery, hit.at / 1000, instead)
        return out

    def _render(self, name: str, delivery: Delivery, now: float, hidden: Mapping[str, str]) -> Preview:
        tag = self._container.tags[name]
        if tag.type.by_browser:
            return run(tag, self._page_tags[tag.type.name].tell(delivery, tag.settings), hidden)
        return rendered(self._container, self._table[tag.type.name], name, delivery, now, hidden=hidden)


def rendered(
    container: Container, kind: Destination, name: str, delivery: Delivery, now: float, *, hidden: Mapping[str, str]
) -> Preview:
    """The request that would carry this delivery, by itself; `hidden`: texts, and what is shown in their place."""
    tag = container.tags[name]
    target = Target(
        container=container.name,
        tag=name,
        settings=tag.settings,
        # Letters and a hyphen alone, so that they look the same in an address.
        secrets={setting: f"SECRET-{secret}" for setting, secret in tag.secrets.items()},
        site=container.site.name,
    )
    return _shown(kind.render([delivery], target, now), hidden)


def run(tag: Tag, told: Json, hidden: Mapping[str, str]) -> Preview:
    """What a page would be told to run."""
    said = msgspec.json.encode(told).decode()
    return Preview(method=RUN, to=_covered(tag.settings.get("url", IN_FILE), hidden), body=_covered(said, hidden))


def covers(texts: Iterable[str]) -> dict[str, str]:
    """What hides these texts, however they are written."""
    return {form: HIDDEN for text in texts for form in _written(text) if len(form) >= SHORTEST_HIDDEN}


def _key(name: str) -> bytes:
    return sha256(MADE_UP + name.encode()).digest()


def _pseudonyms(delivery: Delivery) -> dict[str, str]:
    """One that is made with a key that is made up says nothing: the word in its place does."""
    hashed = delivery.form is Form.PSEUDONYM
    return {said: PSEUDONYM for said in (delivery.user, delivery.account) if hashed and said}


def _shown(request: Request | Append, hidden: Mapping[str, str]) -> Preview:
    if isinstance(request, Append):
        return Preview(
            method="APPEND", to=request.path, body=_covered(request.lines.decode("utf-8", "replace"), hidden)
        )
    headers = {name: MASKED.get(name.lower(), value) for name, value in request.headers.items()}
    body = _covered(request.body.decode("utf-8", "replace"), hidden)
    return Preview(method=request.method, to=_covered(request.url, hidden), headers=headers, body=body)


def _covered(said: str, hidden: Mapping[str, str]) -> str:
    for form in sorted(hidden, key=len, reverse=True):
        said = said.replace(form, hidden[form])
    return said


def _written(text: str) -> tuple[str, ...]:
    encoded = msgspec.json.encode(text).decode()[1:-1]
    return text, encoded, quote(text, safe=""), quote_plus(text), quote(text)
