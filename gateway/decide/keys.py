"""Every key of one container, prepared at load."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from gateway.decide.cookie import CookieKey
from gateway.decide.prover import Prover, prover
from gateway.decide.pseudonym import LookupKey, PseudonymKey, SampleKey, VisitorKey
from gateway.language.container import Container

EPOCH = 1


class Keys(Struct, frozen=True, kw_only=True):
    """`people` and `accounts` are empty where nothing is hashed; `visitors` has an entry for every tag."""

    people: Mapping[str, PseudonymKey]
    accounts: Mapping[str, PseudonymKey]
    visitors: Mapping[str, VisitorKey]
    samples: Mapping[str, SampleKey] = {}
    """Of the tags that have a sample."""
    lookup: LookupKey
    cookie: CookieKey
    proof: Prover | None = None
    server: bytes | None = None
    matomo: bytes | None = None
    """What servers that speak Matomo's API show; `segment`: the same of Segment's."""
    segment: bytes | None = None

    @classmethod
    def of(cls, container: Container, own: bytes, key: Callable[[str], bytes]) -> "Keys":
        """`own`: the gateway's secret; `key`: a secret of 32 bytes or more, by its name. What `key` raises passes."""
        user = container.user_id
        secret = key(user.hash_with) if user and user.hash_with else None
        name, tags = container.name, container.tags.values()
        return cls(
            people={t.name: PseudonymKey(secret, "user-id", EPOCH, name, t.key_name) for t in tags} if secret else {},
            accounts={t.name: PseudonymKey(secret, "account", EPOCH, name, t.key_name) for t in tags} if secret else {},
            visitors={t.name: VisitorKey(own, name, t.key_name) for t in tags},
            samples={t.name: SampleKey(own, name, t.key_name) for t in tags if t.sample is not None},
            lookup=LookupKey(own, name),
            cookie=CookieKey(own, name),
            proof=prover(key(user.verified_by.secret), name) if user and user.verified_by else None,
            server=key(container.server_key) if container.server_key else None,
            matomo=key(container.dialects.server_token) if container.dialects.server_token else None,
            segment=key(container.dialects.server_key) if container.dialects.server_key else None,
        )
