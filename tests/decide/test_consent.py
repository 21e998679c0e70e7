"""The consent in force, and what is kept of a claim (containers.md, Consent)."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.decide.consent import changed, in_force
from gateway.language.container import ConsentSource
from gateway.model import Choice, Consent, Hit

SOURCE = ConsentSource(kind="cookie", where="c", purposes={"a": "stats", "m": "ads"}, gpc_refuses=frozenset({"m"}))
GRANTED, REFUSED, UNKNOWN = Consent.GRANTED, Consent.REFUSED, Consent.UNKNOWN
NOW = 1_000


def force(
    said: Mapping[str, bool],
    at: int | None = None,
    read: Mapping[str, bool] | None = None,
    kept: list[Mapping[str, Choice]] | None = None,
    *,
    gpc: bool = False,
) -> str:
    hit = Hit(container="c", event="e", at=NOW, arrived=NOW, consent=said, consent_at=at, gpc=gpc)
    found = in_force(SOURCE, hit, read or {}, kept or [])
    return "".join(state.value[0] for state in found.values())


def test_each_purpose_is_granted_refused_or_unknown() -> None:
    assert force({}) == "uu"
    assert force({"a": True}) == "gu"
    assert force({"a": True, "m": False}) == "gr"
    assert force({"nonsense": True}) == "uu"
    assert in_force(None, Hit(container="c", event="e", at=0, arrived=0), {}, []) == {}


def test_the_requests_cookie_fills_in_and_a_refusal_in_either_wins() -> None:
    assert force({"a": True}, read={"m": True}) == "gg"
    assert force({"a": True, "m": True}, read={"a": False, "m": True}) == "rg"
    assert force({"a": False, "m": True}, read={"a": True, "m": True}) == "rg"


def test_a_kept_refusal_yields_only_to_a_later_grant_with_a_time() -> None:
    kept = [{"a": Choice(REFUSED, 50)}]
    assert force({"a": True}, kept=kept) == "ru"
    assert force({"a": True}, 49, kept=kept) == "ru"
    assert force({"a": True}, 50, kept=kept) == "ru"
    assert force({"a": True}, 51, kept=kept) == "gu"
    assert force({}, 51, kept=kept) == "ru"
    assert force({"a": False}, 51, kept=kept) == "ru"


def test_of_several_kept_refusals_each_must_be_lifted() -> None:
    kept = [{"a": Choice(REFUSED, 50)}, {"a": Choice(REFUSED, 70), "m": Choice(GRANTED, 60)}]
    assert force({"a": True, "m": True}, 60, kept=kept) == "rg"
    assert force({"a": True, "m": True}, 71, kept=kept) == "gg"


def test_a_kept_grant_grants_nothing() -> None:
    assert force({}, kept=[{"a": Choice(GRANTED, 50), "m": Choice(GRANTED, 50)}]) == "uu"


def test_gpc_refuses_on_this_hit() -> None:
    assert force({"a": True, "m": True}, gpc=True) == "gr"
    assert force({}, gpc=True) == "ur"


def test_what_is_kept_of_a_claim() -> None:
    assert changed({}, {"a": True}, 5, NOW) == {}
    assert changed({}, {"a": False}, 5, NOW) == {"a": Choice(REFUSED, 5)}
    assert changed({}, {"a": False}, None, NOW) == {"a": Choice(REFUSED, NOW)}
    assert changed({}, {"a": False}, NOW + 9, NOW) == {"a": Choice(REFUSED, NOW)}
    refused = {"a": Choice(REFUSED, 50)}
    assert changed(refused, {"a": True}, 51, NOW) == {"a": Choice(GRANTED, 51)}
    assert changed(refused, {"a": True}, 50, NOW) == {}
    assert changed(refused, {"a": True}, None, NOW) == {}
    assert changed(refused, {"a": False}, 51, NOW) == {"a": Choice(REFUSED, 51)}
    assert changed(refused, {"a": False}, 50, NOW) == {}
    granted = {"a": Choice(GRANTED, 50)}
    assert changed(granted, {"a": False}, 49, NOW) == {}
    assert changed(granted, {"a": False}, 50, NOW) == {"a": Choice(REFUSED, 50)}
    assert changed(granted, {"a": True}, 60, NOW) == {}


@pytest.mark.parametrize("at", [None, NOW - 9, NOW, NOW + 9])
def test_a_grant_from_before_the_clock_was_set_back_outlives_no_refusal(at: int | None) -> None:
    ahead = {"a": Choice(GRANTED, NOW + 3_600_000)}
    said = NOW if at is None else min(at, NOW)
    assert changed(ahead, {"a": False}, at, NOW) == {"a": Choice(REFUSED, said)}
    assert changed(ahead, {"a": True}, at, NOW) == {}
    # What was refused before is lifted once the clock is there again.
    assert changed({"a": Choice(REFUSED, NOW + 3_600_000)}, {"a": True}, at, NOW) == {}


CLAIMS = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=8)


@given(CLAIMS, st.integers(0, 9), st.randoms())
def test_the_order_in_which_claims_arrive_never_lets_a_refused_one_through(
    claims: list[tuple[bool, int]], asked: int, random: st.DrawFn
) -> None:
    """Whatever arrives first: a grant of time t holds only where no refusal is as late as it, or a later grant is."""
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    kept: dict[str, Choice] = {}
    for granted, at in shuffled:
        kept |= changed(kept, {"a": granted}, at, NOW)
    last_refusal = max((at for granted, at in claims if not granted), default=-1)
    if asked <= last_refusal and kept.get("a", Choice(REFUSED, 0)).state is REFUSED:
        assert force({"a": True}, asked, kept=[kept]) == "ru" or "a" not in kept
    if asked > last_refusal:
        assert force({"a": True}, asked, kept=[kept]) == "gu"
