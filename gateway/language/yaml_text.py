"""Maps, lists and texts → plain YAML on one line: whatever is written here is read back as it was."""

import re
from collections.abc import Mapping, Sequence

from gateway.language.yaml_lines import CONTROL, UNSEEN
from gateway.model import Json

_BARE = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.+-]*(:(?=[A-Za-z0-9_/.+-])[A-Za-z0-9_/.+:-]*[A-Za-z0-9_/.+-])?")
_SENTENCE = re.compile(r"[A-Za-z][A-Za-z0-9_/.,()'’“”äöüÄÖÜßé-]*( [A-Za-z0-9_/.,()'’“”äöüÄÖÜßé-]+)+")
_MEANING = re.compile(r"null|true|false|yes|no|on|off|y|n|\.{1,3}|-+", re.IGNORECASE)
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\x85": "\\N"}
_UNSEEN = re.compile(rf"[{CONTROL}{UNSEEN}\u200c\u200d\ud800-\udfff]")
_ODD_SPACE = re.compile(r"[\xa0\u2000-\u200a\u202f\u3000]")


def scalar(text: str) -> str:
    """A text; in double quotes wherever YAML, or a reader of it, could take it for something else."""
    if _BARE.fullmatch(text) and not _MEANING.fullmatch(text):
        return text
    return '"' + "".join(_ESCAPED.get(char, char) for char in text) + '"'


def sentence(text: str) -> str:
    """A text that stands alone behind its colon, where words with blanks between them need no quotes."""
    return text if _SENTENCE.fullmatch(text) else scalar(text)


def flow(value: Json) -> str:
    """Any value, on one line: `{ any_of: [a, b] }`."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{scalar(str(key))}: {flow(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return scalar(str(value))


def plain(text: str) -> str:
    """A text of somebody else's without what no plain file holds: invisible characters, odd spaces, line ends."""
    return " ".join(_ODD_SPACE.sub(" ", _UNSEEN.sub("", text)).split())
