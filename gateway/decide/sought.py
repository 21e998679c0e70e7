"""What is known of one hit and may stand in no text of it: the values, and whether any text may hold one at all."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import UNSET

from gateway.decide.effort import Effort
from gateway.decide.hidden import unpacked
from gateway.decide.scrub import Needles, has_at, written
from gateway.decide.spellings import marks, plainer, utf8
from gateway.language.container import Container, Variable
from gateway.language.user_id import Refusal, normalise
from gateway.language.values import plain
from gateway.model import CannotTell, Facts, Hit, Json, Value

USER, ACCOUNT = "variable", "account"
_HEX = bytes(120 if chr(byte) in "0123456789abcdef" else 32 for byte in range(256))
_HASH = b"x" * 32
_IGNORED = dict.fromkeys(map(ord, "\t\r\n"))


class Sought(NamedTuple):
    """One known value. `role`: USER, ACCOUNT or a variable; what may stand in its place at a tag depends on it.
    None: nothing may."""

    text: str
    role: str | None


class Seeker:
    """Of one container; made once at load."""

    def __init__(self, container: Container) -> None:
        user = container.user_id
        roles = {USER: user.variable, ACCOUNT: user.account} if user else {}
        self._claims = {role: name for role, name in roles.items() if name}
        own = set(self._claims.values())
        self._personal = [v for v in container.variables.values() if v.personal and v.name not in own]
        self._fields = sorted({name for tag in container.tags.values() for name in tag.fields.values()})

    def known(self, hit: Hit, facts: Facts) -> list[Sought]:
        """Every value that is known of a hit."""
        identity = facts.identity
        known = [Sought(text, None) for text in identity.unverified if text]
        known += [Sought(text, None) for text in (hit.proof, hit.before) if text]
        known += self._claimed(hit, hit.user_id, USER, identity.id)
        if hit.account is not UNSET or ACCOUNT in self._claims:
            known += self._claimed(hit, hit.account, ACCOUNT, identity.account)
        known += [Sought(text, None) for claim in hit.stray if _names_somebody(claim) and (text := plain(claim))]
        for variable in self._personal:
            known += [Sought(text, variable.name) for text in _texts(variable, hit, facts)]
        return known

    def touches(self, known: Iterable[Sought], hit: Hit, facts: Facts) -> bool:
        """Whether anything may have to be scrubbed, at any tag; False is certain. One look at all texts together is
        much cheaper than one at each for each tag."""
        texts = _as_sent(" ".join(self._texts(hit, facts)))
        texts = " ".join([texts, *unpacked(texts)])
        if (bare := plainer(texts)) != texts:
            texts = " ".join([texts, bare, *unpacked(bare)])
        folded = texts.casefold()
        if has_at(folded):
            return True
        searched = {text for one in known if (text := one.text.strip())}
        for text in searched:
            for mark in marks(text):
                if mark in folded:
                    return True
        # Hashes of what is known are long runs of hex digits.
        return bool(searched) and _HASH in utf8(folded).translate(_HEX)

    def _claimed(self, hit: Hit, said: Json, role: str, found: str | None) -> list[Sought]:
        """An ID as it holds and as it was claimed: not always how it is normalised, nor believed."""
        sought = [] if found is None else [Sought(found, role)]
        for claim in (said, hit.values.get(self._claims.get(role, ""))):
            if claim is UNSET or claim is None or claim == found:
                continue
            if _names_somebody(claim) and (text := plain(claim)):
                sought.append(Sought(text, role))
        return sought

    def _texts(self, hit: Hit, facts: Facts) -> list[str]:
        found = [
            hit.event,
            hit.url or "",
            hit.title or "",
            hit.referrer or "",
            hit.language or "",
            hit.user_agent or "",
        ]
        readings = facts.readings
        for value in (*[readings[name] for name in self._fields], *hit.fields.values()):
            if type(value) is str:
                found.append(value)
            else:
                _gather(value, found)
        return found


def needles(
    known: Iterable[Sought], instead: Mapping[str, str | None], kept: Collection[str], effort: Effort
) -> Needles:
    """What is looked for in everything one tag gets. By role: what may stand `instead`, and what is `kept`."""
    return Needles.of(((text, text if role in kept else instead.get(role or "")) for text, role in known), effort)


def _as_sent(texts: str) -> str:
    """Without line ends and tabs: an address loses them (`cut_url`), and what stood on both sides is one word then."""
    return texts.translate(_IGNORED) if "\n" in texts or "\t" in texts or "\r" in texts else texts


def _gather(value: object, into: list[str]) -> None:
    """Every text in a value, keys and numbers too."""
    if isinstance(value, str):
        into.append(value)
    elif isinstance(value, float | int):
        into.append(written(value))
    elif isinstance(value, list | frozenset):
        for item in value:
            _gather(item, into)
    elif isinstance(value, dict):
        into += value
        for item in value.values():
            if type(item) is str:
                into.append(item)
            else:
                _gather(item, into)


def _names_somebody(claim: Json) -> bool:
    """Also what is too odd for an ID may be found in an address; `guest` and `undefined` say nothing of anybody."""
    found = normalise(claim)
    return not isinstance(found, Refusal) or found in (Refusal.TOO_LONG, Refusal.CONTROL_CHARACTER)


def _texts(variable: Variable, hit: Hit, facts: Facts) -> Iterator[str]:
    """A personal value as it is read, and as the page gave it."""
    value = facts.readings[variable.name]
    yield from (text for text in (said(value), plain(hit.values.get(variable.name))) if text)
    if isinstance(value, frozenset):
        yield from value


def said(value: Value | CannotTell | object) -> str | None:
    """A reading that is there, as text."""
    return plain(value) if isinstance(value, str | bool | float) else None
