"""Files left by recorders, pipes, messengers and accidents: every second that can be decoded is read."""

import http.server
import io
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest
import soundfile
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from classifier_worker.speech.recording import Recording, RecordingError, decoders

RATE = 16_000
SECONDS = 4


def noise(seconds: int = SECONDS) -> NDArray[np.float64]:
    return np.random.default_rng(1).uniform(-0.5, 0.5, seconds * RATE)


def encoded(kind: str, samples: NDArray[np.float64] | None = None, subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, noise() if samples is None else samples, RATE, format=kind, subtype=subtype)
    return file.getvalue()


def by_ffmpeg(kind: str, codec: Literal["aac", "libopus"], rate: int) -> bytes:
    file = io.BytesIO()
    whole = av.AudioFrame.from_ndarray((noise() * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono")
    whole.sample_rate = RATE
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, AudioStream)
        # Without a frame size the resampler would give one frame that is too long for the encoder.
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate, frame_size=960)
        for frame in [*resampler.resample(whole), *resampler.resample(None)]:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def heard(path: Path) -> tuple[NDArray[np.int16], str]:
    with Recording.open(path) as recording:
        return np.concatenate(list(recording.blocks())), recording.account


def seconds_of_sound(samples: NDArray[np.int16]) -> float:
    """Tenths of a second in which there is sound."""
    whole = samples[: len(samples) // 1_600 * 1_600].reshape(-1, 1_600).astype(float)
    return float((np.square(whole).mean(axis=1) > 500.0**2).sum() / 10)


def with_data_size(wav: bytes, size: int) -> bytes:
    at = wav.index(b"data") + 4
    return wav[:at] + struct.pack("<I", size) + wav[at + 4 :]


def without_total(flac: bytes) -> bytes:
    """STREAMINFO with 0 samples in all, as a pipe leaves it."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


def unpadded_list(wav: bytes) -> bytes:
    """A LIST of 13 bytes without the byte that pads it."""
    at = wav.index(b"data")
    return wav[:at] + b"LIST" + struct.pack("<I", 13) + b"INFOICMT\x01\x00\x00\x00x" + wav[at:]


WAV, FLAC, OGG, MP3 = (encoded(kind) for kind in ("WAV", "FLAC", "OGG", "MP3"))
M4A = by_ffmpeg("mp4", "aac", RATE)
WEBM = by_ffmpeg("webm", "libopus", 48_000)
BIG_ENDIAN = encoded("AIFF")

WHOLE = {
    "size_0.wav": with_data_size(WAV, 0),
    "size_ffffffff.wav": with_data_size(WAV, 0xFFFFFFFF),
    "size_7fffffff.wav": with_data_size(WAV, 0x7FFFFFFF),
    "size_of_an_earlier_moment.wav": with_data_size(WAV, 1_000),
    "a_byte_too_many.wav": WAV + b"\x01",
    "list_without_padding.wav": unpadded_list(WAV),
    "list_at_the_end.wav": WAV + b"LIST" + struct.pack("<I", 14) + b"INFOISFT\x01\x00\x00\x00x\x00",
    "no_total.flac": without_total(FLAC),
    "junk_before.mp3": np.random.default_rng(2).bytes(100_000) + MP3,
    "zeros_before.mp3": bytes(300_000) + MP3,
    "tag_longer_than_the_file.mp3": b"ID3\x03\x00\x00\x7f\x7f\x7f\x7f" + MP3,
    "talk.m4a": M4A,
    "talk.webm": WEBM,
    "talk.aiff": BIG_ENDIAN,
    "mp3_named.wav": MP3,
    "m4a_named.mp3": M4A,
    "wav_named.raw": WAV,
    "no_extension": WAV,
}
JOINED = {
    "joined.mp3": MP3 + MP3,
    "joined.ogg": OGG + OGG,
    "joined.flac": FLAC + FLAC,
    "joined.wav": WAV + WAV,
    "joined_from_pipes.wav": with_data_size(WAV, 0xFFFFFFFF) * 2,
    "joined.m4a": M4A + M4A,
    "joined.webm": WEBM + WEBM,
    "wav_then_flac.wav": WAV + FLAC,
}


@pytest.mark.parametrize("name", WHOLE)
def test_whatever_the_header_says_all_of_it_is_heard(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(WHOLE[name])
    samples, account = heard(tmp_path / name)
    assert seconds_of_sound(samples) >= SECONDS - 0.1
    assert len(samples) <= (SECONDS + 0.2) * RATE
    assert "were read, to the end of the file" in account


@pytest.mark.parametrize("name", JOINED)
def test_recordings_joined_in_one_file_are_all_heard(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(JOINED[name])
    assert seconds_of_sound(heard(tmp_path / name)[0]) >= 2 * SECONDS - 0.2


def test_joined_streams_may_differ_in_rate_and_channels(tmp_path: Path) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.stack([noise()[: 2 * 44_100]] * 2, axis=1)[:44_100], 44_100, format="OGG")
    (tmp_path / "a.ogg").write_bytes(OGG + file.getvalue())
    assert seconds_of_sound(heard(tmp_path / "a.ogg")[0]) >= SECONDS + 1 - 0.1


def test_what_breaks_off_is_heard_as_far_as_it_goes_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(FLAC[: len(FLAC) // 2])
    samples, account = heard(tmp_path / "a.flac")
    assert seconds_of_sound(samples) >= SECONDS / 2 - 0.5
    assert account.startswith(f"{len(samples) / RATE:.1f} s of the 4.0 s that the file seems to hold were read")


def test_damaged_places_are_skipped_and_counted(tmp_path: Path) -> None:
    middle = len(MP3) // 2
    (tmp_path / "a.mp3").write_bytes(MP3[:middle] + np.random.default_rng(3).bytes(3_000) + MP3[middle:])
    samples, account = heard(tmp_path / "a.mp3")
    assert seconds_of_sound(samples) >= SECONDS - 0.6
    assert "skipped" in account


def opposed(share: float) -> NDArray[np.float64]:
    return np.stack([noise(), -share * noise()], axis=1)


def one_of_six() -> NDArray[np.float64]:
    channels = np.zeros((SECONDS * RATE, 6))
    channels[:, 2] = noise()
    return channels


@pytest.mark.parametrize("channels", [opposed(1.0), opposed(0.95), one_of_six()], ids=["opposed", "nearly", "six"])
def test_channels_that_cancel_or_drown_the_voice_give_way_to_the_loudest(
    tmp_path: Path, channels: NDArray[np.float64]
) -> None:
    soundfile.write(tmp_path / "a.wav", channels, RATE)
    soundfile.write(tmp_path / "mono.wav", noise(), RATE)
    found, expected = heard(tmp_path / "a.wav")[0].astype(int), heard(tmp_path / "mono.wav")[0]
    assert np.abs(np.abs(found) - np.abs(expected)).max() <= 1


def test_floats_that_hold_16_bit_values_are_not_clipped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise() * 32_768, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "b.wav", noise(), RATE, subtype="FLOAT")
    assert np.array_equal(heard(tmp_path / "a.wav")[0], heard(tmp_path / "b.wav")[0])


def test_samples_that_are_no_numbers_cost_only_themselves(tmp_path: Path) -> None:
    samples = noise().astype(np.float32)
    samples[[5_000, 6_000, 7_000]] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    assert seconds_of_sound(heard(tmp_path / "a.wav")[0]) == SECONDS


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    path.write_bytes(WAV)
    assert seconds_of_sound(heard(path)[0]) == SECONDS
    path.write_bytes(b"")
    with pytest.raises(RecordingError, match=r"caf\\xe9\.wav is empty\.$") as caught:
        Recording.open(path)
    str(caught.value).encode()


def test_what_comes_through_a_pipe_is_heard_whole(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[M4A])
    writer.start()
    samples, _ = heard(tmp_path / "pipe")
    writer.join()
    assert seconds_of_sound(samples) >= SECONDS - 0.1


@pytest.mark.parametrize("content", [b"RIF", encoded("WAV", np.zeros(0)), bytes(5_000), b'{"a": 1}' * 99])
def test_what_holds_no_sound_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(RecordingError, match=r"\.$"):
        heard(tmp_path / "a.wav")


def test_raw_pcm_is_told_how_to_become_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(WAV[44:])
    with pytest.raises(RecordingError, match=r"no header .* ffmpeg -f s16le"):
        heard(tmp_path / "a.pcm")


def test_a_device_is_refused() -> None:
    with pytest.raises(RecordingError, match="a device, not a file"):
        Recording.open(Path("/dev/zero"))


def test_a_playlist_opens_no_address(tmp_path: Path) -> None:
    asked = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with http.server.HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/a.mp3"
        (tmp_path / "a.mp3").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n")
        with pytest.raises(RecordingError):
            heard(tmp_path / "a.mp3")
        server.shutdown()
    assert asked == []


@pytest.mark.parametrize("change", [bytes, lambda wav: with_data_size(wav, 0), unpadded_list])
def test_without_ffmpeg_the_usual_kinds_are_read_and_others_are_told_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(decoders, "FFMPEG", False)
    (tmp_path / "a.wav").write_bytes(change(WAV))
    assert seconds_of_sound(heard(tmp_path / "a.wav")[0]) == SECONDS
    (tmp_path / "a.m4a").write_bytes(M4A)
    with pytest.raises(RecordingError, match=r"convert it with: ffmpeg -i FILE FILE\.wav\.$"):
        Recording.open(tmp_path / "a.m4a")
