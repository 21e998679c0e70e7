"""A container → tests that it lacks, each true as it stands: guest, login, logout, switch, withdrawal, GPC."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, structs

from gateway.decide.sample import OTHER_USER_ID, USER_ID, samples
from gateway.decide.suppose import judge
from gateway.language.as_test import as_test
from gateway.language.container import Container, Given
from gateway.model import Consent, Form

NOBODY: Mapping[str, Consent] = {}


class Story(Struct, frozen=True, kw_only=True):
    """One thing that happens to visitors. `consent`: what they answered (None: nothing yet); `who`: the ID."""

    name: str
    consent: Consent | None = Consent.GRANTED
    who: str | None = USER_ID
    gpc: bool = False
    signed: bool = True
    applies: Callable[[Container], bool] = lambda container: True
    everywhere: bool = False
    """Whether it is worth a test with each hit, not only with one."""


def _people(container: Container) -> bool:
    return container.user_id is not None


def _asks(container: Container) -> bool:
    return container.consent is not None


def _both(container: Container) -> bool:
    return _people(container) and _asks(container)


STORIES = (
    Story(name="A guest, also after signing out, who agreed to everything", who=None, applies=_both),
    Story(name="Agreed to everything", who=None, applies=lambda container: not _people(container) and _asks(container)),
    Story(name="A guest, also after signing out", who=None, applies=lambda container: not _asks(container)),
    Story(name="Refused everything", who=None, consent=Consent.REFUSED, applies=_asks),
    Story(name="Has not answered the banner yet", who=None, consent=None, applies=_asks),
    Story(name="Signed in before the banner was answered", consent=None, applies=_both),
    Story(name="Agreed to everything, then signed in", applies=_both, everywhere=True),
    Story(name="Signed in", applies=lambda container: _people(container) and not _asks(container)),
    Story(name="Somebody else signs in at the same device", who=OTHER_USER_ID, applies=_people),
    Story(name="Signed in, and took the consent back", consent=Consent.REFUSED, applies=_both, everywhere=True),
    Story(name="Global Privacy Control, whatever the banner says", gpc=True, applies=_asks),
    Story(
        name="Claims to be signed in, without proof",
        signed=False,
        applies=lambda container: container.user_id is not None and container.user_id.verified_by is not None,
    ),
)


class Suggestion(Struct, frozen=True, kw_only=True):
    """One test: what is given, and what comes out as the container is."""

    name: str
    given: Given
    expect: Mapping[str, Form]

    def lines(self, container: Container) -> tuple[str, ...]:
        """As it stands under `tests:`."""
        return as_test(self.name, self.given, self.expect, container)


def suggested(container: Container) -> tuple[Suggestion, ...]:
    """Each test that is missing, in the stories' order, for as few hits as reach every tag."""
    known = [case.given for case in container.tests]
    names = {case.name for case in container.tests}
    decided = judge(container)
    out = []
    for number, hit in enumerate(samples(container)):
        for story in STORIES:
            if not story.applies(container) or (number and not story.everywhere):
                continue
            given = _told(container, hit, story)
            if not _is_told(container, given, known, anywhere=not story.everywhere):
                known.append(given)
                name = _name(story.name, given.event, names)
                out.append(Suggestion(name=name, given=given, expect=decided(given)))
    return tuple(out)


def _is_told(container: Container, given: Given, known: Iterable[Given], *, anywhere: bool) -> bool:
    """Whether a test tells the same of a visitor, with this event or `anywhere`."""
    alike = [one for one in known if _alike(container, one) == _alike(container, given)]
    if given.values.get(_user(container)) == OTHER_USER_ID:
        return len({one.values[_user(container)] for one in alike}) > 1
    return any(anywhere or one.event == given.event for one in alike)


def _alike(container: Container, given: Given) -> tuple[object, ...]:
    return _user(container) in given.values, dict(given.consent), given.gpc, given.signed


def _user(container: Container) -> str:
    return container.user_id.variable if container.user_id else ""


def _told(container: Container, hit: Given, story: Story) -> Given:
    purposes = container.consent.purposes if container.consent else ()
    values = dict(hit.values)
    if container.user_id:
        user = container.user_id
        values.pop(user.variable, None)
        if story.who is None:
            values.pop(user.account or "", None)
        else:
            values = {user.variable: story.who, **values}
    consent = dict.fromkeys(purposes, story.consent) if story.consent else NOBODY
    return structs.replace(hit, values=values, consent=consent, gpc=story.gpc, signed=story.signed)


def _name(story: str, event: str, taken: set[str]) -> str:
    name, number = f"{story} ({event})", 2
    while name in taken:
        name, number = f"{story} ({event}, {number})", number + 1
    taken.add(name)
    return name
