from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.recording import Recording, RecordingError

RATES = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000]


def tone(rate: int, seconds: float = 1.5, hz: float = 440.0) -> NDArray[np.float64]:
    return np.asarray(0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate), np.float64)


def write(path: Path, samples: NDArray[np.float64], rate: int = 16_000) -> Path:
    soundfile.write(path, samples, rate)
    return path


def heard(path: Path, block_seconds: float = 1.0) -> NDArray[np.int16]:
    with Recording.open(path) as recording:
        return np.concatenate(list(recording.blocks(block_seconds)))


@pytest.mark.parametrize("rate", RATES)
def test_any_rate_becomes_16_khz(tmp_path: Path, rate: int) -> None:
    samples = heard(write(tmp_path / "a.wav", tone(rate), rate))
    assert len(samples) == pytest.approx(24_000, abs=1)
    inner = slice(2_000, 22_000)
    expected = 0.5 * 32768 * np.sin(2 * np.pi * 440.0 * np.arange(24_000) / 16_000)
    assert np.abs(samples[inner] - expected[inner]).max() < 80


@pytest.mark.parametrize("rate", RATES)
def test_the_size_of_the_blocks_changes_no_sample(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "a.wav", tone(rate) + 0.1 * np.random.default_rng(1).standard_normal(len(tone(rate))), rate)
    assert np.array_equal(heard(path, 60.0), heard(path, 0.073))


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_the_usual_kinds_of_file_are_read(tmp_path: Path, kind: str) -> None:
    samples = heard(write(tmp_path / f"a.{kind}", tone(44_100), 44_100))
    assert len(samples) == pytest.approx(24_000, abs=1_600)
    assert np.sqrt(np.mean(np.square(samples[4_000:20_000].astype(float)))) == pytest.approx(0.354 * 32768, rel=0.05)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left = tone(16_000)
    path = write(tmp_path / "a.wav", np.stack([left, np.zeros_like(left)], axis=1))
    assert np.abs(heard(path)).max() == pytest.approx(0.25 * 32768, rel=0.01)


def test_16_khz_passes_bit_by_bit(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).integers(-32768, 32768, 20_000).astype(np.int16)
    soundfile.write(tmp_path / "a.flac", samples, 16_000)
    assert np.array_equal(heard(tmp_path / "a.flac"), samples)


def test_what_exceeds_full_scale_is_clipped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", 4.0 * tone(48_000), 48_000, subtype="FLOAT")
    samples = heard(tmp_path / "a.wav")
    assert samples.max() == 32767
    assert samples.min() == -32768


def test_the_length_is_known_beforehand(tmp_path: Path) -> None:
    with Recording.open(write(tmp_path / "a.wav", tone(8_000), 8_000)) as recording:
        assert recording.seconds == 1.5


def refusal(path: Path) -> str:
    with pytest.raises(RecordingError) as caught, Recording.open(path) as recording:
        list(recording.blocks())
    return str(caught.value)


def test_an_absent_file_a_folder_and_an_empty_file_are_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    assert refusal(tmp_path / "absent.wav").endswith("does not exist.")
    assert refusal(tmp_path).endswith("is a folder: name a file.")
    assert refusal(tmp_path / "empty.wav").endswith("is empty.")


def test_a_file_that_is_no_audio_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_bytes(b"Dear diary, " * 100)
    assert "is damaged, or is not a WAV, FLAC, OGG, MP3, M4A or WebM file" in refusal(path)


def test_a_header_without_sound_is_refused(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.wav", np.zeros(0))).endswith("holds no sound.")


def test_a_sample_rate_that_no_recording_has_is_refused(tmp_path: Path) -> None:
    assert "sample rate of 7 Hz" in refusal(write(tmp_path / "a.wav", tone(16_000), 7))


def test_a_flac_that_breaks_off_is_refused_or_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 80_000)
    path = write(tmp_path / "a.flac", noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        samples = heard(path)
    except RecordingError as error:
        assert "damaged" in str(error)
    else:
        assert len(samples) < 80_000
