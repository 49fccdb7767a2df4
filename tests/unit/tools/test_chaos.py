"""The chaos suite's own parts: disturbances, callers, and what counts as lost, doubled or late."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract.session import partition_of
from tests.chaos import __main__ as command
from tests.chaos.callers.caller import Outcome, frame_end, tone_events
from tests.chaos.callers.calls import Call, lines
from tests.chaos.callers.conversation import noise
from tests.chaos.comparison import Difference, Entry, difference, difference_apart
from tests.chaos.fleet.processes import errors_in
from tests.chaos.fleet.takeover import Standing, Takeover, Watch, takeover
from tests.chaos.intervals import Arrivals, Wait, longest_after, waits
from tests.chaos.run import Plan, Run
from tests.chaos.schedule import KINDS, Disturbance, Kind, schedule
from tests.chaos.verdict import Verdict, samples_lost, verdict

FIRST = Entry("16000-1", "tone-event", '{"n":1}')
SECOND = Entry("32000-1", "tone-event", '{"n":2}')
END = Entry("32000-2", "session-ended", '{"reason":"client","timestamp":2.0,"tone_events":2}')


def disturbances(seed: int, kinds: Sequence[Kind]) -> list[Disturbance]:
    return schedule(seed, 300.0, 15.0, workers=3, gateways=2, kinds=kinds, lease_ttl=3.0)


LINE = Entry("16000-2", "transcript-event", '{"utterance_id":"u9","text":"Yes."}')
NEXT = Entry("32000-2", "transcript-event", '{"utterance_id":"u99","text":"No."}')


def test_words_may_come_later_but_not_twice_not_changed_and_not_in_another_order() -> None:
    expected = [FIRST, LINE, SECOND, END]
    later = [FIRST, SECOND, LINE._replace(id="32000-2"), END._replace(id="32000-3")]
    assert difference_apart(expected, later) == Difference()
    assert difference_apart(expected, [FIRST, SECOND, END]) == Difference(lost=1)
    twice = [FIRST, LINE, SECOND, LINE._replace(id="32000-2"), END._replace(id="32000-3")]
    assert difference_apart(expected, twice).doubled == 1
    changed = [FIRST, LINE._replace(data='{"utterance_id":"u9","text":"Yes!"}'), SECOND, END]
    assert difference_apart(expected, changed) == Difference(changed=1)
    both = [FIRST, LINE, SECOND, NEXT, END._replace(id="32000-3")]
    swapped = [FIRST, NEXT._replace(id="16000-2"), SECOND, LINE._replace(id="32000-2"), END._replace(id="32000-3")]
    assert difference_apart(both, swapped) == Difference(disordered=1)


def test_a_seed_names_its_schedule() -> None:
    assert disturbances(1, KINDS) == disturbances(1, KINDS) != disturbances(2, KINDS)


@given(st.integers())
def test_each_interval_has_one_disturbance_of_somebody_who_is_there(seed: int) -> None:
    found = disturbances(seed, KINDS)
    assert len(found) == 20
    assert {each.kind for each in found[: len(KINDS)]} == set(KINDS), "all come before any comes again"
    workers, gateways = {"worker-0", "worker-1", "worker-2"}, {"gateway-0", "gateway-1"}
    there = workers | gateways | {"redis", "clients-0", "clients-1"}
    for number, each in enumerate(found, 1):
        assert abs(each.at - 15.0 * number) <= 3.0
        assert each.at <= 300.0
        assert set(each.victims) <= there
        victims = {"pair": 2, "model": 3, "partitions": 5}.get(each.kind, 1)
        assert len(set(each.victims)) == len(each.victims) == victims
        assert bool(each.settings) == (each.kind in ("partitions", "model"))
        lasts = each.kind in ("stop", "freeze", "full", "disk", "delay", "loss", "mute", "deaf")
        # A worker that is frozen for less than its leases last keeps them, and nothing is tried.
        assert each.lasting > (3.0 if each.kind == "stop" else 0.4) if lasts else each.lasting == 0.0


def test_everybody_is_killed_at_some_time() -> None:
    victims = {each.victims for seed in range(5) for each in disturbances(seed, ["kill"])}
    assert victims == {("worker-0",), ("worker-1",), ("worker-2",), ("gateway-0",), ("gateway-1",)}


def test_a_pair_needs_two() -> None:
    with pytest.raises(ValueError, match="fewer"):
        schedule(1, 60.0, 10.0, workers=1, gateways=1, kinds=["pair"], lease_ttl=3.0)


@given(st.integers(0, 99), st.integers(1, 20), st.sampled_from([5.0, 24.0, 60.0, 300.0]))
def test_every_line_speaks_all_the_time_under_ids_of_its_own(seed: int, count: int, seconds: float) -> None:
    found = lines(seed, count, seconds, 8)
    assert found == lines(seed, count, seconds, 8)
    assert len(found) == count
    calls = [call for line in found for call in line]
    assert len({call.session_id for call in calls}) == len(calls)
    for line in found:
        assert sum(call.seconds for call in line) == pytest.approx(seconds)
    for call in calls:
        assert partition_of(call.session_id) == call.partition
        assert call.break_at is None or 0 < call.break_at < call.samples
        assert call.stretches[0][0] == 0
        assert call.stretches[-1][1] == call.samples
        assert all(begin < end for begin, end in call.stretches)


def test_nothing_that_might_happen_is_told_in_words() -> None:
    with pytest.raises(ValueError, match="at least one"):
        schedule(1, 60.0, 10.0, workers=1, gateways=1, kinds=[], lease_ttl=3.0)


def test_the_folder_of_logs_is_made_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = tmp_path / "of" / "chaos"
    seen: list[bool] = []

    async def both(*_: object) -> Verdict:
        seen.append(logs.is_dir())
        return verdict(Run([outcome()]), Run([outcome()]))

    monkeypatch.setattr(command, "_both", both)
    monkeypatch.setattr(sys, "argv", ["chaos", "--seed", "1", "--kinds", "full,tail", "--logs", str(logs)])
    assert command.main() == 0
    assert seen == [True]
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sys, "argv", ["chaos", "--logs", str(tmp_path / "file")])
    assert command.main() == 2
    assert seen == [True]
    assert "file" in capsys.readouterr().err


def test_noise_is_as_long_as_the_call_and_another_one_for_another_seed() -> None:
    assert len(noise(1, 12.345, 8_000)) == round(12.345 * 8_000)
    assert noise(1, 3.0, 16_000).tobytes() == noise(1, 3.0, 16_000).tobytes() != noise(2, 3.0, 16_000).tobytes()


@pytest.mark.parametrize("size", [800, 837, 1_000])
def test_no_frame_reaches_over_a_pause(size: int) -> None:
    paused, ends = replace(call(), break_at=5_000), [0]
    while ends[-1] < 8_000:
        ends.append(frame_end(paused, ends[-1], size, 8_000))
    assert 5_000 in ends
    assert max(end - begin for begin, end in pairwise(ends)) == size
    assert frame_end(call(), 4_900, size, 8_000) == 4_900 + size


def test_equal_records_do_not_differ() -> None:
    assert not difference([FIRST, SECOND, END], [FIRST, SECOND, END])


def test_each_way_to_differ_has_its_count() -> None:
    changed, strange = Entry(SECOND.id, SECOND.kind, '{"n":3}'), Entry("40000-1", "tone-event", "{}")
    assert difference([FIRST, SECOND], [FIRST]) == Difference(lost=1)
    assert difference([FIRST, SECOND], [FIRST, FIRST, SECOND]) == Difference(doubled=1)
    assert difference([FIRST, SECOND], [SECOND, FIRST]) == Difference(disordered=1)
    assert difference([FIRST, SECOND], [FIRST, SECOND, strange]) == Difference(strange=1)
    assert difference([FIRST, SECOND], [FIRST, changed]) == Difference(changed=1)
    # 9 comes before 10 although "9" comes after "1".
    assert not difference(
        [Entry("9-1", "x", ""), Entry("10-1", "x", "")], [Entry("9-1", "x", ""), Entry("10-1", "x", "")]
    )


def test_an_event_of_the_history_is_its_very_text() -> None:
    first, second = '{"label":"Näh","n":1.50,"a":[{"b":"}],"}]}', '{"n":2e0}'
    body = f'{{"session_id":"s","count":2,"events":[{first},{second}],"ids":["1-1","2-1"]}}'
    assert [entry.data for entry in tone_events(body)] == [first, second]
    assert tone_events('{"session_id":"s","count":0,"events":[],"ids":[]}') == []


def test_a_wait_is_held_against_the_same_wait_undisturbed() -> None:
    undisturbed = Arrivals(1.0, {"a": 4.0, "b": 5.0, "c": 16.0})
    # Began 100 s later; b came 3 s late, and c, after a pause, on time.
    disturbed = Arrivals(101.0, {"a": 104.0, "b": 108.0, "c": 116.0})
    assert [(wait.until, round(wait.beyond, 6)) for wait in waits(undisturbed, disturbed)] == [
        (104.0, 0.0),
        (108.0, 3.0),
        (116.0, -3.0),
    ]


def test_a_wait_counts_for_the_last_disturbance_before_its_end() -> None:
    every = [Wait(9.0, 7.0), Wait(11.0, 2.0), Wait(12.0, 1.0), Wait(25.0, 4.0)]
    assert longest_after([10.0, 20.0, 30.0], every) == [2.0, 4.0, 0.0]


def test_a_takeover_has_its_parts() -> None:
    seen = [
        Standing(0.0, "host-12-ab", "1", 600, 500),
        Standing(12.5, "", "", 700, 500),
        Standing(13.0, "host-34-cd", "2", 800, 500),
        Standing(13.2, "host-34-cd", "2", 900, 900),
    ]
    found = takeover(seen, 10.0)
    assert found is not None
    assert (found.lease, found.taken, round(found.commit, 6)) == (2.5, 0.5, 0.2)
    watch = Watch({3: seen})
    assert watch.takeovers([12], 10.0) == [found]
    assert watch.takeovers([34], 10.0) == [], "somebody else's partition"
    assert takeover(seen[:3], 10.0) is None, "nobody has committed yet"
    assert takeover([replace(each, sent=600) for each in seen], 10.0) is None, "nobody spoke"
    assert Takeover(2.5, 0.5, 0.25).whole == 3.25


def call() -> Call:
    return Call("0-" + "0" * 32, 0, 1, 2.0, 8_000, 800, elcor=False)


def outcome(**changes: object) -> Outcome:
    whole: dict[str, object] = {"acknowledged": 16_000, "received": 16_000}
    stored = [FIRST, SECOND, END]
    records = {"streamed": stored, "steady": stored, "history": [FIRST, SECOND], "durable": stored}
    return Outcome(call(), **(whole | records | changes))  # type: ignore[arg-type]


def test_lost_samples_show_wherever_they_show() -> None:
    gap = Entry("20000-1", "audio-gap", '{"from_sample":20000,"to_sample":20800}')
    early = Entry("30400-1", "session-ended", '{"reason":"client","timestamp":1.9,"tone_events":2}')
    assert samples_lost(outcome()) == 0
    assert samples_lost(outcome(forgotten=7)) == 7
    assert samples_lost(outcome(received=15_990)) == 10
    assert samples_lost(outcome(durable=[FIRST, gap, SECOND, END])) == 400
    assert samples_lost(outcome(durable=[FIRST, early])) == 800
    meant = Outcome(replace(call(), hole=(10_000, 10_400)), 0.0, 16_000, 0, 16_000, durable=[FIRST, gap, SECOND, END])
    assert samples_lost(meant) == 0


def test_only_a_run_equal_in_every_record_is_clean() -> None:
    undisturbed = Run([outcome()])
    assert verdict(undisturbed, Run([outcome()])).clean
    for spoilt in (
        Run([outcome(history=[FIRST])]),
        Run([outcome(streamed=[FIRST, SECOND, SECOND, END])]),
        Run([outcome(durable=[SECOND, FIRST, END])]),
        Run([outcome(steady=[FIRST, END])]),
        Run([outcome(steady_breaks=1)]),
        Run([outcome(linked=[FIRST, SECOND])]),
        Run([outcome()], remains=["linnet:{0}:session:0-0 names 0-0"]),
        Run([outcome(acknowledged=16_001)]),
        Run([outcome()], failures=["no end"]),
        Run([]),
    ):
        assert not verdict(undisturbed, spoilt).clean
    assert not verdict(Run([outcome(history=[SECOND])]), Run([outcome()])).clean, "the undisturbed run is judged too"


def test_what_a_session_is_told_of_another_model_is_no_difference() -> None:
    told = Entry("17000-1", "service-event", '{"code":"model-changed","detail":"","timestamp":1.0}')
    other = Entry("17000-1", "service-event", '{"code":"listening-afresh","detail":"","timestamp":1.0}')

    def disturbed(entry: Entry) -> Run:
        entries = [FIRST, entry, SECOND, END]
        return Run([outcome(durable=entries, streamed=entries, steady=entries)])

    found = verdict(Run([outcome()]), disturbed(told))
    assert found.clean
    assert found.told == 1
    assert not verdict(Run([outcome()]), disturbed(other)).clean


def test_hours_are_rounds_of_seeds_that_follow_each_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = iter([True, False, True])
    seeds: list[int] = []

    async def both(plan: Plan, *_: object) -> Verdict:
        seeds.append(plan.seed)
        return verdict(Run([outcome()]), Run([outcome()] if next(clean) else []))

    moments = iter([0.0, 1200.0, 2400.0, 3600.0])
    monkeypatch.setattr(command, "_both", both)
    monkeypatch.setattr(command, "monotonic", lambda: next(moments))
    monkeypatch.setattr(sys, "argv", ["chaos", "--seed", "7", "--hours", "1"])
    assert command.main() == 1
    assert seeds == [7, 8, 9]
    assert "not clean: 8" in capsys.readouterr().out


def test_tracebacks_are_found_in_logs() -> None:
    log = """2026 WARNING fine
Traceback (most recent call last):
  File "a.py", line 1, in f
    g()
ValueError: twice

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 2, in f
OSError
2026 INFO on
"""
    assert errors_in(log) == ["ValueError: twice", "OSError"]
