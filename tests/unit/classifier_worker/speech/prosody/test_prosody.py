import json
import random
from dataclasses import replace

import pytest

from classifier_worker.speech.prosody.flags import FLAGS, MIN_WINDOWS, ProsodyMeasures, VoiceProfile, activation, flags

PLAIN = ProsodyMeasures(
    loudness_db=-25.0,
    pitch_hz=120.0,
    pitch_st=3.16,
    pitch_range_st=6.0,
    pitch_slope_st_s=-3.0,
    voiced_share=0.6,
    speech_rate=4.5,
    longest_pause_s=0.1,
    jitter_st=0.15,
    shimmer_db=0.7,
    speech_s=2.5,
    clearance_db=35.0,
    cepstral_peak_db=21.0,
    alpha_ratio_db=-12.0,
)
WHISPER = replace(
    PLAIN,
    loudness_db=-28.0,
    pitch_hz=None,
    pitch_st=None,
    pitch_range_st=None,
    pitch_slope_st_s=None,
    speech_rate=None,
    voiced_share=0.02,
    jitter_st=None,
    shimmer_db=None,
    cepstral_peak_db=None,
    alpha_ratio_db=None,
)


def usual(windows: int = 12, of: ProsodyMeasures = PLAIN) -> VoiceProfile:
    """The profile of someone who speaks like that, with natural variation."""
    chance = random.Random(7)
    profile = VoiceProfile()
    for _ in range(windows):
        assert of.loudness_db is not None
        assert of.speech_rate is not None
        profile = profile.with_window(
            replace(
                of,
                loudness_db=of.loudness_db + chance.gauss(0.0, 1.5),
                speech_rate=of.speech_rate + chance.gauss(0.0, 0.4),
            )
        )
    return profile


def test_plain_speech_has_no_flags() -> None:
    assert flags(PLAIN, usual()) == []


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (replace(PLAIN, loudness_db=-15.0, pitch_st=8.0, alpha_ratio_db=-8.0), ["louder", "raised_voice"]),
        (replace(PLAIN, loudness_db=-15.0, pitch_st=9.0, alpha_ratio_db=-10.5), ["louder", "raised_voice"]),
        (replace(PLAIN, loudness_db=-15.0, pitch_st=5.0, alpha_ratio_db=-6.0), ["louder", "raised_voice"]),
        (replace(PLAIN, loudness_db=-33.0, pitch_st=-2.0, alpha_ratio_db=-16.0), ["quieter", "lowered_voice"]),
        (replace(PLAIN, loudness_db=-33.0, pitch_st=1.5, alpha_ratio_db=-18.0), ["quieter", "lowered_voice"]),
    ],
)
def test_a_voice_is_raised_or_lowered_by_level_and_effort_together(
    window: ProsodyMeasures, expected: list[str]
) -> None:
    assert flags(window, usual()) == expected


@pytest.mark.parametrize(
    "window",
    [
        replace(PLAIN, loudness_db=-5.0),
        replace(PLAIN, loudness_db=-45.0),
        replace(PLAIN, loudness_db=-5.0, alpha_ratio_db=-11.0, pitch_st=3.3),
        replace(PLAIN, pitch_st=9.0, alpha_ratio_db=-6.0),
        replace(PLAIN, loudness_db=-15.0, pitch_st=9.0),
        replace(PLAIN, loudness_db=-15.0, alpha_ratio_db=-4.0),
        replace(WHISPER, loudness_db=-40.0),
    ],
)
def test_a_microphone_that_is_moved_raises_no_voice_nor_does_pitch_alone_nor_a_whisper_lower_it(
    window: ProsodyMeasures,
) -> None:
    assert not {"raised_voice", "lowered_voice"} & set(flags(window, usual()))


@pytest.mark.parametrize(
    ("flag", "window"),
    [
        ("louder", replace(PLAIN, loudness_db=-17.0)),
        ("quieter", replace(PLAIN, loudness_db=-33.0)),
        ("faster", replace(PLAIN, speech_rate=7.0)),
        ("slower", replace(PLAIN, speech_rate=2.5)),
        ("rising_pitch", replace(PLAIN, pitch_slope_st_s=9.0)),
        ("falling_pitch", replace(PLAIN, pitch_slope_st_s=-20.0)),
        ("flat_pitch", replace(PLAIN, pitch_range_st=1.2)),
        ("wide_pitch", replace(PLAIN, pitch_range_st=13.0)),
        ("long_pause", replace(PLAIN, longest_pause_s=1.2)),
        ("shaky", replace(PLAIN, jitter_st=0.3, shimmer_db=1.2)),
        ("breathy", replace(PLAIN, cepstral_peak_db=17.0)),
        ("whispered", replace(WHISPER, loudness_db=-26.0)),
    ],
)
def test_each_flag_speaks_for_what_it_is_named_after(flag: str, window: ProsodyMeasures) -> None:
    assert flags(window, usual()) == [flag]


def test_laughter_that_was_heard_is_a_flag_behind_the_measured_ones() -> None:
    assert flags(PLAIN, VoiceProfile(), laughing=True) == ["laughing"]
    assert flags(replace(PLAIN, loudness_db=-17.0), usual(), laughing=True) == ["louder", "laughing"]


def test_at_the_start_nothing_is_unusual_yet() -> None:
    window = replace(PLAIN, loudness_db=-5.0, speech_rate=9.0, pitch_range_st=20.0, jitter_st=0.9, shimmer_db=3.0)
    assert flags(window, VoiceProfile()) == []
    assert flags(window, usual(MIN_WINDOWS - 1)) == []
    assert "louder" in flags(window, usual(MIN_WINDOWS))


def test_small_differences_are_not_called_unusual_however_steady_the_speaker() -> None:
    profile = VoiceProfile()
    for _ in range(60):
        profile = profile.with_window(PLAIN)
    assert flags(replace(PLAIN, loudness_db=-22.5, speech_rate=5.0), profile) == []


def test_a_quiet_speaker_and_a_loud_one_are_each_measured_against_themselves() -> None:
    loud = replace(PLAIN, loudness_db=-10.0)
    assert flags(loud, usual(of=loud)) == []
    assert flags(loud, usual(of=replace(PLAIN, loudness_db=-30.0))) == ["louder"]


def test_a_wide_melody_is_not_called_shaky() -> None:
    window = replace(PLAIN, jitter_st=0.3, shimmer_db=1.2, pitch_range_st=12.0)
    assert flags(window, usual()) == ["wide_pitch"]


def test_noise_that_sets_in_is_no_breath() -> None:
    window = replace(PLAIN, cepstral_peak_db=17.0)
    assert flags(replace(window, clearance_db=28.0), usual()) == []
    assert flags(replace(window, clearance_db=31.0), usual()) == ["breathy"]


def test_a_whisper_is_told_of_somebody_not_heard_before() -> None:
    assert flags(WHISPER, VoiceProfile()) == ["whispered"]


def test_neither_a_syllable_nor_a_shout_without_voice_is_a_whisper() -> None:
    assert flags(replace(WHISPER, speech_s=0.4), VoiceProfile()) == []
    assert "whispered" not in flags(replace(WHISPER, loudness_db=-15.0), usual())
    assert "whispered" not in flags(replace(WHISPER, voiced_share=0.15), VoiceProfile())


def test_a_pause_before_counts_and_an_absence_does_not() -> None:
    assert flags(PLAIN, usual(), pause_before=1.5) == ["long_pause"]
    assert flags(PLAIN, usual(), pause_before=0.8) == []
    assert flags(PLAIN, usual(), pause_before=60.0) == []


def test_flags_come_in_their_fixed_order() -> None:
    window = replace(PLAIN, loudness_db=-10.0, speech_rate=8.0, pitch_slope_st_s=10.0, pitch_range_st=14.0)
    found = flags(window, usual(), pause_before=2.0)
    assert found == ["louder", "faster", "rising_pitch", "wide_pitch", "long_pause"]
    assert [FLAGS.index(flag) for flag in found] == sorted(FLAGS.index(flag) for flag in found)


def test_what_could_not_be_measured_is_no_flag() -> None:
    nothing = ProsodyMeasures(None, None, None, None, None, 0.0, None, 0.0, None, None)
    assert flags(nothing, usual()) == []
    assert usual().with_window(nothing) == usual()


def test_a_new_level_becomes_the_usual_one() -> None:
    louder = replace(PLAIN, loudness_db=-17.0)
    profile = usual(20)
    assert flags(louder, profile) == ["louder"]
    for _ in range(60):
        profile = profile.with_window(louder)
    assert flags(louder, profile) == []


def test_activation_is_unknown_at_first_and_then_follows_loudness_and_pitch() -> None:
    assert activation(PLAIN, VoiceProfile()) is None
    excited = activation(replace(PLAIN, loudness_db=-17.0, pitch_st=7.0), usual())
    subdued = activation(replace(PLAIN, loudness_db=-33.0, pitch_st=0.0), usual())
    assert excited is not None
    assert subdued is not None
    assert -1.0 <= subdued < -0.5
    assert 0.5 < excited <= 1.0


def test_a_profile_survives_writing_and_reading_bit_by_bit() -> None:
    direct = stored = VoiceProfile()
    chance = random.Random(1)
    for _ in range(80):
        window = replace(PLAIN, loudness_db=round(chance.uniform(-40, -10), 1), jitter_st=None)
        direct = direct.with_window(window)
        stored = VoiceProfile.thaw(json.loads(json.dumps(stored.freeze()))).with_window(window)
    assert direct == stored
