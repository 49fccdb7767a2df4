"""Group the clips of a corpus without speaker names by voiceprint."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from classifier_worker.speech.models.voiceprint import LONGEST, SHORTEST, Voiceprints, frames
from training.data.corpus import Clip

ALIKE: Final = 0.45
"""Mean likeness from which two groups of clips are one voice: 1.5–2 s of one reader's speech are alike by 0.49 or more
(classifier_worker/speech/speakers/attribution.py)."""


def with_voices(clips: Sequence[Clip], voiceprints: Voiceprints) -> list[Clip]:
    """Return the clips with a voice as each one's speaker: "corpus/voice-07"."""
    prints = np.stack([_voiceprint(clip.audio(), voiceprints) for clip in clips])
    groups = fcluster(linkage(prints, "average", metric="cosine"), 1.0 - ALIKE, "distance")
    return [
        replace(clip, speaker=f"{clip.corpus}/voice-{group:02d}") for clip, group in zip(clips, groups, strict=True)
    ]


def _voiceprint(audio: NDArray[np.float32], voiceprints: Voiceprints) -> NDArray[np.float32]:
    """Of the clip's middle."""
    if len(audio) < SHORTEST:
        audio = np.pad(audio, (0, SHORTEST - len(audio)))
    first = max(0, len(audio) - LONGEST) // 2
    middle = audio[first : first + LONGEST]
    spoken: NDArray[np.float32] = voiceprints.of(middle, np.ones((1, frames(len(middle))), np.float32))[0]
    return spoken
