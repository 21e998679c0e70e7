"""One hit and what became of it, or would: the decisions, every answer, the requests."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.decide.limits import limited
from gateway.decide.trace import Reason, because, rule_text
from gateway.destinations.preview import Preview
from gateway.language.container import Container
from gateway.model import Form, Json, TagDecision


class Tried(Struct, frozen=True, kw_only=True):
    """All that there is to show of one hit."""

    container: Container
    tags: tuple[TagDecision, ...]
    reasons: dict[str, Reason]
    remember: bool
    requests: Mapping[str, Preview]
    reads_page: frozenset[str] = frozenset()
    """The tags that can read in the page who is signed in."""
    notes: tuple[str, ...] = ()

    @property
    def json(self) -> Json:
        """As `taggate try --format json` prints it, and as a preview gets it."""
        return {
            "tags": {tag.tag: self._tag(tag) for tag in self.tags},
            "triggers": {name: _reason(reason) for name, reason in self.reasons.items()},
            "remember": self.remember,
            "notes": list(self.notes),
        }

    def _tag(self, decision: TagDecision) -> Json:
        request = self.requests.get(decision.tag)
        found = because(self.container, decision, self.reasons)
        return {
            "sent": decision.sent,
            "decision": decision.form.word if decision.sent else None,
            "counts_as": self.counts_as(decision),
            "rule": rule_text(self.container, decision),
            "limited": limited(self.container.tags[decision.tag]) if decision.sent else None,
            "because": [{"trigger": reason.trigger, **_reason(reason)} for reason in found],
            "request": request.json if request else None,
        }

    def counts_as(self, decision: TagDecision) -> str | None:
        """The form that a guarantee takes it for."""
        if not decision.sent:
            return None
        return Form.RAW.word if decision.tag in self.reads_page else decision.form.word


def _reason(reason: Reason) -> Json:
    lines = [{"variable": s.variable, "wanted": s.wanted, "seen": s.seen, "answer": s.answer} for s in reason.lines]
    return {"answer": reason.answer, "lines": lines, "of": list(reason.of)}
