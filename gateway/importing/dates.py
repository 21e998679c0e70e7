"""Times of an export, in UTC → times of a schedule: to the minute, never longer than it was there."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.language.yaml_text import plain

DAY = "%Y-%m-%d"
MINUTE = f"{DAY} %H:%M"


def schedule(said: Mapping[str, str]) -> dict[str, str]:
    """`from` and `until`; what is no time stays as it is, so that the check can object."""
    return {key: _moment(plain(value), begins=key == "from") for key, value in said.items()}


def _moment(said: str, *, begins: bool) -> str:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return said
    if begins and (moment.second or moment.microsecond):
        moment += timedelta(minutes=1)
    whole_day = (moment.hour, moment.minute) == ((0, 0) if begins else (23, 59))
    return moment.strftime(DAY if whole_day else MINUTE)
