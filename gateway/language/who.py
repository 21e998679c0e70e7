"""What would show who is signed in: variables that read the same place as the User ID or its account; and which fields
of an event are personal."""

from collections.abc import Mapping
from typing import Protocol

from gateway.language.container import UserId, Variable
from gateway.language.variables import overlap


class Said(Protocol):
    """What a file says of variables and of the User ID: a Container, or its parts."""

    @property
    def variables(self) -> Mapping[str, Variable]:
        """By name."""

    @property
    def user_id(self) -> UserId | None:
        """The section user_id."""


def shows_identity(said: Said) -> tuple[str, ...]:
    """The variables that would show an ID that has no proof, or its account."""
    return tuple(variable.name for variable in said.variables.values() if shows(said, variable))


def shows(said: Said, variable: Variable) -> bool:
    """Whether this one would, whatever it is called."""
    user = said.user_id
    names = (user.variable, user.account) if user else ()
    own = [said.variables[name] for name in names if name and name in said.variables]
    return any(overlap((variable.kind, variable.source), (one.kind, one.source)) for one in own)


def is_personal(field: str, variables: Mapping[str, Variable]) -> bool:
    """Whether a field of the event is one that a personal variable reads, or holds it, or a part of it."""
    personal = (variable for variable in variables.values() if variable.personal)
    return any(overlap(("event", field), (variable.kind, variable.source)) for variable in personal)
