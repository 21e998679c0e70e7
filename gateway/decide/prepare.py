"""Hit, Facts and TagDecision → Delivery. The raw ID ends here unless it is attached."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct, structs

from gateway.decide.address import cut_ip, cut_url, place
from gateway.decide.clean import LONGEST, LONGEST_EVENT, LONGEST_LANGUAGE, Cleaner
from gateway.decide.effort import Effort
from gateway.decide.exempt import exempted
from gateway.decide.keys import Keys
from gateway.decide.pseudonym import PseudonymKey, VisitorKey, came, raw, under
from gateway.decide.sought import ACCOUNT, USER, Seeker, needles, said
from gateway.language.container import Container, Tag, Variable
from gateway.language.values import LONGEST as READABLE
from gateway.language.who import is_personal
from gateway.model import Delivery, Facts, Form, Hit, Json, TagDecision

How = Literal["url", "path", "none"]
Cut = Literal["none", "anonymous", "full", "two_bytes"]
Sight = tuple[How, Cut]
"""Of the page's address and of the visitor's."""
Begins = Callable[[str, str, Form], bool]
"""Tag, what the visitor is called there, form: whether a new visit begins."""


def no_visit(_: str, __: str, ___: Form) -> bool:
    """None begins where nothing is sent by the gateway."""
    return False


NONE, RAW = Form.NONE, Form.RAW


class Comer(Struct, frozen=True, gc=False):
    """Who a hit belongs to, as `people` found out."""

    visitor: bytes
    session: bytes
    number: str
    """The hit's id, or a random text where it has none."""
    before: tuple[tuple[int, bytes], ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """What one tag gets of any hit, as its container says; made once at load. `sight`: how much it may see; `share`:
    the same for tags that see, and get as fields and details, the same."""

    tag: Tag
    share: int
    sight: Sight
    visitors: VisitorKey
    fields: tuple[tuple[str, str], ...]
    """Receiver's field and variable."""
    details: Mapping[str, frozenset[str]]
    """Event → which of its fields the tag type sends by itself."""
    other_details: frozenset[str]
    """Of any other event."""

    @classmethod
    def of(cls, tag: Tag, keys: Keys, shares: dict[Hashable, int], variables: Mapping[str, Variable]) -> "Plan":
        """Of one tag. `shares`: those that are known. What is personal goes out under `identifiers` alone, whatever
        was sent in its place."""
        sight, fields, details = sight_of(tag), tuple(tag.fields.items()), details_of(tag, variables)
        return cls(
            tag=tag,
            share=shares.setdefault((sight, fields, frozenset(details.items())), len(shares)),
            sight=sight,
            visitors=keys.visitors[tag.name],
            fields=fields,
            details=details,
            other_details=details.get("*", frozenset()),
        )


def sight_of(tag: Tag) -> Sight:
    """How much of the page's address and of the visitor's this tag may see."""
    return "path" if tag.page == "path" else "none" if tag.page == "none" else "url", _ip(tag)


def _ip(tag: Tag) -> Cut:
    if tag.ip == "none":
        return "none"
    return "two_bytes" if tag.exempt else "full" if tag.ip == "full" else "anonymous"


def details_of(tag: Tag, variables: Mapping[str, Variable]) -> Mapping[str, frozenset[str]]:
    """Event → which of its own fields this tag gets."""
    return {
        event: frozenset(name for name in names if not is_personal(name, variables))
        for event, names in tag.type.details.items()
    }


class Preparer:
    """Makes the deliveries of one container."""

    def __init__(self, container: Container, keys: Keys, trace_key: bytes) -> None:
        user = container.user_id
        same_visit = user is not None and user.at_login == "same_visit"
        self.under = {form: under("" if same_visit else form.word) for form in Form}
        self.drop = container.site.drop_query
        self.keys = keys
        self.trace_key = trace_key
        self.seeker = Seeker(container)
        shares: dict[Hashable, int] = {}
        self.plans = {name: Plan.of(tag, keys, shares, container.variables) for name, tag in container.tags.items()}

    def sheet(self, hit: Hit, facts: Facts, comer: Comer, effort: Effort | None = None) -> "Sheet":
        """What all tags get of one hit, ready to be asked for each. The hits of one request have one `effort`."""
        return Sheet(self, hit, facts, comer, effort or Effort())


class Sheet:
    """One hit on its way to several tags: what they share is worked out once."""

    def __init__(self, preparer: Preparer, hit: Hit, facts: Facts, comer: Comer, effort: Effort) -> None:
        self._preparer = preparer
        self._effort = effort
        self._hit = hit
        self._facts = facts
        self._comer = comer
        self._known = preparer.seeker.known(hit, facts)
        self._clean = not comer.before and not preparer.seeker.touches(self._known, hit, facts)
        # A text that is cut before it is searched might keep the half of an ID.
        self._most = most = LONGEST if self._clean else None
        self._number = raw(comer.number)
        self._page = raw(hit.page) if hit.page else None
        self._language = hit.language[: LONGEST_LANGUAGE if self._clean else None] if hit.language else None
        self._user_agent = hit.user_agent[:most] if hit.user_agent else None
        self._came = came(comer.visitor, comer.session)
        self._shares: dict[int, Delivery] = {}
        """What tags that see the same get, but for who it is."""

    def delivery(self, decided: TagDecision, begins: Begins) -> tuple[Delivery, int]:
        """What one tag gets, and how many known values were scrubbed out of it."""
        preparer, form = self._preparer, decided.form
        plan = preparer.plans[decided.tag]
        tag, name = plan.tag, decided.tag
        share = self._shares.get(plan.share) or self._share(plan)
        # In a single-page application many page views share the page's number, and none its address.
        page = self._page and b"%b %b" % (self._page, raw(place(share.url or "")))
        visitor, number, page_view = plan.visitors.names(self._came + preparer.under[form], self._number, page)
        user = account = None
        if form is not NONE:
            identity, keys = self._facts.identity, preparer.keys
            user = _named(identity.id, form, keys.people, name)
            account = identity.account and _named(identity.account, form, keys.accounts, name)
        # A copy with a few changes: each argument by name costs the more the more there are.
        made = structs.replace(
            share,
            id=number,
            form=form,
            user=user,
            account=account,
            visitor=visitor,
            new_visit=begins(name, visitor, form),
            page_view=page_view,
        )
        if tag.identifiers and form is RAW:
            made = structs.replace(made, identifiers=dict(self._identifiers(tag)))
        if tag.exempt:
            made = exempted(made)
        return (made, 0) if self._clean else self._cleaned(made, tag, {USER: user, ACCOUNT: account})

    def _cleaned(self, made: Delivery, tag: Tag, named: Mapping[str, str | None]) -> tuple[Delivery, int]:
        # What it gets as identifiers may stand in its texts too.
        kept = frozenset(tag.identifiers.values() if made.form is RAW else ())
        sought = needles(self._known, named, kept, self._effort)
        return Cleaner(sought, self._comer.before, self._preparer.trace_key, self._effort).clean(made)

    def _share(self, plan: Plan) -> Delivery:
        hit, (how, cut), drop, most = self._hit, plan.sight, self._preparer.drop, self._most
        self._shares[plan.share] = share = Delivery(
            id="",
            event=hit.event[: LONGEST_EVENT if self._clean else None],
            at=hit.at,
            url=cut_url(hit.url, how, drop) if hit.url else None,
            # A longer one cannot be told, so that nobody knows who stands in it.
            title=hit.title[:most] if hit.title and how != "none" and len(hit.title) <= READABLE else None,
            referrer=cut_url(hit.referrer, how, drop) if hit.referrer else None,
            language=self._language,
            user_agent=self._user_agent,
            ip=cut_ip(hit.ip, cut) if hit.ip else None,
            fields=self._fields(plan.fields) if plan.fields else {},
            details=self._details_of(plan.details.get(hit.event, plan.other_details)) if hit.fields else {},
        )
        return share

    def _fields(self, fields: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        readings, most = self._facts.readings, self._most
        found: dict[str, Any] = {}
        for field, variable in fields:
            value = readings[variable]
            if type(value) is str:
                found[field] = value[:most]
            elif isinstance(value, frozenset):
                found[field] = [word[:most] for word in sorted(value)]
            elif isinstance(value, bool | float):
                found[field] = value
        return found

    def _identifiers(self, tag: Tag) -> Iterator[tuple[str, str]]:
        for field, variable in tag.identifiers.items():
            if text := said(self._facts.readings[variable]):
                yield field, text[:LONGEST]

    def _details_of(self, wanted: frozenset[str]) -> Mapping[str, Json]:
        """The event's own fields that the tag type sends by itself."""
        fields = self._hit.fields
        return fields if fields.keys() <= wanted else {name: fields[name] for name in fields if name in wanted}


def _named(found: str | None, form: Form, keys: Mapping[str, PseudonymKey], tag: str) -> str | None:
    if found is None:
        return None
    return found if form is RAW else keys[tag].of(found)
