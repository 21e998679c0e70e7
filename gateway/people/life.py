"""One hit in the life of an identity: which visitor it belongs to, and what changes. Pure: chance is handed in."""

from collections.abc import Callable, Mapping, Set

from msgspec import Struct, structs

from gateway.decide.pseudonym import LookupKey, derived
from gateway.decide.traces import traces_of
from gateway.language.container import Container
from gateway.model import Cookie, Decision, Hit, Identity, Life, Signed

Traces = tuple[tuple[int, bytes], ...]
VISITOR_BYTES = 16
FIRST_SESSION = b""
"""The session number until the first change: every hit of an undisturbed visitor has it."""
LONG_ENOUGH = 16
"""Characters of a page number that is random enough to make a visitor ID from."""


class Attendance(Struct, frozen=True, kw_only=True):
    """Who came: the visitor and session that pseudonyms are made from, and what is to be kept."""

    visitor: bytes = b""
    session: bytes
    chain: bytes | None
    """Under which key this life is kept; None: nothing is known of this hit but itself."""
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

    def keys(self, hit: Hit, identity: Identity) -> tuple[bytes, ...]:
        """Everything this hit's visitor is known by."""
        shown = hit.cookie.visitor if hit.cookie else self._of_page(hit)
        found = [self._lookup.cookie(shown)] if shown else []
        found += [self._lookup.page(hit.page)] if hit.page else []
        found += [self._of_server(hit.visitor)] if hit.visitor else []
        found += [self._lookup.person(identity.id)] if identity.id is not None else []
        return tuple(found)

    def attend(
        self, hit: Hit, identity: Identity, decision: Decision, lives: Mapping[bytes, Life], day: bytes | None
    ) -> Attendance:
        """`lives`: what is known under `keys`, and under those of successors; `day`: this day's number for guests."""
        cookie = self._cookie(hit, lives) if decision.remember else None
        if not decision.remember:
            hit = structs.replace(hit, visitor=None)
        chain = self._chain(hit, cookie)
        life = self._life(chain, cookie, lives)
        if hit.at < life.since or (hit.cookie and cookie and hit.at < cookie.issued):
            found = self._late(hit, identity, cookie)
        else:
            found = self._attended(hit, identity, life, chain, cookie)
            found = structs.replace(found, visitor=self._number(hit, identity, found.cookie, day))
        keys = {chain, found.chain, *self.keys(hit, identity)}
        return structs.replace(found, before=self._before(identity, keys, {**lives, **found.lives}))

    # which visitor

    def _cookie(self, hit: Hit, lives: Mapping[bytes, Life]) -> Cookie | None:
        """The visitor's cookie or a new one, or the one that took over from it."""
        if hit.trusted:
            return None
        cookie = hit.cookie or Cookie(self._of_page(hit) or self._random(VISITOR_BYTES), hit.at)
        life = lives.get(self._lookup.cookie(cookie.visitor))
        while life and life.successor and hit.at >= life.since:
            cookie = Cookie(life.successor, life.since)
            life = lives.get(self._lookup.cookie(cookie.visitor))
        return cookie

    def _of_page(self, hit: Hit) -> bytes | None:
        """Made from the page's random number, so that parallel first hits of a page end with one visitor."""
        if hit.trusted or not hit.page or len(hit.page) < LONG_ENOUGH:
            return None
        return derived(self._from_page, "page", hit.page)[:VISITOR_BYTES]

    def _of_server(self, visitor: str) -> bytes:
        return self._lookup.page("server:" + visitor)

    def _chain(self, hit: Hit, cookie: Cookie | None) -> bytes | None:
        if cookie:
            return self._lookup.cookie(cookie.visitor)
        if hit.visitor:
            return self._of_server(hit.visitor)
        return self._lookup.page(hit.page) if hit.page else None

    def _life(self, chain: bytes | None, cookie: Cookie | None, lives: Mapping[bytes, Life]) -> Life:
        known = lives.get(chain) if chain else None
        return known or Life(session=FIRST_SESSION, since=cookie.issued if cookie else 0)

    def _number(self, hit: Hit, identity: Identity, cookie: Cookie | None, day: bytes | None) -> bytes:
        """What the visitor is called: cookie, day number for guests, else the page's number, else this hit's own."""
        if cookie:
            return cookie.visitor
        if hit.visitor:
            return self._of_server(hit.visitor)
        guest = identity.signed in (Signed.NOBODY, Signed.UNSAID)
        if guest and day is not None:
            return day
        return self._lookup.page(hit.page) if hit.page else self._random(VISITOR_BYTES)

    # what changes

    def _step(self, hit: Hit, identity: Identity, life: Life) -> Life | None:
        """The life after this hit; None: nothing changed."""
        if identity.signed in (Signed.UNSAID, Signed.UNVERIFIED):
            return self._left(hit, life) if hit.reset else None
        person = self._person(identity)
        if person == life.person and not hit.reset:
            return None
        left = self._left(hit, life) if hit.reset or life.person else life
        if person is None or identity.id is None:
            return left
        return self._entered(hit, identity.id, person, left)

    def _person(self, identity: Identity) -> bytes | None:
        return self._lookup.person(identity.id) if identity.id is not None else None

    def _left(self, hit: Hit, life: Life) -> Life:
        """A logout."""
        before = life.traces if life.person else life.before
        return Life(session=self._random(VISITOR_BYTES), since=hit.at, before=before)

    def _entered(self, hit: Hit, id: str, person: bytes, life: Life) -> Life:
        """A login."""
        joins = self._user is not None and self._user.at_login == "same_visit"
        session = life.session if joins else self._random(VISITOR_BYTES)
        traces = traces_of(id, self._trace_key)
        # Somebody who comes back is not the one before: under attach the ID may stand in an address.
        before = life.before if life.before != traces else ()
        return structs.replace(life, session=session, since=hit.at, person=person, traces=traces, before=before)

    def _before(self, identity: Identity, keys: Set[bytes | None], lives: Mapping[bytes, Life]) -> Traces:
        """From every life that this visitor is known to have had, with a cookie or without one."""
        now = self._person(identity)
        known = [life for key, life in lives.items() if key in keys]
        found = [one.before + (one.traces if one.person != now else ()) for one in known]
        return tuple(dict.fromkeys(trace for traces in found for trace in traces))

    # what comes of it

    def _attended(
        self, hit: Hit, identity: Identity, life: Life, chain: bytes | None, cookie: Cookie | None
    ) -> Attendance:
        new = self._step(hit, identity, life)
        lives = {chain: new} if chain and new else {}
        if new and cookie and chain and self._renews(hit, life):
            cookie = Cookie(self._random(VISITOR_BYTES), hit.at)
            lives = {chain: structs.replace(life, since=hit.at, successor=cookie.visitor)}
            chain = self._lookup.cookie(cookie.visitor)
            lives[chain] = new
        return Attendance(
            session=(new or life).session,
            chain=chain,
            cookie=cookie,
            lives=lives,
            known_by=self._known_by(hit, identity, cookie),
        )

    def _renews(self, hit: Hit, life: Life) -> bool:
        """Whether somebody left, so that a fresh visitor ID is due."""
        ended = life.person is not None or hit.reset
        return ended and self._user is not None and self._user.at_logout == "new_visitor"

    def _late(self, hit: Hit, identity: Identity, cookie: Cookie | None) -> Attendance:
        own = hit.page or hit.id
        session = derived(self._own, "late", own, identity.id or "")[:VISITOR_BYTES] if own else None
        return Attendance(
            visitor=self._number(hit, identity, cookie, None),
            session=session or self._random(VISITOR_BYTES),
            chain=None,
            cookie=cookie,
            late=True,
            known_by=self._known_by(hit, identity, cookie),
        )

    def _known_by(self, hit: Hit, identity: Identity, cookie: Cookie | None) -> tuple[bytes, ...]:
        found = self.keys(hit, identity)
        return tuple(dict.fromkeys((*found, self._lookup.cookie(cookie.visitor)))) if cookie else found
