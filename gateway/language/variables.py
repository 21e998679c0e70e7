"""All kinds of variable, and what belongs to none of them alone."""

from gateway.language.browser_kinds import BROWSER_KINDS
from gateway.language.gateway_kinds import GATEWAY_KINDS
from gateway.language.variable_kind import VariableKind

KINDS: dict[str, VariableKind] = {kind.name: kind for kind in (*BROWSER_KINDS, *GATEWAY_KINDS)}

PRIVATE_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-forwarded-for",
        "x-real-ip",
        "forwarded",
        "x-api-key",
        "x-auth-token",
        "x-csrf-token",
        "cf-connecting-ip",
        "true-client-ip",
    }
)

RESERVED = frozenset(
    {"event", "consent", "granted", "refused", "gpc", "signed", "cannot_tell", "all_of", "any_of", "none_of"}
)
"""Words that mean something in triggers or tests and therefore cannot be variables."""


def overlap(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether a kind and source reads the same place as another, or a parent or a part of it."""
    way, another = (KINDS[kind].way(source) for kind, source in (one, other))
    shared = min(len(way), len(another))
    return way[:shared] == another[:shared]
