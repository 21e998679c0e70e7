"""The parts of the comparisons that could be wrong without anybody seeing it."""

import re

import pytest

from . import browser, container, fold, fsync, load, machine, report

WRK = """Running 5s test @ http://127.0.0.1:8702/collect/bench
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    13.02ms    2.21ms  48.10ms   92.13%
    Req/Sec     4.94k   512.20     5.61k    78.00%
  Latency Distribution
     50%   12.70ms
     75%   13.40ms
     90%   14.80ms
     99%   21.50ms
  24611 requests in 5.01s, 2.54MB read
Requests/sec:   4912.37
Transfer/sec:    518.12KB
"""
STAT = "cpu  100 20 30 1000 50 4 6 40 0 0\ncpu0 60 10 15 500 25 2 3 30 0 0\ncpu1 40 10 15 500 25 2 3 10 0 0\nintr 1 2\n"
LATER = "cpu0 110 10 25 530 25 2 3 40 0 0\ncpu1 50 10 15 580 35 2 3 10 0 0\n"
PROCESS = "4711 (a (odd) name) S 1 4711 4711 0 -1 4194560 9000 0 0 0 250 50 7 8 20 0 9 0 12345 1000 200 0\n"


def event(name: str, start: int, length: int, thread: int = 1) -> dict[str, object]:
    return {"name": name, "pid": 7, "tid": thread, "tts": start, "tdur": length, "args": {"data": {"url": "http://a/"}}}


def test_what_scripts_did_is_counted_once_and_not_in_idle_time() -> None:
    trace = [
        event("CommitLoad", 0, 10),
        event("EvaluateScript", 100, 1_000),
        event("FunctionCall", 200, 300),
        event("RunMicrotasks", 1_050, 150),
        event("Layout", 2_000, 5_000),
        event("FireIdleCallback", 8_000, 900),
        event("FunctionCall", 8_100, 700),
        event("FunctionCall", 8_100, 9_000, thread=2),
    ]
    assert browser.work(trace, "http://a/") == 1.1


def sample(rate: float, micros: float) -> load.Sample:
    calm = machine.Meanwhile(0.0, 0.0, 0.0, 0.0)
    return load.Sample(hits=int(rate), seconds=1.0, cpu=rate * micros / 1e6, meanwhile=calm)


def test_wrk_is_understood() -> None:
    said = load.understood(WRK)
    assert (said.requests, said.seconds, said.bad) == (24_611, 5.01, 0)
    assert said.p99 == pytest.approx(0.0215)


def test_what_went_wrong_is_counted() -> None:
    errors = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 90\n"
    assert load.understood(WRK.replace("Requests/sec", errors + "Requests/sec")).bad == 100


def test_wrk_over_a_minute() -> None:
    assert load.understood(WRK.replace("5.01s,", "1.50m,")).seconds == 90.0


def test_other_words_are_refused() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        load.understood("unable to connect to 127.0.0.1:1 Connection refused")


def test_cores_are_read() -> None:
    cores = machine.ticks(STAT)
    assert set(cores) == {"cpu", "cpu0", "cpu1"}
    second = machine.TICK
    assert cores["cpu0"] == machine.Ticks(busy=90 / second, idle=525 / second, steal=30 / second)
    assert cores["cpu0"].whole == 645 / second


def test_a_process_with_brackets_in_its_name() -> None:
    assert machine.spent(PROCESS) == 300 / machine.TICK


def test_memory_is_read() -> None:
    assert machine.resident("Name:\tpython\nVmPeak:\t 900 kB\nVmRSS:\t    1024 kB\n") == 1 << 20


def test_what_the_machine_did() -> None:
    before, after = machine.ticks(STAT), machine.ticks(LATER)
    before["cpu"], after["cpu"] = before["cpu0"], after["cpu0"]
    second = machine.TICK
    said = machine.difference(
        machine.Before(before, 1.0), machine.Before(after, 1.0 + 40 / second), "cpu0", "cpu1", load=2.5
    )
    # 100 ticks on the server's core: 60 busy of which 40 are ours, 30 idle, 10 stolen.
    assert said.others == pytest.approx(0.2)
    assert said.steal == pytest.approx(0.1)
    assert said.client == pytest.approx(0.1)
    assert "steal 10.0%" in str(said)


def test_no_time_has_passed() -> None:
    look = machine.Before(machine.ticks(STAT), 1.0)
    assert machine.difference(look, look, "cpu0", "cpu1", load=0.0).steal == 0.0


def test_a_ratio_is_taken_within_its_round() -> None:
    # The machine was three times slower in the last round; ratios of medians would say 0.3.
    assert report.ratios([600, 620, 100], [1000, 1000, 300]) == pytest.approx([0.6, 0.62, 1 / 3])
    assert report.spread([0.6, 0.62, 1 / 3]) == "0.600 (0.33–0.62)"


def test_a_round_without_a_base_says_nothing() -> None:
    assert report.ratios([1, 2], [0, 4]) == [0.5]
    assert report.spread([]) == "none"


def test_shares_of_a_list() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [report.share(values, part) for part in (0.0, 0.5, 0.99, 1.0)] == [1.0, 51.0, 100.0, 100.0]


def test_rounds_go_back_and_forth(capsys: pytest.CaptureFixture[str]) -> None:
    order = []

    def measure(name: str, micros: float) -> load.Sample:
        order.append(name)
        return sample(1000.0, micros)

    found = report.compare("x", {"a": lambda: measure("a", 10), "b": lambda: measure("b", 25)}, 2, "a")
    assert order == ["a", "b", "a", "b", "b", "a"]
    assert [len(samples) for samples in found.values()] == [2, 2]
    assert "2.500 (2.50–2.50)" in capsys.readouterr().out


def test_bad_answers_are_shouted() -> None:
    bad = load.Sample(hits=1, seconds=1.0, cpu=0.0, meanwhile=sample(1, 1).meanwhile, bad=3)
    assert "3 NOT ANSWERED 2xx" in report.line("x", bad)


def test_fsyncs_of_strace() -> None:
    told = (
        "11 fdatasync(7)                  = 0 <0.000212>\n"
        "11 fdatasync(7 <unfinished ...>\n"
        "12 fsync(9)                      = 0 <0.004000>\n"
        "11 <... fdatasync resumed>)      = 0 <0.001500>\n"
        "11 +++ exited with 0 +++\n"
    )
    assert fsync.calls(told) == [0.000212, 0.004, 0.0015]


def test_every_trigger_is_used_and_decides_last() -> None:
    for triggers, tags in ((10, 1), (20, 3), (20, 16), (1000, 3)):
        text = container.container(triggers, tags)
        names = re.findall(r"^  (\w+): \{.*\}$", text.partition("triggers:")[2].partition("tags:")[0], re.MULTILINE)
        assert len(names) == triggers
        assert [name for name in names if len(re.findall(rf"[\[ ]{name}[,\] ]", text)) < 1] == []
        wanted = re.findall(r"send_when:.*any_of: \[(.*?)\]", text)
        assert len(wanted) == tags
        assert all(one.endswith(", page_view") for one in wanted)


RAW = """\
run (gateway/cli/serve.py:38);0x7f (libc.so.6);accept (gateway/web/ingest.py:80);digest (hmac.py:198) 3
run (gateway/cli/serve.py:38);accept (gateway/web/ingest.py:80);PyObject_Call (libpython3.11.so);memcpy (libc.so.6) 4
run (gateway/cli/serve.py:38);accept (gateway/web/ingest.py:80);gc_collect_main (libpython3.11.so.1.0) 1
_main (gateway/store/writer.py:159);sqlite3_step (libsqlite3.so.0.8.6);fdatasync (libc.so.6) 2
_next (gateway/store/writer.py:186);PyThread_acquire_lock_timed (libpython3.11.so.1.0);0x7f (libc.so.6) 9
WorkerThread.run (anyio/_backends/_asyncio.py:1124);0x7f (libc.so.6) 2
_next (writer.py:186);_pysqlite_query_execute (cursor.c:896);pthread_cond_timedwait (libc.so.6);0x7f (libc.so.6) 1
"""


def test_samples_are_folded() -> None:
    table = fold.folded(RAW)
    assert table.samples == 22
    assert table.waits == {"work": 0.5, "the disk": pytest.approx(1 / 11), "the GIL": pytest.approx(1 / 22)}
    rooms = {row.name: (row.own, row.whole) for row in table.rooms}
    assert rooms == {
        "gateway/web": (0.5, 1.0),
        "hashing": (0.375, 0.375),
        "garbage collector": (0.125, 0.125),
        "gateway/cli": (0.0, 1.0),
    }
    assert table.functions[0] == fold.Row("accept (web/ingest.py)", 0.5)


@pytest.mark.parametrize(
    ("frame", "whose"),
    [
        ("store (gateway/outbox/rows.py:98)", "gateway/outbox"),
        ("tell (gateway/model.py:5)", "gateway/model"),
        ("run_forever (loop.c:33192)", "uvloop"),
        ("send (/x/site-packages/uvicorn/protocols/http/httptools_impl.py:524)", "uvicorn"),
        ("future_schedule_callbacks (_asynciomodule.c:449)", "asyncio"),
        ("0x7fd7fcd5f1e3 (libsqlite3.so.0.8.6)", "sqlite"),
        ("mpack_decode_map (msgspec/_core.cpython-311-x86_64-linux-gnu.so)", "msgspec"),
        ("_PyEval_EvalFrameDefault (libpython3.11.so.1.0)", ""),
        ("nothing we know", ""),
    ],
)
def test_whose_a_frame_is(frame: str, whose: str) -> None:
    assert fold.room(*fold.parted(frame)) == whose
