"""Which tags send to one receiver: it must know a visitor by one name."""

import re
from collections.abc import Iterator

from gateway.language.container import Tag
from gateway.language.read import Parts
from gateway.language.read.tags import free_group
from gateway.language.tag_types import SettingKind
from gateway.problems import Problem, quoted

_HOST = re.compile(r"^[^/]*//[^/]*")
_PORT = re.compile(r"^(https://[^/]*):443$|^(http://[^/]*):80$")


def same_receiver(parts: Parts) -> Iterator[Problem]:
    """Two tags of one type, address and site, whose pseudonyms differ."""
    first: dict[tuple[str, ...], Tag] = {}
    for tag in parts.tags.values():
        other = first.setdefault(address(tag), tag)
        if other is not tag and (tag.hash_group is None or tag.hash_group != other.hash_group):
            message = f"{quoted(tag.name)} sends to the same receiver as {quoted(other.name)}, under another pseudonym."
            group = free_group(other.hash_group or tag.hash_group or other.name, parts.tags)
            hint = f"It would split every visitor in two: write hash_group: {group} into both."
            yield Problem(place=tag.place, code="same-receiver", message=message, hint=hint)


def address(tag: Tag) -> tuple[str, ...]:
    """What names a receiver; an address without what makes no difference in it."""
    out = [tag.type.name]
    for name in tag.type.address:
        said = str(tag.settings.get(name, tag.secrets.get(name, "")))
        is_url = tag.type.settings[name].kind is SettingKind.URL
        out.append(_plain(said, tag.type.endings) if is_url else said)
    return tuple(out)


def _plain(url: str, endings: tuple[str, ...]) -> str:
    """One spelling of all that lead to one place: host in small letters, no usual port, no slash or script at the
    end."""
    url = _HOST.sub(lambda host: _PORT.sub(r"\1\2", host[0].lower().rstrip(".")), url).rstrip("/")
    ending = next((ending for ending in endings if url.endswith(ending)), "")
    return url.removesuffix(ending).rstrip("/")
