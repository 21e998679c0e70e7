"""The log of the queue is reckoned high enough, also while everything waits: then a hit changes the most pages."""

import uuid

from store.lab import Lab

from gateway.model import Parcel
from gateway.outbox.protocol import Arrival
from gateway.outbox.sqlite import SqliteOutbox
from gateway.store.writer import Limits

LIMIT = 2 << 20


async def test_single_hits_for_three_tags_that_wait_make_no_more_log_than_was_reckoned(tmp_path):
    lab = Lab()
    box = SqliteOutbox(tmp_path / "queue.db", now=lambda: 5, limits=Limits(log=LIMIT), connect=lab.connect)
    await box.open()
    for _ in range(400):
        key = uuid.uuid4().bytes
        parcels = tuple(
            Parcel(container="shop", tag=tag, lane=key, body=b"x" * 700, at=1, rests=("ads",), known_by=(key,))
            for tag in ("matomo", "crm", "partner")
        )
        await box.put([Arrival(container="shop", id=uuid.uuid4().hex, parcels=parcels)], box.ticket())
    moved = [statement for statement in lab.statements if "wal_checkpoint" in statement]
    await box.close()
    assert len(moved) > 3
    # It is waited for readers only where the log had more than that.
    assert not any("RESTART" in statement for statement in moved)
