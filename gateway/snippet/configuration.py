"""Container → the one JSON object the snippet is given: what the browser must know, no rule and no secret."""

from collections.abc import Mapping

from gateway.language.container import ConsentSource, Container, Variable, WhileUnknown
from gateway.model import Json

IN_PAGE = frozenset({"data_layer", "cookie"})
"""The kinds of variable that a module of the snippet reads; a module of that name reads each."""


def configuration(container: Container) -> Mapping[str, Json]:
    """The snippet's configuration.

    - `name`: the container's name; the addresses follow from it and from where the script came from.
    - `variables`: `[name, kind, source, personal]` of each one that is read in the page.
    - `traits`: `[trait, variable, personal]`; no other trait of `identify` is kept or sent.
    - `details`: `[field, variable]` of the personal event fields.
    - `user`: `variable`, `proof`, `account`: the names of those variables, where there are any.
    - `may_leave`: personal variable (and `user_id`) → the consent states in which it may leave; not listed: never.
    - `drop_query`: parameters taken out of addresses, in lower case.
    - `consent` (absent: not needed): `kind`, `where`, `purposes` (`[our word, the banner's]`, in order), `hold`,
      `gpc_refuses`.
    """
    found: dict[str, Json] = {
        "name": container.name,
        "variables": [[v.name, v.kind, v.source, int(v.personal)] for v in in_page(container)],
        "traits": [[v.source, v.name, int(v.personal)] for v in of_kind(container, "trait")],
        "details": [[v.source, v.name] for v in of_kind(container, "event") if v.personal],
        "user": _user(container),
        "may_leave": {name: sorted(states) for name, states in container.may_leave.items() if states},
        "drop_query": sorted({name.lower() for name in container.site.drop_query}),
    }
    if container.consent:
        found["consent"] = _consent(container.consent)
    return found


def in_page(container: Container) -> list[Variable]:
    """The variables that a module reads in the page."""
    return [v for v in container.variables.values() if v.kind in IN_PAGE]


def of_kind(container: Container, kind: str) -> list[Variable]:
    """The variables of one kind."""
    return [v for v in container.variables.values() if v.kind == kind]


def _user(container: Container) -> Mapping[str, str]:
    user = container.user_id
    if user is None:
        return {}
    proof = user.verified_by.variable if user.verified_by else None
    names = {"variable": user.variable, "proof": proof, "account": user.account}
    return {key: name for key, name in names.items() if name}


def _consent(source: ConsentSource) -> Mapping[str, Json]:
    return {
        "kind": source.kind,
        "where": source.where,
        "purposes": [list(pair) for pair in source.purposes.items()],
        "hold": source.while_unknown is WhileUnknown.HOLD,
        "gpc_refuses": sorted(source.gpc_refuses),
    }
