"""A container → hits that its tags get, worked out of what its triggers ask for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product

from gateway.decide.suppose import judge
from gateway.language import template
from gateway.language.container import Container, Given, Join, Line, Matcher, Variable
from gateway.language.matchers import KINDS as MATCHERS
from gateway.language.matchers import predicate
from gateway.language.values import cast, plain
from gateway.language.variables import KINDS
from gateway.model import ABSENT, CannotTell, Consent, Value
from gateway.problems import Place

MOST_WAYS = 64
EVENT = Variable(name="event", kind="event", source="event", place=Place(1, 1))
USER_ID = "c-4711"
OTHER_USER_ID = "c-0815"


def agreed(container: Container) -> dict[str, Consent]:
    """Everything granted."""
    return dict.fromkeys(container.consent.purposes if container.consent else (), Consent.GRANTED)


def samples(container: Container) -> tuple[Given, ...]:
    """As few hits as reach every tag that can be reached by somebody who is signed in and agreed to everything;
    those that reach most come first."""
    found = [hit for tag in container.tags if (hit := sample(container, tag))]
    decided = judge(container)
    reached = [(hit, frozenset(decided(hit))) for hit in found]
    kept: list[Given] = []
    left = frozenset(name for _, names in reached for name in names)
    while left:
        best, names = max(reached, key=lambda pair: len(pair[1] & left))
        kept.append(best)
        left -= names
    return tuple(kept)


def sample(container: Container, tag: str) -> Given | None:
    """A hit that one tag gets; None where none was found."""
    decided = judge(container)
    for lines in islice(_ways(container, container.tags[tag].send_when), MOST_WAYS):
        hit = _hit(container, lines)
        if hit is not None and tag in decided(hit):
            return hit
    return None


def _ways(container: Container, join: Join) -> Iterator[tuple[Line, ...]]:
    """Each choice of one trigger for every `any_of`, as the lines that must then hold."""
    choices = [list(_of(container, name)) for name in join.all_of]
    if join.any_of:
        choices.append([lines for name in join.any_of for lines in _of(container, name)])
    for chosen in product(*choices):
        yield tuple(line for lines in chosen for line in lines)


def _of(container: Container, name: str) -> Iterator[tuple[Line, ...]]:
    trigger = container.triggers[name]
    for below in islice(_ways(container, trigger.join), MOST_WAYS):
        yield (*trigger.lines, *below)


def _hit(container: Container, lines: Iterable[Line]) -> Given | None:
    wanted: dict[str, list[Matcher]] = {}
    for line in lines:
        wanted.setdefault(line.variable, []).extend(line.matchers)
    consent = agreed(container)
    for matcher in wanted.pop("consent", []):
        consent[str(matcher.wanted)] = Consent(matcher.word)
    given: dict[str, str] = {}
    for name, matchers in wanted.items():
        variable = container.variables.get(name, EVENT)
        said = _built(variable, matchers) if variable.parts else _read(variable, matchers)
        if said is None:
            return None
        given |= said
    event = given.pop("event", "page_view")
    known = {purpose: state for purpose, state in consent.items() if state is not Consent.UNKNOWN}
    return Given(event=event, values=given | _identity(container, given), consent=known)


def _identity(container: Container, given: Mapping[str, str]) -> dict[str, str]:
    user = container.user_id
    return {} if user is None or user.variable in given else {user.variable: USER_ID}


def _read(variable: Variable, matchers: list[Matcher]) -> dict[str, str] | None:
    """What must be given for a variable that all of these say yes to; nothing for one that must not be there."""
    if any(matcher.word == "present" and matcher.wanted is False for matcher in matchers):
        return {} if len(matchers) == 1 else None
    if variable.kind == "constant":
        return {}
    typed = next((one for one in _possible(variable, matchers) if _fits(one, variable, matchers)), None)
    return None if typed is None else {variable.name: typed}


def _built(variable: Variable, matchers: list[Matcher]) -> dict[str, str] | None:
    """What must be given for those that a variable is built from."""
    if variable.kind == "lookup":
        rows = [key for key, out in variable.table.items() if _fits(plain(out) or "", variable, matchers)]
        return {variable.source: plain(rows[0]) or ""} if rows else None
    first, *rest = template.pieces(variable.source)
    form = re.escape(first) + "".join(f"(.+){re.escape(after)}" for after in rest[1::2])
    for typed in _possible(variable, matchers):
        found = re.fullmatch(form, typed)
        if found and _fits(typed, variable, matchers):
            return dict(zip(rest[0::2], found.groups(), strict=True))
    return None


def _possible(variable: Variable, matchers: list[Matcher]) -> Iterator[str]:
    """Every value that may be the one, as it is typed."""
    kind = KINDS[variable.kind]
    said = dict.fromkeys(one for matcher in matchers for one in candidates(matcher))
    numbers = kind.numbers(variable.source) if variable.type == "number" else None
    whole = [one for one in said if numbers is None or cast(one, "number") in numbers]
    yield from kind.few(variable.source, variable.type) or whole


def _fits(typed: str, variable: Variable, matchers: list[Matcher]) -> bool:
    value = cast(typed, variable.type)
    return value is not ABSENT and not isinstance(value, CannotTell) and all(predicate(m)(value) for m in matchers)


def candidates(matcher: Matcher) -> Iterator[str]:
    """Values, as they are typed, that a matcher may say yes to."""
    wanted = matcher.wanted if isinstance(matcher.wanted, tuple) else (matcher.wanted,)
    for one in wanted:
        yield from _near(one, matcher.word)
    yield from ("x", "1", "true", "0")


def _near(wanted: Value, word: str) -> Iterator[str]:
    if isinstance(wanted, bool):
        yield from ("true", "false")
    elif isinstance(wanted, float):
        yield from (f"{wanted + step:.10g}" for step in (0, 1, -1))
    else:
        text = str(wanted)
        yield from MATCHERS[word].samples(text)
        if word == "like":
            text = text.replace("*", "").replace("?", "x")
        yield from (text, f"{text}x")
