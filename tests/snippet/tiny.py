"""Containers built by hand: just what the snippet looks at."""

from collections.abc import Collection, Mapping
from itertools import product
from typing import Any

from gateway.language.container import (
    ConsentSource,
    Container,
    Event,
    Join,
    Line,
    Matcher,
    Proof,
    Site,
    Tag,
    Trigger,
    UserId,
    Variable,
    WhileUnknown,
)
from gateway.language.tag_types import TagType

HERE: Any = None
KIND = TagType(name="webhook", description="", settings={}, address=())
PROGRAM: Any = None
PURPOSES = {"analytics": "statistics", "marketing": "ads"}
USER = UserId(
    variable="account_id",
    hash_with="key",
    account="company_id",
    verified_by=Proof(kind="token", variable="proof", secret="key"),
    place=HERE,
)
STATES = tuple("".join(letters) for letters in product("gru", repeat=2))
GRANTED = frozenset(state for state in STATES if state[0] == "g")
"""The states in which analytics is granted."""


def variable(name: str, kind: str, source: str, **more: Any) -> Variable:
    """A variable that stands nowhere in a file."""
    return Variable(name=name, kind=kind, source=source, place=HERE, **more)


ACCOUNT = variable("account_id", "data_layer", "user.id", personal=True)
COMPANY = variable("company_id", "data_layer", "user.company", personal=True)
PROOF = variable("proof", "data_layer", "user.proof", personal=True)
PLAN = variable("plan", "cookie", "plan")


def consent(kind: str = "cookie", where: str = "choice", **more: Any) -> ConsentSource:
    """The section consent with two purposes."""
    given = {"gpc_refuses": frozenset(PURPOSES), **more}
    return ConsentSource(kind=kind, where=where, purposes=PURPOSES, **given)


HOLD = consent()
SEND = consent(while_unknown=WhileUnknown.SEND)


def trigger(name: str, event: str) -> Trigger:
    """A trigger on one event."""
    line = Line("event", (Matcher(word="is", wanted=event),), HERE)
    return Trigger(name=name, lines=(line,), join=Join(place=HERE), place=HERE)


DROP = ("gclid", "reset_token")


def container(
    *variables: Variable,
    name: str = "shop",
    events: tuple[str, ...] = ("page_view",),
    drop: Collection[str] = DROP,
    listened: Mapping[str, Event] | None = None,
    **more: Any,
) -> Container:
    """A container with a tag for each of these events; `drop` is site.drop_query, `listened` the section
    events."""
    tags = {
        event: Tag(name=event, type=KIND, settings={}, send_when=Join(all_of=(event,), place=HERE), place=HERE)
        for event in events
    }
    return Container(
        name=name,
        file=f"tags/{name}.yaml",
        revision="0" * 16,
        site=Site(name="Shop", domains=("shop.example", "*.acme.example"), drop_query=frozenset(drop)),
        variables={v.name: v for v in variables},
        events=listened or {},
        triggers={event: trigger(event, event) for event in events},
        tags=tags,
        program=PROGRAM,
        **more,
    )


def known_person(states: frozenset[str] = GRANTED, **more: Any) -> Container:
    """A container with a User ID in the data layer that may leave in these states."""
    names = ("user_id", "account_id", "company_id", "proof", "email")
    email = variable("email", "trait", "email", personal=True)
    level = variable("level", "trait", "level")
    given = {"consent": HOLD, "user_id": USER, "may_leave": dict.fromkeys(names, states), **more}
    return container(ACCOUNT, COMPANY, PROOF, PLAN, email, level, events=("page_view", "purchase"), **given)
