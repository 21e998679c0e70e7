"""A hit in a test's words → the lines of a test, ready for the section `tests`."""

from collections.abc import Mapping

from gateway.language.container import Container, Given
from gateway.language.yaml_text import flow, sentence
from gateway.model import Consent, Form, Json


def as_test(name: str, given: Given, expect: Mapping[str, Form], container: Container) -> tuple[str, ...]:
    """Three lines: what it shows, what is given, what each tag must get."""
    return (
        f"  - name: {sentence(name)}",
        f"    given:  {flow(words(given, container))}",
        f"    expect: {flow({tag: form.word for tag, form in expect.items()})}",
    )


def called(given: Given, container: Container) -> str:
    """A name for a test, of what is given."""
    user = container.user_id
    said = [given.event]
    if user:
        who = "signed in" if given.values.get(user.variable) else "a guest"
        said.append(who if given.signed else "signed in without proof")
    if container.consent:
        granted = [purpose for purpose, state in given.consent.items() if state is Consent.GRANTED]
        refused = Consent.REFUSED in given.consent.values()
        agreed = f"agreed to {' and '.join(granted)}" if granted else "refused" if refused else "no answer yet"
        said.append(agreed)
    return ", ".join(said + ["Global Privacy Control"] * given.gpc)


def words(given: Given, container: Container) -> dict[str, Json]:
    """A hit as `given:` says it."""
    out: dict[str, Json] = {"event": given.event, **given.values}
    if container.consent and given.consent:
        states = {state: [p for p, said in given.consent.items() if said is state] for state in Consent}
        if len(given.consent) == len(container.consent.purposes) and not states[Consent.UNKNOWN]:
            out["consent"] = states[Consent.GRANTED]
        else:
            known = (Consent.GRANTED, Consent.REFUSED)
            out |= {state.value: states[state] for state in known if states[state]}
    if given.cannot_tell:
        out["cannot_tell"] = list(given.cannot_tell)
    return out | ({"gpc": True} if given.gpc else {}) | ({} if given.signed else {"signed": False})
