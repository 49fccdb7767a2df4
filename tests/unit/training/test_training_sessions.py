"""Sessions of every kind: their mixture of clips, and that random choices are reproducible."""

import numpy as np
import pytest

from tests.unit.clips import AFFECTS, clips
from training.features.session_mixtures import DOZEN, KINDS, LONGEST, PAUSE, Kind, sessions

SPOKEN = clips(["lab/a", "lab/b"], 20, width=4, windows=2)


def truths(kind: Kind) -> list[list[str]]:
    return [session.truth[::2].tolist() for session in sessions(kind, SPOKEN, AFFECTS)]


def test_a_mixed_session_holds_a_speakers_clips_of_every_tone() -> None:
    found = truths("mixed")
    assert [len(session) for session in found] == [LONGEST, LONGEST]
    assert all(set(session) == set(AFFECTS.values()) for session in found)


def test_a_session_of_one_tone_holds_a_dozen_of_it_and_nothing_else() -> None:
    found = truths("one")
    assert len(found) == 2 * len(AFFECTS)
    assert all(len(session) == DOZEN and len(set(session)) == 1 for session in found)


def test_a_session_that_is_mostly_even_has_a_few_others() -> None:
    for session in truths("mostly even"):
        assert session.count("neutral") == 20
        assert 2 <= len(session) - 20 <= 5


@pytest.mark.parametrize("kind", KINDS)
def test_chance_repeats_itself(kind: Kind) -> None:
    assert truths(kind) == truths(kind)


def test_windows_know_their_clip_and_the_pause_before_it() -> None:
    (first, _) = sessions("mixed", SPOKEN, AFFECTS)
    assert first.clip.tolist() == [clip for clip in range(LONGEST) for _ in range(2)]
    assert first.pause[:6].tolist() == [0.0, 0.0, PAUSE, 0.0, PAUSE, 0.0]
    assert first.seconds[:2].tolist() == [2.0, 1.0]


def test_what_has_no_meaning_is_left_out_and_a_single_clip_is_no_session() -> None:
    meaning = {emotion: affect for emotion, affect in AFFECTS.items() if emotion != "anger"}
    assert all("frustrated" not in session.truth for session in sessions("mixed", SPOKEN, meaning))
    assert sessions("mixed", SPOKEN[:1], AFFECTS) == []
    only = [clip for clip in SPOKEN if clip.emotion == "anger"]
    assert sessions("mostly even", only, AFFECTS) == []
    assert np.unique(sessions("one", only, AFFECTS)[0].truth).tolist() == ["frustrated"]
