"""A cookie that ends: what the page must go on knowing of who was signed in by it. Pure."""

from collections.abc import Sequence
from functools import reduce

from msgspec import structs

from gateway.model import Life


def parted(lives: Sequence[Life], page: Life | None, session: bytes) -> Life | None:
    """The life of the page's own number after the cookie's, which are told in their order; under a session of its own.
    None: it stays what it was."""
    known = [life for life in lives if life.person or life.before]
    if not known:
        return None
    last = structs.replace(reduce(_after, known), session=session, successor=None, counted=())
    if page is None:
        return last
    found = _after(last, page) if page.since >= last.since else _after(page, last)
    return found if found != page else None


def _after(earlier: Life, later: Life) -> Life:
    """The later one, with the traces of whom the earlier one knew."""
    left = earlier.traces if earlier.person != later.person else ()
    before = dict.fromkeys((*later.before, *earlier.before, *left))
    return structs.replace(later, before=tuple([trace for trace in before if trace not in later.traces]))
