"""Hit + Known → Facts: every variable's value, the consent in force, the verified identity. Rules see nothing else."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from gateway.decide.address import MAX_URL
from gateway.decide.banner import read_choice
from gateway.decide.computed import computed
from gateway.decide.consent import Choices, in_force
from gateway.decide.identity import identify
from gateway.decide.prover import Prover
from gateway.decide.readers import NO_VISIT, NOTHING, Around, as_sent, draws, of_address, readers
from gateway.language.container import Container
from gateway.language.values import LONGEST, NOT_PROVEN, NOT_SENT
from gateway.language.who import shows_identity
from gateway.model import ABSENT, Facts, Hit, Identity, Reading, Signed

MOST_ADDRESSES = 512


class Observer:
    """Makes facts of one container's hits; the readers are prepared at load."""

    def __init__(self, container: Container, proof_key: Prover | None, around: Around = NOTHING) -> None:
        self._container = container
        self._proof_key = proof_key
        user = container.user_id
        self._id = user.variable if user else None
        texts, address, read = as_sent(container), of_address(container), readers(container, around)
        self._readers = [(name, reads) for name, reads in read if name not in texts | address]
        self._of_address = [(name, reads) for name, reads in read if name in address]
        self._known_address = lru_cache(MOST_ADDRESSES)(self._address)
        self._texts = [(name, reads) for name, reads in read if name in texts]
        self._draws = draws(container, around)
        self._computed = computed(container.variables)
        self._claimed = shows_identity(container)

    @property
    def draws(self) -> bool:
        """Whether it must be told of visits."""
        return bool(self._draws)

    def identify(self, hit: Hit) -> Identity:
        """Who the hit says is signed in."""
        return identify(hit, self._container.user_id, self._proof_key)

    def observe(
        self, hit: Hit, identity: Identity, choice: Mapping[str, bool], kept: Iterable[Choices], *, visit: str = ""
    ) -> Facts:
        """`choice`: the `cookie_choice`; `kept`: the choices remembered under what this visitor is known by; `visit`:
        its number, where something is drawn."""
        readings: dict[str, Reading] = {"event": hit.event}
        readings |= (self._known_address if not hit.url or len(hit.url) <= MAX_URL else self._address)(hit.url)
        for name, read in self._readers:
            readings[name] = read(hit)
        sent = hit.values.get
        for name, read in self._texts:
            # Most of what there is: no call for what is already there.
            given = sent(name)
            if type(given) is str and 0 < len(given) <= LONGEST and "://" not in given:
                readings[name] = given
            else:
                readings[name] = read(hit)
        if identity.signed is Signed.UNVERIFIED:
            readings |= dict.fromkeys(self._claimed, NOT_PROVEN)
        if self._id:
            readings[self._id] = _of_identity(identity)
        for name, draw in self._draws:
            readings[name] = draw(visit) if visit else NO_VISIT
        for name, work in self._computed:
            readings[name] = work(readings)
        consent = in_force(self._container.consent, hit, choice, kept)
        return Facts(event=hit.event, readings=readings, consent=consent, identity=identity)

    def _address(self, url: str | None) -> Mapping[str, Reading]:
        """What is read of a page's address: the same for all who come to the page."""
        hit = Hit(container=self._container.name, event="", at=0, arrived=0, url=url)
        return {name: read(hit) for name, read in self._of_address}

    def cookie_choice(self, hit: Hit) -> Mapping[str, bool]:
        """What the request's own consent cookie says, where the choice is kept in one."""
        source = self._container.consent
        if source is None or source.kind != "cookie" or hit.trusted or source.where not in hit.cookies:
            return {}
        return read_choice(hit.cookies[source.where], source.purposes)


def _of_identity(identity: Identity) -> Reading:
    if identity.id is not None:
        return identity.id
    if identity.signed is Signed.UNVERIFIED:
        return NOT_PROVEN
    return ABSENT if identity.signed is Signed.NOBODY else NOT_SENT
