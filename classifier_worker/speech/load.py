"""Load the backend that the settings choose."""

from typing import Final

from classifier_worker.speech.backend import Backend
from shared.settings import Settings

LOAD_ERRORS: Final = (FileNotFoundError, ValueError, RuntimeError)
"""Errors that `load_backend` raises, with a message to show to people: a model file is missing or damaged, or a
package or the chosen device is missing."""


def load_backend(settings: Settings) -> Backend:
    """Return the backend that the settings choose, with its models loaded.

    Raises one of LOAD_ERRORS.
    """
    if settings.backend == "mock":
        from classifier_worker.speech.mock_backend import MockBackend

        return MockBackend(settings)
    # No tone model is loaded when settings.facts_only.
    from classifier_worker.speech.speech_backend import SpeechBackend

    return SpeechBackend(settings)
