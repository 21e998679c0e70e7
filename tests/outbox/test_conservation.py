"""accepted = delivered + dead + dropped + pending, whatever happens, also over restarts and crashes."""

import asyncio
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.model import Delivery, Outcome, Verdict
from gateway.outbox.codec import encode
from gateway.outbox.protocol import Full, InFlight, Refused
from outbox.shared import Clock, arrival, checked, outbox, parcel

KEYS = [b"alice", b"bob", b"carol"]
PURPOSES = ["analytics", "ads"]
TAGS = ["matomo", "ga4"]

parcels = st.builds(
    lambda tag, known_by, rests: (tag, tuple(sorted(known_by)), tuple(sorted(rests))),
    st.sampled_from(TAGS),
    st.sets(st.sampled_from(KEYS)),
    st.sets(st.sampled_from(PURPOSES)),
)
hits = st.tuples(
    st.lists(parcels, max_size=3),
    st.none() | st.sampled_from("abc"),
    st.dictionaries(st.sampled_from(TAGS), st.just("rule"), max_size=1),
    st.sampled_from([False] * 9 + [True]),
)


class Conservation(RuleBasedStateMachine):
    """The model: by body, where a parcel is; by tag, how many were accepted."""

    @initialize()
    def begin(self):
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.clones = 0
        self.bodies = 0
        self.accepted = Counter()
        self.pending: dict[bytes, tuple] = {}
        self.dead: dict[bytes, tuple] = {}
        self.held: dict[bytes, object] = {}
        self.flying: set[bytes] = set()
        self.doomed: set[bytes] = set()
        self.seen: dict[str, int] = {}
        self.open(self.folder / "queue.db")

    def run(self, coroutine):
        return self.runner.run(asyncio.wait_for(coroutine, 10))

    def open(self, path):
        self.path = path
        self.box = outbox(path, now=self.clock)
        self.run(self.box.open())
        self.look_consent_up()
        self.held, self.flying = {}, set()
        for body in self.doomed:
            del self.pending[body]
        self.doomed = set()

    @rule()
    def look_consent_up(self):
        self.ticket = self.box.ticket()
        self.since = []

    @rule(batch=st.lists(hits, max_size=4))
    def put(self, batch):
        made = [(self.make(wanted, poison), hit, dropped, poison) for wanted, hit, dropped, poison in batch]
        try:
            new = self.run(
                self.box.put(
                    [arrival(*parcels, id=hit, dropped=dropped) for parcels, hit, dropped, _ in made], self.ticket
                )
            )
        except Full:
            assert self.ticket < self.box._withdrawals.horizon
            return
        except Refused:
            assert any(poison for *_, poison in made)
            new = None
        expected = [self.learn(*each) for each in made]
        assert new is None or new == expected

    def make(self, wanted, poison):
        parcels = []
        for tag, known_by, rests in wanted:
            self.bodies += 1
            # The desk sends again only what can be read; in order these bodies are the numbers.
            body = encode(Delivery(id=f"{self.bodies:032x}", event="x", at=5))
            parcels.append(parcel(body, tag, known_by=known_by, rests=rests))
        return [*parcels, parcel(b"poison", known_by=(), at=2**80)] if poison else parcels

    def learn(self, parcels, hit, dropped, poison):
        if poison or (hit is not None and self.seen.get(hit, 0) > self.clock.ms - 48 * 3_600_000):
            return False
        if hit is not None:
            self.seen[hit] = self.clock.ms
        for each in parcels:
            about = (each.tag, set(each.known_by), set(each.rests))
            self.accepted[each.tag] += 1
            if not any(keys & about[1] and purposes & about[2] for keys, purposes in self.since):
                self.pending[each.body] = about
        self.accepted.update(dropped.keys())
        return True

    @rule(tag=st.sampled_from(TAGS), limit=st.integers(1, 5))
    def claim(self, tag, limit):
        free = [body for body, (of, *_) in self.pending.items() if of == tag and body not in self.held]
        claimed = self.run(self.box.claim("shop", tag, limit))
        assert [one.parcel.body for one in claimed] == free[:limit]
        self.held.update({one.parcel.body: one for one in claimed})

    @rule(data=st.data())
    def leave(self, data):
        chosen = self.choose(data)
        left = {one.parcel.body for one in self.box.leaving([self.held[body] for body in chosen])}
        assert left == {body for body in chosen if body in self.pending and body not in self.doomed}
        self.flying |= left
        for body in set(chosen) - left:
            self.give_back(body)

    @rule(data=st.data())
    def release(self, data):
        chosen = self.choose(data)
        self.box.release([self.held[body] for body in chosen])
        for body in chosen:
            self.give_back(body)

    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def settle(self, data, outcome):
        chosen = self.choose(data)
        self.run(self.box.settle([(self.held[body], Verdict(outcome, "why")) for body in chosen]))
        for body in chosen:
            parcel = self.pending.get(body)
            if outcome in {Outcome.DELIVERED, Outcome.UNNAMED}:
                self.pending.pop(body, None)
            elif outcome is Outcome.INVALID and parcel and body not in self.doomed:
                self.dead[body] = self.pending.pop(body)
            self.give_back(body)

    @rule(keys=st.sets(st.sampled_from(KEYS)), purposes=st.sets(st.sampled_from(PURPOSES)))
    def withdraw(self, keys, purposes):
        matching = {
            body
            for body, (_, known_by, rests) in {**self.pending, **self.dead}.items()
            if keys & known_by and purposes & rests
        }
        flying = matching & self.flying
        self.since.append((keys, purposes))
        try:
            dropped = self.run(self.box.withdraw(list(keys), list(purposes), 0))
            assert not flying
            assert dropped == len(matching)
        except InFlight:
            assert flying
        self.doomed |= flying
        for body in matching - flying:
            self.pending.pop(body, None)
            self.dead.pop(body, None)

    @rule(tag=st.sampled_from(TAGS))
    def retry(self, tag):
        back = [body for body, (of, *_) in self.dead.items() if of == tag]
        assert self.run(self.box.desk.retry(("shop", tag), None)).changed == len(back)
        self.pending.update({body: self.dead.pop(body) for body in back})
        # The oldest goes first, as before its death.
        self.pending = dict(sorted(self.pending.items()))

    @rule(tag=st.sampled_from(TAGS), dead=st.booleans())
    def drop(self, tag, dead):
        if dead:
            gone = [body for body, (of, *_) in self.dead.items() if of == tag]
            done = self.run(self.box.desk.drop_dead(("shop", tag), None, "by_hand"))
        else:
            gone = [body for body, (of, *_) in self.pending.items() if of == tag and body not in self.held]
            done = self.run(self.box.desk.drop_pending(("shop", tag), "by_hand"))
        assert done.changed == len(gone)
        for body in gone:
            del (self.dead if dead else self.pending)[body]

    @rule(hours=st.sampled_from([0, 1, 50, 800]))
    def purge(self, hours):
        self.clock.ms += hours * 3_600_000
        self.run(self.box.purge(self.clock.ms))
        if hours == 800:
            self.dead = {}

    @rule()
    def reopen(self):
        self.run(self.box.close())
        self.open(self.path)

    @rule()
    def crash(self):
        self.clones += 1
        folder = self.folder / str(self.clones)
        folder.mkdir()
        self.run(asyncio.sleep(0))
        for end in ("", "-wal"):
            shutil.copy(f"{self.path}{end}", folder / f"queue.db{end}")
        self.run(self.box.close())
        self.open(folder / "queue.db")

    @invariant()
    def conserved(self):
        self.flush()
        counts = self.run(checked(self.box))
        assert all(each.balanced for each in counts.values())
        found = {tag: counts["shop", tag] for tag in TAGS if ("shop", tag) in counts}
        assert {tag: each.pending for tag, each in found.items() if each.pending} == self.tally(self.pending)
        assert {tag: each.dead for tag, each in found.items() if each.dead} == self.tally(self.dead)
        assert {tag: each.accepted for tag, each in found.items()} == dict(self.accepted)

    def flush(self):
        """Discards that nobody waits for are written before this is."""
        self.run(self.box.put([arrival()], self.box.ticket()))

    def tally(self, bodies):
        return dict(Counter(tag for tag, *_ in bodies.values()))

    def choose(self, data):
        return data.draw(st.lists(st.sampled_from(sorted(self.held)), unique=True)) if self.held else []

    def give_back(self, body):
        self.held.pop(body, None)
        self.flying.discard(body)
        if body in self.doomed:
            self.doomed.discard(body)
            self.pending.pop(body, None)

    def teardown(self):
        if hasattr(self, "box"):
            self.run(self.box.close())
            self.runner.close()
            shutil.rmtree(self.folder)


TestConservation = Conservation.TestCase
TestConservation.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
