"""One hit in the life of an identity: which visitor it belongs to, and what changes. Pure: chance is handed in."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, structs

from gateway.decide.pseudonym import LookupKey, derived
from gateway.decide.traces import traces_of
from gateway.language.container import Container
from gateway.model import Cookie, Decision, Hit, Identity, Life, Signed
from gateway.people.disguise import disguised
from gateway.people.parting import parted

Traces = tuple[tuple[int, bytes], ...]
Day = Callable[[], bytes | None]
VISITOR_BYTES = 16
FIRST_SESSION = b""
"""The session number until the first change: every hit of an undisturbed visitor has it."""
LONG_ENOUGH = 16
"""Characters of a page number that is random enough to make a visitor ID from."""
MOST_HEIRS = 32
"""Visitors that took over one from the other, and are looked up: who shows a cookie of long ago would cost more with
each logout. Where the end is not reached, the answer's cookie is that much nearer to it."""


class Shown(Struct, frozen=True, gc=False):
    """What one hit's visitor is known by, as keyed digests; worked out once a hit. `keys` are all that there are."""

    cookie: bytes | None = None
    """Of the visitor in the cookie, or of the one that the page's number makes."""
    page: bytes | None = None
    server: bytes | None = None
    """Of the visitor as a trusted server names it."""
    person: bytes | None = None
    keys: tuple[bytes, ...] = ()


class Caller(Struct, frozen=True, gc=False):
    """One hit, who it says it is, and what its visitor is known by."""

    hit: Hit
    identity: Identity
    shown: Shown
    disguised: bool = False
    """The number that its sender gave the visitor is none."""


class Attendance(Struct, frozen=True, gc=False):
    """Who came: the visitor and session that pseudonyms are made from, and what is to be kept."""

    session: bytes
    chain: bytes | None
    """Under which key this life is kept; None: nothing is known of this hit but itself."""
    visitor: bytes = b""
    cookie: Cookie | None = None
    """The cookie that holds now; None: there is none."""
    lives: Mapping[bytes, Life] = {}
    """Lives that changed, to be kept before the hit is."""
    late: bool = False
    """It happened before the last change: it changes nothing and belongs to no known session."""
    before: Traces = ()
    """Traces of everybody this visitor was signed in as and is not now."""
    known_by: tuple[bytes, ...] = ()


class Attendant:
    """Follows the identities of one container's visitors. `secret` is the gateway's own."""

    def __init__(self, container: Container, secret: bytes, lookup: LookupKey, random: Callable[[int], bytes]) -> None:
        self._visitor = container.visitor
        self._user = container.user_id
        self._lookup = lookup
        self._random = random
        self._from_page = derived(secret, "taggate/visitor-of-page", container.name)
        self._own = derived(secret, "taggate/late-session", container.name)
        self._trace_key = derived(secret, "taggate/traces", container.name)

    @property
    def trace_key(self) -> bytes:
        """The key of the traces kept in lives."""
        return self._trace_key

    def successor(self, life: Life) -> bytes | None:
        """The key of the visitor that took over from one."""
        return self._lookup.cookie(life.successor) if life.successor else None

    def heirs(self, shown: Shown, lives: Mapping[bytes, Life]) -> list[bytes]:
        """The keys of the visitors that took over from the one in the cookie, one after the other."""
        found = list[bytes]()
        life = lives.get(shown.cookie) if shown.cookie else None
        while life and (heir := self.successor(life)) and heir not in found and len(found) < MOST_HEIRS:
            found.append(heir)
            life = lives.get(heir)
        return found

    def parted(self, visitor: bytes, page: str, lives: Mapping[bytes, Life]) -> Mapping[bytes, Life]:
        """What is to be kept where the cookie of this visitor ends on a page: the page alone is known from now on."""
        cookie, own = self._lookup.cookie(visitor), self._lookup.page(page)
        chain = (cookie, *self.heirs(Shown(cookie=cookie), lives))
        life = parted([lives[key] for key in chain if key in lives], lives.get(own), self._random(VISITOR_BYTES))
        return {own: life} if life else {}

    def caller(self, hit: Hit, identity: Identity) -> Caller:
        """With everything this hit's visitor is known by."""
        lookup = self._lookup
        visitor = hit.cookie.visitor if hit.cookie else self._claimed(hit)
        known = (
            lookup.cookie(visitor) if visitor else None,
            lookup.page(hit.page) if hit.page else None,
            lookup.server(hit.visitor) if hit.visitor and hit.trusted else None,
            lookup.person(identity.id) if identity.id is not None else None,
        )
        keys = tuple(filter(None, known))
        hidden = bool(hit.visitor) and disguised(hit, identity)
        if hidden and not hit.cookie and (own := self._of_page(hit)):
            # It belongs to the visitor that the page makes, as it would without that number.
            keys = (*keys, lookup.cookie(own))
        return Caller(hit, identity, Shown(*known, keys), hidden)

    def attend(self, caller: Caller, decision: Decision, lives: Mapping[bytes, Life], day: Day) -> Attendance:
        """`lives`: what is known under what is shown, and under the keys of successors; `day` gives this day's number
        for guests."""
        claimed = caller.shown
        if caller.hit.visitor and (not decision.remember or caller.disguised):
            caller = _unclaimed(caller)
        hit, shown = caller.hit, caller.shown
        cookie = self._cookie(hit, shown, lives) if decision.remember else None
        chain = self._key(cookie, hit, shown) or shown.server or shown.page
        known = lives.get(chain) if chain else None
        life = known or Life(session=FIRST_SESSION, since=cookie.issued if cookie else 0)
        # One who was taken over from: the end of a long chain was not reached.
        if life.successor or hit.at < life.since or (hit.cookie and cookie and hit.at < cookie.issued):
            found = self._late(caller, cookie)
        else:
            found = _shortened(self._attended(caller, life, chain, cookie, day), caller, lives)
        if not lives and not found.lives:
            return found
        # Only this visitor's: a bulk looks up the lives of all whom it tells of. Also by a claim that counts for
        # nothing else: it only takes away.
        own = (chain or b"", *claimed.keys, *self.heirs(claimed, lives))
        own = (found.chain or b"", *own) if found.lives else own
        find = (lambda key: found.lives.get(key) or lives.get(key)) if found.lives else lives.get
        before = _before(shown.person, own, find)
        return structs.replace(found, before=before) if before else found

    # which visitor

    def _cookie(self, hit: Hit, shown: Shown, lives: Mapping[bytes, Life]) -> Cookie | None:
        """The visitor's cookie or a new one, or the one that took over from it."""
        if hit.trusted:
            return None
        cookie = hit.cookie or Cookie(self._claimed(hit) or self._random(VISITOR_BYTES), hit.at)
        life = lives.get(self._key(cookie, hit, shown) or b"") if lives else None
        for _ in range(MOST_HEIRS):
            if not (life and life.successor and hit.at >= life.since):
                break
            cookie = Cookie(life.successor, life.since)
            life = lives.get(self._lookup.cookie(cookie.visitor))
        return cookie

    def _key(self, cookie: Cookie | None, hit: Hit, shown: Shown) -> bytes | None:
        if cookie is None:
            return None
        return shown.cookie if cookie is hit.cookie else self._lookup.cookie(cookie.visitor)

    def _claimed(self, hit: Hit) -> bytes | None:
        """Made from the number that another tool gave the visitor, else from the page's random number, so that
        parallel first hits of a page end with one visitor."""
        if hit.visitor and not hit.trusted:
            return derived(self._from_page, "dialect", hit.visitor)[:VISITOR_BYTES]
        return self._of_page(hit)

    def _of_page(self, hit: Hit) -> bytes | None:
        if hit.trusted or not hit.page or len(hit.page) < LONG_ENOUGH:
            return None
        return derived(self._from_page, "page", hit.page)[:VISITOR_BYTES]

    def _number(self, caller: Caller, cookie: Cookie | None, day: Day) -> bytes:
        """What the visitor is called: cookie, day number for guests, else the page's number, else this hit's own."""
        if cookie:
            return cookie.visitor
        if caller.shown.server:
            return caller.shown.server
        guest = caller.identity.signed in (Signed.NOBODY, Signed.UNSAID)
        if guest and (number := day()) is not None:
            return number
        return caller.shown.page or self._random(VISITOR_BYTES)

    # what changes

    def _step(self, caller: Caller, life: Life) -> Life | None:
        """The life after this hit; None: nothing changed."""
        hit, identity, person = caller.hit, caller.identity, caller.shown.person
        if identity.signed in (Signed.UNSAID, Signed.UNVERIFIED):
            return self._left(hit, life) if hit.reset else None
        if person == life.person and not hit.reset:
            return None
        left = self._left(hit, life) if hit.reset or life.person else life
        if person is None or identity.id is None:
            return left
        return self._entered(hit, identity.id, person, left)

    def _left(self, hit: Hit, life: Life) -> Life:
        """A logout."""
        before = life.traces if life.person else life.before
        return Life(session=self._random(VISITOR_BYTES), since=hit.at, before=before, counted=life.counted)

    def _entered(self, hit: Hit, id: str, person: bytes, life: Life) -> Life:
        """A login."""
        joins = self._user is not None and self._user.at_login == "same_visit"
        session = life.session if joins else self._random(VISITOR_BYTES)
        traces = traces_of(id, self._trace_key)
        # Somebody who comes back is not the one before: under attach the ID may stand in an address.
        before = life.before if life.before != traces else ()
        return structs.replace(life, session=session, since=hit.at, person=person, traces=traces, before=before)

    # what comes of it

    def _attended(self, caller: Caller, life: Life, chain: bytes | None, cookie: Cookie | None, day: Day) -> Attendance:
        hit = caller.hit
        new = self._step(caller, life)
        lives = {chain: new} if chain and new else {}
        if new and cookie and chain and self._renews(hit, life):
            cookie = Cookie(self._random(VISITOR_BYTES), hit.at)
            lives = {chain: structs.replace(life, since=hit.at, successor=cookie.visitor)}
            chain = self._lookup.cookie(cookie.visitor)
            lives[chain] = structs.replace(new, counted=())
        visitor, session = self._number(caller, cookie, day), (new or life).session
        return Attendance(session, chain, visitor, cookie, lives, known_by=self._known_by(caller, cookie))

    def _renews(self, hit: Hit, life: Life) -> bool:
        """Whether somebody left, so that a fresh visitor ID is due."""
        ended = life.person is not None or hit.reset
        return ended and self._user is not None and self._user.at_logout == "new_visitor"

    def _late(self, caller: Caller, cookie: Cookie | None) -> Attendance:
        own = caller.hit.page or caller.hit.id
        session = derived(self._own, "late", own, caller.identity.id or "")[:VISITOR_BYTES] if own else None
        return Attendance(
            visitor=self._number(caller, cookie, _no_day),
            session=session or self._random(VISITOR_BYTES),
            chain=None,
            cookie=cookie,
            late=True,
            known_by=self._known_by(caller, cookie),
        )

    def _known_by(self, caller: Caller, cookie: Cookie | None) -> tuple[bytes, ...]:
        shown = caller.shown
        own = self._key(cookie, caller.hit, shown)
        return shown.keys if own is None or own in shown.keys else (*shown.keys, own)


def _shortened(found: Attendance, caller: Caller, lives: Mapping[bytes, Life]) -> Attendance:
    """Where somebody took over from one who had taken over himself, the cookie that was shown leads to the last one at
    once: a browser that shows it again and again makes no longer chain."""
    first = lives.get(caller.shown.cookie) if caller.shown.cookie else None
    renewed = len(found.lives) > 1 and caller.shown.cookie not in found.lives
    if caller.shown.cookie is None or first is None or found.cookie is None or not renewed:
        return found
    taken = structs.replace(first, since=caller.hit.at, successor=found.cookie.visitor)
    return structs.replace(found, lives={**found.lives, caller.shown.cookie: taken})


def _unclaimed(caller: Caller) -> Caller:
    """Known by all but the number that its sender gave the visitor."""
    shown, cookie = caller.shown, caller.shown.cookie if caller.hit.cookie else None
    left = tuple([key for key in shown.keys if key not in (shown.server, shown.cookie) or key == cookie])
    hit = structs.replace(caller.hit, visitor=None)
    return structs.replace(caller, hit=hit, shown=structs.replace(shown, server=None, cookie=cookie, keys=left))


def _no_day() -> None:
    """Which day a late hit belongs to is not known."""


def _before(person: bytes | None, keys: Iterable[bytes], find: Callable[[bytes], Life | None]) -> Traces:
    """Of everybody but this person, from every life that a visitor is known to have had, with a cookie or without."""
    found: dict[tuple[int, bytes], None] = {}
    own: Traces = ()
    for key in keys:
        if life := find(key):
            if life.before:
                found |= dict.fromkeys(life.before)
            if life.person != person:
                found |= dict.fromkeys(life.traces)
            else:
                own = life.traces
    # Who came back was before somebody else once.
    return tuple([trace for trace in found if trace not in own]) if found and own else tuple(found)
