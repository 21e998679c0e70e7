"""What a browser says it is → its name, its system, its device, and whether it is a crawler."""

from functools import lru_cache

from msgspec import Struct
from ua_parser import Parser
from ua_parser.loaders import load_lazy_builtins
from ua_parser.regex import Resolver

LONGEST = 512
"""Characters that are looked at; no browser says more."""
_REMEMBERED = 4096
_LINUX = frozenset({"Ubuntu", "Fedora", "Debian", "Linux Mint", "Red Hat", "SUSE", "CentOS", "Gentoo", "Arch Linux"})
_DESKTOPS = frozenset({"Windows", "Mac OS X", "Linux", "Chrome OS", "FreeBSD", "OpenBSD", "NetBSD"})
_PHONES = frozenset({"iOS", "Windows Phone", "KaiOS", "BlackBerry OS"})
_TABLETS = ("iPad", "Kindle")
_HAND_HELD = frozenset({"Mobile", "iOS"})


class Agent(Struct, frozen=True):
    """None: it does not say."""

    browser: str | None
    os: str | None
    device: str | None
    """desktop, phone, tablet or tv; None of a crawler too."""
    bot: bool


@lru_cache(1)
def _parser() -> Parser:
    return Parser(Resolver(load_lazy_builtins()))


def agent(said: str) -> Agent:
    """Of the header User-Agent."""
    return _agent(said[:LONGEST])


@lru_cache(_REMEMBERED)
def _agent(said: str) -> Agent:
    found = _parser().parse(said)
    os = _system(found.os.family) if found.os else None
    bot = found.device is not None and found.device.family == "Spider"
    return Agent(
        browser=_browser(found.user_agent.family) if found.user_agent else None,
        os=os,
        device=None if bot else _device(said, os, found.device.family if found.device else ""),
        bot=bot,
    )


def _system(family: str) -> str:
    return "Linux" if family in _LINUX else family


def _browser(family: str) -> str:
    """The same on phones and elsewhere: what it runs on is told by the device."""
    return " ".join(word for word in family.split() if word not in _HAND_HELD) or family


def _device(said: str, os: str | None, family: str) -> str | None:
    if "TV" in said:
        return "tv"
    if family.startswith(_TABLETS) or (os == "Android" and "Mobile" not in said):
        return "tablet"
    if os in _PHONES or os == "Android":
        return "phone"
    return "desktop" if os in _DESKTOPS else None
