"""What a page is told to run: of each tag of the browser that a hit of the page is sent to."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from gateway.decide.prepare import Sheet, no_visit
from gateway.destinations.page_tag import PageTag
from gateway.model import Hit, Json, TagDecision

Told = Mapping[str, Json | None]
"""By tag, what its page is told; None: no page reads an answer to this hit."""
TOLD, NO_PAGE = "told", "no_page"
"""What became of a tag of the browser, as metric labels."""


class Runner(Struct, frozen=True):
    """A tag of the browser, its type's code, and its settings."""

    kind: PageTag
    settings: Mapping[str, Json]

    def tell(self, hit: Hit, decided: TagDecision, sheet: Sheet) -> tuple[Json | None, int]:
        """And how many known values were scrubbed out of it. A hit without an id could be told of twice; one without
        the number of a page comes from a server, or is of a page that is gone."""
        if hit.trusted or not hit.id or not hit.page:
            return None, 0
        delivery, count = sheet.delivery(decided, no_visit)
        return {"tag": decided.tag, "hit": hit.id, **self.kind.tell(delivery, self.settings)}, count


def outcomes(told: Told, *, page: bool) -> Sequence[tuple[str, str]]:
    """Each tag and what became of it; `page`: whether a page reads the answer at all."""
    return [(tag, TOLD if page and said is not None else NO_PAGE) for tag, said in told.items()]
