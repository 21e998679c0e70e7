"""Hit, Facts and TagDecision → Delivery. The raw ID ends here unless it is attached."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct, structs

from gateway.decide.address import cut_ip, cut_url
from gateway.decide.keys import Keys
from gateway.decide.scrub import Needles
from gateway.decide.traces import remove_traces
from gateway.decide.user_id import Refusal, normalise
from gateway.language.container import Container, Tag, Variable
from gateway.language.values import plain
from gateway.model import CannotTell, Delivery, Facts, Form, Hit, Json, TagDecision, Value

LONGEST = 2048
"""Characters of a text that is sent."""
CUT = {"title": LONGEST, "language": 64, "user_agent": LONGEST, "fields": LONGEST}
SEARCHED = 2 * LONGEST
"""Characters of a text that are searched: one that is cut first might keep the half of an ID."""


class Comer(Struct, frozen=True, kw_only=True):
    """Who a hit belongs to, as `people` found out."""

    visitor: bytes
    session: bytes
    before: tuple[tuple[int, bytes], ...] = ()
    number: str
    """The hit's id, or a random text where it has none."""


class Preparer:
    """Makes the deliveries of one container."""

    def __init__(self, container: Container, keys: Keys, trace_key: bytes) -> None:
        self._container = container
        self._keys = keys
        self._trace_key = trace_key
        user = container.user_id
        self._same_visit = user is not None and user.at_login == "same_visit"
        self._personal = [v for v in container.variables.values() if v.personal]
        self._drop = container.site.drop_query
        roles = {"variable": user.variable, "account": user.account} if user else {}
        self._roles = {role: name for role, name in roles.items() if name}

    def prepare(
        self, hit: Hit, facts: Facts, decision: TagDecision, comer: Comer, *, new_visit: bool
    ) -> tuple[Delivery, int]:
        """What one tag gets of a hit, and how many known values were scrubbed out of it."""
        tag = self._container.tags[decision.tag]
        scrubber = _Scrubber(self._needles(tag, hit, facts, decision.form), comer.before, self._trace_key)
        delivery = self._delivery(tag, hit, facts, decision.form, comer)
        return scrubber.clean(structs.replace(delivery, new_visit=new_visit))

    def visitor(self, tag: str, comer: Comer, form: Form) -> str:
        """What the visitor is called at a tag."""
        said = "" if self._same_visit else form.word
        return self._keys.visitors[tag].visitor(comer.visitor, comer.session, said)

    def _delivery(self, tag: Tag, hit: Hit, facts: Facts, form: Form, comer: Comer) -> Delivery:
        key = self._keys.visitors[tag.name]
        how = _how(tag.page)
        return Delivery(
            id=key.event(comer.number),
            event=hit.event,
            at=hit.at,
            form=form,
            user=self._user(tag, facts, form),
            account=self._account(tag, facts, form),
            visitor=self.visitor(tag.name, comer, form),
            page_view=key.page_view(hit.page) if hit.page else None,
            title=hit.title[:SEARCHED] if hit.title and tag.page != "none" else None,
            language=hit.language[:SEARCHED] if hit.language else None,
            user_agent=hit.user_agent[:SEARCHED] if hit.user_agent else None,
            ip=cut_ip(hit.ip, _ip(tag.ip)) if hit.ip else None,
            fields=dict(self._fields(tag, facts)),
            details=_details(tag, hit),
            identifiers=dict(self._identifiers(tag, facts, form)),
            url=cut_url(hit.url, how, self._drop) if hit.url else None,
            referrer=cut_url(hit.referrer, how, self._drop) if hit.referrer else None,
        )

    def _user(self, tag: Tag, facts: Facts, form: Form) -> str | None:
        found = facts.identity.id
        if found is None or form is Form.NONE:
            return None
        return found if form is Form.RAW else self._keys.people[tag.name].of(found)

    def _account(self, tag: Tag, facts: Facts, form: Form) -> str | None:
        found = facts.identity.account
        if found is None or form is Form.NONE:
            return None
        return found if form is Form.RAW else self._keys.accounts[tag.name].of(found)

    def _fields(self, tag: Tag, facts: Facts) -> Iterator[tuple[str, Any]]:
        for field, variable in tag.fields.items():
            value = facts.readings[variable]
            if isinstance(value, frozenset):
                yield field, [word[:SEARCHED] for word in sorted(value)]
            elif isinstance(value, str):
                yield field, value[:SEARCHED]
            elif isinstance(value, bool | float):
                yield field, value

    def _identifiers(self, tag: Tag, facts: Facts, form: Form) -> Iterator[tuple[str, str]]:
        for field, variable in tag.identifiers.items() if form is Form.RAW else ():
            if text := _said(facts.readings[variable]):
                yield field, text[:LONGEST]

    def _needles(self, tag: Tag, hit: Hit, facts: Facts, form: Form) -> Needles:
        """All that is known of this hit, and what may stand in its place at this tag."""
        identity = facts.identity
        known: list[tuple[str, str | None]] = [(text, None) for text in (*identity.unverified, hit.proof) if text]
        known += self._claims(hit, hit.user_id, "variable", identity.id, self._user(tag, facts, form))
        known += self._claims(hit, hit.account, "account", identity.account, self._account(tag, facts, form))
        allowed = set(tag.identifiers.values()) if form is Form.RAW else set()
        for variable in self._personal:
            if variable.name not in self._roles.values():
                known += [(text, text if variable.name in allowed else None) for text in _texts(variable, hit, facts)]
        return Needles.of(known)

    def _claims(
        self, hit: Hit, said: Json, role: str, found: str | None, instead: str | None
    ) -> list[tuple[str, str | None]]:
        """An ID as it holds and as it was claimed: not always how it is normalised, nor believed."""
        claims = [found, said, hit.values.get(self._roles.get(role, ""))]
        return [(text, instead) for claim in claims if _names_somebody(claim) and (text := plain(claim))]


class _Scrubber:
    def __init__(self, needles: Needles, before: tuple[tuple[int, bytes], ...], trace_key: bytes) -> None:
        self._needles = needles
        self._before = before
        self._trace_key = trace_key

    def clean(self, delivery: Delivery) -> tuple[Delivery, int]:
        """The delivery without anything it may not hold."""
        changed: dict[str, Any] = {}
        total = 0
        for name in ("event", "url", "title", "referrer", "language", "user_agent", "fields", "details"):
            value = getattr(delivery, name)
            if value:
                cleaned, count = self._value(value)
                changed[name] = _cut(cleaned, CUT[name]) if name in CUT else cleaned
                total += count
        return structs.replace(delivery, **changed), total

    def _value(self, value: Json) -> tuple[Json, int]:
        value, known = self._needles.scrub_json(value)
        value, before = self._traces(value) if self._before else (value, 0)
        return value, known + before

    def _traces(self, value: Json) -> tuple[Json, int]:
        if isinstance(value, str):
            return remove_traces(value, self._before, self._trace_key)
        if isinstance(value, list):
            cleaned = [self._traces(item) for item in value]
            return [item for item, _ in cleaned], sum(count for _, count in cleaned)
        if isinstance(value, dict):
            pairs = [(self._traces(key), self._traces(item)) for key, item in value.items()]
            return {key[0]: item[0] for key, item in pairs}, sum(key[1] + item[1] for key, item in pairs)
        text = plain(value) if value is not None else None
        if text is None or isinstance(value, bool):
            return value, 0
        cleaned_text, count = remove_traces(text, self._before, self._trace_key)
        return (cleaned_text, count) if count else (value, 0)


def _cut(value: Json, most: int) -> Json:
    if isinstance(value, str):
        return value[:most]
    if isinstance(value, list):
        return [_cut(item, most) for item in value]
    return {name: _cut(item, most) for name, item in value.items()} if isinstance(value, dict) else value


def _names_somebody(claim: Json) -> bool:
    """Also what is too odd for an ID may be found in an address; `guest` and `undefined` say nothing of anybody."""
    found = normalise(claim)
    return not isinstance(found, Refusal) or found in (Refusal.TOO_LONG, Refusal.CONTROL_CHARACTER)


def _details(tag: Tag, hit: Hit) -> Mapping[str, Json]:
    wanted = tag.type.details.get(hit.event, tag.type.details.get("*", ()))
    return {name: hit.fields[name] for name in wanted if name in hit.fields}


def _texts(variable: Variable, hit: Hit, facts: Facts) -> Iterator[str]:
    """A personal value as it is read, and as the page gave it."""
    value = facts.readings[variable.name]
    yield from (text for text in (_said(value), plain(hit.values.get(variable.name))) if text)
    if isinstance(value, frozenset):
        yield from value


def _said(value: Value | CannotTell | object) -> str | None:
    return plain(value) if isinstance(value, str | bool | float) else None


def _how(page: str) -> Literal["url", "path", "none"]:
    return "path" if page == "path" else "none" if page == "none" else "url"


def _ip(how: str) -> Literal["none", "anonymous", "full"]:
    return "full" if how == "full" else "none" if how == "none" else "anonymous"
