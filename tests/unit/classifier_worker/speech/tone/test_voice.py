"""Each speaker's voice, and the merging of voices that are one person's."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.prosody.flags import Usual, VoiceProfile
from classifier_worker.speech.speakers.diarization import Turn
from classifier_worker.speech.tone.baseline import PRIOR_SECONDS, SpeakerBaseline
from classifier_worker.speech.tone.smoothing import Smoother
from classifier_worker.speech.tone.speaker_memory import Voice, known

RNG = np.random.default_rng(3)


def cold() -> SpeakerBaseline:
    return SpeakerBaseline.cold(4)


def baseline(windows: list[NDArray[np.float32]]) -> SpeakerBaseline:
    heard = cold()
    for window in windows:
        heard = heard.updated(window, 2.0)
    return heard


def test_a_joined_baseline_has_heard_what_both_heard() -> None:
    windows = [RNG.normal([1, -2, 3, 0.5], 0.5).astype(np.float32) for _ in range(20)]
    whole, joined = baseline(windows), baseline(windows[:12]).joined(baseline(windows[12:]))
    assert joined.seconds == whole.seconds == PRIOR_SECONDS + 40.0
    # The second one's share of everybody's average stays in its mean; its seconds do not count.
    np.testing.assert_allclose(joined.mean, whole.mean, rtol=0.2, atol=0.1)
    alone = cold().joined(baseline(windows))
    assert alone.seconds == PRIOR_SECONDS + 40.0
    same = baseline(windows).joined(cold())
    np.testing.assert_array_equal(same.mean, baseline(windows).mean)


def test_a_joined_measure_is_pooled() -> None:
    one, other = Usual(), Usual()
    first, second = RNG.normal(10, 1, 8), RNG.normal(14, 1, 4)
    for value in first:
        one = one.with_value(float(value))
    for value in second:
        other = other.with_value(float(value))
    joined, values = one.joined(other), np.concatenate([first, second])
    assert joined.count == 12
    assert joined.mean == pytest.approx(values.mean(), abs=1e-5)
    assert joined.variance == pytest.approx(values.var(), abs=1e-4)
    assert Usual().joined(Usual()) == Usual()


def voice(until: int, affect: int, windows: int = 3) -> Voice:
    profile = VoiceProfile({"loudness_db": Usual(windows, -20.0, 1.0)})
    return replace(Voice(cold()), profile=profile, smoother=Smoother((0.5, 0.5), affect), until=until)


def test_a_joined_voice_goes_on_from_the_tone_heard_last() -> None:
    joined = voice(5_000, 0, 3).joined(voice(9_000, 1, 4))
    assert joined.smoother.affect == 1
    assert joined.until == 9_000
    assert joined.profile.usual["loudness_db"].count == 7
    assert voice(9_000, 0).joined(voice(5_000, 1)).smoother.affect == 0


def test_voices_follow_their_speakers() -> None:
    voices = {0: voice(1, 0), 1: voice(2, 1), 2: voice(3, 1)}
    after = known(voices, Turn(0, sure=True, changed=False, joined=((1, 0),), known=(0, 2)))
    assert sorted(after) == [0, 2]
    assert after[0].until == 2
    assert sorted(known(voices, Turn(2, sure=True, changed=True, known=(1, 2)))) == [1, 2], "let go of"
    assert sorted(known({1: voices[1]}, Turn(0, sure=True, changed=True, joined=((1, 0),), known=(0,)))) == [0]
    assert sorted(voices) == [0, 1, 2], "the voices given stay as they are"


def test_a_voice_survives_freezing() -> None:
    before = voice(7_000, 1)
    after = Voice.thaw(before.freeze())
    assert after.freeze() == before.freeze()
    assert after.until == 7_000
