"""Whisper: audio → what the decoder attends to → the next token, step by step (Radford et al. 2022).

Its decoder was trained on windows of 30 s. Given less, it often repeats a short utterance endlessly, but encoding 30 s
of silence costs many times as much as the utterance. So the silence is encoded once, and every utterance gets the
encoded silence appended (docs/design/speech/words.md).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.build.whisper import HEAD, Sizes, build_decoder, build_encoder
from classifier_worker.speech.models.onnx_session import open_session
from classifier_worker.speech.models.whisper_files import WhisperFiles, WhisperSize, read_whisper
from classifier_worker.speech.signal.log_mel import BANDS, HOP, MIN_SAMPLES, log_mel
from shared.audio import PIPELINE_RATE

Floats = NDArray[np.float32]
Layers = dict[str, Floats]
"""Keys and values of each of the decoder's layers, by their names in the graph."""

STEP: Final = 2 * HOP
"""Samples (20 ms) between the encoder's steps."""
LONGEST: Final = 24 * PIPELINE_RATE
"""Most samples in an utterance, so that enough silence follows it within the 30 s that the encoder knows."""

_STEPS: Final = 1500
"""Steps in 30 s, for which there are positions."""
_AIR: Final = 50
"""Frames (0.5 s) of silence encoded with each utterance, as a transition to the silence encoded in advance."""
_SILENCE: Final = 500
"""Steps (10 s) of encoded silence appended. With 5 s, more utterances repeat; with 30 s each token costs half as much
again."""
_LOUDEST, _RANGE = 1.5, 2.0
"""Every spectrum is raised to the same maximum, so that the silence, _RANGE below it, is the same for all."""
_MOST_RAISED: Final = 1.5
"""Most that it is raised, 60 dB: anything fainter is not speech."""


class Heard(NamedTuple):
    """An utterance, encoded."""

    layers: Layers
    steps: int
    """Steps of the utterance itself; encoded silence follows."""


class Step(NamedTuple):
    """What the decoder knows after some tokens."""

    logits: Floats
    """[n, vocabulary]: for the token after each of the n given."""
    attention: Floats
    """[alignment heads, n, steps]: where the decoder looked for each of those tokens."""
    past: Layers


class Whisper:
    """One size of Whisper, on one thread.

        heard = whisper.listen(audio)
        step = whisper.follow(tokens, whisper.start(), heard)

    One utterance at a time, so that results do not depend on others, bit for bit.
    """

    def __init__(self, files: WhisperFiles, threads: int = 1) -> None:
        """Build the graphs, and encode the silence."""
        weights = files.weights
        self._sizes = Sizes.of(weights)
        self._embeddings = weights["decoder/embeddings/weight"].copy()  # so that the whole file is not kept in memory
        self._positions = weights["decoder/position_encodings/encodings"].astype(np.float32)
        self._encoder = open_session(build_encoder(weights).SerializeToString(), "cpu", threads)
        decoder = build_decoder(weights, files.alignment_heads)
        self._decoder = open_session(decoder.SerializeToString(), "cpu", threads)
        self._encoded = [output.name for output in self._encoder.get_outputs()]
        self._decoded = [output.name for output in self._decoder.get_outputs()]
        self._silence = self._encode(_after_a_voice())

    @classmethod
    def load(cls, size: WhisperSize, threads: int = 1) -> Self:
        """Load a size from its packages. Raises RuntimeError, with a message to show, if they are missing."""
        return cls(read_whisper(size), threads)

    def listen(self, audio: Floats, *, whole: bool = False) -> Heard:
        """Encode float32[N] of 16 kHz audio in −1…1, N from 400 to LONGEST.

        whole: encode it with real silence up to 30 s, at many times the cost.
        Raises ValueError if the audio is shorter or longer.
        """
        if not MIN_SAMPLES <= len(audio) <= LONGEST:
            seconds = len(audio) / PIPELINE_RATE
            raise ValueError(f"An utterance may last from 25 ms to {LONGEST // PIPELINE_RATE} s, not {seconds:.3f} s.")
        spectrum = _raised(log_mel(audio[None])[0])
        frames = spectrum.shape[1]
        steps = (frames + _AIR) // 2
        if whole:
            return Heard(self._encode(_followed_by_silence(spectrum, 2 * _STEPS)), steps)
        own = self._encode(_followed_by_silence(spectrum, 2 * steps))
        end = min(_STEPS, steps + _SILENCE)
        return Heard({name: _joined(name, own[name], self._silence[name], steps, end) for name in own}, steps)

    def start(self) -> Layers:
        """Return the decoder's memory before any token."""
        heads = self._sizes.heads
        empty: Layers = {}
        for layer in range(self._sizes.decoder_layers):
            empty[f"past_keys_{layer}"] = np.zeros((heads, HEAD, 0), np.float32)
            empty[f"past_values_{layer}"] = np.zeros((heads, 0, HEAD), np.float32)
        return empty

    def follow(self, tokens: Sequence[int], past: Layers, heard: Heard) -> Step:
        """Pass the next tokens to the decoder. Raises IndexError beyond the 448 tokens that it knows."""
        before, count = past["past_keys_0"].shape[2], len(tokens)
        places = np.arange(before, before + count)
        later = np.arange(before + count) > places[:, None]
        given = {
            "tokens": self._embeddings[np.asarray(tokens)].astype(np.float32) + self._positions[places],
            "mask": np.where(later, np.float32(-np.inf), np.float32(0.0)),
        }
        answers = self._decoder.run(None, {**given, **past, **heard.layers})
        found: Layers = dict(zip(self._decoded, answers, strict=True))
        now = {f"past_{name.removeprefix('new_')}": found[name] for name in found if name.startswith("new_")}
        return Step(found["logits"], found["attention"], now)

    def _encode(self, spectrum: Floats) -> Layers:
        return dict(zip(self._encoded, self._encoder.run(None, {"log_mel": spectrum[None]}), strict=True))


def _raised(spectrum: Floats) -> Floats:
    return spectrum + np.float32(min(_LOUDEST - float(spectrum.max()), _MOST_RAISED))


def _followed_by_silence(spectrum: Floats, frames: int) -> Floats:
    silence = np.full((BANDS, frames - spectrum.shape[1]), _LOUDEST - _RANGE, np.float32)
    return np.concatenate([spectrum, silence], axis=1)


def _joined(name: str, own: Floats, silence: Floats, start: int, end: int) -> Floats:
    if name.startswith("keys"):
        return np.concatenate([own, silence[:, :, start:end]], axis=2)
    return np.concatenate([own, silence[:, start:end]], axis=1)


def _after_a_voice() -> Floats:
    """Return 30 s of silence after 2 s of a buzz that rises and falls like syllables.

    The encoding of silence depends on whether speech came before it. Without that, the decoder repeats itself.
    """
    time = np.arange(2 * PIPELINE_RATE) / PIPELINE_RATE
    phase = 2 * np.pi * np.cumsum(120.0 + 20.0 * np.sin(2 * np.pi * 0.7 * time)) / PIPELINE_RATE
    partials = np.arange(1, 25)[:, None]
    buzz = (np.sin(partials * phase) / partials).sum(axis=0) * np.abs(np.sin(2 * np.pi * 2.0 * time))
    hiss = 0.01 * np.random.default_rng(0).standard_normal(len(time))
    spectrum = _raised(log_mel((0.1 * (buzz + hiss)).astype(np.float32)[None])[0])
    return _followed_by_silence(spectrum, 2 * _STEPS)
