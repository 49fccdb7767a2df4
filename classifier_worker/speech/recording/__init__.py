"""Read audio files as the pipeline needs them: 16 kHz, mono, int16, block by block, for files of any length.

with Recording.open(Path("call.flac")) as recording:
    for block in recording.blocks():
        ...
"""

from classifier_worker.speech.recording.decoders import KINDS
from classifier_worker.speech.recording.downmix import Samples
from classifier_worker.speech.recording.recording import Recording, RecordingError
from classifier_worker.speech.recording.source import shown

__all__ = ["KINDS", "Recording", "RecordingError", "Samples", "shown"]
