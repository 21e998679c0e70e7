"""Mixed faults and load for as long as you like: `python -m tests.faults.soak --minutes 60` (3 are enough to try it).

Visitors send hits, some by name, some who refused or never answered, some who withdraw. In the first half the gateway
is killed, stopped, its power cut, its disk filled and its calls failed by strace, while receivers fail in every way; in
the second half one process lives through everything that does not end it, so that its memory can be seen to level off.
Checked all the while: the books balance. At the end: lost 0, leaked 0, duplicates no more than ambiguous attempts;
memory and log level off. Exit code 1 if not. With root the data folder is a file system of its own; without, power
cuts and full disks are left out, and it says so."""

import argparse
import asyncio
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from process import KEY

from faults.books import Books, Watch
from faults.leaks import Ears, SoakMatomo, SoakWebhook
from faults.mishaps import ENDING, LASTING, Stage
from faults.rig import BULK
from faults.subject import Subject
from faults.visitors import Mind, Visitors
from faults.volume import Volume

MIB = 1 << 20
LARGEST_LOG = 20 * MIB // 4096 * (4096 + 24) + 32
"""Twice what may be logged before a checkpoint, for a reader may keep the first from starting it again, and a batch;
each page of it has a head."""
MOST_GROWTH = 8 * MIB
"""By which the last quarter's peak of the lasting process may exceed the peak before."""
CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent:
  from: {{ cookie: cookie_consent }}
  purposes: {{ analytics: statistics, marketing: ads }}
variables:
  account_id: {{ data_layer: user.id }}
  note: {{ event: note }}
triggers:
  purchase: {{ event: purchase }}
  marketing_ok: {{ consent: {{ granted: marketing }} }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
tags:
  matomo:
    type: matomo
    send_when: purchase
    consent: not_needed
    settings: {{ url: {matomo}/, site_id: 1, token: {{ secret: matomo_token }} }}
  crm:
    type: webhook
    send_when: purchase
    consent: not_needed
    settings: {{ url: {crm}/hook }}
    fields: {{ note: note }}
  partner:
    type: webhook
    send_when: {{ all_of: [purchase, marketing_ok] }}
    settings: {{ url: {partner}/hook }}
    fields: {{ note: note }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  at_login: new_visit
  at_logout: new_visitor
  rules:
    - {{ when: marketing_ok, attach: [crm], hash: [partner] }}
    - {{ when: analytics_ok, hash: [matomo] }}
  otherwise: drop
tests: []
"""


class Soak:
    """`minutes` of it, with so many hits a second about, at a gateway of so many workers."""

    tags = ("matomo", "crm", "partner")

    def __init__(self, base: Path, minutes: float, rate: float, seed: int, workers: int = 1) -> None:
        self._base, self._seconds, self._rate, self._workers = base, minutes * 60, rate, workers
        self._chance = random.Random(seed)
        self._samples: list[tuple[float, int, int, int]] = []
        """Seconds since the start, number of the process, resident bytes, bytes of the log."""
        self.done: Counter[str] = Counter()

    async def run(self) -> list[str]:
        """What went wrong."""
        disk = Volume(self._base / "image", self._base / "data", 160) if not os.geteuid() else None
        with disk or nullcontext():
            async with self._scene() as stage:
                stage.disk = disk
                await stage.gateway.start()
                sampling = asyncio.create_task(self._sample(stage))
                await self._mishaps(stage, [*ENDING, *LASTING], self._seconds / 2)
                await self._mishaps(stage, LASTING, self._seconds / 2)
                sampling.cancel()
                return await self._judge(stage)

    @asynccontextmanager
    async def _scene(self) -> AsyncIterator[Stage]:
        ears = Ears()
        matomo, crm, partner = SoakMatomo(ears, token=KEY), SoakWebhook(ears, "crm"), SoakWebhook(ears, "partner")
        for receiver in (matomo, crm, partner):
            await receiver.up()
        text = CONTAINER.format(matomo=matomo.url, crm=crm.url, partner=partner.url)
        gateway = Subject(self._base, {"shop": text}, workers=self._workers)
        clients = 4
        load = Visitors(gateway, clients, pause=clients / self._rate)
        ears.listen_for(load)
        watch = Watch(gateway, load, self.tags, every=1.0)
        stage = Stage(gateway, load, watch, matomo, crm, partner, self._chance)
        try:
            yield stage
        finally:
            await gateway.kill()
            await load.stop()
            await watch.stop()
            for receiver in (matomo, crm, partner):
                await receiver.down()

    async def _mishaps(self, stage: Stage, kinds: list, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            usable = [kind for kind in kinds if kind.possible(stage)]
            kind = self._chance.choice(usable)
            self.done[kind.__name__] += 1
            await stage.passed(self._chance.uniform(1, 6))
            await kind.happen(stage)
            stage.mend()

    async def _sample(self, stage: Stage) -> None:
        began = time.monotonic()
        log = stage.gateway.data / "queue.db-wal"
        while True:
            try:
                size, resident = log.stat().st_size, stage.gateway.memory()
                self._samples.append((time.monotonic() - began, len(stage.gateway.starts), resident, size))
            except (OSError, AssertionError, IndexError):
                pass  # between two processes
            await stage.passed(1.0)

    async def _judge(self, stage: Stage) -> list[str]:
        await stage.load.stop()
        stage.mend(all_of_it=True)
        # Who still waits its five minutes for a receiver need not be waited for: a restart asks again.
        assert await stage.gateway.stop() == 0
        await stage.gateway.start()
        books = await stage.watch.emptied(within=400)
        wrong = [f"answer {text}" for text in stage.load.wrong[:3]] + stage.watch.wrong[:3] + stage.ears.leaks[:3]
        for tag, book in books.items():
            wrong += self._of(stage, tag, book)
        print(f"mishaps: {dict(sorted(self.done.items()))}")
        print(f"looks at the books: {stage.watch.looks}, right after a start {stage.watch.after_starts}")
        ears = stage.ears
        print(f"withdrawals {len(stage.load.left)}, requests searched {ears.searched}, leaked {len(ears.leaks)}")
        wrong += ["an ID where it may be was not found: the search is blind"] * (not ears.allowed)
        return wrong + self._levels()

    def _of(self, stage: Stage, tag: str, book: Books) -> list[str]:
        load, came = stage.load, stage.came(tag)
        due = {url for url, mind in load.by_mind.items() if tag != "partner" or mind in (Mind.GRANTED, Mind.LEAVING)}
        lost = due - load.gone - came.keys()
        twice = came.total() - len(came)
        most = book.ambiguous + stage.crashes * (BULK if tag == "matomo" else 1)
        print(f"{tag}: due {len(due)}, lost {len(lost)}, twice {twice} (at most {most}); {book}")
        wrong = [f"{tag} lost {len(lost)}"] * bool(lost) + [f"{tag} doubled {twice}"] * (twice > most)
        # Without an ID too: nothing may go there of those who did not agree.
        astray = (load.by_mind.keys() - due) & came.keys()
        wrong += [f"{tag} got {len(astray)} hits of those who did not agree"] * bool(astray)
        return wrong + [f"{tag} has dead letters: {book}"] * bool(book.dead)

    def _levels(self) -> list[str]:
        last = [sample for sample in self._samples if sample[1] == self._samples[-1][1]]
        turn = last[0][0] + (last[-1][0] - last[0][0]) * 0.75
        before = max(resident for at, _, resident, _ in last if at <= turn)
        after = max(resident for at, _, resident, _ in last if at >= turn)
        log = max(size for *_, size in self._samples)
        lived = last[-1][0] - last[0][0]
        print(f"memory and log in MiB, the peaks of each tenth of its life: {self._tenths(last)}")
        peaks = f"{before / MIB:.1f} MiB at most, in the last quarter {after / MIB:.1f}"
        print(f"the last process lived {lived:.0f} s: {peaks}")
        print(f"the log: {log / MIB:.1f} MiB at most; processes {self._samples[-1][1]}, samples {len(self._samples)}")
        grown = [f"memory grows: {before} to {after}"] * (after > before + MOST_GROWTH)
        return grown + [f"the log grew to {log}"] * (log > LARGEST_LOG)

    @staticmethod
    def _tenths(samples: list[tuple[float, int, int, int]]) -> str:
        began, lived = samples[0][0], samples[-1][0] - samples[0][0] or 1.0
        peaks: dict[int, tuple[int, int]] = {}
        for at, _, resident, log in samples:
            tenth = min(9, int((at - began) / lived * 10))
            had = peaks.get(tenth, (0, 0))
            peaks[tenth] = max(had[0], resident), max(had[1], log)
        return ", ".join(f"{resident / MIB:.0f}/{log / MIB:.0f}" for resident, log in peaks.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20, help="hits a second, about")
    parser.add_argument("--workers", type=int, default=1, help="of the gateway; they are killed and held up too")
    parser.add_argument("--seed", type=int, default=None, help="makes the mishaps come again in the same order")
    told = parser.parse_args()
    seed = random.randrange(10**6) if told.seed is None else told.seed
    print(f"{told.minutes:g} minutes, {told.workers} workers, seed {seed}", flush=True)
    # The receivers complain of connections that the gateway rightly closed.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="taggate-soak-", ignore_cleanup_errors=True) as folder:
        wrong = asyncio.run(Soak(Path(folder), told.minutes, told.rate, seed, told.workers).run())
    print("\n".join(wrong) or "nothing lost, nothing leaked")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
