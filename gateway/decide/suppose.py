"""A hit in a test's words → Facts and what becomes of them: what `tests:` and `taggate try` run."""

from collections.abc import Mapping

from gateway.decide.computed import computed
from gateway.decide.decide import Decider
from gateway.decide.identity import shows_identity
from gateway.decide.user_id import Refusal, normalise
from gateway.language.container import Container, Given, Variable
from gateway.language.values import NOT_PROVEN, cast
from gateway.model import ABSENT, Consent, Facts, Form, Identity, Reading, Signed


class _Latest:
    """The decision of the container that was asked last: the tests of one file are run one after another."""

    decider: Decider | None = None

    def of(self, container: Container) -> Decider:
        decider = self.decider
        if decider is None or decider.container is not container:
            decider = self.decider = Decider(container)
        return decider


_LATEST = _Latest()


def judge(container: Container, given: Given) -> Mapping[str, Form]:
    """Each tag that receives something, and the form of the User ID it gets."""
    decision = _LATEST.of(container).decide(suppose(container, given))
    return {tag.tag: tag.form for tag in decision.tags if tag.sent}


def suppose(container: Container, given: Given) -> Facts:
    """The facts of a hit that is only supposed: a variable left out was looked for and not found."""
    identity = _identity(container, given)
    readings: dict[str, Reading] = {"event": given.event}
    for variable in container.variables.values():
        readings[variable.name] = _reading(variable, given)
    if identity.signed is Signed.UNVERIFIED:
        readings |= dict.fromkeys(shows_identity(container), NOT_PROVEN)
    elif container.user_id:
        readings[container.user_id.variable] = ABSENT if identity.id is None else identity.id
    for name, work in computed(container.variables):
        readings[name] = work(readings)
    return Facts(event=given.event, readings=readings, consent=_consent(container, given), identity=identity)


def _identity(container: Container, given: Given) -> Identity:
    user = container.user_id
    if user is None:
        return Identity(Signed.NOBODY)
    claim = normalise(given.values.get(user.variable))
    if isinstance(claim, Refusal):
        return Identity(Signed.NOBODY)
    if user.verified_by and not given.signed:
        return Identity(Signed.UNVERIFIED)
    account = normalise(given.values.get(user.account)) if user.account else Refusal.NULL
    return Identity(Signed.VERIFIED, claim, None if isinstance(account, Refusal) else account)


def _reading(variable: Variable, given: Given) -> Reading:
    found = variable.source if variable.kind == "constant" else given.values.get(variable.name)
    json = list(found) if isinstance(found, tuple) else found
    value = cast(json, variable.type, decimal_comma=variable.decimal_comma)
    return variable.default if value is ABSENT and variable.default is not None else value


def _consent(container: Container, given: Given) -> Mapping[str, Consent]:
    if container.consent is None:
        return {}
    out = {purpose: given.consent.get(purpose, Consent.UNKNOWN) for purpose in container.consent.purposes}
    if given.gpc:
        out |= dict.fromkeys(container.consent.gpc_refuses, Consent.REFUSED)
    return out
