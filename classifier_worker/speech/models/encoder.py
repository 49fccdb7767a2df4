"""Windows of speech → features, through the encoder that `encoder_build` writes."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.build.encoder import ENCODER_FEATURES, MAX_FRAMES
from classifier_worker.speech.models.onnx_session import Device, on_cuda, open_session
from classifier_worker.speech.signal.log_mel import HOP, log_mel

_GPU_BATCH: Final = 16


class Encoder:
    """The first blocks of Whisper tiny.en, pooled over time.

        encoder = Encoder(ensure_encoder(settings.data_dir / "models" / "encoder.onnx"))
        features = encoder.embed(windows)

    A row of the result does not depend on the other rows, bit for bit. On a CPU matrix products round differently
    with the number of rows, and a batch is no faster than its rows one by one (measured), so rows go one by one.
    On a GPU every call has the same batch size, filled up with silence, so that the same kernels run.
    """

    def __init__(self, path: Path, device: Device = "auto", threads: int = 1) -> None:
        """Opens the model. Raises RuntimeError when `device` is "cuda" and onnxruntime offers none."""
        self._session = open_session(path, device, threads)
        self._batch = _GPU_BATCH if on_cuda(self._session) else 1

    @property
    def device(self) -> str:
        """Where it computes: "cpu" or "cuda"."""
        return "cuda" if self._batch > 1 else "cpu"

    def embed(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[B, N] of 16 kHz audio in −1…1, N from 400 samples to 30 s → float32[B, ENCODER_FEATURES].

        Raises ValueError when the windows are shorter or longer.
        """
        if windows.ndim == 2 and windows.shape[1] // HOP > MAX_FRAMES:
            raise ValueError(f"A window may last 30 s, not {windows.shape[1] / HOP / 100:.1f} s.")
        spectra = log_mel(windows)
        features = np.empty((len(spectra), ENCODER_FEATURES), np.float32)
        for first in range(0, len(spectra), self._batch):
            rows = spectra[first : first + self._batch]
            filled = np.concatenate([rows, np.zeros((self._batch - len(rows), *rows.shape[1:]), np.float32)])
            features[first : first + len(rows)] = self._session.run(None, {"log_mel": filled})[0][: len(rows)]
        return features
