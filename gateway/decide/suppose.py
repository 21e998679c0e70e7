"""A hit in a test's words → Facts and what becomes of them: what `tests:` and `taggate try` run."""

from collections.abc import Mapping

from gateway.decide.computed import computed
from gateway.decide.decide import Decider
from gateway.language.container import Container, Given, Variable
from gateway.language.user_id import Refusal, normalise
from gateway.language.values import NOT_PROVEN, NOT_SENT, cast
from gateway.language.who import shows_identity
from gateway.model import ABSENT, Consent, Facts, Form, Identity, Reading, Signed


class Judging:
    """The decision of one container about hits that are only supposed."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._decider = Decider(container)

    def __call__(self, given: Given) -> Mapping[str, Form]:
        """Of a hit, each tag that receives something, and the form of the User ID it gets."""
        return {tag.tag: tag.form for tag in self._decider.decide(self.facts(given)).tags if tag.sent}

    def facts(self, given: Given) -> Facts:
        """What is known of the hit."""
        return suppose(self._container, given)


def judge(container: Container) -> Judging:
    """How its tests are decided."""
    return Judging(container)


def suppose(container: Container, given: Given) -> Facts:
    """The facts of a hit that is only supposed: a variable left out was looked for and not found."""
    identity = _identity(container, given)
    readings: dict[str, Reading] = {"event": given.event}
    for variable in container.variables.values():
        readings[variable.name] = _reading(variable, given)
    readings |= dict.fromkeys(given.cannot_tell, NOT_SENT)
    if identity.signed is Signed.UNVERIFIED:
        readings |= dict.fromkeys(shows_identity(container), NOT_PROVEN)
    elif container.user_id and identity.signed is not Signed.UNSAID:
        readings[container.user_id.variable] = ABSENT if identity.id is None else identity.id
    for name, work in computed(container.variables):
        readings[name] = work(readings)
    return Facts(event=given.event, readings=readings, consent=_consent(container, given), identity=identity)


def _identity(container: Container, given: Given) -> Identity:
    user = container.user_id
    if user is None:
        return Identity(Signed.NOBODY)
    if user.variable in given.cannot_tell:
        return Identity(Signed.UNSAID)
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
