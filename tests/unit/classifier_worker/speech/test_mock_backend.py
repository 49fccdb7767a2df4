import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifier_worker.speech.backend import Backend, Feed
from classifier_worker.speech.load import load_backend
from classifier_worker.speech.mock_backend import MockBackend, MockState
from shared.contract.tone_event import ToneEvent
from shared.settings import Settings

Samples = NDArray[np.int16]
Events = list[tuple[int, ToneEvent]]

SECOND = 16_000


def backend(**values: object) -> MockBackend:
    return MockBackend(Settings(_env_file=None, **values))  # type: ignore[arg-type]


def speech(seconds: float, amplitude: float = 3000.0, seed: int = 1) -> Samples:
    """Noise whose level wanders, as speech does."""
    count = round(seconds * SECOND)
    sway = 1.0 + 0.8 * np.sin(np.arange(count) / SECOND)
    return np.asarray(amplitude * sway * np.random.default_rng(seed).standard_normal(count), np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SECOND), np.int16)


def advance(mock: MockBackend, parts: list[tuple[int, Samples]], *, elcor: bool = False) -> Events:
    """Everything at once: each stretch (start, samples) in one feed, the last one final."""
    state = mock.open("s", elcor=elcor)
    events: Events = []
    for index, (start, samples) in enumerate(parts):
        [heard] = mock.classify([Feed(state, start, samples, final=index == len(parts) - 1)])
        events += heard.events
    return events


def ends(events: Events) -> list[float]:
    return [sample / SECOND for sample, _ in events]


def test_it_is_what_the_settings_choose() -> None:
    chosen: Backend = load_backend(Settings(_env_file=None, classifier="mock"))
    assert isinstance(chosen, MockBackend)


def test_one_event_a_hop_after_the_first_full_window() -> None:
    events = advance(backend(), [(0, speech(6.4))])
    assert ends(events) == [3.0, 4.0, 5.0, 6.0]
    assert [event.timestamp for _, event in events] == [3.0, 4.0, 5.0, 6.0]


def test_window_and_hop_come_from_the_settings() -> None:
    assert ends(advance(backend(window_seconds=2.0, hop_seconds=0.5), [(0, speech(3.2))])) == [2.0, 2.5, 3.0]
    assert ends(advance(backend(window_seconds=1.0, hop_seconds=4.0), [(0, speech(7.5))])) == [1.0, 5.0, 7.5]


def test_a_short_reply_has_its_tone_at_the_end_and_a_shorter_one_has_none() -> None:
    assert ends(advance(backend(), [(0, speech(1.2))])) == [1.2]
    assert advance(backend(), [(0, speech(0.9))]) == []


def test_silence_has_no_tone() -> None:
    mock = backend()
    state = mock.open("s", elcor=False)
    [heard] = mock.classify([Feed(state, 0, silence(10.0))])
    assert heard.activity == "silence"
    assert heard.events == []
    [heard] = mock.classify([Feed(state, 10 * SECOND, speech(1.0))])
    assert heard.activity == "listening"


def test_a_gap_ends_what_was_said_and_begins_a_new_window() -> None:
    after = 20 * SECOND
    events = advance(backend(), [(0, speech(4.5)), (after, speech(3.5))])
    assert ends(events) == [3.0, 4.0, 23.0]
    events = advance(backend(), [(0, speech(2.5)), (after, speech(3.5))])
    assert ends(events) == [2.5, 23.0]


def test_confidence_lies_between_the_floor_and_its_top() -> None:
    for floor in (0.0, 0.6, 0.9, 0.99):
        for _, event in advance(backend(reliability_floor=floor), [(0, speech(60.0))]):
            assert floor <= event.confidence <= max(0.95, floor)
            assert event.scores is not None
            assert event.confidence == event.scores[event.affect] == max(event.scores.values())
            assert sum(event.scores.values()) == pytest.approx(1.0, abs=1e-3)


def test_a_longer_session_shows_everything_a_page_must_show() -> None:
    events = [event for _, event in advance(backend(), [(0, speech(240.0))])]
    assert len({event.affect for event in events}) >= 5
    assert {event.speaker_id for event in events} == {"speaker_a", "speaker_b"}
    assert len({event.shift_direction for event in events}) == 3
    assert all(event.affect not in ("urgent", "confused", "apologetic", "genuine") for event in events)


def test_loudness_is_measured() -> None:
    loud, quiet = (advance(backend(), [(0, speech(3.0, amplitude))])[0][1] for amplitude in (3000.0, 300.0))
    assert loud.loudness_db is not None
    assert quiet.loudness_db is not None
    assert loud.loudness_db - quiet.loudness_db == pytest.approx(20.0, abs=0.5)
    events = advance(backend(window_seconds=1.0), [(0, np.concatenate([speech(1.0, 300.0), speech(1.0)]))])
    assert events[-1][1].prosody_flags == ["louder"]


def test_elcor_changes_the_subtext_alone() -> None:
    plain, styled = (advance(backend(), [(0, speech(8.0))], elcor=elcor) for elcor in (False, True))
    for (_, first), (_, second) in zip(plain, styled, strict=True):
        assert second.subtext is not None
        assert second.subtext.startswith("[")
        assert first.wording is not None
        assert second.wording is not None
        assert second.wording.delivery
        assert second.wording.model_copy(update={"delivery": None}) == first.wording
        assert first == second.model_copy(update={"subtext": first.subtext, "wording": first.wording})


def test_sessions_in_one_batch_do_not_touch_each_other() -> None:
    mock = backend()
    states = [mock.open("s", elcor=False) for _ in range(3)]
    audio = [speech(5.0, seed=seed) for seed in range(3)]
    feeds = [Feed(state, 0, samples, final=True) for state, samples in zip(states, audio, strict=True)]
    together = mock.classify(feeds)
    assert [heard.events for heard in together] == [advance(mock, [(0, samples)]) for samples in audio]


def test_the_card_says_that_it_is_a_mock() -> None:
    card = backend().card()
    assert card["name"] == "mock"
    assert "mock" in card["data"]
    assert "mean nothing" in card["limits"]


class Journey:
    """Feeds the same audio in random pieces, with the state written and read in between."""

    def __init__(self, mock: MockBackend, parts: list[tuple[int, Samples]], data: st.DataObject) -> None:
        self.mock, self.data = mock, data
        self.state = mock.open("s", elcor=False)
        self.last = max(start + len(samples) for start, samples in parts)
        self.everything = np.zeros(self.last, np.int16)
        for start, samples in parts:
            self.everything[start : start + len(samples)] = samples
        self.events: Events = []

    def feed(self, start: int, end: int) -> None:
        samples = self.everything[start:end]
        [heard] = self.mock.classify([Feed(self.state, start, samples, final=end == self.last)])
        self.events += heard.events

    def store(self, way: str) -> None:
        if way == "keep":
            return
        frozen = msgpack.unpackb(msgpack.packb(self.state.freeze(with_audio=way == "with audio")))
        needed, position = self.state.needed_from, self.state.position
        self.state = self.mock.thaw(frozen)
        if way == "refill":
            self.refill(needed, position)

    def refill(self, needed: int, position: int) -> None:
        assert needed == self.state.needed_from
        middle = self.data.draw(st.integers(needed, position))
        self.state.refill(needed, self.everything[needed:middle])
        # Chunks rarely begin where a state needs them: some of it comes twice.
        again = max(needed, middle - 100)
        self.state.refill(again, self.everything[again:position])


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_cut_with_the_state_written_in_between_gives_the_same_events(data: st.DataObject) -> None:
    hop = data.draw(st.sampled_from([0.5, 1.0, 4.0]))
    mock = backend(hop_seconds=hop, window_seconds=data.draw(st.sampled_from([1.0, 3.0])))
    first = np.concatenate([speech(4.3), silence(3.5), speech(2.6, 500.0)])
    parts = [(0, first), (len(first) + 12_345, speech(data.draw(st.sampled_from([0.7, 1.5, 5.2]))))]
    journey = Journey(mock, parts, data)
    for start, samples in parts:
        end = start + len(samples)
        cuts = data.draw(st.lists(st.integers(start, end), max_size=8).map(sorted))
        for begin, finish in zip([start, *cuts], [*cuts, end], strict=True):
            journey.feed(begin, finish)
            journey.store(data.draw(st.sampled_from(["keep", "with audio", "refill"])))
    assert journey.events == advance(mock, parts)


def test_what_a_state_holds_is_bounded_and_reaches_back_to_what_it_needs() -> None:
    mock = backend()
    state = mock.open("s", elcor=False)
    for second in range(30):
        mock.classify([Feed(state, second * SECOND, speech(1.0, seed=second))])
        assert state.needed_from <= state.position
        assert state.audio_start == state.needed_from
        assert len(state.audio) <= 3 * SECOND


def test_going_on_without_the_samples_that_are_needed_is_refused() -> None:
    mock = backend()
    state = mock.open("s", elcor=False)
    mock.classify([Feed(state, 0, speech(3.5))])
    thawed: MockState = mock.thaw(state.freeze(with_audio=False))
    with pytest.raises(ValueError, match="missing"):
        thawed.refill(thawed.needed_from + 5, speech(1.0))
    with pytest.raises(ValueError, match="refill"):
        mock.classify([Feed(thawed, thawed.position, speech(1.0))])
