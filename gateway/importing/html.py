"""HTML of somebody's own → the one script by its address that it is, where it is nothing else."""

import re
from html.parser import HTMLParser

from gateway.importing.made import Made
from gateway.importing.secretive import secretive
from gateway.importing.source import Receiver
from gateway.model import Json

NOT_ONE = (
    "it is HTML and JavaScript of your own; if somebody who can read it thinks so, put it into a tag of type script"
)
_DROPPED = frozenset({"src", "nonce", "async", "defer", "integrity"})
"""What has a setting of its own, or is so of every script that is put into a page."""
_KEPT = re.compile(r"data-[a-z0-9-]+|id|crossorigin|referrerpolicy|charset|fetchpriority")
_CLASSIC = ("", "text/javascript", "application/javascript")


def one_script(said: str) -> Made:
    """`said` holds no variables any more. Only what can be judged by looking at it is carried over."""
    found = _Reader(said)
    tag = found.tags[0] if len(found.tags) == 1 and not found.more else None
    if tag is None or not tag.get("src") or (kind := tag.pop("type", "")) not in (*_CLASSIC, "module"):
        return Made(why=NOT_ONE)
    kept = {name: value for name, value in tag.items() if name not in _DROPPED}
    if any(not value or not _KEPT.fullmatch(name) for name, value in kept.items()):
        return Made(why=NOT_ONE)
    url = f"https:{tag['src']}" if tag["src"].startswith("//") else tag["src"]
    if secretive("", url) or any(secretive(name, value) for name, value in kept.items()):
        return Made(why="it holds what looks like a secret")
    kept |= {"type": kind} if kind == "module" else {}
    settings: dict[str, Json] = {"url": url}
    settings |= {"integrity": tag["integrity"]} if tag.get("integrity") else {}
    return Made(receiver=Receiver("script", settings | ({"attributes": kept} if kept else {})), any_event=True)


class _Reader(HTMLParser):
    """The scripts of a text. `more`: there is something besides."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.tags: list[dict[str, str]] = []
        self.more = False
        self.feed(said)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        self.more |= tag != "script"
        self.tags.append({name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        self.more |= bool(data.strip())
