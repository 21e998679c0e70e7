"""Several tags of one Matomo site: a visit begins there once, whichever tag's hit comes first."""

from itertools import pairwise
from pathlib import Path

import pytest

from web import gate as gates
from web.gate import GRANTED, Gate


def several(monkeypatch: pytest.MonkeyPatch, names: list[str], attach: list[str], hashed: str = "") -> None:
    """The container with these tags in place of `matomo`."""
    before, rest = gates.SHOP.split("  matomo:\n", 1)
    body, after = rest.split("  partner:\n", 1)
    tags = "".join(f"  {name}:\n{body}    hash_group: stats\n" for name in names)
    text = f"{before}{tags}  partner:\n{after}"
    text = text.replace("attach: [matomo], hash: [partner]", f"attach: [{', '.join(attach)}], hash: [partner{hashed}]")
    monkeypatch.setattr(gates, "SHOP", text)


def begun(entries: list[dict[str, str]]) -> list[tuple[str | None, str]]:
    """Whose visits began, in order."""
    return [(entry.get("uid"), entry["cid"]) for entry in entries if "new_visit" in entry]


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_a_visit_begins_once_for_all_tags_of_a_site(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    names = [f"m{number}" for number in range(count)]
    several(monkeypatch, names, names)
    async with Gate(quick_path) as gate:
        browser = gate.browser(consent=GRANTED)
        users = (None, "alice", "alice", "bob", None, None, "alice")
        for user in users:
            await browser.see(user=user)
            await gate.delivered()
        entries = await gate.tracked()
    assert len(entries) == count * len(users)
    assert [uid for uid, _ in begun(entries)] == ["alice", "bob", None, "alice"]
    assert len(set(begun(entries))) == 4
    # Whoever was first of a visit said so: nothing could be taken for what was before.
    for visitor in {cid for _, cid in begun(entries)}:
        assert "new_visit" in next(entry for entry in entries if entry["cid"] == visitor)


@pytest.mark.parametrize("hashed", ["", ", m1"])
async def test_another_form_of_the_id_is_another_visitor_with_visits_of_its_own(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch, hashed: str
) -> None:
    several(monkeypatch, ["m0", "m1"], ["m0"], hashed)
    async with Gate(quick_path) as gate:
        browser = gate.browser(consent=GRANTED)
        for user in ("alice", "alice", None):
            await browser.see(user=user)
            await gate.delivered()
        entries = await gate.tracked()
    signed = entries[:4]
    assert len({entry["cid"] for entry in signed}) == 2
    assert len({entry.get("uid") for entry in signed}) == 2
    assert ["new_visit" in entry for entry in signed[2:]] == [False, False]
    assert [uid for uid, _ in begun(entries[4:])] == [None]
    assert len({entry["cid"] for entry in entries[4:]}) == 1


async def test_after_an_outage_a_visit_begins_again_rather_than_take_in_what_was_anonymous(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(monkeypatch, ["m0", "m1"], ["m0", "m1"])
    async with Gate(quick_path, delivers=False) as gate:
        browser = gate.browser(consent=GRANTED)
        for user in (None, "alice", "alice"):
            await browser.see(user=user)
    async with Gate(quick_path) as gate:
        entries = await gate.tracked()
    assert len(entries) == 6
    for before, entry in pairwise(entries):
        assert "uid" in before or "uid" not in entry or "new_visit" in entry
    assert [uid for uid, _ in begun(entries)] == ["alice", "alice"]
