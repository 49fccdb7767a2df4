"""How likely each 32 ms of audio is speech: Silero VAD 6.2 (MIT), https://github.com/snakers4/silero-vad.

Of the package's ONNX variants, silero_vad.onnx is the fastest from two sessions a call on (60 µs a frame at 20
sessions against 85–110 of the others), and its rows are the same, bit for bit, whatever the batch.
"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.onnx_session import open_session
from shared.audio import PIPELINE_RATE

FRAME: Final = 512
"""Samples (32 ms) of one step."""

_CONTEXT = 64
_STATE = (2, 128)
_STATE_BYTES = 4 * 2 * 128


@dataclass(frozen=True, slots=True, eq=False)
class VoiceMemory:
    """What the model remembers of one session."""

    state: NDArray[np.float32]
    """float32[2, 128]: the LSTM's hidden and cell values."""
    context: NDArray[np.float32]
    """float32[64]: the last samples of the frame before."""

    @classmethod
    def fresh(cls) -> "VoiceMemory":
        """Nothing heard yet."""
        return cls(np.zeros(_STATE, np.float32), np.zeros(_CONTEXT, np.float32))

    def to_bytes(self) -> bytes:
        """1280 bytes, exact: little-endian float32, state then context."""
        return self.state.astype("<f4").tobytes() + self.context.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "VoiceMemory":
        """What `to_bytes` wrote. Raises ValueError when it has another length."""
        if len(data) != _STATE_BYTES + 4 * _CONTEXT:
            raise ValueError(f"A voice memory has {_STATE_BYTES + 4 * _CONTEXT} bytes, not {len(data)}.")
        values = np.frombuffer(data, "<f4").astype(np.float32)
        return cls(values[: _STATE_BYTES // 4].reshape(_STATE), values[_STATE_BYTES // 4 :])


class VoiceActivity:
    """Silero VAD over many sessions at once.

    probabilities, memories = voice_activity.step(frames, memories)
    """

    def __init__(self, threads: int = 1) -> None:
        """Opens the model. Raises RuntimeError when the package silero-vad is missing."""
        self._session = open_session(model(), "cpu", threads)
        self._rate = np.array(PIPELINE_RATE, np.int64)

    def step(
        self, frames: NDArray[np.float32], memories: Sequence[VoiceMemory]
    ) -> tuple[NDArray[np.float32], list[VoiceMemory]]:
        """The next frame of each session, float32[B, 512] of 16 kHz audio in −1…1, with its memory
        → probabilities of speech 0…1, float32[B], and the memories for the frames that follow.

        Raises ValueError when the shapes do not fit together.
        """
        if frames.shape != (len(memories), FRAME):
            raise ValueError(f"{len(memories)} memories need frames [{len(memories)}, {FRAME}], not {frames.shape}.")
        if not memories:
            return np.zeros(0, np.float32), []
        heard = np.concatenate([np.stack([m.context for m in memories]), frames], axis=1)
        states = np.stack([m.state for m in memories], axis=1)
        answers, after = self._session.run(None, {"input": heard, "state": states, "sr": self._rate})
        contexts = frames[:, -_CONTEXT:]
        # Copies: a memory must not keep the whole batch alive.
        new = [VoiceMemory(after[:, row].copy(), contexts[row].copy()) for row in range(len(memories))]
        return answers[:, 0], new


def model() -> Path:
    """The model's file. Raises RuntimeError when the package silero-vad is missing."""
    # Importing the package would pull torch in; only its data file is wanted.
    spec = importlib.util.find_spec("silero_vad")
    if spec is None or spec.origin is None:
        raise RuntimeError("The voice activity model is missing: install the package silero-vad without dependencies.")
    return Path(spec.origin).parent / "data" / "silero_vad.onnx"
