"""The most that a tag may get under the version that runs: what an older one decided may wait for days, and rules that
became stricter hold for it too. Nothing is added to a delivery here; one of the same version stays as it is."""

from collections.abc import Collection, Mapping

from msgspec import Struct, structs

from gateway.decide.address import cut_ip, cut_url
from gateway.decide.exempt import exempted
from gateway.decide.prepare import Sight, details_of, sight_of
from gateway.language.container import Container, Tag
from gateway.model import Delivery, Form, Json


class Bounds(Struct, frozen=True, kw_only=True):
    """Of one tag. `grants`: by form, the least grants of consent under which it gets so much, in each way; `purposes`:
    those that can be withdrawn."""

    grants: Mapping[Form, Collection[frozenset[str]]]
    purposes: frozenset[str]
    fields: frozenset[str]
    identifiers: frozenset[str]
    details: Mapping[str, frozenset[str]]
    sight: Sight
    drop: frozenset[str]
    exempt: bool

    @classmethod
    def of(cls, container: Container, tag: Tag) -> "Bounds":
        """As the container says."""
        return cls(
            grants=container.grants[tag.name],
            purposes=frozenset(container.consent.purposes if container.consent else ()),
            fields=frozenset(tag.fields),
            identifiers=frozenset(tag.identifiers),
            details=details_of(tag, container.variables),
            sight=sight_of(tag),
            drop=container.site.drop_query,
            exempt=tag.exempt,
        )

    def within(self, made: Delivery, rests: Collection[str]) -> Delivery | None:
        """As much of a delivery as the tag may have; None: it may not leave. `rests`: the purposes that it rests on."""
        if not self.purposes.issuperset(rests) or not self._granted(made.form, frozenset(rests)):
            # Who is in its texts cannot be told any more; and nobody could withdraw what has no purpose.
            return None
        details = self.details.get(made.event, self.details.get("*", frozenset()))
        less = {
            "fields": _only(made.fields, self.fields),
            "identifiers": _only(made.identifiers, self.identifiers),
            "details": _only(made.details, details),
            "url": self._address(made.url),
            "referrer": self._address(made.referrer),
            "title": None if self.sight[0] == "none" else made.title,
            "ip": cut_ip(made.ip, self.sight[1]) if made.ip and self.sight[1] != "full" else made.ip,
        }
        changed = {name: value for name, value in less.items() if value != getattr(made, name)}
        made = structs.replace(made, **changed) if changed else made
        return exempted(made) if self.exempt else made

    def _granted(self, form: Form, rests: frozenset[str]) -> bool:
        """Whether what must be granted now was when it came, as far as anybody knows."""
        return any(rests.issuperset(least) for least in self.grants[form])

    def _address(self, url: str | None) -> str | None:
        how = self.sight[0]
        return cut_url(url, how, self.drop) if url and (how != "url" or self.drop) else url


def _only(found: Mapping[str, Json], wanted: frozenset[str]) -> Mapping[str, Json]:
    return found if found.keys() <= wanted else {name: value for name, value in found.items() if name in wanted}
