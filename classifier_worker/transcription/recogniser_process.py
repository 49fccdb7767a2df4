"""Write down utterances in a separate process, one after the other.

    python -m classifier_worker.transcription.recogniser_process base

It reports when its models are loaded, and then answers each utterance with its words. It receives no setting except the
model's size, and no password; it runs at a lower priority than the worker, and dies with it.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, Final, NoReturn, cast, get_args

import numpy as np

from classifier_worker.child_process import answer, die_with_parent, next_message, take_output
from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array
from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.whisper_files import WhisperSize
from classifier_worker.speech.words.recogniser import Recogniser
from classifier_worker.speech.words.text_tone import TextTone
from classifier_worker.speech.words.transcriber import Transcriber
from classifier_worker.speech.words.transcript import Transcript, Word
from classifier_worker.speech.words.utterances import Utterance
from shared.contract.transcript_event import WordsTone
from shared.private_process import keep_private

NICE: Final = 10
"""Priority below the worker's, so that tone comes first."""

_LOAD_ERRORS: Final = (FileNotFoundError, RuntimeError, ValueError)
"""Raised with a message to show to people."""

Transcribe = Callable[[Utterance, str | None], Transcript | None]


def to_message(utterance: Utterance, language: str | None) -> dict[str, Any]:
    """Return the message to the process."""
    audio, voice = freeze_array(utterance.audio), freeze_array(utterance.voice)
    return {"start": utterance.start, "audio": audio, "voice": voice, "language": language}


def transcript_of(message: dict[str, Any]) -> Transcript | None:
    """Parse the process's answer."""
    found = message["transcript"]
    if found is None:
        return None
    words = tuple(Word(**word) for word in found["words"])
    tone = None if found["tone"] is None else WordsTone(**found["tone"])
    return Transcript(**{**found, "words": words, "tone": tone})


def main(load: Callable[[], Transcribe]) -> NoReturn:
    """Answer until the input ends."""
    keep_private()
    die_with_parent()
    os.nice(NICE)
    answers = take_output()
    with suppress(BrokenPipeError):  # the parent is dying
        try:
            transcribe = load()
        except _LOAD_ERRORS as error:
            answer(answers, {"missing": str(error)})
            sys.exit(1)
        answer(answers, {"ready": True})
        while (message := next_message()) is not None:
            answer(answers, _answer(transcribe, message))
    sys.exit(0)


def _answer(transcribe: Transcribe, message: dict[str, Any]) -> dict[str, Any]:
    audio, voice = thaw_array(message["audio"], np.float32), thaw_array(message["voice"], np.float64)
    try:
        transcript = transcribe(Utterance(message["start"], audio, voice), message["language"])
    except Exception as error:
        return {"raised": type(error).__name__}  # its text might contain what was said
    if transcript is None:
        return {"transcript": None}
    tone = None if transcript.tone is None else transcript.tone.model_dump()
    return {"transcript": {**asdict(replace(transcript, tone=None)), "tone": tone}}


def _load(size: str) -> Transcribe:
    if size not in get_args(WhisperSize):
        raise ValueError(f"there is no Whisper {size}")
    recogniser = Recogniser.load(cast(WhisperSize, size))
    transcriber = Transcriber(recogniser, SoundKinds(), TextTone.load())

    def transcribe(utterance: Utterance, language: str | None) -> Transcript | None:
        known = language if language in recogniser.languages else None
        return transcriber.transcribe(utterance, known)

    return transcribe


if __name__ == "__main__":
    main(lambda: _load(sys.argv[1]))
