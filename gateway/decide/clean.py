"""A delivery in, the same without anything it may not hold out."""

from typing import Any

from msgspec import Struct, structs

from gateway.decide.effort import Effort
from gateway.decide.scrub import Needles
from gateway.decide.traces import remove_traces
from gateway.language.values import plain
from gateway.model import Delivery, Json

LONGEST = 2048
"""Characters of a text that is sent."""
LONGEST_LANGUAGE = 64
LONGEST_EVENT = 100
_CUT = {
    "event": LONGEST_EVENT,
    "title": LONGEST,
    "language": LONGEST_LANGUAGE,
    "user_agent": LONGEST,
    "fields": LONGEST,
}


class Cleaner(Struct, frozen=True):
    """`before`: traces of who the visitor was before."""

    needles: Needles
    before: tuple[tuple[int, bytes], ...]
    trace_key: bytes
    effort: Effort

    def clean(self, delivery: Delivery) -> tuple[Delivery, int]:
        """And how many known values were taken out."""
        changed: dict[str, Any] = {}
        total = 0
        for name in ("event", "url", "title", "referrer", "language", "user_agent", "fields", "details"):
            value = getattr(delivery, name)
            if value:
                cleaned, count = self._value(value)
                changed[name] = _cut(cleaned, _CUT[name]) if name in _CUT else cleaned
                total += count
        return structs.replace(delivery, **changed), total

    def _value(self, value: Json) -> tuple[Json, int]:
        value, known = self.needles.scrub_json(value)
        value, before = self._traces(value) if self.before else (value, 0)
        return value, known + before

    def _traces(self, value: Json) -> tuple[Json, int]:
        if isinstance(value, str):
            return remove_traces(value, self.before, self.trace_key, self.effort)
        if isinstance(value, list):
            cleaned = [self._traces(item) for item in value]
            return [item for item, _ in cleaned], sum(count for _, count in cleaned)
        if isinstance(value, dict):
            pairs = [(self._traces(key), self._traces(item)) for key, item in value.items()]
            return {key[0]: item[0] for key, item in pairs}, sum(key[1] + item[1] for key, item in pairs)
        text = plain(value) if value is not None else None
        if text is None or isinstance(value, bool):
            return value, 0
        cleaned_text, count = remove_traces(text, self.before, self.trace_key, self.effort)
        return (cleaned_text, count) if count else (value, 0)


def _cut(value: Json, most: int) -> Json:
    if isinstance(value, str):
        return value[:most]
    if isinstance(value, list):
        return [_cut(item, most) for item in value]
    return {name: _cut(item, most) for name, item in value.items()} if isinstance(value, dict) else value
