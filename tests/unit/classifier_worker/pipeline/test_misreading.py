"""Samples in another format than the session declared are recognised within seconds; real PCM is never suspected."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

from classifier_worker.pipeline.misreading import Misreading
from classifier_worker.speech.recording import Recording
from classifier_worker.speech.signal.sample_format import mistaken

SAMPLE = Path(__file__).resolve().parents[4] / "frontend" / "public" / "sample.flac"
RANDOM = np.random.default_rng(11)


def speech(level: float = 1.0) -> NDArray[np.int16]:
    with Recording.open(SAMPLE) as recording:
        return np.concatenate([np.asarray(block * level, np.int16) for block in recording.blocks()])


def told(wire: bytes, *, seconds: float, rate: int = 16_000, pace: float = 1.0) -> str | None:
    """What is suspected of a stream after so many seconds, sent in tenths of seconds at `pace` times its speed."""
    misreading = Misreading()
    size = rate // 10 * 2
    for number in range(int(seconds * 10)):
        frame = wire[number * size : (number + 1) * size]
        misreading.take(frame, rate, int(1000 + number * 100 / pace))
    suspicion = misreading.suspicion
    assert suspicion is None or suspicion.detail.endswith(".")
    return None if suspicion is None else suspicion.format


@pytest.mark.parametrize("level", [1.0, 0.1])
def test_other_formats_are_recognised_within_four_seconds(level: float) -> None:
    voice = speech(level)
    wide = voice.astype("<i4") * 65_536 + RANDOM.integers(0, 65_536, len(voice))
    assert told((voice / 32_768).astype("<f4").tobytes(), seconds=4) == "float32"
    assert told(b"\0\0" + (voice / 32_768).astype("<f4").tobytes(), seconds=4) == "float32"
    assert told(voice.astype(">i2").tobytes(), seconds=4) == "big-endian"
    assert told(b"\0" + voice.astype("<i2").tobytes(), seconds=4) == "shifted"
    assert told(wide.astype("<i4").tobytes(), seconds=4) == "int32"


def mu_law(voice: NDArray[np.int16]) -> bytes:
    """ITU-T G.711, as telephones send it."""
    size = np.minimum(np.abs(voice.astype(int)), 32_635) + 132
    exponent = np.log2(size).astype(int) - 7
    code = (voice < 0) * 128 | exponent << 4 | size >> (exponent + 3) & 15
    return bytes((~code & 255).astype(np.uint8))


def a_law(voice: NDArray[np.int16]) -> bytes:
    size = np.abs(voice.astype(int)) >> 4
    exponent = np.maximum(np.log2(np.maximum(size, 1)).astype(int) - 3, 0)
    code = (voice >= 0) * 128 | np.minimum(exponent, 7) << 4 | size >> np.maximum(exponent, 1) & 15
    return bytes((code ^ 0x55).astype(np.uint8))


def stereo(left: NDArray[np.int16], right: NDArray[np.int16]) -> bytes:
    return np.stack([left, right], 1).astype("<i2").tobytes()


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("level", [1.0, 0.1])
def test_companded_samples_and_other_widths_are_recognised(level: float, rate: int) -> None:
    voice = resample_poly(speech(level), rate, 16_000).astype(np.int16)
    three = np.ascontiguousarray((voice.astype("<i4") * 256).view(np.uint8).reshape(-1, 4)[:, :3]).tobytes()
    assert told(mu_law(voice), seconds=4, rate=rate) == "mu-law"
    assert told(a_law(voice), seconds=4, rate=rate) == "a-law"
    assert told((voice // 256 + 128).astype(np.uint8).tobytes(), seconds=4, rate=rate) == "8-bit"
    for begin in range(3):
        assert told(three[begin:], seconds=4, rate=rate) == "24-bit"


@pytest.mark.parametrize("level", [1.0, 0.1])
def test_two_channels_are_recognised(level: float) -> None:
    voice = speech(level)
    nothing = np.zeros_like(voice)
    noisy = voice + RANDOM.normal(0, 20, len(voice)).astype(np.int16)
    for wire in (
        stereo(voice, voice),
        stereo(voice, noisy),
        stereo(voice, nothing),
        stereo(nothing, voice),
        stereo(voice, np.roll(voice, 24_000)),
        stereo(voice, np.roll(voice, 24_000))[2:],
    ):
        assert told(wire, seconds=5, pace=2.0) == "stereo", "live, at twice the pace"
        assert told(wire, seconds=5, pace=9.0) == "stereo", "a file"


def test_samples_that_are_doubled_and_come_in_time_are_not_two_channels() -> None:
    assert told(np.repeat(speech(), 2).tobytes(), seconds=10) is None


@pytest.mark.parametrize("level", [1.0, 0.03])
def test_speech_is_never_suspected(level: float) -> None:
    voice = speech(level)
    for second in range(len(voice) // 16_000):
        assert told(voice.astype("<i2").tobytes()[: second * 32_000], seconds=second) is None


def test_noise_and_tones_are_no_wrong_format() -> None:
    time = np.arange(16_000)
    sounds = {
        "white noise": RANDOM.integers(-32_768, 32_767, 16_000),
        "eight bits": RANDOM.integers(-128, 127, 16_000) * 256,
        "square": np.where(time % 100 < 50, 15_000, -15_000),
        "clipped": np.clip(speech()[:16_000].astype(int) * 40, -32_768, 32_767),
        "high tone": 15_000 * np.sin(time * 3.1),
        "one value": np.full(16_000, 15_000),
        "nothing": np.zeros(16_000),
    }
    assert [name for name, samples in sounds.items() if mistaken(samples.astype(np.int16)) is not None] == []


@pytest.mark.parametrize(("rate", "real"), [(16_000, 48_000), (16_000, 44_100), (48_000, 16_000), (16_000, 8_000)])
def test_a_wrong_rate_shows_in_the_pace(rate: int, real: int) -> None:
    voice = np.tile(speech(), 4).tobytes()
    assert told(voice, seconds=10 * real / rate, rate=rate, pace=real / rate) == "sample-rate"


def test_neither_real_time_nor_a_file_as_fast_as_it_goes_is_a_wrong_rate() -> None:
    voice = np.tile(speech(), 4).tobytes()
    for pace in (0.97, 1.0, 1.03, 1.7, 6.5, 40.0):
        assert told(voice, seconds=40, pace=pace) is None


def test_what_has_been_put_right_is_no_longer_suspected() -> None:
    voice = speech()
    wire = voice[: 5 * 16_000].astype(">i2").tobytes() + voice[5 * 16_000 :].astype("<i2").tobytes()
    assert told(wire, seconds=5) == "big-endian"
    assert told(wire, seconds=10) is None
