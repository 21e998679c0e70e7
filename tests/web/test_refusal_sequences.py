"""What a device, its page or the person refused holds over any sequence of hits, logins, logouts and choices, in
whatever order their times are: compared with a model of the contract that knows no cookie but the device."""

from pathlib import Path
from random import Random

import pytest

from .gate import Browser, Gate

STEPS = 40
PEOPLE = ("alice", "bob")


class Told:
    """The latest choice by who made it: a device, a page, a person. Only what once was refused need be known."""

    def __init__(self) -> None:
        self._latest: dict[str, tuple[bool, int]] = {}

    def refuses(self, who: set[str], at: int | None) -> bool:
        """Whether one of them refused, and this choice is no later one."""
        return any(refused and (at is None or at <= when) for refused, when in map(self._of, who))

    def knows(self, who: str) -> bool:
        return who in self._latest

    def hear(self, who: set[str], granted: bool, at: int | None, now: int) -> None:
        """A choice without a time may refuse, as of now, and lifts nothing; of two at one time the refusal wins."""
        for one in who:
            refused, when = self._of(one)
            if granted and at is not None and refused and at > when:
                self._latest[one] = (False, at)
            elif not granted and ((at or now) > when or ((at or now) == when and not refused)):
                self._latest[one] = (True, at or now)

    def _of(self, who: str) -> tuple[bool, int]:
        return self._latest.get(who, (False, -1))


class Walk:
    """One browser at random. `analytics` is always granted, so that there is a cookie."""

    def __init__(self, gate: Gate, seed: int) -> None:
        self._gate = gate
        self._random = Random(seed)
        self._browser: Browser = gate.browser()
        self._told = Told()
        self.wanted = 0
        """Hits that the CRM is to get."""

    async def step(self) -> str:
        """The next thing that happens, in words."""
        self._gate.clock.now += 1000
        done = self._random.choices([self._hit, self._choose, self._turn], [8, 2, 1])[0]
        return await done()

    async def _turn(self) -> str:
        self._browser.new_page()
        return "another page"

    async def _choose(self) -> str:
        granted, at, person = self._choice()
        told = {} if person is None else {"user_id": person}
        body = {"consent": {"marketing": granted}, "at": at, "page": self._browser.page, **told}
        answer = self._browser.keep(await self._browser.post("/consent/shop", body))
        assert answer.status == 204
        self._told.hear({*self._shown(person), self._browser.page}, granted, at, self._gate.clock.now)
        return f"chose {granted} of {at}, {person}"

    async def _hit(self) -> str:
        granted, at, person = self._choice()
        user = {} if person == "left out" else {"values": {"account_id": person}}
        when = {} if at is None else {"consent_at": at}
        self._browser.consent = {"analytics": True, "marketing": granted}
        answer = await self._browser.send(self._browser.hit(**user, **when))
        assert answer.status == 204
        shown = self._shown(person)
        self.wanted += granted and not self._told.refuses({*shown, self._browser.page}, at)
        # A hit is a word about its person only if it says when, and about a page that chose before.
        kept = {who for who in shown if who not in PEOPLE or at is not None}
        kept |= {self._browser.page} if self._told.knows(self._browser.page) else set()
        self._told.hear(kept, granted, at, self._gate.clock.now)
        return f"a hit that says {granted} of {at}, {person}"

    def _shown(self, person: str | None) -> set[str]:
        """Once there is a cookie the device is known by it, whoever signs in and out."""
        return {"device"} | ({person} if person in PEOPLE else set())

    def _choice(self) -> tuple[bool, int | None, str | None]:
        now = self._gate.clock.now
        at = self._random.choice([None, now, now - 1500, now - 20_000])
        person = self._random.choice([*PEOPLE, None, "left out"])
        return self._random.random() < 0.6, at, person


@pytest.mark.parametrize("seed", range(12))
async def test_a_refusal_outlasts_whatever_happens(quick_path: Path, seed: int) -> None:
    async with Gate(quick_path, delivers=False) as gate:
        walk, done = Walk(gate, seed), list[str]()
        for _ in range(STEPS):
            done.append(await walk.step())
            assert await gate.accepted("crm") == walk.wanted, "\n".join(done)
