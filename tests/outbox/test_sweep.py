"""What is done every hour holds up no hit, however many dead letters there are."""

import sqlite3
from contextlib import closing

import pytest

from gateway.outbox import rows
from gateway.outbox.disk import Disk, Guard
from gateway.outbox.rows import encode_who
from gateway.outbox.schema import SCHEMA, Count, State
from gateway.outbox.sweep import BEGIN, sweep_known
from gateway.outbox.tally import Tally

STEP = 50


def with_dead_letters(number: int) -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None)
    for statement in SCHEMA.statements:
        made.execute(statement)
    for seq in range(1, number + 1):
        key = seq.to_bytes(16, "little")
        made.execute(
            "INSERT INTO parcels (seq, container, tag, state, at, accepted_at, died_at, lane, who, body)"
            " VALUES (?, 'shop', 'crm', ?, 1, 1, 5, x'', ?, x'')",
            (seq, State.DEAD, encode_who((("ads",), (key,)))),
        )
        made.execute("INSERT INTO known VALUES (?, ?)", (key, seq))
    made.execute("INSERT INTO counts VALUES ('shop', 'crm', ?, 1)", (Count.RETRIED,))
    return made


def work(number: int, died_before: int) -> int:
    """Of one step, in what SQLite counts."""
    counted = 0

    def more() -> None:
        nonlocal counted
        counted += 1

    with closing(with_dead_letters(number)) as connection:
        batch = Tally(connection, Guard(Disk(reserve=0), lambda: 1 << 40, lambda: None))
        connection.set_progress_handler(more, 10)
        assert rows.purge(died_before, 0, STEP, batch)[0] == (STEP if died_before > 5 else 0)
        sweep_known(BEGIN, STEP, batch)
        connection.set_progress_handler(None, 0)
    return counted


@pytest.mark.parametrize("died_before", [1, 9])
def test_one_step_costs_the_same_with_ten_times_as_many_dead_letters(died_before: int) -> None:
    assert work(4000, died_before) < 1.5 * work(400, died_before)


def test_every_row_is_looked_at_once() -> None:
    with closing(with_dead_letters(3 * STEP)) as connection:
        batch = Tally(connection, Guard(Disk(reserve=0), lambda: 1 << 40, lambda: None))
        connection.execute("DELETE FROM parcels WHERE seq % 2")
        found, after = list[int](), BEGIN
        while after is not None:
            gone, after = sweep_known(after, STEP, batch)
            found.append(gone)
        assert found == [STEP // 2] * 3 + [0]
        assert {seq % 2 for (seq,) in connection.execute("SELECT seq FROM known")} == {0}
