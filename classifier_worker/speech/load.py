"""The backend that the settings choose."""

from typing import Final

from classifier_worker.speech.backend import Backend
from shared.settings import Settings

LOAD_ERRORS: Final = (FileNotFoundError, ValueError, RuntimeError)
"""What `load_backend` raises, in words for a person: a model file is missing or damaged; a package or the wanted
device is missing."""


def load_backend(settings: Settings) -> Backend:
    """The backend that the settings choose, its models loaded.

    Raises one of LOAD_ERRORS.
    """
    if settings.backend == "mock":
        from classifier_worker.speech.mock_backend import MockBackend

        return MockBackend(settings)
    # Without a tone model when settings.facts_only.
    from classifier_worker.speech.speech_backend import SpeechBackend

    return SpeechBackend(settings)
