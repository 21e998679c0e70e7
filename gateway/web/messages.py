"""What happens in the gateway → messages for the demo's live page. Personal values only as fingerprints."""

from collections.abc import Mapping

from gateway.decide.address import cut_url
from gateway.decide.trace import Reason, because, reasons, rule_text
from gateway.destinations.protocol import Target
from gateway.language.container import Container
from gateway.model import Fault, Json, Reply, TagDecision
from gateway.web.fleet import Status
from gateway.web.flow import Taken
from gateway.web.runtime import Runtime

Message = Mapping[str, Json]


def of_hit(runtime: Runtime, taken: Taken) -> Message:
    """A hit that was stored, and the decision for each tag with its reasons."""
    container = runtime.container
    found = reasons(container, container.program.answered(taken.facts))
    path = cut_url(taken.hit.url, "path") if taken.hit.url else None
    return {
        "kind": "hit",
        "at": taken.hit.at,
        "event": taken.hit.event,
        "title": taken.hit.title or "",
        "path": "/" + path.split("/", 3)[3] if path and path.count("/") > 2 else "/",
        "signed": taken.facts.identity.signed.value,
        "consent": {purpose: state.value for purpose, state in taken.facts.consent.items()},
        "cookie": taken.attendance.cookie is not None,
        "new_session": bool(taken.attendance.lives),
        "tags": [_tag(container, tag, found, taken.scrubbed) for tag in taken.decision.tags],
    }


def of_status(status: Status) -> Message:
    """A container's file was read."""
    return {
        "kind": "container",
        "state": "ok" if status.ok else "broken",
        "revision": status.revision,
        "file": status.file,
        "report": list(status.report),
    }


def of_exchange(target: Target, reply: Reply | Fault) -> Message:
    """A receiver answered, or did not."""
    well = isinstance(reply, Reply) and reply.status < 300
    reason = reply.value if isinstance(reply, Fault) else f"http_{reply.status}"
    return {"kind": "delivery", "tag": target.tag, "state": "running" if well else "waiting", "reason": reason}


def _tag(container: Container, tag: TagDecision, found: dict[str, Reason], scrubbed: Mapping[str, int]) -> Json:
    return {
        "tag": tag.tag,
        "type": container.tags[tag.tag].type.name,
        "decision": tag.form.word if tag.sent else "none",
        "rule": rule_text(container, tag),
        "scrubbed": scrubbed.get(tag.tag, 0),
        "because": [_reason(reason) for reason in because(container, tag, found)],
    }


def _reason(reason: Reason) -> Json:
    lines = [{"variable": s.variable, "wanted": s.wanted, "seen": s.seen, "answer": s.answer} for s in reason.lines]
    return {"trigger": reason.trigger, "answer": reason.answer, "lines": lines, "of": list(reason.of)}
