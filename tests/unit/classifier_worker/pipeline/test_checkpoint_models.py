"""A checkpoint says which model its state is of; no model is given what another one left, and the session is told."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgpack
import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from classifier_worker.pipeline.checkpoint import UnreadableCheckpointError, freeze, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.poison.trial_process import Case, TrialResult, try_alone
from classifier_worker.speech.backend import Backend, Format
from classifier_worker.speech.mock_backend import MockBackend, MockState
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings

SESSION = "0-" + "a" * 32
FRAME = 1600
SETTINGS = Settings(_env_file=None)


@dataclass(slots=True)
class ModelState(MockState):
    model: str = ""

    def freeze(self, *, with_audio: bool) -> dict[str, Any]:
        return {**MockState.freeze(self, with_audio=with_audio), "of": self.model}


class Model(MockBackend):
    """The mock as if its recent tones hung on a model: it refuses those of another one."""

    def __init__(self, model: str, states: str = "mock 1", **changes: float) -> None:
        super().__init__(SETTINGS.model_copy(update=changes))
        self._format = Format(states, model)

    def format(self) -> Format:
        return self._format

    def thaw(self, frozen: dict[str, Any], *, facts: bool = False) -> MockState:
        assert facts or frozen["of"] in ("", self._format.model), "a state of another model"
        values = {name: value for name, value in frozen.items() if name != "of"}
        return self._own(super().thaw(values, facts=facts))

    def open(self, session_id: str, *, elcor: bool, facts: bool = False, words: bool = False) -> ModelState:
        return self._own(super().open(session_id, elcor=elcor, facts=facts, words=words))

    def _own(self, state: MockState) -> ModelState:
        values = {slot.name: getattr(state, slot.name) for slot in fields(state)}
        return ModelState(**values, model=self._format.model)

    def thaw_without_model(self, frozen: dict[str, Any]) -> MockState:
        return self.thaw({**frozen, "of": "", "recent": {}})


def noise(seconds: float, rate: int = 16_000) -> NDArray[np.int16]:
    draw = np.random.default_rng(rate)
    return np.asarray((draw.standard_normal(round(seconds * rate)) * 3000).clip(-32768, 32767), np.int16)


def frames(raw: NDArray[np.int16], rate: int = 16_000) -> list[Chunk]:
    size = rate // 10
    cut = [Chunk(f"{1 + at}-0", SESSION, at, raw[at : at + size].tobytes()) for at in range(0, len(raw), size)]
    return [*cut, Chunk(f"{1 + len(raw)}-0", SESSION, end="client")]


def heard(backend: Backend, record: Session, stream: Sequence[Chunk]) -> tuple[Hearing, list[StoredEvent]]:
    hearing = open_hearing(SESSION, record, None, backend)
    (outcome,) = advance(backend, [(hearing, stream)])
    return hearing, outcome.events


def said(events: Sequence[StoredEvent]) -> list[tuple[str, str]]:
    """Id, and what it is."""
    return [(str(e.id), orjson.loads(e.data).get("code", e.kind)) for e in events]


def go_on(backend: Backend, record: Session, checkpoint: bytes, stream: Sequence[Chunk]) -> list[StoredEvent]:
    hearing = open_hearing(SESSION, record, checkpoint, backend)
    told = hearing.tell()
    (outcome,) = advance(backend, [(hearing, stream)])
    return told + outcome.events


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("alone", [True, False], ids=["with audio", "audio on the stream"])
def test_another_model_goes_on_where_the_first_stood(rate: int, *, alone: bool) -> None:
    record, stream = Session(started_at=0.0, sample_rate=rate), frames(noise(8.05, rate), rate)
    whole = said(heard(Model("open 1"), record, stream)[1])
    hearing, before = heard(Model("open 1"), record, stream[:45])
    checkpoint, position = freeze(hearing, Model("open 1"), alone=alone), hearing.position
    after = go_on(Model("open 2"), record, checkpoint, stream)
    assert said(after)[0] == (f"{position}-1", "model-changed")
    assert said(before) + said(after)[1:] == whole, "no sample of an utterance under way is lost"


def test_the_same_model_is_told_nothing() -> None:
    record, stream = Session(started_at=0.0), frames(noise(8))
    hearing, before = heard(Model("open 1"), record, stream[:45])
    after = go_on(Model("open 1"), record, freeze(hearing, Model("open 1"), alone=False), stream)
    assert before + after == heard(Model("open 1"), record, stream)[1]


def test_what_is_measured_hangs_on_no_model() -> None:
    record, stream = Session(started_at=0.0, facts=True), frames(noise(8))
    hearing, before = heard(Model("open 1"), record, stream[:45])
    for model in ("open 2", ""):
        checkpoint = freeze(hearing, Model("open 1"), alone=False)
        assert before + go_on(Model(model), record, checkpoint, stream) == heard(Model("open 1"), record, stream)[1]


def test_measured_facts_stay_so_in_a_fresh_state_and_where_it_is_tried_alone() -> None:
    record, stream = Session(started_at=0.0, facts=True), frames(noise(9))
    hearing, _ = heard(Model("open 1"), record, stream[:45])
    after = go_on(Model("open 1", "mock 2"), record, freeze(hearing, Model("open 1"), alone=False), stream)
    assert [kind for _, kind in said(after)] == ["listening-afresh", "facts-event", "facts-event", "session-ended"]
    case = Case(stream[45], 16_000, elcor=False, checkpoint=freeze(hearing, Model("open 1"), alone=True), facts=True)
    case = Case.from_dict(case.in_fresh_state().to_dict())
    thawed = open_hearing(SESSION, record, try_alone(Model("open 1"), case).checkpoint, Model("open 1"))
    assert thawed.state.facts


@pytest.mark.parametrize("other", [Model("open 1", "mock 2"), Model("open 1", "other 1")], ids=["version", "backend"])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_state_of_another_kind_costs_the_state_only(other: Model, rate: int) -> None:
    record, stream = Session(started_at=0.0, sample_rate=rate), frames(noise(9, rate), rate)
    hearing, before = heard(Model("open 1"), record, stream[:45])
    checkpoint = freeze(hearing, Model("open 1"), alone=False)
    after = go_on(other, record, checkpoint, stream)
    assert said(after)[0][1] == "listening-afresh"
    kinds = [kind for _, kind in said(after)[1:]]
    assert kinds == [*["tone-event"] * (len(kinds) - 1), "session-ended"], "no audio-gap: none is missing"
    assert len(kinds) >= 3
    ids = [event.id for event in before + after]
    assert ids == sorted(set(ids))
    seqs = [orjson.loads(e.data)["seq"] for e in before + after if e.kind == "tone-event"]
    assert seqs == list(range(1, len(seqs) + 1))


def test_checkpoints_that_do_not_name_their_model_are_taken_without_what_hangs_on_it() -> None:
    record, stream = Session(started_at=0.0), frames(noise(8))
    hearing, before = heard(Model("open 1"), record, stream[:45])
    frozen = msgpack.unpackb(freeze(hearing, Model("open 1"), alone=True))
    del frozen["format"]
    nameless = msgpack.packb({**frozen, "version": 2})
    after = go_on(Model("open 1"), record, nameless, stream)
    assert said(after)[0][1] == "model-changed"
    assert said(before) + said(after)[1:] == said(heard(Model("open 1"), record, stream)[1])


def test_nameless_checkpoints_of_the_mock_have_no_model_to_lose() -> None:
    mock, record, stream = MockBackend(SETTINGS), Session(started_at=0.0), frames(noise(8))
    hearing, before = heard(mock, record, stream[:45])
    frozen = msgpack.unpackb(freeze(hearing, mock, alone=True))
    for name in ("window", "hop"):
        del frozen["state"][name]
    nameless = msgpack.packb({**{k: v for k, v in frozen.items() if k != "format"}, "version": 2})
    assert before + go_on(mock, record, nameless, stream) == heard(mock, record, stream)[1]


def test_a_session_keeps_the_window_that_it_began_with() -> None:
    record, stream = Session(started_at=0.0), frames(noise(9))
    hearing, before = heard(Model("open 1"), record, stream[:45])
    checkpoint = freeze(hearing, Model("open 1"), alone=False)
    needed = next(n for n, chunk in enumerate(stream) if chunk.entry_id == hearing.needed)
    longer = Model("open 1", window_seconds=6.0, hop_seconds=2.0)
    assert before + go_on(longer, record, checkpoint, stream[needed:]) == heard(Model("open 1"), record, stream)[1]


def test_audio_that_cannot_be_refilled_blames_no_audio() -> None:
    """The stream lacks a chunk that the checkpoint needs."""
    record, stream = Session(started_at=0.0), frames(noise(9))
    for lacking in (slice(20, 45), slice(45, 45)):
        hearing, _ = heard(Model("open 1"), record, stream[:45])
        checkpoint = freeze(hearing, Model("open 1"), alone=False)
        after = go_on(Model("open 1"), record, checkpoint, stream[lacking][3:] + stream[45:])
        assert said(after)[0] == ("72000-1", "listening-afresh")
        assert [kind for _, kind in said(after)].count("tone-event") >= 2
        assert said(after)[-1][1] == "session-ended"


def test_a_later_version_is_refused() -> None:
    hearing, _ = heard(Model("open 1"), Session(started_at=0.0), frames(noise(2)))
    frozen = msgpack.unpackb(freeze(hearing, Model("open 1"), alone=True))
    with pytest.raises(UnreadableCheckpointError):
        open_hearing(SESSION, Session(started_at=0.0), msgpack.packb({**frozen, "version": 4}), Model("open 1"))


class Brittle(MockBackend):
    """Cannot classify in a state that is damaged, nor a window that holds the poison."""

    POISON = 23_456

    def _window(self, state: MockState, start: int, end: int) -> Any:
        if np.any(state.between(start, end) == self.POISON):
            raise ArithmeticError("poison")
        if state.loudness_db == 1e9:
            raise ValueError("damaged")
        return super()._window(state, start, end)


def case_of(raw: NDArray[np.int16], *, damaged: bool) -> Case:
    """The frame that completes a window."""
    backend, stream = Brittle(SETTINGS), frames(raw)
    hearing = open_hearing(SESSION, Session(started_at=0.0), None, backend)
    advance(backend, [(hearing, stream[:29])])
    if damaged:
        assert isinstance(hearing.state, MockState)
        hearing.state.loudness_db = 1e9
    return Case(stream[29], 16_000, elcor=False, checkpoint=freeze(hearing, backend, alone=True))


def test_a_fresh_state_bears_what_a_damaged_one_does_not() -> None:
    case = case_of(noise(4), damaged=True)
    with pytest.raises(ValueError, match="damaged"):
        try_alone(Brittle(SETTINGS), case)
    found = try_alone(Brittle(SETTINGS), case.in_fresh_state())
    assert found.afresh
    assert said(found.events) == [("46400-1", "listening-afresh")]
    assert TrialResult.from_dict(msgpack.unpackb(msgpack.packb(found.to_dict()))) == found
    later = go_on(Brittle(SETTINGS), Session(started_at=0.0), found.checkpoint, frames(noise(8)))
    assert [kind for _, kind in said(later)] == ["tone-event"] * 3 + ["session-ended"]


@pytest.mark.parametrize("at", [46_500, 45_000], ids=["in the chunk", "in the audio before it"])
def test_poison_is_poison_to_a_fresh_state_too(at: int) -> None:
    """Although the chunk alone is too short for any window."""
    raw = noise(4)
    raw[at] = Brittle.POISON
    for damaged in (False, True):
        case = case_of(raw, damaged=damaged).in_fresh_state()
        with pytest.raises(ArithmeticError, match="poison"):
            try_alone(Brittle(SETTINGS), case)


def test_random_checkpoints_are_taken_up_by_any_model() -> None:
    """Whatever is damaged in a state costs the state at the most."""
    draw, record, stream = random.Random(11), Session(started_at=0.0), frames(noise(6))
    hearing, _ = heard(Model("open 1"), record, stream[:45])
    frozen = msgpack.unpackb(freeze(hearing, Model("open 1"), alone=True))
    for _ in range(60):
        state = dict(frozen["state"])
        name = draw.choice(sorted(state))
        if draw.random() < 0.5:
            del state[name]
        else:
            state[name] = draw.choice([None, "x", -1, [], {}, b"\0"])
        damaged = msgpack.packb({**frozen, "state": state})
        opened = open_hearing(SESSION, record, damaged, Model(draw.choice(["open 1", "open 2"])))
        assert opened.position == hearing.position
        told = [event.id for event in opened.tell()]
        assert opened.last_id == (told[-1] if told else hearing.last_id) >= hearing.last_id
