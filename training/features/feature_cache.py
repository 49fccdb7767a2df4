"""Name a cache entry for the features of clips: the name changes with everything that affects the features."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from classifier_worker.speech.models import embedding, encoder, onnx_session, voice_activity, voiceprint
from classifier_worker.speech.models.build import encoder as encoder_build
from classifier_worker.speech.models.build import onnx_graph
from classifier_worker.speech.signal import kaldi_filterbank as filterbank
from classifier_worker.speech.signal import log_mel, resample
from training.data import clips, conditions, sound_file
from training.data.clips import Excerpt
from training.data.corpus import Clip
from training.data.recipe import SEED

MADE_BY: Final = tuple(
    Path(str(module.__file__))
    for module in (
        clips,
        conditions,
        embedding,
        encoder,
        encoder_build,
        filterbank,
        log_mel,
        onnx_graph,
        onnx_session,
        resample,
        sound_file,
        voice_activity,
        voiceprint,
    )
)
"""The code that turns a sound file into features."""


def name(corpus: Sequence[Clip], excerpt: Excerpt, condition: str, exact_air: bool) -> str:
    """Return a file name without its extension. It depends on the clips' audio, names, speakers and order, but not on
    their labels: a file's name seeds the air around the speech, a speaker's name the room or line."""
    digest = hashlib.sha256(f"{excerpt} {condition} {exact_air} {SEED}".encode())
    for source in (*MADE_BY, voiceprint.MODEL, voice_activity.model()):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    for clip in corpus:
        digest.update(f"{clip.path.name}\0{clip.speaker}\0".encode())
        digest.update(hashlib.sha256(clip.path.read_bytes()).digest())
    called = re.sub(r"[^\w-]", "_", corpus[0].corpus)[:40]
    return f"{called}-{excerpt}-{condition}-{digest.hexdigest()[:16]}"
