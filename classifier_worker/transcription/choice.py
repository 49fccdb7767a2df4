"""Choose the size of Whisper that this machine can write down words with, and keep the choice.

    python -m classifier_worker.transcription.choice data/words-size

`./manage.sh start` runs it once if LINNET_WORDS is not set. Remove the file to measure again.
"""

import os
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from classifier_worker.speech.models.whisper import Whisper
from shared.audio import PIPELINE_RATE

BASE_UP_TO: Final = 0.25
"""Most seconds of processor time that base may take for a second of speech."""
TINY_UP_TO: Final = 0.6
"""The largest such figure with which tiny.en, which takes half as long, keeps up beside the tone models."""
BASE_MEMORY: Final = 3_000_000_000
"""Bytes of memory that the machine must have for base, which takes up to 0.8 GB."""

_SECONDS: Final = 5
_TOKENS: Final = 20
"""Tokens spoken in 5 s of fluent English."""


def choice(cost: float, memory: int) -> str:
    """Return tiny.en, base or off. cost: seconds that base takes for a second of speech. memory: the machine's,
    bytes."""
    if cost > TINY_UP_TO:
        return "off"
    return "base" if cost <= BASE_UP_TO and memory >= BASE_MEMORY else "tiny.en"


def cost_of_base() -> float:
    """Measure the processor time of Whisper base for a second of speech, s. Raises RuntimeError if base is missing."""
    whisper = Whisper.load("base")
    audio = np.random.default_rng(0).standard_normal(_SECONDS * PIPELINE_RATE).astype(np.float32) * np.float32(0.1)
    began = time.process_time()
    heard = whisper.listen(audio)
    past = whisper.start()
    for token in range(_TOKENS):
        past = whisper.follow([token], past, heard).past
    return (time.process_time() - began) / _SECONDS


def main(path: Path) -> int:
    """Write the choice to the file. Returns the exit code."""
    try:
        cost = cost_of_base()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(choice(cost, memory) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
